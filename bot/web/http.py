"""Code that the endpoints share: reads the body, checks the token, chooses a status."""

import hmac
import logging

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from bot.errors import (
    AlreadyActive,
    BodyTooLarge,
    BotError,
    CredentialsRejected,
    FlowSwitchedOff,
    OptedOut,
    SendRetryable,
    StoreError,
    UnknownContact,
    UnreadableSession,
)
from bot.telemetry import metrics

logger = logging.getLogger(__name__)


async def read_body(scope: Scope, receive: Receive, max_bytes: int) -> bytes:
    """Read a request's raw body.

    Raises:
        BodyTooLarge: the body has more than `max_bytes` bytes. If the request declares its length,
            nothing is read; otherwise at most `max_bytes` are read.
        ClientDisconnect: the connection was closed before the end of the body.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > max_bytes:
            raise BodyTooLarge(f"The body has more than {max_bytes} bytes.")
    body = bytearray()
    has_more = True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise BodyTooLarge(f"The body has more than {max_bytes} bytes.")
        has_more = message.get("more_body", False)
    return bytes(body)


def has_token(request: Request, token: str) -> bool:
    """Return whether the request has exactly one Authorization header: `Bearer <token>`.

    A request without exactly this header is logged and counted.
    """
    given = [value for name, value in request.headers.raw if name == b"authorization"]
    scheme, _, credentials = (given[0] if len(given) == 1 else b"").partition(b" ")
    is_token = hmac.compare_digest(credentials.strip(), token.encode())
    if is_token and scheme.lower() == b"bearer":
        return True
    metrics.refused.count("token")
    logger.warning(
        "Request refused: no valid token",
        extra={"action": "refused", "reason": "token", "path": request.url.path},
    )
    return False


def status_of(error: BotError) -> int:
    """Return the HTTP status for a request that failed with this error."""
    match error:
        case UnknownContact():
            return 404
        case OptedOut() | AlreadyActive() | FlowSwitchedOff() | UnreadableSession():
            return 409
        case StoreError() | SendRetryable() | CredentialsRejected():
            return 503
        case _:
            return 400
