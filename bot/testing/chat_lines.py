"""Functions that read and write the lines of a `.chat` file: actions and options."""

import re
from collections.abc import Callable, Sequence

import msgspec

from bot.emulator import actions
from bot.emulator.actions import (
    Answers,
    Reacts,
    Reads,
    Says,
    SendsFile,
    SendsLocation,
    SendsMedia,
    Taps,
)
from bot.errors import FlowError
from bot.testing.actions import Action, AnswersSecret, Delivers, ReceivesEvent, StartsFlow, Waits
from bot.testing.chat_text import argument, arguments, escape, read_text, text_lines, unescape
from bot.turn import durations

_PREFIX = re.compile(r"\((twice|old)\)(?: |$)")
_ACTION = re.compile(r"\(([a-z]+)(?: (.*))?\)$", re.DOTALL)
_LABEL = re.compile(r"\[((?:[^\\\]]|\\.)*)\]\s*")
_TAPPED = re.compile(f"(?:{_LABEL.pattern})?{_LABEL.pattern}")
_EVENT = re.compile(r"! *(event|start) +(\S+)(?: +(.*))?$", re.DOTALL)
_WIDTH = 100


class Lines:
    """The lines of a file, read one after another. `number` is the number of the line that was read
    last.
    """

    def __init__(self, text: str) -> None:
        self._lines = [line.rstrip(" \t\r") for line in text.split("\n")]
        self.number = 0

    def peek(self, ahead: int = 0) -> str | None:
        """Return the next line, or the line `ahead` lines after it; None at the end of the file."""
        place = self.number + ahead
        return self._lines[place] if place < len(self._lines) else None

    def take(self) -> str:
        self.number += 1
        return self._lines[self.number - 1]

    def while_begins(self, mark: str) -> list[str]:
        """Take the next lines, as long as they begin with `mark`."""
        found = []
        while (line := self.peek()) is not None and line.startswith(mark):
            found.append(self.take())
        return found

    def continuation(self) -> list[str]:
        """Take the indented lines that continue a text. Return them without their indentation.

        Empty lines between these lines are included.
        """
        found: list[str] = []
        while True:
            empty = 0
            while self.peek(empty) == "":
                empty += 1
            line = self.peek(empty)
            if line is None or not line.startswith("  ") or line.startswith("  ["):
                return found
            for _ in range(empty):
                found.append(self.take())
            found.append(self.take()[2:])


def labels_lines(labels: Sequence[str]) -> list[str]:
    """Return options in brackets on one line. If this line would be too long, return one line per
    option.
    """
    if not labels:
        return []
    shown = [f"[{escape(label, '[]')}]" for label in labels]
    together = "  " + " ".join(shown)
    return [together] if len(together) <= _WIDTH else [f"  {each}" for each in shown]


def labels_from(lines: Lines) -> tuple[str, ...]:
    """Read the options in the next lines."""
    found: list[str] = []
    for line in lines.while_begins("  ["):
        rest = line.strip()
        while rest:
            match = _LABEL.match(rest)
            if match is None:
                raise ValueError(
                    f"{line.strip()!r} is not a list of options in brackets: [One] [Two]"
                )
            found.append(unescape(match[1]))
            rest = rest[match.end() :]
    return tuple(found)


def act_lines(act: Action) -> list[str]:
    match act:
        case Says(text):
            return text_lines("> (twice) " if act.copies else "> ", text)
        case Taps(label, old, card):
            how = ("(twice) " if act.copies else "") + ("(old) " if old else "")
            on = f"[{escape(card, '[]')}] " if card else ""
            return [f"> {how}{on}[{escape(label, '[]')}]"]
        case Waits(length):
            return [f"~ {durations.written(length)}"]
        case ReceivesEvent(name, data):
            return [f"! event {_word(name)}{_json(data)}"]
        case StartsFlow(name, data, state):
            where = "/".join(_word(each) for each in (name, state) if each)
            return [f"! start {where}{_json(data)}"]
        case _:
            name, *parts = _action(act)
            while parts and not parts[-1]:
                parts.pop()
            inside = " ".join([name, *([" | ".join(map(argument, parts))] if parts else [])])
            return [f"> ({inside})"]


def _action(act: Action) -> list[str]:
    match act:
        case Answers(postback):
            return ["postback", postback]
        case SendsLocation(latitude, longitude, title, label):
            return ["location", f"{latitude!r}, {longitude!r}", title, label]
        case SendsMedia(url, caption):
            return ["media", url, caption]
        case SendsFile(name, _, caption):
            return ["media", name, caption]
        case Reacts(emoji):
            return ["reacts", emoji]
        case Reads():
            return ["reads"]
        case Delivers(failed):
            return ["unreachable", failed] if failed else ["reachable"]
        case AnswersSecret():
            return ["secret"]
        case actions.Action():
            return ["json", msgspec.json.encode(actions.json_of(act)).decode()]
    raise TypeError(f"{act!r} is not an action")


def act_from(lines: Lines) -> Action:
    """Read the action in the next lines.

    Raises:
        ValueError: the lines are not an action.
    """
    line = lines.take()
    if line.startswith("~"):
        return Waits(_seconds(line[1:].strip()))
    if line.startswith("!"):
        return _event(line)
    rest = line[1:].removeprefix(" ")
    marks: set[str] = set()
    while prefix := _PREFIX.match(rest):
        marks.add(prefix[1])
        rest = rest[prefix.end() :]
    if tapped := _TAPPED.fullmatch(rest):
        card, label = (unescape(each or "") for each in tapped.groups())
        return Taps(label, "old" in marks, card, copies=int("twice" in marks))
    if action := _ACTION.match(rest):
        return _done(action[1], arguments(action[2]) if action[2] else [])
    if rest[:1] in ("(", "["):
        raise ValueError(
            f"{rest!r} is neither an [option] nor an action such as (location 55.6, 13.0);"
            f" to send it as a text, put a backslash before it: \\{rest}"
        )
    return Says(read_text(rest, lines.continuation()), copies=int("twice" in marks))


def _done(name: str, parts: list[str]) -> Action:
    if name not in ACTIONS:
        raise ValueError(
            f"there is no action ({name}); the actions are {', '.join(ACTIONS)}, twice and old"
        )
    if name in ("media", "reacts", "postback", "unreachable") and not parts:
        parts = [""]
    try:
        return ACTIONS[name](*parts)
    except TypeError as error:
        given = " | ".join(parts) or "nothing"
        raise ValueError(f"({name}) has too many or too few parts: {given}") from error


def _location(place: str, *more: str) -> SendsLocation:
    latitude, comma, longitude = place.partition(",")
    if not comma:
        raise ValueError(f"{place!r} is not a place; write latitude and longitude: 55.6, 13.0")
    return SendsLocation(float(latitude), float(longitude), *more)


def _json_action(*parts: str) -> Action:
    try:
        return actions.action_from(msgspec.json.decode(" | ".join(parts), type=dict[str, object]))
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"(json …) takes the JSON of an action: {error}") from error


ACTIONS: dict[str, Callable[..., Action]] = {
    "postback": Answers,
    "location": _location,
    "media": SendsMedia,
    "reacts": Reacts,
    "reads": Reads,
    "secret": AnswersSecret,
    "json": _json_action,
    "reachable": Delivers,
    "unreachable": Delivers,
}
"""For each name of an action in parentheses after `>`, the function that creates the action."""


def _event(line: str) -> Action:
    match = _EVENT.match(line)
    if match is None:
        raise ValueError(
            f"{line!r} is neither `! event NAME {{…}}` nor `! start FLOW {{…}}`, or FLOW/STATE"
        )
    kind, name, json = match.groups()
    try:
        data = msgspec.json.decode(json, type=dict[str, object]) if json else {}
    except msgspec.DecodeError as error:
        raise ValueError(f"{json!r} is not a JSON object: {error}") from error
    if kind == "event":
        return ReceivesEvent(unescape(name), data)
    flow, _, state = name.partition("/")
    return StartsFlow(unescape(flow), data, unescape(state))


def _seconds(text: str) -> int:
    if text == "0s":
        return 0
    try:
        return int(durations.seconds(text))
    except FlowError as error:
        raise ValueError(str(error)) from error


def _word(name: str) -> str:
    return escape(name).replace(" ", r"\u0020")


def _json(data: object) -> str:
    return f" {msgspec.json.encode(data).decode()}" if data else ""
