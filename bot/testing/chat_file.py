"""The format of `*.chat` files: conversations as text, read and written without loss.

    # Buys a light and pays for it.
    channel: WHATSAPP

    > order
    < Which part would you like?
      [Front light, 29 €] [Brass bell, 9 €]
    = order/product

    > [Brass bell, 9 €]
    < How many?
    = order/quantity

    ~ 25h
    = no flow

docs/simulation.md describes the format.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import BotError
from bot.testing.actions import Action
from bot.testing.chat_lines import Lines, act_from, act_lines, labels_from, labels_lines
from bot.testing.chat_text import read_text, text_lines

HEADERS = ("channel", "mode", "language", "zone", "data", "at")
"""The names of all headers, in the order in which they are written."""

NO_FLOW = "no flow"


class ChatError(BotError):
    """A `.chat` file has a syntax error. The error names the line and what was expected."""

    def __init__(self, line: int, error: str) -> None:
        super().__init__(f"line {line}: {error}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Reply:
    """A message of the bot. `kind` is "" for texts and choices, otherwise a type such as `card`."""

    text: str
    labels: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The contact's state at this point: `order/address` or `no flow`.

    `paused` or `opted out` may follow after a comma.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment for readers."""

    text: str


Entry = Action | Reply | Standing | Comment


@dataclass(slots=True)
class Chat:
    """A conversation: the headers, and its entries in order."""

    headers: Mapping[str, str] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    """The lines of the comment at the beginning of the file."""


def write(chat: Chat) -> str:
    """Return the conversation as text, with a line break at its end."""
    lines = [f"# {line}".rstrip() for line in chat.about]
    lines += [f"{name}: {chat.headers[name]}" for name in HEADERS if name in chat.headers]
    lines += write_entries(chat.entries, after_something=bool(lines))
    return "\n".join(lines) + "\n"


def write_entries(entries: Sequence[Entry], *, after_something: bool = False) -> list[str]:
    """Return the entries as lines, with an empty line before each action and its comments."""
    lines: list[str] = []
    for place, entry in enumerate(entries):
        if _opens(entries, place) and (lines or after_something):
            lines.append("")
        lines += _entry_lines(entry)
    return lines


def read(text: str) -> Chat:
    """Read a `.chat` file.

    Raises:
        ChatError: a line is not in the format.
    """
    lines = Lines(text)
    about = [rest.removeprefix("#").strip() for rest in lines.while_begins("#")]
    headers = dict(_headers(lines))
    return Chat(headers, list(_entries(lines)), about)


def blocks(entries: Sequence[Entry]) -> Iterator[tuple[list[Comment], Action | None, list[Entry]]]:
    """Yield the conversation in blocks, one per action.

    A block has the comments before the action, the action, and the entries after it.

    If other entries come before the first action, they form a block without an action.
    """
    before: list[Comment] = []
    act: Action | None = None
    after: list[Entry] = []
    for place, entry in enumerate(entries):
        if _opens(entries, place):
            if act is not None or after or before:
                yield before, act, after
            before, act, after = [], None, []
        if isinstance(entry, Comment) and act is None:
            before.append(entry)
        elif act is None and isinstance(entry, Action):
            act = entry
        else:
            after.append(entry)
    if act is not None or after or before:
        yield before, act, after


def _opens(entries: Sequence[Entry], place: int) -> bool:
    """Return whether a block begins at the entry with this index.

    A block begins at an action, or at the first of the comments before an action.
    """
    if isinstance(entries[place], Action):
        return place == 0 or not isinstance(entries[place - 1], Comment)
    if not isinstance(entries[place], Comment):
        return False
    if place and isinstance(entries[place - 1], Comment):
        return False
    following = (entry for entry in entries[place:] if not isinstance(entry, Comment))
    return isinstance(next(following, None), Action)


def _entry_lines(entry: Entry) -> list[str]:
    match entry:
        case Reply(text, labels, kind):
            mark = f"< ({kind}) " if kind else "< "
            return [*text_lines(mark, text), *labels_lines(labels)]
        case Standing(text):
            return [f"= {text}"]
        case Comment(text):
            return [f"# {text}".rstrip()]
        case _:
            return act_lines(entry)


def _headers(lines: Lines) -> Iterator[tuple[str, str]]:
    while (line := lines.peek()) is not None:
        if line and line[0] in "><=~!#":
            return
        lines.take()
        if not line:
            continue
        name, colon, value = line.partition(":")
        if not colon or name not in HEADERS:
            raise ChatError(
                lines.number, f"{line!r} is not a header; the headers are {', '.join(HEADERS)}."
            )
        yield name, value.strip()


def _entries(lines: Lines) -> Iterator[Entry]:
    while (line := lines.peek()) is not None:
        if not line:
            lines.take()
            continue
        number = lines.number + 1
        try:
            yield _entry(line[0], lines)
        except ValueError as error:
            raise ChatError(number, str(error)) from error


def _entry(mark: str, lines: Lines) -> Entry:
    if mark == "#":
        return Comment(lines.take()[1:].strip())
    if mark == "=":
        return Standing(lines.take()[1:].strip())
    if mark == "<":
        return _reply(lines)
    if mark in ">~!":
        return act_from(lines)
    raise ValueError(f"{lines.take()!r} does not begin with > < = ~ ! or #")


def _reply(lines: Lines) -> Reply:
    first = lines.take()[1:].removeprefix(" ")
    kind = ""
    if first.startswith("("):
        kind, close, first = first[1:].partition(")")
        if not close:
            raise ValueError("the kind of the message, such as (card), has no closing bracket")
        first = first.removeprefix(" ")
    text = read_text(first, lines.continuation())
    return Reply(text, labels_from(lines), kind)
