"""Simulated conversations, for tests of flows: see `plugin` for the fixtures."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.testing.contact import SimulatedContact
    from bot.testing.services import Services
    from bot.testing.simulation import Simulation

__all__ = ["Services", "SimulatedContact", "Simulation"]

_HOMES = {"Services": "services", "SimulatedContact": "contact", "Simulation": "simulation"}


def __getattr__(name: str) -> Any:
    """Import the module of the class with this name, and return the class.

    Every pytest run imports this package with the plugin. So the package imports its modules only
    when they are used.
    """
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"bot.testing.{_HOMES[name]}"), name)
