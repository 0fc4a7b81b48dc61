"""Every error that `bot` raises, by what a caller can do about it.

    BotError
    ├── ConfigError          a setting is missing or wrong: change it and start again
    │   └── NoStore          no bot has used the namespace yet
    ├── FlowError            a flow is written wrongly: correct the module it names
    ├── FlowSwitchedOff      a flow that an operator has switched off: 409
    ├── MessageError         a message breaks a rule of the API or of a channel
    ├── ContactError         a contact that can't be written to
    │   ├── UnknownContact   the bot doesn't know it: 404
    │   ├── OptedOut         it said STOP, or does not consent to the purpose: 409
    │   └── AlreadyActive    it has a run of the flow with the same `key`: 409
    ├── CallbackError        a refused request to the webhook
    │   ├── BadSignature     not signed with a secret of ours, or too long ago: 401
    │   ├── BodyTooLarge     its body is larger than BOT_MAX_BODY: 413
    │   └── Malformed        signed, but not JSON: 400
    ├── StoreError           Redis is away or refuses: wait and try again
    │   ├── StoreAway        it can't be reached
    │   ├── StoreFull        too many callbacks wait: 503
    │   └── LeaseLost        another worker has taken over the contact: discard the results
    ├── DownloadError        a file of a contact's can't be had, or may not be
    └── SendError            the Conversation API did not take a request
        ├── SendRejected     it never will: don't repeat it
        │   └── CredentialsRejected  no request will be accepted until the credentials are right
        └── SendRetryable    it may later: try again, after `retry_after_s` if given

Besides these, parsers raise `bot.parse.NotUnderstood` for answers that don't fit the question.

Each message names the thing, its value and the way out; none contains a secret, a phone number or
what a contact wrote.
"""


class BotError(Exception):
    """Base of all errors raised by `bot`."""


class ConfigError(BotError):
    """A setting is missing or wrong."""


class NoStore(ConfigError):
    """No bot has used this namespace of the server yet."""


class FlowError(BotError):
    """A flow is written wrongly; raised when it is loaded wherever that is possible."""


class FlowSwitchedOff(BotError):
    """A flow can't be started, because an operator has switched it off."""


class MessageError(BotError):
    """A message breaks a rule of the Conversation API or a limit of a channel.

    `violations` holds one line for each error: message, field, limit, channel.
    """

    def __init__(self, violations: list[str]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


class ContactError(BotError):
    """A contact that can't be written to."""


class UnknownContact(ContactError):
    """The bot doesn't know this contact: it never wrote, or was forgotten."""


class AlreadyActive(ContactError):
    """The contact has an active run of the flow with the same value of its `key`."""


class OptedOut(ContactError):
    """The contact said STOP, or doesn't consent to the purpose, so a message would be dropped."""


class CallbackError(BotError):
    """A request to the webhook that is refused."""


class BadSignature(CallbackError):
    """The request isn't signed with one of the configured secrets, or was signed too long ago.

    `reason` is `unsigned` if there is no signature, `clock` if its time is out of bounds, and
    `signature` otherwise.
    """

    def __init__(self, message: str, reason: str = "signature") -> None:
        super().__init__(message)
        self.reason = reason


class BodyTooLarge(CallbackError):
    """The request's body is larger than BOT_MAX_BODY."""


class Malformed(CallbackError):
    """The request is rightly signed, but its body is no JSON object."""


class StoreError(BotError):
    """Redis can't be reached, or refuses a command."""


class StoreAway(StoreError):
    """Redis can't be reached, or doesn't answer in time."""


class StoreFull(StoreError):
    """The bound on accepted and unhandled callbacks is reached."""


class LeaseLost(StoreError):
    """Another worker has taken over this contact. Discard the results computed here."""


class DownloadError(BotError):
    """A file that a contact has sent can't be fetched, or may not be."""


class SendError(BotError):
    """The Conversation API did not accept a request.

    `status` is the HTTP status, or 0 if no answer came. `reason` is the API's own word for the
    error, such as `INVALID_ARGUMENT`.
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class SendRejected(SendError):
    """The request will never be accepted as it is (400, 403, 404, wrong credentials)."""


class CredentialsRejected(SendRejected):
    """The platform doesn't take the key, so it takes no request of the bot."""


class SendRetryable(SendError):
    """The request may be accepted later (429, 5xx, time-out, no connection).

    `retry_after_s` is the wait in seconds that the API asks for, or None. `outcome_known` is False
    if the request may have been accepted although no answer says so (a time-out after sending, a
    dropped connection, a 5xx). Then look before sending again.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        reason: str = "",
        retry_after_s: float | None = None,
        outcome_known: bool = True,
    ) -> None:
        super().__init__(message, status=status, reason=reason)
        self.retry_after_s = retry_after_s
        self.outcome_known = outcome_known
