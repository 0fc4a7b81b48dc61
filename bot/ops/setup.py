"""`bot setup`: creates what the bot needs at Sinch, through the management API.

A plan lists the differences between the objects at Sinch and the needs of settings and flows. Then
the plan is carried out. If there are no differences, the plan is empty, so the command can run at
each release.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.callbacks import TRIGGERS
from bot.callbacks.contact_message import ContactEvent, ContactMessageEvent
from bot.clock import Clock, SystemClock
from bot.conversation_api import ConversationApi
from bot.conversation_api.retries import patiently
from bot.errors import ConfigError, SendRetryable
from bot.flow.load import Flows
from bot.i18n.printable import echo, echo_json
from bot.ops.common import OperationError, open_api
from bot.settings import Settings

Json = dict[str, Any]

ALWAYS = (
    *("MESSAGE_INBOUND", "MESSAGE_DELIVERY", "OPT_IN", "OPT_OUT"),
    *("CONTACT_DELETE", "CONTACT_MERGE"),
)
"""Triggers that the framework itself needs: messages, reports, consent, deleted and merged
contacts.
"""

OF_LANGUAGES = ("CONTACT_CREATE", "CONTACT_UPDATE")
"""Triggers that report a contact's language, for flows in several languages."""

OF_NO_CONTACT = ("CONTACT_IDENTITIES_DUPLICATION", "CHANNEL_EVENT", "BATCH_STATUS_UPDATE")
"""Triggers whose callbacks no flow can handle.

If somebody adds these triggers to the webhook by hand, `bot callbacks` shows their callbacks. `bot
setup` does not remove these triggers.
"""

CONTACT_EVENTS = {
    "reaction_removed",
    *(
        name.removesuffix("_event")
        for kind in (ContactEvent, ContactMessageEvent)
        for name in kind.__struct_fields__
    ),
}
"""Names of events that report a contact's actions other than messages.

The trigger of these events is EVENT_INBOUND.
"""

SMS_CALLBACKS = "https://xms-adapter.{}1.conversation-api.int.prod.sinch.com/adapter/v1/{}/callback"
"""The URL to which a service plan must send inbound messages, with the app's region and id.

If the plan has no such URL, no SMS reaches the app. Sinch documents only the hosts of eu and us.
Sinch documents no request that sets the URL.
"""

NOTHING = "Everything is up to date; nothing to change."

MAX_WAIT_S = 60.0
"""Maximum duration of one wait for the API, in seconds.

The limit is low because a deployment may run this command and wait for the command's end.
"""

NEEDED = ("project_id", "app_id", "key_id", "key_secret", "webhook_secrets")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupTarget:
    """The wanted state at Sinch. `target` is the webhook's URL.

    - `replace`: the id of a webhook whose URL is changed to `target`.
    - `beside`: whether other webhooks of the app may receive inbound messages, too.
    - `for_a_while`: whether the webhook is temporary. A temporary webhook must not replace another
      one.
    - `sms_callback_url`: the URL that the SMS service plan needs; "" if the URL is unknown.
    """

    app_id: str
    target: str
    secret: str
    triggers: Sequence[str]
    sms_plan_id: str = ""
    sms_token: str = ""
    sms_callback_url: str = ""
    replace: str = ""
    beside: bool = False
    for_a_while: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One change at Sinch: the changed object, the differences (without secrets), and `act`, which
    makes the change. `by_hand` are changes that must be made by hand.
    """

    title: str
    differences: Sequence[str]
    act: Callable[[ConversationApi], Awaitable[object]]
    by_hand: Sequence[str] = ()


def wanted(settings: Settings, flows: Flows, public_url: str = "") -> SetupTarget:
    """Return the state at Sinch that the settings and flows need.

    Raises:
        ConfigError: a setting is missing, or the public URL is not a URL.
    """
    settings.require(*NEEDED)
    if bool(settings.sms_plan_id) is not bool(settings.sms_token):
        raise ConfigError(
            "SINCH_SMS_PLAN_ID and SINCH_SMS_TOKEN belong together: set both, or"
            " neither if the app already has its SMS channel."
        )
    return SetupTarget(
        app_id=settings.app_id,
        target=webhook_url(settings, public_url),
        secret=settings.webhook_secrets[0].reveal(),
        triggers=triggers_of(flows, settings),
        sms_plan_id=settings.sms_plan_id,
        sms_token=settings.sms_token.reveal(),
        sms_callback_url=sms_callback_url(settings),
    )


def sms_callback_url(settings: Settings) -> str:
    """Return the callback URL that the app's SMS service plan must have; "" if it is unknown."""
    if settings.region not in ("eu", "us"):
        return ""
    return SMS_CALLBACKS.format(settings.region, settings.app_id)


def webhook_url(settings: Settings, public_url: str = "") -> str:
    """Return the webhook's URL below the public URL. The default public URL is BOT_PUBLIC_URL.

    Raises:
        ConfigError: there is no public URL, or it is not http or https.
    """
    base = (public_url or settings.public_url).rstrip("/").removesuffix("/webhook")
    if not base:
        raise ConfigError(
            "The public URL of the bot isn't known: give --public-url, or set"
            " BOT_PUBLIC_URL, such as https://bot.example.com."
        )
    try:
        parts = urlsplit(base)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_url = False
    if not is_url:
        raise ConfigError(f"--public-url is {base!r}; it must look like https://bot.example.com.")
    return f"{base}/webhook"


def is_same_target(one: str, other: str) -> bool:
    """Return whether two URLs are equal, ignoring a default port and the case of the host."""
    try:
        return httpx.URL(one) == httpx.URL(other)
    except httpx.InvalidURL:
        return one == other


def triggers_of(flows: Flows, settings: Settings) -> list[str]:
    """Return the triggers that the framework and these flows need, in the API's order.

    With BOT_HANDOFF_URL or a hand-over hook, this includes the triggers for events of contacts whom
    people handle.
    """
    events = {name for flow in flows for name in flow.events}
    needed = {*ALWAYS, *(name.upper() for name in events)}
    if any(flows.languages):
        needed.update(OF_LANGUAGES)
    if "submitted" in events:
        needed.add("MESSAGE_SUBMIT")
    if events & CONTACT_EVENTS or settings.handoff_url or flows.hooks.forward:
        needed.add("EVENT_INBOUND")
    return [name for name in TRIGGERS.values() if name in needed]


def triggers_on(webhook: Json) -> set[str]:
    """Return the triggers of a webhook, under the names that `triggers_of` returns.

    The trigger SMART_CONVERSATIONS is returned as SMART_CONVERSATION, because the API's
    documentation uses both names for the same trigger.
    """
    triggers = set(webhook.get("triggers") or ())
    if "SMART_CONVERSATIONS" in triggers:
        triggers = triggers - {"SMART_CONVERSATIONS"} | {"SMART_CONVERSATION"}
    return triggers


async def plan(api: ConversationApi, want: SetupTarget) -> list[Step]:
    """Return the changes to make; empty if everything is up to date.

    Raises:
        OperationError: another webhook receives the app's messages, and neither --replace nor
            --beside was given.
        SendError: the API rejects a request or cannot be reached.
    """
    app = await api.apps.get(want.app_id)
    webhooks = [webhook async for webhook in api.webhooks.list(want.app_id)]
    return [*_sms(app, want), *_webhook(webhooks, want)]


async def carry_out(api: ConversationApi, steps: Sequence[Step]) -> None:
    """Make the changes in order."""
    for step in steps:
        await step.act(api)


async def run(settings: Settings, want: SetupTarget, *, dry_run: bool, as_json: bool) -> None:
    """Make a plan, print the plan, and carry it out unless this is a dry run.

    With `as_json`, each change is printed as a JSON object on a line, without a summary.
    """
    clock = SystemClock()
    async with open_api(settings, clock) as api:
        await apply(api, want, clock, dry_run=dry_run, as_json=as_json)


async def apply(
    api: ConversationApi, want: SetupTarget, clock: Clock, *, dry_run: bool, as_json: bool = False
) -> None:
    """Carry out the plan, with retries if the API cannot answer.

    Each attempt makes a new plan, because a change may have been made although the API did not
    answer.
    """
    told: set[str] = set()

    async def attempt() -> None:
        steps = await plan(api, want)
        for step in steps:
            if step.title not in told:
                told.add(step.title)
                echo_json(_json(step)) if as_json else echo(_text(step))
        if not dry_run:
            await carry_out(api, steps)

    await patiently(attempt, clock, _waits)
    if as_json:
        return
    outcome = "to change. Nothing was changed." if dry_run else "changed."
    echo(f"{len(told)} {outcome}" if told else NOTHING)


def _text(step: Step) -> str:
    return "\n  ".join((step.title, *step.differences, *step.by_hand))


def _json(step: Step) -> Json:
    return {"change": step.title, "differences": step.differences, "by_hand": step.by_hand}


def _waits(error: SendRetryable, pause_s: float) -> None:
    if pause_s > MAX_WAIT_S:
        raise error
    echo(f"bot: {error}; trying again in {pause_s:g} s.", error=True)


def _sms(app: Json, want: SetupTarget) -> Iterator[Step]:
    """Yield the change that gives the app's SMS channel the wanted service plan and token."""
    if not want.sms_plan_id:
        return
    credentials = [_writable(entry) for entry in app.get("channel_credentials") or []]
    bearer = {"claimed_identity": want.sms_plan_id, "token": want.sms_token}
    held = next((entry for entry in credentials if entry["channel"] == "SMS"), None)
    before: Json = (held or {}).get("static_bearer") or {}
    if before == bearer:
        return
    if held is None:
        credentials.append({"channel": "SMS", "static_bearer": bearer})
    else:
        held["static_bearer"] = bearer
    differences = _texts("service plan", before.get("claimed_identity"), want.sms_plan_id)
    if before.get("token") != want.sms_token:
        differences.append("~ token" if before else "+ token")

    async def act(api: ConversationApi) -> object:
        return await api.apps.update(
            want.app_id, {"channel_credentials": credentials}, mask=["channel_credentials"]
        )

    url = want.sms_callback_url or "the URL that the dashboard shows for a new channel"
    by_hand = [
        f"! on the dashboard, set the callback URL of service plan {want.sms_plan_id} to {url}"
    ]
    yield Step(f"SMS channel of app {want.app_id}", differences, act, by_hand)


def _writable(entry: Json) -> Json:
    """Convert a channel credential from the form that the API returns to the form that the API
    accepts.
    """
    read_only = ("state", "channel_known_id")
    return {
        name: value
        for name, value in entry.items()
        if name not in read_only and value not in (None, "")
    }


def _webhook(webhooks: Sequence[Json], want: SetupTarget) -> Iterator[Step]:
    ours = next((each for each in webhooks if is_same_target(each["target"], want.target)), None)
    if ours is None and want.replace:
        ours = next((each for each in webhooks if each["id"] == want.replace), None)
        if ours is None:
            known = ", ".join(each["id"] for each in webhooks) or "none"
            raise OperationError(
                f"--replace: there is no webhook {want.replace!r}; the webhooks are {known}."
            )
    if ours is None:
        _require_alone(webhooks, want)
    body = {
        "app_id": want.app_id,
        "target": want.target,
        "target_type": "HTTP",
        "secret": want.secret,
        "triggers": [*want.triggers, *_added_by_hand(ours or {}, want)],
    }
    differences = _differences(ours or {}, body)
    if not differences:
        return
    if ours is None:
        yield Step(f"new webhook of app {want.app_id}", differences, _creation(body))
    else:
        yield Step(f"webhook {ours['id']}", differences, _change(ours["id"], body))


def _added_by_hand(webhook: Json, want: SetupTarget) -> Iterator[str]:
    for trigger in webhook.get("triggers") or ():
        if trigger in OF_NO_CONTACT and trigger not in want.triggers:
            yield trigger


def _require_alone(webhooks: Sequence[Json], want: SetupTarget) -> None:
    """Raise an error if another webhook receives the app's messages.

    With two webhooks, two bots would answer each contact. If the other webhook were replaced, its
    bot would get no more messages. So an option of the command must say whether to replace that
    webhook or to use both.
    """
    for each in webhooks:
        if "MESSAGE_INBOUND" in each.get("triggers", ()) and not want.beside:
            way_out = "If both webhooks should receive them, add --beside"
            if not want.for_a_while:
                way_out += (
                    f". If only {want.target} should receive them, add --replace {each['id']}"
                )
            raise OperationError(
                f"Webhook {each['id']} sends the messages of app {want.app_id} to"
                f" {each['target']}. {way_out}."
            )


def _creation(body: Json) -> Callable[[ConversationApi], Awaitable[object]]:
    return lambda api: api.webhooks.create(body)


def _change(id: str, body: Json) -> Callable[[ConversationApi], Awaitable[object]]:
    changes = {name: value for name, value in body.items() if name != "app_id"}
    return lambda api: api.webhooks.update(id, changes, mask=list(changes))


def _differences(before: Json, after: Json) -> list[str]:
    target = before.get("target")
    found = []
    if not (target and is_same_target(target, after["target"])):
        found = _texts("target", target, after["target"])
    if before and before.get("target_type", "HTTP") != "HTTP":
        found += _texts("target type", before["target_type"], "HTTP")
    if before.get("secret") != after["secret"]:
        found.append("~ secret" if before.get("secret") else "+ secret")
    had, has = triggers_on(before), set(after["triggers"])
    found += [f"+ trigger {name}" for name in sorted(has - had)]
    found += [f"- trigger {name}" for name in sorted(had - has)]
    return found


def _texts(what: str, before: str | None, after: str) -> list[str]:
    if before == after:
        return []
    return [f"~ {what} {before} -> {after}" if before else f"+ {what} {after}"]
