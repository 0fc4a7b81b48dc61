"""The parts that all pages of `bot` share: access rules, style sheets and scripts."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles


def files(folder: Path) -> list[BaseRoute]:
    """Return routes for a page's own files and for the shared files. `index.html` is at `/`."""

    async def index(request: Request) -> Response:
        return FileResponse(folder / "index.html", media_type="text/html; charset=utf-8")

    served = StaticFiles(directory=folder, packages=[(__name__, "static")])
    return [Route("/", index), Mount("/static", served)]
