"""Phone numbers: decides whether a contact can reply to an SMS from one of the bot's numbers."""

import re

MAX_SHORT_CODE_DIGITS = 6
"""Maximum number of digits of a short code. Numbers with a country code have more digits."""

_CALLING_CODE = re.compile(
    r"\+?(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2})"
)
"""Matches the country code of an international number, by ITU-T E.164.

The codes of one or two digits are listed. All other codes have three digits.
"""


def can_answer(sender: str, contact: str) -> bool:
    """Return whether `contact` can reply to an SMS from the number or short code `sender`.

    The country decides, because a contact often cannot reply to a number of another country. Short
    codes are only used within one country, so a short code counts as a number of the contact's
    country.
    """
    ours, theirs = _CALLING_CODE.match(sender), _CALLING_CODE.match(contact)
    if len(sender.removeprefix("+")) <= MAX_SHORT_CODE_DIGITS or not (ours and theirs):
        return True
    return ours[1] == theirs[1]
