"""The transport with TLS: trust, and what the client knows about a message after a failure."""

import asyncio
from pathlib import Path

import pytest
import trustme

from tests.support.api_server import (
    BODY,
    Behavior,
    answers,
    breaks_off_in_the_body,
    client,
    error_of,
    hangs_up,
    prepared,
    resets,
    serving,
    tls_of,
)


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""])
async def test_a_server_without_tls_has_not_taken_the_message(greeting: bytes) -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    async with (
        await asyncio.start_server(greets, "127.0.0.1", 0) as listening,
        client(listening.sockets[0].getsockname()[1], scheme="https") as api,
    ):
        fault = await error_of(prepared(api))

    assert fault.outcome_known
    assert "ConnectError" in str(fault)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority whose certificates are trusted."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


async def test_messages_are_sent_over_tls(authority: trustme.CA) -> None:
    async with (
        serving(answers, tls=tls_of(authority, "127.0.0.1")) as server,
        client(server.port, scheme="https") as api,
    ):
        for _ in range(3):
            assert (await api.send_message(BODY)).message_id == "01M"

    assert server.connections == 1


@pytest.mark.parametrize("behave", [hangs_up, resets, breaks_off_in_the_body])
async def test_a_server_that_fails_over_tls_leaves_the_outcome_open(
    behave: Behavior, authority: trustme.CA
) -> None:
    async with (
        serving(behave, tls=tls_of(authority, "127.0.0.1")) as server,
        client(server.port, scheme="https") as api,
    ):
        fault = await error_of(api)

    assert not fault.outcome_known
    assert len(server.taken) == 1


async def test_a_certificate_of_another_name_is_not_trusted(authority: trustme.CA) -> None:
    async with (
        serving(answers, tls=tls_of(authority, "other.test")) as server,
        client(server.port, scheme="https") as api,
    ):
        fault = await error_of(prepared(api))

    assert fault.outcome_known
    assert "ConnectError" in str(fault)
    assert server.taken == []


async def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    authority: trustme.CA,
) -> None:
    async with (
        serving(answers, tls=tls_of(trustme.CA(), "127.0.0.1")) as server,
        client(server.port, scheme="https") as api,
    ):
        fault = await error_of(prepared(api))

    assert fault.outcome_known
    assert server.taken == []
