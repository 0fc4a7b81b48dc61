"""The store's contract is tested on every kind of server it is promised for."""

import os
from collections.abc import Iterator

import pytest

from .servers import cluster

SERVERS = ["bot_embedded", "cluster"] + ["given"] * ("TEST_REDIS_URL" in os.environ)


@pytest.fixture(scope="session")
def given_url() -> str:
    return os.environ["TEST_REDIS_URL"]


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("cluster")) as url:
        yield url


@pytest.fixture(params=SERVERS)
def redis_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
