"""What the console's page asks for, and what it has done.

All of it needs `Authorization: Bearer <token>`. What names a contact goes in the body, never in the
URL: a phone number there would lie in the logs of every proxy.

    GET  api/flows                    the flows, drawn
    GET  api/counts                   contacts in each state, dead letters, what waits
    GET  api/walks                    how contacts went through the flows, from the logs
    GET  api/stuck                    contacts for which something waits, or that can't go on
    POST api/contacts                 {"flow", "state", "search", "paused", "skip"}
    POST api/contact                  {"contact"}: session, timers, transcript
    POST api/pause, api/resume        {"contact", "reason"}
    POST api/say                      {"contact", "text", "agent", "id"}: a person answers
    GET  api/dead, api/dead/ID        dead letters without what they say; one with all
    POST api/dead/ID/retry, …/drop

Errors are `{"error": {"message"}}`: 400, 401, 404, 409 for a contact who said STOP, and 503 where
the store is away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.client import Client
from bot.console import contact_snapshot, transition_counts
from bot.console.contact_snapshot import ContactSnapshot
from bot.console.ttl_cache import TtlCache
from bot.engine.secret_answers import masked
from bot.errors import BotError
from bot.flow.load import Flows
from bot.ops import dead_letters, transcript
from bot.ops.common import OperationError
from bot.ops.stuck import why_stuck
from bot.pages import diagrams, files
from bot.pages.access_guard import Guard
from bot.settings import Secret
from bot.web.http import has_token, read_body, status_of

STATIC = Path(__file__).parent / "static"
PAGE = 50
"""Contacts in one answer."""

MAX_BODY_BYTES = 65_536

MAX_LETTERS = 100
"""Dead letters in one answer, the newest."""

T = TypeVar("T")


class ListRequest(msgspec.Struct, kw_only=True):
    """POST api/contacts."""

    flow: str = ""
    state: str = ""
    search: str = ""
    paused: bool = False
    skip: int = 0


class ContactRef(msgspec.Struct):
    """POST api/contact, api/pause and api/resume."""

    contact: str
    reason: str = ""


class Answer(msgspec.Struct):
    """POST api/say. `agent` is the person's name; an answer with the same `id` is taken once."""

    contact: str
    text: str
    agent: str = ""
    id: str = ""


class Console:
    """What all pages that are open look at, and what they can do."""

    def __init__(self, bot_client: Client) -> None:
        self.bot_client = bot_client
        self.store = bot_client.store
        self.clock = bot_client.clock
        self._census: TtlCache[ContactSnapshot] = TtlCache(self._take, self.clock)
        self._walks: TtlCache[transition_counts.TransitionCounts] = TtlCache(
            self._count, self.clock
        )
        self._stuck: TtlCache[contact_snapshot.StuckContacts] = TtlCache(self._look, self.clock)

    @property
    def flows(self) -> Flows:
        """The present ones: in development they are loaded again."""
        return self.bot_client.flows

    async def drawn(self, request: Request) -> Any:
        return diagrams.of(self.flows)

    async def counts(self, request: Request) -> Any:
        taken = await self._census.get()
        depth = await self.store.reader.depth()
        return {
            "at": taken.at,
            "contacts": len(taken.rows),
            "is_complete": taken.is_complete,
            "paused": sum(row.paused is not None for row in taken.rows),
            "idle": sum(not row.where for row in taken.rows),
            "waiting": taken.waiting,
            "depth": msgspec.to_builtins(depth),
        }

    async def walked(self, request: Request) -> Any:
        return (await self._walks.get()).told()

    async def stuck(self, request: Request) -> Any:
        return await self._stuck.get()

    async def contacts(self, request: Request) -> Any:
        wanted = await _body(request, ListRequest)
        taken = await self._census.get()
        rows = contact_snapshot.chosen(
            taken,
            flow=wanted.flow,
            state=wanted.state,
            search=wanted.search,
            paused=wanted.paused,
        )
        first = max(0, wanted.skip)
        return {
            "total": len(rows),
            "is_complete": taken.is_complete,
            "rows": rows[first : first + PAGE],
        }

    async def contact(self, request: Request) -> Any:
        key = (await _body(request, ContactRef)).contact
        held = await self.bot_client.known(key)
        items, entries, timers, lines, why = await asyncio.gather(
            self.store.reader.inbox(key),
            self.store.reader.outbox(key),
            self.store.reader.timers(key),
            transcript.read(self.store, key),
            why_stuck(
                self.store, key, held, self.flows, self.clock.now() - contact_snapshot.STUCK_S
            ),
        )
        return {
            "contact": key,
            "session": held,
            "data": masked(held.data),
            "unhandled": len(items),
            "unsent": len(entries),
            "timers": [{"name": timer.name, "due": timer.due} for timer in timers],
            "transcript": lines,
            "stuck": why,
        }

    async def pause(self, request: Request) -> Any:
        named = await _body(request, ContactRef)
        return {"done": await self.bot_client.pause(named.contact, named.reason)}

    async def resume(self, request: Request) -> Any:
        named = await _body(request, ContactRef)
        return {"done": await self.bot_client.resume(named.contact)}

    async def say(self, request: Request) -> Any:
        answer = await _body(request, Answer)
        taken = await self.bot_client.say(
            answer.contact, answer.text, agent=answer.agent, id=answer.id
        )
        return {"done": taken}

    async def letters(self, request: Request) -> Any:
        found = []
        async for letter in self.store.admin.newest_dead_letters():
            found.append(dead_letters.summary(letter))
            if len(found) == MAX_LETTERS:
                break
        return {"total": (await self.store.reader.depth()).dead, "letters": found}

    async def letter(self, request: Request) -> Any:
        return dead_letters.whole(
            await dead_letters.find_letter(self.store, request.path_params["id"])
        )

    async def retry(self, request: Request) -> Any:
        return {"done": await self.store.admin.retry_dead(request.path_params["id"])}

    async def drop(self, request: Request) -> Any:
        return {"done": await self.store.admin.drop_dead(request.path_params["id"])}

    async def _take(self) -> ContactSnapshot:
        return await contact_snapshot.take(self.store, self.clock.now())

    async def _count(self) -> transition_counts.TransitionCounts:
        rows = (await self._census.get()).rows
        return await transition_counts.count(self.store, self.flows, [row.contact for row in rows])

    async def _look(self) -> contact_snapshot.StuckContacts:
        return await contact_snapshot.stuck(self.store, self.flows, self.clock.now())


def console_routes(app: Starlette, token: Secret) -> list[BaseRoute]:
    """Return the console as a part of the application that serves the webhook, at `/console`."""
    consoles: list[Console] = []

    def opened() -> Console | None:
        bot_client: Client | None = app.state.bot
        if bot_client is not None and not consoles:
            consoles.append(Console(bot_client))
        return consoles[0] if consoles else None

    async def to_console(request: Request) -> Response:
        # Relative: the scheme and host that the browser used may be known to a proxy alone.
        return RedirectResponse("console/")

    mounted = Mount("/console", console_app(opened, token, from_anywhere=True))
    return [Route("/console", to_console), mounted]


def console_app(
    opened: Callable[[], Console | None], token: Secret | None, *, from_anywhere: bool
) -> Starlette:
    """The page and what it asks for; until `opened` gives a console, it answers 503.

    Who has the token may do everything; without one, everybody. Without `from_anywhere` it answers
    at loopback addresses only.
    """

    def route(path: str, method: str, handler: Callable[[Console, Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            if token and not has_token(request, token.reveal()):
                return _refuse(401, "The token isn't the console's.")
            console = opened()
            if console is None:
                return _refuse(503, "The bot is starting.")
            return await _answered(handler(console, request))

        return Route(path, endpoint, methods=[method])

    app = Starlette(
        routes=[
            *files(STATIC),
            route("/api/flows", "GET", Console.drawn),
            route("/api/counts", "GET", Console.counts),
            route("/api/walks", "GET", Console.walked),
            route("/api/stuck", "GET", Console.stuck),
            route("/api/contacts", "POST", Console.contacts),
            route("/api/contact", "POST", Console.contact),
            route("/api/pause", "POST", Console.pause),
            route("/api/resume", "POST", Console.resume),
            route("/api/say", "POST", Console.say),
            route("/api/dead", "GET", Console.letters),
            route("/api/dead/{id}", "GET", Console.letter),
            route("/api/dead/{id}/retry", "POST", Console.retry),
            route("/api/dead/{id}/drop", "POST", Console.drop),
        ],
        middleware=[Middleware(Guard, from_anywhere=from_anywhere)],
    )
    app.router.redirect_slashes = False
    return app


async def _answered(answer: Awaitable[Any]) -> Response:
    try:
        content = msgspec.json.encode(await answer)
    except msgspec.DecodeError as error:
        return _refuse(400, str(error))
    except BotError as error:
        return _refuse(_status(error), str(error))
    return Response(content, media_type="application/json")


async def _body(request: Request, kind: type[T]) -> T:
    body = await read_body(request.scope, request.receive, MAX_BODY_BYTES)
    return msgspec.json.decode(body, type=kind)


def _status(error: BotError) -> int:
    return 404 if isinstance(error, OperationError) else status_of(error)


def _refuse(status: int, why: str) -> Response:
    return Response(
        msgspec.json.encode({"error": {"message": why}}), status, media_type="application/json"
    )
