"""Generates flows, and the actions of contacts and programs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.model.flow_data import (
    END,
    FlowData,
    HandlerData,
    OptionData,
    StateData,
    heard_in,
)
from tests.model.reference import Model
from tests.model.release_data import NEW_NAMES
from tests.model.stack import Button
from tests.model.walk import LEAVE_OPTIONS

WORDS = {"pa": ("alpha", "apple"), "pb": ("bravo",), "pc": ("coral",), "pd": ("delta",)}
EVENTS = ("event_one", "event_two", "event_three")
NAMES = ("one", "two", "three", "four", "five")
DURATIONS_S = (3, 20, 45, 200, 1000, 2000, 4000, 9000)

Act = tuple[Any, ...]
"""The name of an action, and its arguments:

- `says` and `texts` (by SMS): a text.
- `burst`: texts.
- `late`: a text, and the flow that is started before the text arrives.
- `taps`: a label, and how many newer messages offer a button with this label.
- `taps_again`, `pauses`: none.
- `waits`: seconds.
- `starts`: flow, data, and whether the flow replaces all others.
- `receives`: event, data, how long the event may wait, and the run that it is for.
- `resumes`: the state to go to, or "".
- `moves`: flow and state.
- `releases`: the number of the release.
- `switches`: a flow, and whether the flow is switched off.
- `merges`: the actions of another contact, which is then merged into this one.
"""


@dataclass(frozen=True)
class Size:
    """The number of flows, and the number of states in each flow."""

    flows: int = 4
    states: int = 5


def make_flows(
    dice: Random, size: Size = Size(), *, has_events: bool = True, has_bursts: bool = True
) -> dict[str, FlowData]:
    names = list(WORDS)[: size.flows]
    has_fallback = dice.random() < 0.3
    flows = {}
    for place, name in enumerate(names):
        flows[name] = _flow(dice, name, names[place + 1 :], size)
        if not has_events:
            flows[name] = replace(flows[name], handlers=(), events=(), key="")
        if not has_bursts:
            states = flows[name].states.items()
            kept = {key: replace(each, bursts="") for key, each in states}
            flows[name] = replace(flows[name], states=kept)
    if has_fallback:
        last = names[-1]
        flows[last] = replace(flows[last], is_fallback=True)
    return flows


def _flow(dice: Random, name: str, callable_: list[str], size: Size) -> FlowData:
    names = NAMES[: dice.randint(2, size.states)]
    states = {}
    for place, state in enumerate(names):
        states[state] = _state(dice, name, names, place, callable_)
    return FlowData(
        name,
        states,
        words=WORDS[name],
        interrupt=dice.choice(("switch", "switch", "ask", "ignore")),
        returns=dice.choice(("data", "data", "text")),
        **_events(dice, name, states),
    )


def _events(dice: Random, name: str, states: Mapping[str, StateData]) -> dict[str, Any]:
    handlers, names = [], tuple(states)
    for event in EVENTS:
        if dice.random() < 0.35:
            chosen = tuple(each for each in names if dice.random() < 0.5)
            to = dice.choice(("", *names, END))
            handlers.append(HandlerData(event, to, chosen))
    starts = {"pc": (EVENTS[0],), "pd": (EVENTS[1],)}.get(name, ())
    return {
        "handlers": heard_in(handlers, states),
        "events": starts if dice.random() < 0.7 else (),
        "key": "number" if dice.random() < 0.4 else "",
    }


def _state(
    dice: Random, flow: str, names: tuple[str, ...], place: int, callable_: list[str]
) -> StateData:
    after = (*names[place + 1 :], END)
    following = after[0]
    kind = dice.choice(("ask", "choose", "choose", "step", "call" if callable_ else "ask"))
    earlier = names[: place + 1]
    if kind == "step":
        more = (dice.choice(after),) if dice.random() < 0.4 else ()
        return StateData(
            "step",
            (following, *more),
            by=dice.choice(("", *earlier)),
            says=dice.random() < 0.7,
            schedules=(EVENTS[2], dice.choice((40, 900))) if dice.random() < 0.1 else None,
        )
    if kind == "call":
        arguments = tuple(
            (f"in_{source}", source) for source in names[:place] if dice.random() < 0.5
        )
        otherwise = dice.choice(after) if dice.random() < 0.4 else ""
        return StateData(
            "call",
            (following,),
            flow=dice.choice(callable_),
            arguments=arguments,
            otherwise=otherwise,
        )
    attempts = dice.choice((None, 1, 2, 3))
    number = list(WORDS).index(flow) * 10 + place
    common: dict[str, Any] = {
        "reask": dice.random() < 0.3,
        "attempts": attempts,
        "otherwise": dice.choice(after) if attempts else "",
        "remind_s": tuple(each + number for each in (600, 3000) if dice.random() < 0.3),
        "timeout": (dice.choice((3200, 7200)) + 101 * (1 + number), dice.choice(after))
        if dice.random() < 0.4
        else None,
        "bursts": dice.choice(("merge", "merge", "latest")) if dice.random() < 0.15 else "",
    }
    if kind == "ask":
        return StateData("ask", (following,), accept=dice.choice(("digit", "line")), **common)
    options = []
    for index, key in enumerate("abc"[: dice.randint(1, 3)]):
        to = following if index == 0 else dice.choice((*after, *earlier[-2:]))
        label = f"{key.upper()} {flow} {state_word(dice, place)}"
        options.append(OptionData(key, label, to))
    return StateData(
        "choose",
        options=tuple(options),
        stale=dice.choice(("reask", "accept", "jump")),
        **common,
    )


def state_word(dice: Random, place: int) -> str:
    """Return a word for a label. Several questions often have the same labels."""
    return dice.choice(("v", f"y{place}"))


class Actor:
    """Chooses the next action, depending on what the model expects."""

    def __init__(self, dice: Random, features: frozenset[str]) -> None:
        self.dice = dice
        self.features = features
        self.plan: list[Act] = []

    def act(self, model: Model, questions: list[tuple[Button, ...]]) -> Act:
        """Return the next action: the next action of the plan, or a random action."""
        if not self.plan and self.dice.random() < 0.05:
            self.plan = self._plan(model, questions)
        return self.plan.pop(0) if self.plan else self._act(model, questions)

    def _plan(self, model: Model, questions: list[tuple[Button, ...]]) -> list[Act]:
        """Return actions that together cause something rare; none if this is not possible now."""
        if model.is_left() or model.is_paused or not model.top or model.top.leave:
            return []
        plans = []
        if "bursts" in self.features and self._is_bursting(model):
            plans += [self._burst_at_a_reminder(model)] * 2
        if "releases" in self.features and model.top.last.trail:
            plans.append(self._release_and_return(model, questions))
        if "releases" in self.features and len(model.top.runs) > 1:
            plans.append(self._release_beneath_a_called_flow(model))
        if "channels" in self.features and "taps" in self.features and questions:
            plans.append([("texts", "help"), self._tap(questions[-1:])])
        if "switches" in self.features and not model.off:
            plans.append(self._switch_off_for_a_while(model))
        return self.dice.choice(plans) if plans else []

    def _switch_off_for_a_while(self, model: Model) -> list[Act]:
        """Return actions during which something waits for a flow, and the contact writes nothing
        when the flow is on again.
        """
        assert model.top
        flow = self.dice.choice(model.top.runs).flow
        event = ("receives", self.dice.choice(EVENTS), {"number": 1}, self._expires(), None)
        happens = self.dice.choice((event, ("waits", 9000)))
        return [("switches", flow, True), happens, ("switches", flow, False), ("waits", 400)]

    def _burst_at_a_reminder(self, model: Model) -> list[Act]:
        """Return a burst during which a reminder or a time-out comes due."""
        due = model.due()
        if due is None or due.run is not (model.top and model.top.last):
            return []
        wait_s = int(due.at - model.now) - self.dice.choice((2, 3, 4))
        return [("waits", max(1, wait_s)), ("burst", tuple(self._texts(model, least=2)))]

    def _release_and_return(self, model: Model, questions: list[tuple[Button, ...]]) -> list[Act]:
        """Return two actions: a release, and an action that may lead to a question from before the
        release.
        """
        assert model.top
        names = [each.state for run in model.top.runs for each in run.trail]
        name = self.dice.choice(names) if names else "one"
        acts: list[Act] = [("says", self._any_text(model))]
        if "back" in self.features:
            acts.append(("says", "back"))
        if "change" in self.features:
            acts += [("says", f"change {each}") for each in (name, NEW_NAMES.get(name, name))]
        if "taps" in self.features and questions:
            acts.append(self._tap(questions))
        return [("releases", 1 - self._release(model)), self.dice.choice(acts)]

    def _release_beneath_a_called_flow(self, model: Model) -> list[Act]:
        """Return two actions: a release that may remove a caller's state, and an answer."""
        return [("releases", 1 - self._release(model)), ("says", self._good_answer(model))]

    def _act(self, model: Model, questions: list[tuple[Button, ...]]) -> Act:
        dice = self.dice
        die = dice.random()
        if model.is_left():
            return self._while_left(model)
        if model.off and dice.random() < 0.12:
            return ("switches", dice.choice(sorted(model.off)), False)
        if dice.random() < 0.05 and (act := self._rare(model)):
            return act
        if model.is_paused:
            if die < 0.5:
                is_moved = "moves" in self.features and dice.random() < 0.2
                return ("resumes", self._state(model) if is_moved else "")
        elif model.top and die < 0.4 and self._is_bursting(model):
            return ("burst", tuple(self._texts(model)))
        elif die < 0.5 and model.top:
            return ("says", self._good_answer(model))
        if die < 0.62 and questions and "taps" in self.features:
            return self._tap(questions)
        if die < 0.75:
            return ("waits", dice.choice(DURATIONS_S) + dice.randrange(9))
        if die < 0.79 and "starts" in self.features:
            flow = dice.choice(list(model.flows))
            data = {} if dice.random() < 0.5 else {"number": dice.randrange(3)}
            if "late" in self.features and dice.random() < 0.3 and not model.is_out:
                return ("late", self._text(model), flow)
            return ("starts", flow, data, dice.random() < 0.15)
        if die < 0.85 and "events" in self.features:
            place = dice.randrange(9) if dice.random() < 0.15 else None
            data = {"number": dice.randrange(3)}
            return ("receives", dice.choice(EVENTS), data, self._expires(), place)
        if die < 0.87 and "pauses" in self.features:
            return ("pauses",)
        if die < 0.875 and "consent" in self.features:
            return ("says", "STOP")
        if model.is_out:
            return ("says", dice.choice(("START", "help", "alpha")))
        return ("says", self._any_text(model))

    def _while_left(self, model: Model) -> Act:
        """Return an action for a contact that is left to a newer worker."""
        match self.dice.choice(("says", "says", "says", "waits", "waits", "stop", "releases")):
            case "says":
                return ("says", self._any_text(model))
            case "waits":
                return ("waits", self.dice.choice((20, 200, 700)))
            case "stop":
                return ("says", "STOP") if "consent" in self.features else ("waits", 5)
        return ("releases", 1)

    def _rare(self, model: Model) -> Act | None:
        dice = self.dice
        kinds = ["moves", "releases", "releases", "merges", "channels", "channels", "taps"]
        kinds += ["switches", "switches"]
        match dice.choice([each for each in kinds if each in self.features] or [""]):
            case "moves":
                flow = dice.choice(list(model.present_flows))
                return ("moves", flow, dice.choice(list(model.present_flows[flow].states)))
            case "releases":
                return ("releases", 1 - self._release(model))
            case "merges":
                return ("merges", tuple(self._others_acts(model)))
            case "channels":
                return (
                    "texts",
                    dice.choice(("2", "1", "b", "t1", "help", "back", "bravo", "alpha")),
                )
            case "taps":
                return ("taps_again",)
            case "switches":
                active = [run.flow for _, run in model.runs()]
                from_stack = active and dice.random() < 0.7
                return ("switches", dice.choice(active if from_stack else list(model.flows)), True)
        return None

    def _release(self, model: Model) -> int:
        return int(any(flow.version > 1 for flow in model.present_flows.values()))

    def _others_acts(self, model: Model) -> list[Act]:
        """Return the actions of a contact that is merged into this one afterwards."""
        dice = self.dice
        acts: list[Act] = [("says", dice.choice(list(model.words)))]
        for _ in range(dice.randrange(4)):
            acts.append(dice.choice((
                ("says", dice.choice(("1", "2", "t1", "a"))),
                ("receives", dice.choice(EVENTS), {"number": 1}, 4000, None),
                ("pauses",),
                ("says", "STOP"),
            )))  # fmt: skip
        return acts

    def _state(self, model: Model) -> str:
        flow = model.present_flows[model.top.last.flow] if model.top else None
        return self.dice.choice(list(flow.states)) if flow else ""

    def _is_bursting(self, model: Model) -> bool:
        assert model.top
        state = model.present_flows[model.top.last.flow].states.get(model.top.last.state)
        return bool(state and state.bursts)

    def _texts(self, model: Model, least: int = 1) -> list[str]:
        texts = [self._text(model) for _ in range(self.dice.randint(least, 3))]
        die = self.dice.random()
        if die < 0.15:
            texts.append(self.dice.choice(("STOP", "cancel", "help")))
        elif die < 0.3:
            texts.append(self.dice.choice(list(model.words)))
        return texts

    def _tap(self, questions: list[tuple[Button, ...]]) -> Act:
        dice = self.dice
        ago = min(dice.choice((1, 1, 1, 2, 3, dice.randint(1, len(questions)))), len(questions))
        label = dice.choice(questions[-ago]).label
        newer = questions[len(questions) - ago + 1 :]
        return ("taps", label, sum(any(label == b.label for b in each) for each in newer))

    def _text(self, model: Model) -> str:
        if model.top and self.dice.random() < 0.7:
            return self._good_answer(model)
        return self._any_text(model)

    def _expires(self) -> int:
        return self.dice.choice((0, 0, 310, 4000))

    def _good_answer(self, model: Model) -> str:
        dice, chain = self.dice, model.top
        assert chain
        if chain.leave:
            return dice.choice([*LEAVE_OPTIONS.values(), "1", "2"])
        state = model.present_flows[chain.last.flow].states.get(chain.last.state)
        if state is None:
            return self._any_text(model)
        if state.kind == "choose":
            number = dice.randrange(len(state.options))
            option = state.options[number]
            return dice.choice((option.key, option.label, str(number + 1)))
        return str(dice.randrange(4)) if state.accept == "digit" else f"t{dice.randrange(4)}"

    def _any_text(self, model: Model) -> str:
        dice = self.dice
        kinds = ["flow"] * 4 + ["junk"] * 3 + ["help", "cancel"]
        kinds += [each for each in ("back", "change") if each in self.features] * 2
        match dice.choice(kinds):
            case "flow":
                return dice.choice(list(model.words))
            case "junk":
                return dice.choice(("zzz", "change zzz", "2", "t2", "b"))
            case "change":
                new = self._release(model) and dice.random() < 0.5
                return f"change {dice.choice(list(NEW_NAMES.values()) if new else NAMES)}"
            case word:
                return str(word)
