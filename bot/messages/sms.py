"""What is special to SMS: how many parts a text takes, and which of our numbers can answer."""

import math
import re

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The characters of the GSM default alphabet (3GPP TS 23.038), without its extension."""

GSM_7_EXTENSION = frozenset("^{}\\[~]|€\f")
"""The characters that take the place of two."""


def sms_parts(text: str) -> tuple[int, str]:
    """How many parts `text` is sent in, and in which encoding, `GSM-7` or `UCS-2`.

    160 characters of GSM-7 or 70 of UCS-2 go into one part, 153 or 67 into each of several. One
    character that GSM-7 doesn't have makes all of the text UCS-2.
    """
    characters = set(text)
    if characters <= GSM_7 | GSM_7_EXTENSION:
        units = len(text) + sum(text.count(each) for each in characters & GSM_7_EXTENSION)
        return _parts(units, 160, 153), "GSM-7"
    return _parts(len(text.encode("utf-16-le")) // 2, 70, 67), "UCS-2"


def can_answer(sender: str, contact: str) -> bool:
    """Whether an SMS to `contact` may come from our number or short code `sender`.

    Contacts can write to a number abroad, but most often it can't write back: that takes one of
    their own country, which the service plan has as its default there. Short codes are national.
    """
    ours, theirs = _CALLING_CODE.match(sender), _CALLING_CODE.match(contact)
    if len(sender.removeprefix("+")) <= LONGEST_SHORT_CODE or not (ours and theirs):
        return True
    return ours[1] == theirs[1]


LONGEST_SHORT_CODE = 6
"""Digits of the longest short codes; numbers with a country's code have more."""

_CALLING_CODE = re.compile(
    r"\+?(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2})"
)
"""The country of a number in international form, by ITU-T E.164: codes of one and two digits, and
of three whatever begins with none of those."""


def _parts(units: int, alone: int, together: int) -> int:
    return 1 if units <= alone else math.ceil(units / together)
