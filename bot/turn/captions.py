"""Captions of MMS. An MMS with several attachments repeats its caption with each attachment."""

import zlib

from bot.callbacks import ContactMessage
from bot.contact.session import Session

REPEATED_WITHIN_S = 60.0
"""Maximum time between the callbacks of the attachments of one MMS, in seconds."""


def note_caption(session: Session, message: ContactMessage, now: float) -> bool:
    """Record the caption of an MMS.

    Return False if the caption repeats the caption of the previous attachment, otherwise True.
    """
    caption = message.media_card_message.caption if message.media_card_message else ""
    if not caption or session.address.channel != "MMS":
        return True
    checksum, before = zlib.crc32(caption.encode()), session.caption
    session.caption = [checksum, int(now)]
    return not (before and before[0] == checksum and now - before[1] < REPEATED_WITHIN_S)
