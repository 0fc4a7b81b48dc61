"""Does what an action says, in a simulation."""

import contextlib

from bot.emulator import NotOnPhone, Phone, ShownChoice, actions
from bot.emulator.actions import Says, Taps
from bot.emulator.fault_injection import DeliveryFault
from bot.emulator.phones import on_card
from bot.errors import OptedOut
from bot.testing.actions import Action, Delivers, ReceivesEvent, StartsFlow, Waits
from bot.testing.bot_message import options_of, part_for
from bot.testing.expectation import labels_shown
from bot.testing.simulation import Simulation


async def perform(action: Action, simulation: Simulation, phone: Phone) -> None:
    """Do it, and let everything happen that follows.

    Raises:
        LookupError: the phone doesn't show what is to be tapped or reacted to.
    """
    match action:
        case Waits(seconds):
            await simulation.wait(seconds)
            return
        case ReceivesEvent(name, data):
            await simulation.bot.trigger(simulation.address_of(phone), name, data)
        case StartsFlow(flow, data, state):
            with contextlib.suppress(OptedOut):
                await simulation.bot.start(simulation.address_of(phone), flow, data, state=state)
        case Delivers(failed):
            _deliver(simulation, phone, failed)
        case actions.Action():
            try:
                _as_typed(action, phone).perform(phone)
            except NotOnPhone as error:
                raise LookupError(str(error)) from error
    await simulation.run_until_idle()


def _as_typed(action: actions.Action, phone: Phone) -> actions.Action:
    """Return the action itself, but for a tap on an option that the channel shows as text: then
    typing its label, or its number if other cards have the same label.

    Raises:
        NotOnPhone: there is no such option, neither as text nor as a button.
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
