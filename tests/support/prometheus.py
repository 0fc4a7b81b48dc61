"""The programs of Prometheus, which judge rules and answer queries as in production."""

import os
import shutil

import pytest

REQUIRED = "TEST_PROMETHEUS_REQUIRED" in os.environ


def program(name: str) -> str:
    """Return the path of `prometheus` or `promtool`. Without it, the test is skipped; on CI it
    fails.
    """
    found = shutil.which(name)
    if not found:
        (pytest.fail if REQUIRED else pytest.skip)(
            f"needs {name}: install Debian's package `prometheus`"
        )
    assert found is not None
    return found
