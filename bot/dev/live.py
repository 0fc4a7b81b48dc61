"""`bot dev --live`: the bot on this machine, at Sinch, for as long as it runs.

A tunnel leads from the public URL to the port here. The webhook is made when the bot is ready, with
a secret of its own, and removed at the end, so that nothing is left behind.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace

import typer
import uvicorn
from starlette.applications import Starlette

from bot.app import open_bot, routes, running
from bot.conversation_api import ConversationApi
from bot.dev.reload import Reloader
from bot.dev.stack import GRACE_S, HOST
from bot.emulator.serving import bind
from bot.ops.setup import Wanted, carry_out, plan, triggers_of, webhook_url
from bot.pages.serving import background, serving, stopped
from bot.settings import Secret, Settings


async def run(settings: Settings, port: int, public_url: str, *, beside: bool) -> None:
    """Run until SIGINT or SIGTERM."""
    stop = stopped()
    async with live(settings, port, public_url, beside=beside) as target:
        typer.echo(
            f"Messages to app {settings.app_id} come here, by way of {target}, until Ctrl-C."
        )
        await stop.wait()


@contextlib.asynccontextmanager
async def live(
    settings: Settings, port: int, public_url: str, *, beside: bool
) -> AsyncIterator[str]:
    """The bot at work at `port` of this machine, registered at the public URL; gives the target.

    Its contacts are kept apart from those of a bot that serves people with the same settings.

    Raises:
        OperationError: another webhook takes the app's messages, and `beside` doesn't allow that.
    """
    secret = Secret(secrets.token_urlsafe(32))
    settings = replace(settings, webhook_secrets=(secret,), namespace=f"{settings.namespace}-live")
    target = webhook_url(settings, public_url)
    with bind(HOST, port) as listener:
        bot = await open_bot(settings)
        app = Starlette(routes=routes())
        app.state.bot = bot
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        want = Wanted(
            app_id=settings.app_id,
            target=target,
            secret=secret.reveal(),
            triggers=triggers_of(bot.flows, settings),
            beside=beside,
        )
        reloader = Reloader(bot, settings.flows, _nobody_looks_on)
        async with (
            running(bot),
            serving(server, listener),
            background(reloader.watch()),
            _registered(bot.api, want),
        ):
            yield target


@contextlib.asynccontextmanager
async def _registered(api: ConversationApi, want: Wanted) -> AsyncIterator[None]:
    """The webhook, made anew or, where one was left behind, changed; removed at the end."""
    await carry_out(api, await plan(api, want))
    try:
        yield
    finally:
        async for webhook in api.webhooks.list(want.app_id):
            if webhook["target"] == want.target:
                await api.webhooks.delete(webhook["id"])


def _nobody_looks_on(kind: str, **what: object) -> None:
    """There is no page to tell; the log tells of a reload."""
