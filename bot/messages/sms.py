"""How many parts an SMS takes."""

import math

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


def _parts(units: int, alone: int, together: int) -> int:
    return 1 if units <= alone else math.ceil(units / together)
