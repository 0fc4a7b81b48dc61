"""A TCP relay. Its connections can be cut, slowed and redirected."""

import asyncio
import contextlib

CHUNK = 65_536


class Relay:
    """Listens on a loopback port and passes everything to the first target that takes a connection.

    Targets are ports. Each connection first tries another target, so that connections are spread
    over all targets.
    """

    def __init__(self, *targets: int) -> None:
        self.targets = list(targets)
        self.delay_s = 0.0
        self.port = 0
        self._is_cut = False
        self._turn = 0
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Relay":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()
        await asyncio.gather(*self._links, return_exceptions=True)

    def drop(self) -> None:
        """Close all connections."""
        for link in self._links:
            link.cancel()

    def cut(self) -> None:
        """Close all connections, and all new ones at once, until `mend` is called."""
        self._is_cut = True
        self.drop()

    def mend(self) -> None:
        self._is_cut = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.create_task(self._link(reader, writer))
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = None
        try:
            if not self._is_cut and (far := await self._connected()):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pass(reader, far[1]))
                    group.create_task(self._pass(far[0], writer))
        except* (OSError, _ClosedError):
            pass
        finally:
            for each in (writer, *((far[1],) if far else ())):
                each.transport.abort()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        self._turn += 1
        for number in range(len(self.targets)):
            port = self.targets[(self._turn + number) % len(self.targets)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            writer.write(data)
            await writer.drain()
        raise _ClosedError


class _ClosedError(Exception):
    """One side has closed its connection, so the other is closed."""
