"""Contacts who answer in several messages."""

from dataclasses import dataclass

import pytest

from bot import END, Flow, Turn, ask, choose, on, parse, step
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.flow.states import Option
from bot.telemetry import metrics


def note(policy):
    class Note(Flow):
        start_on = ("note",)

        text = ask("Tell me.", accept=parse.text(), to="sure", bursts=(policy, "5s"))
        sure = choose("Keep it?", {"yes": Option("Yes", to=END)})

    return Note


@pytest.mark.flows([note("merge")])
async def test_merges_texts_into_one_answer(contact):
    await contact.says("note")
    await contact.says("one")
    contact.sees_nothing()
    await contact.waits("3s")
    await contact.says("two")
    await contact.waits("3s")
    contact.sees_nothing()
    await contact.waits("3s")

    contact.sees("Keep it?")
    contact.sees_nothing()
    assert contact.data == {"text": "one\ntwo"}


@pytest.mark.flows([note("latest")])
async def test_takes_the_latest_alone(contact):
    await contact.says("note")
    await contact.says("one")
    await contact.says("two")
    await contact.waits("6s")

    contact.sees("Keep it?")
    assert contact.data == {"text": "two"}


@pytest.mark.flows([note("merge")])
async def test_does_not_wait_for_ever(contact):
    await contact.says("note")
    for number in range(12):
        await contact.says(str(number))
        await contact.waits("4s")

    assert contact.data["text"].startswith("0\n1\n2")
    assert contact.state == "sure"


@dataclass
class Damage:
    photos: parse.Media | parse.Parts[parse.Media | str] | str = ""
    sure: str = ""


class DamageReport(Flow):
    start_on = ("damage",)
    data: Damage

    photos = ask(
        "Show us the damage.",
        accept=(parse.media(), parse.text()),
        to="sure",
        bursts=("merge", "5s"),
    )
    sure = choose("Is that all?", {"yes": Option("Yes", to="thank")})

    @step(to=END)
    def thank(self, turn: Turn) -> str:
        photos = self.data.photos
        values = photos.values if isinstance(photos, parse.Parts) else [photos]
        for each in values:
            turn.say(each.url if isinstance(each, parse.Media) else each)
        return END


@pytest.mark.flows([DamageReport])
async def test_typed_data_keeps_the_values_of_a_burst(contact):
    await contact.says("damage")
    await contact.sends_media("https://example.com/1.jpg")
    await contact.says("and the door:")
    await contact.sends_media("https://example.com/2.jpg")
    await contact.waits("6s")
    await contact.taps("Yes")

    contact.sees("https://example.com/1.jpg")
    contact.sees("and the door:")
    contact.sees("https://example.com/2.jpg")


@pytest.mark.flows([DamageReport])
async def test_typed_data_keeps_a_single_picture_of_a_burst(contact):
    await contact.says("damage")
    await contact.sends_media("https://example.com/1.jpg")
    await contact.waits("6s")
    await contact.taps("Yes")

    contact.sees("https://example.com/1.jpg")


@dataclass
class OneText:
    text: str = ""


class Caption(Flow):
    start_on = ("caption",)
    data: OneText

    text = ask("Tell me.", accept=parse.text(), to=END, bursts=("merge", "5s"))


@pytest.mark.flows([Caption])
async def test_error_about_data_that_cannot_hold_a_burst_names_parts(contact):
    await contact.says("caption")
    await contact.says("one")
    await contact.sends_media("https://example.com/1.jpg", caption="two")
    await contact.waits("6s")

    contact.sees_nothing(failed="the answer of several messages is a parse.Parts")


class Report(Flow):
    start_on = ("report",)

    what = ask(
        "What happened?",
        accept=(parse.text(), parse.media()),
        to="who",
        bursts=("merge", "3s"),
        remind={"2s": "Still there?"},
    )
    who = ask("Who are you?", accept=parse.text(), to="done", bursts=("merge", "3s"))

    @step(to=END)
    def done(self, turn: Turn) -> str:
        kinds = [type(each).__name__ for each in getattr(self.data.what, "values", [])]
        turn.say(f"Noted {kinds or self.data.what}.")
        return END

    @on("read", "noted")
    def note(self, turn: Turn) -> None:
        turn.say(f"Got {turn.event}.")


class Pick(Flow):
    start_on = ("pick",)
    bursts = ("merge", "3s")

    size = choose("Size?", {"s": Option("Small", to="tell"), "l": Option("Large", to="tell")})

    @step(to="who")
    def tell(self, turn: Turn) -> str:
        turn.say(f"{self.data.size} of {len(turn.messages)} messages")
        return "who"

    who = ask("Who are you?", accept=parse.text(), to=END)


class Hours(Flow):
    start_on = ("hours",)

    day = choose("Which day?", {"mon": Option("Monday", to=END)})


class Fragile(Flow):
    start_on = ("fragile",)

    text = ask("Text?", accept=parse.text(), to="check", bursts=("merge", "3s"))

    @step(to=END)
    def check(self, turn: Turn) -> str:
        if "x" in self.data.text:
            raise RuntimeError("boom")
        turn.say(f"Got {self.data.text!r}")
        return END


class Slow(Flow):
    start_on = ("slow",)
    bursts = ("merge", "3s")

    one = choose("Which one?", {"one": Option("One", to="done")}, timeout=("10s", END))

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say("Got it.")
        return END


@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.flows([Report, Pick, Hours, Fragile, Slow])
class TestMixed:
    async def test_a_text_and_photos_become_parts_in_their_order(self, contact):
        await contact.says("report")
        await contact.says("The chain")
        await contact.sends_media("https://example.com/1.jpg")
        await contact.says("is broken")
        await contact.sends_media("https://example.com/2.jpg")
        await contact.waits("4s")
        contact.sees("Who are you?")
        assert contact.data["what"][0] == "The chain\nis broken"
        assert "1.jpg" in str(contact.data)
        assert "2.jpg" in str(contact.data)
        await contact.says("Ada")
        await contact.waits("4s")

        contact.sees("Noted ['str', 'Media', 'Media'].")

    async def test_reports_and_events_do_not_cut_a_burst_and_follow_it(self, contact):
        await contact.says("report")
        await contact.says("one")
        await contact.reads()
        await contact.receives_event("noted")
        await contact.says("two")
        await contact.waits("4s")

        assert contact.data["what"] == "one\ntwo"
        contact.sees("Got read.")
        contact.sees("Got noted.")
        contact.sees("Who are you?")

    async def test_a_reminder_is_dropped_once_a_burst_has_begun(self, contact):
        await contact.says("report")
        await contact.waits("1s")
        await contact.says("one")
        await contact.waits("2s")
        await contact.says("two")
        await contact.waits("4s")

        assert "Still there?" not in contact.transcript
        assert contact.data["what"] == "one\ntwo"

    async def test_the_first_option_answers_and_the_rest_is_in_the_turn(self, contact):
        await contact.says("pick")
        await contact.says("hello")
        await contact.taps("Small")
        await contact.says("please hurry")
        await contact.waits("4s")

        contact.sees("s of 3 messages")

    @pytest.mark.parametrize("word", ["cancel", "report"])
    async def test_cancel_and_the_flow_s_own_word_drop_what_came_before(self, contact, word):
        await contact.says("report")
        await contact.says("hello")
        await contact.says(word)
        await contact.waits("4s")

        assert "Who are you?" not in contact.transcript
        assert contact.flow == (None if word == "cancel" else "report")

    @pytest.mark.parametrize(("word", "sees"), [("hours", "Which day?"), ("agent", "colleague")])
    async def test_other_words_let_what_came_before_answer_first(self, contact, word, sees):
        await contact.says("report")
        await contact.says("hello")
        await contact.says(word)
        await contact.waits("4s")
        contact.sees("Who are you?")
        contact.sees(sees)

        assert contact.session.runs[0].data["what"] == "hello"

    async def test_stop_ends_a_burst_at_once_and_drops_what_came_before(self, contact):
        await contact.says("report")
        await contact.waits("1s")
        await contact.says("hello")
        await contact.receives_event("noted")
        await contact.says("STOP")
        await contact.waits("1s")

        assert contact.consent == "out"
        assert contact.session.chains == []
        assert "Who are you?" not in contact.transcript
        assert "Got noted." not in contact.transcript

    async def test_messages_of_a_burst_are_counted_once(self, contact):
        before = metrics.unanswered.counts().get("burst", 0)
        await contact.says("report")
        for text in ("one", "two", "three"):
            await contact.says(text)
        await contact.reads()
        await contact.waits("6s")

        assert metrics.unanswered.counts().get("burst", 0) - before == 2

    async def test_an_operator_s_command_ends_a_burst(self, contact, simulation):
        await contact.says("report")
        await contact.says("hello")
        await simulation.bot.pause(contact.session.address)
        await contact.waits("4s")

        assert contact.data["what"] == "hello"
        assert contact.session.pause is not None

    async def test_a_burst_that_fails_is_one_dead_letter(self, contact, simulation):
        await contact.says("fragile")
        for text in ("a x", "b", "c"):
            await contact.says(text)
        await contact.waits("30m")

        assert "Got" not in contact.transcript
        (letter,) = [each async for each in simulation.bot.store.admin.dead_letters()]
        assert len(letter.items) == 3

    async def test_a_time_out_within_a_burst_that_is_not_understood_is_moved(self, contact):
        await contact.says("slow")
        await contact.waits("8s")
        await contact.says("hm")
        await contact.says("well")
        await contact.waits("4s")
        contact.sees("Sorry, I didn't understand that. Which one?")
        await contact.says("One")
        await contact.waits("4s")

        contact.sees("Got it.")


def told(version):
    name = "text" if version == 1 else "words"

    body = {
        "start_on": ("told",),
        "__module__": __name__,
        "version": version,
        "migrate": {1: {"text": "words"}} if version == 2 else {},
        name: ask("Tell me.", accept=parse.text(), to="more", bursts=("merge", "5s")),
        "more": ask("What else?", accept=parse.text(), to=END),
    }
    return type("Told", (Flow,), body)


def deploy(simulation, version):
    simulation.bot.use(Flows([of_class(told(version))]))


@pytest.mark.flows([told(1)])
async def test_a_question_that_a_release_has_renamed_gathers_messages(contact, simulation):
    await contact.says("told")
    deploy(simulation, 2)
    await contact.says("one")
    await contact.says("two")
    await contact.waits("6s")

    assert contact.data == {"words": "one\ntwo"}


@pytest.mark.flows([told(2)])
async def test_messages_that_an_older_worker_leaves_are_as_many_bursts_as_before(
    contact, simulation
):
    await contact.says("told")
    deploy(simulation, 1)
    await contact.says("one")
    await contact.waits("1m")
    await contact.says("two")
    deploy(simulation, 2)
    await contact.waits("6s")

    assert contact.data == {"words": "one", "more": "two"}


class Payment(Flow):
    start_on = ("payment",)
    failures = 0

    words = ask("Any words?", accept=parse.text(), to="check", bursts=("merge", "3s"))

    @step(to="sure")
    def check(self, turn: Turn) -> str:
        if "boom" in self.data.words:
            raise RuntimeError("boom")
        return "sure"

    sure = choose(lambda data: f"Send {data.words!r}?", {"yes": Option("Yes", to=END)})

    @on("paid")
    def thank(self, turn: Turn) -> None:
        self.data.is_paid = True
        turn.say("Paid.")
        if type(self).failures > 0:
            type(self).failures -= 1
            raise RuntimeError("no receipt")


async def is_paid_in_a_burst(contact, simulation, *texts):
    """Return the messages of the bot, and the outcome of the event."""
    await contact.says("payment")
    first, *others = texts
    await contact.says(first)
    address = contact.session.address
    await simulation.bot.trigger(address, "paid", id="payment-1")
    for text in others:
        await contact.says(text)
    await contact.waits("10m")
    shown = [each.text.partition("?")[0] for each in contact.phone.shown[1:]]
    return shown, await simulation.bot.outcome(address, "payment-1")


@pytest.mark.flows([Payment])
async def test_burst_is_tried_again_if_an_event_in_it_fails(contact, simulation):
    Payment.failures = 1
    shown, outcome = await is_paid_in_a_burst(contact, simulation, "one", "two")

    assert shown == ["Paid.", "Send 'one\\ntwo'"]
    assert outcome == "handled"


@pytest.mark.flows([Payment])
async def test_answer_of_a_burst_is_taken_if_an_event_in_it_always_fails(contact, simulation):
    Payment.failures = 100
    shown, outcome = await is_paid_in_a_burst(contact, simulation, "one", "two")

    assert shown == ["Send 'one\\ntwo'"]
    assert contact.data == {"words": "one\ntwo"}
    assert outcome == "failed"
    assert [each.event for each in contact.session.unhandled] == ["paid"]
    assert not [each async for each in simulation.bot.store.admin.dead_letters()]


@pytest.mark.flows([Payment])
async def test_event_in_a_burst_that_always_fails_has_failed(contact, simulation):
    Payment.failures = 0
    shown, outcome = await is_paid_in_a_burst(contact, simulation, "one", "boom")

    assert shown == ["Sorry!"]
    assert outcome == "failed"
