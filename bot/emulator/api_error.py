"""Errors of the API: status, canonical code, and the wrong fields of a bad request."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Json = dict[str, Any]

_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL_ERROR",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}


class Violation(NamedTuple):
    """A field of a request that breaks a rule. `field` is a path, such as `message.text`."""

    field: str
    description: str


class ApiError(Exception):
    """An error with which the API answers a request."""

    def __init__(
        self,
        status: int,
        message: str,
        violations: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.violations = violations
        self.headers = dict(headers or {})

    def body(self) -> Json:
        """Return the error in the `google.rpc` form that the API documentation describes."""
        details: list[Json] = []
        if self.violations:
            details.append(
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "field_violations": [violation._asdict() for violation in self.violations],
                }
            )
        return {
            "error": {
                "code": self.status,
                "message": self.message,
                "status": _WORDS.get(self.status, "UNKNOWN"),
                "details": details,
            }
        }


def invalid(field: str, description: str) -> ApiError:
    """Return the error 400 for one wrong field."""
    return ApiError(400, "Invalid argument", [Violation(field, description)])


def not_found(thing: str) -> ApiError:
    """Return the error 404 for `thing`, such as "Message"."""
    return ApiError(404, f"{thing} not found")


def wrong_region() -> ApiError:
    """Return the error of a host whose region is not the app's region. The host answers every
    request with this error.
    """
    return ApiError(404, "Not found in this region")
