"""All errors that `bot` raises. Each line below has a class, its cause and what a caller can do.

    BotError
    ├── ConfigError          a setting is missing or wrong: change it and start again
    │   └── NoStore          no bot has used the namespace yet
    ├── FlowError            a flow has an error: correct the module that is named
    ├── FlowSwitchedOff      an operator has switched the flow off: 409
    ├── MessageError         a message breaks a rule of the API or of a channel
    ├── ContactError         the contact can't be written to
    │   ├── UnknownContact   the bot has no such contact: 404
    │   ├── OptedOut         the contact said STOP, or does not consent to the purpose: 409
    │   ├── AlreadyActive    the contact has a run of the flow with the same `key`: 409
    │   └── UnreadableSession  the contact's stored session can't be read: 409
    ├── CallbackError        the webhook refuses a request
    │   ├── BadSignature     not signed with one of the secrets, or signed too long ago: 401
    │   ├── BodyTooLarge     the body is larger than BOT_MAX_BODY: 413
    │   └── Malformed        signed, but not JSON: 400
    ├── StoreError           Redis can't be reached, or refuses a command: try again later
    │   ├── StoreAway        Redis can't be reached
    │   ├── StoreFull        too many callbacks wait: 503
    │   ├── LaterSession     a later release has written the session: run that release
    │   └── LeaseLost        another worker has taken over the contact: discard the results
    ├── DownloadError        a contact's file can't be downloaded, or must not be
    └── SendError            the Conversation API did not take a request
        ├── SendRejected     the request will never be accepted: don't repeat it
        │   └── CredentialsRejected  no request will be accepted until the credentials are right
        └── SendRetryable    the request may be accepted later: try again after `retry_after_s`

Parsers also raise `bot.parse.NotUnderstood` for answers that do not fit the question.

Each error text names the thing, its value and the way out. No text contains a secret, a phone
number or a contact's text.
"""


class BotError(Exception):
    """Base class of all errors that `bot` raises."""


class ConfigError(BotError):
    """A setting is missing or wrong."""


class NoStore(ConfigError):
    """No bot has used this namespace of the server yet."""


class FlowError(BotError):
    """A flow has an error. If possible, the error is raised when the flow is loaded."""


class FlowSwitchedOff(BotError):
    """A flow can't be started, because an operator has switched it off."""


class MessageError(BotError):
    """A message breaks a rule of the Conversation API or a limit of a channel.

    `violations` has one line for each violation: message, field, limit and channel.
    """

    def __init__(self, violations: list[str]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


class ContactError(BotError):
    """The contact cannot be written to."""


class UnknownContact(ContactError):
    """The bot has no such contact: the contact never wrote, or was deleted."""


class AlreadyActive(ContactError):
    """The contact has an active run of the flow with the same `key`."""


class OptedOut(ContactError):
    """The contact said STOP, or doesn't consent to the purpose, so a message would be dropped."""


class UnreadableSession(ContactError):
    """Neither this release nor a later release can read the contact's stored session."""


class CallbackError(BotError):
    """The webhook refuses a request."""


class BadSignature(CallbackError):
    """The request isn't signed with one of the configured secrets, or was signed too long ago.

    `reason` is `unsigned` if there is no signature, `clock` if the signature's time is out of
    bounds, and `signature` otherwise.
    """

    def __init__(self, message: str, reason: str = "signature") -> None:
        super().__init__(message)
        self.reason = reason


class BodyTooLarge(CallbackError):
    """The request's body is larger than BOT_MAX_BODY."""


class Malformed(CallbackError):
    """The request has a valid signature, but its body is not a JSON object."""


class StoreError(BotError):
    """Redis can't be reached, or refuses a command."""


class StoreAway(StoreError):
    """Redis can't be reached, or doesn't answer in time."""


class StoreFull(StoreError):
    """Too many accepted items of this contact, or of all contacts, are waiting."""


class LaterSession(StoreError):
    """A later release has written the contact's session in a later schema."""


class LeaseLost(StoreError):
    """Another worker has taken over this contact. Discard the results of this claim."""


class DownloadError(BotError):
    """A file that a contact has sent cannot be downloaded, or must not be."""


class SendError(BotError):
    """The Conversation API did not accept a request.

    `status` is the HTTP status; 0 if there was no answer. `reason` is the API's own name for the
    error, such as `INVALID_ARGUMENT`.
    """

    def __init__(self, message: str, *, status: int = 0, reason: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class SendRejected(SendError):
    """The request will never be accepted as it is (400, 403, 404, wrong credentials)."""


class CredentialsRejected(SendRejected):
    """The platform rejects the credentials, and so every request of the bot."""


class SendRetryable(SendError):
    """The request may be accepted later (429, 5xx, time-out, no connection).

    `retry_after_s` is how many seconds the API asks to wait, or None. `outcome_known` is False if
    the request may have been accepted: after a time-out, a dropped connection or a 5xx. In this
    case, look the message up before you send it again.
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
