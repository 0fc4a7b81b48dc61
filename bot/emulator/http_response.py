"""Converts the results and errors of handlers to HTTP responses."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.emulator.api_error import ApiError


def answered(answer: Any) -> Response:
    """Return a handler's result as a JSON response. A `Response` is returned unchanged."""
    if isinstance(answer, Response):
        return answer
    return JSONResponse(msgspec.to_builtins(answer))


async def refused(request: Request, fault: Exception) -> Response:
    """Return the response to a rejected request. This is an exception handler of Starlette."""
    assert isinstance(fault, ApiError)
    return refused_with(fault)


def refused_with(error: ApiError) -> Response:
    return JSONResponse(error.body(), error.status, error.headers)
