"""Computes the number of parts of an SMS."""

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The characters of the GSM default alphabet (3GPP TS 23.038), without its extension."""

GSM_7_EXTENSION = frozenset("^{}\\[~]|€\f")
"""The GSM-7 characters that count as two characters."""


def sms_parts(text: str) -> tuple[int, str]:
    """Return the number of parts of `text` as an SMS, and their encoding, `GSM-7` or `UCS-2`.

    An SMS of one part holds 160 characters of GSM-7 or 70 of UCS-2. Each part of a longer SMS holds
    153 characters of GSM-7 or 67 of UCS-2. One character outside of GSM-7 makes the whole text
    UCS-2.
    """
    if set(text) <= GSM_7 | GSM_7_EXTENSION:
        return _parts([2 if each in GSM_7_EXTENSION else 1 for each in text], 160, 153), "GSM-7"
    return _parts([2 if each > "\uffff" else 1 for each in text], 70, 67), "UCS-2"


def _parts(units: list[int], alone: int, together: int) -> int:
    """Return the number of parts for characters of these sizes.

    No character is split between parts.
    """
    if sum(units) <= alone:
        return 1
    parts, room = 1, together
    for unit in units:
        if unit > room:
            parts, room = parts + 1, together
        room -= unit
    return parts
