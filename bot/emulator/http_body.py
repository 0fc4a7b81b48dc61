"""Reads the bodies of requests: bounded, and JSON objects only."""

import msgspec
from starlette.requests import Request

from bot.emulator.api_error import ApiError, Json

MAX_BYTES = 1_048_576
"""A longer body is answered with 413."""


async def raw_body(request: Request) -> bytes:
    """The body; raises a 413 as soon as it is too long."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MAX_BYTES:
            raise ApiError(413, f"The body is longer than {MAX_BYTES} bytes")
    return bytes(raw)


async def json_body(request: Request) -> Json:
    """The JSON object that a request brings.

    Raises:
        Refusal: it is too long, isn't said to be JSON, or is no JSON object.
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
