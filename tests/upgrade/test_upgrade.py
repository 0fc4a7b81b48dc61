"""The present state of the project continues a thousand contacts of an earlier state: as they are,
after a release of their flows, and after its rollback.
"""

from collections import Counter
from dataclasses import replace

import pytest

from bot.contact.session import Session, decode
from bot.flow.load import Flows
from bot.ops.migration_check import places, stranded
from bot.settings import Settings
from bot.store import Store
from bot.testing.simulation import Simulation, needed_triggers
from tests.upgrade.contacts import EACH, SITUATIONS, STORES, dump, identity, load, phones, read
from tests.upgrade.flows import Back, Forgotten, Renamed, release

FILES = sorted(each.name for each in STORES.glob("*.json.gz"))

Expected = dict[str, tuple[str, str, str]]
"""For each situation: the contacts' text, the last text in the reply, and the flow and state."""

UPGRADED: Expected = {
    "at a choice": ("large", "How many?", "order/number"),
    "at a question": ("3", "How do you pay?", "payment/way"),
    "in a called flow": ("card", "2 large, paid by card.", ""),
    "through": ("order", "Which size?", "order/size"),
    "opted out": ("large", "", ""),
    "with a person": ("large", "A colleague will take over.", "order/size"),
    "in an interrupted flow": ("monday", "How many?", "order/number"),
    "reply unsent": ("5", "How do you pay?", "payment/way"),
    "message unhandled": ("6", "How do you pay?", "payment/way"),
    "new": ("large", "How many?", "order/number"),
}

ROLLED_BACK: Expected = {
    "at a choice": ("4", "How do you pay?", "payment/way"),
    "at a question": ("card", "3 large, paid by card.", ""),
    "in a called flow": ("order", "Which size?", "order/size"),
    "through": ("small", "How many?", "order/count"),
    "opted out": ("order", "", ""),
    "with a person": ("hello?", "A colleague will take over.", "order/size"),
    "in an interrupted flow": ("7", "How do you pay?", "payment/way"),
    "reply unsent": ("card", "5 large, paid by card.", ""),
    "message unhandled": ("card", "6 large, paid by card.", ""),
    "new": ("back", "Which size?", "order/size"),
}


async def known(simulation: Simulation, situation: str) -> list[Session]:
    """Return the stored sessions of the contacts in a situation."""
    keys = [f"SMS:{identity(situation, number)}" for number in range(EACH)]
    found = [await simulation.bot.store.reader.session(key) for key in keys]
    return [decode(raw) for raw in found if raw]


async def talk(simulation: Simulation, expected: Expected) -> None:
    """Let all contacts write, and check what they see and where they are."""
    for situation, (text, _, _) in expected.items():
        for phone in phones(simulation, situation):
            phone.says(text)
    await simulation.run_until_idle()
    for situation, (_, seen, where) in expected.items():
        last = Counter(
            phone.shown[-1].text.partition("\n")[0] if phone.shown else ""
            for phone in phones(simulation, situation)
        )
        places_ = Counter(
            "/".join(each.where).strip("/") for each in await known(simulation, situation)
        )
        if situation not in ("opted out", "with a person"):
            assert last == {seen: EACH}, situation
        assert places_ == {where: EACH}, situation


async def outlook(store: Store, flows: Flows) -> dict[tuple[str, str], str]:
    """Return what `bot check --live` reports about the flow that changes."""
    return {
        (each.flow, each.waits): each.outlook
        for each in await places(store, flows)
        if each.flow == "order"
    }


@pytest.mark.parametrize("file", FILES)
async def test_contacts_go_through_an_upgrade_and_a_rollback(
    file: str, bot_settings: Settings
) -> None:
    at, stored = read(file)
    settings = replace(bot_settings, apology="Sorry!")
    async with await Store.open(settings) as store:
        await load(store, stored)
    # Opened once more, since the number of the schema is that of the file now.
    async with await Store.open(settings, create=False) as store:
        before = await dump(store)

        assert stranded(await places(store, release(Forgotten)))
        assert not stranded(await places(store, release(Renamed)))
        assert await outlook(store, release(Renamed)) == {
            ("order", "count"): "continue in number",
            ("order", "pay"): "stay",
            ("order", "size"): "stay",
        }
        assert await dump(store) == before

        flows = release(Renamed)
        simulation = Simulation(
            *(store, flows, settings),
            mode="DISPATCH",
            at=at + 600,
            triggers=needed_triggers(flows),
        )
        try:
            await talk(simulation, UPGRADED)
            assert simulation.failures() == []
            waiting = [len(each.waiting) for each in await known(simulation, "with a person")]
            assert waiting == [1] * EACH

            assert not stranded(await places(store, release(Back)))
            simulation.bot.use(release(Back))
            await talk(simulation, ROLLED_BACK)
            for phone in phones(simulation, "with a person"):
                await simulation.bot.resume(simulation.address_of(phone))
            await simulation.wait(3_700)

            thanked = [
                situation
                for situation in SITUATIONS
                for phone in phones(simulation, situation)
                if any(shown.text == "Thank you for your order." for shown in phone.shown)
            ]
            assert Counter(thanked) == {
                each: EACH
                for each in ("at a question", "in a called flow", "through", "reply unsent")
            } | {"message unhandled": EACH}
            for phone in phones(simulation, "with a person"):
                texts = [shown.text.partition("\n")[0] for shown in phone.shown]
                assert texts == ["It is noted.", "Which size?"]
            assert all(not phone.shown for phone in phones(simulation, "opted out"))
            assert {each.consent for each in await known(simulation, "opted out")} == {"out"}
            await simulation.wait(86_400)
            for phone in phones(simulation, "through"):
                assert phone.shown[-1].text == "The order has expired."
            assert simulation.failures() == []
            assert (await store.reader.depth()).dead == 0
        finally:
            await simulation.aclose()


def test_stores_have_a_thousand_contacts_each() -> None:
    assert FILES
    for file in FILES:
        _, stored = read(file)
        assert len({name.partition("seen1:")[2] for name in stored if ":seen1:" in name}) == 1000
