"""The flows as pages draw them."""

from typing import Any

import msgspec

from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.states import Ask, Call, Step


def of(flows: Flows) -> list[dict[str, Any]]:
    """All flows, each with its drawing."""
    return [_flow(definition) for definition in flows]


def _flow(definition: Definition) -> dict[str, Any]:
    machine = definition.machine
    return {
        "name": definition.name,
        "version": definition.version,
        "start_on": list(definition.start_on),
        "fallback": definition.fallback,
        "drawing": msgspec.to_builtins(machine.drawing()),
        "kinds": {name: _kind(definition, name) for name in machine.states},
    }


def _kind(definition: Definition, state: str) -> str:
    match definition.states.get(state):
        case Ask():
            return "ask"
        case Call():
            return "call"
        case Step():
            return "step"
    return "final" if definition.machine.is_final(state) else "state"
