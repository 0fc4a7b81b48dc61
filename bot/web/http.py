"""What every endpoint does with a request: read its body, check its token, choose a status."""

import hmac

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from bot.errors import BodyTooLarge, BotError, OptedOut, StoreError, UnknownContact


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """Read a request's raw body.

    Raises:
        BodyTooLarge: it has more than `max_bytes`; no more than that is read.
        ClientDisconnect: the connection was closed before its end.
    """
    chunks: list[bytes] = []
    size, has_more = 0, True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > max_bytes:
            raise BodyTooLarge(f"The body has more than {max_bytes} bytes.")
        has_more = message.get("more_body", False)
    # Joined once, so that a large body sent byte by byte isn't copied for each byte.
    return b"".join(chunks)


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
