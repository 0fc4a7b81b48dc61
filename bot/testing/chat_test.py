"""Collects `.chat` files as tests."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import BotError
from bot.testing.actions import Action
from bot.testing.chat_file import Chat, read, write
from bot.testing.chat_player import create_contact, difference, is_complete, play

if TYPE_CHECKING:
    from bot.testing.simulation import Simulation

updated = pytest.StashKey[list[str]]()
"""The files that --chat-update has written."""


class ChatTests(pytest.Module):
    """A `.chat` file as a test. The test passes if the conversation happens as it is written."""

    def _getobj(self) -> ModuleType:
        try:
            chat = read(self.path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise self.CollectError(
                f"{self.path}:{line}: the file is not encoded in UTF-8. Save it as UTF-8."
            ) from None
        except BotError as error:
            raise self.CollectError(f"{self.path}: {error}") from error
        if not any(isinstance(each, Action) for each in chat.entries):
            raise self.CollectError(
                f"{self.path}: it has no action of the contact, so it tests nothing. Write an"
                " action, such as `> pizza`. --chat-update adds the replies."
            )
        module = ModuleType(self.path.stem)
        module.__file__ = str(self.path)
        module.__dict__["conversation"] = _test_of(chat, self.path, self.config)
        return module

    def funcnamefilter(self, name: str) -> bool:
        return name == "conversation"


def _test_of(chat: Chat, path: Path, config: pytest.Config) -> Callable[..., Any]:
    async def conversation(
        simulation: "Simulation", contacts: Callable[..., Any], chat_services: None
    ) -> None:
        try:
            contact = create_contact(chat, simulation, lambda **options: contacts(1, **options)[0])
        except BotError as error:
            pytest.fail(f"{path}: {error}", pytrace=False)
        played = await play(chat, contact)
        found = difference(chat, played)
        if failures := simulation.failures():
            pytest.fail(_failed(path.name, found, failures), pytrace=False)
        if not found:
            return
        if config.getoption("--chat-update") and is_complete(played):
            _update(path, played, config)
            return
        told = _report(path.name, found, is_complete(played), contact.failure)
        pytest.fail(told, pytrace=False)

    return pytest.mark.asyncio(conversation)  # type: ignore[no-any-return]


def _failed(name: str, found: str, failures: Sequence[str]) -> str:
    told = [f"The turn failed: {each}" for each in failures]
    way_out = (
        "--chat-update writes no conversation in which a turn fails; a test in"
        " Python can expect the failure: contact.sees_nothing(failed=…)."
    )
    first = "Correct the flow."
    if any("UnexpectedRequest" in each for each in failures):
        first = (
            "A .chat test gets stand-ins from the fixture chat_services: override it in"
            " conftest.py, under this name."
        )
    differs = f"{name} differs (- expected, + received):\n\n{found}"
    head = differs if found else f"{name}: a turn failed."
    return "\n\n".join([head, *told, f"{first} {way_out}"])


def _update(path: Path, played: Chat, config: pytest.Config) -> None:
    path.write_text(write(played), encoding="utf-8")
    config.stash.setdefault(updated, []).append(str(path))


def _report(name: str, found: str, is_complete: bool, failure: str) -> str:
    way_out = (
        "If the new conversation is right, --chat-update writes it to the file."
        if is_complete
        else "An action in the file is no longer possible. Change the action."
    )
    parts = (f"{name} differs (- expected, + received):", found, failure, way_out)
    return "\n\n".join(filter(None, parts))
