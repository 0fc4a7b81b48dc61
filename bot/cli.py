"""The command `bot`. Exit status: 0 done, 1 failed (one line on stderr says why), 2 wrongly
used.
"""

import errno
import os
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from _bot_hidden import hidden_by, hiding_framework
from bot.errors import BotError, ConfigError
from bot.i18n.printable import echo
from bot.ops import commands
from bot.ops.command_help import (
    DEVELOP,
    OPERATE,
    RUN,
    Command,
    Commands,
    channel_names,
    contact_names,
    example,
    flow_names,
    require_flow,
)
from bot.settings import Settings
from bot.tooling import commands as flow_commands

if TYPE_CHECKING:
    from bot.processes.serve import Role

app = Commands(name="bot", no_args_is_help=True, add_completion=True, rich_markup_mode="markdown")


WITHOUT_A_PROJECT = ("emulator", "new")
"""Commands that need no module of the working directory."""


def _version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        echo(f"bot {version('conversation-bot')}")
        raise typer.Exit


@app.callback()
def bot(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Chatbots on the Sinch Conversation API: write flows, run them, talk to them."""
    hiding = hiding_framework(Path.cwd())
    if hiding and context.invoked_subcommand not in WITHOUT_A_PROJECT:
        if context.invoked_subcommand != "check":
            raise ConfigError(hidden_by(hiding))
        echo(f"bot: {hidden_by(hiding)}", error=True)
    sys.path.insert(0, str(Path.cwd()))


flow_commands.register(app)
commands.register(app)

Processes = Annotated[
    int, typer.Option(min=1, envvar="WEB_CONCURRENCY", help="How many processes to run.")
]


@app.command(rich_help_panel=RUN, epilog=example("bot serve --port 8080"))
def serve(
    host: Annotated[str, typer.Option(help="Address the webhook listens on.")] = "0.0.0.0",
    port: Annotated[int | None, typer.Option(help="Port; PORT or 8000 by default.")] = None,
    processes: Processes = 1,
) -> None:
    """Run webhook and worker in one process."""
    _run("serve", host, port, processes)


@app.command(rich_help_panel=RUN, epilog=example("bot web --processes 2"))
def web(
    host: Annotated[str, typer.Option(help="Address the webhook listens on.")] = "0.0.0.0",
    port: Annotated[int | None, typer.Option(help="Port; PORT or 8000 by default.")] = None,
    processes: Processes = 1,
) -> None:
    """Run the webhook alone; `bot worker` does the rest. Needs REDIS_URL."""
    _run("web", host, port, processes)


@app.command(rich_help_panel=RUN, epilog=example("bot worker"))
def worker(
    host: Annotated[str, typer.Option(help="Address of the health endpoints.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Their port; 0 takes a free one.")] = 0,
    processes: Annotated[int, typer.Option(min=1, help="How many processes to run.")] = 1,
) -> None:
    """Run turns and send replies; takes no callbacks itself. Needs REDIS_URL."""
    _run("worker", host, port, processes)


class _BareTunnel(Command):
    """Takes `--tunnel` without a name for any."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = [
            "--tunnel=any" if each == "--tunnel" and following[:1] in ("", "-") else each
            for each, following in pairwise([*args, ""])
        ]
        return super().parse_args(ctx, named)


@app.command(cls=_BareTunnel, rich_help_panel=DEVELOP, epilog=example("bot dev --live --tunnel"))
def dev(
    port: Annotated[
        int | None, typer.Option(help="The bot's and the page's port; PORT or 8000.")
    ] = None,
    api_port: Annotated[int, typer.Option(help="The local Conversation API's port.")] = 8001,
    live: Annotated[bool, typer.Option("--live", help="Talk to real phones, by Sinch.")] = False,
    public_url: commands.PublicUrl = "",
    tunnel: Annotated[
        Literal["", "any", "cloudflared", "ngrok"],
        typer.Option(
            metavar="[cloudflared|ngrok]",
            help="With --live: open a tunnel by this, or by whichever is installed.",
        ),
    ] = "",
    beside: commands.Beside = False,
) -> None:
    """Run the bot with a local Conversation API and a chat page, on this machine alone.

    Needs no account. Flows are loaded again when their files change. With --live the messages of
    the app at Sinch come here instead: a webhook is made at the public URL, from where a tunnel
    must lead to the port, and removed at the end. With --tunnel the tunnel is opened, too.
    """
    import asyncio

    from bot import dev
    from bot.telemetry import logs

    if not live and (public_url or tunnel or beside):
        raise typer.BadParameter("--public-url, --tunnel and --beside go with --live.")
    if public_url and tunnel:
        raise typer.BadParameter("Give one of --public-url and --tunnel.")
    settings = Settings.from_env()
    logs.configure(settings)
    here = settings.port if port is None else port
    if live:
        from bot.dev import real_phones as at_sinch

        settings.require("project_id", "app_id", "key_id", "key_secret")
        asyncio.run(at_sinch.run(settings, here, public_url, beside=beside, by=tunnel))
        return
    asyncio.run(dev.run(settings, here, api_port))


@app.command(rich_help_panel=OPERATE, epilog=example("bot console --port 8010"))
def console(
    host: Annotated[str, typer.Option(help="Address the page is served at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its port; 0 takes a free one.")] = 8010,
) -> None:
    """Serve a page with what goes on: where contacts wait, who is stuck, dead letters, transcripts.

    It opens with a token that is told with its URL, or with BOT_CONSOLE_TOKEN where that is set;
    then `bot serve` and `bot web` have the page at /console, too.
    """
    import asyncio

    from bot.console.command import run
    from bot.ops.running_dev import settings_here
    from bot.telemetry import logs

    settings = settings_here()
    logs.configure(settings)
    asyncio.run(run(settings, host, port))


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    rich_help_panel=DEVELOP,
)
def emulator(context: typer.Context) -> None:
    """Run a local Conversation API alone, for any client."""
    from bot.emulator.command import emulator

    alone = Commands(add_completion=False)
    alone.command("bot emulator", epilog=example("bot emulator --port 8001"))(emulator)
    alone(context.args, prog_name="bot emulator")


@app.command(rich_help_panel=DEVELOP, epilog=example("bot chat --channel WHATSAPP"))
def chat(
    channel: Annotated[
        str,
        typer.Option(
            help="The channel to talk on, such as WHATSAPP; else SMS.",
            autocompletion=channel_names,
        ),
    ] = "",
    identity: Annotated[str, typer.Option(help="Who you are: a phone number.")] = "46700000001",
    record: Annotated[
        Path | None, typer.Option(help="Write the conversation into this .chat file.")
    ] = None,
    contact: Annotated[
        str,
        typer.Option(
            "--from",
            help="Continue where this contact is, as `bot contacts` names it.",
            autocompletion=contact_names,
        ),
    ] = "",
) -> None:
    """Talk to the flows in the terminal.

    Joins the `bot dev` that runs in this folder; where none does, it runs the bot itself. Lines
    that are piped in are said one after the other, each when the one before is answered.

    With --from, a contact's conversation goes on here, on its channel, from where it stands in the
    store at REDIS_URL. That store is only read, and nothing is sent to the contact or to Sinch.
    """
    import asyncio

    from bot.dev import chat
    from bot.telemetry import logs

    if contact and record:
        raise typer.BadParameter(
            "--record needs a conversation from its beginning, without --from."
        )
    settings = Settings.from_env()
    logs.configure(replace(settings, log_level="WARNING"))
    if contact:
        asyncio.run(chat.run_from(settings, contact, channel.upper(), identity))
        return
    asyncio.run(chat.run(settings, channel.upper() or "SMS", identity, record))


@app.command(rich_help_panel=DEVELOP, epilog=example("bot graph pizza --svg > pizza.svg"))
def graph(
    flow: Annotated[
        str, typer.Argument(help="The flow's name.", autocompletion=flow_names, show_default=False)
    ] = "",
    svg: Annotated[bool, typer.Option("--svg", help="A picture instead of a diagram.")] = False,
) -> None:
    """Print a flow's states and transitions as a Mermaid diagram, or drawn as SVG."""
    from bot.flow.load import load_flows
    from bot.flow.svg import STYLE, write

    machine = load_flows(Settings.from_env().flows)[require_flow(flow)].machine
    echo(str(write(machine.drawing(), style=STYLE)) if svg else machine.mermaid())


@app.command(rich_help_panel=OPERATE, epilog=example("bot replay --since 24h"))
def replay(
    contact: Annotated[
        list[str] | None,
        typer.Argument(help="Contacts; all by default.", autocompletion=contact_names),
    ] = None,
    since: Annotated[str, typer.Option(help="How far back, such as 12h or 7d.")] = "7d",
) -> None:
    """Run logged turns on the present flows and tell what differs; changes and sends nothing.

    Exits with 1 where something differs.
    """
    import asyncio

    from bot.clock import SystemClock
    from bot.tooling.replay import replay, told
    from bot.turn.durations import seconds

    begin = SystemClock().now() - seconds(since)
    report = asyncio.run(replay(Settings.from_env(), begin, contact or ()))
    for line in told(report):
        echo(line)
    raise SystemExit(1 if report.differences else 0)


@app.command(rich_help_panel=DEVELOP, epilog=example("bot explore pizza --acts 1000"))
def explore(
    flow: Annotated[
        list[str] | None, typer.Argument(help="Flows; all by default.", autocompletion=flow_names)
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            help="A channel, or several. By default BOT_CHANNELS, or SMS, WHATSAPP and RCS.",
            autocompletion=channel_names,
        ),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            help="Look for what is not translated into it; by default into those of the catalogues."
        ),
    ] = None,
    chats: Annotated[
        list[Path] | None, typer.Option(help="Files or folders of .chat files to learn answers of.")
    ] = None,
    setup: Annotated[
        str, typer.Option(help="module:function that gives stand-ins for services.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Another seed walks other ways.")] = 0,
    acts: Annotated[int, typer.Option(min=1, help="How many acts at most.")] = 20_000,
    seconds: Annotated[float, typer.Option(min=1, help="How long at most.")] = 300,
    out: Annotated[Path, typer.Option(help="Where the .chat files go.")] = Path("findings"),
) -> None:
    """Walk flows by itself and report what is wrong: every choice, junk, timers, stale buttons.

    Exits with 1 where it finds something. Nothing outside this machine is reached.
    """
    import asyncio

    from bot.tooling.explore.command import explore
    from bot.tooling.explore.explorer import Bounds

    settings = Settings.from_env()
    named = channel or settings.channel_names or ("SMS", "WHATSAPP", "RCS")
    found = asyncio.run(
        explore(
            settings,
            only=flow or (),
            channels=[each.upper() for each in named],
            languages=language or (),
            seed=seed,
            bounds=Bounds(acts, seconds),
            folder=out,
            chats=chats or (),
            setup=setup,
            tell=echo,
        )
    )
    raise SystemExit(1 if found else 0)


def _run(role: "Role", host: str, port: int | None, processes: int) -> None:
    from bot.processes import serve
    from bot.telemetry import logs

    settings = Settings.from_env()
    logs.configure(settings)
    serve.run(role, settings, host, settings.port if port is None else port, processes)


def main() -> None:
    """Run the command; an expected fault is one line on stderr."""
    try:
        app()
    except BotError as error:
        echo(f"bot: {error}", error=True)
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        echo(f"bot: {error.strerror}; what was to be written isn't whole.", error=True)
        # What couldn't be written is still buffered: Python would try again, and end with 120.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
