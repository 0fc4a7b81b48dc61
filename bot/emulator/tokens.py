"""Access tokens. They are issued for the access key and checked on every request."""

import base64
import binascii
import hashlib
import hmac
import json

from bot.emulator.api_error import ApiError, Json
from bot.emulator.core import Core
from bot.emulator.sample_project import SampleProject


class Tokens:
    """Issues access tokens, and checks the credentials of requests."""

    def __init__(self, core: Core, world: SampleProject) -> None:
        self._core = core
        self._world = world

    def give(self) -> Json:
        """Return the token endpoint's response, with a new token."""
        lifetime_s = self._core.behavior.token_lifetime_s
        now = self._core.now()
        claims = {
            "sub": self._world.key_id,
            "jti": self._core.id(),
            "iat": now,
            "series": self._core.state.token_series,
            "exp": now + lifetime_s,
        }
        head = f"{_pack({'alg': 'HS256', 'typ': 'JWT'})}.{_pack(claims)}"
        return {
            "access_token": f"{head}.{self._signature(head)}",
            "token_type": "Bearer",
            "expires_in": lifetime_s,
            "scope": "",
        }

    def is_key(self, authorization: str) -> bool:
        """Return whether the header is HTTP Basic with the project's key."""
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            return False
        expected = f"{self._world.key_id}:{self._world.key_secret}".encode()
        return hmac.compare_digest(given, expected)

    def require(self, authorization: str) -> None:
        """Require a header with a valid token, or with the access key itself.

        Raises:
            ApiError: the header has neither a valid token nor the access key (401).
        """
        if self.is_key(authorization):
            return
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise ApiError(
                401, "Request had invalid credentials.", headers={"www-authenticate": "Bearer"}
            )
        head, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(head).encode(), signature.encode()):
            raise ApiError(
                401,
                "Request had invalid credentials.",
                headers={"www-authenticate": 'Bearer error="invalid_token"'},
            )
        claims = _unpack(head.partition(".")[2])
        old = claims["series"] != self._core.state.token_series
        if old or claims["exp"] <= self._core.now():
            raise expired()

    def expire_all(self) -> None:
        """Expire all tokens that have been issued."""
        self._core.state.token_series += 1

    def _signature(self, head: str) -> str:
        digest = hmac.digest(self._world.key_secret.encode(), head.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def expired() -> ApiError:
    """Return the error (401) after which a client has to request a new token."""
    return ApiError(
        401, "The access token has expired.", headers={"www-authenticate": 'Bearer error="expired"'}
    )


def _pack(claims: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def _unpack(part: str) -> Json:
    claims: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims
