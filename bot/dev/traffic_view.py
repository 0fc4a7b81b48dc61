"""The latest callbacks and requests between the emulator and the bot, also as curl commands."""

import json
import shlex
from collections import deque
from typing import Any

from bot.emulator import Platform
from bot.emulator.signing import signature_headers

Json = dict[str, Any]

KEPT = 500


class Traffic:
    """The latest callbacks and requests since the start of the process."""

    def __init__(self, platform: Platform, api_url: str, secret: str) -> None:
        self.entries: deque[Json] = deque(maxlen=KEPT)
        self._platform = platform
        self._api_url = api_url
        self._secret = secret

    async def listen(self) -> None:
        """Store the emulator's callbacks and requests as they happen, forever."""
        with self._platform.record.listen() as news:
            while True:
                self.keep(await news.get())

    def keep(self, one: Json) -> None:
        """Store an entry of the emulator's log if it is a callback or a request."""
        if one["kind"] == "callback":
            self._callback(one)
        elif one["kind"] == "request":
            self._request(one)

    def after(self, id: int) -> list[Json]:
        """Return the entries that are later than the entry `id`, oldest first."""
        return [entry for entry in self.entries if entry["id"] > id]

    def curl(self, id: int) -> str | None:
        """Return a shell command that sends an entry again; None if the entry is no longer stored.

        A callback is signed again, so that the bot accepts it. A request is authorized with the
        access key.
        """
        entry = next((entry for entry in self.entries if entry["id"] == id), None)
        if entry is None:
            return None
        if entry["kind"] == "callback":
            core = self._platform.core
            body = entry["body"]
            signed = signature_headers(
                self._secret, body.encode(), core.id(), int(self._platform.core.now())
            )
            return _curl("POST", entry["target"], signed, body)
        if entry["path"] == "/oauth2/token":
            body = "grant_type=client_credentials"
            return _curl("POST", self._api_url + entry["path"], {}, body, self._user, "")
        target = self._api_url + entry["path"]
        return _curl(entry["method"], target, {}, entry["body"], self._user)

    @property
    def _user(self) -> str:
        world = self._platform.world
        return f"{world.key_id}:{world.key_secret}"

    def _callback(self, one: Json) -> None:
        envelope = json.loads(one["body"])
        inbound = self._platform.state.messages.get(str((envelope.get("message") or {}).get("id")))
        if inbound:
            inbound.answer = one["status"]
        body = next((v for v in envelope.values() if isinstance(v, dict)), {})
        identity = body.get("channel_identity") or {}
        entry = {name: one[name] for name in ("id", "at", "trigger", "target", "attempt", "status")}
        self.entries.append(
            entry
            | {"kind": "callback", "body": one["body"], "answer": "", "detail": _detail(body)}
            | {"phones": [f"{identity['channel']}/{identity['identity']}"] if identity else []}
        )

    def _request(self, one: Json) -> None:
        entry = {
            name: one[name] for name in ("id", "at", "method", "path", "status", "body", "answer")
        }
        body = _object(one["body"])
        what = body.get("message") or body.get("event") or {}
        self.entries.append(
            entry
            | {"kind": "request", "detail": next(iter(what), "")}
            | {"phones": self._phones(body.get("recipient") or {})}
        )

    def _phones(self, recipient: Json) -> list[str]:
        """Return the phones of a recipient, as `channel/identity`."""
        contact = self._platform.state.contacts.get(recipient.get("contact_id") or "") or {}
        named = (recipient.get("identified_by") or {}).get("channel_identities") or []
        identities = [*contact.get("channel_identities", []), *named]
        return [f"{one['channel']}/{one['identity'].removeprefix('+')}" for one in identities]


def _object(text: str) -> Json:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _detail(body: Json) -> str:
    """Return a word for the content of a callback: a status, or the type of a message or event."""
    kinds = ("contact_message", "contact_message_event", "contact_event")
    content: Json = next((body[kind] for kind in kinds if body.get(kind)), {})
    return str(body.get("status") or next(iter(content), ""))


def _curl(
    method: str,
    url: str,
    headers: dict[str, str],
    body: str,
    user: str = "",
    content_type: str = "application/json",
) -> str:
    words = ["curl", "-i", "-X", method, url]
    if user:
        words += ["-u", user]
    if body and content_type:
        headers = {"content-type": content_type, **headers}
    for name, value in headers.items():
        words += ["-H", f"{name}: {value}"]
    if body:
        words += ["--data-binary" if content_type else "-d", body]
    return shlex.join(words)
