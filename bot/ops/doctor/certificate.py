"""Checks the certificate of the public URL: expiry, authority and host.

The HTTP library reports only that the verification failed, without the reason.
"""

import asyncio
import ssl
from datetime import UTC, datetime

import httpx
from cryptography import x509

from bot.ops.doctor.finding import Finding, error, ok, warning

CHECK = "certificate"
PORT = 443
TIMEOUT_S = 10.0
MIN_DAYS = 14

EXPIRED, OTHER_HOST = 10, 62
UNKNOWN_AUTHORITY = (18, 19, 20, 21)
"""OpenSSL's error codes for certificates of an unknown authority."""


async def examine(url: httpx.URL, now: float) -> Finding | None:
    """Return an error or warning about the certificate of the URL's host.

    Return None if the certificate is good, or if no TLS connection can be made.
    """
    host, port = url.host, url.port or PORT
    try:
        await _certificate(host, port, ssl.create_default_context())
    except ssl.SSLCertVerificationError as refused:
        return await _refused(host, port, refused)
    except (OSError, TimeoutError):
        return None
    found = await _unverified(host, port)
    days = (found.not_valid_after_utc.timestamp() - now) / 86_400
    name = f"{host}:{port}"
    if days < MIN_DAYS:
        return warning(
            CHECK,
            f"the certificate of {name} expires on {_day(found.not_valid_after_utc)}, in"
            f" {days:.0f} days",
            "Renew the certificate at the proxy, and find out why it isn't renewed automatically.",
        )
    return ok(CHECK, f"the certificate of {name} is valid until {_day(found.not_valid_after_utc)}")


async def _refused(host: str, port: int, refused: ssl.SSLCertVerificationError) -> Finding:
    found, name = await _unverified(host, port), f"{host}:{port}"
    if refused.verify_code == EXPIRED:
        expired = _day(found.not_valid_after_utc)
        return error(
            CHECK,
            f"the certificate of {name} expired on {expired}, so Sinch doesn't connect",
            "Renew the certificate at the proxy, such as by `certbot renew`, and reload the proxy."
            " Sinch sends each undelivered callback again, but gives it up after the last retry.",
        )
    if refused.verify_code in UNKNOWN_AUTHORITY:
        return error(
            CHECK,
            f"the certificate of {name} is signed by an authority that this machine doesn't know:"
            f" {found.issuer.rfc4514_string()}",
            "Let the proxy also send the intermediate certificates (`fullchain.pem`), and use a"
            " certificate of a public authority, which Sinch knows. SSL_CERT_FILE adds authorities"
            " on this machine only.",
        )
    if refused.verify_code == OTHER_HOST:
        return error(
            CHECK,
            f"the certificate of {name} is for {', '.join(_names(found)) or 'no host'}, not for"
            f" {host}",
            "Set BOT_PUBLIC_URL to a host name in the certificate, or get a certificate for"
            " {host}.",
        )
    return error(
        CHECK, f"the certificate of {name} is rejected: {refused.verify_message}", "Replace it."
    )


async def _unverified(host: str, port: int) -> x509.Certificate:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return await _certificate(host, port, context)


async def _certificate(host: str, port: int, context: ssl.SSLContext) -> x509.Certificate:
    async with asyncio.timeout(TIMEOUT_S):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        connection: ssl.SSLObject = writer.get_extra_info("ssl_object")
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    finally:
        writer.transport.abort()


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    return [*names.get_values_for_type(x509.DNSName), *addresses]


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
