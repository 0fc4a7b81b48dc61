"""Runs the store's contract tests on every supported kind of server."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.store_servers import BINARIES, cluster, free_ports, server, version_of

SERVERS = ["bot_embedded", "cluster"] + ["given"] * ("TEST_REDIS_URL" in os.environ)
OTHERS = {version_of(path): path for path in BINARIES}
"""The programs in TEST_REDIS_BINARIES, by version."""


@pytest.fixture(scope="session")
def given_url() -> str:
    return os.environ["TEST_REDIS_URL"]


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(scope="session")
def other_urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder, ports = tmp_path_factory.mktemp("others"), free_ports(len(OTHERS))
    with ExitStack() as stack:
        for port, path in zip(ports, OTHERS.values(), strict=True):
            stack.enter_context(server(folder / str(port), port, binary=path))
        yield {
            version: f"redis://127.0.0.1:{port}"
            for version, port in zip(OTHERS, ports, strict=True)
        }


@pytest.fixture(params=[*SERVERS, *OTHERS])
def redis_url(request: pytest.FixtureRequest) -> str:
    if request.param in OTHERS:
        other: str = request.getfixturevalue("other_urls")[request.param]
        return other
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
