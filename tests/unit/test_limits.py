from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product

import pytest
from msgspec.structs import replace

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
    Message,
    Product,
    Raw,
    Section,
    Tappable,
    Template,
    TemplateReference,
    Text,
    WebAddress,
    calendar,
    call,
    open_url,
    reply,
    share_location,
    show_location,
)
from bot.messages.api_rules import violations
from bot.messages.channel_limits import (
    AS_TEXT,
    LIMITS,
    NATIVE,
    Limit,
    check,
    keeps_choices,
    notes,
    require,
)

URL = "https://bakery.example"
RYE = reply("Rye")


def replies(count: int) -> list[Tappable]:
    return [reply(f"Loaf {number}") for number in range(count)]


def choice(*choices: Tappable) -> Choice:
    return Choice("Which?", choices)


# For each limited field, a message in which it is so long and all else is right.
OF_LENGTH: dict[tuple[str, str], Callable[[int], Message]] = {
    ("text_message", "text"): lambda n: Text("x" * n),
    ("choice_message", "message_properties.whatsapp_footer"): lambda n: Choice(
        "Which?", [RYE], footer="x" * n
    ),
    ("choice_message", "text_message.text"): lambda n: Choice("x" * n, [RYE]),
    ("choice_message", "choices"): lambda n: (
        Choice("Which?", [open_url("Menu", URL) for _ in range(n)])
        if n < 3
        else Choice("Which?", replies(n))
    ),
    ("choice_message", "choices[].text_message.text"): lambda n: choice(reply("x" * n)),
    ("choice_message", "choices[].postback_data"): lambda n: choice(reply("x", postback="x" * n)),
    ("choice_message", "choices[].url_message.title"): lambda n: choice(open_url("x" * n, URL)),
    ("choice_message", "choices[].call_message.title"): lambda n: choice(
        call("x" * n, "+46700100200")
    ),
    ("choice_message", "choices[].location_message.title"): lambda n: choice(
        show_location("x" * n, 1, 2)
    ),
    ("card_message", "title"): lambda n: Card("x" * n),
    ("card_message", "description"): lambda n: Card("Cake", "x" * n),
    ("card_message", "choices"): lambda n: Card("Cake", choices=replies(n)),
    ("card_message", "choices[].text_message.text"): lambda n: Card(
        "Cake", choices=[reply("x" * n)]
    ),
    ("card_message", "choices[].postback_data"): lambda n: Card(
        "Cake", choices=[reply("x", postback="x" * n)]
    ),
    ("carousel_message", "choices"): lambda n: Carousel([Card("Cake")], choices=replies(n)),
    ("carousel_message", "cards"): lambda n: Carousel([Card("Cake")] * n),
    ("carousel_message", "cards[].choices"): lambda n: Carousel([Card("Cake", choices=replies(n))]),
    ("carousel_message", "cards[].title"): lambda n: Carousel([Card("x" * n)]),
    ("carousel_message", "cards[].description"): lambda n: Carousel([Card("Cake", "x" * n)]),
}


def faults(limit: Limit, message: Message) -> list[str]:
    lines = notes if limit.effect == AS_TEXT else check
    return lines(message, limit.channel)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit[0]} {limit[1]}.{limit[2]}")
def test_a_limit_of_a_channel_is_the_last_length_it_takes(limit):
    make = OF_LENGTH[limit.kind, limit.path]

    assert faults(limit, make(limit.most)) == []
    (line,) = faults(limit, make(limit.most + 1))
    assert line.startswith(f"{limit.kind}.{limit.path.partition('[')[0]}")
    assert f": {limit.most + 1} " in line
    assert f" at most {limit.most}{limit.effect} ({limit.channel})" in line


@pytest.mark.parametrize(
    ("kind", "path", "most"),
    [
        ("choice_message", "choices", 10),
        ("card_message", "choices", 10),
        ("carousel_message", "cards", 10),
        ("carousel_message", "cards[].choices", 10),
        ("carousel_message", "choices", 3),
    ],
)
def test_a_limit_of_every_channel_is_the_last_length_it_takes(kind, path, most):
    make = OF_LENGTH[kind, path]

    assert check(make(most)) == []
    at = f"{kind}.{path.replace('[]', '[0]')}"
    unit = path.rpartition(".")[2]
    assert check(make(most + 1)) == [
        f"{at}: {most + 1} {unit}, at most {most} (every channel)",
    ]


def test_a_choice_with_too_many_choices_is_said_in_these_words():
    assert check(Choice("Which?", replies(12))) == [
        "choice_message.choices: 12 choices, at most 10 (every channel)"
    ]


NOW = datetime(2026, 4, 3, tzinfo=UTC)
EVERYWHERE = [
    (Text(""), "text_message.text: missing"),
    (Text(" \n"), "text_message.text: not a text"),
    (Media(""), "media_message.url: missing"),
    (Media("cake.jpg"), "media_message.url: not a URL that begins with http:// or https://"),
    (Media("ftp://bakery.example/a"), "media_message.url: not a URL that begins with"),
    (Media(f"{URL}/a b"), "media_message.url: not a URL that begins with"),
    (Media(URL, thumbnail_url="small"), "media_message.thumbnail_url: not a URL that begins"),
    (choice(), "choice_message.choices: missing"),
    (choice(reply("")), "choice_message.choices[0].text_message.text: missing"),
    (choice(RYE, open_url("", URL)), "choice_message.choices[1].url_message.title: missing"),
    (choice(open_url("Menu", "")), "choice_message.choices[0].url_message.url: missing"),
    (choice(open_url("Menu", "menu")), "choice_message.choices[0].url_message.url: not a URL"),
    (choice(call("Ring", "")), "choice_message.choices[0].call_message.phone_number: missing"),
    (choice(call("Ring", "0701")), "call_message.phone_number: not a phone number in E.164"),
    (choice(call("Ring", "+46 70 010")), "call_message.phone_number: not a phone number"),
    (choice(show_location("", 1, 2)), "choices[0].location_message.title: missing"),
    (
        choice(show_location("Here", 90.1, 2)),
        "location_message.coordinates.latitude: not degrees from -90 to 90",
    ),
    (choice(calendar("", NOW, NOW, "Class", URL)), "calendar_message.title: missing"),
    (choice(calendar("Save", NOW, NOW, "", URL)), "calendar_message.event_title: missing"),
    (choice(calendar("Save", NOW, NOW, "Class", "")), "calendar_message.fallback_url: missing"),
    (choice(share_location("Share", "x")), "share_location_message.fallback_url: not a URL"),
    (Card(""), "card_message: empty; it needs a title, a description or media"),
    (Card("Cake", height="HUGE"), "card_message.height: not one of UNSPECIFIED_HEIGHT, SHORT"),
    (Card("Cake", media=Media("")), "card_message.media_message.url: missing"),
    (Card("Cake", media="cake.jpg"), "card_message.media_message.url: not a URL"),
    (Card("Cake", choices=[reply("")]), "card_message.choices[0].text_message.text: missing"),
    (Carousel([]), "carousel_message.cards: missing"),
    (Carousel([Card("A"), Card("")]), "carousel_message.cards[1]: empty; it needs a title"),
    (Carousel([Card("A", media="a")]), "carousel_message.cards[0].media_message.url: not a URL"),
    (
        Carousel([Card("A", choices=[reply("")])]),
        "carousel_message.cards[0].choices[0].text_message.text: missing",
    ),
    (Carousel([Card("A")], choices=[reply("")]), "carousel_message.choices[0].text_message.text"),
    (Location("", 1, 2), "location_message.title: missing"),
    (Location("Here", -90.1, 2), "location_message.coordinates.latitude: not degrees"),
    (Location("Here", 1, 180.1), "location_message.coordinates.longitude: not degrees"),
    (Location("Here", float("nan"), 2), "location_message.coordinates.latitude: not degrees"),
    (ListMessage("", [Section("", [ListChoice("Rye")])]), "list_message.title: missing"),
    (ListMessage("Bread", []), "list_message.sections: missing"),
    (ListMessage("Bread", [Section("", [])]), "list_message.sections[0].items: missing"),
    (
        ListMessage("Bread", [Section("", [ListChoice("")])]),
        "list_message.sections[0].items[0].choice.title: missing",
    ),
    (
        ListMessage("Bread", [Section("", [ListChoice("Rye", media="rye.jpg")])]),
        "list_message.sections[0].items[0].choice.media.url: not a URL",
    ),
    (
        ListMessage("Bread", [Section("", [ListChoice("A")] * 6)] * 2),
        "list_message.sections: 12 choices in all; at most 10",
    ),
    (
        ListMessage("Bread", [Section("", [ListChoice("A"), Product("a", "b")])], catalog_id="c"),
        "list_message.sections: must have only choices or only products",
    ),
    (
        ListMessage("Bread", [Section("", [Product("a", "b")])]),
        "list_message.message_properties.catalog_id: missing; products need it",
    ),
    (
        ListMessage("Bread", [Section("", [Product("a", "")])], catalog_id="c"),
        "list_message.sections[0].items[0].product.marketplace: missing",
    ),
    (Template(), "template_message: empty; it needs an omni_template or a channel_template"),
    (Template(TemplateReference("")), "template_message.omni_template.template_id: missing"),
    (
        Text("Hi").on("SMS", Template(channel_template={"WHATSAPP": TemplateReference("t")})),
        "explicit_channel_omni_message.SMS.template_message: the template needs an"
        " omni_template, or a channel_template for 'SMS'",
    ),
    (
        Template(channel_template={"WHATSAPP": TemplateReference("")}),
        "template_message.channel_template.WHATSAPP.template_id: missing",
    ),
    (ContactInfo("", ["+46700100200"]), "contact_info_message.name.full_name: missing"),
    (ContactInfo("Ada", []), "contact_info_message.phone_numbers: missing"),
    (ContactInfo("Ada", [""]), "contact_info_message.phone_numbers[0].phone_number: missing"),
    (
        ContactInfo("Ada", ["1"], email_addresses=[EmailAddress("")]),
        "contact_info_message.email_addresses[0].email_address: missing",
    ),
    (ContactInfo("Ada", ["1"], urls=[WebAddress("")]), "contact_info_message.urls[0].url: missing"),
    (Raw(), "message: empty; it needs a body or an override"),
    (
        Text("Hi").on("sms", "Hey"),
        "explicit_channel_omni_message: the key 'sms' is not a channel's name, such as SMS",
    ),
    (
        Text("Hi").raw_on("CHANNEL_UNSPECIFIED", {}),
        "explicit_channel_message: the key 'CHANNEL_UNSPECIFIED' is not a channel's name",
    ),
    (Text("Hi").raw_on("LINE", "{"), "explicit_channel_message.LINE: not JSON"),
    (
        Text("Hi").specific_on("LINE", "FLOW", {}),
        "channel_specific_message.LINE.message_type: not one of FLOWS, ORDER_DETAILS",
    ),
    (Text("Hi").by(Agent("Ada", type="CAT")), "agent.type: not one of UNKNOWN_AGENT_TYPE"),
    (
        Text("Hi").on("RCS", Card("Cake", height="HUGE")),
        "explicit_channel_omni_message.RCS.card_message.height: not one of",
    ),
]


def test_what_the_api_refuses_is_named_with_its_place(subtests):
    for message, words in EVERYWHERE:
        with subtests.test(words):
            (line,) = check(message)

            assert words in line
            assert line.endswith(" (every channel)")


def test_every_fault_of_a_message_is_named():
    message = Choice("Which?", [reply(""), call("", "1"), *replies(9)]).by(Agent(type="CAT"))

    assert len(check(message)) == 5


def test_a_wrong_type_is_named_too():
    assert check(Text(5)) == ["text_message.text: not a text (every channel)"]  # type: ignore[arg-type]


def test_no_line_repeats_what_was_written():
    message = choice(call("Ring", "0701234567"), open_url("Menu", "token=hunter2"))

    assert not [line for line in check(message) if "0701234567" in line or "hunter2" in line]


@pytest.mark.parametrize("kind", sorted({kind for kinds in NATIVE.values() for kind in kinds}))
def test_every_kind_is_native_or_as_text_or_lost(kind):
    message = {
        "text_message": Text("Hi"),
        "media_message": Media(URL),
        "choice_message": choice(),
        "card_message": Card("Cake"),
        "carousel_message": Carousel([Card("Cake")]),
        "location_message": Location("Here", 1, 2),
        "list_message": ListMessage("Bread", [Section("", [ListChoice("Rye")])]),
    }[kind]

    for channel, kinds in NATIVE.items():
        note = f"{kind}: shown as text ({channel})"
        lost = kind == "list_message" and kind not in kinds
        assert (note in notes(message, channel)) is (kind not in kinds and not lost)
        assert any("not shown" in line for line in check(message, channel)) is lost


def test_a_list_can_be_said_otherwise_where_it_is_not_shown():
    bread = ListMessage("Bread", [Section("", [ListChoice("Rye")])])

    assert check(bread, "SMS") == [
        "list_message: not shown; say something else with .on('SMS', …) (SMS)"
    ]
    assert check(bread.on("SMS", "Rye?"), "SMS") == []


def test_what_a_channel_gets_is_checked_and_nothing_else():
    message = Text("x" * 5000).on("WHATSAPP", "short").on("RCS", Card("x" * 201))

    assert check(message, "WHATSAPP") == []
    assert check(message, "RCS") == [
        "explicit_channel_omni_message.RCS.card_message.title: 201 characters, at most 200 (RCS)"
    ]
    assert check(message, "SMS") == []


@pytest.mark.parametrize(
    "message", [Text("").raw_on("LINE", {}), Text("").specific_on("LINE", "FLOWS", {})]
)
def test_json_of_the_channels_own_is_not_checked(message):
    assert check(message, "LINE") == notes(message, "LINE") == []
    assert keeps_choices(message, "LINE")


def test_a_message_that_says_nothing_to_a_channel_is_named():
    message = Raw({"LINE": {}})

    assert check(message, "SMS") == ["message: empty message (SMS)"]
    assert notes(message, "SMS") == []
    assert check(message, "LINE") == []


def test_a_channel_unknown_today_takes_what_every_channel_takes():
    assert check(Choice("", replies(12)), "HOLOTALK") == [
        "choice_message.choices: 12 choices, at most 10 (every channel)"
    ]
    assert notes(Carousel([Card("Cake")]), "HOLOTALK") == []


def test_templates_and_visiting_cards_are_for_the_channel_to_show():
    assert notes(Template(TemplateReference("t")), "SMS") == []
    assert notes(ContactInfo("Ada", ["1"]), "SMS") == []


@pytest.mark.parametrize(
    ("message", "channel", "note"),
    [
        (
            choice(open_url("Menu", URL), RYE),
            "WHATSAPP",
            "choices[0]: url_message is shown",
        ),
        (choice(RYE, RYE), "WHATSAPP", "choices: two choices have the same text"),
        (choice(reply("*Rye*")), "WHATSAPP", "choices[0].text_message.text: has markdown"),
        (Choice("", [RYE]), "WHATSAPP", "choice_message.text_message: missing"),
        (choice(call("Ring", "+46700100200")), "MESSENGER", "choices[0]: call_message is shown as"),
        (choice(RYE), "VIBERBM", "choices[0]: text_message is shown as text"),
        (Card("Cake", choices=[RYE]), "MMS", "card_message.choices[0]: text_message is shown as"),
        (
            choice(*replies(3), open_url("Menu", URL)),
            "MESSENGER",
            "choices: 4 choices, at most 3 unless all are text_message",
        ),
    ],
)
def test_choices_that_a_channel_shows_as_text_are_noted(message, channel, note):
    (line,) = notes(message, channel)

    assert note in line
    assert line.endswith(f"({channel})")
    assert not keeps_choices(message, channel)
    assert check(message, channel) == []


@pytest.mark.parametrize(
    ("message", "channel"),
    [
        (choice(*replies(3)), "WHATSAPP"),
        (choice(open_url("Menu", URL)), "WHATSAPP"),
        (choice(*replies(10)), "MESSENGER"),
        (choice(RYE, open_url("Menu", URL), show_location("Here", 1, 2)), "MESSENGER"),
        (choice(open_url("Menu", URL)), "VIBERBM"),
        (Card("Cake", media=URL), "MMS"),
        (choice(*replies(10)), "RCS"),
    ],
)
def test_choices_that_a_channel_shows_as_buttons_are_not_noted(message, channel):
    assert notes(message, channel) == []
    assert keeps_choices(message, channel)


LABELS = ("Rye", "Wheat")


ALTERED = [
    Choice("Which?", [reply(label, postback="v1/a") for label in LABELS]),
    Choice("Which?", [reply(label, postback="v1/b") for label in LABELS]),
    Choice("Which?", [reply(label, postback="p" * 230) for label in LABELS]),
    Choice("Vilket?", [reply("Råg"), reply("Vete")]),
    Choice("", [reply(label) for label in LABELS]),
    Choice("x" * 1025, [reply(label) for label in LABELS]),
    Choice("Which?", [reply(label) for label in LABELS], footer="Baked at six"),
    Choice("Which?", [reply("Rye"), reply("Rye")]),
    Choice("Which?", [*map(reply, LABELS), open_url("Menu", URL)]),
    Choice("Which?", []),
    Choice("Which?", [reply("Rye *bread*"), reply("Wheat")]),
]
"""Questions that each differ from the known question in one part."""


def test_what_is_known_of_a_question_is_no_other_one_s(subtests):
    for message, channel in product(ALTERED, NATIVE):
        with subtests.test(message=message, channel=channel):
            known = choice(*map(reply, LABELS))
            assert check(known) == []
            has_choices = channel not in ("SMS", "MMS", "VIBERBM", "WECHAT")
            assert keeps_choices(known, channel) is has_choices

            is_shown = not [line for line in notes(message, channel) if "parts in" not in line]

            assert keeps_choices(message, channel) is keeps_choices(message, channel) is is_shown
            assert check(message) == check(message) == violations(message)


def test_a_question_altered_afterwards_is_looked_at_anew():
    question = choice(*map(reply, LABELS))

    assert keeps_choices(question, "WHATSAPP")
    assert not keeps_choices(replace(question, text=""), "WHATSAPP")
    assert not keeps_choices(replace(question, choices=replies(4)), "WHATSAPP")
    assert not keeps_choices(question.on("WHATSAPP", choice(*replies(4))), "WHATSAPP")
    assert keeps_choices(question.raw_on("SMS", {}), "SMS")
    assert keeps_choices(question, "WHATSAPP")


@pytest.mark.parametrize("odd", [["Rye"], 1, True, None])
def test_labels_that_are_no_texts_are_not_kept(odd):
    assert not keeps_choices(choice(reply(odd)), "VIBERBM")
    assert check(choice(reply(odd))) == violations(choice(reply(odd))) != []


def test_faults_that_are_known_are_told_again():
    blank, many = choice(reply(" ")), choice(*replies(11))

    for _ in range(2):
        assert check(blank) == [
            "choice_message.choices[0].text_message.text: not a text (every channel)"
        ]
        told = check(many)
        assert told == ["choice_message.choices: 11 choices, at most 10 (every channel)"]
        told.clear()
    assert len(check(many.by(Agent("Ada", type="ROBOT")))) == 2


def test_an_sms_of_several_parts_is_noted():
    assert notes(Text("x" * 160), "SMS") == []
    assert notes(Text("x" * 161), "SMS") == ["text_message.text: sent as 2 parts in GSM-7 (SMS)"]
    assert notes(Text("smörgås—" * 10), "SMS") == [
        "text_message.text: sent as 2 parts in UCS-2 (SMS)"
    ]
    assert keeps_choices(Text("x" * 161), "SMS")


def test_what_is_right_is_let_pass():
    require(choice(*replies(3)), ["SMS", "WHATSAPP", "RCS"])


def test_all_that_is_wrong_is_required_at_once_and_once():
    message = Text("").on("RCS", Card("x" * 201))

    with pytest.raises(MessageError) as caught:
        require(message, ["SMS", "RCS", "WHATSAPP"])

    assert caught.value.violations == [
        "text_message.text: missing (every channel)",
        "explicit_channel_omni_message.RCS.card_message.title: 201 characters, at most 200 (RCS)",
    ]
