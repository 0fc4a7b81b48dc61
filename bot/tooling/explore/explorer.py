"""Explores flows: first all actions in every state that can be reached, then random walks."""

import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

from bot.emulator.actions import Says
from bot.flow.definition import Definition
from bot.flow.load import Flows
from bot.flow.states import END, HANDOFF, Ask, Call
from bot.flow.switch import SWITCH
from bot.testing.actions import Action, ReceivesEvent, StartsFlow
from bot.testing.chat_file import Chat, Reply, Standing
from bot.testing.simulation import Simulation
from bot.tooling.explore.attempts import JUNK, Attempt, Learned, answers, attempts
from bot.tooling.explore.finding import KINDS, OUT, Finding, Node
from bot.tooling.explore.trial import Failures, Outcome, run
from bot.tooling.explore.ways import Ways
from bot.tooling.made_up_data import more_event_data, more_start_data, start_data
from bot.turn.effects import TurnEffects

MAX_HINTS = 5
"""How many numbers from the bot's hints are tried as answers in a state."""

MAX_ROUNDS = 8
"""Maximum number of variants of data to try in a state that leads back to itself."""

VARIANTS = 3
"""Number of variants of data with which each state is tried on the first channel.

There are several, because the next state may depend on the data.
"""

MAX_ACTIONS = 14

Trial = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of an exploration: numbers of actions, of seconds and of random walks.

    The first limit that is reached ends the exploration.
    """

    acts: int = 20_000
    seconds: float = 300.0
    walks: int = 60


class Explorer:
    """One exploration of the named flows, on some channels, in some languages.

    `simulations` has a simulation for each channel. The same seed results in the same exploration,
    unless the limit in seconds ends it. `on_progress` is called with the number of actions done.
    """

    def __init__(
        self,
        flows: Flows,
        simulations: Mapping[str, Simulation],
        *,
        only: Sequence[str] = (),
        languages: Sequence[str] = (),
        learned: Sequence[Action] = (),
        seed: int = 0,
        bounds: Bounds | None = None,
        on_progress: Callable[[int, int], None] = lambda acts, findings: None,
    ) -> None:
        self.findings: dict[tuple[str, Node, str], Finding] = {}
        self.acts = 0
        self.was_cut = False
        self.untried: dict[str, str] = {}
        self._blocked: set[Node] = set()
        self._begins: list[Trial] = []
        self._flows = flows
        self._simulations = simulations
        self._wanted = [d for d in flows if d.name != SWITCH and (not only or d.name in only)]
        self._languages = languages
        self._learned = Learned(learned)
        self._dice = random.Random(seed)
        self._bounds = bounds or Bounds()
        self._end = time.monotonic() + self._bounds.seconds
        self._on_progress = on_progress
        self._ways = Ways()
        self._passed: set[Node] = set()
        self._tried: set[Node] = set()
        self._shortest: dict[Node, Trial] = {}
        self._failures = Failures()
        for simulation in simulations.values():
            simulation.watchers.append(self._pass)

    async def explore(self) -> list[Finding]:
        """Explore, and return all findings.

        Each error is reported once, with the shortest conversation that shows it.
        """
        with self._failures:
            self._begins = await self._prepare_starts()
            for channel in self._simulations:
                await self._walk_states(channel)
            await self._walk_at_random()
            self._judge_ways()
            self._judge_reach()
            for language in self._languages:
                await self._translate(language)
            return [await self._shortened(finding) for finding in self.findings.values()]

    async def conversation(self, finding: Finding) -> Chat:
        """Return the conversation that shows a finding, as a `.chat` file."""
        with self._failures:
            outcome = await self._run(finding.acts, finding.channel, finding.language, judged=False)
        headers = {"channel": finding.channel}
        if finding.language:
            headers["language"] = finding.language
        about = [f"{finding.kind}: {KINDS[finding.kind]}", finding.place, *finding.what.split("\n")]
        entries = [e for e in outcome.entries if not isinstance(e, Standing) or e.text]
        return Chat(headers, entries, about)

    async def _walk_states(self, channel: str) -> None:
        """Try all actions in every state.

        Each state is reached by the shortest path that was found.
        """
        waiting = deque((trial, False) for trial in self._begins)
        known: dict[Node, set[str]] = {}
        most = VARIANTS if channel == self._channel else 1
        while waiting and not self._is_over():
            prefix, is_round = waiting.popleft()
            outcome = await self._run(prefix, channel)
            node = outcome.node
            variants = known.setdefault(node, set())
            if node == OUT or outcome.undone or outcome.data in variants:
                continue
            if len(variants) >= (MAX_ROUNDS if is_round else most):
                if is_round:
                    where = "/".join(node)
                    self._block(
                        node,
                        f"what follows {where}, which led back to itself with new data:"
                        f" {MAX_ROUNDS} variants of the data were tried.",
                    )
                continue
            variants.add(outcome.data)
            self._shortest.setdefault(node, prefix)
            hints: dict[str, None] = {}
            goes_round = False
            for attempt in chain(self._attempts(outcome), _hinted(hints)):
                if self._is_over():
                    return
                reached = await self._try(prefix, attempt, channel)
                if reached.node == node and not reached.undone:
                    hints.update((each, None) for each in _numbers(reached.replies[-1]))
                if reached.node == OUT or reached.undone:
                    continue
                if reached.node == node:
                    # The question may have been asked with other data. Only one path is followed.
                    is_new = attempt.is_own and reached.data not in variants
                    if is_new and not goes_round and channel == self._channel:
                        goes_round = True
                        waiting.append(((*prefix, *attempt.acts), True))
                elif len(known.get(reached.node, ())) < most:
                    waiting.append(((*prefix, *attempt.acts), False))
            self._tried.add(node)

    async def _walk_at_random(self) -> None:
        """Walk at random: mostly right answers, with other actions in between."""
        channels = list(self._simulations)
        for _ in range(self._bounds.walks if self._begins else 0):
            acts: Trial = self._dice.choice(self._begins)
            channel = self._dice.choice(channels)
            outcome = await self._run(acts, channel)
            node = outcome.node
            while node != OUT and len(acts) < MAX_ACTIONS and not self._is_over():
                definition = self._flows[node[0]]
                right = list(answers(definition, node[1], outcome.offered, self._learned.texts))
                strange = self._dice.random() < 0.1 or not right
                acts = (*acts, self._dice.choice(JUNK if strange else right))
                outcome = await self._run(acts, channel)
                self._ways.add(node, outcome.node)
                node = OUT if outcome.undone else outcome.node

    def _starts(self) -> list[Trial]:
        """Return the starts of the flows.

        A flow with start words starts by its first start word. Any other flow starts as in the
        known conversations (see `Learned`). A flow that starts in neither way is started directly.
        A flow that another flow calls is not started directly, because only the caller has the data
        for it. If no flow has a start, all flows are started directly.
        """
        starts: list[Trial] = []
        called = {
            state.flow
            for definition in self._wanted
            for state in definition.states.values()
            if isinstance(state, Call) and state.flow != definition.name
        }
        for definition in self._wanted:
            if definition.start_on:
                starts.append((Says(definition.start_on[0]),))
            elif learned := self._learned.starts(definition):
                starts += [(each,) for each in learned]
            elif definition.name not in called:
                starts.append((StartsFlow(definition.name),))
        return starts or [(StartsFlow(each.name),) for each in self._wanted]

    async def _prepare_starts(self) -> list[Trial]:
        """Return the starts of all flows. If a start needs unknown data, the data is made up."""
        starts: list[Trial] = []
        for trial in self._starts():
            (start,) = trial
            is_learned = start in self._learned.acts
            if not isinstance(start, StartsFlow) or is_learned:
                starts.append(trial)
            elif found := await self._made_up(start.flow):
                starts.append((found,))
        return starts

    async def _made_up(self, flow: str) -> StartsFlow | None:
        """Return a start of the flow with made-up data; None if the flow fails with such data.

        The data has a sample for each field that the flow reads.
        """
        data: dict[str, Any] | None = start_data(self._flows[flow])
        while data is not None:
            start = StartsFlow(flow, data)
            outcome = await self._run((start,), self._channel, judged=False)
            if not outcome.findings:
                return start
            definition, error = self._flows[flow], outcome.error
            data = more_start_data(definition, data, error) if error else None
        self._leave_out(
            flow,
            f"To start, {flow} needs data that can't be guessed: {outcome.findings[0].what}."
            f" Write `! start {flow} {{…}}` in a .chat file, and name the file by --chats.",
        )
        return None

    async def _with_event_data(self, acts: Trial, channel: str) -> Trial:
        """Return the actions. If the last action is an event without data, the event gets made-up
        data.
        """
        *before, event = acts
        if not isinstance(event, ReceivesEvent) or event.data:
            return acts
        data: dict[str, Any] | None = {}
        while data is not None:
            event = ReceivesEvent(event.name, data)
            outcome = await self._run((*before, event), channel, judged=False)
            data = more_event_data(data, outcome.error) if outcome.error else None
        return (*before, event)

    def _block(self, node: Node, why: str, key: str = "") -> None:
        """Record why some paths from a state were not tried.

        If a flow has such a record, the unreached states of the flow are not reported.
        """
        self._blocked.add(node)
        self._leave_out(key or "/".join(node), why)

    def _leave_out(self, key: str, why: str) -> None:
        self.untried.setdefault(key, why)

    def _attempts(self, outcome: Outcome) -> Iterator[Attempt]:
        flow, state = outcome.node
        definition = self._flows[flow]
        ask = definition.states.get(state)
        present = {o.label for o in ask.options.values()} if isinstance(ask, Ask) else set()
        present.update(outcome.offered if isinstance(ask, Ask) and ask.offer else ())
        earlier = [label for label in dict.fromkeys(outcome.labels) if label not in present]
        return attempts(definition, state, outcome.offered, earlier, self._learned)

    async def _try(self, prefix: Trial, attempt: Attempt, channel: str) -> Outcome:
        acts = await self._with_event_data((*prefix, *attempt.acts), channel)
        outcome = await self._run(acts, channel)
        if outcome.missing:
            self._block(outcome.node, _needs(outcome), outcome.missing)
        if outcome.undone:
            return outcome
        places = outcome.nodes[len(prefix) :]
        if attempt.is_own:
            for source, to in pairwise(places):
                self._ways.add(source, to)
        return outcome

    def _judge_ways(self) -> None:
        for trap in self._ways.traps():
            if not self._tried.issuperset(trap) or not self._blocked.isdisjoint(trap):
                continue
            node = min(trap, key=lambda each: len(self._shortest.get(each, ())))
            acts = (*self._shortest.get(node, ()), JUNK[0])
            if len(trap) == 1:
                what = "no answer, event or time leads out of this state"
                self._note(Finding("dead-end", node, what, self._channel, acts=acts))
            else:
                names = ", ".join("/".join(each) for each in trap)
                what = f"no answer, event or time leads out of these states: {names}"
                self._note(Finding("loop", node, what, self._channel, acts=acts))

    def _judge_reach(self) -> None:
        """Report states that were never entered, unless a limit has ended the exploration."""
        if self.was_cut:
            return
        left_out = {flow for flow, _ in self._blocked} | self.untried.keys()
        for definition in self._wanted:
            if definition.name in left_out:
                continue  # The states after an untried state are unknown.
            for state in definition.machine.states:
                node = (definition.name, state)
                if state not in (END, HANDOFF) and node not in self._passed:
                    acts, before = self._nearest(definition, state)
                    what = (
                        f"no action that was tried reaches this state, not even from {before}. If"
                        " an answer can't be guessed, give it in a .chat file by --chats"
                    )
                    self._note(Finding("unreachable", node, what, self._channel, acts=acts))

    def _nearest(self, definition: Definition, state: str) -> tuple[Trial, str]:
        """Return the path to the nearest reached state before `state`, and the name of this reached
        state.
        """
        seen, waiting = {state}, deque([state])
        while waiting:
            target = waiting.popleft()
            for edge in definition.machine.edges:
                if edge.to == target and edge.state not in seen:
                    node = (definition.name, edge.state)
                    if node in self._shortest:
                        return self._shortest[node], edge.state
                    seen.add(edge.state)
                    waiting.append(edge.state)
        return self._begins[0], "the start"

    async def _translate(self, language: str) -> None:
        """Repeat conversations in another language.

        Texts that stay the same are reported as untranslated.
        """
        for node, acts in list(self._shortest.items()):
            if self._is_over():
                return
            first = await self._run(acts, self._channel, judged=False)
            other = await self._run(acts, self._channel, language, judged=False)
            if first.nodes != other.nodes:
                continue
            for said, translated in zip(first.replies[-1], other.replies[-1], strict=False):
                for words in _same_words(said, translated):
                    what = f"the text is not translated: it is the same in {language}: {words!r}"
                    finding = Finding("translation", node, what, self._channel, language, acts)
                    self._note(finding)

    async def _shortened(self, finding: Finding) -> Finding:
        """Return the finding without the actions that are not needed to show it."""
        acts = finding.acts
        place = 0
        while place < len(acts) and len(acts) > 1:
            fewer = (*acts[:place], *acts[place + 1 :])
            if await self._still(finding, fewer):
                acts = fewer
            else:
                place += 1
        return Finding(
            finding.kind, finding.node, finding.what, finding.channel, finding.language, acts
        )

    async def _still(self, finding: Finding, acts: Trial) -> bool:
        if finding.kind == "unreachable":
            return False
        outcome = await self._run(acts, finding.channel, finding.language, judged=False)
        if outcome.undone:
            return False
        if finding.kind in ("exception", "limit", "silence"):
            return finding.key in {each.key for each in outcome.findings}
        return outcome.node == finding.node and (
            finding.kind == "translation" or len(outcome.nodes) > 2
        )

    async def _run(
        self, acts: Trial, channel: str, language: str = "", *, judged: bool = True
    ) -> Outcome:
        outcome = await run(self._simulations[channel], self._failures, acts, language, channel)
        self.acts += len(acts)
        if judged:
            for finding in outcome.findings:
                self._note(finding)
        self._on_progress(self.acts, len(self.findings))
        return outcome

    def _note(self, finding: Finding) -> None:
        known = self.findings.get(finding.key)
        if known is None or len(finding.acts) < len(known.acts):
            self.findings[finding.key] = finding

    def _pass(self, effects: TurnEffects) -> None:
        for entry in effects.path:
            flow, _, state = entry.partition("/")
            self._passed.add((flow, state))

    def _is_over(self) -> bool:
        over = self.acts >= self._bounds.acts or time.monotonic() >= self._end
        self.was_cut = self.was_cut or over
        return over

    @property
    def _channel(self) -> str:
        return next(iter(self._simulations))


def _numbers(replies: Sequence[Reply]) -> Iterator[str]:
    """Yield the numbers in the replies, because the numbers of a hint may be answers."""
    for reply in replies:
        yield from re.findall(r"\d(?:[\d.,]*\d)?", reply.text)


def _hinted(hints: Mapping[str, None]) -> Iterator[Attempt]:
    """Yield an attempt to answer with each of the first numbers in `hints`. Earlier attempts have
    added these numbers from the bot's replies.
    """
    for number in list(hints)[:MAX_HINTS]:
        yield Attempt((Says(number),))


def _needs(outcome: Outcome) -> str:
    return (
        f"what follows {'/'.join(outcome.node)}. {outcome.missing}. Write this call in a function,"
        " and name the function by --setup module:function."
    )


def _same_words(said: Reply, translated: Reply) -> Iterator[str]:
    pairs = [(said.text, translated.text), *zip(said.labels, translated.labels, strict=False)]
    for one, other in pairs:
        if one == other and sum(character.isalpha() for character in one) > 2:
            yield one
