import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.emulator import channel_rules
from bot.messages.sms_parts import GSM_7, GSM_7_EXTENSION, sms_parts


def test_the_alphabet_has_its_size():
    # 128 places, one of which is the escape to the extension.
    assert len(GSM_7) == 127
    assert len(GSM_7_EXTENSION) == 10
    assert not GSM_7 & GSM_7_EXTENSION


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 80 + "x", 2),
        ("åäöÅÄÖñ¿\n" * 17, 1),
    ],
)
def test_gsm_7(text, parts):
    assert sms_parts(text) == (parts, "GSM-7")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ą", 1),
        ("ą" * 70, 1),
        ("ą" * 71, 2),
        ("ą" * 134, 2),
        ("ą" * 135, 3),
        ("x" * 70 + "—", 2),
        ("🥐" * 35, 1),
        ("🥐" * 36, 2),
        ("`", 1),
        ("ç", 1),
    ],
)
def test_ucs_2(text, parts):
    assert sms_parts(text) == (parts, "UCS-2")


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a" * 152 + "[" + "b" * 152, 3), ("a" * 153 + "[" + "b" * 151, 2), ("\U0001f600" * 67, 3)],
)
def test_character_of_two_units_is_not_divided(text, parts):
    assert sms_parts(text)[0] == parts
    assert channel_rules.sms_parts(text) == parts


@given(st.text(alphabet="a[€é\U0001f600ą", max_size=400))
def test_bot_and_platform_count_alike(text):
    assert sms_parts(text)[0] == channel_rules.sms_parts(text)
