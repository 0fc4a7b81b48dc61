"""The objects that all parts of a running bot share."""

from dataclasses import dataclass, field

from bot.clock import Clock, NewId
from bot.settings import Settings
from bot.store import Store
from bot.telemetry.traces import Traces


@dataclass(frozen=True, slots=True)
class Runtime:
    """The settings, the store, and the sources of time, ids and traces."""

    settings: Settings
    store: Store
    clock: Clock
    new_id: NewId
    traces: Traces = field(default_factory=Traces)
