"""Signs callbacks, as the documentation of callbacks describes.

This module shares no code with the signature check of `bot`, because otherwise a misreading of the
documentation would go unnoticed.
"""

import base64
import hashlib
import hmac


def signature_headers(secret: str, body: bytes, nonce: str, signed_at: int) -> dict[str, str]:
    """Return the four headers of a signed callback. `signed_at` is in Unix seconds.

    The signature is the base64 of HMAC-SHA256 over body, nonce and timestamp joined by dots, keyed
    with the secret's UTF-8 bytes.
    """
    signed = b".".join((body, nonce.encode(), str(signed_at).encode()))
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return {
        "x-sinch-webhook-signature": base64.b64encode(digest).decode(),
        "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        "x-sinch-webhook-signature-nonce": nonce,
        "x-sinch-webhook-signature-timestamp": str(signed_at),
    }
