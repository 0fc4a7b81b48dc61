import pytest

from bot.messages import (
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
    Product,
    Raw,
    Section,
    Template,
    TemplateReference,
    Text,
    WebAddress,
    call,
    open_url,
    reply,
    share_location,
    show_location,
)
from bot.messages.channel_limits import check
from bot.messages.rendering import numbered_choices, plain_text, with_numbered_text

RYE, WHEAT = reply("Rye"), reply("Wheat", postback="w")
MENU = open_url("Menu", "https://bakery.example/menu")
QUESTION = Choice("Which loaf?", [RYE, MENU, WHEAT])
CAKE = Card("Cake", "Of the day", media="https://bakery.example/cake.jpg", choices=[RYE, WHEAT])
BREAD = ListMessage(
    "Bread",
    [
        Section("Dark", [ListChoice("Rye", description="sour")]),
        Section("", [ListChoice("Wheat"), ListChoice("Oat")]),
    ],
    description="Baked at six",
)


def test_a_choice_is_numbered_over_its_text_choices():
    assert plain_text(QUESTION) == (
        "Which loaf?\n\n1. Rye\nMenu: https://bakery.example/menu\n2. Wheat"
    )


def test_numbers_can_be_left_out():
    assert plain_text(QUESTION, numbered=False) == (
        "Which loaf?\n\nRye\nMenu: https://bakery.example/menu\nWheat"
    )


def test_each_choice_that_leads_somewhere_says_where():
    choices = [
        call("Ring us", "+46700100200"),
        show_location("Find us", 59.3293, 18.0686),
        share_location("Where are you?", "https://bakery.example/where"),
    ]

    assert plain_text(Choice("", choices)) == (
        "Ring us: +46700100200\n"
        "Find us: https://www.google.com/maps/search/?api=1&query=59.3293,18.0686\n"
        "Where are you?: https://bakery.example/where"
    )


def test_a_card_shows_its_picture_by_url():
    assert plain_text(CAKE) == (
        "Cake\nOf the day\nhttps://bakery.example/cake.jpg\n\n1. Rye\n2. Wheat"
    )


def test_on_mms_the_picture_is_sent_along():
    assert plain_text(CAKE, channel="MMS") == "Cake\nOf the day\n\n1. Rye\n2. Wheat"


def test_a_carousel_is_numbered_through():
    carousel = Carousel([CAKE, Card("Bun", choices=[reply("Bun")])], choices=[reply("None")])

    assert plain_text(carousel) == (
        "Cake\nOf the day\nhttps://bakery.example/cake.jpg\n1. Rye\n2. Wheat\n\n"
        "Bun\n3. Bun\n\n"
        "4. None"
    )


def test_a_list_is_numbered_through_its_sections():
    assert plain_text(BREAD) == ("Bread\nBaked at six\n\nDark\n1. Rye - sour\n\n2. Wheat\n3. Oat")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (Text("Hello"), "Hello"),
        (Media("https://bakery.example/oven.mp4"), "https://bakery.example/oven.mp4"),
        (
            Location("Bakery", 59.5, -18, label="Old Town"),
            "Bakery: https://www.google.com/maps/search/?api=1&query=59.5,-18",
        ),
        (ContactInfo("Ada", ["+46700100200"]), "Ada\n+46700100200"),
        (
            ContactInfo(
                Name("Ada"),
                ["+46700100200"],
                email_addresses=[EmailAddress("ada@bakery.example")],
                urls=[WebAddress("https://bakery.example")],
            ),
            "Ada\n+46700100200\nada@bakery.example\nhttps://bakery.example",
        ),
        (ListMessage("Basket", [Section("", [Product("rye-1", "X")])]), "Basket\n\nrye-1"),
        (Template(TemplateReference("t")), ""),
        (Raw({"SMS": {}}), ""),
    ],
)
def test_every_other_kind_has_its_text(message, text):
    assert plain_text(message) == text


@pytest.mark.parametrize("message", [QUESTION, CAKE, BREAD, Carousel([CAKE], choices=[RYE, MENU])])
def test_the_number_shown_is_the_place_among_the_numbered(message):
    text = plain_text(message)

    for number, choice in enumerate(numbered_choices(message), 1):
        assert f"{number}. {choice.title}" in text
    assert f"{len(numbered_choices(message)) + 1}. " not in text


def test_what_offers_nothing_has_nothing_numbered():
    assert numbered_choices(Text("1. Rye")) == ()


def test_text_channels_get_the_numbered_text():
    message = with_numbered_text(QUESTION)

    assert list(message.overrides) == ["SMS", "MMS", "VIBERBM", "WECHAT", "WHATSAPP"]
    assert message.overrides["SMS"] == Text(plain_text(QUESTION))
    assert message.to_json()["choice_message"] == QUESTION.to_json()["choice_message"]


def test_a_channel_with_buttons_for_it_keeps_them():
    plain = Choice("Which loaf?", [RYE, WHEAT])

    assert "WHATSAPP" not in with_numbered_text(plain).overrides
    assert "RCS" not in with_numbered_text(plain, ["RCS", "MESSENGER"]).overrides


@pytest.mark.parametrize(
    ("question", "labels", "postback"),
    [
        ("Which loaf?", ("Rye", "Wheat"), "v1/ada"),
        ("Which loaf?", ("Rye", "Wheat"), "v1/bo"),
        ("Vilket bröd?", ("Råg", "Vete"), "v1/ada"),
        ("Which loaf, Bo?", ("Rye", "Wheat"), "v1/bo"),
        ("Which loaf?", ("Rye", "Rye"), "v1/ada"),
        ("Which loaf?", ("Rye", "Wheat"), "v1/" + 230 * "o"),
    ],
)
def test_each_who_is_put_a_question_gets_their_own(question, labels, postback):
    with_numbered_text(Choice("Which loaf?", [RYE, WHEAT]))

    buttons = [reply(label, postback=postback) for label in labels]
    message = with_numbered_text(Choice(question, buttons))

    assert message.overrides["SMS"] == Text(f"{question}\n\n1. {labels[0]}\n2. {labels[1]}")
    assert [each.postback for each in message.choices] == [postback, postback]
    is_fit = len(set(labels)) == 2 and len(postback) <= 229
    assert ("WHATSAPP" in message.overrides) is not is_fit


@pytest.mark.parametrize(
    "message",
    [
        QUESTION.on("SMS", "Rye or wheat?"),
        QUESTION.raw_on("SMS", {}),
        QUESTION.specific_on("SMS", "FLOWS", {}),
    ],
)
def test_an_override_that_is_there_stays(message):
    assert with_numbered_text(message, ["SMS"]) == message


def test_a_card_with_a_picture_keeps_it_on_mms():
    assert with_numbered_text(CAKE).overrides["MMS"] == Card(
        "Cake", "Of the day\n\n1. Rye\n2. Wheat", media="https://bakery.example/cake.jpg"
    )


def test_a_carousel_s_pictures_are_links_on_mms_which_has_no_carousels():
    shown = with_numbered_text(Carousel([CAKE], choices=[RYE])).overrides["MMS"]

    assert isinstance(shown, Text)
    assert "https://bakery.example/cake.jpg" in shown.text


def test_a_list_reaches_channels_that_know_no_lists():
    message = with_numbered_text(BREAD, ["SMS", "WHATSAPP", "RCS"])

    assert list(message.overrides) == ["SMS", "RCS"]
    assert check(message, "SMS") == check(message, "RCS") == []


@pytest.mark.parametrize(
    "message", [Text("Hello"), Choice("Menu?", [MENU]), Card("Cake"), Template(), Raw()]
)
def test_what_has_no_text_choices_stays_as_it_is(message):
    assert with_numbered_text(message) is message


def test_an_override_s_own_choices_are_numbered_too():
    message = QUESTION.on("SMS", Choice("Loaf?", [RYE, WHEAT])).on("MMS", "Just say which loaf.")

    dressed = with_numbered_text(message, ["SMS", "MMS"])

    assert dressed.overrides == {
        "SMS": Text("Loaf?\n\n1. Rye\n2. Wheat"),
        "MMS": Text("Just say which loaf."),
    }
