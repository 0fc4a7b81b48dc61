"""Plays a written conversation and compares the results."""

from collections.abc import Callable
from datetime import UTC, datetime
from difflib import unified_diff
from typing import Any

import msgspec

from bot.errors import ConfigError
from bot.testing.actions import Action
from bot.testing.chat_file import Chat, Comment, Standing, blocks, write
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation

CONTEXT = 5
"""Number of unchanged lines that are shown before and after a difference."""


def create_contact(
    chat: Chat, simulation: Simulation, make: Callable[..., Any]
) -> SimulatedContact:
    """Create the contact that a file's headers describe, with `make(channel=…, …)`.

    Before the contact is created, the simulation gets its time and mode from the headers.

    Raises:
        ConfigError: `at` is not a time, `mode` is not a mode of the API, or `data` is not a JSON
            object.
        FlowError: `data` does not fit the flows' contact data.
    """
    options: dict[str, Any] = dict(chat.headers)
    if data := options.get("data"):
        options["data"] = _data(data)
    if at := options.pop("at", ""):
        simulation.clock.begin_at(instant(at))
    if mode := options.pop("mode", ""):
        if mode not in ("CONVERSATION", "DISPATCH"):
            raise ConfigError(f"mode is {mode!r}; it takes CONVERSATION or DISPATCH.")
        simulation.mode = mode
    contact: SimulatedContact = make(**options)
    return contact


async def play(chat: Chat, contact: SimulatedContact) -> Chat:
    """Play the conversation's actions.

    Return the conversation with the replies and states that resulted.

    If `chat` has no states, the result has no states. If an action is no longer possible, the
    result ends with a comment that explains why.
    """
    has_standings = any(isinstance(entry, Standing) for entry in chat.entries)
    played = Chat(chat.headers, [], chat.about)
    for comments, act, after in blocks(chat.entries):
        played.entries += comments
        if act is None:
            continue
        before = len(contact.entries)
        error = await _try(contact, act)
        came = contact.entries[before + 1 :]
        played.entries += [act, *(entry for entry in after if isinstance(entry, Comment))]
        played.entries += [e for e in came if has_standings or not isinstance(e, Standing)]
        if error:
            played.entries.append(Comment(f"The conversation ends here: {error}"))
            break
    return played


def difference(expected: Chat, played: Chat) -> str:
    """Return the lines that differ; "" if no lines differ.

    A line of `expected` begins with `-`, a line of `played` with `+`.
    """
    written, came = (write(chat).split("\n") for chat in (expected, played))
    found = list(unified_diff(written, came, n=CONTEXT, lineterm=""))
    return "\n".join("  …" if line.startswith("@@") else line for line in found[2:])


def is_complete(played: Chat) -> bool:
    """Return whether all actions were possible."""
    last = played.entries[-1] if played.entries else None
    return not (isinstance(last, Comment) and last.text.startswith("The conversation ends here: "))


def _data(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ConfigError(f"data is {text!r}; it takes a JSON object: {error}.") from error


def instant(text: str) -> float:
    """Return the Unix seconds of a time such as `2026-01-05T09:00:00Z`.

    A time without a zone is in UTC.

    Raises:
        ConfigError: the text is not a time.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"at is {text!r}; it takes a time: 2026-01-05T09:00:00Z.") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


async def _try(contact: SimulatedContact, act: Action) -> str:
    """Perform an action. Return the reason if the action is not possible; "" if it was possible."""
    try:
        await contact.perform(act)
    except AssertionError as error:
        return str(error).partition("\n")[0]
    return ""
