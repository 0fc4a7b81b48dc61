"""Doing what an act says, in a simulation."""

import contextlib

from bot.emulator import NotOnPhone, Phone, Shown
from bot.emulator.faults import DeliveryFault
from bot.errors import OptedOut
from bot.testing.acts import (
    Act,
    Answers,
    Delivers,
    Happens,
    Reacts,
    Reads,
    Says,
    SendsLocation,
    SendsMedia,
    Starts,
    Taps,
    Waits,
)
from bot.testing.expecting import labels_shown
from bot.testing.replies import options_of, part_for
from bot.testing.simulation import Simulation


async def do(act: Act, simulation: Simulation, phone: Phone) -> None:
    """Do it, and let everything happen that follows.

    Raises:
        LookupError: the phone doesn't show what is to be tapped or reacted to.
    """
    match act:
        case Waits(seconds):
            await simulation.wait(seconds)
        case Happens(name, data):
            await simulation.bot.trigger(simulation.address_of(phone), name, data)
            await simulation.rest()
        case Starts(flow, data):
            with contextlib.suppress(OptedOut):
                await simulation.bot.start(simulation.address_of(phone), flow, data)
            await simulation.rest()
        case _:
            try:
                _on_phone(act, simulation, phone)
            except NotOnPhone as fault:
                raise LookupError(str(fault)) from fault
            await simulation.rest()


def _on_phone(act: Act, simulation: Simulation, phone: Phone) -> None:
    match act:
        case Says(text, twice):
            phone.says(text, copies=int(twice))
        case Taps():
            _tap(act, phone)
        case Answers(postback):
            newest = phone.shown[-1].message_id if phone.shown else "none"
            phone.answers(newest, postback)
        case SendsLocation(latitude, longitude, title, label):
            phone.sends_location(latitude, longitude, title=title, label=label)
        case SendsMedia(url, caption):
            phone.sends_media(url, caption=caption)
        case Reacts(emoji):
            phone.reacts(emoji)
        case Reads():
            phone.reads()
        case Delivers(failed):
            _deliver(simulation, phone, failed)


def _tap(act: Taps, phone: Phone) -> None:
    """Tap a button; where the newest message shows its options as text, type it."""
    if place := _on_card(act, phone):
        shown, number = place
        if not shown.choices:
            phone.says(str(number + 1), copies=int(act.twice))
        elif act.old:
            postback = shown.choices[number].postback
            phone.answers(shown.message_id, postback, copies=int(act.twice))
        else:
            phone.taps(shown.choices[number].postback, copies=int(act.twice))
        return
    if act.old:
        shown, postback = _oldest(phone, act.label)
        phone.answers(shown.message_id, postback, copies=int(act.twice))
        return
    try:
        phone.taps(act.label, copies=int(act.twice))
    except NotOnPhone:
        offers = ((shown, labels_shown(shown, phone.channel)) for shown in reversed(phone.shown))
        newest, labels = next((each for each in offers if each[1]), (None, []))
        if newest is None or newest.choices:
            raise
        if act.label not in labels:
            offered = f"the options shown are {labels}"
            raise NotOnPhone(f"no option {act.label!r} on this phone; {offered}") from None
        phone.says(act.label, copies=int(act.twice))


def _on_card(act: Taps, phone: Phone) -> tuple[Shown, int] | None:
    """The message of the option that is meant, and its place among all of that message, where it
    takes the card's title to tell.
    """
    for shown in phone.shown if act.old else reversed(phone.shown):
        labels = labels_shown(shown, phone.channel)
        if not labels or (act.old and not shown.choices):
            continue
        options = options_of(part_for(shown.app_message, phone.channel))
        cards = {
            number: option.card
            for number, (label, option) in enumerate(zip(labels, options, strict=False))
            if label == act.label
        }
        if act.card or len(set(cards.values())) > 1:
            meant = [number for number, card in cards.items() if card == act.card]
            if len(meant) == 1 and act.card:
                return shown, meant[0]
            if cards:
                titles = ", ".join(f"card={card!r}" for card in cards.values() if card)
                raise NotOnPhone(
                    f"the option {act.label!r} is on {titles or 'no card'}; taps() takes which"
                )
        if cards or not shown.choices:
            break
    if act.card:
        raise NotOnPhone(f"no option {act.label!r} of a card {act.card!r} on this phone")
    return None


def _oldest(phone: Phone, label: str) -> tuple[Shown, str]:
    for shown in phone.shown:
        for choice in shown.choices:
            if choice.label == label:
                return shown, choice.postback
    raise NotOnPhone(f"no option {label!r} was ever offered on this {phone.channel} phone")


def _deliver(simulation: Simulation, phone: Phone, failed: str) -> None:
    rules = simulation.platform.faults.rules
    rules.deliveries = [rule for rule in rules.deliveries if rule.identity != phone.identity]
    if failed:
        rules.deliveries.append(
            DeliveryFault(identity=phone.identity, channel=phone.channel, reason=failed)
        )
