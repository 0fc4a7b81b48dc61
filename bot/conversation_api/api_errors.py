"""Converts the API's error responses to `SendRejected` or `SendRetryable`.

The API describes an error in one of three forms. The first is `{"error": {"code", "message",
"status", "details"}}`. The second has these fields at the top level, and `error` is a text. The
third is problem+json, `{"type", "title", "detail"}`. The value of `details` may contain
`field_violations`, or `retry_delay`, the time to wait before the next attempt. These forms are not
reliable, so only the HTTP status decides what to do.

The text of a raised error contains the API's own words. Words of the request are masked in this
text, and also numbers that may be phone numbers.
"""

import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.clock import as_datetime
from bot.conversation_api.http_client import HttpResponse, read_json
from bot.errors import CredentialsRejected, SendError, SendRejected, SendRetryable

MAX_RETRY_AFTER_S = 3600.0
"""Maximum time to wait before a retry, in seconds, even if a response asks for more.

Sinch itself does not retry a message to a channel for longer (`message_retry_settings` of an app).
"""

MAX_WORDS_CHARS = 300
"""Maximum number of characters of the API's own words in an error."""

HINTS = {
    401: "Check SINCH_KEY_ID and SINCH_KEY_SECRET, and that the key belongs to SINCH_PROJECT_ID.",
    403: "Check that the key may use SINCH_PROJECT_ID, and that the account has not reached its"
    " billing limit.",
    404: "Check SINCH_PROJECT_ID, SINCH_REGION and the ids in the request. An app exists only in"
    " the region it was created in; the request went to {host}.",
}


def refused(
    what: str,
    url: httpx.URL,
    body: bytes,
    secrets: str,
    response: HttpResponse,
    now: float,
) -> SendError:
    """Return the error for a response whose status is not 2xx.

    `what` names the call. The error's text masks the words of `secrets`, and the words of the
    request's `url` and `body`. `now` is in Unix seconds.
    """
    reason, words = _reason_and_words(response.json())
    words = _masked(words, _request_words(url, body, secrets))
    status = response.status
    described = f"{status} {reason}".rstrip() + (f": {words}" if words else "")
    if status == 429:
        return SendRetryable(
            f"{what} was rejected temporarily with {described}",
            status=status,
            reason=reason,
            retry_after_s=retry_after_s(response, now),
        )
    if status >= 500 or status == 408:
        return SendRetryable(
            f"{what} failed at the API with {described}",
            status=status,
            reason=reason,
            retry_after_s=retry_after_s(response, now),
            outcome_known=False,
        )
    hint = HINTS.get(status, "").format(host=url.host)
    if status < 400:
        hint = "Redirects aren't followed. Check SINCH_API_URL and SINCH_REGION."
    message = f"{what} was rejected with {described}".rstrip(".") + (f". {hint}" if hint else "")
    kind = CredentialsRejected if status == 401 else SendRejected
    return kind(message, status=status, reason=reason)


def unreadable(what: str, response: HttpResponse, wanted: str) -> SendRetryable:
    """Return the error for a 2xx response that does not contain `wanted`, such as "a JSON object".

    The platform may have accepted the request.
    """
    return SendRetryable(
        f"{what} was answered with {response.status}, but without {wanted}",
        status=response.status,
        outcome_known=False,
    )


def retry_after_s(response: HttpResponse, now: float) -> float | None:
    """Return how many seconds a response asks to wait, from 0 to `MAX_RETRY_AFTER_S`.

    The wait is in the Retry-After header, as seconds or an HTTP date, or in the `retry_delay` of
    the body's details, such as "7s". The header takes precedence. Return None if the response has
    no readable wait.
    """
    wait_s = _header_wait_s(response.headers.get("retry-after", "").strip(), now)
    if wait_s is None:
        wait_s = next(_body_waits_s(response.json()), None)
    return None if wait_s is None else min(max(wait_s, 0.0), MAX_RETRY_AFTER_S)


def _header_wait_s(value: str, now: float) -> float | None:
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    try:
        at = parsedate_to_datetime(value)
        return at.replace(tzinfo=at.tzinfo or as_datetime(0).tzinfo).timestamp() - now
    except (ValueError, OverflowError):
        return None


def _body_waits_s(body: Any) -> Iterator[float]:
    for detail in _details(_error_object(body)):
        for name in ("retry_delay", "retryDelay"):
            if delay := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)s", _text(detail.get(name))):
                yield float(delay[1])


def _error_object(body: Any) -> Mapping[str, Any]:
    """Return the object that contains `message`, `status` and `details`.

    This object is the value of the key `error`, or else the whole body.
    """
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    return error if isinstance(error, dict) else body


def _reason_and_words(body: Any) -> tuple[str, str]:
    """Return the API's name for the error, and the API's description of the error."""
    if not isinstance(body, dict):
        return "", ""
    error = _error_object(body)
    type_name = _text(body.get("type")).rpartition("/")[2]
    reasons = map(plain_word, (_text(error.get("status")), type_name, _text(body.get("error"))))
    reason = next(filter(None, reasons), "")
    texts = [error.get("message"), body.get("title"), body.get("detail"), body.get("error")]
    words = dict.fromkeys([*map(_text, texts), *_violations(error)])
    return reason, "; ".join(word for word in words if word not in ("", reason))


def plain_word(reason: Any) -> str:
    """Return `reason` if it is a single word such as INVALID_ARGUMENT or access-token-expired, else
    "".
    """
    is_plain = isinstance(reason, str) and re.fullmatch("[A-Za-z][A-Za-z_-]{1,63}", reason)
    return reason if is_plain else ""


def _violations(error: Mapping[str, Any]) -> Iterator[str]:
    for detail in _details(error):
        violations = detail.get("field_violations")
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict):
                field, text = _text(violation.get("field")), _text(violation.get("description"))
                yield ": ".join(filter(None, (field, text)))


def _details(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict):
            yield detail


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


_PHONE = re.compile(r"(?<!\w)\+?[0-9][0-9 ().-]{3,}[0-9](?!\w)")
_WORD = re.compile(r"\w{4,}")
_SHOWN = frozenset(
    ("app_id", "contact_id", "conversation_id", "channel", "channels", "channel_priority_order")
)
"""Keys whose values are not masked in errors: ids and names, but no text that a person wrote."""


def _masked(words: str, hidden: set[str]) -> str:
    words = _PHONE.sub("***", words[: 2 * MAX_WORDS_CHARS])
    words = _WORD.sub(lambda word: "***" if word[0].casefold() in hidden else word[0], words)
    return words[:MAX_WORDS_CHARS]


def _request_words(url: httpx.URL, body: bytes, secrets: str) -> set[str]:
    """Return the words of the request's values, so that they can be hidden in errors."""
    texts = [secrets, *_texts(read_json(body)), *_texts(dict(url.params))]
    return {word.casefold() for text in texts for word in _WORD.findall(text)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _SHOWN:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
