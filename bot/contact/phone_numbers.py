"""Phone numbers: which of our senders a contact can answer."""

import re

MAX_SHORT_CODE_DIGITS = 6
"""Digits of the longest short codes; numbers with a country's code have more."""

_CALLING_CODE = re.compile(
    r"\+?(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2})"
)
"""The country of a number in international form, by ITU-T E.164: codes of one and two digits, and
of three whatever begins with none of those."""


def can_answer(sender: str, contact: str) -> bool:
    """Return whether an SMS to `contact` may come from our number or short code `sender`.

    Contacts can write to a number abroad, but often it can't write back. An answer needs a number
    of their own country, which the service plan has as its default there. Short codes are national.
    """
    ours, theirs = _CALLING_CODE.match(sender), _CALLING_CODE.match(contact)
    if len(sender.removeprefix("+")) <= MAX_SHORT_CODE_DIGITS or not (ours and theirs):
        return True
    return ours[1] == theirs[1]
