"""The HTTP server: the token endpoint and the API's paths, with the API's errors.

`traffic_middleware` wraps the server to log requests and inject faults.
"""

from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Lifespan

from bot.emulator.access import SameOrigin
from bot.emulator.api_error import ApiError, Json, wrong_region
from bot.emulator.control import control_routes
from bot.emulator.endpoint import Call, Endpoint
from bot.emulator.http_body import json_body, raw_body
from bot.emulator.http_response import refused
from bot.emulator.platform import Platform
from bot.emulator.routes import ENDPOINTS
from bot.emulator.traffic_middleware import Traffic
from bot.emulator.validation import require


def create_app(platform: Platform, lifespan: Lifespan[Starlette] | None = None) -> Starlette:
    """Return the API of this platform as an ASGI app. The app does not run the platform's queue."""
    routes = [Route("/oauth2/token", _token(platform), methods=["POST"])]
    for endpoint in ENDPOINTS:
        path = "/v1/projects/{project_id}" + endpoint.path
        routes.append(Route(path, _serve(platform, endpoint), methods=[endpoint.method]))
    routes.append(Route("/files/{path:path}", _file(platform), methods=["GET"]))
    routes += control_routes(platform)
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(SameOrigin), Middleware(Traffic, platform=platform)],
        exception_handlers={HTTPException: _no_such_path, ApiError: refused},
    )
    app.router.redirect_slashes = False
    return app


def _token(platform: Platform) -> Any:
    async def token(request: Request) -> Response:
        if not platform.tokens.is_key(request.headers.get("authorization", "")):
            return _oauth_fault(401, "invalid_client", "The key id or key secret is wrong")
        form = parse_qs((await raw_body(request)).decode(errors="replace"))
        if form.get("grant_type") != ["client_credentials"]:
            return _oauth_fault(
                400, "unsupported_grant_type", "grant_type must be client_credentials"
            )
        return JSONResponse(platform.tokens.give())

    return token


def _file(platform: Platform) -> Any:
    async def file(request: Request) -> Response:
        # The decoded path would be ambiguous, because a name may contain an escaped slash.
        path = request.scope["raw_path"].decode().partition("/files/")[2]
        found = platform.state.files.get(path)
        if found is None:
            raise ApiError(404, "Not Found")
        return Response(
            found.content,
            media_type=found.mime_type,
            # A browser must not treat a contact's file as a page of this origin.
            headers={"content-disposition": "attachment", "x-content-type-options": "nosniff"},
        )

    return file


def _oauth_fault(status: int, error: str, description: str) -> Response:
    body = {"error": error, "error_description": description}
    headers = {"www-authenticate": "Basic"} if status == 401 else None
    return JSONResponse(body, status, headers)


def _serve(platform: Platform, endpoint: Endpoint) -> Any:
    async def serve(request: Request) -> Response:
        _require_region(platform, request.url.hostname or "")
        platform.tokens.require(request.headers.get("authorization", ""))
        if request.path_params["project_id"] != platform.project_id:
            raise ApiError(403, "You do not have access to the requested resource.")
        body: Json = {}
        if endpoint.body is not None:
            body = await json_body(request)
            require(endpoint.body, body)
        call = Call(platform, request.path_params, request.query_params, body)
        return JSONResponse(endpoint.handler(call))

    return serve


def _require_region(platform: Platform, host: str) -> None:
    region, _, rest = host.partition(".")
    if rest == "conversation.api.sinch.com" and region != platform.world.region:
        raise wrong_region()


async def _no_such_path(request: Request, fault: Exception) -> Response:
    return JSONResponse(ApiError(404, "Not Found").body(), 404)
