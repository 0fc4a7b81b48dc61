"""HTTP endpoints for other systems: events, starts of flows, texts of agents, and hand-overs.

    POST /events   {"contact", "name", "data": {…}, "id", "run", "expires", "wait"}
    GET /events/ID?contact=KEY&wait=2s
    POST /start    {"contact", "flow", "data": {…}, "state", "id", "replace"}
    POST /say      {"contact", "text", "agent", "purpose", "id"}
    POST /pause    {"contact", "reason", "id"}
    POST /resume   {"contact", "state", "id"}

`contact` is the key of a contact, CHANNEL:identity, a phone number, or a WhatsApp user ID. A repeat
with the same `id` is ignored. Requests must have the header `Authorization: Bearer
<BOT_EVENTS_TOKEN>`. If BOT_EVENTS_TOKEN is not set, these endpoints are off.

An accepted request is answered with 200 and `{"accepted": true}`, a repeat with 200 and
`{"accepted": false}`. Any other answer has `{"error": …}`, with one of these statuses:

- 400: the request cannot be read or carried out.
- 401: the request has no valid token.
- 404: the contact is unknown.
- 409: the contact said STOP or has an unreadable session, or the flow is active or switched off.
- 413: the request is too large.
- 503: the bot cannot accept the request now. Send the request again.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.client import Client, require_wait
from bot.contact.session import Purpose
from bot.errors import BodyTooLarge, BotError
from bot.settings import Settings
from bot.telemetry import trace_parent
from bot.web.http import has_token, read_body, status_of

Name = Annotated[str, msgspec.Meta(min_length=1)]


class EndpointRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The fields that all requests share."""

    contact: Name
    id: str = ""

    async def put(self, bot_client: Client) -> bool:
        """Put the request into the contact's inbox. Return False if the request is a repeat."""
        raise NotImplementedError

    async def answer(self, bot_client: Client) -> dict[str, Any]:
        """Put the request into the contact's inbox, and return the response."""
        return {"accepted": await self.put(bot_client)}


class Event(EndpointRequest):
    """The request of POST /events."""

    name: Name
    data: dict[str, Any] = {}
    run: int = 0
    expires: str = ""

    wait: str = ""

    async def put(self, bot_client: Client) -> bool:
        return await bot_client.trigger(
            self.contact, self.name, self.data, id=self.id, run=self.run, expires=self.expires
        )

    async def answer(self, bot_client: Client) -> dict[str, Any]:
        """Put the event into the contact's inbox. With `wait`, wait for the event's outcome."""
        if not self.wait:
            return await super().answer(bot_client)
        require_wait(self.wait)
        self.id = self.id or bot_client.new_id(bot_client.clock.now())
        found = await super().answer(bot_client)
        outcome = await bot_client.outcome(self.contact, self.id, wait=self.wait)
        return {**found, "outcome": outcome}


class Start(EndpointRequest):
    """The request of POST /start."""

    flow: Name
    data: dict[str, Any] = {}
    state: str = ""
    replace: bool = False

    async def put(self, bot_client: Client) -> bool:
        return await bot_client.start(
            self.contact, self.flow, self.data, state=self.state, id=self.id, replace=self.replace
        )


class Text(EndpointRequest):
    """The request of POST /say."""

    text: str
    agent: str = ""
    purpose: Purpose | Literal[""] = ""

    async def put(self, bot_client: Client) -> bool:
        return await bot_client.say(
            self.contact, self.text, agent=self.agent, id=self.id, purpose=self.purpose
        )


class Pause(EndpointRequest):
    """The request of POST /pause."""

    reason: str = ""

    async def put(self, bot_client: Client) -> bool:
        return await bot_client.pause(self.contact, self.reason, id=self.id)


class Resume(EndpointRequest):
    """The request of POST /resume."""

    state: str = ""

    async def put(self, bot_client: Client) -> bool:
        return await bot_client.resume(self.contact, self.state, id=self.id)


Kind = type[Event | Start | Text | Pause | Resume]
KINDS: Mapping[str, Kind] = {
    "/events": Event,
    "/start": Start,
    "/say": Text,
    "/pause": Pause,
    "/resume": Resume,
}


def routes(settings: Settings) -> list[Route]:
    posts = [
        Route(path, _endpoint(kind, settings), methods=["POST"]) for path, kind in KINDS.items()
    ]
    return [*posts, Route("/events/{id:path}", _outcome_endpoint(settings), methods=["GET"])]


def _endpoint(kind: Kind, settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    decoder = msgspec.json.Decoder(kind)
    token = settings.events_token.reveal()

    async def endpoint(request: Request) -> Response:
        bot_client = _client(request, token)
        if isinstance(bot_client, Response):
            return bot_client
        try:
            body = await read_body(request.scope, request.receive, settings.max_body_bytes)
        except ClientDisconnect:
            return _refuse(400, "The request was interrupted.")
        except BodyTooLarge:
            return _refuse(413, "The body is larger than BOT_MAX_BODY.")
        try:
            with trace_parent.called_with(request.headers.get("traceparent", "")):
                return JSONResponse(await decoder.decode(body).answer(bot_client))
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            return _refuse(400, str(error))
        except BotError as error:
            return _refuse(status_of(error), str(error))

    return endpoint


def _outcome_endpoint(settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint that reports the outcome of an event by its id."""
    token = settings.events_token.reveal()

    async def endpoint(request: Request) -> Response:
        bot_client = _client(request, token)
        if isinstance(bot_client, Response):
            return bot_client
        contact = request.query_params.get("contact", "")
        try:
            wait = request.query_params.get("wait", "")
            outcome = await bot_client.outcome(contact, request.path_params["id"], wait=wait)
        except BotError as error:
            return _refuse(status_of(error), str(error))
        if outcome is None:
            return _refuse(
                404,
                "No outcome is stored for this id: the event is not handled yet, or is tried again"
                " after an error, or there is no such event among the contact's last 20.",
            )
        return JSONResponse({"outcome": outcome})

    return endpoint


def _client(request: Request, token: str) -> Client | Response:
    """Return the bot's client; for a request without a valid token, return the error response."""
    bot_client: Client | None = request.app.state.bot
    if bot_client is None:
        return _refuse(503, "The bot is starting.")
    if not token:
        return _refuse(404, "BOT_EVENTS_TOKEN isn't set, so this endpoint is off.")
    if not has_token(request, token):
        return _refuse(
            401, "The Authorization header isn't `Bearer` with the value of BOT_EVENTS_TOKEN."
        )
    return bot_client


def _refuse(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)
