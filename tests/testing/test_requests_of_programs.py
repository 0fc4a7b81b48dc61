"""The conversation has the requests of programs. Contacts are up to date after each action."""

import httpx
import pytest

from bot import END, Flow, ask, on, parse


class Parcel(Flow):
    start_on = ("parcel",)

    place = ask("Where are you?", accept=parse.text(min_length=3), to="day")
    day = ask("Which day?", accept=parse.text(), to=END, timeout=("24h", END))

    @on("driver_left", to="place")
    def left(self, turn):
        turn.say(f"Driver {turn.event_data['name']} is on the way.")
        return "place"

    @on("lost")
    def lost(self, turn):
        turn.schedule("driver_left", turn.now, {"name": "Bo"})


pytestmark = pytest.mark.flows([Parcel])


async def test_all_contacts_are_up_to_date_when_the_simulation_is_idle(contacts, simulation):
    first, second = contacts(2)
    for each in (first, second):
        await each.says("parcel")
        each.phone.says("Malmö")
    await simulation.run_until_idle()

    assert [each.state for each in (first, second)] == ["day", "day"]
    assert [each.data["place"] for each in (first, second)] == ["Malmö", "Malmö"]


async def test_all_contacts_are_up_to_date_after_the_simulation_waited(contacts, simulation):
    first, second = contacts(2)
    for each in (first, second):
        await each.says("parcel")
        await each.says("Malmö")
    await simulation.wait(86_400)

    assert [each.flow for each in (first, second)] == [None, None]


async def test_another_contact_is_up_to_date_after_an_action(contacts, simulation):
    first, second = contacts(2)
    await simulation.bot.start(f"SMS:{second.phone.identity}", "parcel")
    await first.says("parcel")

    second.sees("Where are you?")
    assert second.state == "place"


async def test_contact_that_did_nothing_gets_no_id_by_the_actions_of_others(contacts, simulation):
    first, second = contacts(2)
    await first.says("parcel")

    assert simulation.known_address_of(first.phone) == first.session.address
    assert simulation.known_address_of(second.phone) is None
    assert second.session is None


async def test_requests_of_programs_are_in_the_conversation(contact, simulation):
    await simulation.bot.start(f"SMS:{contact.phone.identity}", "parcel", state="day")
    await simulation.run_until_idle()
    address = contact.session.address
    await simulation.bot.trigger(address, "driver_left", {"name": "Kim"}, id="left-1")
    await simulation.bot.trigger(address, "driver_left", {"name": "Kim"}, id="left-1")
    await simulation.run_until_idle()

    assert contact.transcript == (
        "! start parcel/day\n< Which day?\n= parcel/day\n\n"
        '! event driver_left {"name":"Kim"}\n'
        "< Driver Kim is on the way.\n< Where are you?\n= parcel/place"
    )


@pytest.mark.settings(BOT_EVENTS_TOKEN="a-token-of-some-length")
async def test_event_over_http_is_in_the_conversation_of_its_contact(contacts, simulation):
    contact, other = contacts(2)
    await contact.says("parcel")
    await other.says("parcel")
    transport = httpx.ASGITransport(simulation.asgi_app)
    async with httpx.AsyncClient(transport=transport, base_url="https://bot.example") as http:
        answer = await http.post(
            "/events",
            headers={"Authorization": "Bearer a-token-of-some-length"},
            json={
                "contact": contact.session.address.key,
                "name": "driver_left",
                "data": {"name": "Kim"},
            },
        )
    await simulation.run_until_idle()

    assert answer.json() == {"accepted": True}
    assert '! event driver_left {"name":"Kim"}\n< Driver Kim' in contact.transcript
    assert "! event" not in other.transcript


async def test_events_of_the_contact_and_of_flows_are_not_added_again(contact):
    await contact.says("parcel")
    await contact.receives_event("lost")

    contact.sees("Driver Bo is on the way.")
    assert contact.transcript.count("! ") == 1
