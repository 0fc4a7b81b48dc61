"""A person takes over a contact, writes to it, and hands it back."""

from dataclasses import replace

import pytest

from bot import END, HANDOFF, Flow, FlowError, Option, ask, choose, parse, step
from bot.callbacks import signature
from bot.errors import OptedOut, UnknownContact
from bot.flow.definition import of_class
from bot.flow.hooks import Hooks
from bot.flow.load import Flows
from bot.settings import Secret

SECRET = Secret("of-the-desk")
WHATSAPP = pytest.mark.contact(channel="WHATSAPP")


class Order(Flow):
    start_on = ("order",)

    what = ask("What would you like?", accept=parse.text(), to="code")
    code = ask("Your code?", accept=parse.integer(), to="place", secret=True)
    sure = choose("Sure?", {"yes": Option("Yes", to=END)})

    @step(to=(HANDOFF, "sure"))
    def place(self, turn):
        return "sure" if self.data.code == 1 else HANDOFF


pytestmark = pytest.mark.flows([Order])


@pytest.fixture
def bot_settings(bot_settings):
    return replace(
        bot_settings,
        handoff_url="https://desk.example/bot",
        handoff_secret=SECRET,
        handoff_s=3600.0,
    )


def events(simulation):
    return [
        next(iter(event.body["app_event"])) for event in simulation.platform.state.events.values()
    ]


class Help(Flow):
    start_on = ("help me",)

    how = choose(
        "How?",
        {
            "talk": Option("Talk", to=HANDOFF),
            "call": Option("Call", to="calling"),
            "wait": Option("Wait", to=END),
        },
        attempts=1,
        otherwise=HANDOFF,
        timeout=("1h", HANDOFF),
    )

    @step(to=HANDOFF)
    def calling(self, turn):
        turn.say("We call you.")
        return HANDOFF


@pytest.mark.flows([Help])
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("talk", "A colleague will take over."),
        ("hm", "A colleague will take over."),
        ("agent", "A colleague will take over."),
        ("call", "We call you."),
    ],
)
async def test_who_is_handed_over_is_told_so_once(contact, said, answer):
    await contact.says("help me")
    await contact.says(said)

    contact.sees(answer)
    contact.sees_nothing()
    assert contact.session.pause is not None


@pytest.mark.flows([Help])
async def test_who_does_not_write_is_not_told_of_the_hand_over(contact):
    await contact.says("help me")
    await contact.waits("1h")

    contact.sees_nothing()
    assert contact.session.pause is not None


@pytest.mark.flows([Help])
async def test_who_is_paused_by_a_person_is_not_told(contact, simulation):
    await contact.says("help me")
    contact.sees("How?")
    await simulation.bot.pause(contact.session.address)
    await contact.run_until_idle()

    contact.sees_nothing()
    assert contact.session.pause is not None


async def test_the_desk_is_told_what_it_has_to_know(contact, simulation):
    await contact.says("order")
    await contact.says("a pizza")
    await contact.says("7")
    contact.sees("A colleague will take over.")
    await contact.says("anybody there?")
    contact.sees_nothing()

    handoff, message = simulation.desk.told
    assert handoff["kind"] == "handoff"
    assert (handoff["flow"], handoff["state"]) == ("order", "place")
    assert handoff["data"] == {"what": "a pizza"}
    assert message["kind"] == "message"
    assert message["contact"] == contact.session.address.key
    said = message["callback"]["message"]["contact_message"]["text_message"]["text"]
    assert said == "anybody there?"
    assert message["id"] != handoff["id"]


async def test_what_the_desk_is_told_is_signed(contact, simulation):
    await contact.says("agent")

    request = simulation.desk.requests[0]
    headers, now = request.headers.raw, simulation.clock.now()
    signature.read(headers, now, 10.0, 10.0).verify(request.content, [SECRET])


async def test_nothing_is_lost_and_order_is_kept_while_the_desk_is_away(contact, simulation):
    simulation.desk.status = 503
    await contact.says("agent")
    contact.sees("A colleague will take over.")
    await contact.says("one")
    await contact.says("two")
    assert simulation.desk.told == []
    simulation.desk.status = 200
    await contact.waits("10m")

    assert simulation.desk.kinds == ["handoff", "message", "message"]
    texts = [each["callback"]["message"]["contact_message"] for each in simulation.desk.told[1:]]
    assert [text["text_message"]["text"] for text in texts] == ["one", "two"]


async def test_what_the_desk_refuses_for_good_is_a_dead_letter(contact, simulation):
    simulation.desk.status = 400
    await contact.says("agent")

    [letter] = [letter async for letter in simulation.bot.store.admin.dead_letters()]
    assert b'"kind":"forward"' in letter.letter
    contact.sees("A colleague will take over.")


@WHATSAPP
async def test_an_agent_joins_speaks_and_leaves(contact, simulation):
    await contact.says("order")
    await contact.says("agent")
    key = contact.session.address.key
    await simulation.bot.say(key, "Hello, I'm Ann.", agent="Ann")
    await simulation.bot.say(key, "What is it?", agent="Ann")
    await contact.run_until_idle()
    shown = contact.sees("Hello, I'm Ann.")
    contact.sees("What is it?")
    assert shown.app_message["agent"] == {"display_name": "Ann", "type": "HUMAN"}
    assert events(simulation) == ["agent_joined_event"]

    await simulation.bot.resume(key)
    await contact.run_until_idle()
    contact.sees("What would you like?")
    assert events(simulation) == ["agent_joined_event", "agent_left_event"]
    assert simulation.desk.kinds == ["handoff", "resume"]
    assert contact.state == "what"


async def test_a_text_without_an_agent_s_name_is_a_person_s_while_one_has_the_contact(
    contact, simulation
):
    await contact.says("agent")
    await simulation.bot.say(contact.session.address, "Hello.")
    await contact.run_until_idle()

    assert contact.sees("Hello.").app_message["agent"]["type"] == "HUMAN"


async def test_a_text_of_the_bot_s_own_leaves_the_flow_as_it_is(contact, simulation):
    await contact.says("order")
    await simulation.bot.say(contact.session.address, "We close at nine.")
    await contact.run_until_idle()

    assert "agent" not in contact.sees("We close at nine.").app_message
    assert contact.state == "what"


async def test_handed_back_to_a_state(contact, simulation):
    await contact.says("order")
    await contact.says("agent")
    key = contact.session.address.key
    with pytest.raises(FlowError, match="flow 'order' has no such state"):
        await simulation.bot.resume(key, "nowhere")
    await simulation.bot.resume(key, "sure")
    await contact.run_until_idle()

    contact.sees("Sure?")


async def test_after_a_step_handed_over_the_last_question_is_asked_again(contact, simulation):
    for text in ("order", "a pizza", "7"):
        await contact.says(text)
    await simulation.bot.resume(contact.session.address)
    await contact.run_until_idle()

    contact.sees("Your code?")


async def test_without_a_word_from_the_agent_the_bot_goes_on(contact, simulation):
    await contact.says("order")
    await contact.says("agent")
    await contact.waits("59m")
    contact.sees_nothing()
    await contact.waits("2m")

    contact.sees("What would you like?")
    assert simulation.desk.told[-1]["reason"] == "timeout"
    assert contact.session.pause is None


async def test_the_bot_goes_on_whatever_the_clock_of_whoever_runs_the_turn(contact, simulation):
    """The time-out is kept in whole milliseconds, and clocks of processes differ a little."""
    simulation.clock.advance_to(simulation.clock.now() + 0.0004)
    await contact.says("order")
    await contact.says("agent")
    await contact.waits("2h")

    assert contact.session.pause is None
    contact.sees("What would you like?")


async def test_each_word_of_the_agent_keeps_the_contact_for_longer(contact, simulation):
    await contact.says("order")
    await contact.says("agent")
    await contact.waits("50m")
    await simulation.bot.say(contact.session.address, "One moment.", agent="Ann")
    await contact.waits("50m")
    contact.sees("One moment.")
    contact.sees_nothing()
    assert contact.session.pause is not None
    await contact.waits("20m")

    contact.sees("What would you like?")


async def test_an_agent_s_word_that_comes_before_the_time_out_is_handled_wins(contact, simulation):
    await contact.says("order")
    await contact.says("agent")
    address = contact.session.address
    simulation.clock.advance_to(simulation.clock.now() + 3601)
    await simulation.bot.say(address, "One moment.", agent="Ann")
    await contact.run_until_idle()
    assert contact.session.pause is not None
    await contact.waits("2h")

    assert contact.session.pause is None


async def test_the_desk_hears_of_a_stop_and_what_it_says_is_dropped(contact, simulation):
    await contact.says("agent")
    await contact.says("stop")
    assert simulation.desk.kinds == ["handoff", "message"]
    with pytest.raises(OptedOut):
        await simulation.bot.say(contact.session.address, "Hello?", agent="Ann")


async def test_a_forward_outlives_a_stop_that_comes_while_the_desk_is_away(contact, simulation):
    simulation.desk.status = 503
    await contact.says("agent")
    await contact.says("my number is 7")
    await contact.says("stop")
    simulation.desk.status = 200
    await contact.waits("10m")

    assert simulation.desk.kinds == ["handoff", "message", "message"]


@WHATSAPP
async def test_the_desk_hears_of_reactions_and_of_what_was_not_delivered(contact, simulation):
    await contact.says("order")
    await contact.says("agent")
    await contact.reacts("👍")
    await simulation.bot.say(contact.session.address, "Hello.")
    await contact.delivers(failed="CHANNEL_FAILURE")
    await contact.run_until_idle()

    assert simulation.desk.kinds[:2] == ["handoff", "event"]


async def test_nobody_is_known_by_a_key_that_never_wrote(simulation):
    with pytest.raises(UnknownContact, match="has no such contact"):
        await simulation.bot.say("01NOBODY", "Hello")


class TestHook:
    @pytest.fixture
    def told(self):
        return []

    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, handoff_url="")

    @pytest.fixture
    def bot_flows(self, told):
        hooks = Hooks()
        broken = [True]

        @hooks.service
        async def chat(settings):
            yield told

        @hooks.handoff
        async def tell(forward, chat):
            if broken:
                broken.clear()
                raise RuntimeError("the chat is away")
            chat.append(forward["kind"])

        return Flows([of_class(Order)], hooks=hooks)

    async def test_is_told_instead_of_an_endpoint_and_again_after_it_failed(
        self, contact, simulation, told
    ):
        async with simulation.bot.services():
            await contact.says("agent")
            await contact.says("hello?")
            assert told == []
            await contact.waits("1m")

        assert told == ["handoff", "message"]


async def test_a_hook_names_services_that_exist():
    hooks = Hooks()

    @hooks.handoff
    async def tell(forward, nothing):
        """This hook is never called."""

    with pytest.raises(FlowError, match="hand-overs: there is no service 'nothing'"):
        Flows([of_class(Order)], hooks=hooks)


class Delivery(Flow):
    start_on_events = ("delivery",)

    @step(to=HANDOFF)
    def fail(self, turn):
        turn.say("We can't deliver.")
        return HANDOFF


class Box(Flow):
    start_on_events = ("box",)

    sure = choose("Is your box there?", {"yes": Option("Yes", to=END)})


class TestWaitingMessages:
    """Messages wait for the messaging window, but the desk's requests do not wait behind them."""

    @pytest.fixture
    def told(self, simulation):
        told, hooks = [], Hooks()

        @hooks.handoff
        async def tell(forward):
            told.append(forward["kind"])

        flows = [of_class(flow) for flow in (Order, Delivery, Box)]
        simulation.bot.use(Flows(flows, hooks=hooks))
        return told

    @WHATSAPP
    async def test_desk_is_informed_while_the_flow_s_message_waits(self, contact, told):
        await contact.says("hello")
        contact.sees("Sorry, I don't know what to do with that.")
        await contact.waits("2d")
        await contact.receives_event("delivery")
        contact.sees_nothing()
        assert told == ["handoff"]

        await contact.says("yes?")
        contact.sees("We can't deliver.")
        contact.sees_nothing()
        assert told == ["handoff", "message"]

    @WHATSAPP
    async def test_desk_is_informed_while_a_question_waits(self, simulation, contact, told):
        await contact.says("hello")
        await contact.waits("2d")
        await contact.receives_event("box")
        await simulation.bot.pause(contact.session.address)
        await contact.run_until_idle()
        assert told == ["handoff"]
        await simulation.bot.resume(contact.session.address)
        await contact.run_until_idle()
        contact.sees_nothing()
        assert told == ["handoff", "resume"]

        await contact.says("yes")
        contact.sees("Is your box there?")
        contact.sees_nothing()
        await contact.says("yes")
        assert contact.flow is None
