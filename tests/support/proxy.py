"""A proxy on a real socket that routes every host to a server on this machine."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Proxy:
    """Tunnels CONNECT requests to `to`, and forwards other requests to it.

    `requests` has the first line of each request to the proxy, `heads` the headers of each request.
    If `refusal` is set, the proxy answers with it and closes the connection.
    """

    to: int
    refusal: bytes = b""
    port: int = 0
    requests: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head.decode())
        self.requests.append(self.heads[-1].partition("\r\n")[0])
        if self.refusal:
            writer.write(self.refusal)
            writer.close()
            return
        back, there = await asyncio.open_connection("127.0.0.1", self.to)
        if head.startswith(b"CONNECT "):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            there.write(re.sub(rb"http://[^/]*", b"", head, count=1))
        await asyncio.gather(_copy(reader, there), _copy(back, writer))


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while part := await source.read(65_536):
            sink.write(part)
    except ConnectionError:
        pass  # One side has closed its connection, which the other side must notice.
    finally:
        sink.close()


@asynccontextmanager
async def proxying(to: int, *, refusal: bytes = b"") -> AsyncIterator[Proxy]:
    proxy = Proxy(to, refusal)
    listening = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield proxy
