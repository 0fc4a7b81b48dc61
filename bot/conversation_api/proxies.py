"""Outgoing proxies: requests use HTTP_PROXY or HTTPS_PROXY, except to hosts in NO_PROXY."""

import ipaddress

import httpx

from bot.conversation_api.transport import KEEPALIVE_S, NOT_SENT, ApiTransport
from bot.settings import Settings


def open_transport(settings: Settings) -> httpx.AsyncBaseTransport:
    """Return a transport of up to `settings.concurrency` connections that uses the proxies."""
    direct = ApiTransport(connections=settings.concurrency)
    if settings.http_proxy or settings.https_proxy:
        return ProxyTransport(settings, direct)
    return direct


def proxy_for(settings: Settings, url: httpx.URL) -> httpx.URL | None:
    """Return the proxy for requests to `url`; None if `url` needs no proxy."""
    proxy = settings.https_proxy if url.scheme == "https" else settings.http_proxy
    return httpx.URL(proxy) if proxy and not _is_direct(settings.no_proxy, url) else None


def shown(proxy: httpx.URL) -> str:
    """Return a proxy's address without the credentials in it."""
    return str(proxy.copy_with(username=None, password=None))


class ProxyTransport(httpx.AsyncBaseTransport):
    """Sends each request through the proxy for its URL, or directly if the URL has no proxy."""

    def __init__(self, settings: Settings, direct: httpx.AsyncBaseTransport) -> None:
        self._settings = settings
        self._direct = direct
        self._limits = httpx.Limits(
            max_connections=settings.concurrency, keepalive_expiry=KEEPALIVE_S
        )
        self._by_proxy: dict[httpx.URL, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        proxy = proxy_for(self._settings, request.url)
        if proxy is None:
            return await self._direct.handle_async_request(request)
        try:
            return await self._through(proxy).handle_async_request(request)
        except NOT_SENT as error:
            raise type(error)(f"proxy {shown(proxy)}: {error}") from error

    async def aclose(self) -> None:
        await self._direct.aclose()
        for transport in self._by_proxy.values():
            await transport.aclose()

    def _through(self, proxy: httpx.URL) -> httpx.AsyncHTTPTransport:
        if proxy not in self._by_proxy:
            tls = httpx.create_ssl_context() if proxy.scheme == "https" else None
            self._by_proxy[proxy] = httpx.AsyncHTTPTransport(
                proxy=httpx.Proxy(proxy, ssl_context=tls), limits=self._limits
            )
        return self._by_proxy[proxy]


def _is_direct(no_proxy: str, url: httpx.URL) -> bool:
    """Return whether `url` is on this machine, or its host is one of `no_proxy`."""
    host, address = url.host, _address(url.host)
    if host == "localhost" or (address and address.is_loopback):
        return True
    places = (host, f"{host}:{url.port or (443 if url.scheme == 'https' else 80)}")
    for entry in filter(None, (each.strip().lower() for each in no_proxy.split(","))):
        name = entry.removeprefix("*").removeprefix(".")
        if entry == "*" or any(place == name or place.endswith(f".{name}") for place in places):
            return True
        if address and _is_in(address, entry):
            return True
    return False


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, network: str) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
