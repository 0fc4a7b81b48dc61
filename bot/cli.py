"""The command `bot`.

Exit status: 0 for success, 1 for a failure with the reason in one line on stderr, 2 for wrong
usage.
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
"""Commands that use no module of the working directory."""


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

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[
    int | None, typer.Option(min=0, max=65_535, help="Port to listen on. Default: PORT, or 8000.")
]
Processes = Annotated[
    int, typer.Option(min=1, envvar="WEB_CONCURRENCY", help="Number of processes.")
]


@app.command(rich_help_panel=RUN, epilog=example("bot serve --port 8080"))
def serve(
    host: Host = "0.0.0.0",
    port: Port = None,
    processes: Processes = 1,
) -> None:
    """Run the webhook and the worker in the same process."""
    _run("serve", host, port, processes)


@app.command(rich_help_panel=RUN, epilog=example("bot web --processes 2"))
def web(
    host: Host = "0.0.0.0",
    port: Port = None,
    processes: Processes = 1,
) -> None:
    """Run only the webhook. The webhook needs REDIS_URL, and a `bot worker` that runs the turns."""
    _run("web", host, port, processes)


@app.command(rich_help_panel=RUN, epilog=example("bot worker"))
def worker(
    host: Annotated[str, typer.Option(help="Address of the health endpoints.")] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(min=0, max=65_535, help="Port of the health endpoints; 0 takes a free port."),
    ] = 0,
    processes: Annotated[int, typer.Option(min=1, help="Number of processes.")] = 1,
) -> None:
    """Run only the worker, which runs turns and sends replies. The worker needs REDIS_URL."""
    _run("worker", host, port, processes)


class _BareTunnel(Command):
    """A command that reads `--tunnel` without a value as `--tunnel=any`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = [
            "--tunnel=any" if each == "--tunnel" and following[:1] in ("", "-") else each
            for each, following in pairwise([*args, ""])
        ]
        return super().parse_args(ctx, named)


@app.command(cls=_BareTunnel, rich_help_panel=DEVELOP, epilog=example("bot dev --live --tunnel"))
def dev(
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65_535, help="Port of the bot and the chat page. Default: PORT, or 8000."
        ),
    ] = None,
    api_port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_535,
            help="Port of the local Conversation API. Default: the port after the bot's port.",
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Receive messages from real phones, through Sinch.")
    ] = False,
    public_url: commands.PublicUrl = "",
    tunnel: Annotated[
        Literal["", "any", "cloudflared", "ngrok"],
        typer.Option(
            metavar="[cloudflared|ngrok]",
            help="With --live: open a tunnel with this program. Without a name, the installed"
            " program is used.",
        ),
    ] = "",
    beside: commands.Beside = False,
) -> None:
    """Run the bot with a local Conversation API and a chat page. No account is needed.

    Flows are reloaded when their files change.

    With --live, the bot uses the app at Sinch instead of the local API. The command then creates a
    webhook with the public URL, and deletes the webhook at the end. The public URL must be the URL
    of a tunnel to the port. --tunnel opens such a tunnel.
    """
    import asyncio

    from bot import dev
    from bot.telemetry import logs

    if not live and (public_url or tunnel or beside):
        raise typer.BadParameter("--public-url, --tunnel and --beside need --live.")
    if public_url and tunnel:
        raise typer.BadParameter("Give either --public-url or --tunnel.")
    settings = Settings.from_env()
    logs.configure(settings)
    here = settings.port if port is None else port
    if live:
        from bot.dev import real_phones as at_sinch

        settings.require("project_id", "app_id", "key_id", "key_secret")
        asyncio.run(at_sinch.run(settings, here, public_url, beside=beside, by=tunnel))
        return
    if api_port is None:
        api_port = here + 1 if here else 0
    asyncio.run(dev.run(settings, here, api_port))


@app.command(rich_help_panel=OPERATE, epilog=example("bot console --port 8010"))
def console(
    host: Host = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free port.")
    ] = 8010,
) -> None:
    """Serve a page for operators: contacts by state, stuck contacts, dead letters, transcripts.

    Sign in with BOT_CONSOLE_TOKEN. If this token is not set, the printed URL contains a new token.
    If BOT_CONSOLE_TOKEN is set, `bot serve` and `bot web` serve the page too, at /console.
    """
    import asyncio

    from bot.console.command import run
    from bot.ops.common import settings_here
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
    """Run only a local Conversation API, for any client."""
    from bot.emulator.command import emulator

    alone = Commands(add_completion=False)
    alone.command("bot emulator", epilog=example("bot emulator --port 8001"))(emulator)
    alone(context.args, prog_name="bot emulator")


@app.command(rich_help_panel=DEVELOP, epilog=example("bot chat --channel WHATSAPP"))
def chat(
    channel: Annotated[
        str,
        typer.Option(
            help="Channel to talk on, such as WHATSAPP. Default: SMS.",
            autocompletion=channel_names,
        ),
    ] = "",
    identity: Annotated[
        str, typer.Option(help="Phone number, or WhatsApp user ID, to talk from.")
    ] = "46700000001",
    record: Annotated[
        Path | None, typer.Option(help="Write the conversation to this .chat file.")
    ] = None,
    contact: Annotated[
        str,
        typer.Option(
            "--from",
            help="Continue a copy of this contact's conversation.",
            autocompletion=contact_names,
        ),
    ] = "",
) -> None:
    """Talk to the flows in the terminal.

    The command connects to the `bot dev` that runs in this folder. If no `bot dev` runs in this
    folder, the command itself runs the bot. Lines from a pipe are sent one by one, each after the
    bot has answered the previous line. /help lists what a line can do besides a message. /quit or
    Ctrl-D ends the command; "quit" and "exit" are messages to the bot. A later chat in the same
    folder continues the conversation. With another --identity, you begin a new conversation.

    With --from, you continue a copy of a contact's conversation, on its channel and from its
    current state in the store at REDIS_URL. That store is only read, and nothing is sent to the
    contact or to Sinch.
    """
    import asyncio
    import signal

    from bot.dev import chat
    from bot.telemetry import logs

    if contact and record:
        raise typer.BadParameter(
            "--record needs a whole conversation, so it can't be used with --from."
        )
    settings = Settings.from_env()
    logs.configure(replace(settings, log_level="WARNING"))
    # On SIGTERM, too, the chat must stop the server that it has started. A command that a
    # script starts in the background ignores SIGINT by default.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    if contact:
        asyncio.run(chat.run_from(settings, contact, channel.upper(), identity))
        return
    asyncio.run(chat.run(settings, channel.upper() or "SMS", identity, record))


@app.command(rich_help_panel=DEVELOP, epilog=example("bot graph pizza --svg > pizza.svg"))
def graph(
    flow: Annotated[
        str, typer.Argument(help="Name of the flow.", autocompletion=flow_names, show_default=False)
    ] = "",
    svg: Annotated[bool, typer.Option("--svg", help="Print an SVG picture.")] = False,
) -> None:
    """Print a flow's states and transitions as a Mermaid diagram, or as an SVG picture."""
    from bot.flow.load import load_flows
    from bot.flow.svg import STYLE, write

    machine = load_flows(Settings.from_env().flows)[require_flow(flow)].machine
    echo(str(write(machine.drawing(), style=STYLE)) if svg else machine.mermaid())


@app.command(rich_help_panel=OPERATE, epilog=example("bot replay --since 24h"))
def replay(
    contact: Annotated[
        list[str] | None,
        typer.Argument(help="Contacts to replay. Default: all.", autocompletion=contact_names),
    ] = None,
    since: Annotated[str, typer.Option(help="Maximum age of the turns, such as 12h or 7d.")] = "7d",
) -> None:
    """Run logged turns again with the current flows, and report differences.

    Nothing is changed or sent.

    The exit status is 1 if something differs.
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
        list[str] | None,
        typer.Argument(help="Flows to explore. Default: all.", autocompletion=flow_names),
    ] = None,
    channel: Annotated[
        list[str] | None,
        typer.Option(
            help="Channel; may be repeated. Default: BOT_CHANNELS, or SMS, WHATSAPP and RCS.",
            autocompletion=channel_names,
        ),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option(
            help="Language whose translations are checked; may be repeated. Default: all languages"
            " that have a catalog."
        ),
    ] = None,
    chats: Annotated[
        list[Path] | None,
        typer.Option(help="Files or folders of .chat files to take answers from."),
    ] = None,
    setup: Annotated[
        str, typer.Option(help="Function that adds stand-ins to `services`, as module:function.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of the random choices.")] = 0,
    acts: Annotated[int, typer.Option(min=1, help="Maximum number of actions.")] = 20_000,
    seconds: Annotated[float, typer.Option(min=1, help="Maximum duration in seconds.")] = 300,
    out: Annotated[Path, typer.Option(help="Folder for the .chat files of findings.")] = Path(
        "findings"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Try flows automatically and report errors.

    The command chooses every option of a question, writes texts that no question understands, lets
    timers run out, and taps old buttons.

    The exit status is 1 if there are findings. The command contacts no other machine.
    """
    import asyncio
    import json

    from bot.tooling.explore.command import explore
    from bot.tooling.explore.explorer import Bounds

    settings = Settings.from_env()
    named = channel or settings.channel_names or ("SMS", "WHATSAPP", "RCS")
    report = asyncio.run(
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
        )
    )
    for line in (json.dumps(report.as_json(), indent=2),) if as_json else report.lines():
        echo(line)
    raise SystemExit(1 if report.findings else 0)


def _run(role: "Role", host: str, port: int | None, processes: int) -> None:
    from bot.processes import serve
    from bot.telemetry import logs

    settings = Settings.from_env()
    logs.configure(settings)
    serve.run(role, settings, host, settings.port if port is None else port, processes)


def main() -> None:
    """Run the command. An expected error is printed as one line on stderr."""
    try:
        app()
    except BotError as error:
        echo(f"bot: {error}", error=True)
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        echo(f"bot: {error.strerror}; the output is incomplete.", error=True)
        # The unwritten output is still buffered. Python would try to write it again, and exit with
        # 120.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
