"""The compiled form of a flow, and the errors of an invalid flow."""

import types
from typing import Any

import pytest
from transitions import Machine as PlainMachine

from bot import (
    END,
    HANDOFF,
    Choice,
    Flow,
    FlowError,
    ListMessage,
    Location,
    Option,
    Text,
    ask,
    call,
    choose,
    on,
    parse,
    reply,
    step,
)
from bot.contact.address import Address
from bot.contact.session import Session
from bot.flow.definition import of_class, of_module
from bot.flow.load import Flows
from bot.flow.machine import Machine, has_entered
from bot.messages import ListChoice, Section
from bot.turn.turn import Contact


class Pizza(Flow):
    start_on = ("pizza",)

    size = choose(
        "Which size?", {"small": Option("Small", to="address"), "large": Option("Large", to=END)}
    )
    address = ask(
        "Where to?",
        accept=parse.text(),
        to="place",
        attempts=2,
        otherwise=HANDOFF,
        timeout=("1h", END),
    )

    @step(to=(END, "size"))
    def place(self, turn):
        return END

    @on("order_shipped", to="place", states="address")
    def shipped(self, turn):
        return "place"


def test_compiles_to_what_transitions_takes():
    machine = PlainMachine(model=None, auto_transitions=False, **Pizza.config)

    assert list(machine.states) == ["size", "address", "place", "end", "handoff"]
    assert machine.initial == "size"
    assert set(machine.get_triggers("address")) == {
        "answered",
        "gave_up",
        "timed_out",
        "reasked",
        "on_order_shipped_place",
    }


STATE_MACHINE = {
    "states": [
        "cart",
        "paid",
        {"name": "sent", "on_enter": "note"},
        {"name": "end", "final": True},
    ],
    "transitions": [
        {"trigger": "pay", "source": "cart", "dest": "paid", "conditions": "may_pay"},
        {"trigger": "pay", "source": "cart", "dest": "end"},
        {"trigger": "look", "source": "*", "dest": None},
        {"trigger": "again", "source": ["cart", "paid"], "dest": "="},
        {"trigger": "send", "source": "paid", "dest": "sent", "after": "note"},
        {"trigger": "close", "source": "*", "dest": "end"},
        {"trigger": "close", "source": "paid", "dest": "cart", "before": "note"},
    ],
    "initial": "cart",
}


class Walked:
    """A model that records its callbacks, for a move by either machine."""

    def __init__(self, state):
        self.state, self.noted = state, []

    def may_pay(self):
        return False

    def note(self):
        self.noted.append(self.state)


@pytest.mark.parametrize("config", [Pizza.config, STATE_MACHINE], ids=["class", "state machine"])
def test_every_move_agrees_with_the_library(config):
    machine = Machine("shop", config)
    library = PlainMachine(model=None, auto_transitions=False, **config)
    for state, trigger, _to in machine.edges:
        ours, theirs = Walked(state), Walked(state)
        has_moved = machine.fire(ours, trigger)
        assert has_moved == library.events[trigger].trigger(theirs), (state, trigger)
        assert (ours.state, ours.noted) == (theirs.state, theirs.noted), (state, trigger)
        stays = trigger in ("look", "reasked")
        assert has_entered(ours) == (not stays), (state, trigger)


def test_names_itself_after_its_class():
    class SecondHelping(Pizza):
        pass

    assert SecondHelping.name == "second_helping"
    assert list(SecondHelping.states) == ["size", "address", "place"]


def test_graph_differs_when_a_state_does():
    class Other(Pizza):
        address = ask("Where to?", accept=parse.text(), to="place")

    assert of_class(Pizza).graph != of_class(Other).graph
    assert of_class(Pizza).graph == of_class(Pizza).graph


def wrong(**attributes):
    return type("Wrong", (Flow,), attributes)


@pytest.mark.parametrize(
    ("flow", "attribute", "fault", "way_out"),
    [
        (wrong(), "Wrong", "has no states", "Give it at least one ask"),
        (
            wrong(size=choose("?", {"s": Option("S", to="adress")})),
            "Wrong.size",
            "option 's': to='adress' is not a state of this flow",
            "The states are size; END and HANDOFF are always possible",
        ),
        (
            wrong(a=ask("?", accept=parse.text(), to=END), b=ask("?", accept=parse.text(), to=END)),
            "Wrong.b",
            "this state can't be reached from 'a'",
            "Name 'b' in the `to` of another state, or remove 'b'",
        ),
        (wrong(size=choose("?", {})), "Wrong.size", "leads nowhere", "Give it options, or a `to`"),
        (
            wrong(a=ask("?", accept=parse.text(), to=END, attempts=3)),
            "Wrong.a",
            "attempts=3 has no effect without `otherwise`",
            "Add the state to go to: otherwise=HANDOFF",
        ),
        (
            wrong(a=choose("?", {"x": Option("Yes", to=END), "y": Option("YES", to=END)})),
            "Wrong.a",
            "the word 'yes' names two options, 'x' and 'y'",
            "Change one of them",
        ),
        (
            wrong(data=ask("?", accept=parse.text(), to=END)),
            "Wrong.data",
            "'data' is a name that the framework uses",
            "Choose another name",
        ),
        (
            wrong(a=choose("?", {"timed_out": Option("Late", to=END)})),
            "Wrong.a",
            "option 'timed_out' has a name that the framework uses",
            "Choose another key",
        ),
        (
            wrong(
                a=ask(
                    "?",
                    accept=parse.text(),
                    to=END,
                    remind={"2h": "Well?"},
                    timeout=("1h", END),
                )
            ),
            "Wrong.a",
            "the reminder after 2h never comes",
            "Remind earlier, or time out later",
        ),
        (
            wrong(a=ask("?", accept=parse.text(), to=END), migrate={1: {"old": "new"}}),
            "Wrong.migrate",
            "state 'old' of version 1 goes to 'new', which is not a state",
            "The states are a",
        ),
        (
            wrong(a=ask("?", accept=parse.text(), to=END), migrate={1: {"old": HANDOFF}}),
            "Wrong.migrate",
            "state 'old' of version 1 goes to 'handoff', which is not a state",
            "The states are a",
        ),
    ],
)
def test_names_file_attribute_fault_and_way_out(flow, attribute, fault, way_out):
    with pytest.raises(FlowError) as raised:
        of_class(flow)

    message = str(raised.value)
    assert "test_flow.py" in message
    assert attribute in message
    assert fault in message
    assert way_out in message


def test_what_follows_from_a_misspelled_target_is_not_told():
    flow = wrong(
        size=choose("?", {"s": Option("S", to="adress")}),
        address=ask("?", accept=parse.text(), to="time"),
        time=ask("?", accept=parse.text(), to=END),
        apart=ask("?", accept=parse.text(), to=END),
    )

    with pytest.raises(FlowError) as raised:
        of_class(flow)

    misspelled, unreached = str(raised.value).splitlines()
    assert "Wrong.size: option 's': to='adress' is not a state" in misspelled
    assert "Wrong.apart: this state can't be reached" in unreached


def test_a_state_that_nothing_leads_to_may_be_an_entry_point():
    class Offer(Flow):
        entry_points = ("renew",)

        first = ask("?", accept=parse.text(), to=END)
        renew = ask("?", accept=parse.text(), to=END)

    assert of_class(Offer).name == "offer"


def test_an_entry_point_is_a_state():
    class Offer(Flow):
        entry_points = ("renw",)

        renew = ask("?", accept=parse.text(), to=END)

    with pytest.raises(
        FlowError, match=r"'renw' is not a state of this flow. Did you mean 'renew'"
    ):
        of_class(Offer)


def test_tells_all_faults_at_once():
    flow = wrong(a=choose("?", {"x": Option("X", to="b"), "y": Option("", to="c")}))

    with pytest.raises(FlowError) as raised:
        of_class(flow)

    assert len(str(raised.value).splitlines()) == 3


def test_refuses_two_flows_with_one_word():
    other = type("Other", (Pizza,), {"start_on": ("PIZZA",)})

    with pytest.raises(FlowError, match="start_on: 'PIZZA' also starts 'pizza'"):
        Flows([of_class(Pizza), of_class(other)])


def test_refuses_two_flows_of_one_name():
    other = type("Other", (Pizza,), {"name": "pizza", "start_on": ()})

    with pytest.raises(FlowError, match="flow 'pizza' has the same name as the flow in"):
        Flows([of_class(Pizza), of_class(other)])


def test_refuses_two_fallbacks():
    flows = [type(name, (Pizza,), {"fallback": True, "start_on": ()}) for name in ("One", "Two")]

    with pytest.raises(FlowError, match=r"fallback: 'one' in .* is the fallback already"):
        Flows([of_class(flow) for flow in flows])


@pytest.mark.parametrize(
    ("question", "options", "fault"),
    [
        (
            "Which one?",
            {f"n{number}": Option(f"Number {number}", to=END) for number in range(201)},
            "question: Flow 'wrong', state 'a': 201 options; the maximum is 200. Ask",
        ),
        (
            Location("Here", 91.0, 2.0),
            {},
            "question: location_message.coordinates.latitude: not degrees from -90 to 90",
        ),
        (
            Location("Here", 1.0, 2.0),
            {"yes": Option("Yes", to=END)},
            "question: Flow 'wrong', state 'a': a Location can't carry options; ask with a text",
        ),
        (
            Text("Yes?").on("SMS", Location("Here", 1.0, 2.0)),
            {"yes": Option("Yes", to=END)},
            "a Location can't carry options",
        ),
        (
            ListMessage("Size", [Section("", [ListChoice("Big", postback="large")])]),
            {"small": Option("Small", to=END), "large": Option("Large", to=END)},
            "the postbacks of the list's items are 'large'; they must be the keys of the"
            " options, in this order: 'small', 'large'",
        ),
        (
            Choice("Now?", [reply("Later", postback="later"), reply("yes", postback="YES")]),
            {"yes": Option("Yes", to=END)},
            "question: nothing handles the postback 'later'. Make it the key of an"
            " option or a word that starts a flow, or handle it with @on('choice').",
        ),
        (
            Choice("Now?", [reply("Later")]),
            {"yes": Option("Yes", to=END)},
            "question: the choice 'Later' has no postback, so nothing handles a tap on it. Set its"
            " postback to the key of an option, such as 'yes'.",
        ),
    ],
)
def test_refuses_a_question_that_nobody_could_send_or_answer(question, options, fault):
    has_options = bool(options)
    state = choose(question, options) if has_options else ask(question, accept=parse.text(), to=END)

    with pytest.raises(FlowError) as raised:
        Flows([of_class(wrong(a=state))])

    assert "test_flow.py: Wrong.a: " in str(raised.value)
    assert fault in str(raised.value)


@pytest.mark.parametrize("postback", ["small", "SMALL", "pizza", "help"])
def test_takes_a_postback_that_means_an_option_or_a_word(postback):
    class Asks(Flow):
        start_on = ("pizza",)

        a = choose(
            Choice("Now?", [reply("Tap", postback=postback)]), {"small": Option("Yes", to=END)}
        )

    assert len(Flows([of_class(Asks)])) == 1


def test_takes_a_postback_that_a_handler_takes():
    class Asks(Flow):
        a = choose(Choice("Now?", [reply("Later", postback="l")]), {"y": Option("Yes", to=END)})

        @on("choice", to=END, states="a")
        def later(self, turn):
            return END

    assert len(Flows([of_class(Asks)])) == 1


def test_refuses_a_call_of_no_flow():
    caller = type("Caller", (Flow,), {"sub": call("nowhere", to=END)})

    with pytest.raises(FlowError, match="there is no flow 'nowhere' to call"):
        Flows([of_class(caller)])


def test_a_state_machine_whose_states_do_not_fit_is_refused():
    module: Any = types.ModuleType("broken")
    module.states = ["a"]
    module.said = ("go",)
    module.transitions = [{"trigger": "go", "source": "a", "dest": "b"}]

    with pytest.raises(FlowError, match="Flow 'broken': its states and transitions are invalid"):
        of_module(module)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        *(("zone", "Stockholm"), ("language", "swedish"), ("zone", "../etc")),
        *(("language", None), ("zone", None), ("language", 0), ("zone", b"UTC")),
    ],
)
def test_language_and_zone_of_a_contact_are_of_their_form(attribute, value):
    contact = Contact(Session(Address("", "SMS", "46700000001")))

    with pytest.raises(FlowError, match=str(value)):
        setattr(contact, attribute, value)
    setattr(contact, attribute, "")
    contact.language, contact.zone = "pt-BR", "Europe/Stockholm"
    assert (contact.language, contact.zone) == ("pt-BR", "Europe/Stockholm")


def test_a_state_machine_s_callbacks_are_methods_of_its_model():
    class Model:
        def is_open(self, turn): ...

        async def is_late(self, turn): ...

    module: Any = types.ModuleType("shop")
    module.Model = Model
    module.states = [{"name": "a", "on_enter": ["greet", "os.path.join"]}, "b"]
    module.transitions = [
        {"trigger": "go", "source": "*", "dest": "b", "conditions": "is_open", "unless": "is_shut"},
        {"trigger": "go", "source": "b", "dest": "a", "before": "bye", "unless": "is_late"},
    ]

    with pytest.raises(FlowError) as raised:
        of_module(module)

    assert str(raised.value).split("\n") == [
        "Flow 'shop': state 'a': on_enter='greet' is not a method of its Model.",
        "Flow 'shop': transition 'go': unless='is_shut' is not a method of its Model.",
        "Flow 'shop': transition 'go': before='bye' is not a method of its Model.",
        "Flow 'shop': transition 'go': unless='is_late' is async; a condition can't await. Await"
        " the value before the transition, and store it in self.data.",
    ]
