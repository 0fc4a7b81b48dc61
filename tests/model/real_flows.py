"""Builds `Flow` classes from flows that are plain data."""

import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import bot
from bot import Flow, Option, Turn, ask, call, choose, parse, step
from bot.flow.definition import of_class
from bot.flow.flow import on
from bot.flow.load import Flows
from tests.model.flow_data import (
    BURST_WAIT_S,
    END,
    HANDOFF,
    MAX_SCHEDULED,
    FlowData,
    HandlerData,
    StateData,
    ended_text,
    handler_text,
    next_of_step,
    question_text,
    reask_text,
    reminder_text,
    step_text,
)

DIGIT_HINT = "A digit, please."
LINE_HINT = "Begin with t, please."


def digit(answer: parse.Answer) -> int:
    if len(answer.text) != 1 or not answer.text.isdigit():
        raise parse.NotUnderstood(DIGIT_HINT)
    return int(answer.text)


def line(answer: parse.Answer) -> str:
    if not answer.text.startswith("t"):
        raise parse.NotUnderstood(LINE_HINT)
    return answer.text


def real_flows(flows: Iterable[FlowData]) -> Flows:
    """Return the loaded flows. Each flow sends a message when one of its runs ends early."""
    return Flows([of_class(class_of(flow)) for flow in flows], None, None)


def class_of(flow: FlowData) -> type[Flow]:
    body: dict[str, Any] = {
        "__module__": __name__,
        "name": flow.name,
        "start_on": flow.words,
        "start_on_events": flow.events,
        "interrupt": flow.interrupt,
        "fallback": flow.is_fallback,
        "version": flow.version,
        "migrate": flow.migrate,
        "unknown_state": flow.unknown_state,
    }
    if flow.key:
        body["key"] = flow.key
    for name, state in flow.states.items():
        body[name] = _state(flow, name, state)
    for number, handler in enumerate(flow.handlers):
        body[f"handle_{number}"] = _handler(flow, handler)
    if flow.returns != "data":
        body["returns"] = _returns(flow.returns)
    body["say_ended"] = on("ended")(_ended(flow.name))
    return type(flow.name.title(), (Flow,), body)


def _target(name: str) -> str:
    return {END: bot.END, HANDOFF: bot.HANDOFF}.get(name, name)


def _state(flow: FlowData, name: str, state: StateData) -> Any:
    match state.kind:
        case "step":
            targets = tuple(_target(each) for each in state.to)
            return step(to=targets)(_step(flow.name, name, state))
        case "call":
            more = {"otherwise": _target(state.otherwise)} if state.otherwise else {}
            return call(
                state.flow, to=_target(state.to[0]), data=_arguments(state.arguments), **more
            )
    common: dict[str, Any] = {
        "attempts": state.attempts,
        "otherwise": _target(state.otherwise),
        "remind": {
            f"{seconds}s": reminder_text(flow.name, name, seconds) for seconds in state.remind_s
        },
        "timeout": state.timeout and (f"{state.timeout[0]}s", _target(state.timeout[1])),
        "bursts": (state.bursts, f"{BURST_WAIT_S}s") if state.bursts else None,
    }
    if state.reask:
        common["reask"] = reask_text(flow.name, name)
    text = question_text(flow.name, name)
    if state.kind == "ask":
        parser = digit if state.accept == "digit" else line
        return ask(text, accept=parser, to=_target(state.to[0]), **common)
    options = {each.key: Option(each.label, to=_target(each.to)) for each in state.options}
    return choose(text, options, stale=state.stale, **common)  # type: ignore[arg-type]


def _step(flow: str, name: str, state: StateData) -> Callable[[Any, Turn], str]:
    def run(self: Any, turn: Turn) -> str:
        self.data.n = getattr(self.data, "n", 0) + 1
        if state.says:
            turn.say(step_text(flow, name, self.data.n))
        if state.schedules and self.data.n <= MAX_SCHEDULED:
            event, seconds = state.schedules
            at = turn.now + timedelta(seconds=seconds)
            turn.schedule(event, at, {"number": self.data.n})
        value = getattr(self.data, state.by, None) if state.by else self.data.n
        return _target(next_of_step(state, value))

    run.__name__ = name
    return run


def _arguments(pairs: tuple[tuple[str, str], ...]) -> Callable[[Any], dict[str, Any]]:
    return lambda data: {name: getattr(data, source, None) for name, source in pairs}


def _handler(flow: FlowData, handler: HandlerData) -> Any:
    def handle(self: Any, turn: Turn) -> str | None:
        turn.say(handler_text(flow.name, handler.event))
        return _target(handler.to) if handler.to else None

    to = (_target(handler.to),) if handler.to else ()
    return on(handler.event, to=to, states=handler.states)(handle)


def _returns(mode: str) -> Callable[[Any], Any]:
    def returns(self: Any) -> Any:
        if mode == "raises":
            raise ValueError("as a part of the test")
        return json.dumps(vars(self.data), sort_keys=True)

    return returns


def _ended(flow: str) -> Callable[[Any, Turn], None]:
    def ended(self: Any, turn: Turn) -> None:
        turn.say(ended_text(flow, turn.event_data["reason"]))

    return ended
