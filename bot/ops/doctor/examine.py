"""Makes all checks of `bot doctor` in order, and prints their findings."""

from collections.abc import AsyncIterator, Iterator

import httpx
from rich.table import Table
from rich.text import Text

from bot.clock import Clock, SystemClock
from bot.errors import ConfigError
from bot.i18n.printable import echo_json, printable_lines
from bot.ops.common import OperationError, open_console
from bot.ops.doctor import local, public_url, remote
from bot.ops.doctor.finding import Finding
from bot.ops.setup import NEEDED
from bot.settings import Settings

COLORS = {"ok": "green", "warning": "yellow", "fault": "red"}


async def examine(
    settings: Settings,
    *,
    clock: Clock | None = None,
    api: httpx.AsyncBaseTransport | None = None,
    web: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Finding]:
    """Yield the findings of all checks. Checks that need a missing setting are skipped.

    `api` and `web` are the transports to Sinch and to the public URL.
    """
    clock = clock or SystemClock()
    for finding in local.settings(settings):
        yield finding
    flows, finding = local.flows(settings)
    yield finding
    yield local.secret_key(settings, flows)
    for finding in local.media_hosts(settings, flows):
        yield finding
    store = local.StoreCheck(settings, flows, clock)
    async for finding in store.examine():
        yield finding
    try:
        settings.require(*NEEDED)
    except ConfigError:
        return
    async for finding in remote.platform(settings, flows, clock, api):
        yield finding
    async for finding in public_url.examine(settings, clock, web, store.id):
        yield finding


async def report(settings: Settings, *, as_json: bool) -> None:
    """Print each finding as soon as it is made. With `as_json`, print one JSON object per line.

    Raises:
        OperationError: there are errors.
    """
    console, errors = open_console(), 0
    async for finding in examine(settings):
        errors += finding.outcome == "fault"
        if as_json:
            echo_json(finding)
            continue
        console.print(*_told(finding), sep="")
    if errors:
        raise OperationError("1 error found." if errors == 1 else f"{errors} errors found.")


def _told(finding: Finding) -> Iterator[Table]:
    """Yield the finding as tables: its result, then what to do about it."""
    outcome = Text(finding.outcome, COLORS[finding.outcome])
    yield _beside(
        outcome, Text.assemble((f"{finding.check}: ", "bold"), printable_lines(finding.found))
    )
    if finding.do:
        yield _beside(Text(), Text(printable_lines(finding.do)))


def _beside(outcome: Text, told: Text) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(width=9)
    table.add_column(overflow="fold")
    table.add_row(outcome, told)
    return table
