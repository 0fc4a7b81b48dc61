"""Flows use the bot's own client of the API: contacts, conversations, apps and webhooks."""

import pytest

from bot import END, Flow, ask, parse, step


class Naming(Flow):
    start_on = ("rename me",)

    name_ = ask("To what?", accept=parse.text(), to="rename")

    @step(to=END)
    async def rename(self, turn, conversation_api):
        changes = {"display_name": self.data.name_}
        contact = await turn.once(
            conversation_api.contacts.update, turn.contact.contact_id, changes
        )
        turn.say(f"You are {contact['display_name']} now.")
        return END


pytestmark = pytest.mark.flows([Naming])


async def test_the_bot_s_own_client_of_the_api_is_a_service(contact, simulation):
    await contact.says("rename me")
    await contact.says("Ada")

    contact.sees("You are Ada now.")
    (known,) = simulation.platform.state.contacts.values()
    assert known["display_name"] == "Ada"


async def test_it_is_there_where_services_are_opened_and_gives_way_to_a_stand_in(
    contact, simulation, services
):
    class Contacts:
        async def update(self, contact_id, changes):
            return {"display_name": changes["display_name"].upper()}

    class Renamer:
        contacts = Contacts()

    async with simulation.bot.services():
        assert simulation.bot.engine.services["conversation_api"] is simulation.bot.api
    simulation.bot.engine.services = simulation.services.injected
    services.injects(conversation_api=Renamer)
    await contact.says("rename me")
    await contact.says("Ada")

    contact.sees("You are ADA now.")
