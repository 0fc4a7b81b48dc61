"""Everything that the documentation shows is run here, block by block."""

import ast
import dataclasses
import doctest
import inspect
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from bot import END, Flow, Keywords, ask, parse
from bot.flow.definition import of_class
from bot.flow.keywords import Word
from bot.flow.load import Flows, load_flows
from bot.ops.command_help import GroupWithDefault
from bot.settings import Settings
from bot.testing import plugin
from bot.testing.contact import SimulatedContact
from docs import generate, search_words
from tests.support.browser import browser, opened

__all__ = ["browser"]

ROOT = Path(__file__).parent.parent
PAGES = {page.name: page.read_text() for page in [ROOT / "README.md", *ROOT.glob("docs/*.md")]}
REFERENCE = generate.pages()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NESTED_ITEM = re.compile(r"^    - .*(?:\n      .*)*", re.MULTILINE)
FILES = ("python", "chat", "csv", "ini", "po")
NOT_RUN = ("text", "ebnf")
RUNS_PYTEST = re.compile(r"\bpytest\b|make test")
LIMIT_S = 300
END_OF_COMMAND = "that was all"


def sections() -> Iterator[Any]:
    for page, text in PAGES.items():
        is_one = page == "README.md" or "<!-- one folder -->" in text
        parts = [text] if is_one else re.split(r"^(?=## )", text, flags=re.MULTILINE)
        for part in parts:
            if blocks := BLOCK.findall(part):
                title = "" if is_one else part.partition("\n")[0].strip("# ")
                yield pytest.param(page, blocks, id=f"{page} {title}".strip())


class Nothing(Flow):
    a = ask("?", accept=parse.text(), to=END)


@pytest.fixture
def bot_flows():
    """The flows with which a simulation begins, until the section has its own."""
    return Flows([of_class(Nothing)])


@pytest.fixture
def bot_settings(bot_settings, request):
    """The settings, with as many shards as the commands in the pages have."""
    return dataclasses.replace(bot_settings, shards=Settings().shards)


@pytest.fixture
def bot_variables(request):
    """The variables of the markers `settings` in the section's tests."""
    blocks = [block for kind, block in request.node.callspec.params["blocks"] if kind == "python"]
    return {
        named.arg: ast.literal_eval(named.value)
        for block in blocks
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.settings"
        for named in node.keywords
    }


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder whose package `flows` replaces this project's."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if is_flows(name)}
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    # A file written twice in one second would be read from the cache of the first.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    forget()
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(f"{tmp_path}/"):
            del sys.modules[name]
    sys.modules.update(kept)


def is_flows(module):
    return module.partition(".")[0] == "flows"


def forget():
    for name in list(sys.modules):
        if is_flows(name):
            del sys.modules[name]


class Shell:
    """One bash for all commands of a section, so that `cd` and `export` last."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._watchdog = threading.Timer(LIMIT_S, self._kill)
        self._watchdog.start()

    def run(self, command: str) -> tuple[int, str]:
        """Run a command. Return exit status and output."""
        assert self._bash.stdin
        assert self._bash.stdout
        self._bash.stdin.write(f'{{ {command}\n}} < /dev/null\necho "\n{END_OF_COMMAND} $?"\n')
        self._bash.stdin.flush()
        printed: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(END_OF_COMMAND):
                return int(line.split()[-1]), "\n".join(printed).removesuffix("\n")
            printed.append(line.rstrip())
        raise AssertionError("\n".join([f"{command}: bash has ended, or was too slow", *printed]))

    def close(self) -> None:
        self._watchdog.cancel()
        self._kill()
        self._bash.communicate()

    def _kill(self) -> None:
        """Kill the shell and all processes that it has left in the background."""
        os.killpg(self._bash.pid, signal.SIGKILL)


@pytest.fixture
def shell(project, bot_settings, bot_redis_url):
    shell = Shell(
        project,
        {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(project),
            "COLUMNS": "100",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",  # otherwise errors would come before the output
            "REDIS_URL": bot_settings.redis_url,
            "TEST_REDIS_URL": bot_redis_url,
            "BOT_NAMESPACE": bot_settings.namespace,
            "CHECKOUT": str(ROOT),
            # Packages that `make` would install for a minute come from here.
            "MAKEFLAGS": f"READY= BIN={Path(sys.executable).parent}",
        },
    )
    yield shell
    shell.close()


@pytest.fixture
def ports(shell):
    """Maps each port that the pages name to a free port."""
    with socket.socket() as web, socket.socket() as emulator:
        web.bind(("127.0.0.1", 0))
        emulator.bind(("127.0.0.1", 0))
        found = {"8000": str(web.getsockname()[1]), "8081": str(emulator.getsockname()[1])}
    shell.run(f"export PORT={found['8000']}")
    return found


def write(folder: Path, block: str) -> Path:
    name = re.match(r"# (\S+)\n", block)
    assert name, f"a block doesn't begin with its file: {block[:80]}"
    path = folder / name[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    # A table has no comments.
    path.write_text(block.partition("\n")[2] if path.suffix == ".csv" else block, encoding="utf-8")
    if path.parent.name == "flows":
        (path.parent / "__init__.py").touch()
    return path


@pytest.fixture
def given(simulation, contacts, monkeypatch):
    """The fixtures that a page's tests may use."""
    logger = logging.getLogger("bot")
    before = [*logger.handlers], logger.level
    yield {
        "simulation": simulation,
        "contacts": contacts,
        "services": simulation.services,
        "monkeypatch": monkeypatch,
    }
    logger.handlers[:] = before[0]
    logger.setLevel(before[1])


async def run_tests(path, given):
    simulation, contacts = given["simulation"], given["contacts"]
    forget()
    simulation.root = Path()
    simulation.bot.use(load_flows("flows"))
    names: dict[str, Any] = {}
    exec(compile(path.read_text(), path.name, "exec"), names)
    tests = [function for name, function in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        if "contact" in inspect.signature(test).parameters:
            given["contact"] = contacts(1)[0]
        wanted = {name: given[name] for name in inspect.signature(test).parameters}
        replaced = simulation.services.http.replacing() if "services" in wanted else nullcontext()
        with replaced:
            await test(**wanted)


def run_commands(block: str, shell: Shell) -> None:
    first, *steps = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert not first, f"a console block doesn't begin with a command: {first}"
    for step in steps:
        command, _, expected = step.partition("\n")
        status, printed = shell.run(command)
        fits = doctest.OutputChecker().check_output(expected, f"{printed}\n", doctest.ELLIPSIS)
        assert fits or not expected, f"$ {command}\n{printed}\n--- and not\n{expected}"
        fails = re.search(r"^bot: ", expected, re.MULTILINE) is not None
        assert (status != 0) is fails, f"$ {command}\n{printed}\n--- exit status {status}"


@pytest.mark.parametrize(("page", "blocks"), list(sections()))
async def test_what_is_shown_is_so(page, blocks, shell, ports, given):
    left = any(RUNS_PYTEST.search(block) for kind, block in blocks if kind in ("console", "sh"))
    for kind, block in blocks:
        for named, free in ports.items():
            block = block.replace(named, free)
        if kind == "console":
            run_commands(block, shell)
        elif kind == "sh" and page != "README.md":
            run_commands(re.sub(r"^(?=\S)", "$ ", block, flags=re.MULTILINE), shell)
        elif kind in FILES:
            path = write(Path(shell.run("pwd")[1]), block)
            if path.name.startswith("test_") and not left:
                await run_tests(path, given)
        else:
            assert kind in NOT_RUN or page == "README.md", f"nothing runs a block of {kind}"


def commands_named(text: str) -> Iterator[list[str]]:
    """The words of each `bot …`: in quotes, in a block of commands, or on an indented line."""
    shown = [
        line
        for kind, block in BLOCK.findall(text)
        if kind in ("console", "sh")
        for line in block.splitlines()
        if kind == "sh" or line.startswith("$ ")
    ]
    prose = NESTED_ITEM.sub(
        lambda item: re.sub(r"^ +", "", item[0], flags=re.MULTILINE), BLOCK.sub("", text)
    )
    shown += re.findall(r"^    (.*)$", prose, re.MULTILINE)
    shown += re.findall(r"`(bot [^`]+)`", re.sub(r"^    .*$", "", prose, flags=re.MULTILINE))
    for line in shown:
        for part in re.split(r"&&|[;>]", line.partition(" #")[0]):
            if command := re.search(r"(?:^|[ /])bot ([a-z].*)", part):
                yield command[1].split()


def lookup(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that `words` name, and the words after its name."""
    command = generate.tree()
    while words and (under := getattr(command, "commands", {}).get(words[0])):
        command, words = under, words[1:]
    if isinstance(command, GroupWithDefault) and words:
        command = command.commands[command.default]
    return command, words


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_named_are_there(page):
    for words in commands_named(PAGES[page]):
        command, rest = lookup(words)
        options = {option for one in command.params for option in [*one.opts, *one.secondary_opts]}
        named = {word.partition("=")[0] for word in rest if word.startswith("-")}

        assert not getattr(command, "commands", {}) or not rest or "|" in rest[0], words
        assert named <= options | {"--help"}, words


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_named_are_there(page):
    named = set(re.findall(r"(?:^|`)(?:\$ )?make (\w+)", PAGES[page], re.MULTILINE))
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_files_linked_to_are_there(page, tmp_path):
    written = {f"reference/{name}.md" for name in REFERENCE}
    folder = ROOT if page == "README.md" else ROOT / "docs"
    linked = re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", PAGES[page])

    assert [name for name in linked if name not in written and not (folder / name).exists()] == []


def test_the_site_leads_to_every_page():
    named = re.findall(r"(\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)

    assert sorted(named) == sorted(
        [*(PAGES.keys() - {"README.md"}), *(f"reference/{name}.md" for name in REFERENCE)]
    )


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_in_the_repository_is_up_to_date(name):
    page = ROOT / "docs" / "reference" / f"{name}.md"

    is_current = page.read_text(encoding="utf-8") == REFERENCE[name]
    assert is_current, f"docs/reference/{name}.md is old: run `make reference`"


def test_the_page_on_languages_has_all_own_words_and_texts():
    """`own_words()` and `own_texts()` of `docs/generate.py` return the tables of the page."""
    assert generate.own_words() in PAGES["languages.md"]
    assert generate.own_texts() in PAGES["languages.md"]


def test_own_words_are_those_that_keywords_have():
    listed = {
        name: sorted(one for each in words.values() for one in each)
        for name, words in generate.WORDS.items()
    }

    actual = {
        name: value.words for name, value in vars(Keywords).items() if isinstance(value, Word)
    }
    actual["change"] = Keywords.change
    assert listed == {name: sorted(words) for name, words in actual.items() if name != "help"}


def test_the_reference_says_what_docstrings_say():
    page = REFERENCE["python"]

    assert "### `Settings.from_env`" in page
    assert "- `FlowError`: there is no such purpose." in page
    assert ":::" not in page


def test_the_options_of_a_contact_are_listed_in_full(pytestconfig):
    table = PAGES["simulation.md"].partition("take these options:\n")[2].partition("\n\n`")[0]
    listed = {
        "the marker's help": next(
            line for line in pytestconfig.getini("markers") if line.startswith("contact(")
        ).partition("):")[0],
        "the docstring of contact_options": inspect.getdoc(plugin.contact_options) or "",
        "docs/simulation.md": table,
    }
    takes = inspect.signature(SimulatedContact).parameters.keys() - {"simulation"} | {"mode"}

    assert set(plugin._CONTACT) == takes
    assert {
        place: missing
        for place, text in listed.items()
        if (missing := takes - set(re.findall(r"\w+", text)))
    } == {}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site as `make docs` builds it, of a copy of the pages."""
    if find_spec("zensical") is None:
        pytest.skip("building the documentation needs the extra `docs`; `make docs` installs it")
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    (folder / "bot").symlink_to(ROOT / "bot")
    generate.write(folder / "docs" / "reference")
    built = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "No issues found" in built.stdout + built.stderr
    return folder / "site"


def test_the_header_of_the_site_has_the_version(site):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    header = (site / "index.html").read_text().partition("</header>")[0]

    assert re.search(rf'class="?md-ellipsis"?>\s*bot {re.escape(version)}\s*<', header)


def test_programs_find_the_markdown_of_each_page(site):
    generate.write_markdown(site.parent / "docs", site)

    listed = (site / "llms.txt").read_text()
    linked = re.findall(r"^- \[[^\]]+\]\(([^)]+\.md)\): \S", listed, re.MULTILINE)
    assert sorted(linked) == sorted(str(page.relative_to(site)) for page in site.rglob("*.md"))
    assert (site / "flows.md").read_text() == PAGES["flows.md"]


QUESTIONS = {
    "send an image attachment": "files.html#send-an-image-video-file-or-other-attachment",
    "remind user after no reply": "timers.html#remind-a-contact-who-does-not-answer-remind-timeout",
    "options from a database": "options.html#options-from-a-database-or-an-api-dynamic-options",
    "talk to a human agent": (
        "hand-over.html#talk-to-a-human-agent-handover-takeover-to-live-chat-and-back"
    ),
    "multiple languages": "languages.html#the-language-of-a-contact",
    "inject a fake service": "simulation.html#mock-services-and-http-calls",
    "simulate failed delivery": "simulation.html#test-failed-delivery",
    "environment variables": "reference/settings.html",
    "nginx reverse proxy": "deploy.html#reverse-proxies-nginx-caddy-traefik",
    "gdpr delete user data": "data.html#see-export-and-delete-a-users-data-gdpr",
    "configure redis": "redis.html#configure-redis-redis_url-tls-cluster-sentinel",
    "duplicate webhooks": (
        "guarantees.html#g2-duplicate-and-retried-webhooks-a-callback-is-handled-once"
    ),
    "users get the same message twice": (
        "troubleshooting.html#a-contact-gets-the-same-message-twice-duplicate-messages"
    ),
    "unsigned callbacks": (
        "security.html#unsigned-and-forged-callbacks-are-refused-sinch_webhook_secret"
    ),
    "webhook returns 503": "troubleshooting.html#the-webhook-answers-503",
    "how long is data stored": (
        "guarantees.html#personal-data-how-long-it-is-stored-deletion-logs-gdpr-retention"
    ),
    "rollback a release": "upgrading.html#rollback-downgrade-to-an-earlier-release-roll-back",
    "send a message from django": (
        "programs.html#send-messages-and-start-flows-from-django-flask-and-other-synchronous-code"
    ),
    "agent takeover livechat": (
        "hand-over.html#talk-to-a-human-agent-handover-takeover-to-live-chat-and-back"
    ),
    "denial of service": (
        "security.html#overload-and-attacks-limits-of-requests-denial-of-service-dos"
    ),
    "run the bot locally": "emulator.html#run-the-bot-locally-with-the-chat-page-bot-dev",
    "check buttons": "simulation.html#check-buttons-and-messages-what-the-bot-replies-sees",
    "session data": "data.html#data-of-a-flow-selfdata",
    "advance time in test": "simulation.html#let-time-pass-in-a-test-fake-clock-timers",
    "move clock forward": "simulation.html#let-time-pass-in-a-test-fake-clock-timers",
    "redis down": "redis.html#redis-is-down-or-restarts-outage-fail-over",
    "redis outage failure": (
        "guarantees.html#g1-no-lost-messages-an-accepted-callback-is-never-lost"
    ),
    "redis unavailable outage": "troubleshooting.html#the-webhook-answers-503",
    "redis outage restore": "redis.html#backup-and-restore",
    "idempotency deduplication": (
        "guarantees.html#g2-duplicate-and-retried-webhooks-a-callback-is-handled-once"
    ),
    "pytest plugin": "simulation.html",
    "invalid answer retry": "questions.html#ask-again-after-an-answer-that-is-not-understood",
    "state transition user input": "flows.html#write-a-flow-questions-and-steps-ask-choose-step",
    "in-memory store": "simulation.html#run-tests-in-ci-github-actions",
    "retry failed messages": "deploy.html#stuck-contacts-and-dead-letters-show-retry-delete",
    "duplicate webhook test": (
        "simulation.html#actions-of-a-contact-in-a-test-says-taps-sends-waits"
    ),
}


@pytest.fixture(scope="module")
def searched(site, tmp_path_factory):
    """A copy of the site, with the words added to the index of its search."""
    copy = tmp_path_factory.mktemp("searched") / "site"
    shutil.copytree(site, copy)
    search_words.add_words(copy)
    return copy


def test_the_search_finds_pages_by_the_words_of_users(searched):
    """It lists a section that has every word of the question, as a word or the start of one."""
    items = json.loads((searched / "search.json").read_text())["items"]

    texts = {item["location"]: f"{item['title']} {item['text']}".casefold() for item in items}
    assert [
        question
        for question, page in QUESTIONS.items()
        if not all(re.search(rf"\b{word}", texts[page]) for word in re.split(r"[\s-]", question))
    ] == []


@pytest.fixture(scope="module")
def served(searched):
    """The URL of the site with its words, on a server of its own."""
    handler = partial(QuietHandler, directory=str(searched))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        """Print no line for each request."""


def test_the_sections_with_words_of_their_own_are_there(searched):
    items = json.loads((searched / "search.json").read_text())["items"]

    assert search_words.OF_SECTIONS.keys() <= {item["location"] for item in items}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("question", ["test without redis", "livechat takeover", "liveness probe"])
async def test_the_search_does_not_show_the_words_that_it_adds(browser, served, searched, question):
    items = json.loads((searched / "search.json").read_text())["items"]
    added = {
        found for item in items for found in re.findall(r"<\w+ hidden[^>]*>(.*?)<", item["text"])
    }
    starts = {" ".join(words.split()[:5]) for words in added if words.count(" ") > 3}

    async with opened(browser, served) as page:
        await page.goto("/index.html")
        await page.keyboard.press("/")
        await page.get_by_role("dialog").get_by_role("combobox").fill(question)
        results = page.get_by_role("listbox").get_by_role("option")
        await expect(results.nth(1)).to_be_visible()
        shown = [" ".join(text.split()) for text in await results.all_inner_texts()]

    assert [text for text in shown if any(start in text for start in starts)] == []
    assert [text for text in shown if text.endswith("...")] == []


def test_the_site_loads_nothing_from_elsewhere(site):
    loading = re.compile(
        r"""<(?:script|img|iframe|source)[^>]+src=["']?(?:https?:)?//[^>]*>"""
        r"""|<link(?![^>]+rel=["']?canonical)[^>]+href=["']?(?:https?:)?//[^>]*>"""
        r"""|url\(["']?(?:https?:)?//[^)]*\)|@import[^;]+//[^;]+;"""
    )
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]

    assert len(pages) > len(PAGES)
    assert [found for page in pages for found in loading.findall(page.read_text())] == []


def test_the_site_shows_what_docstrings_say(site):
    shown = (site / "reference" / "python.html").read_text()

    assert "A conversation. The attributes of the class are the flow" in shown
    assert "from_env" in shown


@pytest.mark.parametrize("page", sorted(PAGES))
def test_variables_of_a_page_are_settings(page):
    named = set(re.findall(r"\b(?:BOT|SINCH)_[A-Z_]*[A-Z]\b", PAGES[page]))

    assert named - Settings.variables().keys() == set()
