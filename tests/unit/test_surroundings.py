"""Texts around a message that are not a part of it: signatures, closings, reactions."""

import pytest

from bot.parse.reaction_text import reaction_in
from bot.parse.surroundings import without_closing, without_signature


@pytest.mark.parametrize(
    "signature",
    [
        "\n\nSent from my iPhone",
        "\nSkickat från min iPhone",
        "\n\nVon meinem iPhone gesendet",
        "\n\nEnviado desde mi iPhone",
        "\n\nEnvoyé de mon iPhone",
        "\nGet Outlook for Android",
        "\n-- \nAnna Smith\nSales",
        "\n\n\n",
    ],
)
def test_signature_is_no_part_of_a_message(signature):
    assert without_signature(f"See you{signature}") == "See you"


@pytest.mark.parametrize(
    "text", ["Sent from my iPhone", "--", "one\ntwo", "I sent it\nfrom the office", "a\n- b"]
)
def test_text_without_a_signature_stays(text):
    assert without_signature(text) == text


@pytest.mark.parametrize("closing", ["Best, Anna", "mvh Anna", "/Anna", "LG Anna", "Cdlt, Anna B"])
def test_closing_with_a_name_is_no_part_of_an_answer(closing):
    assert without_closing(f"no\n{closing}") == "no"


@pytest.mark.parametrize("text", ["Best, Anna", "ham\nolives", "- ham\n- olives", "thanks"])
def test_text_without_a_closing_stays(text):
    assert without_closing(text) == text


@pytest.mark.parametrize(
    ("text", "emoji", "is_removed"),
    [
        ("Liked “Any note?”", "👍", False),
        ("Loved “Any note?”", "❤️", False),
        ("Laughed at “Any note?”", "😂", False),
        ("Reacted 👍 to “Any note?”", "👍", False),
        ("👍 to “Any note?”", "👍", False),
        ("\u200a\u200b👍\u200b to “\u200aAny note?\u200a”", "👍", False),
        ("Gillade ”Any note?”".replace("”A", "“A"), "👍", False),
        ("A aimé « Any note? »", "👍", False),
        ("Removed a like from “Any note?”", "👍", True),
        ("Removed 👍 from “Any note?”", "👍", True),
    ],
)
def test_reaction_that_comes_as_a_text(text, emoji, is_removed):
    found = reaction_in(text)

    assert found is not None
    assert (found.emoji, found.is_removed, found.quoted.strip()) == (emoji, is_removed, "Any note?")


@pytest.mark.parametrize("text", ["Liked it", "yes “Any note?”", "“Any note?”", "👍", "Liked “”"])
def test_other_texts_are_no_reaction(text):
    assert reaction_in(text) is None
