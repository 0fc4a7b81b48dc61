"""Endpoints that Sinch does not have, below `/emulator`: phones, faults and a stream of changes.

The endpoints are only for this machine: the request's sender and its Host must be loopback
addresses. Pages of other origins are rejected (see `access`).
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from bot.emulator.access import is_loopback
from bot.emulator.actions import action_from
from bot.emulator.api_error import ApiError, invalid
from bot.emulator.fault_injection import rules_from
from bot.emulator.http_body import json_body
from bot.emulator.http_response import answered
from bot.emulator.phones import NotOnPhone, Phone
from bot.emulator.platform import Platform
from bot.emulator.traffic_middleware import CONTROL
from bot.errors import ConfigError

CLOSING = "closing"
"""The kind of the change that ends all streams. The server cannot stop before the streams end."""

_IDENTITY = re.compile(r"[\w+./=:@-]{1,128}")
_SILENCE_S = 15.0
_LAST = 100

Handler = Callable[[Platform, Request], Awaitable[Any]]


def control_routes(platform: Platform) -> list[Route]:
    """Return the routes below `/emulator`."""

    def route(path: str, method: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            _require_local(request)
            return answered(await handler(platform, request))

        return Route(CONTROL + path, endpoint, methods=[method])

    one = "/phones/{channel}/{identity:path}"
    return [
        route("/world", "GET", _world),
        route("/phones", "GET", _phones),
        route(one, "GET", _look),
        route(one, "POST", _act),
        route("/news", "GET", _news),
        route("/record", "GET", _record),
        route("/faults", "GET", _faults),
        route("/faults", "PUT", _set_faults),
        route("/faults", "DELETE", _clear_faults),
        route("/delay", "POST", _delay),
        route("/tokens:expire", "POST", _expire_tokens),
        route("/channel-events", "POST", _channel_event),
        route("/callbacks", "POST", _callback),
    ]


def _require_local(request: Request) -> None:
    client = request.client.host if request.client else ""
    if not (is_loopback(client) and is_loopback(request.url.hostname or "")):
        raise ApiError(
            403, "This path answers only requests from the same machine, to a loopback address"
        )


async def _world(platform: Platform, request: Request) -> Any:
    world = platform.world
    return {
        "project_id": world.project_id,
        "app_id": world.app_id,
        "key_id": world.key_id,
        "key_secret": world.key_secret,
        "region": world.region,
        "apps": list(platform.state.apps.values()),
        "webhooks": list(platform.state.webhooks.values()),
    }


async def _phones(platform: Platform, request: Request) -> Any:
    keys = sorted(platform.state.shown.keys() | platform.state.last_inbound.keys())
    phones = []
    for key in keys:
        app_id, channel, identity = key.split("/", 2)
        shown = platform.state.shown.get(key, ())
        phones.append(
            {
                "key": key,
                "app_id": app_id,
                "channel": channel,
                "identity": identity,
                "typing": key in platform.state.typing,
                "messages": len(shown),
            }
        )
    return {"phones": phones}


async def _look(platform: Platform, request: Request) -> Any:
    phone = _phone(platform, request)
    return {
        "key": phone.key,
        "app_id": phone.app_id,
        "channel": phone.channel,
        "identity": phone.identity,
        "typing": phone.typing,
        "shown": phone.shown,
    }


async def _act(platform: Platform, request: Request) -> Any:
    phone = _phone(platform, request)
    try:
        return {"id": action_from(await json_body(request)).perform(phone)}
    except (msgspec.ValidationError, NotOnPhone) as error:
        raise invalid("body", str(error)) from error


def _phone(platform: Platform, request: Request) -> Phone:
    channel, identity = request.path_params["channel"], request.path_params["identity"]
    if not _IDENTITY.fullmatch(identity):
        raise invalid("identity", "must be 1 to 128 letters, digits or characters of +./=:@-_")
    app_id = request.query_params.get("app_id") or platform.app_id
    try:
        return platform.phone(channel, identity, app_id)
    except ConfigError as error:
        raise invalid("channel", str(error)) from error


async def _news(platform: Platform, request: Request) -> Any:
    """Stream changes as server-sent events.

    The kinds of changes are `shown`, `status`, `event`, `phone`, `callback` and `request`.
    """
    headers = {"cache-control": "no-store"}
    return StreamingResponse(news_stream(platform), headers=headers, media_type="text/event-stream")


async def news_stream(platform: Platform) -> AsyncGenerator[bytes, None]:
    """Yield all changes from now on as server-sent events, until a change has the kind `closing`.

    Comments between the events keep the connection alive.
    """
    with platform.record.listen() as news:
        yield b": listening\n\n"
        while True:
            try:
                async with asyncio.timeout(_SILENCE_S):
                    one = await news.get()
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if one["kind"] == CLOSING:
                return
            head = f"id: {one['id']}\nevent: {one['kind']}\ndata: ".encode()
            yield head + msgspec.json.encode(one) + b"\n\n"


async def _record(platform: Platform, request: Request) -> Any:
    """Return the newest requests and callbacks, oldest first, and the total counts by status."""
    record = platform.record
    requests = [
        {
            "at": one.at,
            "method": one.method,
            "path": one.path,
            "status": one.status,
            "body": one.body.decode(errors="replace"),
        }
        for one in _newest(record.requests)
    ]
    return {
        "counts": dict(record.counts),
        "requests": requests,
        "callbacks": list(_newest(record.callbacks)),
    }


def _newest(entries: Any) -> Iterator[Any]:
    start = max(len(entries) - _LAST, 0)
    return (entries[index] for index in range(start, len(entries)))


async def _faults(platform: Platform, request: Request) -> Any:
    return platform.faults.rules


async def _set_faults(platform: Platform, request: Request) -> Any:
    try:
        platform.faults.rules = rules_from(await json_body(request))
    except msgspec.ValidationError as error:
        raise invalid("body", str(error)) from error
    return platform.faults.rules


async def _clear_faults(platform: Platform, request: Request) -> Any:
    platform.faults.clear()
    return platform.faults.rules


async def _delay(platform: Platform, request: Request) -> Any:
    """Set the delay of each request, of each callback, or both. Leave all other rules unchanged."""
    present = msgspec.to_builtins(platform.faults.rules)
    given = await json_body(request)
    names = {"requests_s": "request_delay_s", "callbacks_s": "callback_delay_s"}
    if not given or not given.keys() <= names.keys():
        raise invalid("body", "must contain requests_s, callbacks_s or both, and nothing else")
    changes = {names[name]: seconds for name, seconds in given.items()}
    try:
        platform.faults.rules = rules_from(present | changes)
    except msgspec.ValidationError as error:
        raise invalid("body", str(error)) from error
    return platform.faults.rules


async def _expire_tokens(platform: Platform, request: Request) -> Any:
    platform.tokens.expire_all()
    return {}


async def _channel_event(platform: Platform, request: Request) -> Any:
    given = await json_body(request)
    channel, kind = given.get("channel"), given.get("event_type")
    data = given.get("additional_data") or {}
    if not (isinstance(channel, str) and isinstance(kind, str) and isinstance(data, dict)):
        raise invalid(
            "body", "must contain channel and event_type, and may contain additional_data"
        )
    platform.channel_event(channel, kind, data)
    return {}


async def _callback(platform: Platform, request: Request) -> Any:
    given = await json_body(request)
    trigger, body = given.get("trigger"), given.get("body")
    if not (isinstance(trigger, str) and isinstance(body, dict)):
        raise invalid("body", "must contain trigger and body")
    try:
        platform.callback(trigger, body)
    except ConfigError as error:
        raise invalid("trigger", str(error)) from error
    return {}
