"""Automatic replies are distinguished from texts of people."""

import pytest

from bot.parse.auto_replies import is_auto_reply


@pytest.mark.parametrize(
    "text",
    [
        "I'm on vacation until Monday, please call me after",
        "thanks for your message, we will be there at 5",
        "ok i'll get back to you as soon as I can",
        "gracias por escribirme, te llamo luego",
        "is this an automatic reply?",
        "",
        "Automatic reply " * 100,
    ],
)
def test_what_a_person_writes_is_no_automatic_reply(text):
    assert not is_auto_reply(text)


@pytest.mark.parametrize(
    "text",
    [
        "AUTOMATIC REPLY: I am out of the office.",
        "Your message has been received. Our team will get back to you within 24 hours.",
        "R\u00e9ponse automatique : je suis absent",
        "\u81ea\u52a8\u56de\u590d\uff1a\u7a0d\u540e\u8054\u7cfb",
    ],
)
def test_what_a_machine_writes_is_an_automatic_reply(text):
    assert is_auto_reply(text)
