"""`bot explore`: runs an exploration with a progress bar, and writes its files."""

import contextlib
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bot.emulator.actions import Says
from bot.engine.machines import Limits
from bot.errors import ConfigError
from bot.flow.load import Flows, load_flows
from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import Embedded
from bot.testing.actions import Action, ReceivesEvent, StartsFlow
from bot.testing.chat_file import read, write
from bot.testing.network_guard import no_connections
from bot.testing.services import Services
from bot.testing.simulation import Simulation, needed_triggers
from bot.tooling.explore.explorer import Bounds, Explorer
from bot.tooling.explore.finding import Finding, Report


async def explore(
    settings: Settings,
    *,
    only: Sequence[str],
    channels: Sequence[str],
    languages: Sequence[str],
    seed: int,
    bounds: Bounds,
    folder: Path,
    chats: Sequence[Path],
    setup: str,
) -> Report:
    """Explore, and write a `.chat` file for each finding into `folder`.

    Raises:
        BotError: the flows cannot be loaded, or a named flow, channel or language does not exist.
    """
    flows = load_flows(settings.flows)
    for name in only:
        flows[name]
    prepare = _function(setup) if setup else None
    console = Console(stderr=True)
    async with _simulations(settings, flows, channels, prepare) as simulations:
        with _progress(console, bounds) as on_progress:
            explorer = Explorer(
                flows,
                simulations,
                only=only,
                languages=languages or list(flows.languages),
                learned=list(_learned(chats)),
                seed=seed,
                bounds=bounds,
                on_progress=on_progress,
            )
            findings = await explorer.explore()
        files = []
        for number, finding in enumerate(findings, start=1):
            path = folder / f"{number:02}-{_slug(finding)}.chat"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(write(await explorer.conversation(finding)), encoding="utf-8")
            files.append(path)
    return Report(
        *(findings, files, explorer.acts, channels, seed, explorer.was_cut),
        list(explorer.untried.values()),
    )


@contextlib.asynccontextmanager
async def _simulations(
    settings: Settings,
    flows: Flows,
    channels: Sequence[str],
    prepare: Callable[[Services], object] | None,
) -> AsyncIterator[dict[str, Simulation]]:
    """Yield a simulation for each channel, with a temporary store."""
    async with contextlib.AsyncExitStack() as exits:
        folder = exits.enter_context(tempfile.TemporaryDirectory())
        server = Embedded.join(Path(folder))
        exits.callback(server.leave)
        made = {}
        for channel in channels:
            own = replace(
                settings,
                redis_url=server.url,
                namespace=f"explore-{channel}",
                shards=1,
                turn_attempts=1,
                send_rate=0.0,
                whatsapp_burst=0,
                # A question that waits would need one more message.
                outside_window="send",
                quiet_hours="",
            )
            store = await exits.enter_async_context(await Store.open(own))
            simulation = Simulation(store, flows, own, triggers=needed_triggers(flows))
            # There is no limit on repeated answers, because the explorer repeats its messages.
            simulation.bot.engine.limits = Limits(repeats=0)
            exits.push_async_callback(simulation.aclose)
            simulation.guard = no_connections
            if prepare is not None:
                prepare(simulation.services)
            exits.enter_context(simulation.services.http.replacing())
            made[channel] = simulation
        yield made


@contextlib.contextmanager
def _progress(console: Console, bounds: Bounds) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar up to the maximum number of actions, if there is a terminal."""
    columns = (
        TextColumn("exploring"),
        BarColumn(),
        TextColumn("{task.completed} actions, {task.fields[found]} findings"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("explore", total=bounds.acts, found=0)

        def on_progress(acts: int, findings: int) -> None:
            progress.update(task, completed=min(acts, bounds.acts), found=findings)

        yield on_progress


def _learned(paths: Sequence[Path]) -> Iterator[Action]:
    """Yield the texts, starts and events in `.chat` files.

    The files contain a project's own answers and data, which an exploration cannot guess.
    """
    for path in paths:
        files = sorted(path.rglob("*.chat")) if path.is_dir() else [path]
        for file in files:
            try:
                chat = read(file.read_text(encoding="utf-8"))
            except OSError as error:
                raise ConfigError(f"{file} can't be read: {error.strerror}.") from error
            yield from (
                each for each in chat.entries if isinstance(each, Says | StartsFlow | ReceivesEvent)
            )


def _function(name: str) -> Callable[[Services], object]:
    """Return the function with this name, which has the form `module:function`."""
    module, _, attribute = name.partition(":")
    try:
        found: Callable[[Services], object] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"--setup {name!r} is not a module:function: {error}.") from error
    return found


def _slug(finding: Finding) -> str:
    text = f"{finding.kind}-{'-'.join(finding.node)}"
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
