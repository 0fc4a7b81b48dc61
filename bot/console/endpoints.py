"""The endpoints of the console's page.

All requests need `Authorization: Bearer <token>`. The contact is in the body, never in the URL,
because proxies would log phone numbers in URLs.

    GET  api/flows                    the flows with their diagrams
    GET  api/counts                   contacts per state, dead letters, waiting work, and the flows
                                      that are switched off
    POST api/flows/off                {"flow", "because", "say"}: switch a flow off
    POST api/flows/on                 {"flow"}: switch a flow on again
    GET  api/walks?since=24h          how contacts went through the flows, from the logs
    GET  api/stuck                    contacts that cannot continue, or whose work waits too long
    GET  api/inbox                    contacts that people handle, the longest wait first
    POST api/contacts                 {"flow", "state", "search", "paused", "skip"}: find contacts
    POST api/texts                    {"search"}: contacts whose logs have that text
    POST api/contact                  {"contact"}: session, timers, transcript, notes
    POST api/note                     {"contact", "by", "text", "assigned"}: add a note, assign
    POST api/pause, api/resume        {"contact", "reason"}: start or end a hand-over to a person
    POST api/say                      {"contact", "text", "agent", "id"}: send an agent's reply
    GET  api/broadcasts               the outcomes of the latest broadcasts
    POST api/broadcasts/cancel        {"name"}: cancel a broadcast; returns its outcome
    GET  api/dead                     dead letters, grouped by error
    POST api/dead                     {"kind", "reason", "place", "until", "skip"}: part of a group
    POST api/dead/retry, …/drop       {"kind", "reason", "place", "until"}: retry or delete a group
    GET  api/dead/ID                  one letter with its items or reply
    POST api/dead/ID/retry, …/drop    retry or delete one letter

Errors are `{"error": {"message"}}`. The status is 400, 401 or 404; 409 if the contact has said
STOP; 503 if the store is unavailable.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from bot.client import Client
from bot.console import (
    contact_snapshot,
    dead_letter_groups,
    inbox,
    text_search,
    transition_counts,
)
from bot.console.contact_snapshot import ContactSnapshot
from bot.console.ttl_cache import TtlCache
from bot.contact.session import Session
from bot.engine.secret_answers import masked
from bot.errors import BotError, UnknownContact
from bot.flow.load import Flows
from bot.ops import broadcast_report, dead_letters, transcript
from bot.ops.common import OperationError
from bot.ops.contact_lookup import can_be_key
from bot.ops.new_contacts import blank_session
from bot.ops.stuck import why_stuck
from bot.pages import diagrams, files
from bot.pages.access_guard import Guard
from bot.settings import Secret
from bot.store import BroadcastCounts, FlowOff
from bot.web.http import has_token, read_body, status_of

STATIC = Path(__file__).parent / "static"
PAGE = 50
"""Maximum number of contacts in one response."""

MAX_BODY_BYTES = 65_536

MAX_BROADCASTS = 20
"""Maximum number of broadcasts in one response. The response has the latest broadcasts."""

RANGES = {"": 0.0, "24h": 86_400.0, "7d": 604_800.0}
"""The ranges of `api/walks?since=`, in seconds. 0 means the whole log."""

T = TypeVar("T")


class ListRequest(msgspec.Struct, kw_only=True):
    """The body of POST api/contacts."""

    flow: str = ""
    state: str = ""
    search: str = ""
    paused: bool = False
    skip: int = 0


class ContactRef(msgspec.Struct):
    """The body of POST api/contact, api/pause and api/resume."""

    contact: str
    reason: str = ""


class OffRequest(msgspec.Struct):
    """The body of POST api/flows/off.

    `say` is the text for contacts; "" means the framework's text.
    """

    flow: str
    because: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    say: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class OnRequest(msgspec.Struct):
    """The body of POST api/flows/on."""

    flow: str


class BroadcastRef(msgspec.Struct):
    """The body of POST api/broadcasts/cancel."""

    name: str


class LetterGroup(msgspec.Struct):
    """The body of POST api/dead, api/dead/retry and api/dead/drop.

    The body selects the letters of a group up to the time `until` (Unix seconds).
    """

    kind: str
    reason: str
    place: str
    until: float
    skip: int = 0

    @property
    def wanted(self) -> dead_letter_groups.Kind:
        return dead_letter_groups.Kind(self.kind, self.reason, self.place)


class NoteRequest(msgspec.Struct):
    """The body of POST api/note.

    `assigned` is the person who handles the contact from now on.
    """

    contact: str
    by: Annotated[str, msgspec.Meta(max_length=60)] = ""
    text: Annotated[str, msgspec.Meta(max_length=inbox.MAX_NOTE_CHARS)] = ""
    assigned: Annotated[str, msgspec.Meta(max_length=60)] = ""


class TextRequest(msgspec.Struct):
    """The body of POST api/texts."""

    search: Annotated[str, msgspec.Meta(min_length=2)]


class Answer(msgspec.Struct):
    """The body of POST api/say: a person's reply. Replies with the same `id` are sent only once.

    `agent` is the person's name.
    """

    contact: str
    text: str
    agent: str = ""
    id: str = ""


class Console:
    """The handlers of the endpoints, with cached results that all open pages share."""

    def __init__(self, bot_client: Client) -> None:
        self.bot_client = bot_client
        self.store = bot_client.store
        self.clock = bot_client.clock
        self._census: TtlCache[ContactSnapshot] = TtlCache(self._take, self.clock)
        self._walks = {
            since: TtlCache(partial(self._count, since_s), self.clock)
            for since, since_s in RANGES.items()
        }
        self._groups: TtlCache[list[dead_letter_groups.Group]] = TtlCache(self._sort, self.clock)
        self._queue: TtlCache[inbox.Queue] = TtlCache(self._line_up, self.clock)
        self._broadcasts = TtlCache(self._count_broadcasts, self.clock)
        self._stuck: TtlCache[contact_snapshot.StuckContacts] = TtlCache(self._look, self.clock)

    @property
    def flows(self) -> Flows:
        """Return the current flows. During development the flows may be reloaded."""
        return self.bot_client.flows

    async def drawn(self, request: Request) -> Any:
        return diagrams.of(self.flows)

    async def counts(self, request: Request) -> Any:
        taken = await self._census.get()
        depth, off = await asyncio.gather(self.store.reader.depth(), self.store.reader.flows_off())
        return {
            "at": taken.at,
            "now": self.clock.now(),
            "off": off,
            "contacts": len(taken.rows),
            "is_complete": taken.is_complete,
            "paused": sum(row.paused is not None for row in taken.rows),
            "idle": sum(not row.where for row in taken.rows),
            "waiting": taken.waiting,
            "depth": msgspec.to_builtins(depth),
            "unanswered": (await self._queue.get()).unanswered,
        }

    async def switch_off(self, request: Request) -> Any:
        wanted = await _body(request, OffRequest)
        flow = self.flows[wanted.flow].name
        off = FlowOff(self.clock.now(), wanted.because.strip(), wanted.say.strip())
        await self.store.admin.switch_off(flow, off)
        return {"done": True}

    async def switch_on(self, request: Request) -> Any:
        return {"done": await self.store.admin.switch_on((await _body(request, OnRequest)).flow)}

    async def walked(self, request: Request) -> Any:
        walks = self._walks.get(request.query_params.get("since", ""), self._walks[""])
        return (await walks.get()).told()

    async def lined_up(self, request: Request) -> Any:
        return await self._queue.get()

    async def texts(self, request: Request) -> Any:
        words = (await _body(request, TextRequest)).search
        rows = (await self._census.get()).rows
        return await text_search.find(self.store, rows, words)

    async def note(self, request: Request) -> Any:
        given = await _body(request, NoteRequest)
        await self.bot_client.known(given.contact)
        note = inbox.Note(self.clock.now(), given.by, given.text, given.assigned)
        await inbox.add_note(self.store, given.contact, note)
        self._queue.clear()
        return {"done": True}

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
            "page": PAGE,
            "is_complete": taken.is_complete,
            "rows": rows[first : first + PAGE],
        }

    async def contact(self, request: Request) -> Any:
        key = (await _body(request, ContactRef)).contact
        held = await self._held(key)
        items, entries, timers, lines, notes, why = await asyncio.gather(
            self.store.reader.inbox(key),
            self.store.reader.outbox(key),
            self.store.reader.timers(key),
            transcript.read(self.store, key),
            inbox.notes(self.store, key),
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
            "notes": notes,
            "assigned": inbox.assigned_to(notes, held.pause.since) if held.pause else "",
            "stuck": why,
            "letters": await dead_letter_groups.of_contact(self.store, key),
        }

    async def _held(self, key: str) -> Session:
        """Return the contact's session; a blank session before the contact's first commit."""
        with contextlib.suppress(UnknownContact):
            held: Session | None = await self.bot_client.known(key)
            if held is not None:
                return held
        held = await blank_session(self.store, key) if can_be_key(key) else None
        if held is None:
            raise OperationError("The bot has no such contact. The contact may have been deleted.")
        return held

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

    async def broadcasts(self, request: Request) -> Any:
        return await self._broadcasts.get()

    async def cancel_broadcast(self, request: Request) -> Any:
        named = await _body(request, BroadcastRef)
        canceled = await broadcast_report.cancel(self.store, named.name, self.clock.now())
        self._broadcasts.clear()
        return canceled

    async def letter_groups(self, request: Request) -> Any:
        return {
            "total": (await self.store.reader.depth()).dead,
            "groups": await self._groups.get(),
        }

    async def letters(self, request: Request) -> Any:
        group = await _body(request, LetterGroup)
        return await dead_letter_groups.page(
            self.store, group.wanted, group.until, max(0, group.skip)
        )

    async def retry_group(self, request: Request) -> Any:
        return await self._with_group(request, self.store.admin.retry_dead)

    async def drop_group(self, request: Request) -> Any:
        return await self._with_group(request, self.store.admin.drop_dead)

    async def _with_group(self, request: Request, do: Callable[[str], Awaitable[bool]]) -> Any:
        group = await _body(request, LetterGroup)
        count = 0
        async for letter in dead_letter_groups.of(self.store, group.wanted, group.until):
            count += await do(letter.id)
        self._groups.clear()
        return {"done": count}

    async def letter(self, request: Request) -> Any:
        return dead_letters.whole(
            await dead_letters.find_letter(self.store, request.path_params["id"])
        )

    async def retry(self, request: Request) -> Any:
        self._groups.clear()
        return {"done": await self.store.admin.retry_dead(request.path_params["id"])}

    async def drop(self, request: Request) -> Any:
        self._groups.clear()
        return {"done": await self.store.admin.drop_dead(request.path_params["id"])}

    async def _count_broadcasts(self) -> list[BroadcastCounts]:
        names = [*await self.store.outcomes.names()][:MAX_BROADCASTS]
        counts = [await self.store.outcomes.count(name) for name in names]
        return [each for each in counts if each is not None]

    async def _take(self) -> ContactSnapshot:
        return await contact_snapshot.take(self.store, self.clock.now())

    async def _count(self, since_s: float) -> transition_counts.TransitionCounts:
        contacts = [row.contact for row in (await self._census.get()).rows]
        since = self.clock.now() - since_s if since_s else 0.0
        return await transition_counts.count(self.store, self.flows, contacts, since)

    async def _sort(self) -> list[dead_letter_groups.Group]:
        return await dead_letter_groups.groups(self.store)

    async def _line_up(self) -> inbox.Queue:
        return await inbox.queue(self.store, (await self._census.get()).rows)

    async def _look(self) -> contact_snapshot.StuckContacts:
        return await contact_snapshot.stuck(self.store, self.flows, self.clock.now())


def console_routes(app: Starlette, token: Secret) -> list[BaseRoute]:
    """Return the routes of the console at `/console`, for the app that serves the webhook."""
    consoles: list[Console] = []

    def opened() -> Console | None:
        bot_client: Client | None = app.state.bot
        if bot_client is not None and not consoles:
            consoles.append(Console(bot_client))
        return consoles[0] if consoles else None

    async def to_console(request: Request) -> Response:
        # The URL is relative, because only a proxy may know the scheme and host that the browser
        # used.
        return RedirectResponse("console/")

    mounted = Mount("/console", console_app(opened, token, from_anywhere=True))
    return [Route("/console", to_console), mounted]


def console_app(
    opened: Callable[[], Console | None], token: Secret | None, *, from_anywhere: bool
) -> Starlette:
    """Return an application with the console's page and endpoints.

    The application answers with 503 until `opened` returns a console.

    Anybody who has the token may do everything. If `token` is None, no token is needed. If
    `from_anywhere` is False, the application answers only at loopback addresses.
    """

    def route(path: str, method: str, handler: Callable[[Console, Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            if token and not has_token(request, token.reveal()):
                return _refuse(401, "The token is not the console's token.")
            console = opened()
            if console is None:
                return _refuse(503, "The bot is starting.")
            return await _answered(handler(console, request))

        return Route(path, endpoint, methods=[method])

    app = Starlette(
        routes=[
            *files(STATIC),
            route("/api/flows", "GET", Console.drawn),
            route("/api/flows/off", "POST", Console.switch_off),
            route("/api/flows/on", "POST", Console.switch_on),
            route("/api/counts", "GET", Console.counts),
            route("/api/walks", "GET", Console.walked),
            route("/api/stuck", "GET", Console.stuck),
            route("/api/contacts", "POST", Console.contacts),
            route("/api/contact", "POST", Console.contact),
            route("/api/pause", "POST", Console.pause),
            route("/api/resume", "POST", Console.resume),
            route("/api/say", "POST", Console.say),
            route("/api/broadcasts", "GET", Console.broadcasts),
            route("/api/broadcasts/cancel", "POST", Console.cancel_broadcast),
            route("/api/inbox", "GET", Console.lined_up),
            route("/api/texts", "POST", Console.texts),
            route("/api/note", "POST", Console.note),
            route("/api/dead", "GET", Console.letter_groups),
            route("/api/dead", "POST", Console.letters),
            route("/api/dead/retry", "POST", Console.retry_group),
            route("/api/dead/drop", "POST", Console.drop_group),
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
