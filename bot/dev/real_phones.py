"""`bot dev --live`: the bot on this machine, registered at Sinch while it runs.

A tunnel leads from the public URL to the local port. The user opens the tunnel, or this command
does. Only the webhook and `/healthz` are reachable through the tunnel, with the limits of a
production bot. When the bot is ready, the webhook is created at Sinch with a new secret. At the end
the webhook is deleted. If the process was killed, the next `bot dev --live` deletes the webhook.
"""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

from starlette.applications import Starlette

from bot.app.asgi import webhook_routes
from bot.app.bot import open_bot, running
from bot.conversation_api import ConversationApi
from bot.dev.reload import Reloader
from bot.dev.stack import HOST
from bot.dev.tunnel import Tunnel, tunnel
from bot.emulator.serving import bind
from bot.i18n.printable import echo
from bot.ops.setup import SetupTarget, carry_out, plan, triggers_of, webhook_url
from bot.pages.serving import background, quiet_server, serving, stopped
from bot.settings import Secret, Settings
from bot.store.private_files import make_private_folder
from bot.web.http_limits import HttpLimits


async def run(
    settings: Settings, port: int, public_url: str, *, beside: bool, by: str = ""
) -> None:
    """Run the bot, registered at Sinch, until SIGINT or SIGTERM.

    `by` is the tool that opens a tunnel; "" for none.

    Raises:
        TunnelError: the tool opens no tunnel, or the tunnel closes.
        OperationError: another webhook receives the app's messages, and `beside` is False.
    """
    stop = stopped()
    work = asyncio.create_task(_serve(settings, port, public_url, beside=beside, by=by))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait((work, told), return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not work.done():
        work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def _serve(settings: Settings, port: int, public_url: str, *, beside: bool, by: str) -> None:
    """Run the bot, registered at Sinch, until this task is canceled or the tunnel closes."""
    with bind(HOST, port) as listener:
        async with contextlib.AsyncExitStack() as exits:
            way: Tunnel | None = None
            if by:
                way = await exits.enter_async_context(tunnel(by, listener.getsockname()[1]))
                public_url = way.url
            target = await exits.enter_async_context(
                live(settings, listener, public_url, beside=beside)
            )
            echo(f"Messages to app {settings.app_id} are sent here through {target}")
            echo("Ctrl-C stops the bot.")
            await (way.ended() if way else asyncio.Event().wait())


@contextlib.asynccontextmanager
async def live(
    settings: Settings, listener: socket.socket, public_url: str, *, beside: bool
) -> AsyncIterator[str]:
    """Run the bot on this socket, registered at the public URL. Yield the webhook's target.

    The bot shares no contacts with a production bot with the same settings.

    Raises:
        OperationError: another webhook receives the app's messages, and `beside` is False.
    """
    secret = Secret(secrets.token_urlsafe(32))
    settings = replace(settings, webhook_secrets=(secret,), namespace=f"{settings.namespace}-live")
    target = webhook_url(settings, public_url)
    bot = await open_bot(settings)
    app = Starlette(routes=webhook_routes())
    app.router.redirect_slashes = False
    app.state.bot = bot
    server = quiet_server(app, HttpLimits(settings).protocol())
    want = SetupTarget(
        app_id=settings.app_id,
        target=target,
        secret=secret.reveal(),
        triggers=triggers_of(bot.flows, settings),
        beside=beside,
        for_a_while=True,
    )
    reloader = Reloader(bot, settings.flows, _nobody_looks_on)
    async with (
        running(bot),
        serving(server, listener),
        background(reloader.watch()),
        _registered(bot.api, want, Path(settings.home) / "live-webhook"),
    ):
        yield target


@contextlib.asynccontextmanager
async def _registered(api: ConversationApi, want: SetupTarget, note: Path) -> AsyncIterator[None]:
    """Create the webhook. At the end of the context, delete the webhook.

    If the app has a webhook with this target already, change that webhook instead. While the
    webhook exists, its target is in the file `note`. If the file exists at the beginning, a killed
    process has left its webhook, and that webhook is deleted first.
    """
    with contextlib.suppress(FileNotFoundError):
        await _remove(api, want.app_id, await asyncio.to_thread(note.read_text))
    await asyncio.to_thread(_write, note, want.target)
    try:
        await carry_out(api, await plan(api, want))
        yield
    finally:
        await _remove(api, want.app_id, want.target)
        await asyncio.to_thread(note.unlink, missing_ok=True)


def _write(note: Path, target: str) -> None:
    make_private_folder(note.parent)
    note.write_text(target)


async def _remove(api: ConversationApi, app_id: str, target: str) -> None:
    async for webhook in api.webhooks.list(app_id):
        if webhook["target"] == target:
            await api.webhooks.delete(webhook["id"])


def _nobody_looks_on(kind: str, **what: object) -> None:
    """Ignore the report of a reload, because no page shows it. The log has the report, too."""
