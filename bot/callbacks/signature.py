"""Signatures of callbacks: HMAC-SHA256 over the raw body, a nonce and a timestamp.

Sinch sends four headers with each callback of a webhook that has a secret. The signature is
base64(HMAC-SHA256(secret, body + "." + nonce + "." + timestamp)). The signature is computed from
the bytes of the body as they were sent, including whitespace, so the body must not be parsed first.
A repeated nonce is accepted, because Sinch may repeat a callback with its first signature. The
inbox drops repeats.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.errors import BadSignature
from bot.settings import Secret

ALGORITHM = "HmacSHA256"

SIGNATURE_HEADER = "x-sinch-webhook-signature"
ALGORITHM_HEADER = f"{SIGNATURE_HEADER}-algorithm"
NONCE_HEADER = f"{SIGNATURE_HEADER}-nonce"
TIMESTAMP_HEADER = f"{SIGNATURE_HEADER}-timestamp"
_NAMES = tuple(
    name.encode() for name in (SIGNATURE_HEADER, ALGORITHM_HEADER, NONCE_HEADER, TIMESTAMP_HEADER)
)


def sign(secret: Secret | str, body: bytes, nonce: str, timestamp: int | str) -> str:
    """Return the signature in base64. `timestamp` is in Unix seconds."""
    signed = _signed(body, nonce.encode(), str(timestamp).encode())
    return base64.b64encode(_digest(secret, signed)).decode()


def headers(secret: Secret | str, body: bytes, nonce: str, timestamp: int | str) -> dict[str, str]:
    """Return the four headers that Sinch sends with a signed callback."""
    return {
        SIGNATURE_HEADER: sign(secret, body, nonce, timestamp),
        ALGORITHM_HEADER: ALGORITHM,
        NONCE_HEADER: nonce,
        TIMESTAMP_HEADER: str(timestamp),
    }


class Signature(NamedTuple):
    """The values in the headers of a signed callback. `verify` checks the signature of the body."""

    digest: bytes
    nonce: bytes
    timestamp: bytes

    def verify(self, body: bytes, secrets: Sequence[Secret]) -> None:
        """Check that one of `secrets` has signed `body`.

        Raises:
            BadSignature: none of the secrets has signed the body.
        """
        signed = _signed(body, self.nonce, self.timestamp)
        fits = False
        for secret in secrets:
            # Every secret is compared, and in constant time, so that the duration reveals nothing.
            # An empty secret is skipped, because everybody knows it.
            fits |= bool(secret) and hmac.compare_digest(_digest(secret, signed), self.digest)
        if not fits:
            raise BadSignature(
                "The signature matches no secret in SINCH_WEBHOOK_SECRET. Either the webhook at"
                " Sinch has a different secret, or a proxy has changed the body; `bot doctor` finds"
                " out which."
            )


def read(
    headers: Iterable[tuple[bytes, bytes]], now: float, max_age_s: float, max_ahead_s: float
) -> Signature:
    """Read the signature of a callback from the headers, before the body has arrived.

    `headers` are the headers of a request in the form of ASGI. The case of header names does not
    matter. The timestamp may be up to `max_age_s` before the clock time `now`, and up to
    `max_ahead_s` after `now`.

    Raises:
        BadSignature: a header is missing, repeated or malformed, or the timestamp is too old or too
            far in the future. The error contains no value of a header.
    """
    given, algorithm, nonce, timestamp = _read(headers)
    if algorithm != ALGORITHM.encode():
        raise BadSignature(f"{ALGORITHM_HEADER} isn't {ALGORITHM}, the only supported algorithm.")
    digest = _decoded(given)
    if not (nonce.isascii() and nonce.decode().isprintable()):
        raise BadSignature(f"{NONCE_HEADER} isn't plain text.")
    if not (timestamp.isdigit() and len(timestamp) <= 12):
        raise BadSignature(f"{TIMESTAMP_HEADER} isn't a number of seconds since 1970.")
    _check_window(int(timestamp), now, max_age_s, max_ahead_s)
    return Signature(digest, nonce, timestamp)


def _read(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in _NAMES:
            if lower in found:
                raise BadSignature(f"{lower.decode()} occurs twice.")
            found[lower] = value
    values = [found.get(name, b"") for name in _NAMES]
    if not all(values):
        missing = _NAMES[values.index(b"")]
        raise BadSignature(
            f"{missing.decode()} is missing. Either the webhook has no secret (run `bot setup`),"
            " or a proxy removes the headers that begin with"
            f" {SIGNATURE_HEADER}.",
            "unsigned",
        )
    return values


def _decoded(signature: bytes) -> bytes:
    try:
        digest = binascii.a2b_base64(signature, strict_mode=True)
    except binascii.Error as error:
        raise BadSignature(f"{SIGNATURE_HEADER} isn't base64.") from error
    if len(digest) != hashlib.sha256().digest_size:
        raise BadSignature(f"{SIGNATURE_HEADER} has the wrong length for a signature.")
    return digest


def _check_window(timestamp: int, now: float, max_age_s: float, max_ahead_s: float) -> None:
    age_s = now - timestamp
    if age_s > max_age_s:
        raise BadSignature(
            f"By this machine's clock, the callback was signed {age_s:.0f} s ago; the maximum is"
            f" {max_age_s:g} s (BOT_DEDUPE). Check that the clock is right.",
            "clock",
        )
    if -age_s > max_ahead_s:
        raise BadSignature(
            f"By this machine's clock, the callback was signed {-age_s:.0f} s in the future; the"
            f" maximum is {max_ahead_s:g} s. If Sinch sent the callback, the clock is slow: set it"
            " by NTP.",
            "clock",
        )


def _signed(body: bytes, nonce: bytes, timestamp: bytes) -> bytes:
    return b"%b.%b.%b" % (body, nonce, timestamp)


def _digest(secret: Secret | str, signed: bytes) -> bytes:
    mac = _keyed(secret.reveal() if isinstance(secret, Secret) else secret).copy()
    mac.update(signed)
    return mac.digest()


@lru_cache(16)  # To begin with a key takes a third of the time of a signature.
def _keyed(key: str) -> hmac.HMAC:
    return hmac.new(key.encode(), digestmod="sha256")
