"""Checks the running processes by their reports in the store: system limits, settings and releases.

`bot doctor` usually runs in another container, and cannot see the bot's processes itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bot.app.process_report import flows_digest, setting_digests
from bot.flow.load import Flows
from bot.ops.doctor.finding import Finding, error, ok, warning
from bot.settings import Settings
from bot.store import Process

FULL = 0.9
"""Share of a limit above which the limit counts as nearly used up."""

MAX_NAMED = 5
"""Maximum number of processes that a finding names."""

MIB = 2**20


def examine(
    found: Sequence[Process], given: Settings, flows: Flows, store_id: str
) -> Iterator[Finding]:
    """Check the processes that have reported.

    `given` and `flows` are the settings and flows of this machine.
    """
    if not found:
        return
    found = sorted(found, key=lambda each: (each.role, each.host, each.pid))
    yield ok("processes", _listed([f"{name(each)} ({_use(each)})" for each in found]))
    yield from _replaced(found, store_id)
    yield from _memory(found)
    yield from _files(found, given)
    yield from _releases(found, flows)
    yield from _settings(found, setting_digests(given))


def name(process: Process) -> str:
    """Return the name of a process in findings."""
    return f"{process.role} {process.pid} on {process.host}"


def _use(process: Process) -> str:
    used = f"{process.memory / MIB:.0f}"
    memory = (
        f"{used} of {process.max_memory / MIB:.0f} MiB" if process.max_memory else f"{used} MiB"
    )
    return f"{memory}, {process.open_files} of {process.max_files or 'any number of'} files"


def _replaced(found: Sequence[Process], store_id: str) -> Iterator[Finding]:
    former = [each for each in found if each.store and each.store != store_id]
    if former:
        yield error(
            "store",
            f"the store was emptied or replaced while {_named(former)} ran: contacts, consent and"
            " waiting messages are gone",
            "Restore a backup, and restart all processes. Find out who ran FLUSHALL, or whether the"
            " server stored its data only in memory.",
        )


def _memory(found: Sequence[Process]) -> Iterator[Finding]:
    limited = [each for each in found if each.max_memory]
    full = [each for each in limited if each.memory >= FULL * each.max_memory]
    if full:
        yield error(
            "memory of processes",
            f"nearly used up by {_named(full)}. When a process reaches the limit, the system kills"
            " the process without warning. Then its contacts wait until another process takes over",
            "Raise the memory limit of the container, or lower BOT_CONCURRENCY,"
            " BOT_MAX_REQUEST_MEMORY or the number of processes in the container.",
        )
    small = [
        each
        for each in limited
        if each not in full
        and each.role != "worker"
        and each.memory + each.max_request_memory > each.max_memory
    ]
    if small:
        yield warning(
            "memory of processes",
            f"too little for BOT_MAX_REQUEST_MEMORY ({small[0].max_request_memory / MIB:.0f} MiB)"
            f" in {_named(small)}: many large requests at once would end the process",
            "Raise the memory limit of the container, or lower BOT_MAX_REQUEST_MEMORY.",
        )
    killed = [each for each in limited if each.kills]
    if killed:
        yield warning(
            "processes out of memory",
            f"for lack of memory, the system has ended {max(e.kills for e in killed)} processes in"
            f" the containers of {_named(killed)}",
            "Raise the memory limit of the container, or run fewer processes in the container.",
        )


def _files(found: Sequence[Process], given: Settings) -> Iterator[Finding]:
    limited = [each for each in found if each.max_files]
    full = [each for each in limited if each.open_files >= FULL * each.max_files]
    needed = given.max_open_files
    do = (
        f"Set the limit of open files to {needed} (`ulimit -n`, LimitNOFILE={needed} in a systemd"
        " unit)."
    )
    if full:
        yield error(
            "files of processes",
            f"nearly used up by {_named(full)}. At the limit, connections are refused, and replies"
            " can't be sent",
            do,
        )
    few = [
        each
        for each in limited
        if each not in full
        and each.max_files < needed
        and each.max_connections < given.max_connections
    ]
    if few:
        yield warning(
            "files of processes",
            f"{_named(few)} may open {min(each.max_files for each in few)} files, so it accepts"
            f" {min(each.max_connections for each in few)} connections instead of"
            f" BOT_MAX_CONNECTIONS={given.max_connections}",
            f"{do[:-1]}, or lower BOT_MAX_CONNECTIONS.",
        )


def _releases(found: Sequence[Process], flows: Flows) -> Iterator[Finding]:
    for check, what, of in (
        ("releases", "releases of conversation-bot", {each.name: each.version for each in found}),
        ("flows of processes", "flows", {each.name: each.flows for each in found}),
    ):
        groups = _grouped(found, of)
        if len(groups) > 1:
            yield warning(
                check,
                f"processes run different {what}: {_opposed(groups.values())}",
                "If no deploy is in progress, restart the processes of the earlier release.",
            )
    if {each.flows for each in found}.isdisjoint({flows_digest(flows), ""}):
        yield warning(
            "flows here",
            "the flows on this machine differ from the flows of the running processes",
            "Run `bot doctor` in the release that is deployed, or deploy this release.",
        )


def _settings(found: Sequence[Process], here: dict[str, str]) -> Iterator[Finding]:
    different, elsewhere = [], []
    for variable, digest in here.items():
        having = [each for each in found if variable in each.settings]
        groups = _grouped(having, {each.name: each.settings[variable] for each in having})
        if len(groups) > 1:
            different.append(f"{variable}: {_opposed(groups.values())}")
        elif groups and digest not in groups:
            elsewhere.append(variable)
    if different:
        yield warning(
            "settings of processes",
            f"processes have different values. {'. '.join(different)}",
            "Set the same values for all processes, and restart the processes. Different values are"
            " expected during a deploy that changes them.",
        )
    if elsewhere:
        yield warning(
            "settings here",
            f"the running processes and this machine have different values of"
            f" {', '.join(elsewhere)}",
            "Set the values of the processes here, so that this command checks the same values. Or"
            " restart the processes with the values of this machine.",
        )


def _grouped(found: Iterable[Process], values: Mapping[str, str]) -> dict[str, list[Process]]:
    """Return the processes grouped by value. `values` maps the name of each process to its
    value.
    """
    groups = defaultdict(list)
    for each in found:
        groups[values[each.name]].append(each)
    return groups


def _opposed(groups: Iterable[list[Process]]) -> str:
    return " ≠ ".join(_named(group) for group in sorted(groups, key=len, reverse=True))


def _named(found: Sequence[Process]) -> str:
    return _listed([name(each) for each in found])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
