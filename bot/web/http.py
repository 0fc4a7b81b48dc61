"""What every endpoint does with a request: read its body, check its token, choose a status."""

import hmac

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from bot.errors import BodyTooLarge, BotError, OptedOut, StoreError, UnknownContact


async def read_body(scope: Scope, receive: Receive, max_bytes: int) -> bytes:
    """Read a request's raw body.

    Raises:
        BodyTooLarge: it has more than `max_bytes`. If its length is declared, nothing is read;
            otherwise no more than that.
        ClientDisconnect: the connection was closed before its end.
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


def is_allowed(request: Request, token: str) -> bool:
    """Return whether the request carries `Authorization: Bearer <token>`."""
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def status_of(error: BotError) -> int:
    """Return the status that answers a request which failed with this error."""
    match error:
        case UnknownContact():
            return 404
        case OptedOut():
            return 409
        case StoreError():
            return 503
        case _:
            return 400
