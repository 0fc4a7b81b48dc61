"""A simulation: the real webhook, store, turns, outbox and client against the emulated platform,
on a clock that the test moves.

Everything happens within the calls of the test: `rest` runs whatever is due, on either side, until
nothing is. No task runs beside it, so the order of events is the same each time.
"""

from dataclasses import replace

import httpx
from starlette.applications import Starlette

from bot.address import Address
from bot.app import Bot, routes
from bot.emulator import Phone, Platform, World, create_app
from bot.flow.load import Flows
from bot.settings import Secret, Settings
from bot.store import Store
from bot.testing.clock import CountingIds, VirtualClock

WEBHOOK = "http://bot.test/webhook"
API = "http://sinch.test"
SECRET = "simulated-secret"


class Simulation:
    """A bot and the platform it talks to, both at rest between the test's acts."""

    def __init__(self, store: Store, flows: Flows, settings: Settings, *, mode: str) -> None:
        self.clock = VirtualClock()
        ids = CountingIds()
        world = World(processing_mode=mode)
        self.platform = Platform(self.clock, ids, world=world)
        self.settings = replace(
            settings,
            project_id=world.project_id,
            app_id=world.app_id,
            key_id=world.key_id,
            key_secret=Secret(world.key_secret),
            webhook_secrets=(Secret(SECRET),),
            api_url=API,
            auth_url=API,
        )
        self.bot = Bot(
            self.settings,
            store,
            flows,
            clock=self.clock,
            new_id=ids,
            transport=httpx.ASGITransport(create_app(self.platform)),
            name="simulation",
        )
        app = Starlette(routes=routes())
        app.state.bot = self.bot
        self._people = 0
        self.platform.http = httpx.AsyncClient(transport=httpx.ASGITransport(app))
        self.platform.register_webhook(WEBHOOK, SECRET)

    def new_identity(self) -> str:
        """A phone number nobody has yet."""
        self._people += 1
        return f"4670{self._people:07}"

    def key_of(self, phone: Phone) -> str:
        """The key under which the bot keeps the contact with this phone."""
        for contact in self.platform.state.contacts.values():
            for identity in contact["channel_identities"]:
                if (identity["channel"], identity["identity"]) == (phone.channel, phone.identity):
                    return str(contact["id"])
        return Address("", phone.channel, phone.identity).key

    async def rest(self) -> None:
        """Let everything happen that is due now."""
        while True:
            await self.platform.run_due()
            await self.bot.worker.drain()
            if not self._is_platform_due():
                return

    async def wait(self, seconds: float) -> None:
        """Let time pass, everything happening at its own instant."""
        end = self.clock.now() + seconds
        while True:
            await self.rest()
            due = await self._next_due()
            if due is None or due > end:
                break
            self.clock.advance_to(due)
        self.clock.advance_to(end)
        await self.rest()

    async def aclose(self) -> None:
        """Close both sides; the store is whoever's that opened it."""
        await self.platform.http.aclose()
        await self.bot.api.aclose()

    def _is_platform_due(self) -> bool:
        due = self.platform.next_due()
        return due is not None and due <= self.clock.now()

    async def _next_due(self) -> float | None:
        dues = [self.platform.next_due(), await self.bot.worker.fire_timers()]
        return min((due for due in dues if due is not None), default=None)
