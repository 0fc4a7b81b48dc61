"""How what a handler gives, or a refusal that it raises, becomes an HTTP response."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.emulator.api_error import ApiError


def answered(answer: Any) -> Response:
    """The answer as JSON; a response stays as it is."""
    if isinstance(answer, Response):
        return answer
    return JSONResponse(msgspec.to_builtins(answer))


async def refused(request: Request, fault: Exception) -> Response:
    """The answer to a request that was refused, as Starlette asks for it."""
    assert isinstance(fault, ApiError)
    return refused_with(fault)


def refused_with(error: ApiError) -> Response:
    """The answer that an error is."""
    return JSONResponse(error.body(), error.status, error.headers)
