"""The access token. It is fetched with the client credentials, and used until shortly before it
expires.

The platform's form of OAuth 2.0 is POST /oauth2/token with HTTP Basic (key id and key secret) and a
form body. The response contains the token's lifetime, about an hour. There is no refresh token.
"""

import asyncio
import base64
import logging
import math
import re

import msgspec

from bot.clock import Clock
from bot.conversation_api.api_errors import plain_word, retry_after_s
from bot.conversation_api.http_client import HttpClient, HttpResponse, parsed_url
from bot.conversation_api.transport import Headers
from bot.errors import CredentialsRejected, SendError, SendRejected, SendRetryable
from bot.settings import Settings

AHEAD_S = 60.0
"""A token is renewed this many seconds before the token expires.

If the token's whole lifetime is less than ten times this time, the token is renewed after nine
tenths of its lifetime.
"""

_FORM = b"grant_type=client_credentials"
_WHAT = "The request for an access token"

logger = logging.getLogger(__name__)


class _Grant(msgspec.Struct):
    access_token: str
    expires_in: float = 3600.0
    token_type: str = "Bearer"


class Token:
    """The one access token of a process.

    All waiting callers share one request and its outcome. Canceling a caller does not cancel the
    request.
    """

    def __init__(self, settings: Settings, clock: Clock, http: HttpClient) -> None:
        self._clock = clock
        self._http = http
        self._held = b""
        self._renew_at = -math.inf
        self._renewal: asyncio.Task[None] | None = None
        self._url = parsed_url(f"{settings.auth_host}/oauth2/token", "SINCH_AUTH_URL")
        credentials = f"{settings.key_id}:{settings.key_secret.reveal()}".encode()
        self._headers: Headers = (
            (b"host", self._url.netloc),
            (b"accept", b"application/json"),
            (b"accept-encoding", b"identity"),
            (b"authorization", b"Basic " + base64.b64encode(credentials)),
            (b"content-type", b"application/x-www-form-urlencoded"),
            (b"content-length", b"%d" % len(_FORM)),
        )

    async def header(self) -> bytes:
        """Return the value of the Authorization header, with a token that does not expire soon.

        Raises:
            SendRejected: the credentials are wrong.
            SendRetryable: no token can be fetched now. The request that needs the token was not
                sent.
        """
        if self._clock.monotonic() >= self._renew_at:
            if self._renewal is None:
                self._renewal = asyncio.create_task(self._renew())
                self._renewal.add_done_callback(self._renewed)
            await asyncio.shield(self._renewal)
        return self._held

    def outdated(self, header: bytes, response: HttpResponse) -> bool:
        """Return whether to repeat a request that was sent with `header` and got 401.

        The result is True if another caller has renewed the token meanwhile. The result is also
        True if the response reports an expired token, in the header `www-authenticate` or in the
        `type` of its body. In this case the token is dropped.
        """
        if header != self._held:
            return True
        problem = response.json(dict) or {}
        words = f"{response.headers.get('www-authenticate', '')} {problem.get('type', '')}"
        if "expired" not in words.lower():
            return False
        self._renew_at = -math.inf
        return True

    async def aclose(self) -> None:
        """Cancel the renewal of the token, if one is running."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait([self._renewal])

    def _renewed(self, renewal: asyncio.Task[None]) -> None:
        self._renewal = None

    async def _renew(self) -> None:
        asked_at = self._clock.monotonic()
        try:
            response = await self._http.request_once(
                "POST", self._url, self._headers, _FORM, what=_WHAT
            )
        except SendRetryable as error:
            raise SendRetryable(str(error)) from error  # The message itself was not sent.
        if response.status != 200:
            raise _refused(response, self._url.host, self._clock.now())
        grant = _granted(response)
        ahead_s = min(AHEAD_S, grant.expires_in / 10)
        self._renew_at = asked_at + grant.expires_in - ahead_s
        self._held = b"Bearer " + grant.access_token.encode()
        logger.debug("Got an access token", extra={"action": "renew", "for_s": grant.expires_in})


def _granted(response: HttpResponse) -> _Grant:
    grant: _Grant | None = response.json(_Grant)
    # Only a single word is accepted, because other text could break out of the header.
    if (
        grant is None
        or grant.token_type.lower() != "bearer"
        or grant.expires_in <= 0
        or not re.fullmatch(r"[!-~]+", grant.access_token)
    ):
        raise SendRetryable(
            f"{_WHAT} was answered with 200, but without a bearer token", status=200
        )
    return grant


def _refused(response: HttpResponse, host: str, now: float) -> SendError:
    reason = plain_word((response.json(dict) or {}).get("error"))
    status = response.status
    message = f"{_WHAT} was refused by {host} with {status} {reason}".rstrip()
    if status in (408, 429) or status >= 500:
        wait_s = retry_after_s(response, now)
        return SendRetryable(message, status=status, reason=reason, retry_after_s=wait_s)
    if status not in (400, 401, 403):
        return SendRejected(f"{message}. Check SINCH_AUTH_URL.", status=status, reason=reason)
    hint = "Check SINCH_KEY_ID and SINCH_KEY_SECRET."
    return CredentialsRejected(f"{message}. {hint}", status=status, reason=reason)
