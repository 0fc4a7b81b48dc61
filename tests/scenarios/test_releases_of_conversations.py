"""Releases in the middle of conversations: callers, answers, buttons and types."""

from dataclasses import dataclass

import pytest

from bot import END, Flow, Option, Turn, ask, call, choose, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.items.inbound import Item, OperatorCommand, encode
from bot.ops.migration_check import places, stranded


def deploy(simulation, *flows):
    simulation.bot.use(Flows([of_class(each) for each in flows]))


class Address(Flow):
    street = ask(
        lambda data: f"Which street, {data.get('name', '?')}?", accept=parse.text(), to="town"
    )
    town = ask("Which town?", accept=parse.text(), to=END)

    def returns(self):
        return self.data.street


class Road(Flow):
    """The next release of `Address`. No migration maps the old states to the new ones."""

    name = "address"
    version = 2

    road = ask(lambda data: f"Which road, {data.name}?", accept=parse.text(), to=END)


class Order(Flow):
    start_on = ("order",)

    size = choose(
        "Which size?", {"s": Option("Small", to="where"), "l": Option("Large", to="where")}
    )
    where = call("address", to="sure", data=lambda data: {"name": "Ada"})
    sure = choose(lambda data: f"{data.size} to {data.where}?", {"yes": Option("Yes", to=END)})


def order(**changes):
    class Next(Flow):
        name = "order"
        start_on = ("order",)
        version = 2
        migrate = changes.get("migrate", {1: {"size": "width", "where": "place"}})
        unknown_state = changes.get("unknown_state", "restart")

        width = choose(
            "Which width?", {"s": Option("Small", to="place"), "l": Option("Large", to="place")}
        )
        place = call("address", to="sure", data=lambda data: {"name": "Ada"})
        sure = choose(lambda data: f"{data.width} to {data.place}?", {"yes": Option("Yes", to=END)})

    return Next


pytestmark = pytest.mark.flows([Order, Address])


async def says(contact, *texts):
    for text in texts:
        await contact.says(text)


async def test_a_caller_goes_on_in_the_renamed_state(simulation, contact):
    await says(contact, "order", "small", "Main street")
    deploy(simulation, order(), Address)
    await contact.says("Lund")

    contact.sees("s to Main street?")


async def test_change_reaches_a_renamed_answer_of_the_caller(simulation, contact):
    await says(contact, "order", "small")
    deploy(simulation, order(), Address)
    await contact.says("change width")
    contact.sees("Which width?")
    await contact.says("large")
    contact.sees("Which street, Ada?")
    await says(contact, "Main street", "Lund")

    contact.sees("l to Main street?")


async def test_back_reaches_a_renamed_question(simulation, contact):
    await says(contact, "order", "small")
    deploy(simulation, order(), Address)
    await contact.says("back")

    contact.sees("Which width?")


@pytest.mark.parametrize("said", ["Main street", "small"])
async def test_no_message_answers_a_question_that_a_release_puts_in_place_of_a_call(
    simulation, contact, said
):
    class Next(Flow):
        name = "order"
        version = 2
        migrate = {1: {"where": "parcel"}}  # noqa: RUF012

        parcel = choose("Which parcel?", {"s": Option("Small", to=END), "l": Option("Big", to=END)})

    await says(contact, "order", "large")
    deploy(simulation, Next)
    found = await places(simulation.bot.store, simulation.bot.flows)
    assert [(each.flow, each.outlook) for each in found] == [
        ("address", "stranded"),
        ("order", "continue in parcel"),
    ]
    await contact.says(said)
    contact.sees("Which parcel?", choices=["Small", "Big"])
    contact.sees_nothing()

    await contact.says("small")
    assert contact.data["parcel"] == "s"


@pytest.mark.contact(channel="WHATSAPP")
async def test_a_button_of_a_renamed_question_counts(simulation, contact):
    await contact.says("order")
    deploy(simulation, order(), Address)
    await contact.taps("Small")

    contact.sees("Which street, Ada?")


@pytest.mark.parametrize(
    ("policy", "sees"),
    [("restart", "Which width?"), ("handoff", "A colleague"), ("stay", "Sorry, I don't know")],
)
async def test_a_caller_s_state_that_is_gone_is_for_its_policy(simulation, contact, policy, sees):
    await says(contact, "order", "small")
    deploy(simulation, order(migrate={}, unknown_state=policy), Address)
    await contact.says("Main street")

    contact.sees(sees)
    assert not contact.failure


async def test_a_called_flow_restarts_with_its_arguments(simulation, contact):
    await says(contact, "order", "small")
    deploy(simulation, Order, Road)
    await contact.says("Main street")
    contact.sees("Which road, Ada?")
    await contact.says("Main road")

    contact.sees("s to")


async def test_words_count_before_a_policy(simulation, contact):
    await says(contact, "order", "small")
    deploy(simulation, order(migrate={}), Address)
    await contact.says("cancel")

    contact.sees("canceled")
    assert contact.flow is None


async def test_a_function_migrates_state_and_data(simulation, contact):
    def move(state, data):
        return {"size": "width", "where": "place"}.get(state, state), {"width": "l"}

    await says(contact, "order", "small")
    deploy(simulation, order(migrate={1: move}), Address)
    await says(contact, "Main street", "Lund")

    contact.sees("l to Main street?")


def raises(state, data):
    raise KeyError("size")


def only_state(state, data):
    return state


def unstorable(state, data):
    return state, {"size": object()}


def to_nowhere(state, data):
    return "nowhere", data


@pytest.mark.parametrize(
    ("move", "error"),
    [
        (raises, "raised KeyError for state 'where', at "),
        (only_state, "must return a state and the data, but it returned a value of type str"),
        (lambda state, data: None, "must return a state and the data, but it returned None"),
        (lambda state, data: (1, data), "but it returned (int, dict) for state 'where'"),
        (unstorable, "returned data that can't be stored as JSON for state 'where'"),
        (to_nowhere, "returned 'nowhere' for this state, but the flow has no state"),
    ],
)
async def test_a_wrong_migration_is_reported_with_its_function(simulation, contact, move, error):
    await says(contact, "order", "small")
    release = Flows([of_class(order(migrate={1: move})), of_class(Address)])

    (line,) = stranded(await places(simulation.bot.store, release))

    assert error in line
    assert "order: 1 contact in 'where' of version 1, which this release" in line
    assert "test_releases_of_conversations.py" in line
    assert "migrate: the function of version 1" in line
    if move is not to_nowhere:
        assert contact.session.address.key in line
        deploy(simulation, order(migrate={1: move}), Address)
        await contact.says("Main street")
        contact.sees_nothing(failed=error)


async def test_check_live_runs_the_migration_for_callers_too(simulation, contact):
    await says(contact, "order", "small")
    release = Flows([of_class(order(migrate={1: {"size": "width"}})), of_class(Address)])

    (line,) = stranded(await places(simulation.bot.store, release))

    assert "1 contact in 'where' of version 1" in line
    assert [run.state for run in contact.session.runs] == ["where", "street"]


@dataclass
class Words:
    number: str = ""
    color: str = ""
    sure: str = ""


@dataclass
class Numbers:
    number: int = 0
    color: str = ""
    sure: str = ""


def typed(kind, accept, version):
    class Typed(Flow):
        name = "typed"
        start_on = ("typed",)
        data: kind  # type: ignore[valid-type]

        number = ask("How many?", accept=accept, to="color")
        color = ask("Which color?", accept=parse.text(), to="sure")
        sure = choose(lambda data: f"{data.number!r} {data.color}?", {"yes": Option("Yes", to=END)})

    Typed.version = version
    return Typed


def untyped(accept, version):
    class Untyped(Flow):
        name = "typed"
        start_on = ("typed",)

        number = ask("How many?", accept=accept, to="color")
        color = ask("Which color?", accept=parse.text(), to="sure")
        sure = choose(lambda data: f"{data.number!r} {data.color}?", {"yes": Option("Yes", to=END)})

    Untyped.version = version
    return Untyped


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.flows([untyped(parse.text(), 1)])
async def test_an_answer_that_no_longer_fits_its_parser_is_asked_again(
    simulation, contact, version
):
    await says(contact, "typed", "five", "red")
    deploy(simulation, untyped(parse.integer(), version))
    await contact.says("yes")
    contact.sees("How many?")
    await contact.says("5")

    contact.sees("5 red?")


@pytest.mark.flows([typed(Words, parse.text(), 1)])
async def test_an_answer_that_no_longer_fits_its_field_is_asked_again(simulation, contact):
    await says(contact, "typed", "five", "red")
    deploy(simulation, typed(Numbers, parse.integer(), 2))
    await contact.says("yes")
    contact.sees("How many?")
    await contact.says("5")

    contact.sees("5 red?")


@pytest.mark.parametrize("word", ["cancel", "typed", "help"])
@pytest.mark.flows([untyped(parse.text(), 1)])
async def test_words_count_though_an_answer_no_longer_fits(simulation, contact, word):
    await says(contact, "typed", "five", "red")
    deploy(simulation, untyped(parse.integer(), 2))
    await contact.says(word)

    assert not contact.failure
    assert len(contact.transcript.split(f"> {word}")[-1].split()) > 2


def catalog(*goods, version=1):
    class Catalog(Flow):
        name = "catalog"
        start_on = ("catalog",)

        article = choose("Which article?", {each.lower(): each for each in goods}, to="count")
        count = ask("How many?", accept=parse.integer(), to="where")
        where = call("address", to="sure", data=lambda data: {"name": data.article})
        sure = choose(
            lambda data: f"{data.count} x {data.article}?", {"yes": Option("Yes", to=END)}
        )

    Catalog.version = version
    return Catalog


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.flows([catalog("Lamp", "Lock"), Address])
async def test_an_answer_whose_option_is_gone_is_asked_again(simulation, contact, version):
    await says(contact, "catalog", "lock")
    deploy(simulation, catalog("Lamp", version=version), Address)
    await contact.says("2")
    contact.sees("Which article?", choices=["Lamp"])
    await contact.says("lock")
    contact.sees("Sorry, I didn't understand that. Which article?")
    await says(contact, "lamp", "2")

    contact.sees("Which street, lamp?")


@pytest.mark.flows([catalog("Lamp", "Lock"), Address])
async def test_an_answer_of_a_caller_whose_option_is_gone_is_asked_after_the_call(
    simulation, contact
):
    await says(contact, "catalog", "lock", "2", "Main street")
    deploy(simulation, catalog("Lamp"), Address)
    await contact.says("Lund")
    contact.sees("Which article?")
    await contact.says("lamp")
    contact.sees("Which street, lamp?")
    await says(contact, "Main street", "Lund")

    contact.sees("2 x lamp?")


@pytest.mark.flows([catalog("Lamp", "Lock"), Address])
async def test_an_answer_whose_option_is_still_there_stays(simulation, contact):
    await says(contact, "catalog", "lock")
    deploy(simulation, catalog("Lock", "Bell"), Address)
    await contact.says("2")

    contact.sees("Which street, lock?")


def shirts(*colors):
    class Shirts(Flow):
        name = "shirts"
        start_on = ("shirts",)

        color = choose("Which color?", {each: each for each in colors}, to="size", stale="jump")
        size = choose("Which size?", {"S": "S", "L": "L"}, to="sure")
        sure = choose(lambda data: f"{data.color} {data.size}?", {"yes": Option("Yes", to=END)})

    return Shirts


@pytest.mark.flows([shirts("red", "blue")])
@pytest.mark.contact(channel="RCS")
async def test_a_tap_is_no_answer_either_while_an_earlier_one_is_to_be_asked_again(
    simulation, contact
):
    await says(contact, "shirts", "red")
    deploy(simulation, shirts("blue"))
    await contact.taps("L")
    contact.sees("Which color?")
    await contact.taps("blue")
    contact.sees("Which size?")
    await contact.taps("L")

    contact.sees("blue L?")


@pytest.mark.flows([shirts("red", "blue")])
@pytest.mark.contact(channel="RCS")
async def test_an_answer_by_an_old_button_is_not_asked_again(simulation, contact):
    await says(contact, "shirts", "red")
    deploy(simulation, shirts("blue"))
    await contact.taps("blue")

    contact.sees("Which size?")
    contact.sees_nothing()


@pytest.mark.flows([catalog("Lamp", "Lock"), Address])
async def test_check_live_names_answers_whose_option_is_gone(simulation, contact):
    await says(contact, "catalog", "lock")
    release = Flows([of_class(catalog("Lamp", version=2)), of_class(Address)])

    (place,) = await places(simulation.bot.store, release)

    assert place.outlook == "stay; questions asked again: article"


class Before(Flow):
    name = "form"
    start_on = ("form",)

    a = ask("A?", accept=parse.text(), to="b")
    b = ask("B?", accept=parse.text(), to=END)


class After(Flow):
    name = "form"
    start_on = ("form",)
    version = 2
    migrate = {1: {"a": "x"}}  # noqa: RUF012

    x = ask("X?", accept=parse.text(), to="b")
    b = ask("B?", accept=parse.text(), to="c")
    c = ask("C?", accept=parse.text(), to=END)


@pytest.mark.flows([After])
async def test_an_older_worker_leaves_the_contact_to_newer_workers(simulation, contact):
    await says(contact, "form", "x")
    deploy(simulation, Before)
    await contact.says("b")
    contact.sees_nothing()
    deploy(simulation, After)
    await contact.waits("2s")

    contact.sees("C?")
    assert not [letter async for letter in simulation.bot.store.admin.dead_letters()]


@pytest.mark.flows([After])
async def test_a_rollback_strands_nobody(simulation, contact):
    await says(contact, "form", "x")
    deploy(simulation, Before)
    await contact.says("b")
    await contact.waits("11m")

    contact.sees("A?")
    await contact.says("a")
    contact.sees("B?")


async def test_after_a_rollback_back_leads_to_no_call_that_only_the_newer_release_has(
    simulation, contact
):
    deploy(simulation, order(), Address)
    await says(contact, "order", "Small", "Elm Street", "Bath")
    contact.sees("s to Elm Street?")
    deploy(simulation, Order, Address)
    await contact.says("back")
    await contact.waits("11m")

    contact.sees("There is no question before this one.")
    contact.sees("Which size?")
    assert [run.flow for run in contact.session.runs] == ["order"]


@pytest.mark.flows([After])
async def test_a_stop_holds_at_an_older_worker(simulation, contact):
    await says(contact, "form", "x")
    deploy(simulation, Before)
    await contact.stops()

    assert contact.consent == "out"


@pytest.mark.flows([After])
async def test_a_stop_holds_at_an_older_worker_behind_messages_that_wait(simulation, contact):
    await says(contact, "form", "x")
    deploy(simulation, Before)
    await contact.says("b")
    await contact.stops()
    await contact.waits("1s")

    assert contact.consent == "out"
    await contact.waits("11m")
    assert "A?" not in contact.transcript


class Hours(Flow):
    start_on = ("hours",)

    day = ask("Which day?", accept=parse.text(), to=END)


@pytest.mark.flows([Order, Address, Hours])
@pytest.mark.parametrize(
    ("policy", "sees"),
    [("restart", "Which width?"), ("handoff", "A colleague"), ("stay", "Sorry, I don't know")],
)
async def test_a_word_that_leads_to_a_state_that_is_gone_follows_its_policy(
    simulation, contact, policy, sees
):
    await says(contact, "order", "hours")
    deploy(simulation, order(migrate={}, unknown_state=policy), Address, Hours)
    await contact.says("order")

    contact.sees(sees)
    contact.sees_nothing()


@pytest.mark.flows([Order, Address, Hours])
@pytest.mark.contact(channel="WHATSAPP")
async def test_a_tap_that_returns_to_a_state_that_is_gone_is_answered(simulation, contact):
    class Road(Flow):
        name = "address"
        street = ask("Which street?", accept=parse.text(), to="town")
        town = choose("Which town?", {"l": Option("Lund", to=END)})

    deploy(simulation, Order, Road)
    await says(contact, "order", "small", "Main street")
    deploy(simulation, order(migrate={}), Road)
    await contact.taps("Lund")

    contact.sees("Which width?")


@pytest.mark.flows([Order, Address])
@pytest.mark.contact(channel="WHATSAPP")
async def test_an_old_button_of_a_renamed_question_follows_stale(simulation, contact):
    class Next(Flow):
        name = "order"
        start_on = ("order",)
        version = 2
        migrate = {1: {"size": "width", "where": "place"}}  # noqa: RUF012

        width = choose(
            "Which width?",
            {"s": Option("Small", to="place"), "l": Option("Large", to="place")},
            stale="jump",
        )
        place = call("address", to=END, data=lambda data: {"name": "Ada"})

    await says(contact, "order", "small", "cancel")
    deploy(simulation, Next, Address)
    await contact.taps("Large")

    contact.sees("Which width?")


class Note(Flow):
    start_on = ("note",)

    text = ask("Which note?", accept=parse.text(), to=END)


@pytest.mark.flows([Order, Address, Note])
async def test_a_restart_that_ends_at_once_returns_to_the_question_below(simulation, contact):
    class Next(Flow):
        name = "note"
        start_on = ("note",)
        version = 2

        @step(to=END)
        def done(self, turn: Turn) -> str:
            turn.say("No notes any more.")
            return END

    await says(contact, "note", "order")
    deploy(simulation, Order, Address, Next)
    await contact.says("note")
    contact.sees("No notes any more.")

    contact.sees("Which size?")


class Slow(Flow):
    name = "address"

    street = ask("Which street?", accept=parse.text(), timeout=("2h", END), to=END)


@pytest.mark.flows([Order, Slow, Hours])
async def test_a_time_out_below_that_finds_its_caller_s_state_gone_repeats_nothing(
    simulation, contact
):
    await says(contact, "order", "small", "hours")
    deploy(simulation, order(migrate={}), Slow, Hours)
    await contact.waits("3h")

    contact.sees_nothing()
    await contact.says("Monday")
    contact.sees("Which width?")


class Trip(Flow):
    name = "trip"
    start_on = ("trip",)

    city = ask("Which city?", accept=parse.text(), to="stay")
    stay = call("address", to="food")
    food = ask("Which food?", accept=parse.text(), to=END)


@pytest.mark.flows([Trip, Address])
async def test_back_from_a_state_that_is_gone_reaches_a_renamed_question(simulation, contact):
    class Next(Flow):
        name = "trip"
        version = 2
        migrate = {1: {"city": "town"}}  # noqa: RUF012

        town = ask("Which town?", accept=parse.text(), to="drink")
        drink = ask(lambda data: f"Which drink in {data.town}?", accept=parse.text(), to=END)

    await says(contact, "trip", "Lund", "Main street", "Malmo")
    deploy(simulation, Next, Address)
    await contact.says("back")
    contact.sees("Which town?")
    await contact.says("Ystad")

    contact.sees("Which drink in Ystad?")


@pytest.mark.flows([Trip, Address])
async def test_back_finds_no_question_before_if_a_release_has_removed_them_all(simulation, contact):
    class Next(Flow):
        name = "trip"
        version = 2

        start = ask("Where from?", accept=parse.text(), to=END)

    await says(contact, "trip", "Lund", "Main street", "Malmo")
    deploy(simulation, Next, Address)
    await contact.says("back")

    contact.sees("There is no question before this one.")
    contact.sees("Where from?")


@pytest.mark.flows([Trip, Address])
async def test_back_passes_over_a_called_flow_that_a_release_has_removed(simulation, contact):
    class Next(Flow):
        name = "trip"
        version = 2

        city = ask("Which city?", accept=parse.text(), to="stay")
        stay = ask("Which hotel?", accept=parse.text(), to="food")
        food = ask("Which food?", accept=parse.text(), to=END)

    await says(contact, "trip", "Lund", "Main street", "Malmo")
    deploy(simulation, Next)
    await contact.says("back")

    contact.sees("Which city?")


@pytest.mark.flows([Trip, Address])
async def test_back_during_a_change_counts_the_questions_that_a_release_has_left(
    simulation, contact
):
    class Next(Flow):
        name = "trip"
        version = 2

        stay = call("address", to="food")
        food = ask("Which food?", accept=parse.text(), to=END)

    await says(contact, "trip", "Lund", "Main street", "Malmo", "change street")
    deploy(simulation, Next, Address)
    await contact.says("Side street")

    contact.sees("Which food?")
    assert contact.data["stay"] == "Side street"


class Tour(Flow):
    name = "tour"
    start_on = ("tour",)

    guide = choose(
        "Which guide?", {"a": Option("Ann", to="city"), "b": Option("Bo", to="city")}, stale="jump"
    )
    city = ask("Which city?", accept=parse.text(), to="food")
    food = ask("Which food?", accept=parse.text(), to=END)


class Ride(Flow):
    """The next release of `Tour`, which has no `food` any more."""

    name = "tour"
    start_on = ("tour",)
    version = 2
    migrate = {1: {"guide": "driver", "city": "town"}}  # noqa: RUF012

    driver = choose(
        "Which driver?",
        {"a": Option("Ann", to="town"), "b": Option("Bo", to="town")},
        stale="jump",
    )
    town = ask("Which town?", accept=parse.text(), to="drink")
    drink = ask(lambda data: f"Which drink in {data.town}?", accept=parse.text(), to=END)


@pytest.mark.flows([Tour])
async def test_an_operator_s_move_from_a_state_that_is_gone_keeps_renamed_answers(
    simulation, contact
):
    await says(contact, "tour", "ann", "Lund")
    deploy(simulation, Ride)
    command = OperatorCommand("move", flow="tour", state="drink")
    address = contact.session.address
    item = Item("command:move", simulation.clock.now(), command=command, address=address)
    await simulation.bot.store.queue.accept(address.key, encode(item), item.id, item.at)
    await contact.run_until_idle()

    contact.sees("Which drink in Lund?")
    await contact.says("back")
    contact.sees("Which town?")


@pytest.mark.flows([Tour])
@pytest.mark.contact(channel="WHATSAPP")
async def test_an_old_button_jumps_from_a_state_that_is_gone_to_a_renamed_question(
    simulation, contact
):
    await says(contact, "tour", "ann", "Lund")
    deploy(simulation, Ride)
    await contact.taps("Bo")

    contact.sees("Which town?")
    assert contact.data["driver"] == "b"


class Walk(Flow):
    name = "walk"
    start_on = ("walk",)

    who = ask("Who walks?", accept=parse.text(), to="where")
    where = ask("Where?", accept=parse.text(), to="when")
    when = ask("When?", accept=parse.text(), to=END)


@pytest.mark.flows([Walk])
async def test_back_takes_back_the_answer_of_a_question_that_a_release_has_removed(
    simulation, contact
):
    class Next(Flow):
        name = "walk"
        version = 2

        who = ask("Who walks?", accept=parse.text(), to="when")
        when = ask("When?", accept=parse.text(), to=END)

    await says(contact, "walk", "Ada", "Lund")
    deploy(simulation, Next)
    await contact.says("back")

    contact.sees("Who walks?")
    assert contact.data == {}
