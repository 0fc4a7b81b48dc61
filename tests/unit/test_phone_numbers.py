"""Which of our numbers a contact can answer."""

import phonenumbers
import pytest

from bot.contact.phone_numbers import can_answer


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
def test_number_answers_its_own_country_and_short_code_answers_all(sender, contact, can):
    assert can_answer(sender, contact) is can


def test_the_calling_codes_are_those_of_the_numbering_plans():
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        others = {*phonenumbers.COUNTRY_CODE_TO_REGION_CODE} - {code}
        assert can_answer(f"{code}23456789", f"+{code}98765432")
        assert not any(can_answer(f"{code}23456789", f"{other}23456789") for other in others)
