"""Questions with more options than a message can show: they are offered page by page."""

from typing import Any, ClassVar

import pytest

from bot import END, Flow, ListMessage, Option, Text, Turn, call, choose, on, parse, reply, step
from bot import ask as ask_for
from bot.errors import FlowError
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.flow.static_messages import ask_messages, message_errors
from bot.i18n.languages import Languages, _compiled, own_catalog
from bot.messages import Choice, ListChoice, Section

CITIES = (
    *("Aachen", "Bonn", "Celle", "Dresden", "Essen", "Fulda", "Gera", "Hagen", "Ilmenau"),
    *("Jena", "Kiel", "Lübeck", "Mainz", "Neuss", "Oldenburg", "Passau", "Quedlinburg", "Riesa"),
)
KEYS = {city.lower(): city for city in CITIES}
FIRST = [*CITIES[:8], "More"]
SECOND = [*CITIES[8:16], "Back", "More"]
THIRD = [*CITIES[16:], "Back"]


class Trip(Flow):
    start_on = ("trip",)

    name_ = ask_for("Who travels?", accept=parse.text(), to="city")
    city = choose(
        "Which city?",
        KEYS,
        to="day",
        attempts=2,
        otherwise=END,
        remind={"10m": "Still there?"},
        timeout=("1h", END),
    )
    day = choose(lambda data: f"{data.city} when?", {"today": "Today", "later": "Later"}, to="sure")
    sure = choose(lambda data: f"{data.city} {data.day}?", {"yes": Option("Yes", to=END)})


free: dict[str, str] = {}


class Free(Flow):
    start_on = ("free",)

    city = choose("Which one?", lambda data: dict(free), to="done", stale="jump")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"Off to {self.data.city}.")
        return END

    @on("sold")
    def sold(self, turn: Turn) -> None:
        free.pop("bonn")


class Caller(Flow):
    start_on = ("caller",)

    chosen = call("inner", to="sure")
    sure = choose(lambda data: f"{data.chosen['city']}?", {"yes": Option("Yes", to=END)})


class Inner(Flow):
    city = choose("Which city?", KEYS, to=END)


class Gathers(Flow):
    start_on = ("gathers",)
    bursts = ("merge", "3s")

    city = choose("Which city?", KEYS, to="sure")
    sure = choose(lambda data: f"{data.city}?", {"yes": Option("Yes", to=END)})


class News(Flow):
    start_on = ("news",)

    read = choose("Read?", {"yes": Option("Yes", to=END)})


pytestmark = pytest.mark.flows([Trip, Free, Caller, Inner, Gathers, News])


@pytest.fixture(autouse=True)
def all_free() -> None:
    free.clear()
    free.update(KEYS)


async def at_cities(contact: Any) -> None:
    await contact.says("trip")
    await contact.says("Ada")


async def says_at_once(contact: Any, *texts: str) -> None:
    for text in texts:
        await contact.says(text)
    await contact.waits("4s")


async def test_text_numbers_the_options_of_all_pages(contact):
    await at_cities(contact)
    contact.sees("Which city?", choices=FIRST)
    await contact.says("more")
    contact.sees("Which city?", choices=SECOND)
    text = contact.phone.shown[-1].text
    assert "9. Ilmenau" in text
    assert "16. Passau\nBack\nMore" in text
    await contact.says("More")
    contact.sees("Which city?", choices=THIRD)
    await contact.says("back")
    contact.sees("Which city?", choices=SECOND)


@pytest.mark.parametrize("answer", ["17", "quedlinburg", "Quedlinburg please", "no. 17", "#17"])
async def test_options_of_other_pages_are_understood(contact, answer):
    await at_cities(contact)
    await contact.says(answer)
    contact.sees("quedlinburg when?")


async def test_numbers_of_earlier_pages_are_understood(contact):
    await at_cities(contact)
    await contact.says("more")
    await contact.says("2")
    contact.sees("bonn when?")


@pytest.mark.contact(channel="RCS")
async def test_number_means_the_place_on_the_page_if_buttons_show_none(contact):
    await at_cities(contact)
    await contact.taps("More")
    contact.sees("Which city?", choices=SECOND)
    await contact.says("2")
    contact.sees("jena when?")


@pytest.mark.contact(channel="RCS")
async def test_the_last_one_is_no_entry(contact):
    await at_cities(contact)
    await contact.says("the last one")
    contact.sees("hagen when?")


@pytest.mark.contact(channel="RCS")
async def test_buttons_of_other_pages_count_in_the_same_visit(contact):
    await at_cities(contact)
    await contact.taps("More")
    await contact.taps("Bonn", old=True)
    contact.sees("bonn when?")


@pytest.mark.contact(channel="RCS")
async def test_old_entry_turns_to_its_page(contact):
    await at_cities(contact)
    await contact.taps("More")
    await contact.taps("More")
    contact.sees("Which city?", choices=THIRD)
    await contact.taps("More", old=True)
    contact.sees("Which city?", choices=SECOND)


@pytest.mark.contact(channel="RCS")
async def test_entry_of_an_answered_question_belongs_to_an_earlier_one(contact):
    await at_cities(contact)
    await contact.taps("Bonn")
    await contact.taps("More", old=True)
    contact.sees("That button belongs to an earlier question.")
    contact.sees("bonn when?")
    assert contact.data["city"] == "bonn"


@pytest.mark.contact(channel="RCS")
async def test_second_tap_on_an_entry_is_ignored(contact):
    await at_cities(contact)
    await contact.taps("More", twice=True)
    contact.sees("Which city?", choices=SECOND)
    contact.sees_nothing()


@pytest.mark.contact(channel="WHATSAPP")
async def test_whatsapp_gets_a_list(contact):
    await at_cities(contact)
    message = contact.phone.shown[-1].app_message
    listed = message["explicit_channel_omni_message"]["WHATSAPP"]["list_message"]
    assert listed["title"] == "Which city?"
    assert listed["message_properties"]["menu"] == "Options"
    assert [each["choice"]["title"] for each in listed["sections"][0]["items"]] == FIRST
    await contact.taps("More")
    await contact.taps("Ilmenau")
    contact.sees("ilmenau when?")


@pytest.mark.flows(
    [
        type(
            "Long",
            (Flow,),
            {
                "start_on": ("long",),
                "which": choose(
                    "Which?",
                    {f"n{n}": f"The very long label number {n}" for n in range(12)},
                    to=END,
                ),
            },
        )
    ]
)
@pytest.mark.contact(channel="WHATSAPP")
async def test_whatsapp_gets_text_if_a_label_is_too_long_for_a_row(contact):
    await contact.says("long")
    assert "8. The very long label number 7\nMore" in contact.phone.shown[-1].text


async def test_back_leads_to_the_question_before_from_the_first_page(contact):
    await at_cities(contact)
    await contact.says("back")
    contact.sees("Who travels?")


async def test_changed_question_begins_at_its_first_page(contact):
    await at_cities(contact)
    for text in ("more", "Jena", "today", "change city"):
        await contact.says(text)
    contact.sees("Which city?", choices=FIRST)
    await contact.says("more")
    contact.sees("Which city?", choices=SECOND)
    await contact.says("passau")
    contact.sees("passau today?")


async def test_back_after_an_answer_begins_at_the_first_page(contact):
    await at_cities(contact)
    for text in ("more", "Jena", "back"):
        await contact.says(text)
    contact.sees("Which city?", choices=FIRST)


async def test_turning_the_page_is_no_attempt(contact):
    await at_cities(contact)
    await contact.says("Atlantis")
    for text in ("more", "more", "back"):
        await contact.says(text)
    contact.sees("Which city?", choices=SECOND)
    await contact.says("Utopia")
    assert contact.flow is None


async def test_question_is_asked_again_at_the_page_that_is_open(contact):
    await at_cities(contact)
    await contact.says("more")
    await contact.says("Atlantis")
    contact.sees("Sorry, I didn't understand that. Which city?", choices=SECOND)
    await contact.says("help")
    contact.sees("Which city?", choices=SECOND)


async def test_turning_the_page_starts_the_timers_again(contact):
    await at_cities(contact)
    await contact.waits("50m")
    await contact.says("more")
    await contact.waits("50m")
    assert contact.state == "city"
    await contact.waits("11m")
    assert contact.flow is None


async def test_entries_are_in_no_data(contact):
    await at_cities(contact)
    await contact.says("more")
    assert "city" not in contact.data


async def test_options_keep_their_numbers_while_the_visit_lasts(contact):
    await contact.says("free")
    await contact.receives_event("sold")
    await contact.says("more")
    contact.sees("Which one?", choices=SECOND)
    await contact.says("10")
    contact.sees("Off to jena.")


async def test_number_of_an_option_that_is_gone_asks_again(contact):
    await contact.says("free")
    await contact.receives_event("sold")
    await contact.says("2")
    contact.sees("Sorry, I didn't understand that. Which one?")
    assert contact.state == "city"


@pytest.mark.contact(channel="WHATSAPP")
async def test_numbers_are_those_of_the_channel_that_the_contact_writes_on(contact, simulation):
    await contact.says("free")
    await contact.taps("More")
    identity = contact.phone.identity
    identities = [{"channel": each, "identity": identity} for each in ("WHATSAPP", "SMS")]
    key = contact.session.address.contact_id
    await simulation.bot.api.contacts.update(key, {"channel_identities": identities})
    sms = simulation.platform.phone("SMS", identity)
    sms.says("12")
    await contact.run_until_idle()
    assert sms.shown[-1].text == "Off to lübeck."


async def test_called_flow_has_pages(contact):
    await contact.says("caller")
    for text in ("more", "more", "Riesa"):
        await contact.says(text)
    contact.sees("riesa?")


async def test_page_stays_after_an_interruption_and_a_hand_over(contact, simulation):
    await at_cities(contact)
    for text in ("more", "news", "yes"):
        await contact.says(text)
    contact.sees("Which city?", choices=SECOND)
    await contact.says("agent")
    await simulation.bot.resume(contact.session.address.key)
    await contact.run_until_idle()
    contact.sees("Which city?", choices=SECOND)


async def test_option_answers_a_burst_that_also_turns_the_page(contact):
    await contact.says("gathers")
    await contact.waits("4s")
    await says_at_once(contact, "more", "jena")
    contact.sees("jena?")


async def test_burst_that_only_turns_the_page(contact):
    await contact.says("gathers")
    await contact.waits("4s")
    await says_at_once(contact, "well", "more")
    contact.sees("Which city?", choices=SECOND)
    await says_at_once(contact, "back")
    contact.sees("Which city?", choices=FIRST)


def swedish(definitions: list[Any]) -> Flows:
    own = own_catalog("sv")
    assert own is not None
    catalogs = {"sv": {"": _compiled(own)}}
    return Flows(definitions, languages=Languages(catalogs=catalogs))


@pytest.mark.parametrize("bot_flows", [swedish([of_class(Trip)])])
@pytest.mark.contact(language="sv")
async def test_entries_are_translated(contact):
    await at_cities(contact)
    contact.sees("Which city?", choices=[*CITIES[:8], "Fler"])
    await contact.says("fler")
    contact.sees("Which city?", choices=[*CITIES[8:16], "Tillbaka", "Fler"])
    await contact.says("tillbaka")
    contact.sees("Which city?", choices=[*CITIES[:8], "Fler"])


def asks(question: Any, options: Any) -> type[Flow]:
    return type(
        "Asks", (Flow,), {"start_on": ("asks",), "which": choose(question, options, to=END)}
    )


def test_preview_has_each_page():
    said = [each.what for each in ask_messages(of_class(asks("Which?", KEYS)))]
    assert said == ["question", "question, page 2", "question, page 3"]


def test_a_list_of_its_own_has_no_pages():
    rows = [ListChoice(city, postback=key) for key, city in KEYS.items()]
    listed = ListMessage("Which?", [Section("Cities", rows)])
    (error,) = message_errors(of_class(asks(listed, KEYS)))
    assert "18 options; a ListMessage takes at most 10. Ask with a text" in error
    (error,) = message_errors(of_class(asks(Text("Which?").on("WHATSAPP", listed), KEYS)))
    assert "18 options need pages, and a ListMessage can't have pages. Ask with a text" in error


def test_options_have_a_maximum():
    (error,) = message_errors(of_class(asks("Which?", {f"n{n}": f"N {n}" for n in range(201)})))
    assert "201 options; the maximum is 200. Ask an earlier question that reduces" in error


def test_option_with_the_name_of_an_entry_is_refused_if_there_are_pages():
    with pytest.raises(FlowError, match="option 'more' has the name 'More', like the button"):
        of_class(asks("Which?", {**KEYS, "more": "Other cities"}))
    assert of_class(asks("Which?", {"more": "Other cities", "none": "None"})).states


@pytest.mark.flows([asks(lambda data: "Which?", lambda data: {**KEYS, "x": "More"})])
async def test_option_with_the_name_of_an_entry_means_the_option(contact):
    await contact.says("asks")
    await contact.says("More")
    assert contact.flow is None


@pytest.mark.flows([asks(Choice("Which?", [reply("None of them", postback="news")]), KEYS), News])
async def test_own_choices_of_the_question_are_on_each_page(contact):
    await contact.says("asks")
    contact.sees("Which?", choices=[*CITIES[:7], "More", "None of them"])
    assert "19. None of them" in contact.phone.shown[-1].text
    await contact.says("19")
    contact.sees("Read?")


class OldTrip(Flow):
    name = "moving"
    start_on = ("moving",)

    town = choose("Which town?", KEYS, to=END)


class NewTrip(Flow):
    name = "moving"
    start_on = ("moving",)
    version = 2
    migrate: ClassVar[Any] = {1: {"town": "city"}}

    city = choose("Which city?", KEYS, to="sure")
    sure = choose(lambda data: f"{data.city}?", {"yes": Option("Yes", to=END)})


@pytest.mark.flows([OldTrip])
async def test_page_stays_after_a_release(contact, simulation):
    await contact.says("moving")
    await contact.says("more")
    simulation.bot.use(Flows([of_class(NewTrip)]))
    await contact.says("more")
    contact.sees("Which city?", choices=THIRD)
    await contact.says("9")
    contact.sees("ilmenau?")
