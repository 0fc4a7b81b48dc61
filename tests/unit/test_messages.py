import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.errors import MessageError
from bot.messages import (
    Agent,
    Card,
    Carousel,
    Choice,
    ContactInfo,
    EmailAddress,
    ListChoice,
    ListMessage,
    Location,
    Media,
    Name,
    Organization,
    PhoneNumber,
    PostalAddress,
    Product,
    Raw,
    Section,
    Template,
    TemplateReference,
    Text,
    WebAddress,
    as_message,
    calendar,
    call,
    open_url,
    reply,
    share_location,
    show_location,
)

PAYLOADS = Path(__file__).parent.parent / "payloads" / "messages"

SIX_CHOICES = [
    reply("Rye", postback="loaf:rye"),
    open_url("Menu", "https://bakery.example/menu", postback="menu"),
    call("Ring us", "+46700100200"),
    show_location("Find us", 59.3293, 18.0686, label="Old Town", postback="where"),
    calendar(
        "Save the day",
        datetime(2026, 4, 3, 9, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 4, 3, 8, 0, tzinfo=UTC),
        "Baking class",
        "https://bakery.example/class.ics",
        event_description="Bring an apron",
        postback="class",
    ),
    share_location("Where are you?", "https://bakery.example/where", postback="share"),
]
CAKE = Media(
    "https://bakery.example/cake.jpg",
    thumbnail_url="https://bakery.example/cake-small.jpg",
    filename_override="cake.jpg",
)

OFFER = {
    "adult": False,
    "image": {"image_url": "https://bakery.example/rye.jpg"},
    "commerce": {"type": "REGULAR_PRICE_COMMERCE", "title": "Rye", "regular_price": 4500},
    "buttons": [{"type": "WL", "name": "Order", "link_mo": "https://bakery.example/rye"}],
}
FLOW = {"flow_id": "7", "flow_cta": "Order", "body": {"text": "Which bread?"}}
MESSAGES = {
    "text": Text("Good morning!"),
    "media": CAKE,
    "media_plain": Media("https://bakery.example/oven.mp4"),
    "choice": Choice("What may it be?", SIX_CHOICES, footer="Open until six"),
    "card": Card(
        "Cake",
        description="Of the day",
        media=CAKE,
        height="TALL",
        choices=[reply("I'll have it")],
        header="Today",
    ),
    "card_plain": Card("Cake", media="https://bakery.example/cake.jpg"),
    "carousel": Carousel(
        [Card("Rye", choices=[reply("Rye")]), Card("Wheat", description="White")],
        choices=[open_url("All", "https://bakery.example/all")],
    ),
    "location": Location("Bakery", 59.3293, 18.0686, label="Old Town"),
    "location_on_the_equator": Location("Null Island", 0, 0),
    "list": ListMessage(
        "Bread",
        [
            Section("Dark", [ListChoice("Rye", description="Sour", media=CAKE, postback="rye")]),
            Section("", [ListChoice("Wheat")]),
        ],
        description="Baked at six",
        media="https://bakery.example/bread.jpg",
        menu="See all",
        header="Today",
    ),
    "list_of_products": ListMessage(
        "Basket",
        [
            Section(
                "Dark",
                [
                    Product("rye-1", "FACEBOOK", quantity=2, item_price=4.5, currency="EUR"),
                    Product("rye-2", "FACEBOOK"),
                ],
            )
        ],
        catalog_id="90210",
    ),
    "template": Template(
        omni_template=TemplateReference("01HZTEMP1ATE", version="2", parameters={"name": "Ada"}),
        channel_template={
            "WHATSAPP": TemplateReference(
                "order_ready", language_code="en", parameters={"body[1]text": "Rye"}
            )
        },
    ),
    "contact_info": ContactInfo(
        Name("Ada Baker", first_name="Ada", last_name="Baker", prefix="Ms"),
        [PhoneNumber("+46700100200", type="WORK")],
        addresses=[PostalAddress(city="Stockholm", country="Sweden", country_code="SE")],
        email_addresses=[EmailAddress("ada@bakery.example")],
        organization=Organization(company="Bakery", title="Head"),
        urls=[WebAddress("https://bakery.example")],
        birthday=date(1990, 5, 17),
    ),
    "contact_info_plain": ContactInfo("Ada Baker", ["+46700100200"]),
    "overrides": (
        Choice("Which?", [reply("Rye")])
        .on("SMS", "Answer 1 for rye")
        .on("RCS", Card("Which?", choices=[reply("Rye")]))
        .raw_on("WHATSAPP", {"type": "interactive", "note": "smörgås"})
        .raw_on("LINE", '{"type": "flex"}')
        .specific_on("KAKAOTALK", "COMMERCE", OFFER)
        .by(Agent("Ada", type="HUMAN", picture_url="https://bakery.example/ada.jpg"))
    ),
    "template_in_place": (
        Text("Your order is ready.")
        .on("RCS", Template(TemplateReference("01HZTEMP1ATE", version="2")))
        .on(
            "WHATSAPP",
            Template(channel_template={"WHATSAPP": TemplateReference("order_ready", "1")}),
        )
    ),
    "raw": Raw({"WHATSAPP": {"type": "sticker"}}).raw_on("LINE", {"type": "flex"}),
    "specific_alone": Raw().specific_on("WHATSAPP", "FLOWS", FLOW),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_is_written_as_the_api_spells_it(name):
    assert MESSAGES[name].to_json() == json.loads((PAYLOADS / f"{name}.json").read_text())


def test_every_payload_is_tested():
    assert {path.stem for path in PAYLOADS.glob("*.json")} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_written_is_json(name):
    written = MESSAGES[name].to_json()

    assert json.loads(json.dumps(written)) == written


def test_a_text_stands_for_a_text_message():
    assert as_message("Hello") == Text("Hello")


def test_a_message_stands_for_itself():
    card = Card("Cake")

    assert as_message(card) is card


@pytest.mark.parametrize("said", [None, 5, b"Hello", ["Hello"], {"text_message": {"text": "Hi"}}])
def test_nothing_else_is_a_message(said):
    with pytest.raises(MessageError, match="a message must be a text or a message object"):
        as_message(said)


def test_a_message_with_an_override_is_a_copy():
    plain = Choice("Which?", [reply("Rye")])

    plain.on("SMS", "1 for rye")

    assert plain == Choice("Which?", [reply("Rye")])


def test_a_later_override_of_a_channel_takes_the_place_of_the_earlier():
    message = Text("Hello").on("SMS", "Hi").on("SMS", "Hey")

    assert message.to_json()["explicit_channel_omni_message"] == {
        "SMS": {"text_message": {"text": "Hey"}}
    }


@pytest.mark.parametrize(
    "override",
    [
        Text("Hi").on("RCS", "Hey"),
        Text("Hi").raw_on("RCS", {}),
        Text("Hi").specific_on("WHATSAPP", "FLOWS", {}),
        Text("Hi").by(Agent("Ada")),
        Raw({"SMS": {}}),
    ],
)
def test_an_override_is_a_body_alone(override):
    with pytest.raises(MessageError, match=r"explicit_channel_omni_message\.SMS"):
        Text("Hello").on("SMS", override)


def test_a_payload_that_is_no_json_is_refused():
    with pytest.raises(MessageError, match=r"explicit_channel_message\.LINE"):
        Text("Hello").raw_on("LINE", {"at": object()})


def test_a_message_cannot_be_changed():
    with pytest.raises(AttributeError):
        Text("Hello").text = "Bye"  # type: ignore[misc]


def test_a_list_given_to_a_message_may_change_afterwards():
    choices = [reply("Rye")]
    message = Choice("Which?", choices)

    choices.append(reply("Wheat"))

    assert len(message.choices) == 1


@pytest.mark.parametrize(
    ("kind", "arguments", "words"),
    [
        (Choice, ("Which?", ["Rye"]), r"Choice.choices\[0\]: must be Tappable, not str"),
        (Choice, ("Which?", "Rye"), r"Choice.choices: must be a list, not str"),
        (Choice, ("Which?", None), r"Choice.choices: must be a list, not NoneType"),
        (Carousel, ([Text("Rye")],), r"Carousel.cards\[0\]: must be Card, not Text"),
        (Section, ("", ["Rye"]), r"Section.items\[0\]: must be ListChoice or Product, not str"),
        (ListMessage, ("Bread", [ListChoice("Rye")]), r"sections\[0\]: must be Section"),
        (ContactInfo, ("Ada", [46700100200]), r"ContactInfo.phone_numbers\[0\]: must be"),
    ],
)
def test_parts_of_a_wrong_kind_are_named_when_the_message_is_made(kind, arguments, words):
    with pytest.raises(MessageError, match=words):
        kind(*arguments)


@pytest.mark.parametrize("edge", ["start", "end"])
def test_a_calendar_choice_takes_times_with_a_zone(edge):
    times: dict[str, Any] = {"start": datetime(2026, 4, 3, tzinfo=UTC), "end": SIX_CHOICES[4].end}  # type: ignore[attr-defined]
    times[edge] = times[edge].replace(tzinfo=None)

    with pytest.raises(MessageError, match=rf"event_{edge}: 2026-04-03 .*time zone"):
        calendar("Save", event_title="Class", fallback_url="https://bakery.example", **times)


def test_a_choice_can_be_given_another_postback():
    signed = [msgspec.structs.replace(each, postback=f"p{n}") for n, each in enumerate(SIX_CHOICES)]

    assert [each.to_json()["postback_data"] for each in signed] == [f"p{n}" for n in range(6)]


def test_every_choice_has_a_title_and_most_a_target():
    assert [(each.title, each.target) for each in SIX_CHOICES] == [
        ("Rye", ""),
        ("Menu", "https://bakery.example/menu"),
        ("Ring us", "+46700100200"),
        ("Find us", "https://www.google.com/maps/search/?api=1&query=59.3293,18.0686"),
        ("Save the day", "https://bakery.example/class.ics"),
        ("Where are you?", "https://bakery.example/where"),
    ]


@pytest.mark.parametrize(
    ("degrees", "written"),
    [(0, "0"), (-0.0000001, "0"), (13.0, "13"), (-120.5, "-120.5"), (1e-05, "0.00001")],
)
def test_degrees_are_never_written_with_an_exponent(degrees, written):
    assert show_location("Here", degrees, 2).target.endswith(f"={written},2")


@pytest.mark.parametrize("parameters", [{"body[1]text": 7}, {7: "Ada"}, {"name": None}])
def test_a_template_parameter_that_is_no_text_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(MessageError, match=r"'order_ready': parameter .* not a text. Write str"):
        TemplateReference("order_ready", parameters=parameters)


NEWS = TemplateReference("news", version="1")
NAME: Any = "news"
NUMBER: Any = 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Template(channel_template={"WHATSAP": NEWS}),
            "Template: channel_template: unknown channel 'WHATSAP'. Did you mean 'WHATSAPP'?",
        ),
        (
            lambda: Template(channel_template={"WHATSAPP": NAME}),
            "Template: channel_template['WHATSAPP'] is 'news'; it takes a TemplateReference:"
            " TemplateReference('news').",
        ),
        (lambda: Template(NAME), "Template: omni_template is 'news'; it takes a"),
        (lambda: Template(NEWS, NAME), "Template: channel_template is 'news'; it takes {"),
        (
            lambda: TemplateReference("news", language_code="english"),
            "TemplateReference 'news': 'english' is not a language's code. Write it like 'en' or",
        ),
        (lambda: TemplateReference("news", version=NUMBER), "version is 1; it takes a text."),
        (lambda: TemplateReference("news", languages="sv"), "it takes a tuple: ('sv',)."),
        (lambda: TemplateReference("news", languages=("sv", "eng lish")), "'eng lish' is not a"),
    ],
)
def test_a_template_says_what_is_wrong_with_its_references(make, words: str) -> None:
    with pytest.raises(MessageError) as raised:
        make()

    assert words in str(raised.value)


@pytest.mark.parametrize("code", ["", "sv", "en_US", "en-GB", "zh_Hans_CN", "fil"])
def test_a_template_takes_the_codes_of_languages(code: str) -> None:
    assert TemplateReference("news", language_code=code).language_code == code


def test_a_function_cannot_replace_a_message_on_a_channel() -> None:
    with pytest.raises(MessageError, match="lambda data: Text"):
        Text("Hello").on("SMS", lambda data: "Hi")  # type: ignore[arg-type]


def test_an_override_inside_an_override_is_refused_with_the_way_out() -> None:
    with pytest.raises(MessageError) as raised:
        Text("Hello").on("SMS", Text("Hi").on("RCS", "Hey"))

    assert "Write two calls of .on(): Text(…).on('SMS', …).on('RCS', …)" in str(raised.value)
