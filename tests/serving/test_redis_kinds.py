"""Redis as people have it: TLS with a private authority, users, Sentinel, a cluster."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from redis.asyncio import Redis

from bot.clock import SystemClock
from bot.emulator import Phone
from bot.errors import StoreError
from bot.ops.contact_lookup import find_contact
from bot.ops.new_contacts import KINDS
from bot.settings import Settings
from bot.store import FlowOff, Store
from bot.telemetry import store_gauges
from tests.support.bot_stack import Stack
from tests.support.redis_server import RedisServer
from tests.support.sentinel import Guarded
from tests.support.store_servers import BINARIES, cluster, version_of


async def talk(stack: Stack, number: int = 1, lines: int = 3) -> None:
    """Say a few lines. Each line waits for the answer to the line before."""
    phone = stack.phone(number)
    phone.says("hello")
    await heard(stack, phone, 1)
    for line in range(1, lines + 1):
        phone.says(f"line {line}")
        await heard(stack, phone, 1 + 3 * line)


async def heard(stack: Stack, phone: Phone, messages: int) -> None:
    """Wait until the phone has received this many messages."""
    await stack.until(lambda: len(stack.said_to(phone)) == messages)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for 127.0.0.1. Return its file and the file of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a private authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    paths = folder / "ca.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.fixture
async def tls(tmp_path: Path, redis_server: RedisServer) -> AsyncIterator[tuple[str, Path]]:
    """The URL of a TLS proxy of the server, and the file with the trusted authority."""
    certificate, key = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def open_door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", redis_server.port)
        ways = ((reader, far_writer), (far_reader, writer))
        tasks = [asyncio.create_task(_pass(*way)) for way in ways]
        doors.update(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for each in (writer, far_writer):
            each.close()

    doors: set[asyncio.Task[None]] = set()
    server = await asyncio.start_server(open_door, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    yield f"rediss://127.0.0.1:{port}", certificate
    server.close()
    for door in doors:
        door.cancel()
    await asyncio.gather(*doors, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@pytest.mark.skipif(not BINARIES, reason="TEST_REDIS_BINARIES names no other server")
@pytest.mark.parametrize("binary", BINARIES, ids=version_of)
async def test_another_server_that_is_killed_meanwhile(
    stack: Stack, tmp_path: Path, binary: str
) -> None:
    server = RedisServer(tmp_path / "other", binary)
    await server.start()
    try:
        bot = stack.bot(REDIS_URL=server.url)
        await bot.start()
        stack.post_to(bot)
        await talk(stack, 1)

        server.kill()
        await server.start()

        await talk(stack, 2)
    finally:
        server.kill()


async def test_tls_with_a_private_authority(stack: Stack, tls: tuple[str, Path]) -> None:
    url, authority = tls
    bot = stack.bot(REDIS_URL=url, BOT_REDIS_TLS_CA=authority)
    await bot.start()
    stack.post_to(bot)

    await talk(stack)


async def test_a_certificate_nobody_vouches_for_is_refused_with_what_to_do(
    stack: Stack, tls: tuple[str, Path]
) -> None:
    bot = stack.bot(REDIS_URL=tls[0])
    await bot.spawn()
    await bot.wait_for(503)
    bot.terminate()

    assert await bot.end() == 0
    assert "BOT_REDIS_TLS_CA" in bot.log


GUIDE = (Path(__file__).parents[2] / "docs" / "redis.md").read_text()


async def test_a_user_with_the_rights_of_the_guide_in_another_database(
    stack: Stack, tmp_path: Path
) -> None:
    server = RedisServer(tmp_path / "acl")
    await server.start()
    [line] = [line for line in GUIDE.splitlines() if "ACL SETUSER" in line]
    rights = line.split()[5:]
    async with Redis(port=server.port) as client:
        await client.execute_command("ACL", "SETUSER", "botty", "on", ">s3cret-word", *rights)
    try:
        bot_url = f"redis://botty:s3cret-word@127.0.0.1:{server.port}/5"
        bot = stack.bot(REDIS_URL=bot_url)
        await bot.start()
        stack.post_to(bot)
        await talk(stack)
        assert "s3cret-word" not in bot.log
        await operate(Settings(redis_url=bot_url))
        async with Redis(port=server.port, db=5, decode_responses=True) as client:
            assert await client.dbsize() > 0
            refused = await client.execute_command("ACL", "LOG")
            # By this one redis-py names itself, and does without.
            assert {entry["object"] for entry in refused} <= {"client|setinfo"}
    finally:
        server.kill()


async def operate(settings: Settings) -> None:
    """Do the same as operators' commands and probes with a store."""
    async with await Store.open(settings) as store:
        await store_gauges.read(store, settings, SystemClock())
        keys = [key async for key in store.reader.contacts(*KINDS)]
        for key in keys:
            await find_contact(store, key)
            assert await store.reader.log(key)
            await store.reader.timers(key)
        assert await store.reader.info()
        assert [letter async for letter in store.admin.dead_letters()] == []
        assert await store.admin.dead_letter("0-1-1") is None
        assert not await store.admin.retry_dead("0-1-1")
        assert not await store.admin.drop_dead("0-1-1")
        await store.admin.switch_off("talk", FlowOff(1.0, "a test"))
        assert [*await store.reader.flows_off()] == ["talk"]
        assert await store.admin.switch_on("talk")
        await store.queue.add_unrouted(b"{}", "unknown", "1", 1.0)
        assert len(await store.reader.unrouted()) == 1
        await store.admin.note_row("sale", "1", 1.0)
        assert await store.admin.row_begun_at("sale", "1") == 1.0
        await store.admin.drop_row("sale", "1")
        await store.outcomes.begin("sale", 1, 1.0)
        await store.outcomes.note(store.outcomes.tag("sale"), "a", "failed", "why")
        counts = await store.outcomes.count("sale")
        assert counts is not None
        assert counts.failed == {"why": 1}
        assert await store.admin.forget(keys[0])
        await store.queue.recover("another", 0.0, 16)
        assert await store.queue.ready("another", 1, 0.01) == []


async def test_a_failover_by_sentinel(stack: Stack, tmp_path: Path) -> None:
    guarded = Guarded(tmp_path)
    await guarded.start()
    try:
        bot = stack.bot(REDIS_URL=guarded.url)
        await bot.start()
        stack.post_to(bot)
        await talk(stack, 1)

        guarded.master.kill()

        await talk(stack, 2)
        async with Redis(port=guarded.replica.port) as client:
            assert (await client.info("replication"))["role"] == "master"
    finally:
        guarded.stop()


async def test_sentinels_that_ask_for_a_password(tmp_path: Path) -> None:
    guarded = Guarded(tmp_path, password="s3cret-word")
    await guarded.start()
    try:
        with pytest.raises(StoreError, match=r"add \?sentinel_password=") as refused:
            await Store.open(Settings(redis_url=guarded.url))
        url = guarded.url.replace("guarded", "another")
        with pytest.raises(StoreError, match="know no running primary of service 'another'"):
            await Store.open(Settings(redis_url=f"{url}?sentinel_password=s3cret-word"))
        store = await Store.open(Settings(redis_url=f"{guarded.url}?sentinel_password=s3cret-word"))
        await store.check_writable()
        await store.close()
    finally:
        guarded.stop()
    assert "s3cret" not in str(refused.value)


@pytest.fixture
def cluster_url(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    with cluster(folder) as url:
        yield url


async def test_a_cluster_of_three(stack: Stack, cluster_url: str) -> None:
    web = stack.bot("web", REDIS_URL=cluster_url)
    worker = stack.bot("worker", REDIS_URL=cluster_url)
    await web.start()
    await worker.start()
    stack.post_to(web)

    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(talk(stack, number))
