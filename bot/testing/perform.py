"""Performs actions in a simulation."""

import contextlib

from bot import parse
from bot.callbacks import ContactMessage
from bot.clock import as_datetime
from bot.contact.session import decode as decode_session
from bot.emulator import NotOnPhone, Phone, ShownChoice, actions
from bot.emulator.actions import Says, Taps
from bot.emulator.fault_injection import DeliveryFault
from bot.emulator.phones import on_card
from bot.errors import OptedOut
from bot.flow.states import Ask
from bot.parse import Answer
from bot.testing.actions import Action, AnswersSecret, Delivers, ReceivesEvent, StartsFlow, Waits
from bot.testing.bot_message import options_of, part_for
from bot.testing.expectation import labels_shown
from bot.testing.simulation import Simulation

_SECRETS = (
    *("AB1234", "123456", "1234", "12", "850709-9805", "19850709-9805", "Kim", "yes", "2.5"),
    *("2026-03-01", "14:30", "+46701234567", "kim@example.com", "4111 1111 1111 1111"),
    "Harbour Street 1, Malmö",
)
"""Answers to try for a secret question."""


async def perform(action: Action, simulation: Simulation, phone: Phone) -> None:
    """Perform the action, and run everything that follows from it.

    Raises:
        LookupError: the phone does not show the button to tap or the message to react to.
    """
    match action:
        case Waits(seconds):
            await simulation.wait(seconds)
            return
        case ReceivesEvent(name, data):
            await simulation.bot.trigger(
                simulation.address_of(phone), name, data, id=simulation.new_action_id()
            )
        case StartsFlow(flow, data, state):
            id = simulation.new_action_id()
            with contextlib.suppress(OptedOut):
                await simulation.bot.start(
                    simulation.address_of(phone), flow, data, state=state, id=id
                )
        case Delivers(failed):
            _deliver(simulation, phone, failed)
        case AnswersSecret():
            Says(await _secret(simulation, phone)).perform(phone)
        case actions.Action():
            try:
                _as_typed(action, phone).perform(phone)
            except NotOnPhone as error:
                raise LookupError(str(error)) from error
    await simulation.run_until_idle()


async def _secret(simulation: Simulation, phone: Phone) -> str:
    """Return a text that the secret question accepts.

    Raises:
        LookupError: no secret question waits, or none of the samples fits.
    """
    raw = await simulation.bot.store.reader.session(simulation.address_of(phone).key)
    run = decode_session(raw).run if raw else None
    definition = simulation.flows.get(run.flow) if run else None
    ask = definition.states.get(run.state) if definition and run else None
    if not isinstance(ask, Ask) or not ask.secret or ask.accept is None:
        raise LookupError("no secret question waits for an answer")
    assert run is not None
    for text in _SECRETS:
        answer = Answer(
            message=ContactMessage(), text=text, now=as_datetime(simulation.clock.now())
        )
        with contextlib.suppress(Exception):  # An author's parser may raise anything.
            await parse.apply(ask.accept, answer)
            return text
    raise LookupError(
        f"the log hides the answer to the secret question {run.flow}/{run.state}, and none of the"
        " built-in sample answers is accepted; replace (secret) by an accepted answer"
    )


def _as_typed(action: actions.Action, phone: Phone) -> actions.Action:
    """Return the action, unless the action taps an option that the phone shows as text.

    For such an option, return an action that types the label. If several cards have the same label,
    the action types the option's number.

    Raises:
        NotOnPhone: there is no such option, either as text or as a button.
    """
    if not isinstance(action, Taps):
        return action
    offers = [(shown, labels_shown(shown, phone.channel)) for shown in phone.shown]
    if action.old:
        named = [each for each in offers if action.label in each[1]]
    else:
        named = [each for each in reversed(offers) if each[1]]
    newest, labels = next(iter(named), (None, []))
    if newest is None or newest.choices:
        return action
    offered = options_of(part_for(newest.app_message, phone.channel))
    options = [
        ShownChoice("text", label, each.postback, card=each.card)
        for label, each in zip(labels, offered, strict=False)
    ]
    found = [option for option in options if option.label == action.label]
    if found:
        meant = on_card(found, action.label, action.card)
        is_clear = not action.card and len({option.card for option in found}) == 1
        text = action.label if is_clear else str(options.index(meant) + 1)
        return Says(text, copies=action.copies)
    if any(shown.choices for shown in phone.shown):
        return action
    raise NotOnPhone(f"no option {action.label!r} on this phone; the options shown are {labels}")


def _deliver(simulation: Simulation, phone: Phone, failed: str) -> None:
    rules = simulation.platform.faults.rules
    rules.deliveries = [rule for rule in rules.deliveries if rule.identity != phone.identity]
    if failed:
        rules.deliveries.append(
            DeliveryFault(identity=phone.identity, channel=phone.channel, reason=failed)
        )
