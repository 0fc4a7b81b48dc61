"""Updates the worker's list of flows that operators have switched off."""

import logging
from collections.abc import Mapping

from bot.engine.engine import Engine
from bot.store import FlowOff, Store

logger = logging.getLogger(__name__)


class FlowSwitches:
    """At each refresh, copies the list of switched-off flows from the store to the engine."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store = store
        self._engine = engine
        self._off: Mapping[str, FlowOff] = {}

    async def refresh(self) -> None:
        """Read the switched-off flows from the store.

        Raises:
            StoreError: the store failed.
        """
        before, self._off = self._off, await self._store.reader.flows_off()
        if self._off == before:
            return
        self._engine.off = {name: each.say for name, each in self._off.items()}
        for name, off in self._off.items():
            if name not in before:
                why = {"action": "flow_off", "flow": name, "because": off.because}
                logger.warning("A flow is switched off", extra=why)
        for name in before.keys() - self._off.keys():
            logger.info("A flow is on again", extra={"action": "flow_on", "flow": name})
