"""Runs all checks of `bot check`."""

import importlib.util
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import FlowError, MessageError
from bot.flow.flow import Data, Flow
from bot.flow.import_errors import way_out
from bot.flow.load import Flows, load_flows
from bot.flow.states import Call
from bot.flow.stop_phrases import Rule
from bot.i18n.languages import noting_unfilled
from bot.tooling.catalogs import missing as untranslated
from bot.tooling.catalogs import unfilled
from bot.tooling.check import (
    answers,
    attributes,
    circles,
    classes,
    comparisons,
    function_results,
    hooks,
    literals,
    machine_clock,
    messages,
    names,
    paths,
    said_buttons,
    secret_answers,
    shared,
    steps,
    translations,
)
from bot.tooling.check.findings import Finding, of_error
from bot.tooling.check.sources import Source, author_line, sources, state_at, subclasses
from bot.tooling.check.time_limit import TooSlow, limited
from bot.tooling.walked_messages import Failure, Walked, messages_of, walk

_PLACE = re.compile(r"(\S+\.py:\d+): ")

_NAMED = re.compile(r"[A-Z]\w*\.\w+[: ]")
"""The beginning of an error that names a class and its attribute, such as `Pizza.size: `."""

MAX_LOAD_S = 30.0
"""Maximum time for importing all modules of flows, in seconds."""


@dataclass(slots=True)
class Report:
    """The findings, and the flows if they could be loaded."""

    flows: Flows | None = None
    found: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(
    where: str, channels: Sequence[str], *, notes: bool = False, stop_words: Rule = "default"
) -> Report:
    """Check the flows of a package or folder, for the given channels and BOT_STOP_WORDS."""
    report, read = Report(), list[Source]()
    errors: list[str] = []
    try:
        with limited(MAX_LOAD_S):
            report.flows = load_flows(where)
    except FlowError as error:
        errors += str(error).splitlines()
    except TooSlow as error:
        place = author_line(error, _folder(where))
        errors.append(f"{place or where}: the import does not end: {error}.")
    if folder := _folder(where):
        read = sources(folder)
    found = [*_in_sources(read)]
    found += [of_error(each, read) for each in _causes(errors, found)]
    if report.flows is not None:
        found += _in_flows(report.flows, read)
        found += answers.starts(read, report.flows, stop_words)
        languages = _languages(report.flows)
        with noting_unfilled() as noted:
            walked = {language: walk(report.flows, language) for language in languages}
            said = {
                language: messages_of(report.flows, language, each)
                for language, each in walked.items()
            }
        found += [of_error(each, read) for each in unfilled(report.flows, noted)]
        found += _failures(report.flows, walked[""], read, found)
        found += said_buttons.said_buttons(report.flows, walked[""], read)
        lines = (*messages.refused(report.flows, said, channels), *untranslated(report.flows))
        found += [of_error(line, read) for line in lines]
        if notes:
            report.notes += messages.noted(report.flows, said, channels)
    report.found = sorted(
        dict.fromkeys(found), key=lambda each: (not each.file, each.file, each.line, each.severity)
    )
    return report


def _languages(flows: Flows) -> tuple[str, ...]:
    return ("", *flows.languages)


def _in_sources(read: Sequence[Source]) -> Iterator[Finding]:
    """Yield the findings of all checks that also work if some modules cannot be imported."""
    flows, keywords = subclasses(read, "Flow"), subclasses(read, "Keywords")
    yield from classes.classes(read, flows)
    yield from classes.uncalled(read, flows, keywords)
    yield from literals.joined(read)
    yield from literals.unformatted([*flows, *keywords])
    yield from machine_clock.in_turns([*flows, *keywords])
    yield from machine_clock.at_import(read)
    yield from names.cancelled(read)
    yield from attributes.of_data(flows)
    yield from attributes.of_turn(read, [*flows, *keywords])
    yield from attributes.of_keywords(read, keywords)
    yield from steps.returns(flows)
    yield from steps.replies(keywords)
    yield from steps.awaits([*flows, *keywords])
    yield from steps.blocking(read, [*flows, *keywords])
    yield from hooks.hooks(read)
    yield from secret_answers.secret_answers(flows)
    yield from shared.changes([*flows, *keywords])
    yield from shared.defaults(flows)
    yield from names.channels(read)
    yield from names.on_texts(read)
    yield from names.properties(read)
    yield from names.templates(read)
    yield from names.options_of_say([*flows, *keywords])
    yield from translations.translations(read)


def _in_flows(flows: Flows, read: Sequence[Source]) -> Iterator[Finding]:
    of_flow, keywords = subclasses(read, "Flow"), subclasses(read, "Keywords")
    yield from hooks.unregistered(read, flows)
    yield from names.events(read, of_flow, flows)
    yield from names.formatted_texts(read, of_flow, flows)
    yield from names.triggers(read, flows)
    yield from names.keywords(keywords, flows)
    yield from names.words_of_help(keywords, flows)
    yield from names.started_flows(read, flows)
    yield from circles.circles(read, of_flow, flows)
    yield from paths.paths(read, of_flow, flows)
    yield from function_results.function_results(read, flows)
    yield from answers.parsers(read, of_flow, flows)
    yield from answers.types(read, flows)
    yield from answers.labels(read, flows)
    yield from answers.missing(of_flow, flows)
    yield from comparisons.comparisons(read, of_flow, flows)


def _failures(
    flows: Flows, walked: Walked, read: Sequence[Source], found: Sequence[Finding]
) -> Iterator[Finding]:
    """Yield a finding for each turn that failed in the conversations of `walked`.

    A failure that an earlier finding explains is left out.
    """
    lines = {(each.file, each.line): each.severity for each in reversed(found)}
    told = [each.what for each in found if each.severity == "error"]
    for failure in walked.failures:
        definition = flows[failure.where.flow]
        state = failure.where.state
        is_named = state in definition.states or state in definition.handlers
        name = definition.model.__name__ + f".{state}" * is_named
        found_place = _PLACE.match(str(failure.error))
        at_error = author_line(failure.error, flows.languages.folder)
        name = state_at(read, at_error) or name
        place = (
            (found_place[1] if found_place else "")
            or at_error
            or (definition.at(state).partition(": ")[0] if is_named else definition.place)
        )
        at = f"{place}: {name}"
        file, _, line = place.rpartition(":")
        is_certain = isinstance(failure.error, FlowError | MessageError)
        at_line = lines.get((file, int(line) if line.isdigit() else 0), "")
        # A failure in a line may have another cause than a warning about the line.
        is_told = (at_line == "error" or (at_line and not is_certain)) or any(
            name in each or f"{definition.model.__name__}.__init__" in each for each in told
        )
        is_circle = isinstance(failure.error, FlowError) and any(
            "never asks anything" in each.what for each in found
        )
        if is_told or is_circle:
            continue
        words = _words(failure.error, name) + _owner_of_field(failure, flows)
        what = f"{words} The turn failed after {_conversation(failure)}."
        at = place if _NAMED.match(words) else at
        yield of_error(f"{at}: {what}", read, "error" if is_certain else "warning")


def _words(error: BaseException, name: str) -> str:
    """Return an error's text without the place and the name, which the finding shows, too."""
    if isinstance(error, TimeoutError | TooSlow):
        return (
            "the turn does not end within 2 seconds. Let all loops end, and make slow calls by"
            " `await turn.once(…)`."
        )
    words = str(error)
    if isinstance(error, FlowError | MessageError):
        place, _, rest = words.partition(": ")
        words = (rest if ".py" in place else words).removeprefix(f"{name}: ")
    else:
        words = f"{type(error).__name__}: {words}"
        words += way_out(error) if isinstance(error, Exception) else ""
        if words.endswith("can't be used in 'await' expression"):
            words += ", because the call is not async. Remove the `await`."
    return words if words.endswith((".", "?")) else f"{words}."


def _owner_of_field(failure: Failure, flows: Flows) -> str:
    """Return a hint if a turn has failed because the flow's data lacks a field that other data has.

    The other data is the contact's data, or the data of a called flow. Return "" if there is no
    such data.
    """
    error = failure.error
    if not isinstance(error, AttributeError) or not isinstance(error.obj, Data):
        return ""
    name = error.name
    if flows.contact_data and name in flows.contact_data.fields:
        return (
            f" The contact's data has {name!r}. Copy the value in an earlier step: self.data.{name}"
            f" = turn.contact.data.{name}."
        )
    for definition in flows:
        for state, each in definition.states.items():
            called = flows.get(each.flow) if isinstance(each, Call) else None
            if called is not None and name in called.states and state in vars(error.obj):
                field = f"data.{state}" if called.model.returns is not Flow.returns else ""
                return (
                    f" {name!r} is an answer of the called flow {called.name!r}. This flow has"
                    f" only the result of {called.name!r}: "
                    + (f"{field}." if field else f"data.{state}[{name!r}].")
                )
    return ""


def _conversation(failure: Failure) -> str:
    return " > ".join(failure.said)


def _folder(where: str) -> Path | None:
    """Return the folder of the flows; None if there is no such folder."""
    if Path(where).is_dir():
        return Path(where).resolve()
    try:
        spec = importlib.util.find_spec(where)
    except (ImportError, ValueError):
        return None
    homes = list(spec.submodule_search_locations or ()) if spec else []
    return Path(homes[0]) if homes else None


def _causes(errors: Sequence[str], found: Sequence[Finding]) -> Iterator[str]:
    """Yield the loading errors, except those whose cause an earlier finding reports."""
    told = [each.what for each in found]
    for error in errors:
        state = error.partition(": this state can't be reached")[0].rpartition(".")[2]
        if any(f"returns {state!r}, but its @on" in each for each in told):
            continue
        if "object has no attribute 'on'" in error and any("has no .on()" in each for each in told):
            continue
        if "Hooks is a class" in error and any(
            "Write hooks = Hooks()" in each or "class Hooks," in each for each in told
        ):
            continue
        if "contains no flows" in error and any("but is no flow" in each for each in told):
            continue
        yield error
