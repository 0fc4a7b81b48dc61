"""Reads the bodies of requests. A body is limited in size and must be a JSON object."""

import msgspec
from starlette.requests import Request

from bot.emulator.api_error import ApiError, Json

MAX_BYTES = 1_048_576
"""Maximum size of a body in bytes. A longer body is answered with 413."""


async def raw_body(request: Request) -> bytes:
    """Return the body.

    Raises:
        ApiError: the body is too long (413). The rest of the body is not read.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BYTES:
            raise ApiError(413, f"The body is longer than {MAX_BYTES} bytes")
    return bytes(raw)


async def json_body(request: Request) -> Json:
    """Return the JSON object in a request's body.

    Raises:
        ApiError: the body is too long, has another content type, or is not a JSON object.
    """
    raw = await raw_body(request)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ApiError(400, "Content-Type must be application/json")
    try:
        body = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, "The body is not JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "The body must be a JSON object")
    return body
