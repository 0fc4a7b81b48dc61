"""The pytest plugin.

It has the fixtures `contact`, `contacts`, `simulation` and `services`, the markers `flows`,
`contact` and `settings`, and collects `.chat` files as tests. The plugin imports other modules only
when they are needed, so that it does not slow down the tests of other projects.

Tests run the flows of BOT_FLOWS, by default the flows in the folder `flows` of pytest's root. The
marker `flows` selects other flows:

    @pytest.mark.flows([Pizza])
    async def test_orders_a_pizza(contact): ...
"""

import os
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bot.flow.load import Flows
    from bot.settings import Settings
    from bot.testing.contact import SimulatedContact
    from bot.testing.crash_points import CrashPoints
    from bot.testing.services import Services
    from bot.testing.simulation import Simulation

_CONTACT = ("channel", "language", "zone", "consent", "mode", "identity", "has_number", "data")

_simulation = pytest.StashKey["Simulation"]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "flows(flows): simulate with this list of Flow classes, state machines, Keywords and Hooks,"
        " or with the flows of this folder",
    )
    config.addinivalue_line(
        "markers",
        "settings(BOT_QUIET_HOURS='21:00-08:00'): simulate with these settings",
    )
    config.addinivalue_line(
        "markers",
        "contact(channel='SMS', language='', zone='', consent='', mode='CONVERSATION', identity='',"
        " has_number=True, data=None): options of the `contact` fixture",
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("bot", "simulated conversations")
    group.addoption(
        "--chat-update",
        action="store_true",
        help="rewrite each .chat file in which the bot now replies differently",
    )
    group.addoption(
        "--flow-coverage",
        action="store_true",
        help="report the states and transitions that no test has reached",
    )
    group.addoption(
        "--flow-coverage-fail-under",
        type=float,
        metavar="PERCENT",
        help="fail if flow coverage is below PERCENT; implies --flow-coverage",
    )
    group.addoption(
        "--flow-coverage-svg",
        metavar="DIR",
        help="draw each flow with its coverage into DIR; implies --flow-coverage",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix != ".chat":
        return None
    from bot.testing.chat_test import ChatTests

    return ChatTests.from_parent(parent, path=file_path)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _covers(session.config) and not session.config.getoption("--collect-only"):
        from bot.testing.coverage_pytest import finish

        finish(session, _where(session.config))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if _covers(config):
        from bot.testing.coverage_pytest import write

        write(terminalreporter, config)
    if config.getoption("--chat-update"):
        from bot.testing.chat_test import updated

        for path in config.stash.get(updated, []):
            terminalreporter.write_line(f"updated {path}")


@pytest.fixture(scope="session")
def bot_redis_url(request: pytest.FixtureRequest) -> str:
    """The URL of the tests' store: TEST_REDIS_URL, or an embedded server of this run."""
    given: str = os.environ.get("TEST_REDIS_URL") or request.getfixturevalue("bot_embedded_url")
    return given


@pytest.fixture(scope="session")
def bot_embedded_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded server of this run."""
    from bot.store.embedded import Embedded

    for folder in _left_by_killed_runs(tmp_path_factory.getbasetemp().parent):
        Embedded.sweep(folder)
    server = Embedded.join(tmp_path_factory.mktemp("store"))
    yield server.url
    server.leave()


def _left_by_killed_runs(temporary: Path) -> Iterator[Path]:
    """Yield the folders of servers that killed pytest runs have left.

    Until a run ends, the file `.lock` contains the run's process id.
    """
    for lock in temporary.glob("pytest-*/.lock"):
        try:
            os.kill(int(lock.read_text()), 0)
        except ProcessLookupError:
            yield from (each.parent for each in lock.parent.rglob("server.lock"))
        except (OSError, ValueError):
            continue  # The process has ended meanwhile, or belongs to another user.


@pytest.fixture
def bot_variables() -> dict[str, Any]:
    """The settings of all simulations, by the names of their variables.

    Override this fixture to set variables: `return {"BOT_QUIET_HOURS": "21:00-08:00"}`. The marker
    `settings` adds more variables.
    """
    return {}


@pytest.fixture
def bot_settings(
    bot_redis_url: str, bot_variables: dict[str, Any], request: pytest.FixtureRequest
) -> "Settings":
    """The settings of a simulation.

    Their values come from `bot_variables` and the markers `settings`. Other settings have their
    defaults. The environment and `.env` have no effect.
    """
    from bot.errors import ConfigError
    from bot.testing.simulated_settings import simulated_settings

    variables = dict(bot_variables)
    for marker in reversed(list(request.node.iter_markers("settings"))):
        variables |= marker.kwargs
        if marker.args:
            wrong = "The marker `settings` takes variables by name: settings(BOT_ZONE='UTC')."
            pytest.fail(wrong, pytrace=False)
    try:
        return simulated_settings(variables, bot_redis_url)
    except ConfigError as error:
        wrong = str(error)
    pytest.fail(wrong, pytrace=False)


@pytest.fixture
def bot_flows(request: pytest.FixtureRequest) -> "Flows":
    """The flows of a simulation: the flows in the marker `flows`, or else the bot's own flows."""
    from bot.errors import FlowError
    from bot.testing.given_flows import flows_of

    marker = request.node.get_closest_marker("flows")
    if marker is not None and (len(marker.args) != 1 or marker.kwargs):
        wrong = "The marker `flows` takes one value: flows([Pizza, Order]), or flows('folder')."
        pytest.fail(wrong, pytrace=False)
    given = marker.args[0] if marker is not None else _where(request.config)
    try:
        return flows_of(given, request.config.rootpath, "The marker `flows`")
    except FlowError as error:
        wrong = str(error)
    # The error's text names file and attribute. A traceback of the framework's code would hide it.
    # Inside `except`, pytest would print the text again as the cause.
    pytest.fail(wrong, pytrace=False)


def _covers(config: pytest.Config) -> bool:
    option = config.getoption
    wanted = (option("--flow-coverage-fail-under"), option("--flow-coverage-svg"))
    return bool(option("--flow-coverage")) or any(each is not None for each in wanted)


def _where(config: pytest.Config) -> str:
    """Return the package or folder of the bot's flows."""
    return str(config.rootpath / os.environ.get("BOT_FLOWS", "flows"))


@pytest.fixture
def contact_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of the `contact` fixture, from the marker `contact`.

    The options are `channel`, `language`, `zone`, `consent`, `mode`, `identity`, `has_number` and
    `data`. Override this fixture to change the defaults.
    """
    marker = request.node.get_closest_marker("contact")
    if marker is not None and marker.args:
        wrong = "The marker `contact` takes options by name: contact(channel='SMS')."
        pytest.fail(wrong, pytrace=False)
    return dict(marker.kwargs) if marker is not None else {}


@pytest.fixture
async def simulation(
    bot_settings: "Settings",
    bot_flows: "Flows",
    bot_redis_url: str,
    request: pytest.FixtureRequest,
) -> AsyncIterator["Simulation"]:
    """A bot with an emulated platform and a virtual clock, in the tests' store."""
    from bot.store import Store
    from bot.testing.simulated_settings import with_own_store
    from bot.testing.simulation import Simulation

    settings = with_own_store(bot_settings, bot_redis_url)
    async with await Store.open(settings) as store:
        simulation = Simulation(store, bot_flows, settings)
        simulation.root = request.config.rootpath
        if _covers(request.config):
            from bot.testing.coverage_pytest import watch

            watch(simulation, request.config)
        request.node.stash[_simulation] = simulation
        yield simulation
        await simulation.aclose()


@pytest.fixture
def services(simulation: "Simulation") -> Iterator["Services"]:
    """Stand-ins for functions and services of the author, and for HTTP requests."""
    with simulation.services.http.replacing():
        yield simulation.services


@pytest.fixture
def chat_services(services: "Services") -> None:
    """Stand-ins for `.chat` files; by default none.

    Override this fixture in a conftest.py, using `services`.
    """


@pytest.fixture
def contacts(
    contact_options: dict[str, Any], simulation: "Simulation"
) -> Iterator[Callable[..., list["SimulatedContact"]]]:
    """A function that creates contacts: `contacts(3)`, `contacts(2, channel="WHATSAPP",
    language="sv")`.

    The options are the same as in `contact_options`. All contacts of a test have the same `mode`.
    """

    def make(number: int, **options: Any) -> list["SimulatedContact"]:
        from bot.errors import ConfigError, FlowError
        from bot.testing.contact import SimulatedContact

        options = {**contact_options, **options}
        for name in options:
            if name not in _CONTACT:
                pytest.fail(
                    f"A contact has no option {name!r}; the options are {', '.join(_CONTACT)}.",
                    pytrace=False,
                )
        if mode := options.pop("mode", ""):
            simulation.mode = mode
        try:
            return [SimulatedContact(simulation, **options) for _ in range(number)]
        except (ConfigError, FlowError) as error:
            wrong = str(error)
        pytest.fail(wrong, pytrace=False)

    yield make
    for contact in simulation.contacts:
        if left := contact.unawaited():
            pytest.fail(left, pytrace=False)


@pytest.fixture
def contact(contacts: Callable[..., list["SimulatedContact"]]) -> "SimulatedContact":
    """A contact on SMS. The marker `contact` selects another channel."""
    return contacts(1)[0]


@pytest.fixture
def crash_points(
    bot_flows: "Flows",
    bot_settings: "Settings",
    bot_redis_url: str,
    contact_options: dict[str, Any],
) -> "CrashPoints":
    """A function that plays a conversation with a crash at each point.

    Use it as `await crash_points(conversation)`.
    """
    from bot.testing.crash_points import CrashPoints
    from bot.testing.simulated_settings import with_own_store

    return CrashPoints(bot_flows, with_own_store(bot_settings, bot_redis_url), **contact_options)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Add the conversations of all contacts, and a hint, to the report of a failed test."""
    if call.excinfo is not None and (hint := _hint(call.excinfo.value)):
        call.excinfo.value.add_note(hint)
    report = yield
    simulation = item.stash.get(_simulation, None)
    is_chat = item.path.suffix == ".chat"
    if simulation is not None and not is_chat and report.when == "call" and report.failed:
        is_shown = "The conversation so far:" in str(report.longrepr)
        for contact in simulation.contacts:
            if contact.entries and not (is_shown and len(simulation.contacts) == 1):
                told = "\n\n".join(filter(None, (contact.transcript, contact.failure)))
                report.sections.append((f"conversation, {contact.name}", told))
    return report


def _hint(error: BaseException) -> str:
    """Return how to correct a wrong use of the fixtures; "" if the error has another cause."""
    words = str(error)
    if isinstance(error, TypeError) and words.endswith("can't be used in 'await' expression"):
        return (
            "The awaited call is not async. For example, contact.sees and contact.sees_nothing are"
            " not async. Remove the `await`."
        )
    if isinstance(error, TypeError) and words.startswith("Services.injects() takes"):
        return "Give each service by its name: services.injects(database=…)."
    if isinstance(error, AttributeError) and isinstance(error.obj, list):
        from bot.testing.contact import SimulatedContact

        if hasattr(SimulatedContact, error.name or ""):
            return "contacts(…) returns a list: [contact] = contacts(1), or [a, b] = contacts(2)."
    return ""
