"""Unprompted messages are sent if the contact consents to their purpose."""

from dataclasses import replace

import pytest

from bot import END, Flow, Keywords, Option, ask, choose, keyword, on, parse, step
from bot.errors import OptedOut
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.settings import Settings


class Offers(Flow):
    start_on = ("offers",)

    confirm = choose(
        "Shall we send you offers?",
        {"yes": Option("Yes", to="opted_in"), "no": Option("No", to=END)},
    )

    @step(to=END)
    def opted_in(self, turn):
        turn.opt_in("marketing")
        turn.say("You get our offers.")
        return END


class Sale(Flow):
    purpose = "marketing"
    start_on = ("sale",)
    start_on_events = ("sale_begins",)

    want = ask("Half price! Which size?", accept=parse.text(), to=END, remind={"1h": "Today only!"})


class Parcel(Flow):
    start_on = ("parcel",)

    waiting = ask("On its way.", accept=parse.text(), to=END)

    @on("arrived")
    def arrive(self, turn):
        turn.say("It's there.", purpose="notification")
        turn.say("Buy another one!", purpose="marketing")


class Partner(Flow):
    start_on_events = ("signed_up",)

    @step(to=END)
    def record(self, turn):
        turn.opt_in("marketing")
        turn.contact.start("sale")
        return END


class Ours(Keywords):
    @keyword("stop offers", "no offers")
    def no_offers(self, turn):
        turn.opt_out("marketing")
        turn.say("No more offers.")


pytestmark = pytest.mark.flows([Offers, Sale, Parcel, Partner, Ours])


async def sale_begins(contact):
    await contact.receives_event("sale_begins")


async def test_opt_out_of_a_purpose_leaves_other_messages(contact, simulation):
    await contact.says("parcel")
    await contact.says("stop offers")
    contact.sees("No more offers.")
    assert contact.consent == ""

    await contact.receives_event("arrived")
    contact.sees("It's there.")
    contact.sees_nothing()
    await sale_begins(contact)
    contact.sees_nothing()
    assert contact.flow == "parcel"
    with pytest.raises(OptedOut, match="opted out"):
        await simulation.bot.start(contact.session.address, "sale")


async def test_flow_of_a_purpose_answers_who_starts_it(contact):
    await contact.says("stop offers")
    await contact.says("sale")
    contact.sees("Half price!")
    await contact.waits("2h")

    contact.sees_nothing()


async def test_without_a_setting_no_opt_in_is_needed(contact):
    await contact.says("hello")
    await sale_begins(contact)

    contact.sees("Half price!")


async def test_sinch_is_told_the_purpose_of_each_message(contact, simulation):
    await contact.says("sale")
    await contact.says("XL")
    await contact.says("parcel")
    await contact.receives_event("arrived")

    sent = [m for m in simulation.platform.state.messages.values() if m.direction == "TO_CONTACT"]
    assert [each.content_type for each in sent] == [
        "CONTENT_MARKETING",
        "",
        "CONTENT_NOTIFICATION",
        "CONTENT_MARKETING",
    ]


class TestOptIn:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        return replace(bot_settings, opt_in="marketing")

    async def test_nothing_is_sent_before_the_opt_in(self, contact, simulation):
        await contact.says("hello")
        await sale_begins(contact)
        contact.sees_nothing()
        assert contact.flow is None
        with pytest.raises(OptedOut, match="not opted in to marketing"):
            await simulation.bot.start(contact.session.address, "sale")

    async def test_opt_in_is_recorded_with_the_question_and_the_words(self, contact):
        await contact.says("offers")
        await contact.says("yes, please")
        contact.sees("You get our offers.")

        (change,) = contact.session.consent_log
        assert (change.purpose, change.to, change.by) == ("marketing", "in", "contact")
        assert (change.words, change.told) == ("yes, please", "Shall we send you offers?")
        await sale_begins(contact)
        contact.sees("Half price!")

    async def test_opt_in_by_a_program_counts_at_once_and_is_recorded_as_such(self, contact):
        await contact.says("hello")
        await contact.receives_event("signed_up")

        contact.sees("Half price!")
        (change,) = contact.session.consent_log
        assert (change.purpose, change.to, change.by) == ("marketing", "in", "program")

    async def test_no_is_no_opt_in(self, contact):
        await contact.says("offers")
        await contact.says("no")
        await sale_begins(contact)

        contact.sees_nothing()

    async def test_stop_ends_the_opt_in_and_start_does_not_bring_it_back(self, contact):
        await contact.says("offers")
        await contact.says("yes")
        await contact.says("STOP")
        assert [(each.purpose, each.to) for each in contact.session.consent_log] == [
            ("marketing", "in"),
            ("marketing", "out"),
            ("", "out"),
        ]
        await contact.says("START")
        await sale_begins(contact)
        contact.sees_nothing()

        await contact.says("offers")
        await contact.says("yes")
        await sale_begins(contact)
        contact.sees("Half price!")

    async def test_opt_in_holds_in_the_other_mode(self, contact, simulation):
        await contact.says("offers")
        await contact.says("yes")
        await contact.waits("1m")
        app = simulation.platform.state.apps[simulation.platform.app_id]
        app["processing_mode"] = "DISPATCH"
        await contact.says("hello")
        await sale_begins(contact)

        contact.sees("Half price!")

    async def test_opt_out_of_a_merged_contact_holds_and_its_opt_in_does_not(
        self, contacts, simulation
    ):
        gone, kept, other = contacts(3)
        await gone.says("no offers")
        for each in (kept, other):
            await each.says("offers")
            await each.says("yes")
        third = contacts(1)[0]
        await third.says("hello")
        for source, target in ((gone, kept), (other, third)):
            ids = [simulation.address_of(each.phone).contact_id for each in (target, source)]
            simulation.platform.contacts.merge(*ids)
            await target.run_until_idle()
        for each in (kept, third):
            await sale_begins(each)
            each.sees_nothing()
        assert kept.session.purposes == {"marketing": "out"}
        assert third.session.purposes == {}


class TestQuietHours:
    @pytest.fixture
    def bot_settings(self, bot_settings):
        hours = "21:00-08:00, marketing=12:00-10:00, notification=none"
        return replace(bot_settings, quiet_hours=hours)

    @pytest.mark.contact(zone="Europe/Stockholm")
    async def test_each_purpose_has_its_own_hours(self, contact):
        await contact.says("parcel")
        await contact.waits("11h5m")  # 21:05 in Stockholm
        await contact.receives_event("arrived")
        contact.sees("It's there.")
        contact.sees_nothing()
        await contact.waits("12h54m")
        contact.sees_nothing()
        await contact.waits("2m")
        contact.sees("Buy another one!")


@pytest.mark.parametrize(
    ("hours", "purpose", "found"),
    [
        ("", "marketing", ""),
        ("21:00-08:00", "", "21:00-08:00"),
        ("21:00-08:00", "marketing", "21:00-08:00"),
        ("21:00-08:00,marketing=20:00-10:00", "marketing", "20:00-10:00"),
        ("21:00-08:00, notification=none", "notification", ""),
        ("marketing=20:00-10:00", "", ""),
        ("marketing=20:00-10:00,notification=22:00-06:00", "notification", "22:00-06:00"),
    ],
)
def test_quiet_hours_of_a_purpose_take_the_place_of_the_others(hours, purpose, found):
    settings = Settings.from_env({"BOT_QUIET_HOURS": hours}, dotenv=None)
    assert settings.quiet_hours_of(purpose) == found


async def test_unknown_purpose_fails_the_turn(contacts):
    class Wrong(Flow):
        start_on = ("wrong",)

        @step(to=END)
        def first(self, turn):
            turn.opt_in("advertising")
            return END

    [contact] = contacts(1)
    contact._simulation.bot.use(Flows([of_class(Wrong)]))
    await contact.says("wrong")
    contact.sees_nothing(failed="There is no purpose 'advertising'")
