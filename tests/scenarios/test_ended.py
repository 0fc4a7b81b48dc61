"""`@on("ended")`: a run ends without reaching its end."""

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, on, parse
from bot.errors import FlowError
from bot.flow.definition import of_class
from bot.flow.load import Flows

ended: list[str] = []


class Stock(Flow):
    start_on = ("stock",)

    how_many = ask("How many?", accept=parse.integer(), to="sure")
    sure = choose("Sure?", {"y": Option("Yes", to=END)})

    @on("ended")
    async def release(self, turn: Turn) -> None:
        ended.append(f"{turn.event} {turn.event_data['reason']} {self.data.get('how_many')}")
        turn.say("The stock is free again.")


class Caller(Flow):
    start_on = ("caller",)

    sub = call("stock", to=END)


class Fragile(Flow):
    start_on = ("fragile",)

    what = ask("What?", accept=parse.text(), to=END)

    @on("ended")
    def release(self, turn: Turn) -> None:
        raise RuntimeError("no stock")


pytestmark = pytest.mark.flows([Stock, Caller, Fragile])


@pytest.fixture(autouse=True)
def nothing_ended():
    ended.clear()


async def test_cancel_tells_the_flow(contact):
    await contact.says("stock")
    await contact.says("3")
    await contact.says("cancel")

    contact.sees("All right, that's canceled.")
    contact.sees("The stock is free again.")
    assert ended == ["ended canceled 3"]


async def test_a_flow_that_reaches_its_end_is_not_told(contact):
    for text in ("stock", "3", "yes"):
        await contact.says(text)

    assert ended == []


async def test_a_called_flow_is_told_when_its_caller_is_canceled(contact):
    await contact.says("caller")
    await contact.says("cancel")

    assert ended == ["ended canceled None"]


async def test_stop_takes_effect_and_nothing_is_said(contact):
    await contact.says("stock")
    await contact.stops()

    contact.sees_nothing()
    assert ended == ["ended stopped None"]
    assert contact.consent == "out"


async def test_a_restart_replaces_the_run(contact):
    await contact.says("stock")
    await contact.says("stock")

    assert ended == ["ended replaced None"]


async def test_it_is_told_while_a_person_handles_the_contact(contact):
    await contact.says("stock")
    await contact.says("agent")
    await contact.stops()

    assert ended == ["ended stopped None"]


async def test_a_deleted_contact_s_flow_is_told(contact, simulation):
    await contact.says("stock")
    simulation.platform.contacts.remove(contact.session.address.contact_id)
    await contact.run_until_idle()

    assert ended == ["ended deleted None"]


async def test_a_handler_that_fails_blocks_nothing(contact):
    await contact.says("fragile")
    await contact.says("cancel")

    contact.sees("All right, that's canceled.")
    contact.sees_nothing(failed="no stock")
    assert contact.flow is None


def test_a_handler_of_the_end_cannot_lead_anywhere():
    class Leads(Flow):
        q = ask("Q?", accept=parse.text(), to=END)

        @on("ended", to="q")
        def go_on(self, turn: Turn) -> str:
            return "q"

    with pytest.raises(FlowError, match="'ended' comes after the run has ended"):
        Flows([of_class(Leads)])


async def test_a_flow_that_a_release_removed_ends(contact, simulation):
    await contact.says("stock")
    simulation.bot.use(Flows([of_class(Fragile)]))
    await contact.says("hello")

    assert contact.flow is None
    assert ended == []
