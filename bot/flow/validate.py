"""What is wrong with a flow as it is written, found when it is loaded: each fault with its file,
attribute and way out.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from bot.flow.flow import TARGETS, Flow, Interrupt, UnknownState, source_of
from bot.flow.prompts import clashes, entry_clashes
from bot.flow.states import END, Ask, Stale, State
from bot.flow.stop_phrases import OUT, wish_of
from bot.flow.validate_data import attribute_errors, data_errors
from bot.messages import Message, Text
from bot.parse import fold
from bot.turn import messaging_window

_IN_BRACES = re.compile(r"\{(?:self\.)?(?:data\.)?(\w+)\W*?\}")


def errors(flow: type[Flow]) -> Iterator[str]:
    """Everything wrong with one flow: file, attribute, fault and way out, a line each."""
    where = f"{source_of(flow)}: {flow.__name__}"
    if not flow.states:
        yield f"{where} has no states. Give it at least one ask, choose or step."
        return
    for name, state in flow.states.items():
        for error in _state_errors(flow, name, state):
            yield f"{where}.{name}: {error}"
    for check in (_attribute_errors, attribute_errors, data_errors):
        for attribute, error in check(flow):
            yield f"{where}.{attribute}: {error}"
    for name in _unreachable(flow):
        yield (
            f"{where}.{name}: no way leads here from {flow.config['initial']!r}, the first state."
            f" Name {name!r} in the `to` of another state, or remove it."
        )
    for name in flow.handlers:
        for error in _handler_errors(flow, name):
            yield f"{where}.{name}: {error}"
    for version, moves in flow.migrate.items():
        if callable(moves):
            continue
        for old, new in moves.items():
            if new not in flow.states and new != END:
                yield (
                    f"{where}.migrate: version {version}'s {old!r} goes to {new!r}, which is no"
                    f" state of this flow. {_known(flow)}"
                )


def _attribute_errors(flow: type[Flow]) -> Iterator[tuple[str, str]]:
    """What is wrong with class attributes that aren't states, by attribute."""
    if wrong := messaging_window.error(flow.outside_window):
        yield "outside_window", wrong
    for name, kind in (("unknown_state", UnknownState), ("interrupt", Interrupt)):
        if (value := getattr(flow, name)) not in get_args(kind):
            yield name, _one_of(value, kind)
    for word in flow.start_on:
        if not isinstance(word, str) or not fold(word):
            yield "start_on", f"{word!r} is no word. Give texts that contacts may write."
        elif wish_of(word) == OUT:
            yield "start_on", f"{word!r} means STOP, which no flow hears. Choose another word."
    if not isinstance(flow.version, int) or flow.version < 1:
        yield "version", f"it is {flow.version!r}; it takes a whole number from 1 on."
        return
    for version in flow.migrate:
        if not isinstance(version, int) or version >= flow.version:
            yield (
                "migrate",
                (
                    f"{version!r} is no version before this one, {flow.version}, so nothing in it"
                    " is ever used. Raise `version`."
                ),
            )


def _one_of(value: Any, kind: Any) -> str:
    return f"it is {value!r}; it takes {', '.join(map(repr, get_args(kind)))}."


def _state_errors(flow: type[Flow], name: str, state: State) -> Iterator[str]:
    if name in TARGETS or hasattr(Flow, name) or name in ("data", "state"):
        yield f"{name!r} is a name of the framework's. Choose another one for this state."
    leads = state.targets()
    if not leads and not (isinstance(state, Ask) and state.offer):
        yield "no way out. Give it options, or a `to`."
    for trigger, target in leads.items():
        if target not in flow.states and target not in TARGETS:
            yield f"{_field(state, trigger)}={target!r} is no state of this flow. {_known(flow)}"
    if isinstance(state, Ask):
        yield from _ask_errors(state)
        for text in (state.question, state.reask):
            for left in _left_open(flow, text):
                yield (
                    f"{{{left}}} isn't filled in in a text; give a function:"
                    f' lambda data: f"… {{data.{left}}} …".'
                )


def _left_open(flow: type[Flow], text: Any) -> list[str]:
    """The answers that a text names in braces, as if it were an f-string."""
    said = text.text if isinstance(text, Text) else text
    named = _IN_BRACES.findall(said) if isinstance(said, str) else []
    return [name for name in dict.fromkeys(named) if name in flow.states]


def _ask_errors(ask: Ask) -> Iterator[str]:
    if bool(ask.attempts) != bool(ask.otherwise):
        yield "`attempts` and `otherwise` go together: how many tries, and where to go after them."
    if ask.attempts is not None and ask.attempts < 1:
        yield f"attempts is {ask.attempts}; it takes 1 or more."
    if ask.stale not in get_args(Stale):
        yield f"stale: {_one_of(ask.stale, Stale)}"
    for _, words in ask.remind:
        if not isinstance(words, str | Message):
            yield f"remind: {words!r} can't be said; give a text or one of bot's messages."
    if ask.timeout:
        late = [after for after, _ in ask.remind if after >= ask.timeout.after_s]
        if late:
            yield "a reminder comes after the timeout. Shorten it, or lengthen the timeout."
    if ask.offer and not ask.offer.to:
        yield "the options are a function: declare with to=(…) every state they may lead to."
    reserved = {"answered", "reasked", "gave_up", "timed_out"} & set(ask.options)
    for key in reserved:
        yield f"option {key!r} has the name of a trigger of its own. Choose another key."
    for key, option in ask.options.items():
        if not option.label.strip():
            yield f"option {key!r} has no label. Give the text that the contact sees."
        if isinstance(option.synonyms, str):
            yield (
                f"option {key!r}: synonyms={option.synonyms!r} is a text; "
                f"write synonyms=({option.synonyms!r},)."
            )
        if any(
            wish_of(word, is_asked=True) == OUT for word in (key, option.label, *option.synonyms)
        ):
            yield (
                f"option {key!r} means STOP to whoever types it, which no flow hears. Choose"
                " another word."
            )
    for key, word in entry_clashes(ask):
        yield (
            f"option {key!r} is called {word!r}, as the entry that turns the page is; there are"
            f" {len(ask.options)} options. Give it another key or label."
        )
    for other, key, word in clashes(ask):
        yield f"options {other!r} and {key!r} both mean {word!r}. Change one of them."


def _handler_errors(flow: type[Flow], name: str) -> Iterator[str]:
    handler = flow.handlers[name]
    if "ended" in handler.events and handler.to:
        yield "'ended' says that the run has ended, so it can't lead anywhere. Remove `to`."
    for target in handler.to:
        if target not in flow.states and target not in TARGETS:
            yield f"to={target!r} is no state of this flow. {_known(flow)}"
    for source in handler.states:
        if source not in flow.states:
            yield f"states={source!r} is no state of this flow. {_known(flow)}"
    states = set(handler.states or flow.states)
    for event in handler.events:
        for other, earlier in flow.handlers.items():
            if other == name:
                break
            is_first = not earlier.states or states <= set(earlier.states)
            if event in earlier.events and is_first:
                yield (
                    f"{other!r} above takes {event!r} first, so this never would."
                    " Put the one with fewer states above, or remove one."
                )


def _field(state: State, trigger: str) -> str:
    if trigger == "gave_up":
        return "otherwise"
    if trigger == "timed_out":
        return "timeout"
    if isinstance(state, Ask) and trigger in state.options:
        return f"option {trigger!r}: to"
    return "to"


def _known(flow: type[Flow]) -> str:
    return f"It has {', '.join(flow.states)}; END and HANDOFF go anywhere."


def _unreachable(flow: type[Flow]) -> list[str]:
    """States that nothing leads to, nor would once misspelt targets are mended: a fault tells of
    those already.
    """
    leads: dict[str, set[str]] = {}
    for transition in flow.config["transitions"]:
        target = transition["dest"]
        is_known = target is None or target in flow.states or target in TARGETS
        meant = [target] if is_known else get_close_matches(str(target), flow.states, n=1)
        leads.setdefault(transition["source"], set()).update(meant)
    reached, waiting = set(), [flow.config["initial"]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += leads.get(name, ())
    maps = [moves for moves in flow.migrate.values() if not callable(moves)]
    moved = {new for moves in maps for new in moves.values()}
    return [name for name in flow.states if name not in reached | moved]
