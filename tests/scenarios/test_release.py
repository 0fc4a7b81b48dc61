"""A release changes flows with contacts in them: they continue, or the release is refused."""

from typing import ClassVar

import pytest

from bot import END, Flow, Option, ask, call, choose, parse, step
from bot.errors import FlowError
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.ops.migration_check import places, stranded


class Pizza(Flow):
    start_on = ("pizza",)

    pick_size = choose("Which size?", {"small": Option("Small", to="address")})
    address = ask("Where to?", accept=parse.text(min_length=4), to="note")
    note = ask("A note for us?", accept=parse.text(), to=END)


def released(**changes):
    """The next release of Pizza: `size` instead of `pick_size`, no note."""

    class Next(Flow):
        name = "pizza"
        start_on = ("pizza",)
        version = changes.get("version", 2)
        migrate = changes.get("migrate", {})
        unknown_state = changes.get("unknown_state", "restart")

        size = choose("What size?", {"small": Option("Small", to="address")})
        address = ask("Where to?", accept=parse.text(min_length=4), to="place")

        @step(to=END)
        def place(self, turn):
            turn.say("It is on its way.")
            return END

    return Flows([of_class(Next)])


class PizzaOfNextRelease(Flow):
    name = "pizza"
    start_on = ("pizza",)
    version = 2
    migrate: ClassVar = {1: {"pick_size": "size"}}

    size = choose("What size?", {"small": Option("Small", to=END)})


async def test_deploy_replaces_the_flows_under_waiting_contacts(contact, simulation):
    await contact.says("pizza")
    assert contact.state == "pick_size"

    simulation.deploy([PizzaOfNextRelease])
    await contact.says("huge")

    contact.sees("What size?")
    assert contact.state == "size"


async def test_deploy_takes_a_folder_below_the_root_of_the_tests(contact, simulation):
    simulation.deploy("flows")
    await contact.says("hello")

    contact.sees("Welcome to Wheelhouse")


async def test_deploy_refuses_what_is_no_flow(simulation):
    with pytest.raises(FlowError, match=r"simulation\.deploy\(\) has 'pizza'\. It takes classes"):
        simulation.deploy(["pizza"])


MOVES = {1: {"pick_size": "size", "note": END}}


@pytest.fixture
def bot_flows():
    return Flows([of_class(Pizza)])


async def in_note(contact):
    for text in ("pizza", "small", "Main street 1"):
        await contact.says(text)
    assert contact.state == "note"


async def test_tells_how_many_wait_where_and_what_is_missing(simulation, contacts):
    for contact in contacts(2):
        await contact.says("pizza")
    for contact in contacts(1):
        await in_note(contact)

    found = await places(simulation.bot.store, released())

    assert [(place.flow, place.version, place.waits, place.contacts) for place in found] == [
        ("pizza", 1, "note", 1),
        ("pizza", 1, "pick_size", 2),
    ]
    one, two = stranded(found)
    assert one.startswith(
        "pizza: 1 contact in 'note' of version 1, which this release doesn't have. Add to "
    )
    assert "2 contacts in 'pick_size' of version 1" in two
    assert two.endswith(
        'test_release.py: Next `migrate = {1: {"pick_size": "…"}}`;'
        " the states are size, address, place."
    )


async def test_is_content_once_all_are_moved(simulation, contact):
    await contact.says("pizza")

    (place,) = await places(simulation.bot.store, released(migrate=MOVES))

    assert (place.state, place.outlook) == ("size", "continue in size")
    assert stranded([place]) == []


async def test_follows_a_state_that_two_releases_have_renamed(simulation, contact):
    await contact.says("pizza")
    moves = {1: {"pick_size": "how_large", "note": END}, 2: {"how_large": "size"}}

    (place,) = await places(simulation.bot.store, released(version=3, migrate=moves))

    assert (place.state, place.outlook) == ("size", "continue in size")


def test_a_chain_of_renames_must_end_in_a_state():
    moves = {1: {"pick_size": "how_large"}, 2: {"how_large": "huge"}}

    with pytest.raises(FlowError) as raised:
        released(version=3, migrate=moves)

    one, two = str(raised.value).splitlines()
    assert "state 'pick_size' of version 1 goes to 'how_large', which is not a state" in one
    assert "state 'how_large' of version 2 goes to 'huge', which is not a state" in two


async def test_asks_for_a_version_where_it_was_not_raised(simulation, contact):
    await contact.says("pizza")

    (line,) = stranded(await places(simulation.bot.store, released(version=1)))

    assert 'Next `version = 2` and `migrate = {1: {"pick_size": "…"}}`' in line


async def test_refuses_a_flow_that_has_changed_under_the_same_version(simulation, contact):
    for text in ("pizza", "small"):
        await contact.says(text)

    (same,) = await places(simulation.bot.store, simulation.bot.flows)
    (other,) = await places(simulation.bot.store, released(version=1))

    assert (same.outlook, other.outlook) == ("stay", "stay; the flow has changed")
    assert stranded([same]) == []
    (line,) = stranded([other])
    assert line.endswith("write `version = 2` in tests/scenarios/test_release.py: Next.")


async def test_tells_that_a_flow_is_gone(simulation, contact):
    await contact.says("pizza")
    other = type("Other", (Pizza,), {"name": "other"})

    (line,) = stranded(await places(simulation.bot.store, Flows([of_class(other)])))

    assert line.endswith(
        "tests/scenarios/test_release.py: Other has the same states. If you have renamed"
        " the flow, write name = 'pizza' there. Otherwise, keep a flow named 'pizza' until"
        " these contacts have finished."
    )
    (line,) = stranded(await places(simulation.bot.store, Flows([])))
    assert line.endswith("Keep a flow named 'pizza' until these contacts have finished.")


async def test_counts_the_flows_that_wait_for_another(simulation, contact):
    class Meal(Flow):
        start_on = ("meal",)

        pizza = call("pizza", to=END)

    flows = Flows([of_class(Meal), of_class(Pizza)])
    simulation.bot.use(flows)
    await contact.says("meal")

    found = await places(simulation.bot.store, flows)

    assert [(place.flow, place.waits) for place in found] == [
        ("meal", "pizza"),
        ("pizza", "pick_size"),
    ]


async def test_a_moved_contact_goes_on_in_the_new_state(simulation, contact):
    await contact.says("pizza")
    simulation.bot.use(released(migrate=MOVES))
    await contact.says("small")

    contact.sees("Where to?")
    assert contact.state == "address"


async def test_a_contact_moved_to_the_end_is_through(simulation, contact):
    await in_note(contact)
    simulation.bot.use(released(migrate=MOVES))
    await contact.says("ring twice")

    assert contact.flow is None
    await contact.says("pizza")
    contact.sees("What size?")


async def test_a_contact_moved_to_a_step_goes_on_from_it(simulation, contact):
    await in_note(contact)
    simulation.bot.use(released(migrate={1: {"note": "place"}}))
    await contact.says("ring twice")

    contact.sees("It is on its way.")
    assert contact.flow is None


@pytest.mark.parametrize(
    ("policy", "sees", "state", "is_paused"),
    [
        ("restart", "What size?", "size", False),
        ("stay", "Sorry, I don't know what to do with that.", "note", False),
        ("handoff", "A colleague will take over.", "note", True),
    ],
)
async def test_a_state_that_is_gone_is_for_the_policy(
    simulation, contact, policy, sees, state, is_paused
):
    await in_note(contact)
    simulation.bot.use(released(unknown_state=policy))
    await contact.says("ring twice")

    contact.sees(sees)
    assert contact.state == state
    assert (contact.session.pause is not None) is is_paused
