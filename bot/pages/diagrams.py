"""The flows as JSON for pages that draw them."""

from typing import Any

import msgspec

from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.states import Ask, Call, Step
from bot.flow.svg import write


def of(flows: Flows) -> list[dict[str, Any]]:
    """Return all flows, each with its drawing."""
    return [_flow(definition) for definition in flows]


def _flow(definition: Definition) -> dict[str, Any]:
    machine = definition.machine
    drawing = machine.drawing()
    kinds = {name: _kind(definition, name) for name in machine.states}
    return {
        "name": definition.name,
        "version": definition.version,
        "start_on": list(definition.start_on),
        "fallback": definition.fallback,
        "states": [state.name for state in drawing.states],
        "svg": msgspec.to_builtins(write(drawing, states=kinds)),
    }


def _kind(definition: Definition, state: str) -> str:
    """Return the kind of a state: "ask", "call" or "step"; "" for the end and in state machines."""
    match definition.states.get(state):
        case Ask():
            return "ask"
        case Call():
            return "call"
        case Step():
            return "step"
    return ""
