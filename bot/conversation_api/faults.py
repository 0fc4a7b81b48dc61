"""What the API's refusals and the network's faults mean to a sender: `SendRejected` or
`SendRetryable`.

The API describes a refusal either as `{"error": {"code", "message", "status", "details"}}`, with
`field_violations` in the details, or as problem+json `{"type", "title", "detail"}`; none of it can
be relied on, so the HTTP status alone decides what is to be done. The API's own words are shown,
but for what the request said and for numbers that may be a phone's.
"""

import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.clock import as_datetime
from bot.conversation_api.exchange import Answer, read_json
from bot.errors import SendError, SendRejected, SendRetryable

MAX_RETRY_AFTER_S = 3600.0
"""The longest wait taken from a Retry-After header: the longest the platform itself retries."""

MAX_WORDS = 300
"""Characters of the API's own words that an error repeats."""

HINTS = {
    401: "Check SINCH_KEY_ID and SINCH_KEY_SECRET, and that the key belongs to SINCH_PROJECT_ID.",
    403: "Check that the key may use SINCH_PROJECT_ID, and the account's billing limit.",
    404: "Check the ids and SINCH_PROJECT_ID, and SINCH_REGION: an app answers only in the region"
    " it was created in, and this is {host}.",
}


def refused(what: str, request: httpx.Request, answer: Answer, now: float) -> SendError:
    """The error for an answer that isn't 2xx. `what` names the call; `now` is in Unix seconds."""
    reason, words = _told(read_json(answer.body))
    words = _masked(words, _said(request))
    status = answer.status
    told = f"{status} {reason}".rstrip() + (f": {words}" if words else "")
    if status == 429:
        return SendRetryable(
            f"{what} was put off with {told}",
            status=status,
            reason=reason,
            retry_after_s=retry_after_s(answer.headers, now),
        )
    if status >= 500 or status == 408:
        return SendRetryable(
            f"{what} failed at the API with {told}",
            status=status,
            reason=reason,
            retry_after_s=retry_after_s(answer.headers, now),
            outcome_known=False,
        )
    hint = HINTS.get(status, "").format(host=request.url.host)
    if status < 400:
        hint = "Redirects aren't followed. Check SINCH_API_URL and SINCH_REGION."
    message = f"{what} was refused with {told}".rstrip(".") + (f". {hint}" if hint else "")
    return SendRejected(message, status=status, reason=reason)


def unreadable(what: str, answer: Answer, wanted: str) -> SendRetryable:
    """The error for a 2xx answer that doesn't hold what it must: the request may be taken."""
    return SendRetryable(
        f"{what} was answered {answer.status} without {wanted}",
        status=answer.status,
        outcome_known=False,
    )


def retry_after_s(headers: httpx.Headers, now: float) -> float | None:
    """The wait that a Retry-After header asks for, given in seconds or as an HTTP date.

    At least 0 and at most `MAX_RETRY_AFTER_S`; None where the header is missing or senseless.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        wait_s = float(value)
    else:
        try:
            at = parsedate_to_datetime(value)
            wait_s = at.replace(tzinfo=at.tzinfo or as_datetime(0).tzinfo).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return min(max(wait_s, 0.0), MAX_RETRY_AFTER_S)


def _told(body: Any) -> tuple[str, str]:
    """The API's word for the fault, and its description."""
    if not isinstance(body, dict):
        return "", ""
    error = body.get("error")
    if isinstance(error, dict):
        words = [_text(error.get("message")), *_violations(error.get("details"))]
        reason = _text(error.get("status"))
    else:
        words = [_text(body.get("title")), _text(body.get("detail"))]
        reason = _text(body.get("type")).rpartition("/")[2] or _text(error)
    return plain_word(reason), "; ".join(filter(None, words))


def plain_word(reason: Any) -> str:
    """`reason` if it is a word such as INVALID_ARGUMENT or access-token-expired, else nothing."""
    is_plain = isinstance(reason, str) and re.fullmatch("[A-Za-z][A-Za-z_-]{1,63}", reason)
    return reason if is_plain else ""


def _violations(details: Any) -> Iterator[str]:
    for detail in details if isinstance(details, list) else ():
        violations = detail.get("field_violations") if isinstance(detail, dict) else None
        for violation in violations if isinstance(violations, list) else ():
            if isinstance(violation, dict):
                field, fault = _text(violation.get("field")), _text(violation.get("description"))
                yield ": ".join(filter(None, (field, fault)))


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


_PHONE = re.compile(r"(?<!\w)\+?[0-9][0-9 ().-]{3,}[0-9](?!\w)")
_WORD = re.compile(r"\w{4,}")
_SHOWN = frozenset(
    ("app_id", "contact_id", "conversation_id", "channel", "channels", "channel_priority_order")
)
"""Keys whose values the API's words may repeat: ids and names, nothing anybody wrote."""


def _masked(words: str, said: set[str]) -> str:
    words = _PHONE.sub("***", words[: 2 * MAX_WORDS])
    words = _WORD.sub(lambda word: "***" if word[0].casefold() in said else word[0], words)
    return words[:MAX_WORDS]


def _said(request: httpx.Request) -> set[str]:
    """The words of the request's values, so that no error repeats a message or the token."""
    token = request.headers.get("authorization", "")
    texts = [token, *_texts(read_json(request.content)), *_texts(dict(request.url.params))]
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
