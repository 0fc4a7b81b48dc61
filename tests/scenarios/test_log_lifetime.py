"""How long the log of a contact's turns is stored."""

import pytest

from bot import END, Flow, ask, parse
from bot.contact import session as sessions

DAY_S = 86_400.0


class Echo(Flow):
    start_on = ("hello",)

    what = ask("What is it?", accept=parse.text(), to=END)


@pytest.mark.flows([Echo])
@pytest.mark.settings(BOT_LOG_AGE="691200")
async def test_a_turn_restarts_the_lifetime_only_if_too_little_is_left(
    simulation, contact, monkeypatch
):
    restarts: list[list[bool]] = []
    queue = simulation.bot.store.queue
    original = queue.commit

    async def commit(work, changes, now):
        if changes.log:
            restarts[-1].append(changes.restart_log_lifetime)
        return await original(work, changes, now)

    monkeypatch.setattr(queue, "commit", commit)
    began = simulation.clock.now()
    for days in (0.0, 0.5, 0.4, 0.2, 0.9, 0.2):
        await simulation.wait(days * DAY_S)
        restarts.append([])
        await contact.says("hello")

    assert [each[0] for each in restarts] == [True, False, False, True, False, True]
    assert not any(restart for each in restarts for restart in each[1:])
    key = contact.session.address.key
    session = sessions.decode(await simulation.bot.store.reader.session(key))
    assert session.log_until == pytest.approx(began + (2.2 + 9) * DAY_S, abs=60)
