"""Secret answers: they are encrypted in the session and never logged.

An ask with `secret=True` asks for something like a PIN. Its answer is in the flow's data while a
turn runs. In the session it is stored as `{"$sealed": …}`, encrypted with the first key of
BOT_SECRET_KEY (Fernet: AES-128-CBC with HMAC-SHA256). All keys are tried for decryption, so that
keys can be rotated. The encrypted value contains its contact, flow and ask, so it is rejected for
any other contact, flow or ask. If an answer cannot be decrypted, its question is asked again. The
turn log does not contain the answer, its message, or an analysis by Sinch that repeats the
answer.

`secrets` of contact data are treated the same way, but a value that cannot be decrypted stays
encrypted.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from bot import callbacks
from bot.callbacks import Callback
from bot.contact.session import Run, Session
from bot.engine import migration, releases
from bot.errors import ConfigError
from bot.flow.load import Flows
from bot.flow.values import plain
from bot.items import inbound
from bot.settings import Secret

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

logger = logging.getLogger(__name__)

MARK = "$sealed"
HIDDEN = "***"
REPEATING = ("MESSAGE_INBOUND_SMART_CONVERSATION_REDACTION", "SMART_CONVERSATION")
NEW_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


class AnswerCipher:
    """Encrypts and decrypts the secret answers of sessions.

    Raises:
        ConfigError: a key is invalid.
    """

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._fernet = _fernet(keys) if keys else None

    def require(self, flows: Flows) -> None:
        """Raise `ConfigError` if there is no key although a flow or the contact data has
        secrets.
        """
        contact_data = flows.contact_data
        if contact_data and contact_data.secrets and self._fernet is None:
            raise ConfigError(
                f"{contact_data.declared.__name__} has the secret field"
                f" {contact_data.secrets[0]!r}, so set BOT_SECRET_KEY to the same key in all"
                f" processes. Make a key: {NEW_KEY}"
            )
        for flow in flows:
            if flow.secrets and self._fernet is None:
                raise ConfigError(
                    f"Flow {flow.name!r} asks for a secret, {flow.secrets[0]!r}, so set"
                    f" BOT_SECRET_KEY to the same key in all processes. Make a key: {NEW_KEY}"
                )

    def open(self, session: Session, flows: Flows) -> Session:
        """Decrypt the secret answers in the session's data. Runs of unknown flows are skipped.

        An answer that cannot be decrypted is removed and logged, and its question is asked again.
        """
        for run, name, values in _secrets(session, flows) if flows.have_secrets else ():
            if not is_encrypted(values.get(name)):
                continue
            sealed = values.pop(name)[MARK]
            try:
                values[name] = self._decrypted(sealed, [session.address.key, run.flow, name])
            except ValueError as error:
                if values is run.data:
                    run.unfit.append(name)
                logger.error(
                    "A secret answer can't be decrypted, so its question is asked again: %s",
                    error,
                    extra={"action": "secret_not_opened", "flow": run.flow, "ask": name},
                )
        if session.data:
            data, version = session.data, session.data_version
            session.data = self.open_data(data, version, session.address.key, flows)
        return session

    def close(self, session: Session, flows: Flows) -> None:
        """Encrypt the secret answers in the session's data."""
        for run, name, values in _secrets(session, flows) if flows.have_secrets else ():
            if values.get(name) is not None:
                where = [session.address.key, run.flow, name]
                values[name] = {MARK: self._encrypted(values[name], where)}
        if session.data:
            session.data = self.close_data(session.data, session.address.key, flows)

    def open_data(
        self, data: dict[str, Any], version: int, contact: str, flows: Flows
    ) -> dict[str, Any]:
        """Return contact data with its secrets decrypted.

        Secrets that cannot be decrypted stay encrypted. Undeclared fields stay encrypted too,
        unless the data is of an older version and will be migrated.
        """
        kind = flows.contact_data
        if kind is None:
            return data
        opened = dict(data)
        for name, value in data.items():
            if is_encrypted(value) and (name in kind.fields or version < kind.declared.version):
                try:
                    opened[name] = self._decrypted(value[MARK], [contact, "", name])
                except ValueError as error:
                    logger.error(
                        "A secret field of the contact's data can't be decrypted: %s",
                        error,
                        extra={"action": "secret_not_opened", "field": name},
                    )
        return opened

    def close_data(self, data: dict[str, Any], contact: str, flows: Flows) -> dict[str, Any]:
        """Return contact data with its secrets encrypted."""
        closed = dict(data)
        for name in flows.contact_data.secrets if flows.contact_data else ():
            if name in data and not is_encrypted(data[name]):
                closed[name] = {MARK: self._encrypted(data[name], [contact, "", name])}
        return closed

    def _encrypted(self, value: Any, where: list[str]) -> str:
        assert self._fernet is not None, "require() raises an error if there is no key"
        return self._fernet.encrypt(msgspec.json.encode([where, value])).decode()

    def _decrypted(self, sealed: Any, where: list[str]) -> Any:
        """Return the decrypted answer.

        Raises:
            ValueError: no key decrypts the answer, or the answer was encrypted for another contact,
                flow or
                ask.
        """
        from cryptography.fernet import InvalidToken

        try:
            if self._fernet is None or not isinstance(sealed, str):
                raise InvalidToken
            found, value = msgspec.json.decode(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise ValueError(
                "no key in BOT_SECRET_KEY decrypts the value. If the key was changed, add the"
                " former key after the new one, separated by a comma."
            ) from None
        if found != where:
            raise ValueError("the value belongs to another contact or question.")
        return value


def _secrets(session: Session, flows: Flows) -> Iterator[tuple[Run, str, dict[str, Any]]]:
    """Yield for each secret answer: the run, the answer's name, and the data that may have it.

    The data is the run's current data, or the data that an entry of the run's trail stores. In a
    run that is not migrated yet, the answer has the name of the run's version.
    """
    # While an answer of a returned run is changed, the run is in its caller's trail, too.
    runs = {id(run): run for run in _kept_runs(session.runs)}
    for run in runs.values():
        if run.flow in flows:
            for name in migration.names_before(run, flows[run.flow], flows[run.flow].secrets):
                for values in (run.data, *(entry.undo for entry in run.trail)):
                    yield run, name, values


def _kept_runs(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield the given runs, and all called runs that these runs store."""
    for run in runs:
        yield run
        yield from _kept_runs([*run.aside, *(each.called for each in run.trail if each.called)])


def is_encrypted(value: Any) -> bool:
    """Return whether an answer in a session's data is encrypted."""
    return isinstance(value, dict) and value.keys() == {MARK}


def masked(data: dict[str, Any]) -> dict[str, Any]:
    """Return stored data for display, as plain JSON with `***` instead of each secret."""
    return {name: HIDDEN if is_encrypted(each) else plain(each) for name, each in data.items()}


def repeats_secret(callback: Callback) -> bool:
    """Return whether the callback may repeat a secret answer of an earlier message."""
    return callback.trigger in REPEATING


def is_secret_state(session: Session, flows: Flows) -> bool:
    """Return whether the active question asks for a secret.

    The session need not be migrated yet.
    """
    if not flows.have_secrets:
        return False
    run = releases.in_present_names(session, flows).run
    return run is not None and run.flow in flows and run.state in flows[run.flow].secrets


def hidden(raw: bytes) -> bytes:
    """Return an inbox item without the contact's text."""
    item = inbound.decode(raw)
    if not item.callback:
        return raw
    callback = callbacks.read(bytes(item.callback))
    for kind in ("message", "message_redaction"):
        if isinstance(callback.get(kind), dict):
            callback[kind]["contact_message"] = {"text_message": {"text": HIDDEN}}
    if isinstance(callback.get("smart_conversation_notification"), dict):
        callback["smart_conversation_notification"]["analysis_results"] = {}
    item.callback = msgspec.Raw(msgspec.json.encode(callback))
    return inbound.encode(item)


def _fernet(keys: Sequence[Secret]) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet

    try:
        return MultiFernet([Fernet(key.reveal()) for key in keys])
    except ValueError as error:
        raise ConfigError(
            "BOT_SECRET_KEY takes keys of 32 bytes in URL-safe base64, separated by commas. Make a"
            f" key: {NEW_KEY}"
        ) from error
