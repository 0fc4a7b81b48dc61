"""A question is asked and answered on every channel of the API, with buttons or without."""

import pytest

from bot import END, Flow, Option, choose


class Tea(Flow):
    start_on = ("tea",)

    kind = choose(
        "Which tea?", {"green": Option("Green", to=END), "black": Option("Black", to=END)}
    )


PHONES = ("SMS", "RCS", "WHATSAPP", "VIBERBM")
ACCOUNTS = ("MESSENGER", "INSTAGRAM", "TELEGRAM", "LINE", "WECHAT", "APPLEBC", "VIBER")
KAKAO = ("KAKAOTALK", "KAKAOTALKCHAT")


@pytest.mark.flows([Tea])
@pytest.mark.parametrize("channel", [*PHONES, *ACCOUNTS, *KAKAO])
async def test_a_question_is_asked_and_answered(contacts, channel):
    (contact,) = contacts(1, channel=channel)
    await contact.says("tea")
    contact.sees("Which tea?", choices=["Green", "Black"])
    await contact.taps("Black")

    assert contact.data == {"kind": "black"}
