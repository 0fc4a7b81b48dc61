"""`bot chat`: talk to the flows in the terminal, on an emulated phone.

The command uses the `bot dev` that runs in this folder. If no `bot dev` runs, the command starts
its own bot and emulator. Each line of piped input is a message.
"""

import asyncio
import contextlib
import os
import stat
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.markup import escape

from bot.app.running_dev import dev_namespace
from bot.conversation_api.recipients import plain_identity
from bot.dev import Running, running_stack, stack
from bot.emulator.actions import (
    Action,
    Reacts,
    Says,
    SendsLocation,
    SendsMedia,
    Taps,
    json_of,
)
from bot.errors import BotError, ConfigError
from bot.i18n.printable import printable, printable_lines
from bot.settings import Settings

HELP = """\
Type a message and press Enter. Lines that begin with / are commands:
  /tap N or LABEL       tap a button, by its number or its label
  /location LAT LON     send a location
  /media URL [CAPTION]  send a picture, sound, video or document
  /react EMOJI          react to the newest message
  /wait DURATION        skip time, such as 31m or 2d
  /event NAME [JSON]    trigger an event of your own, with data
  /start FLOW [JSON]    start a flow, with data
  /resume               hand the contact back to the bot after a hand-over
  /quit                 leave (so does Ctrl-D)"""

REST_S = 60.0
"""Maximum time that piped input waits for the bot's replies to a line, in seconds."""


GONE = "The bot has stopped."


class ChatError(BotError):
    """The emulator has rejected an action, or has ended; or the bot has not become idle in time."""


class Phone:
    """An HTTP client for one phone of a running emulator."""

    def __init__(
        self, http: httpx.AsyncClient, where: Running, channel: str, identity: str
    ) -> None:
        self._http = http
        self._path = f"{where.emulator_url}/emulator/phones/{channel}/{identity}"
        self._news = f"{where.emulator_url}/emulator/news"
        self._rest = f"{where.bot_url}/dev/rest/{channel}/{identity}"
        self._clock = f"{where.bot_url}/dev/clock"
        self._requests = f"{where.bot_url}/dev/requests/{channel}/{identity}"

    async def performs(self, action: Action) -> None:
        """Perform an action of the contact.

        Raises:
            ChatError: the emulator rejects the action, or has ended.
        """
        await self._ask("POST", self._path, json=json_of(action))

    async def shown(self) -> list[dict[str, Any]]:
        """Return all messages that the phone shows, oldest first.

        Raises:
            ChatError: there is no such phone, or the emulator has ended.
        """
        found: list[dict[str, Any]] = (await self._ask("GET", self._path)).json()["shown"]
        return found

    async def news(self) -> AsyncIterator[None]:
        """Yield once at the beginning, and whenever something may have changed on any phone.

        Raises:
            ChatError: the emulator has ended.
        """
        with _translating():
            async with self._http.stream("GET", self._news, timeout=None) as answer:
                yield
                async for line in answer.aiter_lines():
                    if line.startswith("data:"):
                        yield
        raise ChatError(GONE)

    async def run_until_idle(self) -> None:
        """Wait until all messages are answered and all replies are shown.

        Raises:
            ChatError: the bot is not idle within a minute, or has ended.
        """
        try:
            async with asyncio.timeout(REST_S):
                await self._ask("GET", self._rest, timeout=None)
        except TimeoutError as error:
            raise ChatError(f"The bot is still working after {REST_S:.0f} seconds.") from error

    async def now(self) -> float:
        """Return the time of the running bot and emulator, in Unix seconds.

        Raises:
            ChatError: the bot has ended.
        """
        return float((await self._ask("GET", self._clock)).json()["now"])

    async def waits(self, duration: str) -> None:
        """Skip time for the bot and the emulator. Due timers fire, and messaging windows close.

        Raises:
            ChatError: `duration` is not a duration, or the work that becomes due does not end.
        """
        await self._ask("POST", self._clock, json={"for": duration}, timeout=None)

    async def requests(self, what: dict[str, Any]) -> None:
        """Do for the contact what a program can do, such as `{"resume": True}`.

        Raises:
            ChatError: the bot refuses the request, or has ended.
        """
        await self._ask("POST", self._requests, json=what)

    async def _ask(self, method: str, url: str, **more: Any) -> httpx.Response:
        with _translating():
            answer = await self._http.request(method, url, **more)
        if answer.is_error:
            raise ChatError(_why(answer))
        return answer


@contextlib.contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except httpx.TransportError as error:
        raise ChatError(GONE) from error


def _why(refusal: httpx.Response) -> str:
    """Return the error text in a response of the emulator."""
    if "json" not in refusal.headers.get("content-type", ""):
        return refusal.text
    error = refusal.json()["error"]
    violations = [each for detail in error["details"] for each in detail["field_violations"]]
    return "; ".join(each["description"] for each in violations) or str(error["message"])


async def run(settings: Settings, channel: str, identity: str, record: Path | None = None) -> None:
    """Chat until the user leaves. Then write the conversation to `record`, a `.chat` file.

    Raises:
        BotError: the bot cannot be started, the emulator has ended, or `record` exists already.
    """
    if record is not None:
        _require_new(record)
    identity = _plain(channel, identity)
    async with contextlib.AsyncExitStack() as exits:
        where = running_stack(settings)
        if where is None:
            where = await exits.enter_async_context(stack(settings, 0, 0))
        async with httpx.AsyncClient(trust_env=False) as http:
            began_at = await Phone(http, where, channel, identity).now()
        await _talk(where, channel, identity)
        if record is not None:
            from bot.testing.recording import recorded

            there = replace(settings, namespace=dev_namespace(settings))
            text = await recorded(there, channel, identity, began_at)
            await asyncio.to_thread(record.write_text, text, encoding="utf-8")


async def run_from(settings: Settings, contact: str, channel: str, identity: str) -> None:
    """Chat as a copy of a contact in the settings' store, from the contact's current state.

    If `channel` is "", use the contact's own channel.

    Raises:
        BotError: there is no such contact, or the contact's conversation cannot continue here.
    """
    from bot.dev.copy_contact import copied, take
    from bot.ops.transcript import as_text

    fork = await take(settings, contact)
    channel = channel or fork.session.address.channel
    identity = _plain(channel, identity)
    standing = " > ".join(f"{run.flow}/{run.state}" for run in fork.session.runs)
    said = as_text(fork.lines).splitlines()
    async with copied(settings, fork, channel, identity) as (where, _):
        told = [
            f"This is a copy of contact {fork.contact}, in {standing or 'no flow'}. Nothing written"
            " here reaches the contact."
        ]
        await _talk(where, channel, identity, [*said, *told, *fork.remarks])


def _plain(channel: str, identity: str) -> str:
    """Return an identity as the API writes it.

    Raises:
        ConfigError: there is no such channel, or the identity is invalid on the channel.
    """
    try:
        return plain_identity(channel, identity)
    except ValueError as error:
        raise ConfigError(f"--channel {channel} --identity {identity}: {error}.") from error


def _require_new(record: Path) -> None:
    if record.exists():
        raise ConfigError(f"The file {record} exists already; give --record another name.")


async def _talk(where: Running, channel: str, identity: str, before: Sequence[str] = ()) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        chat = Chat(Phone(http, where, channel, identity), channel)
        await chat.begin(before)
        await (chat.by_hand() if sys.stdin.isatty() else chat.follow(_piped()))


class Chat:
    """The terminal's view of the conversation on a phone."""

    def __init__(self, phone: Phone, channel: str) -> None:
        self._phone = phone
        self._channel = channel
        self._console = Console(highlight=False, soft_wrap=True)
        self._printed = 0

    async def begin(self, before: Sequence[str]) -> None:
        """Print the lines in `before`. After that, only new messages are printed, not those that
        are on the phone now.
        """
        self._printed = len(await self._phone.shown())
        for line in before:
            self._console.print(f"[dim]{escape(printable(line))}[/dim]")

    async def by_hand(self) -> None:
        """Send the lines that the user types, until the user leaves."""
        self._console.print(
            f"[dim]{self._channel} · /help lists the commands · /quit or Ctrl-D leaves[/dim]"
        )
        session: PromptSession[str] = PromptSession()
        watch = asyncio.create_task(self._watch())
        try:
            with patch_stdout(raw=True):
                while True:
                    line = await session.prompt_async(FormattedText([("ansicyan", "> ")]))
                    if line.strip() == "/quit":
                        return
                    try:
                        await self._do(line.strip())
                    except ChatError as error:
                        self._console.print(f"[red]{escape(printable_lines(str(error)))}[/red]")
        except (EOFError, KeyboardInterrupt):
            return
        finally:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch

    async def follow(self, lines: AsyncIterator[str]) -> None:
        """Send the lines of a script. Each line is sent when the previous line has been answered.

        Raises:
            ChatError: the emulator rejects a line, or the bot does not become idle after a line.
        """
        async for line in lines:
            if line == "/quit":
                return
            if line:
                self._console.print(f"[cyan]> {escape(printable(line))}[/cyan]")
                await self._do(line)
                await self._phone.run_until_idle()
                await self._print_new()

    async def _do(self, line: str) -> None:
        if line == "/help":
            self._console.print(escape(HELP))
        elif line.startswith("/wait "):
            await self._phone.waits(line.removeprefix("/wait "))
        elif request := _request(line):
            await self._phone.requests(request)
        elif line:
            await self._phone.performs(await self._action(line))

    async def _action(self, line: str) -> Action:
        """Return the phone's action for a line.

        Raises:
            ChatError: the command is unknown or has wrong arguments.
        """
        if not line.startswith("/"):
            return Says(line)
        word, _, rest = line.partition(" ")
        match word, rest.split():
            case "/tap", [_, *_]:
                return await self._tap(rest.strip())
            case "/location", [latitude, longitude]:
                return SendsLocation(_degrees(latitude), _degrees(longitude))
            case "/media", [url, *caption]:
                return SendsMedia(url, " ".join(caption))
            case "/react", [emoji]:
                return Reacts(emoji)
        raise ChatError(f"Unknown command {line}. Type /help for a list.")

    async def _tap(self, wanted: str) -> Taps:
        """Return a tap on a button.

        `wanted` is the button's label, or its number in the newest message with buttons.
        """
        for shown in reversed(await self._phone.shown()):
            if choices := shown["choices"]:
                if wanted.isdecimal() and 1 <= int(wanted) <= len(choices):
                    choice = choices[int(wanted) - 1]
                    return Taps(choice["label"], card=choice["card"])
                break
        return Taps(wanted)

    async def _watch(self) -> None:
        try:
            async for _ in self._phone.news():
                await self._print_new()
        except ChatError as error:
            self._console.print(f"[red]{escape(printable_lines(str(error)))} Ctrl-D leaves.[/red]")

    async def _print_new(self) -> None:
        shown = await self._phone.shown()
        for message in shown[self._printed :]:
            self._print(message)
        self._printed = len(shown)

    def _print(self, message: dict[str, Any]) -> None:
        self._console.print(f"[green]{escape(printable_lines(message['text']))}[/green]")
        buttons = [
            f"[reverse] {number} {escape(printable(choice['label']))} [/reverse]"
            for number, choice in enumerate(message["choices"], start=1)
        ]
        if buttons:
            self._console.print("  ".join(buttons))


async def _piped() -> AsyncIterator[str]:
    """Yield the lines of standard input as they come, without surrounding spaces."""
    if stat.S_ISFIFO(mode := os.fstat(sys.stdin.fileno()).st_mode) or stat.S_ISSOCK(mode):
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        async for raw in reader:
            yield raw.decode(errors="replace").strip()
    else:
        for line in sys.stdin:
            yield line.strip()


def _request(line: str) -> dict[str, Any] | None:
    """Return the request of a program that a line stands for; None if it is another line.

    Raises:
        ChatError: the data is no JSON object.
    """
    match line.split(maxsplit=2):
        case ["/resume"]:
            return {"resume": True}
        case ["/event" | "/start" as word, name, *rest]:
            kind = "event" if word == "/event" else "flow"
            return {kind: name, "data": _data(*rest)}
    return None


def _data(text: str = "{}") -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ChatError(f'{text} is no JSON object, such as {{"number": 7}}.') from error


def _degrees(text: str) -> float:
    try:
        return float(text.rstrip(","))
    except ValueError as error:
        raise ChatError(f"{text!r} is not a number of degrees, such as 55.61.") from error
