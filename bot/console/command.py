"""`bot console`: the console in a separate process, beside the processes that share the store."""

import secrets

from bot.client import Client
from bot.clock import SystemClock, new_ulid
from bot.console.endpoints import Console, console_app
from bot.emulator.serving import bind, url_of
from bot.errors import ConfigError
from bot.flow.load import load_flows
from bot.i18n.printable import echo
from bot.ops.common import open_store
from bot.pages.access_guard import is_loopback
from bot.pages.serving import quiet_server, serving, stopped
from bot.settings import Secret, Settings


async def run(settings: Settings, host: str, port: int) -> None:
    """Serve the console until SIGINT or SIGTERM.

    Without BOT_CONSOLE_TOKEN a new token is created, and printed in the URL after `#`. Browsers do
    not send this part of a URL to servers.

    Raises:
        ConfigError: BOT_CONSOLE_TOKEN is not set although other machines can connect, or the port
            is in use.
    """
    from_anywhere = not is_loopback(f"[{host}]" if ":" in host else host)
    if from_anywhere and not settings.console_token:
        raise ConfigError(
            f"Other machines can reach the console at {host}, so set BOT_CONSOLE_TOKEN. At"
            " 127.0.0.1 the console needs no token."
        )
    token = settings.console_token or Secret(secrets.token_urlsafe(24))
    flows = load_flows(settings.flows)
    with bind(host, port) as listener:
        stop = stopped()
        async with open_store(settings) as store:
            console = Console(Client(store, flows, SystemClock(), new_ulid))
            app = console_app(lambda: console, token, from_anywhere=from_anywhere)
            server = quiet_server(app)
            async with serving(server, listener):
                key = "" if settings.console_token else f"#token={token.reveal()}"
                echo(f"The console is at {url_of(listener, host)}/{key}\nCtrl-C stops the console.")
                await stop.wait()
