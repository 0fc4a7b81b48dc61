"""Runs a script on the engine, in a simulation, and compares the results with the model's."""

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.emulator import Phone
from bot.emulator.outgoing import SCREEN
from bot.errors import AlreadyActive, FlowSwitchedOff, OptedOut
from bot.flow.switch import SWITCH
from bot.items.inbound import Item, OperatorCommand, encode
from bot.testing.bot_message import reply_of
from bot.testing.contact import SimulatedContact
from bot.testing.simulation import Simulation
from tests.model.flow_data import Flows, Json
from tests.model.generator import Act
from tests.model.real_flows import real_flows
from tests.model.reference import Model, Outcome
from tests.model.stack import Button, Unspecified
from tests.support.conversation import switch_off, switch_on

GAP_S = 1
"""Seconds between the messages of a burst."""

BURST_REST_S = 20
"""Seconds that pass after a burst."""

LATE_S = 20
"""Seconds by which a late answer is delayed."""

MAX_LINES = 80
"""Maximum number of lines of a conversation that are shown."""

YOU_CAN_SAY = re.compile(r" You can say: [^.]*\.")
ENDED = re.compile(r"<\w+ \w+>")


@dataclass
class Difference:
    """What the model expects after an action, and what the engine did."""

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


class DifferenceFound(Exception):
    """Before a merge, the contact to be merged behaves differently than the model."""

    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


class Conversation:
    """One contact, in the engine and in the model."""

    def __init__(self, simulation: Simulation, releases: Sequence[Flows]) -> None:
        self.simulation = simulation
        self.releases = releases
        self.contact = SimulatedContact(simulation, "RCS")
        self.phones = [self.contact.phone]
        self.model = Model(releases[0])
        self.questions: list[tuple[Button, ...]] = []
        self._places: list[int] = []
        self._shown = 0
        self._tapped: tuple[int, int] | None = None
        self._early = self.model.outcome()

    async def does(self, act: Act) -> Difference | None:
        """Run an action on both sides. Return the first difference, or None."""
        await self._pass_second()
        try:
            outcome = await self._does(act)
        except DifferenceFound as error:
            return error.difference
        difference = await self._compare(act, outcome)
        if difference:
            difference.transcript = "\n".join(self.contact.transcript.splitlines()[-MAX_LINES:])
        return difference

    async def _pass_second(self) -> None:
        """Let a second pass, so that actions have different times."""
        clock, due = self.simulation.clock, self.model.next_due()
        now = clock.now()
        self._early = self.model.waits(1, now)
        if due is not None and due <= now + 1:
            await self.contact.waits("1s")
        else:
            clock.advance_to(now + 1)

    async def _does(self, act: Act) -> Outcome:
        contact, model, now = self.contact, self.model, self.simulation.clock.now()
        match act:
            case ("says", text):
                outcome = await self._burst((text,), now)
            case ("texts", text):
                outcome = await self._burst((text,), now, await self._sms_phone())
            case ("burst", texts):
                outcome = await self._burst(texts, now)
            case ("taps", label, newer):
                self._tapped = self._button(label, newer) or self._tapped
                outcome = await self._tap(now)
            case ("taps_again",):
                outcome = await self._tap(now)
            case ("waits", seconds):
                outcome = model.waits(seconds, now)
                await contact.waits(f"{seconds}s")
            case ("starts", flow, data, replace):
                outcome = model.starts(flow, data, now, replace=replace)
                await self._starts(flow, data, replace)
            case ("receives", name, data, expires_s, place):
                outcome = await self._receives(name, data, expires_s, place, now)
            case ("late", text, flow):
                outcome = await self._late(text, flow, now)
            case ("pauses",):
                outcome = model.pauses(now)
                await self.simulation.bot.pause(self._address)
                await contact.run_until_idle()
            case ("resumes", state):
                top = model.top
                state = state if top and not top.leave and not model.is_gone(top.last) else ""
                if top and state not in model.present_flows[top.last.flow].states:
                    state = ""
                outcome = model.resumes(now, state)
                await self.simulation.bot.resume(self._address, state)
                await contact.run_until_idle()
            case ("moves", flow, state):
                if state not in model.present_flows[flow].states:
                    return self.model.outcome()
                outcome = model.moves(flow, state, now)
                await self._moves(flow, state, now)
            case ("releases", number):
                outcome = model.releases(self.releases[number], now)
                self.simulation.bot.use(real_flows(self.releases[number].values()))
            case ("switches", flow, is_off):
                outcome = model.outcome()
                await self._switch(flow, is_off)
            case ("merges", script):
                outcome = await self._merges(script, now)
            case _:
                raise ValueError(f"Unknown act {act!r}")
        return outcome

    async def _starts(self, flow: str, data: Json, replace: bool) -> None:
        with contextlib.suppress(AlreadyActive, FlowSwitchedOff, OptedOut):
            await self.simulation.bot.start(self._address, flow, data, replace=replace)
        await self.contact.run_until_idle()

    async def _late(self, text: str, flow: str, now: float) -> Outcome:
        """Start a flow between the time when a text is written and the time when it arrives."""
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

    async def _switch(self, flow: str, is_off: bool) -> None:
        if is_off:
            self.model.off.add(flow)
            await switch_off(self.simulation, flow)
        else:
            self.model.off.discard(flow)
            await switch_on(self.simulation, flow)

    @property
    def _address(self) -> Any:
        return self.simulation.address_of(self.contact.phone)

    def _button(self, label: str, newer: int) -> tuple[int, int] | None:
        """Return the index of a message and of its button with this label, or None.

        The newest `newer` messages with such a button are skipped.
        """
        found = [
            (place, number)
            for place, buttons in enumerate(self.questions)
            for number, button in enumerate(buttons)
            if button.label == label
        ]
        return found[-1 - newer] if newer < len(found) else None

    async def _tap(self, now: float) -> Outcome:
        if self._tapped is None:
            return self.model.outcome()
        place, number = self._tapped
        rest_s = BURST_REST_S if self.model.bursts() else 0
        outcome = self.model.taps(self.questions[place][number], now)
        rest = self.model.waits(rest_s, now)
        outcome.replies += rest.replies
        outcome.ended += rest.ended
        outcome.stack = rest.stack
        shown = self.phones[0].shown[self._places[place]]
        self.phones[0].answers(shown.message_id, shown.choices[number].postback)
        await self.contact.run_until_idle()
        await self._rest(rest_s)
        return outcome

    async def _burst(self, texts: Sequence[str], now: float, phone: Phone | None = None) -> Outcome:
        gathers = len(texts) > 1 or self.model.inbox or self.model.gathers(texts[0])
        rest_s = BURST_REST_S if gathers else 0
        outcome = self.model.burst(texts, now, GAP_S, rest_s)
        for place, text in enumerate(texts):
            await self._wait_until(now + place * GAP_S)
            (phone or self.phones[0]).says(text)
            await self.contact.run_until_idle()
        await self._rest(rest_s)
        return outcome

    async def _rest(self, seconds: int) -> None:
        if seconds:
            await self.contact.waits(f"{seconds}s")

    async def _wait_until(self, at: float) -> None:
        clock = self.simulation.clock
        if at > clock.now():
            await self.contact.waits(f"{at - clock.now():g}s")

    async def _sms_phone(self) -> Phone:
        """Return the contact's phone by SMS, with the same number."""
        if len(self.phones) == 1:
            platform, identity = self.simulation.platform, self.phones[0].identity
            identities = [{"channel": each, "identity": identity} for each in ("RCS", "SMS")]
            contact_id = self._address.contact_id
            await self.simulation.bot.api.contacts.update(
                contact_id, {"channel_identities": identities}
            )
            self.phones.append(platform.phone("SMS", identity))
        return self.phones[1]

    async def _receives(
        self, name: str, data: Json, expires_s: int, place: int | None, now: float
    ) -> Outcome:
        runs = [run for _, run in self.model.runs()]
        run = runs[place % len(runs)] if place is not None and runs else None
        real = 0
        if run is not None and self.contact.session is not None:
            reals = [each for each in self.contact.session.runs if each.flow != SWITCH]
            real = reals[runs.index(run)].id
        outcome = self.model.receives(
            name, data, now, run=run.id if run and real else 0, expires_s=expires_s
        )
        expires = f"{expires_s}s" if expires_s else ""
        await self.simulation.bot.trigger(self._address, name, data, run=real, expires=expires)
        await self.contact.run_until_idle()
        return outcome

    async def _moves(self, flow: str, state: str, now: float) -> None:
        command = OperatorCommand("move", flow=flow, state=state)
        item = Item(f"command:{flow}:{state}:{now}", now, command=command, address=self._address)
        queue = self.simulation.bot.store.queue
        await queue.accept(self._address.key, encode(item), item.id, now)
        await self.contact.run_until_idle()

    async def _merges(self, script: Sequence[Act], now: float) -> Outcome:
        """Let another contact act, and then merge it into this one."""
        other = Conversation(self.simulation, self.releases)
        other.model.release(self.model.present_flows)
        other.model.off = self.model.off
        for act in script:
            if difference := await other.does(act):
                raise DifferenceFound(difference)
        merged_at = self.simulation.clock.now()
        first = self.model.waits(merged_at - now, now)
        ids = [each._address.contact_id for each in (self, other)]
        self.simulation.platform.contacts.merge(*ids)
        await self.contact.run_until_idle()
        second = self.model.takes_over(other.model, merged_at)
        second.replies = [*first.replies, *second.replies]
        second.ended = [*first.ended, *second.ended]
        return second

    async def _compare(self, act: Act, outcome: Outcome) -> Difference | None:
        expected = [*self._early.replies, *outcome.replies]
        ended = [*self._early.ended, *outcome.ended]
        shown = sorted(
            (each.message_id, number, place, each)
            for number, phone in enumerate(self.phones)
            for place, each in enumerate(phone.shown)
        )
        if len(shown) >= SCREEN:
            raise Unspecified("a bot that talks for ever by itself")
        new, self._shown = shown[self._shown :], len(shown)
        replies = [reply_of(each.app_message, "RCS") for *_, each in new]
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
        buttons = iter([each.buttons for each in expected if each.buttons])
        for _, number, place, each in new:
            if reply_of(each.app_message, "RCS").labels:
                asked = next(buttons)
                if number == 0:
                    self.questions.append(asked)
                    self._places.append(place)
        if found_ended != sorted(ended):
            return Difference(act, "runs that ended", sorted(ended), found_ended)
        session = self.contact.session
        stack = [] if session is None else stack_of(session)
        if stack != outcome.stack:
            return Difference(act, "the stack", outcome.stack, stack)
        is_paused = session is not None and session.pause is not None
        if is_paused != outcome.is_paused:
            return Difference(act, "hand-over", outcome.is_paused, is_paused)
        return None


def stack_of(session: Any) -> list[list[tuple[str, str, dict[str, Any]]]]:
    """Return the stack as the model shows it, without questions whether to leave."""
    return [
        [(run.flow, run.state, run.data) for run in chain.runs if run.flow != SWITCH]
        for chain in session.chains
    ]


async def play(
    simulation: Simulation, releases: Sequence[Flows], script: Sequence[Act]
) -> Difference | None:
    """Run a script with a new contact. Return the first difference, or None."""
    conversation = await begin(simulation, releases)
    for place, act in enumerate(script):
        if difference := await conversation.does(act):
            difference.place = place
            return difference
    return None


async def begin(simulation: Simulation, releases: Sequence[Flows]) -> Conversation:
    """Return a conversation of a new contact, with the first release and all flows on."""
    simulation.bot.use(real_flows(releases[0].values()))
    for flow in releases[0]:
        await switch_on(simulation, flow)
    return Conversation(simulation, releases)
