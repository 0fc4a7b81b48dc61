import phonenumbers
import pytest

from bot.messages.sms import GSM_7, GSM_7_EXTENSION, can_answer, sms_parts


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
    ("sender", "contact", "can"),
    [
        ("46700111222", "46700900001", True),
        ("+46700111222", "46700900001", True),
        ("46700111222", "+46700900001", True),
        ("46700111222", "15550100200", False),
        ("358401234567", "351912345678", False),
        ("16045550100", "12125550100", True),
        ("71700", "15550100200", True),
        ("717000", "46700900001", True),
        ("46700111222", "", True),
    ],
)
def test_a_number_answers_its_own_country_and_a_short_code_whoever_reached_it(sender, contact, can):
    assert can_answer(sender, contact) is can


def test_the_calling_codes_are_those_of_the_numbering_plans():
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        others = {*phonenumbers.COUNTRY_CODE_TO_REGION_CODE} - {code}
        assert can_answer(f"{code}23456789", f"+{code}98765432")
        assert not any(can_answer(f"{code}23456789", f"{other}23456789") for other in others)
