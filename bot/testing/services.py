"""Stand-ins for functions given to `turn.once`, for services, and for HTTP."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import httpx

from bot.errors import FlowError

_MISSING = object()


class MissingService(FlowError):
    """A flow needs a service for which there is no stand-in."""


class Injected(dict[str, Any]):
    """Stand-ins for services, by name. Without a stand-in, the framework's own service is used."""

    def __init__(self) -> None:
        self.own: Mapping[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        if name in self.own:
            return self.own[name]
        raise MissingService(
            f"The flow needs the service {name!r}, which a simulation doesn't open. Give a"
            f" stand-in: services.injects({name}=…)"
        )


class UnexpectedRequest(AssertionError):
    """A flow sent an HTTP request for which the test has no answer."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a function that has a stand-in."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Services:
    """The stand-ins of one test: for functions, for services, and for HTTP."""

    def __init__(self) -> None:
        self.stand_ins: dict[Callable[..., Any], Callable[..., Any]] = {}
        self.injected = Injected()
        self.http = HttpStub()
        self._calls: dict[Callable[..., Any], list[Call]] = {}

    def injects(self, **services: Any) -> None:
        """Pass these objects to steps and handlers that have parameters with these names.

        Real services are not opened in a simulation.
        """
        self.injected.update(services)

    def returns(self, function: Callable[..., Any], *values: Any) -> None:
        """Let `turn.once(function, …)` return these values in order, then repeat the last value.

        Raises:
            TypeError: `function` is not callable, or no values are given.
        """
        if not values:
            raise TypeError("services.returns takes the function and what it returns: (price, 350)")
        left = list(values)

        def give(call: Call) -> Any:
            return left.pop(0) if len(left) > 1 else left[0]

        self._stand_in(function, give)

    def raises(self, function: Callable[..., Any], fault: BaseException, times: int = 0) -> None:
        """Let `turn.once(function, …)` raise `fault`.

        If `times` is given, the real function runs after this number of failures.
        """
        left = times

        def fail(call: Call) -> Any:
            nonlocal left
            if times and not left:
                return function(*call.args, **call.kwargs)
            left -= 1
            raise fault

        self._stand_in(function, fail)

    def runs(self, function: Callable[..., Any], instead: Callable[..., Any]) -> None:
        """Let `turn.once(function, …)` call `instead`, which may be sync or async."""
        self._stand_in(function, lambda call: instead(*call.args, **call.kwargs))

    def calls(self, function: Callable[..., Any]) -> list[Call]:
        """Return the calls of a function that has a stand-in, oldest first.

        Raises:
            KeyError: the function has no stand-in.
        """
        if function not in self._calls:
            raise KeyError(
                f"{function!r} has no stand-in, so its calls are not recorded. Call"
                " services.returns, services.raises or services.runs with the function first."
            )
        return self._calls[function]

    def _stand_in(self, function: Callable[..., Any], act: Callable[[Call], Any]) -> None:
        if not callable(function):
            raise TypeError(
                f"{function!r} is not a function. Give the function that the flow passes to"
                " turn.once, without quotes or brackets. For a service that a step takes as a"
                " parameter, use services.injects."
            )
        calls = self._calls.setdefault(function, [])

        async def stand_in(*args: Any, **kwargs: Any) -> Any:
            call = Call(args, kwargs)
            calls.append(call)
            result = act(call)
            return await result if inspect.isawaitable(result) else result

        self.stand_ins[function] = stand_in


class HttpStub(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """A transport that answers HTTP requests from a list.

    A request that is not in the list raises `UnexpectedRequest`.

    Use the stub as the transport of your own client. `replacing` makes the stub the transport of
    every httpx client.
    """

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: list[tuple[str, str, Callable[[httpx.Request], httpx.Response]]] = []

    def answers(
        self,
        method: str,
        url: str,
        *,
        status: int = 200,
        json: Any = _MISSING,
        text: str = "",
        raises: Exception | None = None,
        with_: Callable[[httpx.Request], httpx.Response] | None = None,
    ) -> None:
        """Answer requests of `method` to `url`. URLs are compared without their queries.

        If a URL gets several answers, the latest answer counts. `raises` is an error to raise
        instead of a response, such as the error of a failed connection. `with_` is a function that
        takes the request and returns the response.
        """

        def respond(request: httpx.Request) -> httpx.Response:
            if raises is not None:
                raise raises
            if json is not _MISSING:
                return httpx.Response(status, json=json)
            return httpx.Response(status, text=text)

        self._answers.insert(0, (method.upper(), url, with_ or respond))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        asked = str(request.url.copy_with(query=None, fragment=None))
        for method, url, respond in self._answers:
            if request.method == method and asked == url:
                return respond(request)
        known = ", ".join(f"{method} {url}" for method, url, _ in self._answers) or "none"
        raise UnexpectedRequest(
            f"The flow requests {request.method} {asked}, which has no answer in the test; the"
            f" answers are for {known}. Add an answer: services.http.answers(method, url, json=…)"
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self.handle_request(request)

    @contextmanager
    def replacing(self) -> Iterator[None]:
        """Answer the requests of all httpx clients inside the context.

        A client is not affected if it has its own transport and this transport opens no
        connections.
        """

        def sync(_: Any, request: httpx.Request) -> httpx.Response:
            return self.handle_request(request)

        async def async_(_: Any, request: httpx.Request) -> httpx.Response:
            return await self.handle_async_request(request)

        with (
            patch.object(httpx.HTTPTransport, "handle_request", sync),
            patch.object(httpx.AsyncHTTPTransport, "handle_async_request", async_),
        ):
            yield
