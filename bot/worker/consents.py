"""Synchronizes a person's consent between their two keys: a contact id, and an identity.

A person may have several sessions. If the app's processing mode changes, the person gets a session
with the other kind of key. If the contact was deleted, the person gets a new session. A STOP is
stored in one session. So the STOP is also recorded under a digest of the identity, with its time
and direction, and the person's other sessions read this record.

The record is read when a session is new or gets another identity. The record is also read if any
contact's consent has changed under the other kind of key. A contact who has written since the last
such change is left out, because the record was read when this contact wrote.
"""

import math
from typing import Any

from bot.contact.address import Address
from bot.contact.session import ConsentChange, Session
from bot.engine import consent
from bot.items import turn_log
from bot.store import ConsentChanges, Store

MARGIN_S = 60.0
"""If a contact has written within this many seconds after the last change, the contact's record is
read nevertheless.

The process may not have known of the change when the contact wrote, because a process learns of a
change at its next refresh. So this time is longer than the time between two refreshes.
"""

MAX_TOLD_CHARS = 500
"""Maximum number of characters of the bot's text in the record of a consent change."""


class Consents:
    """Reads and writes the consent of identities."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changes = ConsentChanges(math.inf, math.inf)

    async def refresh(self) -> None:
        """Read the time of the last consent change of any contact."""
        self._changes = await self._store.reader.consent_changes()

    def may_differ(self, session: Session, address: Address, *, is_new: bool) -> bool:
        """Return whether this session may lack a consent change that was made under another key."""
        changes = self._changes
        if not (address.identity and (changes.by_id or changes.by_identity)):
            return False
        if is_new or address.identity_key != session.address.identity_key:
            return True
        changed_at = changes.by_identity if address.contact_id else changes.by_id
        return bool(changed_at) and (session.last_heard or 0) < changed_at + MARGIN_S

    async def follow(self, session: Session, address: Address) -> str:
        """Apply to the session the consent that was recorded under the person's other key.

        Return the new consent, "in" or "out"; "" if nothing has changed.
        """
        before = session.consent
        consent.follow(session, await self._store.reader.consent(address.identity_key))
        return session.consent if session.consent != before else ""

    async def current(self, session: Session | None, address: Address) -> Session | None:
        """Return the contact's session, updated with the consent that was recorded under another
        key of the contact.

        This method is called before a reply to `address` is sent. This method does not store the
        update. The next turn of the contact stores it.
        """
        known = session or Session(address)
        if not self.may_differ(known, known.address, is_new=session is None):
            return session
        await self.follow(known, known.address)
        return known

    async def store(self, session: Session, since: ConsentChange | None) -> None:
        """Record the session's consent changes after `since` under the session's identity."""
        if (found := consent.recorded(session, since)) and session.address.identity:
            await self._store.queue.record_consent(
                session.address.identity_key, found, has_id=bool(session.address.contact_id)
            )

    async def told(self, contact: str) -> str:
        """Return the bot's last text to the contact; "" if the turn log does not have it."""
        for raw in await self._store.reader.log(contact):
            said = turn_log.decode(raw).said
            if texts := [text for each in said for text in _texts(each.content)]:
                return "\n".join(texts)[:MAX_TOLD_CHARS]
        return ""


def _texts(content: dict[str, Any]) -> list[str]:
    """Return the texts of an app message except the labels of buttons.

    For a template, return its id.
    """
    body = next((each for each in content.values() if isinstance(each, dict)), {})
    if "template_message" in content:
        stored = {**(body.get("channel_template") or {}), "": body.get("omni_template") or {}}
        return [f"template {each['template_id']}" for each in stored.values() if each]
    inner = body.get("text_message") or body
    found = (inner.get("text"), body.get("title"), body.get("description"))
    return [each for each in found if isinstance(each, str) and each]
