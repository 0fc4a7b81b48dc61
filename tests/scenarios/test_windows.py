"""A message outside the channel's window gets the treatment that its flow or the bot has set."""

import types
from dataclasses import replace
from typing import Any

import pytest

from bot import END, Flow, FlowError, Option, Template, Text, ask, choose, on, parse, step
from bot.flow.definition import of_class, of_module
from bot.messages import TemplateReference
from tests.support.conversation import sees, talk

WHATSAPP = pytest.mark.contact(channel="WHATSAPP")
INVITED = Template(channel_template={"WHATSAPP": TemplateReference("news", language_code="en")})


class Order(Flow):
    start_on = ("order",)

    what = ask("What would you like?", accept=parse.text(), to="waiting")
    waiting = ask("It's being made.", accept=parse.text(), to=END)

    @on("ready")
    def tell(self, turn):
        turn.say("It's ready.", outside_window=self.data.get("outside", ""))
        turn.say("Come and get it.", outside_window=self.data.get("outside", ""))

    @on("set")
    def set_(self, turn):
        self.data.outside = turn.event_data["outside"]

    @on("failed")
    def note(self, turn):
        report = turn.callback.message_delivery_report if turn.callback else None
        self.data.failed = report.reason.code if report else turn.event_data["reason"]


class Inviting(Order):
    start_on = ("invite",)
    outside_window = INVITED


class Visit(Flow):
    start_on_events = ("visit",)
    sure = choose(
        "Is your box there?", {"yes": Option("Yes", to=END), "no": Option("No", to="agent")}
    )

    door = ask("Which door?", accept=parse.text(), to="agent")

    @step(to=END)
    def agent(self, turn):
        turn.say("A colleague will look for it.")
        return END

    @on("called_off", to=END)
    def call_off(self, turn):
        turn.say("The visit is off.")
        return END

    @on("sent", to="door")
    def send(self, turn):
        return "door"


class Visits(Visit):
    start_on_events = ("visits",)
    bursts = ("merge", "2s")


pytestmark = pytest.mark.flows([Order, Inviting, Visit, Visits])


async def also_on_sms(contact, simulation):
    """The SMS phone of the same contact."""
    identity = contact.phone.identity
    identities = [{"channel": channel, "identity": identity} for channel in ("WHATSAPP", "SMS")]
    key = contact.session.address.contact_id
    await simulation.bot.api.contacts.update(key, {"channel_identities": identities})
    return simulation.platform.phone("SMS", identity)


async def ready_after(contact, time, outside="", word="order"):
    await contact.says(word)
    if outside:
        await contact.receives_event("set", {"outside": outside})
    await contact.waits(time)
    await contact.receives_event("ready")


@WHATSAPP
async def test_within_the_window_it_is_sent(contact):
    await ready_after(contact, "23h58m")

    contact.sees("It's ready.")


@WHATSAPP
async def test_outside_it_waits_until_the_contact_writes(contact):
    await ready_after(contact, "24h")
    contact.sees_nothing()
    await contact.waits("70h")
    contact.sees_nothing()
    await contact.says("pizza")

    contact.sees("It's ready.")
    contact.sees("Come and get it.")
    contact.sees("It's being made.")


@WHATSAPP
async def test_it_takes_another_channel_where_it_is_told_so(contact, simulation):
    await contact.says("hello")
    sms = await also_on_sms(contact, simulation)
    await ready_after(contact, "25h", "SMS")

    contact.sees_nothing()
    assert [shown.text for shown in sms.shown] == ["It's ready.", "Come and get it."]


@pytest.mark.contact(channel="WHATSAPP", mode="DISPATCH")
async def test_without_a_contact_s_id_the_phone_number_leads_to_the_other_channel(
    contact, simulation
):
    await ready_after(contact, "25h", "SMS")

    sms = simulation.platform.phone("SMS", contact.phone.identity)
    assert [shown.text for shown in sms.shown] == ["It's ready.", "Come and get it."]


@pytest.mark.contact(channel="WHATSAPP", mode="DISPATCH", has_number=False)
async def test_contact_without_a_number_is_not_sent_an_sms(contact, simulation):
    await ready_after(contact, "25h", "SMS")

    contact.sees_nothing()
    letters = [letter async for letter in simulation.bot.store.admin.dead_letters()]
    why = b"SMS needs a phone number, and the contact is known only by a WhatsApp user ID"
    assert [why in letter.letter for letter in letters] == [True, True]


@WHATSAPP
async def test_it_fails_where_it_is_told_so(contact, simulation):
    await ready_after(contact, "25h", "fail")

    contact.sees_nothing()
    letters = [letter async for letter in simulation.bot.store.admin.dead_letters()]
    assert len(letters) == 2
    assert b"The messaging window on WHATSAPP is closed" in letters[0].letter


@WHATSAPP
async def test_it_becomes_the_flow_s_template_once_and_the_rest_waits(contact):
    await ready_after(contact, "25h", word="invite")
    contact.sees(Template)
    contact.sees_nothing()
    await contact.says("yes?")

    contact.sees("Come and get it.")


@WHATSAPP
async def test_a_template_is_sent_at_any_time(contact, simulation):
    class Polite(Order):
        @on("ready")
        def tell(self, turn):
            turn.say(INVITED)

    simulation.bot.use(type(simulation.bot.flows)([of_class(Polite)]))
    await contact.says("hello")
    await contact.starts_flow("polite")
    await contact.waits("40h")
    await contact.receives_event("ready")

    contact.sees(Template)


@pytest.mark.contact(channel="SMS")
async def test_a_channel_without_window_is_not_concerned(contact):
    await ready_after(contact, "700h", "fail")

    contact.sees("It's ready.")


@pytest.mark.contact(channel="MESSENGER")
async def test_a_message_tag_opens_messenger_s_window(contact, simulation):
    class Tagged(Order):
        @on("ready")
        def tell(self, turn):
            turn.say("It's ready.", channel_properties={"MESSENGER_MESSAGE_TAG": "POST_PURCHASE"})

    simulation.bot.use(type(simulation.bot.flows)([of_class(Tagged)]))
    await contact.says("hello")
    await contact.starts_flow("tagged")
    await ready_after(contact, "40h")

    contact.sees("It's ready.")


class TestSetting:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, outside_window="send")

    @WHATSAPP
    async def test_the_setting_counts_where_neither_message_nor_flow_says_anything(self, contact):
        await ready_after(contact, "25h")

        contact.sees_nothing()
        assert contact.data["failed"] == "OUTSIDE_ALLOWED_SENDING_WINDOW"


@WHATSAPP
async def test_what_waits_goes_where_the_contact_writes_next(contact, simulation):
    class Pinned(Order):
        @on("ready")
        def tell(self, turn):
            turn.say("It's ready.", channel_priority_order=["WHATSAPP"])

    simulation.bot.use(type(simulation.bot.flows)([of_class(Pinned)]))
    await contact.says("hello")
    await contact.starts_flow("pinned")
    sms = await also_on_sms(contact, simulation)
    await contact.waits("25h")
    await contact.receives_event("ready")
    contact.sees_nothing()
    sms.says("pizza")
    await contact.run_until_idle()

    assert [shown.text for shown in sms.shown] == ["It's ready.", "It's being made."]


def test_what_can_become_of_a_message_is_checked():
    class Wrong(Order):
        outside_window = "sms"

    with pytest.raises(
        FlowError, match="outside_window: the value is 'sms'; it must be a Template, or one of"
    ):
        of_class(Wrong)


@WHATSAPP
async def test_a_wrong_word_is_refused_when_it_is_said(contact):
    await ready_after(contact, "1m", "WHATSAPP")

    contact.sees_nothing(failed="outside_window: the value is 'WHATSAPP'")


@WHATSAPP
async def test_a_callback_that_comes_late_does_not_close_the_window_earlier(contact, simulation):
    await contact.says("order")
    contact.phone.says("written first, delivered last", late_s=7200)
    await contact.waits("1h")
    await contact.says("tea")
    heard = contact.session.heard

    await contact.waits("2h")

    assert contact.session.heard == heard == {"WHATSAPP": int(simulation.clock.now()) - 7200}


class Reminder(Flow):
    start_on = ("reminder",)

    waiting = ask("I'll tell you.", accept=parse.text(), to=END)

    @on("due")
    def tell(self, turn):
        turn.say(Text("It is due.").on("WHATSAPP", Template(TemplateReference("due"))))


@WHATSAPP
@pytest.mark.flows([Reminder])
async def test_a_template_in_a_message_s_place_leaves_at_any_time(contact):
    await contact.says("reminder")
    await contact.waits("25h")
    await contact.receives_event("due")

    contact.sees(Template)
    assert "(template) due" in contact.transcript


@WHATSAPP
async def test_message_that_a_question_has_waited_for_is_not_its_answer(contact):
    await contact.says("visit me")
    contact.sees("Sorry, I don't know what to do with that.")
    await contact.waits("2d")
    await contact.receives_event("visit")
    contact.sees_nothing()

    await contact.says("no")
    contact.sees("Is your box there?")
    contact.sees_nothing()

    await contact.says("no")
    contact.sees("A colleague will look for it.")


@WHATSAPP
async def test_burst_that_a_question_has_waited_for_is_not_its_answer(contact):
    await contact.says("visit me")
    contact.sees("Sorry, I don't know what to do with that.")
    await contact.waits("2d")
    await contact.receives_event("visits")

    contact.phone.says("no")
    contact.phone.says("really no")
    await contact.waits("5s")
    contact.sees("Is your box there?")
    contact.sees_nothing()


@WHATSAPP
async def test_message_that_a_question_has_waited_for_answers_the_question_below(contact):
    await contact.says("order")
    contact.sees("What would you like?")
    await contact.waits("2d")
    await contact.receives_event("visit")
    contact.sees_nothing()

    await contact.says("tea")
    contact.sees("Is your box there?")
    contact.sees("It's being made.")
    contact.sees_nothing()


@WHATSAPP
async def test_question_that_has_waited_is_sent_once_if_the_flow_below_ends(contact):
    await talk(contact, ("order", "What would you like?"), ("tea", "It's being made."))
    await contact.waits("2d")
    await contact.receives_event("visit")
    sees(contact)

    await talk(
        contact,
        ("thanks", "Is your box there?"),
        ("no", "A colleague will look for it."),
    )
    assert contact.flow is None


@WHATSAPP
async def test_question_that_has_waited_is_repeated_after_a_reply(contact):
    await talk(contact, ("order", "What would you like?"), ("tea", "It's being made."))
    await contact.waits("2d")
    await contact.receives_event("visit")

    await talk(
        contact,
        ("cancel", "All right, that's canceled.", "Is your box there?"),
    )


@WHATSAPP
async def test_word_starts_its_flow_above_a_question_that_has_waited(contact):
    await contact.says("visit me")
    contact.sees("Sorry, I don't know what to do with that.")
    await contact.waits("2d")
    await contact.receives_event("visit")

    await contact.says("order")
    contact.sees("Is your box there?")
    contact.sees("What would you like?")
    contact.sees_nothing()


@WHATSAPP
async def test_second_message_on_another_channel_answers_a_question_that_has_waited(
    contact, simulation
):
    await contact.says("visit me")
    contact.sees("Sorry, I don't know what to do with that.")
    sms = await also_on_sms(contact, simulation)
    await contact.waits("2d")
    await contact.receives_event("visit")

    sms.says("no")
    await contact.run_until_idle()
    assert [shown.text for shown in sms.shown] == ["Is your box there?\n\n1. Yes\n2. No"]

    sms.says("no")
    await contact.run_until_idle()
    assert sms.shown[-1].text == "A colleague will look for it."


@pytest.mark.contact(channel="WHATSAPP")
@pytest.mark.settings(BOT_OUTSIDE_WINDOW="send")
async def test_question_that_did_not_wait_is_answered(contact):
    await contact.says("visit me")
    contact.sees("Sorry, I don't know what to do with that.")
    await contact.waits("2d")
    await contact.receives_event("visit")

    await contact.says("no")
    contact.sees("A colleague will look for it.")


@pytest.mark.contact(channel="MESSENGER")
@pytest.mark.settings(BOT_CHANNEL_PROPERTIES="MESSENGER_MESSAGE_TAG=ACCOUNT_UPDATE")
async def test_question_with_a_message_tag_did_not_wait(contact):
    await contact.says("visit me")
    contact.sees("Sorry, I don't know what to do with that.")
    await contact.waits("2d")
    await contact.receives_event("visit")
    contact.sees("Is your box there?")

    await contact.says("no")
    contact.sees("A colleague will look for it.")


@WHATSAPP
async def test_answer_to_a_question_whose_repetition_waits_is_taken(contact):
    await contact.says("order")
    contact.sees("What would you like?")
    await contact.waits("2d")
    await contact.receives_event("visit")
    await contact.receives_event("called_off")

    await talk(
        contact,
        (
            "tea",
            *("Is your box there?", "The visit is off.", "What would you like?"),
            "It's being made.",
        ),
    )


class Aged(Visit):
    start_on_events = ("aged",)
    max_age = "30m"


@WHATSAPP
@pytest.mark.flows([Order, Aged])
@pytest.mark.parametrize("wait", ["2h", "60h"])
async def test_question_that_became_too_old_while_it_waited_is_asked_again(contact, wait):
    await contact.says("hm")
    await contact.waits("2d")
    await contact.receives_event("aged")
    await contact.waits(wait)

    await talk(
        contact,
        ("no", "Is your box there?"),
        ("no", "A colleague will look for it."),
    )


@WHATSAPP
@pytest.mark.flows([Order, Aged])
async def test_question_that_became_too_old_is_asked_when_its_flow_continues(contact):
    await contact.says("order")
    await contact.waits("2d")
    await contact.receives_event("aged")
    await contact.waits("2h")

    await talk(
        contact,
        ("tea", "It's being made."),
        ("thanks", "Is your box there?"),
        ("no", "A colleague will look for it."),
    )


class Mixed(Flow):
    start_on_events = ("mixed",)
    outside_window = "send"

    @step(to="ready")
    def tell(self, turn):
        turn.say("It's ready.", outside_window="wait")
        return "ready"

    ready = ask("When do you come?", accept=parse.text(), to="thank")

    @step(to=END)
    def thank(self, turn):
        turn.say("Thank you.")
        return END


@WHATSAPP
@pytest.mark.flows([Order, Mixed])
async def test_question_waits_behind_a_message_that_waits(contact):
    await contact.says("hm")
    await contact.waits("2d")
    await contact.receives_event("mixed")
    contact.sees_nothing()

    await talk(
        contact,
        ("soon", "It's ready.", "When do you come?"),
        ("soon", "Thank you."),
    )


@WHATSAPP
@pytest.mark.flows([Order, Visit, Mixed])
async def test_question_waits_behind_a_message_of_an_earlier_turn(contact):
    await contact.says("order")
    await contact.waits("2d")
    await contact.receives_event("ready")
    await contact.receives_event("mixed")
    contact.sees_nothing()

    await talk(
        contact,
        (
            "tea",
            *("It's ready.", "Come and get it."),
            *("It's ready.", "When do you come?"),
            "It's being made.",
        ),
    )


@WHATSAPP
@pytest.mark.settings(BOT_OUTSIDE_WINDOW="send")
@pytest.mark.flows([Order, Visit])
async def test_question_after_a_released_message_did_not_wait(contact):
    await contact.says("order")
    await contact.receives_event("set", {"outside": "wait"})
    await contact.waits("2d")
    await contact.receives_event("ready")
    await contact.says("tea")
    sees(contact, "It's ready.", "Come and get it.", "It's being made.")
    await contact.receives_event("visit")
    contact.sees("Is your box there?")

    await talk(contact, ("no", "A colleague will look for it.", "It's being made."))


@WHATSAPP
@pytest.mark.flows([Order, Visit])
async def test_words_that_may_mean_stop_are_understood_when_a_question_has_waited(contact):
    await contact.says("hm")
    await contact.waits("2d")
    await contact.receives_event("visit")

    await contact.says("please stop texting me")
    contact.sees("Is your box there?")
    contact.sees("stop")
    await contact.says("yes")
    assert contact.consent == "out"


class Patient(Visit):
    start_on_events = ("patient",)
    sure = choose(
        "Is your box there?",
        {"yes": Option("Yes", to=END), "no": Option("No", to="agent")},
        remind={"1h": "Well?"},
        timeout=("5h", "agent"),
    )


@WHATSAPP
@pytest.mark.flows([Order, Patient])
async def test_timers_of_a_question_count_from_its_release(contact):
    await contact.says("hm")
    await contact.waits("2d")
    await contact.receives_event("patient")
    await contact.waits("4h")
    contact.sees_nothing()
    await contact.says("hm")
    sees(contact, "Is your box there?")

    await contact.waits("1h1m")
    sees(contact, "Well?")
    await contact.waits("3h58m")
    contact.sees_nothing()
    await contact.waits("2m")
    sees(contact, "A colleague will look for it.")


@WHATSAPP
@pytest.mark.flows([Order, Patient])
async def test_question_times_out_while_it_waits(contact):
    await contact.says("hm")
    await contact.waits("2d")
    await contact.receives_event("patient")
    await contact.waits("6h")
    contact.sees_nothing()
    assert contact.flow is None

    await contact.says("hm")
    contact.sees("Is your box there?")
    contact.sees("A colleague will look for it.")


def door():
    module: Any = types.ModuleType("door")
    module.start_on_events = ("bell",)
    module.said = ("knock",)
    module.states = [{"name": "closed", "on_enter": "greet"}, {"name": "open", "final": True}]
    module.transitions = [
        {"trigger": "knock", "source": "closed", "dest": "open", "after": "welcome"}
    ]

    class Model:
        def greet(self, turn):
            turn.say("Knock, please.")

        def welcome(self, turn):
            turn.say("Come in!")

    module.Model = Model
    return of_module(module)


@WHATSAPP
async def test_text_of_a_state_machine_that_has_waited_is_seen_before_a_message_counts(
    contact, simulation
):
    simulation.bot.use(type(simulation.bot.flows)([of_class(Order), door()]))
    await contact.says("hm")
    await contact.waits("2d")
    await contact.receives_event("bell")
    contact.sees_nothing()

    await talk(contact, ("knock", "Knock, please."), ("knock", "Come in!"))


@WHATSAPP
async def test_word_takes_effect_at_a_state_machine_that_has_waited(contact, simulation):
    simulation.bot.use(type(simulation.bot.flows)([of_class(Order), door()]))
    await contact.says("hm")
    await contact.waits("2d")
    await contact.receives_event("bell")

    await talk(contact, ("cancel", "Knock, please.", "All right, that's canceled."))


@WHATSAPP
async def test_cancel_ends_the_flow_that_the_contact_has_seen(contact):
    await contact.says("order")
    await contact.waits("2d")
    await contact.receives_event("visit")

    await talk(
        contact,
        ("cancel", "All right, that's canceled.", "Is your box there?"),
        ("no", "A colleague will look for it."),
    )


@WHATSAPP
async def test_event_moves_the_flow_of_a_question_that_waits(contact):
    await contact.says("order")
    await contact.waits("2d")
    await contact.receives_event("visit")
    await contact.receives_event("sent")

    await talk(
        contact,
        ("tea", "Is your box there?", "Which door?", "It's being made."),
        ("thanks", "Which door?"),
        ("the red one", "A colleague will look for it."),
    )
    assert contact.flow is None


class Offering(Order):
    start_on = ("offering",)

    @on("ready")
    def tell(self, turn):
        turn.say("Today only!", max_age="10m")
        turn.say("It's ready.", outside_window="SMS")


@WHATSAPP
@pytest.mark.flows([Offering])
async def test_messages_wait_behind_a_message_only_until_it_is_too_old(contact, simulation):
    await contact.says("offering")
    sms = await also_on_sms(contact, simulation)
    await contact.waits("2d")
    await contact.receives_event("ready")
    await contact.waits("9m")
    assert not sms.shown
    await contact.waits("2m")
    assert [each.text for each in sms.shown] == ["It's ready."]

    await talk(contact, ("tea", "It's being made."))


class Club(Order):
    start_on = ("club",)

    @on("ready")
    def tell(self, turn):
        turn.say("Half price!", purpose="marketing")
        turn.say("It's ready.", outside_window="SMS")
        turn.say("It's paid.", purpose="notification", outside_window="SMS")


@pytest.mark.contact(channel="WHATSAPP", zone="Europe/Stockholm")
@pytest.mark.settings(BOT_OPT_IN="marketing", BOT_QUIET_HOURS="21:00-08:00,notification=none")
@pytest.mark.flows([Club])
async def test_message_without_consent_delays_no_other_message(contact, simulation):
    await contact.says("club")
    sms = await also_on_sms(contact, simulation)
    await contact.waits("62h")  # 0:00 in Stockholm
    await contact.receives_event("ready")
    assert [each.text for each in sms.shown] == ["It's paid."]
    await contact.waits("9h")
    assert [each.text for each in sms.shown] == ["It's paid.", "It's ready."]


class Told(Aged):
    start_on_events = ("told",)

    @on("opened")
    def tell(self, turn):
        turn.say("We're open.", outside_window="SMS")


@WHATSAPP
@pytest.mark.flows([Order, Told])
async def test_text_is_no_answer_to_a_question_that_became_too_old_before_a_later_message(
    contact, simulation
):
    await contact.says("order")
    sms = await also_on_sms(contact, simulation)
    await contact.waits("2d")
    await contact.receives_event("told")
    await contact.waits("1h")
    await contact.receives_event("opened")
    assert [each.text for each in sms.shown] == ["We're open."]

    await talk(contact, ("tea", "It's being made."))
