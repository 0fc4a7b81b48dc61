"""Runs generated messages and pauses on the bot, and compares what arrives with the model."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

from bot import END, Flow, Template, Turn, ask, on, parse, step
from bot.conversation_api.recipients import Recipients
from bot.emulator import Phone, RequestFault
from bot.errors import OptedOut
from bot.flow.definition import of_class
from bot.flow.load import Flows
from bot.messages import TemplateReference
from bot.ops import broadcast_report
from bot.ops.broadcast import Broadcast, FlowStart
from bot.ops.common import OperationError
from bot.ops.csv_rows import Row
from bot.settings import Settings
from bot.store import Store
from bot.testing import SimulatedContact, Simulation
from tests.sending_model.rules import (
    OFFERS,
    REMIND_S,
    RETRY_S,
    TEMPLATE,
    Message,
    Rules,
    Unspecified,
)

INVITED = Template(channel_template={"WHATSAPP": TemplateReference("news", language_code="en")})
ACTS = 30
PAUSES_S = (20, 300, 1700, 3700, 9000, 20_000, 40_000, 90_000, 200_000)
OUTSIDE = ("wait", "wait", "wait", "SMS", "send", "fail", TEMPLATE)
MAX_OUTAGE_S = 4000
SEND, UNAVAILABLE = "POST */messages:send", 503
MAX_AGES_S = (None, None, None, 600, 7200, 40_000, 100_000)
PURPOSES = ("", "", "marketing", "notification")

Act = tuple[Any, ...]
"""The name of an action, and its arguments:

- `writes`: a channel, and a text; "" stands for an answer, or for the word that starts the chat.
- `starts`: the flow that a program starts.
- `broadcasts`: none. A new broadcast starts the flow "offer".
- `cancels`: none. The last broadcast is canceled.
- `says`: messages, each as text, urgent, outside, max_age and purpose.
- `program`: text and purpose of a text that a program sends.
- `opts`: a purpose, and `in` or `out`.
- `waits`: seconds.
- `together`: the messages of several events that happen at once.
- `pauses`, `resumes`: none.
- `breaks`, `mends`: none. In between, the API refuses all messages.
"""

_namespaces = count(1)


def tell(self: Any, turn: Turn) -> None:
    for text, is_urgent, outside, max_age_s, purpose in turn.event_data["messages"]:
        turn.say(
            text,
            urgent=is_urgent,
            outside_window=INVITED if outside == TEMPLATE else outside,
            max_age=f"{max_age_s}s" if max_age_s else "",
            purpose=purpose,
        )


def opt(self: Any, turn: Turn) -> None:
    match turn.event_data:
        case {"to": "in", "purpose": purpose}:
            turn.opt_in(purpose)
        case {"purpose": purpose}:
            turn.opt_out(purpose)


class Chat(Flow):
    start_on = ("chat",)

    line = ask("Say something.", accept=parse.text(), to="next_line")

    @step(to=("line", END))
    def next_line(self, turn: Turn) -> str:
        return END if self.data.line == "bye" else "line"

    tell = on("tell")(tell)
    opt = on("opt")(opt)


class Offer(Flow):
    wanted = ask(
        "What about the offer?",
        accept=parse.text(),
        to="thank",
        remind={f"{REMIND_S}s": "Still there?"},
    )

    tell = on("tell")(tell)
    opt = on("opt")(opt)

    @step(to=END)
    def thank(self, turn: Turn) -> str:
        turn.say("Thanks.")
        return END


class Flash(Offer):
    max_age = f"{OFFERS['flash']}s"

    wanted = ask(
        "What about the flash?",
        accept=parse.text(),
        to="thank",
        remind={f"{REMIND_S}s": "Still there?"},
    )


@dataclass(frozen=True)
class Setting:
    """The purposes that need an opt-in, and the app's mode."""

    opt_in: frozenset[str]
    mode: str


@dataclass
class Found:
    """A script after which the bot has sent something else than the model expects."""

    setting: Setting
    script: list[Act]
    expected: list[str]
    found: list[str]

    def __str__(self) -> str:
        opt_in = ",".join(self.setting.opt_in)
        lines = [f"BOT_OPT_IN={opt_in}, mode {self.setting.mode}", *map(str, self.script)]
        return "\n".join([*lines, f"  expected {self.expected}", f"  found    {self.found}"])


class Walk:
    """Generated contacts of one seed. `steps` counts the actions, `unspecified` the ends of
    scripts.
    """

    def __init__(self, redis_url: str, seed: int) -> None:
        self.redis_url, self.seed = redis_url, seed
        self.steps = 0
        self.unspecified = 0

    async def run(self, steps: int, *, is_shortened: bool = True) -> Found | None:
        """Generate contacts until there are `steps` steps, or a difference. Return the script that
        differs, as short as possible if `is_shortened` is True.
        """
        for number in count():
            if self.steps >= steps:
                return None
            dice = Random(f"{self.seed}/{number}")
            opt_in = frozenset(dice.choice(((), (), ("marketing",))))
            mode = dice.choice(("CONVERSATION", "CONVERSATION", "DISPATCH"))
            channels = ("WHATSAPP", "SMS") if mode == "CONVERSATION" else ("WHATSAPP",)
            script = [("writes", "WHATSAPP", ""), *(_act(dice, channels) for _ in range(ACTS))]
            found = await self._play(Setting(opt_in, mode), script)
            if found:
                return await self._shorten(found) if is_shortened else found
        raise AssertionError("count() ended")

    async def _shorten(self, found: Found) -> Found:
        place = len(found.script) - 1
        while place > 0:
            shorter = found.script[:place] + found.script[place + 1 :]
            found = await self._play(found.setting, shorter) or found
            place = min(place, len(found.script)) - 1
        return found

    async def _play(self, setting: Setting, script: list[Act]) -> Found | None:
        settings = Settings(
            redis_url=self.redis_url,
            namespace=f"sending-{self.seed}-{id(self)}-{next(_namespaces)}",
            shards=1,
            log_turns=0,
            send_rate=0,
            max_answers=0,
            quiet_hours="21:00-08:00,marketing=19:00-10:00,notification=none",
            whatsapp_burst=0,
            handoff_s=0,
            send_attempts=1_000_000,
            retry_most_s=60.0,
        )
        settings = replace(settings, opt_in=",".join(setting.opt_in))
        async with await Store.open(settings) as store:
            simulation = Simulation(
                store,
                Flows([of_class(each) for each in (Chat, Offer, Flash)], None, None),
                settings,
            )
            try:
                simulation.mode = setting.mode
                return await _compared(simulation, setting, script, self)
            except Unspecified:
                self.unspecified += 1
                return None
            finally:
                await simulation.aclose()


async def _compared(
    simulation: Simulation, setting: Setting, script: list[Act], walk: Walk
) -> Found | None:
    contact = SimulatedContact(simulation, "WHATSAPP", zone="Etc/GMT-1")
    model = Rules(setting.opt_in)
    for place, act in enumerate(script):
        walk.steps += 1
        await _pass(contact, model, simulation, 1)
        now = simulation.clock.now()
        await _do(act, contact, model, simulation, now)
        requests = simulation.platform.record.requests
        sends = [each for each in requests if each.path.endswith("messages:send")]
        found = [_text(json.loads(each.body)) for each in sends if each.status != UNAVAILABLE]
        requests.clear()
        if (expected := model.news()) != found:
            return Found(setting, script[: place + 1], expected, found)
    return None


async def _do(
    act: Act, contact: SimulatedContact, model: Rules, simulation: Simulation, now: float
) -> None:
    match act:
        case ("writes", channel, text):
            if text in ("", "bye") and not (model.is_in_flow or model.offer):
                text = "chat"
            text = text or "well"
            model.writes(text, now, channel)
            phone = await _sms_phone(contact, simulation) if channel == "SMS" else contact.phone
            phone.says(text)
            await contact.run_until_idle()
        case ("starts", flow):
            if model.offer is not None or model.is_paused or model.is_down:
                return
            model.starts(flow, now)
            with contextlib.suppress(OptedOut):
                await simulation.bot.start(simulation.address_of(contact.phone), flow)
            await contact.run_until_idle()
        case ("broadcasts",):
            if model.offer is None and not (model.is_paused or model.is_down):
                model.broadcasts += 1
                model.starts("offer", now, is_broadcast=True)
                await _broadcast(f"news {model.broadcasts}", contact, simulation)
        case ("cancels",):
            if model.broadcasts and model.is_in_flow and not model.is_paused:
                model.cancels()
                with contextlib.suppress(OperationError):
                    name = f"news {model.broadcasts}"
                    await broadcast_report.cancel(simulation.bot.store, name, now)
        case ("says", messages):
            model.says(now, _messages(messages))
            await contact.receives_event("tell", {"messages": messages})
        case ("together", events):
            for messages in events:
                model.says(now, _messages(messages))
                with contextlib.suppress(OptedOut):
                    address = simulation.address_of(contact.phone)
                    await simulation.bot.trigger(address, "tell", {"messages": messages})
            await contact.run_until_idle()
        case ("program", text, purpose):
            if not model.is_out and model.allows(purpose):
                own = "" if model.is_paused else purpose
                model.say(now, [Message(text, model.is_paused, purpose=own)])
            address = simulation.address_of(contact.phone)
            with contextlib.suppress(OptedOut):
                await simulation.bot.say(address, text, purpose=purpose)
            await contact.run_until_idle()
        case ("opts", purpose, to):
            if model.is_paused:
                return
            if (model.is_in_flow or model.offer) and not model.is_out:
                if any(each.purpose == purpose for each in model.waiting):
                    raise Unspecified("a choice while messages of this purpose wait")
                model.choices[purpose] = to
                model.pass_to(now)
            await contact.receives_event("opt", {"purpose": purpose, "to": to})
        case ("pauses",):
            model.pauses()
            await simulation.bot.pause(simulation.address_of(contact.phone))
            await contact.run_until_idle()
        case ("resumes",):
            model.resumes(now)
            await simulation.bot.resume(simulation.address_of(contact.phone))
            await contact.run_until_idle()
        case ("breaks",):
            if model.offer is None or model.offer.is_seen:
                model.is_down = True
                refuse = RequestFault(
                    on="POST */messages:send", action="refuse", status=UNAVAILABLE
                )
                simulation.platform.faults.add(refuse)
        case ("mends",):
            simulation.platform.faults.clear()
            model.mends(now)
            await _pass(contact, model, simulation, RETRY_S)
        case ("waits", seconds):
            seconds = min(seconds, MAX_OUTAGE_S) if model.is_down else seconds
            await _pass(contact, model, simulation, seconds)


def _messages(found: list[tuple[str, bool, str, int | None, str]]) -> list[Message]:
    return [
        Message(text, False, urgent, outside, max_age_s, purpose)
        for text, urgent, outside, max_age_s, purpose in found
    ]


async def _pass(
    contact: SimulatedContact, model: Rules, simulation: Simulation, seconds: int
) -> None:
    now = simulation.clock.now()
    end = now + seconds
    while (due := model.next_due(now)) is not None and due <= end:
        now = due
        model.pass_to(now)
        model.remind(now)
    await contact.waits(f"{seconds}s")


async def _broadcast(name: str, contact: SimulatedContact, simulation: Simulation) -> None:
    bot = simulation.bot
    recipients = Recipients(bot.store, bot.api, bot.settings, simulation.clock)
    flow = FlowStart("offer")
    broadcast = Broadcast(name, flow, bot, recipients, bot.settings, simulation.clock)
    await broadcast.run([Row(2, simulation.address_of(contact.phone), {})], 0)
    await contact.run_until_idle()


async def _sms_phone(contact: SimulatedContact, simulation: Simulation) -> Phone:
    """Return the contact's phone by SMS, with the same number."""
    identity = contact.phone.identity
    identities = [{"channel": each, "identity": identity} for each in ("WHATSAPP", "SMS")]
    contact_id = simulation.address_of(contact.phone).contact_id
    await simulation.bot.api.contacts.update(contact_id, {"channel_identities": identities})
    return simulation.platform.phone("SMS", identity)


def _text(body: Mapping[str, Any]) -> str:
    message = body["message"]
    if "template_message" in message:
        return TEMPLATE
    return str(message["text_message"]["text"])


def _act(dice: Random, channels: Sequence[str]) -> Act:
    die = dice.random()
    if die < 0.39:
        return ("waits", dice.choice(PAUSES_S) + dice.randrange(60))
    if die < 0.65:
        return ("says", _some(dice))
    if die < 0.72:
        return ("together", [_some(dice) for _ in range(dice.choice((2, 3)))])
    if die < 0.8:
        return ("program", f"program {dice.randrange(1000)}", dice.choice(PURPOSES))
    if die < 0.86:
        return ("opts", dice.choice(("marketing", "notification")), dice.choice(("in", "out")))
    if die < 0.88:
        return ("starts", dice.choice(list(OFFERS)))
    if die < 0.92:
        return (dice.choice(("broadcasts", "cancels")),)
    if die < 0.94:
        return (dice.choice(("pauses", "resumes", "resumes")),)
    if die < 0.96:
        return (dice.choice(("breaks", "mends", "mends")),)
    channel = channels[0] if dice.random() < 0.75 else dice.choice(channels)
    return ("writes", channel, dice.choice(("", "", "", "bye", "STOP", "START")))


def _some(dice: Random) -> list[tuple[str, bool, str, int | None, str]]:
    return [_message(dice) for _ in range(dice.choice((1, 1, 2, 3)))]


def _message(dice: Random) -> tuple[str, bool, str, int | None, str]:
    return (
        f"news {dice.randrange(1000)}",
        dice.random() < 0.2,
        dice.choice(OUTSIDE),
        dice.choice(MAX_AGES_S),
        dice.choice(PURPOSES),
    )
