"""A contact who said STOP gets no messages."""

import logging
from dataclasses import replace

import pytest

from bot import END, Flow, Option, ask, choose, parse, step
from bot.emulator import RequestFault
from bot.flow.definition import of_class
from bot.flow.hooks import Hooks
from bot.flow.keywords import Keywords
from bot.flow.load import Flows
from bot.ops.transcript import read
from bot.telemetry.metrics import REGISTRY


class Chat(Flow):
    start_on = ("chat",)

    line = ask("Say something.", accept=parse.text(), to=END, remind={"10m": "Still there?"})


pytestmark = pytest.mark.flows([Chat])


async def test_stop_silences_and_start_opens(contact):
    await contact.says("chat")
    await contact.says("STOP")
    contact.sees_nothing()
    assert contact.consent == "out"
    await contact.waits("1h")
    contact.sees_nothing()
    await contact.says("chat")
    contact.sees_nothing()

    await contact.says("start")
    assert contact.consent == "in"
    await contact.says("chat")
    contact.sees("Say something.")


async def test_stop_counts_as_the_whole_message_only(contact):
    await contact.says("chat")
    await contact.says("stop it please")

    assert contact.consent == ""
    assert contact.data == {"line": "stop it please"}


async def test_stop_drops_what_is_not_yet_sent(contact, simulation):
    simulation.platform.faults.add(
        RequestFault(on="POST */messages:send", action="refuse", status=503)
    )
    await contact.says("chat")
    await contact.says("stop")
    simulation.platform.faults.clear()
    await contact.waits("1h")

    contact.sees_nothing()


def dropped() -> float:
    labels = {"channel": "SMS", "outcome": "opted_out"}
    return REGISTRY.get_sample_value("bot_sends_total", labels) or 0.0


async def test_stop_counts_and_marks_what_it_drops(contact, simulation, caplog):
    caplog.set_level(logging.INFO)
    before = dropped()
    simulation.platform.faults.add(
        RequestFault(on="POST */messages:send", action="refuse", status=503)
    )
    await contact.says("chat")
    key = contact.session.address.key
    await simulation.bot.say(key, "Are you there?")
    await contact.says("stop")

    assert dropped() - before == 2
    [record] = [
        each for each in caplog.records if each.getMessage() == "Unsent replies were dropped"
    ]
    assert (record.why, record.replies) == ("opted_out", 2)
    lines = [each for each in await read(simulation.bot.store, key) if each.who == "bot"]
    assert [(each.text, each.delivery, each.reason) for each in lines] == [
        ("Say something.", "NOT SENT", "opted_out"),
        ("Are you there?", "NOT SENT", "opted_out"),
    ]


async def test_stop_without_unsent_replies_counts_and_logs_nothing(contact, caplog):
    caplog.set_level(logging.INFO)
    before = dropped()
    await contact.says("chat")
    await contact.says("stop")

    assert dropped() == before
    assert "Unsent replies were dropped" not in caplog.text


class Silent(Keywords):
    def stopped(self, turn):
        raise RuntimeError("has nothing to say")


hooks = Hooks()
stopped: set[str] = set()


@hooks.around_turn
async def quarrel(turn, proceed):
    await proceed()
    if turn.event == "opt_out" or turn.text == "STOP":
        stopped.add(turn.contact.key)
    if turn.contact.key in stopped:
        raise RuntimeError("can't count it")


@pytest.mark.flows([Chat, Silent])
async def test_stop_counts_what_it_drops_though_the_answer_to_it_fails(contact, simulation):
    before = dropped()
    simulation.platform.faults.add(
        RequestFault(on="POST */messages:send", action="refuse", status=503)
    )
    await contact.says("chat")
    await contact.says("stop")

    assert dropped() - before == 1
    contact.sees_nothing(failed="has nothing to say")


@pytest.mark.parametrize("said", ["stop", "an OPT_OUT callback"])
@pytest.mark.parametrize(
    "fails",
    [
        pytest.param("the answer to it", marks=pytest.mark.flows([Chat, Silent])),
        pytest.param("a hook around turns", marks=pytest.mark.flows([Chat, hooks])),
    ],
)
async def test_stop_holds_though_an_author_s_code_fails_at_it(contact, simulation, fails, said):
    stopped.clear()
    await contact.says("chat")
    if said == "stop":
        await contact.stops()
    else:
        _opts_out(simulation, contact)
        await contact.run_until_idle()
    assert (contact.consent, contact.flow) == ("out", None)
    await contact.waits("1h")

    of_answer = "has nothing to say" if said == "stop" else ""
    contact.sees_nothing(failed="can't count it" if fails == "a hook around turns" else of_answer)
    letters = [letter async for letter in simulation.bot.store.admin.dead_letters()]
    assert bool(letters) == (said == "stop" or fails == "a hook around turns")


def _opts_out(simulation, contact):
    address = simulation.address_of(contact.phone)
    identity = {"channel": address.channel, "identity": address.identity}
    body = {"contact_id": address.contact_id, "channel_identity": identity}
    simulation.platform.contacts._callbacks.send(
        "OPT_OUT", {"status": "OPT_OUT_SUCCEEDED", **body}, app_id=simulation.platform.app_id
    )


@pytest.mark.parametrize("word", ["Unsubscribe.", "opt out", "ABMELDEN", "arret", "pysayta"])
async def test_stop_in_any_language_with_or_without_accents(contact, word):
    await contact.says("chat")
    await contact.says(word)

    assert contact.consent == "out"


@pytest.mark.parametrize(
    "text",
    [
        "STOP \U0001f6d1",
        "Please stop. Thank you!",
        "stop stop STOP",
        "S-T-O-P",
        "OPT\u2011OUT",
        "Stop\n--\nAnna Smith",
        "Stop. Thanks, Anna",
        "стоп, пожалуйста",
        "停止してください",
        "수신거부 부탁드립니다",
        "إيقاف من فضلك",
        "Stop texting me",
    ],
)
async def test_stop_with_something_around_it(contact, text):
    await contact.says("chat")
    await contact.says(text)

    assert contact.consent == "out"


@pytest.mark.parametrize("word", ["avsluta", "baja", "sair"])
async def test_words_with_another_meaning_stop_only_while_no_question_waits(contact, word):
    await contact.says("chat")
    await contact.says(word)
    assert contact.consent == ""

    await contact.says(word)
    assert contact.consent == "out"


SENTENCE = "please stop texting me"
QUESTION = "Do you want to stop all messages from us?"


async def test_yes_to_the_question_whether_to_stop_opts_out(contact):
    await contact.says("chat")
    await contact.says(SENTENCE)
    contact.sees(QUESTION)
    assert (contact.consent, contact.state) == ("", "line")

    await contact.says("yes")
    contact.sees("You have stopped our messages.")
    assert (contact.consent, contact.flow) == ("out", None)


async def test_no_to_the_question_whether_to_stop_continues(contact):
    await contact.says("chat")
    await contact.says(SENTENCE)
    await contact.says("no")

    contact.sees("All right, you will keep getting our messages.")
    contact.sees("Say something.")
    await contact.says("no")
    assert contact.data == {"line": "no"}


async def test_anything_else_leaves_the_question_whether_to_stop(contact):
    await contact.says("chat")
    await contact.says(SENTENCE)
    await contact.says("Hello there")

    assert (contact.consent, contact.data) == ("", {"line": "Hello there"})
    await contact.says("yes")
    assert contact.consent == ""


async def test_a_second_sentence_about_stopping_opts_out(contact):
    await contact.says("chat")
    await contact.says(SENTENCE)
    await contact.says("I don't want these messages")

    assert contact.consent == "out"


async def test_the_question_whether_to_stop_is_asked_without_a_flow(contact):
    await contact.says("leave me alone")
    contact.sees(QUESTION)
    await contact.says("no")

    contact.sees("All right, you will keep getting our messages.")


class StopQuestionFails(Keywords):
    def help_after_stop(self, turn):
        raise RuntimeError("has nothing to say")


@pytest.mark.flows([Chat, StopQuestionFails])
async def test_yes_opts_out_though_the_answer_to_it_fails(contact):
    await contact.says("leave me alone")
    contact.sees(QUESTION)
    await contact.says("yes")

    assert contact.consent == "out"


class Booking(Flow):
    start_on = ("booking",)

    todo = choose(
        "What shall we do with your booking?",
        {
            "cancel": Option("Cancel", to="canceled", synonyms=("quit", "end")),
            "keep": Option("Keep", to=END),
        },
    )

    @step(to=END)
    def canceled(self, turn):
        turn.say("Your booking is canceled.")
        return END


class Broken(Flow):
    start_on = ("broken",)

    todo = choose("What now?", {"cancel": Option("Cancel", to="canceled")})

    @step(to=END)
    def canceled(self, turn):
        raise RuntimeError("cannot cancel it")


class Computed(Flow):
    start_on = ("computed",)

    todo = choose("What now?", lambda data: {"cancel": Option("Drop it", to=END)}, to=END)


class TestUsRule:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, stop_words="us")

    @pytest.mark.parametrize("word", ["CANCEL", "End.", "quit please"])
    async def test_us_words_opt_out_as_whole_messages(self, contact, word):
        await contact.says("chat")
        await contact.says(word)

        assert contact.consent == "out"

    @pytest.mark.flows([Booking])
    @pytest.mark.parametrize("word", ["cancel", "CANCEL", "Cancel please", "quit", "End"])
    async def test_question_claims_a_us_word_by_having_it_as_an_option(self, contact, word):
        await contact.says("booking")
        await contact.says(word)

        assert contact.consent == ""
        contact.sees("Your booking is canceled.")

    @pytest.mark.flows([Booking])
    async def test_us_words_opt_out_where_no_question_claims_them(self, contact):
        await contact.says("cancel")
        assert contact.consent == "out"

    @pytest.mark.flows([Booking])
    @pytest.mark.parametrize("word", ["stop", "revoke", "unsubscribe", "opt out"])
    async def test_no_question_claims_a_word_that_always_stops(self, contact, word):
        await contact.says("booking")
        await contact.says(word)

        assert (contact.consent, contact.flow) == ("out", None)

    @pytest.mark.flows([Computed])
    async def test_computed_option_claims_its_key(self, contact):
        await contact.says("computed")
        await contact.says("cancel")

        assert (contact.consent, contact.flow) == ("", None)

    @pytest.mark.flows([Broken])
    async def test_claimed_word_is_no_stop_if_its_turn_fails(self, contact):
        await contact.says("broken")
        await contact.says("cancel")
        await contact.waits("5m")

        assert contact.phone.shown[-1].text == "Sorry!"
        assert (contact.consent, contact.flow) == ("", "broken")

    async def test_another_word_to_cancel_asks_whether_to_stop_by_the_us_rule(self, contact):
        await contact.says("chat")
        await contact.says("exit")

        contact.sees("All right, that's canceled.")
        contact.sees(QUESTION)
        assert contact.flow is None
        await contact.says("yes")
        assert contact.consent == "out"


@pytest.mark.parametrize("word", ["cancel", "stops", "seis"])
async def test_other_words_are_no_stop(contact, word):
    await contact.says("chat")
    await contact.says(word)

    assert contact.consent == ""


async def test_help_is_answered_even_after_stop(contact):
    await contact.says("chat")
    await contact.says("stop")
    await contact.says("help")

    contact.sees("You have stopped our messages.")
    await contact.says("starta")
    contact.sees("Welcome back.")


async def test_sinch_s_opt_out_silences_and_opt_in_opens(contact, simulation):
    await contact.says("chat")
    address = contact.session.address
    tell = simulation.platform.consents.tell
    about = (simulation.settings.app_id, address.contact_id, "SMS", address.identity, "r")

    tell("OPT_OUT", *about)
    await contact.run_until_idle()
    assert contact.consent == "out"
    await contact.waits("11m")
    contact.sees_nothing()

    tell("OPT_IN", *about)
    await contact.run_until_idle()
    assert contact.consent == "in"


class Burst(Flow):
    start_on = ("burst",)
    bursts = ("merge", "10s")

    line = ask("Say something.", accept=parse.text(), to=END)


@pytest.mark.flows([Burst])
async def test_a_stop_neither_waits_for_a_burst_nor_is_part_of_it(contact):
    await contact.says("burst")
    contact.phone.says("first this")
    contact.phone.says("stop")
    await contact.run_until_idle()

    assert contact.consent == "out"
    assert contact.flow is None
    assert "line" not in contact.data


class Polite(Keywords):
    def stopped(self, turn):
        turn.say("You won't hear from us again.")


class TestOwnAnswers:
    @pytest.fixture
    def bot_flows(self):
        return Flows([of_class(Chat)], words=Polite())

    async def test_stop_is_answered_once(self, contact):
        await contact.says("chat")
        await contact.says("stop")
        contact.sees("You won't hear from us again.")
        await contact.says("stop")
        contact.sees_nothing()


async def test_each_change_of_consent_is_recorded(contact):
    await contact.says("please stop texting me")
    await contact.says("yes")
    await contact.says("stop")
    await contact.says("start")

    first, second = contact.session.consent_log
    assert (first.to, first.by, first.words, first.asked) == ("out", "contact", "yes", True)
    assert (second.to, second.by, second.words, second.asked) == ("in", "contact", "start", False)
    assert first.message_id
    assert first.message_id != second.message_id
    assert first.at <= second.at


async def test_an_opt_out_of_the_platform_is_recorded(contact, simulation):
    await contact.says("chat")
    _opts_out(simulation, contact)
    await contact.run_until_idle()

    (change,) = contact.session.consent_log
    assert (change.to, change.by, change.words) == ("out", "platform", "")


@pytest.mark.flows([Chat, Silent])
async def test_a_stop_whose_answer_fails_is_recorded(contact):
    await contact.says("chat")
    await contact.stops()

    (change,) = contact.session.consent_log
    assert (change.to, change.by) == ("out", "contact")


@pytest.mark.contact(mode="DISPATCH")
async def test_stop_and_its_record_hold_in_dispatch_mode(contact):
    await contact.says("chat")
    await contact.says("Stop, please!")
    await contact.waits("1h")

    contact.sees_nothing()
    (change,) = contact.session.consent_log
    assert (contact.consent, change.words) == ("out", "Stop, please!")
    await contact.says("start")
    assert contact.consent == "in"
