"""Checks the bot at its public URL: a signed callback is accepted, an unsigned one is rejected.

Proxies on the way may change, truncate and redirect requests. The process at the URL may use other
settings than this machine. The report of that process shows its settings; see
`bot.web.self_report`.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec

from bot.callbacks import signature
from bot.clock import Clock, new_ulid
from bot.conversation_api.proxies import proxy_for
from bot.errors import ConfigError
from bot.ops.doctor import certificate
from bot.ops.doctor.finding import Finding, error, ok, warning
from bot.ops.doctor.remote import MAX_DRIFT_S, date_of
from bot.ops.setup import webhook_url
from bot.ops.wait_notice import WaitNotice, noticing
from bot.settings import Settings
from bot.web.self_report import DOCTOR, THIS_IS_A_BOT, SelfReport

CHECK = "public URL"

NOT_A_BOT = "The server at this URL isn't a bot. Set the URL to the address of the bot."


async def examine(
    settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None, store_id: str
) -> AsyncIterator[Finding]:
    """Check the bot from outside. `store_id` is the id of the settings' store, if it is known."""
    try:
        target = httpx.URL(webhook_url(settings))
    except ConfigError:
        return
    if target.scheme == "http":
        yield warning(CHECK, f"{target} isn't encrypted", "Serve the bot by https.")
    elif not (transport or proxy_for(settings, target)):
        with WaitNotice(str(target))():
            judged = await certificate.examine(target, clock.now())
        if judged:
            yield judged
            if judged.outcome == "fault":
                return
    own_transport = noticing(settings, str(target), transport)
    async with httpx.AsyncClient(transport=own_transport, timeout=settings.send_timeout_s) as http:
        caller = _Caller(http, settings, clock)
        try:
            async for finding in _examine(caller, target, store_id):
                yield finding
        except httpx.HTTPError as away:
            said = f"{target} can't be reached: {type(away).__name__} {away}".rstrip()
            yield error(CHECK, said, "Start the bot there. Check host name, port and network.")


class _Caller:
    """Posts callbacks of an app that does not exist, in the way that Sinch posts callbacks."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, clock: Clock) -> None:
        self._http = http
        self.settings = settings
        self.clock = clock

    async def post(self, target: httpx.URL | str, secret: str = "", size: int = 0) -> Any:
        """Post a callback of `size` bytes.

        The callback is signed with `secret`, by default the first secret of the settings.
        """
        now = self.clock.now()
        callback = {"app_id": DOCTOR, "message": {"id": new_ulid(now)}, "padding": ""}
        callback["padding"] = "x" * (size - len(msgspec.json.encode(callback)))
        body = msgspec.json.encode(callback)
        secret = secret or self.settings.webhook_secrets[0].reveal()
        nonce = f"{DOCTOR}-{new_ulid(now)}"
        headers = signature.headers(secret, body, nonce, int(now))
        headers["content-type"] = "application/json"
        return await self._http.post(target, content=body, headers=headers)


async def _examine(caller: _Caller, target: httpx.URL, store_id: str) -> AsyncIterator[Finding]:
    settings, clock = caller.settings, caller.clock
    started = clock.now()
    signed = await caller.post(target)
    took_s = clock.now() - started
    if signed.status_code != 200:
        yield await _refused(caller, target, signed)
        return
    forged = await caller.post(target, f"not-{new_ulid(started)}")
    report = _report_of(signed)
    if finding := _drift(signed, report, clock.now()):
        yield finding
    if forged.status_code != 401:
        said = f"{target} answers {forged.status_code} to a callback with a wrong signature"
        yield error(CHECK, said, NOT_A_BOT)
        return
    yield ok(CHECK, f"{target} accepted a signed callback in {took_s * 1000:.0f} ms")
    if report is None:
        return
    whole = await caller.post(target, size=report.max_body_bytes)
    if whole.status_code != 200:
        yield error(
            "body size",
            f"{target} answers {whole.status_code} to a signed callback of"
            f" {report.max_body_bytes} bytes. The bot accepts this size, so a proxy in front of it"
            " refuses the callback",
            f"Raise the proxy's limit to {report.max_body_bytes} bytes for /webhook, such as by"
            f" `client_max_body_size {-(-report.max_body_bytes // 1024)}k;` of nginx; otherwise"
            " long messages and media fail.",
        )
    for finding in _other_settings(settings, report, store_id):
        yield finding
    for finding in _refusals(report):
        yield finding


def _report_of(answer: httpx.Response) -> SelfReport | None:
    try:
        return msgspec.json.decode(answer.content, type=SelfReport)
    except msgspec.MsgspecError:
        return None


async def _refused(caller: _Caller, target: httpx.URL, answer: httpx.Response) -> Finding:
    """Find out why a signed callback is rejected."""
    status, reason = answer.status_code, answer.text.strip()
    found = f"{target} answers {status} to a signed callback"
    if answer.is_redirect:
        to = answer.headers.get("location", "")
        base = to.removesuffix("/webhook")
        return error(
            CHECK,
            f"{found} and redirects to {to}; Sinch does not follow redirects",
            f"Set BOT_PUBLIC_URL={base} and run `bot setup`.",
        )
    if status == 401 and reason == "unsigned":
        return error(
            CHECK,
            f"{found}, because the callback arrives without its signature: a proxy removes headers",
            f"Let the proxy pass all headers that begin with {signature.SIGNATURE_HEADER}.",
        )
    if status == 401 and reason == "clock":
        return error(
            CHECK,
            f"{found}, because the clocks of the bot's host and of this machine differ",
            "Synchronize both clocks by NTP.",
        )
    if status == 401:
        return await _unknown_signature(caller, found)
    do = {
        404: (
            "The bot answers, but it gets another path than /webhook from the proxy. Let the proxy"
            " strip the prefix of the path, such as by `proxy_pass http://127.0.0.1:8000/;` of"
            " nginx, with the slash at the end."
            if reason.startswith(THIS_IS_A_BOT)
            else "The server at this URL isn't a bot. Set the URL to the address of the bot,"
            " without a path."
        ),
        503: "The bot at this URL can't reach its Redis server; see the bot's /readyz.",
    }.get(status, "See the logs of the bot at this URL, and of its proxy.")
    return error(CHECK, found, do)


async def _unknown_signature(caller: _Caller, found: str) -> Finding:
    """Find out why a signature is wrong: a proxy has changed the body, or the bot has another
    secret.

    The same callback is posted directly to the bot. If the bot accepts this callback, the secret is
    right.
    """
    direct = f"http://127.0.0.1:{caller.settings.port}/webhook"
    try:
        is_taken = (await caller.post(direct)).status_code == 200
    except httpx.HTTPError:
        is_taken = None
    if is_taken:
        return error(
            CHECK,
            f"{found}, but {direct} accepts the same callback: a proxy on the way changes the"
            " body, so the signature no longer fits",
            "Let the proxy pass the body of /webhook byte for byte: switch off transformation,"
            " templates, normalization or inspection of JSON.",
        )
    also = "" if is_taken is False else ", or a proxy on the way changes the body"
    return error(
        CHECK,
        f"{found}: the bot there has another SINCH_WEBHOOK_SECRET{also}",
        "Set the same SINCH_WEBHOOK_SECRET for the bot as on this machine."
        + (" If both are the same, let the proxy pass the body byte for byte." if also else ""),
    )


def _drift(answer: httpx.Response, report: SelfReport | None, now: float) -> Finding | None:
    """Return a finding on whether the clock of the bot's host agrees with this machine's clock;
    None if the host's time is unknown.
    """
    try:
        drift_s = (report.now if report else date_of(answer)) - now
    except ValueError:
        return None
    if abs(drift_s) > MAX_DRIFT_S:
        return warning(
            "public clock",
            f"the clock of the bot's host is {drift_s:+.0f} s off this machine's clock",
            "Synchronize both clocks by NTP.",
        )
    return ok("public clock", f"within {MAX_DRIFT_S:.0f} s of this machine's clock")


def _other_settings(settings: Settings, report: SelfReport, store_id: str) -> Iterator[Finding]:
    """Yield a finding for each setting in which the process at the URL differs from this
    machine.
    """
    if report.app != settings.app_id:
        yield error(
            "app of the web process",
            f"SINCH_APP_ID is {report.app} in the web process and {settings.app_id} here. The web"
            " process ignores the callbacks of other apps",
            "Set the right SINCH_APP_ID for all processes.",
        )
    if store_id and report.store != store_id:
        yield error(
            "store of the web process",
            f"the web process uses another store than this machine's settings: {report.place}",
            "Set the same REDIS_URL and BOT_NAMESPACE for all processes, and where `bot doctor`"
            " runs.",
        )


def _refusals(report: SelfReport) -> Iterator[Finding]:
    """Yield findings on the requests that the process has rejected since its start.

    Requests of this command do not count.
    """
    severity = warning if report.accepted else error
    since = f"since process {report.pid} started; {report.accepted} were accepted"
    if count := report.refused.get("signature"):
        yield severity(
            "refused callbacks",
            f"{count} had a wrong signature {since}. Either Sinch uses another secret, or a proxy"
            " changes bodies; `bot doctor` can't find out which, because it signs with this"
            " machine's secret",
            "Set the same SINCH_WEBHOOK_SECRET here as on the machine where `bot setup` ran, or"
            " run `bot setup` here.",
        )
    if count := report.refused.get("unsigned"):
        yield severity(
            "unsigned callbacks",
            f"{count} came without a signature {since}. The webhook at Sinch has no secret",
            "Run `bot setup`, which sets the secret of the webhook to SINCH_WEBHOOK_SECRET.",
        )
    if count := report.refused.get("clock"):
        yield severity(
            "callbacks with wrong timestamps",
            f"the signatures of {count} were too old, or in the future, {since}. The clock of the"
            " bot's host is wrong",
            "Set the clock by NTP.",
        )
    if count := report.ignored.get("other_app"):
        yield warning(
            "callbacks of another app",
            f"{count} named an app other than SINCH_APP_ID and were ignored {since}",
            "If SINCH_APP_ID is right, remove this URL from the other app's webhooks.",
        )
