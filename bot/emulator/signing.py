"""Signs callbacks, from the documentation of callbacks and on its own.

It shares no code with what checks signatures in `bot`: a misreading of the rule must show.
"""

import base64
import hashlib
import hmac


def signature_headers(secret: str, body: bytes, nonce: str, signed_at: int) -> dict[str, str]:
    """The four headers; `signed_at` in Unix seconds.

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
