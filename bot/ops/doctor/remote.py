"""Checks the app at Sinch: credentials, region, clock, app, channels, webhook."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.clock import Clock
from bot.conversation_api import ConversationApi
from bot.errors import ConfigError, SendError
from bot.flow.load import Flows
from bot.ops.doctor.finding import Finding, error, ok, warning
from bot.ops.setup import is_same_target, triggers_of, triggers_on, webhook_url
from bot.ops.wait_notice import noticing, sinch_at
from bot.settings import REGIONS, Region, Settings

Json = dict[str, Any]

MAX_DRIFT_S = 30.0


async def platform(
    settings: Settings, flows: Flows, clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> AsyncIterator[Finding]:
    """Check the app at Sinch, its channels and its webhook."""
    slow = noticing(settings, sinch_at(settings), transport)
    async with ConversationApi(settings, clock, slow) as api:
        try:
            app = await api.apps.get(settings.app_id)
            webhooks = [webhook async for webhook in api.webhooks.list(settings.app_id)]
        except SendError as refused:
            yield await _refused(settings, clock, transport, refused)
            return
    if off := await _clock(settings, clock, transport):
        yield off
    yield ok("credentials", "the access key is accepted")
    yield ok("app", f"{app.get('display_name', '')} ({settings.app_id})")
    yield _mode(app)
    for finding in (*_channels(app), *_pace(settings, app)):
        yield finding
    for finding in _webhook(settings, flows, webhooks):
        yield finding


async def _clock(
    settings: Settings, clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> Finding | None:
    """Return a finding if this machine's clock differs from Sinch's clock.

    Return None if the clocks agree, or if Sinch sends no date.
    """
    async with httpx.AsyncClient(
        transport=noticing(settings, sinch_at(settings), transport),
        timeout=settings.send_timeout_s,
    ) as http:
        try:
            answer = await http.get(settings.api_host)
            drift_s = clock.now() - date_of(answer)
        except (httpx.HTTPError, ValueError):
            return None
    if abs(drift_s) <= MAX_DRIFT_S:
        return None
    side = "ahead of" if drift_s > 0 else "behind"
    found = f"this machine's clock is {abs(drift_s):.0f} s {side} Sinch's clock"
    do = (
        "Set the clock by NTP, such as by `timedatectl set-ntp true` or `chronyc makestep`; for a"
        " virtual machine, also set its host's clock."
    )
    if not -settings.signature_ahead_s <= drift_s <= settings.signature_age_s:
        return error("clock at Sinch", f"{found}: every callback is refused", do)
    return warning(
        "clock at Sinch", f"{found}: timers and messaging windows are wrong by the same amount", do
    )


def date_of(answer: httpx.Response) -> float:
    """Return the date of a response by the sender's clock, in Unix seconds.

    Raises:
        ValueError: the response has no date.
    """
    return parsedate_to_datetime(answer.headers.get("date", "")).timestamp()


async def _refused(
    settings: Settings,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
    refused: SendError,
) -> Finding:
    if refused.status in (400, 401, 403):
        return error(
            "credentials",
            str(refused),
            "Check SINCH_PROJECT_ID, SINCH_KEY_ID and SINCH_KEY_SECRET.",
        )
    if refused.status != 404:
        if ": proxy " in str(refused):
            do = "Correct HTTPS_PROXY, or name the host in NO_PROXY if it needs no proxy."
            return error("platform", str(refused), do)
        return error(
            "platform", str(refused), "Look at status.sinch.com, and check this machine's network."
        )
    if not settings.api_url:
        for region in REGIONS:
            if region != settings.region and await _has_app(settings, region, clock, transport):
                return error(
                    "region",
                    f"the app isn't in {settings.region}, but in {region}",
                    f"Set SINCH_REGION={region}.",
                )
    return error("app", str(refused), "Check SINCH_APP_ID and SINCH_REGION.")


async def _has_app(
    settings: Settings, region: Region, clock: Clock, transport: httpx.AsyncBaseTransport | None
) -> bool:
    there = replace(settings, region=region)
    slow = noticing(there, sinch_at(there), transport)
    async with ConversationApi(there, clock, slow) as api:
        try:
            await api.apps.get(settings.app_id)
        except SendError:
            return False
    return True


def _mode(app: Json) -> Finding:
    mode = str(app.get("processing_mode") or "CONVERSATION")
    days = (app.get("dispatch_retention_policy") or {}).get("ttl_days", 0)
    if mode == "DISPATCH" and not days:
        return warning(
            "processing mode",
            "DISPATCH without stored messages: after a crash Sinch can't report whether it"
            " accepted a reply, so the reply may be sent twice",
            "Set the app's dispatch retention to 1 day or more, or its mode to CONVERSATION.",
        )
    return ok("processing mode", mode)


def _channels(app: Json) -> Iterator[Finding]:
    credentials = app.get("channel_credentials") or []
    if not credentials:
        yield error(
            "channels",
            "the app has no channel",
            "Add a channel on the dashboard, or run `bot setup` for SMS.",
        )
    for entry in credentials:
        status = (entry.get("state") or {}).get("status") or "ACTIVE"
        check = f"channel {entry['channel']}"
        if status == "ACTIVE":
            yield ok(check, status)
        else:
            said = f"{status} {(entry.get('state') or {}).get('description') or ''}".rstrip()
            tell = error if status == "FAILING" else warning
            yield tell(check, said, "Check the channel's credentials on the dashboard.")


def _pace(settings: Settings, app: Json) -> Iterator[Finding]:
    """Check how fast the app sends messages to its channels, and how many messages wait."""
    app_rate = (app.get("rate_limits") or {}).get("outbound")
    if app_rate and not 0 < settings.send_rate <= app_rate:
        rate = f"{settings.send_rate:g}" if settings.send_rate else "0 (no limit)"
        yield warning(
            "sending rate",
            f"BOT_SEND_RATE is {rate}, but the app may send only {app_rate}"
            " messages per second. Messages above this rate wait at Sinch, where a STOP can't"
            " cancel them",
            f"Set BOT_SEND_RATE={app_rate}, or have Sinch raise the app's rate.",
        )
    stats = app.get("queue_stats") or {}
    waiting, most = stats.get("outbound_size") or 0, stats.get("outbound_limit")
    if most and waiting > most / 2:
        yield warning(
            "queue at Sinch",
            f"{waiting} messages wait; if {most} wait, Sinch refuses all further messages with 429",
            "Send fewer messages at a time: see BOT_SEND_RATE, and --rate of `bot broadcast`.",
        )


def _webhook(settings: Settings, flows: Flows, webhooks: Sequence[Json]) -> Iterator[Finding]:
    try:
        target = webhook_url(settings)
    except ConfigError as unknown:
        yield warning("webhook", str(unknown), "Set BOT_PUBLIC_URL.")
        return
    ours = next((each for each in webhooks if is_same_target(each["target"], target)), None)
    others = [
        each["target"]
        for each in webhooks
        if each is not ours and "MESSAGE_INBOUND" in (each.get("triggers") or ())
    ]
    if ours is None:
        yield error("webhook", f"no webhook has the target {target}", "Run `bot setup`.")
    else:
        yield _ours(settings, flows, ours)
        yield from _routing(ours)
    if others:
        yield warning(
            "other webhooks",
            f"messages also go to {', '.join(others)}",
            "On the dashboard, remove the webhooks that you don't need.",
        )


def _routing(ours: Json) -> Iterator[Finding]:
    """Yield a warning if Sinch may send callbacks of this webhook elsewhere because of routing
    rules.

    `bot setup` does not remove these rules.
    """
    if ours.get("routing_configuration"):
        yield warning(
            "webhook routing",
            "the webhook has a routing_configuration, whose rules may send messages and delivery"
            " reports elsewhere, discard them, or sign them with another secret",
            "Look at the rules of the routing_configuration. The bot must receive all messages and"
            " reports, and SINCH_WEBHOOK_SECRET must contain every secret that signs them.",
        )


def _ours(settings: Settings, flows: Flows, ours: Json) -> Finding:
    missing = set(triggers_of(flows, settings)) - triggers_on(ours)
    secrets = [secret.reveal() for secret in settings.webhook_secrets]
    if missing:
        return error(
            "webhook",
            f"the webhook lacks the triggers {', '.join(sorted(missing))}",
            "Run `bot setup`.",
        )
    if not ours.get("secret"):
        found = (
            "the webhook has no secret, so callbacks have no signature, and the bot refuses them"
        )
        return error(
            "webhook",
            found,
            "Run `bot setup`, which sets the secret of the webhook to SINCH_WEBHOOK_SECRET.",
        )
    if ours.get("secret") not in secrets:
        return error(
            "webhook",
            "the webhook's secret isn't SINCH_WEBHOOK_SECRET, so callbacks are refused",
            "Set the same SINCH_WEBHOOK_SECRET here as on the machine where `bot setup` ran, or"
            " run `bot setup` here.",
        )
    return ok("webhook", f"{ours['target']}, {len(ours['triggers'])} triggers")
