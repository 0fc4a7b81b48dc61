"""The layout of the commands' help, and the values for shell completion."""

import asyncio
import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import OptionInfo

F = TypeVar("F", bound=Callable[..., Any])

DEVELOP = "Develop"
RUN = "Run"
OPERATE = "Operate"

UsageError: Any = typer.BadParameter.__base__
"""Typer's error for a wrong command line. Typer does not export this class."""

VALUES = {str: "TEXT", int: "NUMBER", float: "NUMBER", Path: "PATH"}
"""The word in the help for an option's value, by the type of the value."""

MIN_HELP_WIDTH = 55
"""Minimum number of columns for the frame and the text of an option's help."""

MAX_COMPLETED = 100
"""Maximum number of names that completion suggests."""

COMPLETION_TIMEOUT_S = 1.5
"""Maximum time that completion waits for the store, in seconds.

The time is less than NOTICE_AFTER_S, so that no notice is printed into the line that is being
typed.
"""


class Command(TyperCommand):
    """A command. Its help shows no type for flags.

    The help is shown in frames if the terminal is wide enough for the name of every option.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except UsageError as error:
            error.message += _way_out(self.get_params(ctx), error)
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:
        columns = shutil.get_terminal_size().columns
        if _framed_width(self.get_params(ctx)) > columns:
            self.rich_markup_mode = None
            formatter.width = columns - 2
            self.epilog = (self.epilog or "").replace("`", "")
        super().format_help(ctx, formatter)


def _way_out(parameters: list[Any], error: Any) -> str:
    """Return a hint for an unknown option or an extra argument: what the command takes."""
    if error.message.startswith("Got unexpected extra argument"):
        named = [each.name.upper() for each in parameters if each.param_type_name == "argument"]
        taken = f"The command takes {', '.join(named) or 'no arguments, only options'}."
        given = error.message.rpartition("(")[2].rstrip(")").split()
        is_path = any(each.endswith(".py") or "/" in each for each in given)
        return f". {taken}{' BOT_FLOWS selects the folder of the flows.' if is_path else ''}"
    if error.message.startswith("No such option") and not getattr(error, "possibilities", None):
        options = [
            max(each.opts, key=len) for each in parameters if each.param_type_name == "option"
        ]
        return f". The command has {', '.join(options)}."
    return ""


class _Group(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        return _without_types(super().get_params(ctx))


class GroupWithDefault(_Group):
    """A group of commands. Arguments that name no command go to the group's first command."""

    @property
    def default(self) -> str:
        """The name of the first command."""
        return next(iter(self.commands))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_named = not args or args[0] in self.commands or args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if is_named else [self.default, *args])


class Commands(typer.Typer):
    """A group of commands. All commands of the group take `-h` and `--help`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            cls=options.pop("cls", _Group),
            context_settings={"help_option_names": ["-h", "--help"]},
            pretty_exceptions_enable=False,
            **options,
        )

    def command(self, name: str | None = None, **options: Any) -> Callable[[F], F]:
        """Add a command; see `typer.Typer.command`."""
        add = super().command(name, **{"cls": Command, **options})

        def named(function: F) -> F:
            _name_values(function)
            return add(function)

        return named


def _framed_width(parameters: list[Any]) -> int:
    """Return the minimum width of a terminal for a framed table of these options."""
    options = [each for each in parameters if each.param_type_name == "option"]
    names = max(len(" ".join([*each.opts, *each.secondary_opts])) for each in options)
    values = max(len(each.metavar or "") for each in options)
    return names + values + MIN_HELP_WIDTH


def _name_values(function: Callable[..., Any]) -> None:
    """Set the words for the values of a command's options, such as `TEXT`, instead of Python's
    types.
    """
    for hint in function.__annotations__.values():
        for option in getattr(hint, "__metadata__", ()):
            if isinstance(option, OptionInfo) and option.metavar is None:
                named = [hint.__origin__, *get_args(hint.__origin__)]
                named += [inner for each in named for inner in get_args(each)]
                option.metavar = next((VALUES[each] for each in named if each in VALUES), None)


def _without_types(parameters: list[Any]) -> list[Any]:
    for each in parameters:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return parameters


def example(line: str) -> str:
    """Return an example for the end of a command's help."""
    return f"Example: `{line}`"


def flow_names(incomplete: str) -> list[str]:
    """Return the names of flows that begin with `incomplete`; [] if the flows cannot be loaded."""
    from bot.errors import BotError
    from bot.flow.load import load_flows
    from bot.settings import Settings

    with contextlib.suppress(BotError):
        names = load_flows(Settings.from_env().flows).names
        return [name for name in names if name.startswith(incomplete)]
    return []


def channel_names(incomplete: str) -> list[str]:
    """Return the names of channels that begin with `incomplete`, in any case."""
    from bot.messages.channel_limits import CHANNELS

    return [name for name in CHANNELS if name.startswith(incomplete.upper())]


def contact_names(incomplete: str) -> list[str]:
    """Return the contacts' keys that begin with `incomplete`; [] if the store cannot be reached."""
    from bot.errors import BotError

    with contextlib.suppress(BotError, TimeoutError):
        return asyncio.run(_contacts(incomplete))
    return []


def broadcast_names(incomplete: str) -> list[str]:
    """Return the names of the latest broadcasts that begin with `incomplete`; [] if the store
    cannot be reached.
    """
    from bot.errors import BotError

    with contextlib.suppress(BotError, TimeoutError):
        return asyncio.run(_broadcasts(incomplete))
    return []


Json = Annotated[bool, typer.Option("--json", help="Print a JSON object on each line.")]
Contact = Annotated[
    str,
    typer.Argument(
        help="Contact: its id, CHANNEL:identity, phone number, or name in logs.",
        autocompletion=contact_names,
    ),
]


async def _broadcasts(incomplete: str) -> list[str]:
    from bot.ops.common import open_store
    from bot.settings import Settings

    async with (
        asyncio.timeout(COMPLETION_TIMEOUT_S),
        open_store(Settings.from_env(), reading=True) as store,
    ):
        names = [name for name in await store.outcomes.names() if name.startswith(incomplete)]
    return names[:MAX_COMPLETED]


async def _contacts(incomplete: str) -> list[str]:
    from bot.ops.common import open_store
    from bot.settings import Settings

    found: list[str] = []
    async with (
        asyncio.timeout(COMPLETION_TIMEOUT_S),
        open_store(Settings.from_env(), reading=True) as store,
    ):
        async for key in store.reader.contacts("session"):
            if key.startswith(incomplete):
                found.append(key)
                if len(found) == MAX_COMPLETED:
                    break
    return found


def require_flow(flow: str) -> str:
    """Return `flow`, which must not be empty.

    Raises:
        typer.BadParameter: the name is empty. The error lists the flows.
    """
    if not flow:
        there = ", ".join(flow_names("")) or "none yet"
        raise typer.BadParameter(f"Name a flow: {there}.")
    return flow
