"""Does the acts of a script on the engine, in a simulation, and compares with the model."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import OptedOut
from bot.testing.bot_message import reply_of
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.model.flow_data import Flows, Json
from tests.model.generator import Act
from tests.model.reference import Model, Outcome
from tests.model.stack import Button

LATE_S = 20
"""How late a late answer comes."""

MAX_LINES = 80
"""How much of a conversation is shown."""

YOU_CAN_SAY = re.compile(r" You can say: [^.]*\.")
ENDED = re.compile(r"<\w+ \w+>")


@dataclass
class Difference:
    """What the model expects after an act, and what the engine did."""

    act: Act
    what: str
    expected: Any
    found: Any
    transcript: str = ""
    place: int = 0

    def __str__(self) -> str:
        return (
            f"after {self.act}: {self.what}\n  expected {self.expected}\n  found    {self.found}"
            f"\n\n{self.transcript}"
        )


class Conversation:
    """One contact, in the engine and in the model."""

    def __init__(self, simulation: Simulation, flows: Flows, channel: str = "RCS") -> None:
        self.simulation = simulation
        self.flows = flows
        self.contact = SimulatedContact(simulation, channel)
        self.model = Model(flows)
        self.questions: list[tuple[Button, ...]] = []
        self._shown = 0
        self._early = self.model.outcome()

    async def does(self, act: Act) -> Difference | None:
        """Do an act on both sides; return the first difference."""
        await self._pass_second()
        outcome = await self._does(act)
        if outcome is None:
            return None
        difference = await self._compare(act, outcome)
        if difference:
            difference.transcript = "\n".join(self.contact.transcript.splitlines()[-MAX_LINES:])
        return difference

    async def _pass_second(self) -> None:
        """Let a second pass, so that the acts have different times."""
        clock, due = self.simulation.clock, self.model.next_due()
        now = clock.now()
        self._early = self.model.waits(1, now)
        if due is not None and due <= now + 1:
            await self.contact.waits("1s")
        else:
            clock.advance_to(now + 1)

    async def _does(self, act: Act) -> Outcome | None:
        contact, model, now = self.contact, self.model, self.simulation.clock.now()
        match act:
            case ("says", text):
                outcome = model.says(text, now)
                await contact.says(text)
            case ("taps", label, newer):
                found = self._button(label, newer)
                if found is None:
                    return None
                place, number = found
                outcome = model.taps(self.questions[place][number], now)
                await self._tap(place, number)
            case ("waits", seconds):
                outcome = model.waits(seconds, now)
                await contact.waits(f"{seconds}s")
            case ("starts", flow, data, replace):
                outcome = model.starts(flow, data, now, replace=replace)
                await self._starts(flow, data, replace)
            case ("receives", name, data, expires_s):
                outcome = model.receives(name, data, now, expires_s=expires_s)
                expires = f"{expires_s}s" if expires_s else ""
                await self.simulation.bot.trigger(self._address, name, data, expires=expires)
                await contact.run_until_idle()
            case ("late", text, flow):
                outcome = await self._late(text, flow, now)
            case ("pauses",):
                outcome = model.pauses(now)
                await self.simulation.bot.pause(self._address)
                await contact.run_until_idle()
            case ("resumes",):
                outcome = model.resumes(now)
                await self.simulation.bot.resume(self._address)
                await contact.run_until_idle()
            case _:
                raise ValueError(f"Unknown act {act!r}")
        return outcome

    async def _starts(self, flow: str, data: Json, replace: bool) -> None:
        with contextlib.suppress(OptedOut):
            await self.simulation.bot.start(self._address, flow, data, replace=replace)
        await self.contact.run_until_idle()

    async def _late(self, text: str, flow: str, now: float) -> Outcome:
        """Let a flow be started between the time a text is written and the time it comes."""
        self.contact.phone.says(text, late_s=LATE_S)
        self.simulation.clock.advance_to(now + 1)
        first = self.model.starts(flow, {}, now + 1)
        await self._starts(flow, {}, False)
        second = self.model.waits(LATE_S - 1, now + 1)
        await self.contact.waits(f"{LATE_S - 1}s")
        third = self.model.says(text, now + LATE_S, now)
        for each in (second, first):
            third.replies = [*each.replies, *third.replies]
            third.ended = [*each.ended, *third.ended]
        return third

    @property
    def _address(self) -> Any:
        return self.simulation.address_of(self.contact.phone)

    def _button(self, label: str, newer: int) -> tuple[int, int] | None:
        """Return the place of a message and of its button with this label."""
        found = [
            (place, number)
            for place, buttons in enumerate(self.questions)
            for number, button in enumerate(buttons)
            if button.label == label
        ]
        return found[-1 - newer] if newer < len(found) else None

    async def _tap(self, place: int, number: int) -> None:
        phone = self.contact.phone
        shown = [shown for shown in phone.shown if shown.choices][place]
        phone.answers(shown.message_id, shown.choices[number].postback)
        await self.contact.run_until_idle()

    async def _compare(self, act: Act, outcome: Outcome) -> Difference | None:
        expected = [*self._early.replies, *outcome.replies]
        ended = [*self._early.ended, *outcome.ended]
        phone = self.contact.phone
        new = phone.shown[self._shown :]
        self._shown = len(phone.shown)
        replies = [reply_of(shown.app_message, phone.channel) for shown in new]
        text = YOU_CAN_SAY.sub("", " ".join(each.text for each in replies))
        found_ended = sorted(ENDED.findall(text))
        found = " ".join(ENDED.sub("", text).split())
        wanted = " ".join(each.text for each in expected)
        if self.contact.failure:
            return Difference(act, "the turn failed", "", self.contact.failure)
        if found != wanted:
            return Difference(act, "replies", wanted, found)
        labels = [each.label for reply in expected for each in reply.buttons]
        shown_labels = [label for each in replies for label in each.labels]
        if labels != shown_labels:
            return Difference(act, "buttons", labels, shown_labels)
        self.questions += [each.buttons for each in expected if each.buttons]
        if found_ended != sorted(ended):
            return Difference(act, "runs that ended", sorted(ended), found_ended)
        session = self.contact.session
        stack = [] if session is None else stack_of(session, self.flows)
        if stack != outcome.stack:
            return Difference(act, "the stack", outcome.stack, stack)
        is_paused = session is not None and session.pause is not None
        if is_paused != outcome.is_paused:
            return Difference(act, "hand-over", outcome.is_paused, is_paused)
        return None


def stack_of(session: Any, flows: Flows) -> list[list[tuple[str, str, dict[str, Any]]]]:
    """Return the stack as the model shows it, without questions whether to leave."""
    return [
        [(run.flow, run.state, run.data) for run in chain.runs if run.flow in flows]
        for chain in session.chains
    ]


async def play(
    simulation: Simulation, flows: Flows, script: Sequence[Act], channel: str = "RCS"
) -> Difference | None:
    """Play a script with a new contact; return the first difference."""
    conversation = Conversation(simulation, flows, channel)
    for place, act in enumerate(script):
        if difference := await conversation.does(act):
            difference.place = place
            return difference
    return None
