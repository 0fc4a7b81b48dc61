"""The transport against real sockets: connections opened, kept, waited for and closed."""

import asyncio

import pytest

from bot.conversation_api import ConversationApi, connection, transport
from tests.support.api_server import (
    BODY,
    Taken,
    answers,
    client,
    closed_port,
    error_of,
    hangs_up,
    prepared,
    serving,
)


async def test_who_waits_too_long_for_a_connection_has_sent_nothing() -> None:
    reached, given_up = asyncio.Event(), asyncio.Event()

    async def answers_when_the_other_has_given_up(taken: Taken) -> None:
        reached.set()
        await given_up.wait()
        taken.answer()

    async with (
        serving(answers_when_the_other_has_given_up) as server,
        client(server.port, timeout_s=0.2, concurrency=1) as api,
    ):
        first = asyncio.create_task(prepared(api).send_message(BODY))
        await reached.wait()
        fault = await error_of(api)
        given_up.set()
        await first

    assert fault.outcome_known
    assert len(server.taken) == 1


async def test_a_connection_is_kept() -> None:
    async with serving(answers) as server, client(server.port) as api:
        for _ in range(3):
            await api.send_message(BODY)

    assert len(server.taken) == 3
    assert server.connections == 1


async def test_a_connection_dropped_while_idle_is_replaced_and_nothing_repeated() -> None:
    dropped = asyncio.Event()

    async def answers_and_drops(taken: Taken) -> None:
        taken.answer()
        taken.writer.write_eof()
        await taken.client_gone()
        dropped.set()
        taken.writer.close()

    async with serving(answers_and_drops) as server, client(server.port) as api:
        for _ in range(3):
            await api.send_message(BODY)
            await dropped.wait()
            dropped.clear()

    assert len(server.taken) == 3
    assert server.connections == 3


async def test_a_kept_connection_dropped_on_a_message_does_not_repeat_it() -> None:
    async with serving(answers) as server, client(server.port) as api:
        await api.send_message(BODY)
        server.behave = hangs_up
        fault = await error_of(api)

    assert not fault.outcome_known
    assert server.connections == 1
    assert len(server.taken) == 2


async def test_no_more_connections_are_opened_than_set() -> None:
    several = asyncio.Event()

    async def answers_when_several_wait(taken: Taken) -> None:
        if len(server.taken) >= 3:
            several.set()
        await several.wait()
        taken.answer()

    async with (
        serving(answers_when_several_wait) as server,
        client(server.port, concurrency=3) as api,
    ):
        await asyncio.gather(*(api.send_message(BODY) for _ in range(20)))

    assert server.most_open == 3
    assert len(server.taken) == 20


async def test_who_is_cancelled_leaves_no_answer_to_the_next() -> None:
    reached, closed = asyncio.Event(), asyncio.Event()

    async def is_slow(taken: Taken) -> None:
        reached.set()
        await taken.client_gone()
        closed.set()

    async with serving(is_slow) as server, client(server.port, concurrency=1) as api:
        sending = asyncio.create_task(prepared(api).send_message(BODY))
        await reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await closed.wait()
        server.behave = answers
        assert (await api.send_message(BODY)).message_id == "01M"

    assert server.connections == 2


async def test_what_fails_holds_no_connection_back() -> None:
    port = closed_port()
    async with client(port, concurrency=1) as api:
        for _ in range(3):
            assert "(ConnectError" in str(await error_of(prepared(api)))
    async with serving(hangs_up) as server, client(server.port, concurrency=1) as api:
        for _ in range(3):
            assert "(RemoteProtocolError" in str(await error_of(prepared(api)))


def kept(api: ConversationApi) -> list[connection.Connection]:
    """Return the idle connections. The connection that was used last is at the end."""
    reached = api._http.transport
    assert isinstance(reached, transport.ApiTransport)
    return [each for idle in reached._idle.values() for each in idle]


@pytest.mark.parametrize("aged", [1, 2])
async def test_connections_left_idle_too_long_are_closed(aged: int) -> None:
    both = asyncio.Barrier(2)

    async def answers_both(taken: Taken) -> None:
        await both.wait()
        taken.answer()

    async with serving(answers_both) as server, client(server.port) as api:
        await asyncio.gather(*(prepared(api).send_message(BODY) for _ in range(2)))
        server.behave = answers
        for each in kept(api)[:aged]:
            each.free_since -= transport.KEEPALIVE_S
        await api.send_message(BODY)

        assert len(kept(api)) == 1
        assert server.connections == (2 if aged == 1 else 3)


async def test_closing_ends_what_is_under_way_and_what_is_kept() -> None:
    reached = asyncio.Event()

    async def is_slow(taken: Taken) -> None:
        reached.set()
        await taken.client_gone()

    async with serving(answers) as server:
        api = client(server.port)
        await asyncio.gather(api.send_message(BODY), api.send_message(BODY))
        server.behave = is_slow
        sending = asyncio.create_task(error_of(api))
        await reached.wait()
        await api.aclose()
        fault = await sending

    assert not fault.outcome_known
    assert "RemoteProtocolError" in str(fault)
