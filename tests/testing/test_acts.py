"""The actions of a simulated contact, and what it sees of them."""

import re

import pytest

from bot import END, Flow, Option, Text, ask, choose, on, parse, step


class Parcel(Flow):
    start_on = ("parcel",)

    place = ask(
        "Where are you?",
        accept=(parse.location, parse.text(min_length=3)),
        to="sure",
        remind={"30m": "Still there?"},
        timeout=("24h", END),
    )
    sure = choose(
        lambda data: f"{data.place}?",
        {"yes": Option("Yes", to="thanks"), "no": Option("No", to="place")},
    )

    @step(to=END)
    def thanks(self, turn):
        turn.say(f"Thanks, in {turn.contact.language or 'no language'} {turn.contact.zone}")
        return END

    @on("read", "failed")
    def delivery(self, turn):
        report = turn.callback.message_delivery_report
        self.data.seen = report.status
        self.data.why = report.reason.code if report.reason else ""

    @on("reaction")
    def reaction(self, turn):
        turn.say(f"You did: {turn.callback.event.contact_message_event.reaction_event.emoji}")

    @on("driver_left", to=END)
    def left(self, turn):
        turn.say(f"Driver {turn.event_data['name']} is on the way.")
        return END


pytestmark = pytest.mark.flows([Parcel])


@pytest.mark.contact(channel="WHATSAPP", language="sv", zone="Europe/Stockholm")
async def test_is_known_before_the_first_message(contact):
    for answer in ("parcel", "Malmö", "yes"):
        await contact.says(answer)

    contact.sees("Thanks, in sv Europe/Stockholm")


async def test_contacts_differ(contacts):
    first, second = contacts(2, channel="RCS", language="de")
    await first.says("parcel")

    first.sees("Where are you?")
    second.sees_nothing()
    assert first.name != second.name


@pytest.mark.contact(consent="out")
async def test_one_that_has_opted_out_sees_nothing(contact):
    await contact.says("parcel")

    contact.sees_nothing()
    assert contact.consent == "out"


@pytest.mark.contact(mode="DISPATCH")
async def test_dispatch_mode_has_no_contact_id(contact):
    await contact.says("parcel")

    assert contact.session.address.contact_id == ""


async def test_modes_do_not_mix(contacts):
    contacts(1, mode="DISPATCH")
    wrong = "have its mode, DISPATCH. Make another simulation for CONVERSATION."
    with pytest.raises(Exception, match=re.escape(wrong)):
        contacts(1, mode="CONVERSATION")


async def test_places_media_and_reminders(contact):
    await contact.says("parcel")
    await contact.waits("31m")
    contact.sees(re.compile(r"Still \w+\?"))
    await contact.sends_media("https://example.com/a.jpg")
    contact.sees(Text, text="Where are you?")
    await contact.sends_location(55.6, 13.0, title="Home")
    contact.sees("55.6", choices=["Yes", "No"])
    await contact.waits("2d")
    assert contact.state == "sure"


@pytest.mark.contact(channel="WHATSAPP")
async def test_reads_and_reacts(contact):
    await contact.says("parcel")
    await contact.reads()
    assert contact.data == {"seen": "READ", "why": ""}
    await contact.reacts("👍")
    contact.sees("You did: 👍")


async def test_messages_that_fail_are_not_seen(contact):
    await contact.delivers(failed="RECIPIENT_NOT_REACHABLE")
    await contact.says("parcel")
    contact.sees_nothing()
    assert contact.data == {"seen": "FAILED", "why": "RECIPIENT_NOT_REACHABLE"}

    await contact.delivers()
    await contact.says("no")
    contact.sees("Where are you?")


async def test_a_repeated_callback_is_taken_once(contact):
    await contact.says("parcel", twice=True)

    contact.sees("Where are you?")
    contact.sees_nothing()


async def test_events_and_starts(contact):
    await contact.starts_flow("parcel", {"size": 1})
    contact.sees("Where are you?")
    await contact.receives_event("driver_left", {"name": "Kim"})
    contact.sees("Driver Kim is on the way.")
    assert contact.flow is None


async def test_stops(contact):
    await contact.says("parcel")
    await contact.stops()
    contact.sees_nothing()
    assert (contact.consent, contact.flow) == ("out", None)


async def test_the_conversation_is_a_chat_file(contact):
    await contact.says("parcel")
    await contact.says("Lund")
    await contact.taps("No")

    assert contact.transcript == (
        "> parcel\n< Where are you?\n= parcel/place\n\n"
        "> Lund\n< Lund?\n  [Yes] [No]\n= parcel/sure\n\n"
        "> [No]\n< Where are you?\n= parcel/place"
    )


async def test_what_is_not_offered_cannot_be_tapped(contact):
    await contact.says("parcel")
    with pytest.raises(AssertionError, match="Maybe") as caught:
        await contact.taps("Maybe")

    assert "The conversation so far:\n> parcel\n< Where are you?" in str(caught.value)


async def test_a_missing_message_is_told_with_the_nearest(contact):
    await contact.says("parcel")
    await contact.says("Lund")
    with pytest.raises(AssertionError) as caught:
        contact.sees("Lund?", choices=["Yes", "Never"])

    said = str(caught.value)
    assert said.startswith("expected 'Lund?' with choices ['Yes', 'Never']\nnearest: 'Lund?")
    assert "  - its choices are ['Yes', 'No'], not ['Yes', 'Never']" in said
    assert "= parcel/sure" in said


async def test_a_message_expected_too_late_is_told(contact):
    await contact.says("parcel")
    contact.sees("Where are you?")
    with pytest.raises(
        AssertionError, match="The expected message came before the message that was seen last"
    ):
        contact.sees("Where are you?")


async def test_an_unwanted_message_is_told(contact):
    await contact.says("parcel")
    with pytest.raises(AssertionError, match="expected nothing more\nbut received: 'Where"):
        contact.sees_nothing()
