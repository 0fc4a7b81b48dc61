"""Finds the flows in a package or folder: `Flow` classes and modules of state machines."""

import importlib
import importlib.machinery
import importlib.util
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from bot.errors import FlowError
from bot.flow import validate_keywords
from bot.flow.contact_data import ContactData, ContactDataType, contact_data_errors
from bot.flow.definition import Definition, of_class, of_module
from bot.flow.flow import Flow
from bot.flow.hooks import OF_THE_BOT, Hooks
from bot.flow.import_errors import import_error
from bot.flow.keywords import Keywords
from bot.flow.option_names import names_option
from bot.flow.places import place_of, short
from bot.flow.states import Ask, Call
from bot.flow.static_messages import message_errors, postbacks
from bot.flow.switch import SWITCH, Switch
from bot.i18n.languages import Languages, read_languages
from bot.items.inbound import StartFlow
from bot.parse.phrases import Phrases
from bot.turn.messaging_window import Outside

_EVENT_DATA = ("data", "event", "event_data", "payload")
"""Names of parameters that authors may try in a handler to get the data of an event.

Handlers do not get these parameters, so an error names `turn.event_data` instead.
"""

DEFAULT = "flows"
"""The default of BOT_FLOWS: the folder of flows, relative to the current folder."""


class Definitions(dict[str, Definition]):
    """Definitions of flows by name. An unknown name raises a FlowError."""

    def __missing__(self, name: Any) -> Definition:
        known = ", ".join(each for each in self if each != SWITCH) or "none"
        for each in self.values():
            if each.model is name:
                raise FlowError(f"{name.__name__} is a class. Give the flow's name: {each.name!r}.")
        raise FlowError(f"There is no flow {name!r}; the flows are {known}.")


class Flows:
    """All flows of a bot, by name and by the words that start them.

    Raises:
        FlowError: two flows share a name or a word, more than one flow is the fallback, or a `call`
            names a flow that does not exist.
    """

    def __init__(
        self,
        definitions: Iterable[Definition],
        words: Keywords | None = None,
        hooks: Hooks | None = None,
        languages: Languages | None = None,
        contact_data: type[ContactData] | None = None,
    ) -> None:
        self.words = words or Keywords()
        self.hooks = hooks or Hooks()
        self.languages = languages or Languages()
        self.contact_data = ContactDataType(contact_data) if contact_data else None
        self.by_name = Definitions()
        self._by_word: Phrases[Definition] = Phrases()
        self.outside_windows: dict[str, Outside] = {}
        self.max_ages: dict[str, str] = {}
        self.purposes: dict[str, str] = {}
        self.fallback: Definition | None = None
        self.have_secrets = False
        found: list[str] = list(contact_data_errors(contact_data)) if contact_data else []
        for definition in (*definitions, of_class(Switch)):
            found += self._add(definition)
            found += message_errors(definition)
        found += self._calls_to_nowhere()
        found += self._postbacks_nobody_handles()
        found += self._services_missing()
        if found:
            raise FlowError("\n".join(found))
        self.have_bursts = any(_has_bursts(each) for each in self)
        """Whether any flow or question treats several messages as one answer."""
        self.handle_failures = any("failed" in each.events for each in self)
        """Whether any flow handles the event `failed`.

        Sent messages are stored in the session only if a flow handles `failed`.
        """

    def __getitem__(self, name: str) -> Definition:
        return self.by_name[name]

    def get(self, name: str) -> Definition | None:
        """Return the flow with this name, or None."""
        return self.by_name.get(name)

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def __iter__(self) -> Iterator[Definition]:
        """Iterate over the author's flows."""
        return (each for each in self.by_name.values() if each.name != SWITCH)

    def __len__(self) -> int:
        return len(self.by_name) - 1

    @property
    def names(self) -> list[str]:
        """Return the names of the author's flows."""
        return [each.name for each in self]

    def started_by(self, word: str) -> Definition | None:
        """Return the flow that this word starts, or None. Case and accents are ignored."""
        return self._by_word.find(word)

    def started_by_event(self, name: str) -> Definition | None:
        """Return the flow that an event starts, or None."""
        return next((each for each in self if name in each.start_on_events), None)

    def start_of(
        self, flow: str, data: Mapping[str, Any], state: str = "", *, is_text: bool = False
    ) -> StartFlow:
        """Return the command that starts a flow with this data in this state.

        If `state` is "", the flow starts in the first state. If `is_text` is True, texts are
        converted to the types that the flow declares.

        Raises:
            FlowError: there is no such flow or state, or the flow does not accept this data.
        """
        definition = self[flow]
        stored = definition.start_data(data, state, is_text=is_text)
        return StartFlow(definition.name, stored, state, definition.version)

    @cached_property
    def handled_events(self) -> frozenset[str]:
        """The events that any flow handles or that start a flow."""
        return frozenset(name for each in self for name in each.events)

    @property
    def starts(self) -> list[str]:
        """Return the first word in each flow's `start_on`, for a list that contacts see."""
        return [definition.start_on[0] for definition in self if definition.start_on]

    def _add(self, new: Definition) -> Iterator[str]:
        if other := self.by_name.get(new.name):
            yield (
                f"{new.place}: flow {new.name!r} has the same name as the flow in {other.place}."
                " Give one of them another `name`."
            )
        self.by_name[new.name] = new
        self.outside_windows[new.name] = new.outside_window
        self.max_ages[new.name] = new.max_age
        if new.purpose:
            self.purposes[new.name] = new.purpose
        self.have_secrets = self.have_secrets or bool(new.secrets)
        for word in new.start_on:
            owner = self._by_word.add(word, new)
            if owner is not new:
                yield (
                    f"{new.at('start_on')}: {word!r} also starts {owner.name!r} in {owner.place}."
                    " Remove the word from one of the two flows."
                )
        if new.fallback:
            if self.fallback is not None:
                yield (
                    f"{new.at('fallback')}: {self.fallback.name!r} in {self.fallback.place} is the"
                    " fallback already. There can be only one fallback."
                )
            self.fallback = new

    def _services_missing(self) -> Iterator[str]:
        there = (*self.hooks.services, *OF_THE_BOT)
        known = ", ".join(there)
        for service in self.hooks.forward.wants if self.hooks.forward else ():
            if service not in there:
                yield (
                    f"The hook for hand-overs: there is no service {service!r}; the services are"
                    f" {known}."
                    " Write a service with @hooks.service."
                )
        for definition in self:
            methods = [*definition.states.items(), *definition.handlers.items()]
            for name, method in methods:
                for service in getattr(method, "wants", ()):
                    if service in there:
                        continue
                    if name in definition.handlers and service in _EVENT_DATA:
                        yield (
                            f"{definition.at(name)}: the data of an event is turn.event_data, not a"
                            f" parameter. Write def {name}(self, turn)."
                        )
                    else:
                        yield (
                            f"{definition.at(name)}: there is no service {service!r}; the services"
                            f" are {known}. Write a service with"
                            " @hooks.service."
                        )

    def _calls_to_nowhere(self) -> Iterator[str]:
        for definition in self:
            for name, state in definition.states.items():
                if not isinstance(state, Call):
                    continue
                if state.flow not in self:
                    yield (
                        f"{definition.at(name)}: there is no flow"
                        f" {state.flow!r} to call; the flows are {', '.join(self.names)}."
                    )
                    continue
                try:
                    self[state.flow].require_start(state.state)
                except FlowError as error:
                    yield f"{definition.at(name)}: {error}"

    def _postbacks_nobody_handles(self) -> Iterator[str]:
        """Yield an error for each choice with a postback that no flow handles.

        Only choices that an author has put into a question's message are checked, because a flow
        always handles the options of its questions.
        """
        for definition in self:
            for name, ask, what, choice in postbacks(definition):
                if self._is_handled(definition, name, ask, choice.postback):
                    continue
                at = f"{definition.at(name)}: {what}"
                if not choice.postback:
                    keys = f", such as {next(iter(ask.options))!r}" if ask.options else ""
                    yield (
                        f"{at}: the choice {choice.title!r} has no postback, so nothing handles a"
                        f" tap on it. Set its postback to the key of an option{keys}."
                    )
                    continue
                yield (
                    f"{at}: nothing handles the postback {choice.postback!r}. Make it the key of an"
                    " option or a word that starts a flow, or handle it with @on('choice')."
                )

    def _is_handled(self, definition: Definition, name: str, ask: Ask, postback: str) -> bool:
        handled = any(
            "choice" in each.events and (not each.states or name in each.states)
            for each in definition.handlers.values()
        )
        is_start = definition.interrupt != "ignore" and self.started_by(postback) is not None
        is_word = self.words.found(postback) is not None
        takes_any = ask.accept is not None or ask.offer is not None
        return handled or is_start or is_word or takes_any or names_option(ask, postback)


def _has_bursts(definition: Definition) -> bool:
    asks = (each for each in definition.states.values() if isinstance(each, Ask))
    return definition.bursts is not None or any(each.bursts for each in asks)


def load_flows(where: str) -> Flows:
    """Load the flows of a package or folder.

    `where` is the dotted name of a package, or the path of a folder.

    Raises:
        FlowError: there is no such package or folder, a module cannot be imported, a flow has
            errors, or a translation catalog cannot be read.
    """
    definitions: list[Definition] = []
    found: list[str] = []
    modules = _modules(where, found)
    for module in modules:
        for make in _makers(module):
            try:
                definitions.append(make())
            except FlowError as error:
                found.append(str(error))
    for each in _classes(modules, Keywords):
        found += validate_keywords.errors(each)
    if found:
        raise FlowError("\n".join(dict.fromkeys(found)))
    if not definitions:
        raise FlowError(
            f"{where!r} contains no flows. Write a subclass of bot.Flow in one of its modules, or"
            " set BOT_FLOWS to the package or folder of your flows."
        )
    words = _only(
        "subclasses of Keywords",
        [value() for value in _classes(modules, Keywords)],
        map(_place, _classes(modules, Keywords)),
    )
    package = modules[0]
    languages = read_languages(package.__name__, Path(next(iter(package.__path__))))
    hooks = _only("Hooks", _hooks(modules))
    data_types = _classes(modules, ContactData)
    contact_data = _only("subclasses of ContactData", data_types, map(_place, data_types))
    return Flows(definitions, words, hooks, languages, contact_data)


def _place(found: type) -> str:
    return f"{found.__name__} ({place_of(found)})"


T = TypeVar("T")


def _only(kind: str, found: list[T], where: Iterable[str] = ()) -> T | None:
    """Return the only element of `found`; None if `found` is empty.

    `where` has the name and place of each element, for the error.

    Raises:
        FlowError: `found` has more than one element.
    """
    if len(found) > 1:
        named = f": {', '.join(where)}" if where else ""
        raise FlowError(
            f"There are {len(found)} {kind} in the flows' modules{named}; there can be only one."
            " Combine them."
        )
    return found[0] if found else None


def _classes(modules: list[ModuleType], kind: type[T]) -> list[type[T]]:
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, kind)
        and value.__module__ == module.__name__
    ]


def _hooks(modules: list[ModuleType]) -> list[Hooks]:
    values = [value for module in modules for value in vars(module).values()]
    return list({id(value): value for value in values if isinstance(value, Hooks)}.values())


def _makers(module: ModuleType) -> Iterator[Callable[[], Definition]]:
    """Yield a function for each flow in a module. The function returns the flow's definition."""
    if hasattr(module, "states") and hasattr(module, "transitions"):
        yield partial(of_module, module)
    for flow in _classes([module], Flow):
        yield partial(of_class, flow)


def _modules(where: str, found: list[str]) -> list[ModuleType]:
    """Import a package and all its modules. Return the package, followed by the modules.

    Errors of modules that cannot be imported are added to `found`.
    """
    package = load_package(where)
    modules = [package]

    def skip(name: str) -> None:
        """Ignore a subpackage that cannot be imported, because `_import` has reported it."""

    for folder in package.__path__:
        found += _ignored_modules(Path(folder))
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + ".", skip):
        try:
            modules.append(_import(info.name))
        except FlowError as error:
            found.append(str(error))
    return modules


def _ignored_modules(folder: Path) -> Iterator[str]:
    """Yield errors for modules that Python would ignore.

    These are modules with a wrong name, modules beside a folder of the same name, and modules in
    folders without `__init__.py`.
    """
    for file in sorted(each for each in folder.iterdir() if each.is_file()):
        name, ending = file.stem, file.suffix
        if file.name.startswith(".") or ending.lower() != ".py":
            continue
        if ending != ".py":
            yield (
                f"{short(file)}: Python ignores this module, because its name ends in {ending}."
                f" Rename it to {name}.py."
            )
        elif "." in name and _mentions_flows(file):
            yield (
                f"{short(file)}: Python ignores this module, because its name has a dot. Rename it"
                f" to {name.replace('.', '_')}.py."
            )
    for inner in sorted(each for each in folder.iterdir() if each.is_dir()):
        if not inner.name.isidentifier() or inner.name.startswith("__"):
            continue
        modules = sorted(inner.glob("*.py"))
        is_package = (inner / "__init__.py").exists()
        if is_package and inner.with_suffix(".py").exists():
            yield (
                f"{short(inner.with_suffix('.py'))}: Python ignores this module, because the folder"
                f" {short(inner)} has the same name. Rename one of them."
            )
        if is_package:
            yield from _ignored_modules(inner)
        elif any(_mentions_flows(each) for each in modules):
            yield (
                f"{short(inner)}: its modules are not loaded, because it has no __init__.py. Add an"
                " empty __init__.py, or move the folder out of the flows."
            )


def _mentions_flows(module: Path) -> bool:
    """Return whether a module imports the framework, or defines `transitions`."""
    text = module.read_text(encoding="utf-8", errors="replace")
    return re.search(r"^\s*(from|import)\s+bot\b|^transitions\s*=", text, re.M) is not None


def load_package(where: str) -> ModuleType:
    """Import a package. `where` is its dotted name, or the path of its folder.

    Raises:
        FlowError: there is no such package, or the package cannot be imported.
    """
    path = Path(where)
    if path.is_dir():
        return _folder(path.resolve())
    if path.exists() or path.suffix == ".py" or "/" in where:
        raise FlowError(
            f"{where!r} is not a folder. Set BOT_FLOWS to a package or folder of flows."
        )
    if where == DEFAULT:
        # The same name may have been imported from another project.
        raise FlowError(
            f"There is no folder {where!r} here ({Path.cwd()}). Go to the project's folder, make a"
            " project by `bot new`, or set BOT_FLOWS to a package or folder of flows."
        )
    return _import(where)


def _folder(folder: Path) -> ModuleType:
    """Import the folder as a package with the folder's name.

    A package of the same name from another place is removed from `sys.modules`.
    """
    name = folder.name
    loaded = sys.modules.get(name)
    if loaded is not None and str(folder) in getattr(loaded, "__path__", ()):
        return loaded
    for stale in [each for each in sys.modules if each.partition(".")[0] == name]:
        del sys.modules[stale]
    start = folder / "__init__.py"
    spec = importlib.util.spec_from_file_location(
        name, start if start.exists() else None, submodule_search_locations=[str(folder)]
    ) or importlib.machinery.ModuleSpec(name, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if spec.loader is not None:
        try:
            spec.loader.exec_module(module)
        except BaseException as error:
            del sys.modules[name]
            raise import_error(name, error) from error
    return module


def _import(name: str) -> ModuleType:
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise import_error(name, error) from error
    if not hasattr(module, "__path__") and "." not in name:
        raise FlowError(f"{name!r} is a module; BOT_FLOWS takes a package or a folder.")
    return module


__all__ = ["Flows", "load_flows"]
