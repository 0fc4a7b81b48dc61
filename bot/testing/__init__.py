"""Simulated conversations, for tests of flows: see `plugin` for the fixtures."""

from bot.testing.clock import CountingIds, VirtualClock
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation

__all__ = ["CountingIds", "SimulatedContact", "Simulation", "VirtualClock"]
