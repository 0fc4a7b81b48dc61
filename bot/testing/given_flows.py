"""Makes the flows of a simulation from the classes or the folder that a test gives."""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from bot.errors import FlowError
from bot.flow.contact_data import ContactData
from bot.flow.definition import of_class, of_module
from bot.flow.hooks import Hooks
from bot.flow.keywords import Keywords
from bot.flow.load import Flows, load_flows


def flows_of(given: str | Iterable[Any], root: Path, name: str) -> Flows:
    """Return the flows of a folder below `root`, or of a list of flow classes, state machines,
    Keywords, ContactData and Hooks.

    `name` is what the test has given the flows to, for errors.

    Raises:
        FlowError: the list has something else, or a flow is wrong.
    """
    if isinstance(given, str):
        return load_flows(str(root / given))
    words: Keywords | None = None
    contact_data: type[ContactData] | None = None
    hooks: Hooks | None = None
    definitions = []
    given = list(given)
    for wrong in [each for each in given if not isinstance(each, Hooks | ModuleType | type)]:
        raise FlowError(
            f"{name} has {wrong!r}. It takes classes of flows, Keywords and ContactData, modules"
            " with states and transitions, and Hooks."
        )
    for each in given:
        if isinstance(each, Hooks):
            hooks = each
        elif isinstance(each, ModuleType):
            definitions.append(of_module(each))
        elif issubclass(each, ContactData):
            contact_data = each
        elif issubclass(each, Keywords):
            words = each()
        else:
            definitions.append(of_class(each))
    return Flows(definitions, words, hooks, contact_data=contact_data)
