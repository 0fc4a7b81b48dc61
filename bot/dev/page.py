"""The chat page and its endpoints, with the bot's endpoints and the emulator's control endpoints.

All these endpoints have the page's own host and port, so the page sends no requests to other
addresses. The emulator's stream of changes also contains these changes of the bot:

- `turn`: a turn of a contact has ended. The contact is named by its key.
- `failure`: a contact's turn has failed.
- `flows`: the flows were reloaded, or have an error.
- `fault`: the log has an error.
- `clock`: the clock was moved forward.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from bot.app.asgi import routes
from bot.app.bot import Bot
from bot.console.endpoints import Console, console_app
from bot.dev import contact_view
from bot.dev.chat_history import forget, rewind, thread
from bot.dev.failures import Failures
from bot.dev.idle import run_until_idle
from bot.dev.moving_clock import MovingClock, NotSkipped, skip
from bot.dev.reload import Reloader
from bot.dev.save_chat import FOLDER, NotSaved, chat_text, save
from bot.dev.snapshots import NoSnapshot, Snapshots
from bot.dev.traffic_view import Traffic
from bot.emulator import ApiError, Phone, Platform
from bot.emulator.channels import CHANNELS
from bot.emulator.control import control_routes
from bot.emulator.http_body import json_body
from bot.emulator.http_response import answered, refused
from bot.emulator.storage import save as save_state
from bot.errors import BotError
from bot.pages import diagrams, files
from bot.pages.access_guard import Guard
from bot.turn.durations import seconds

STATIC = Path(__file__).parent / "static"
_MAX_EVENTS = 200

REST_S = 10.0
"""Maximum time to wait for active work before returning to an earlier turn, in seconds."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dev:
    """The state that all endpoints of the page use."""

    bot: Bot
    platform: Platform
    reloader: Reloader
    traffic: Traffic
    clock: MovingClock
    data: Path
    """The file with the emulator's state."""
    snapshots: Snapshots
    failures: Failures


Handler = Callable[[Dev, Request], Awaitable[Any]]


def page_app(dev: Dev) -> Starlette:
    """Return the bot's endpoints, the emulator's control endpoints and the page as one ASGI app."""

    def route(path: str, method: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            return answered(await handler(dev, request))

        return Route(path, endpoint, methods=[method])

    console = Console(dev.bot)
    phone = "/dev/phones/{channel}/{identity:path}"
    app = Starlette(
        routes=[
            *routes(dev.bot.settings),
            *control_routes(dev.platform),
            *files(STATIC),
            Route("/console", _to_console),
            Mount("/console", console_app(lambda: console, None, from_anywhere=False)),
            route("/dev/about", "GET", _about),
            route("/dev/flows", "GET", _flows),
            route("/dev/traffic", "GET", _traffic),
            route("/dev/traffic/{id:int}/curl", "GET", _curl),
            route("/dev/sessions/{channel}/{identity:path}", "GET", _session),
            route("/dev/sessions/{channel}/{identity:path}", "POST", _go_back),
            route("/dev/dead/{id}/retry", "POST", _retry),
            route("/dev/clock", "GET", _clock),
            route("/dev/clock", "POST", _skip),
            route("/dev/rest/{channel}/{identity:path}", "GET", _rest),
            route("/dev/requests/{channel}/{identity:path}", "POST", _request),
            route(phone, "GET", _thread),
            route(phone, "DELETE", _forget),
            route("/dev/tests/{channel}/{identity:path}", "GET", _test),
            route("/dev/tests/{channel}/{identity:path}", "POST", _save_test),
        ],
        middleware=[Middleware(Guard)],
        exception_handlers={
            ApiError: refused,
            NotSaved: _told,
            NoSnapshot: _told,
            NotSkipped: _told,
            BotError: _told,
        },
    )
    app.router.redirect_slashes = False
    app.state.bot = dev.bot
    return app


async def _to_console(request: Request) -> Response:
    return RedirectResponse("console/")


async def _about(dev: Dev, request: Request) -> Any:
    """Return the channels of the emulated app, the contacts, the flows' error, and the time."""
    return {
        "channels": [
            {
                "name": name,
                "by_number": CHANNELS[name].by_number,
                "has_events": CHANNELS[name].events,
                "has_reads": CHANNELS[name].reads,
                "has_choices": "choice_message" in CHANNELS[name].native,
            }
            for name in dev.platform.world.channels
        ],
        "contacts": _contacts(dev.platform),
        "fault": dev.reloader.fault,
        **_time(dev),
    }


def _contacts(platform: Platform) -> list[Json]:
    """Return the identities that were used, with their channels, the last used identity first."""
    state = platform.state
    last = dict(state.last_inbound)
    for key, screen in state.shown.items():
        last[key] = max([last.get(key, 0.0), *(shown.at for shown in screen[-1:])])
    found: dict[str, Json] = {}
    for key, at in sorted(last.items(), key=lambda one: (-one[1], one[0])):
        app_id, channel, identity = key.split("/", 2)
        if app_id == platform.app_id:
            contact = found.setdefault(identity, {"identity": identity, "channels": [], "at": at})
            contact["channels"].append(channel)
    return list(found.values())


def _time(dev: Dev) -> Json:
    return {"now": dev.clock.now(), "ahead_s": dev.clock.ahead_s}


async def _clock(dev: Dev, request: Request) -> Any:
    """Return the time, and by how much the clock was moved forward."""
    return _time(dev)


async def _skip(dev: Dev, request: Request) -> Any:
    """Move the clock forward: by `for`, such as "30m", or to the time `until`."""
    given = await json_body(request)
    until = given.get("until")
    now = dev.clock.now()
    # A timer is due at a whole millisecond. A sum of floats may be slightly earlier.
    by_s = until - now + 0.001 if isinstance(until, int | float) else seconds(str(given.get("for")))
    try:
        await skip(dev.bot, dev.platform, dev.clock, max(0.0, by_s))
    finally:
        dev.platform.state.ahead_s = dev.clock.ahead_s
        # Timers that are set at the new time outlive a kill of this process. So must the clock.
        await asyncio.to_thread(save_state, dev.platform.state, dev.data)
        dev.platform.core.tell("clock", **_time(dev))
    return _time(dev)


async def _flows(dev: Dev, request: Request) -> Any:
    return diagrams.of(dev.bot.flows)


async def _traffic(dev: Dev, request: Request) -> Any:
    """Return the traffic entries that are later than `after`."""
    after = request.query_params.get("after", "0")
    return dev.traffic.after(int(after) if after.isdecimal() else 0)


async def _curl(dev: Dev, request: Request) -> Any:
    command = dev.traffic.curl(request.path_params["id"])
    if command is None:
        raise HTTPException(404, "This entry of the traffic is no longer stored.")
    return PlainTextResponse(command)


async def _session(dev: Dev, request: Request) -> Any:
    phone = _phone(dev, request)
    return await contact_view.session(dev.bot, dev.platform, phone, dev.snapshots, dev.failures)


async def _go_back(dev: Dev, request: Request) -> Any:
    """Restore the contact to the end of an earlier turn, in the bot and on the phone."""
    phone = _phone(dev, request)
    key = contact_view.key_of(dev.platform, phone)
    turn = (await json_body(request)).get("turn")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REST_S):
            await run_until_idle(dev.bot, dev.platform, phone)
    number = turn if isinstance(turn, int) else -1
    at, gone = await dev.snapshots.restore(key, number)
    rewind(dev.platform, phone, at, gone)
    dev.platform.core.tell("turn", contact=key)
    return {}


async def _retry(dev: Dev, request: Request) -> Any:
    """Queue the items of a dead letter again."""
    return {"done": await dev.bot.store.admin.retry_dead(request.path_params["id"])}


async def _rest(dev: Dev, request: Request) -> Any:
    """Respond as soon as the contact's conversation is idle."""
    await run_until_idle(dev.bot, dev.platform, _phone(dev, request))
    return {}


async def _request(dev: Dev, request: Request) -> Any:
    """Do for the contact what a program can do: trigger an event, start a flow, or hand the contact
    back to the bot.
    """
    phone = _phone(dev, request)
    contact = f"{phone.channel}:{phone.identity}"
    match await json_body(request):
        case {"event": str(name), "data": dict(data)}:
            await dev.bot.trigger(contact, name, data)
        case {"flow": str(name), "data": dict(data)}:
            await dev.bot.start(contact, name, data)
        case {"resume": True}:
            await dev.bot.resume(contact)
        case _:
            raise HTTPException(400, "Give an event or a flow, with data, or resume.")
    return {}


async def _thread(dev: Dev, request: Request) -> Any:
    most = request.query_params.get("most", "")
    phone = _phone(dev, request)
    failures = await dev.failures.of(contact_view.key_of(dev.platform, phone))
    most_events = int(most) if most.isdecimal() else _MAX_EVENTS
    return thread(dev.platform, phone, most_events, failures)


async def _forget(dev: Dev, request: Request) -> Any:
    """Start over: clear the phone and delete the contact from the bot's store."""
    phone = _phone(dev, request)
    key = contact_view.key_of(dev.platform, phone)
    await dev.bot.store.admin.forget(key)
    dev.snapshots.forget(key)
    forget(dev.platform, phone)
    dev.platform.core.tell("turn", contact=key)
    return {}


async def _test(dev: Dev, request: Request) -> Any:
    """Return the conversation as the text of a `.chat` file, for a preview."""
    key = contact_view.key_of(dev.platform, _phone(dev, request))
    return PlainTextResponse(await chat_text(dev.bot, key))


async def _save_test(dev: Dev, request: Request) -> Any:
    """Save the conversation as the test `name` in the folder of tests."""
    key = contact_view.key_of(dev.platform, _phone(dev, request))
    text = await chat_text(dev.bot, key)
    name = (await json_body(request)).get("name")
    return {"path": str(save(text, name if isinstance(name, str) else "", Path(FOLDER)))}


def _phone(dev: Dev, request: Request) -> Phone:
    channel, identity = request.path_params["channel"], request.path_params["identity"]
    if channel not in CHANNELS:
        raise HTTPException(404, f"There is no channel {channel!r}.")
    return dev.platform.phone(channel, identity)


async def _told(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 400)
