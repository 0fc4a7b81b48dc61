"""Writes the pages of the reference. They are a part of the repository, so that they can be read
there; a test compares them with what the code generates.

    python docs/generate.py         # the reference
    python docs/generate.py SITE    # beside the built pages: their Markdown, llms.txt, search words

The commands are told as `--help` tells them, the settings as `.env.example` does, and the public
names of each module as their docstrings do.
"""

import ast
import importlib
import inspect
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer
import typer.main
from babel import Locale

from bot import cli
from bot.emulator.command import emulator
from bot.flow.consent_keywords import BY_LANGUAGE, US_STOP
from bot.i18n.languages import own_catalog
from bot.messages import Message
from bot.parse import Parser
from docs.search_words import add_words

ROOT = Path(__file__).parent.parent
WIDTH = 88
SAID_BY_METHODS = ("overrides", "raw_overrides", "specific", "agent")  # such as `Message.on`
LANGUAGES = ("en", "sv", "de", "fr", "es")
SAID_BY = ("words.py", "keywords.py", "switch.py", "waiting.py", "pages.py")
"""The files of the catalogs whose texts the bot says by itself; the others are hints of parsers."""
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "back": {
        "en": ("back", "undo"),
        "sv": ("tillbaka",),
        "de": ("zurück",),
        "fr": ("retour",),
        "es": ("atrás",),
    },
    "cancel": {
        "en": ("cancel", "quit", "exit"),
        "sv": ("avbryt", "avsluta"),
        "de": ("abbrechen",),
        "fr": ("annuler",),
        "es": ("cancelar",),
    },
    "agent": {
        "en": ("agent", "human", "person"),
        "sv": ("människa",),
        "de": ("mensch",),
        "fr": ("humain",),
        "es": ("humano",),
    },
    "change": {
        "en": ("change",),
        "sv": ("ändra",),
        "de": ("ändern",),
        "fr": ("changer",),
        "es": ("cambiar",),
    },
}
"""The words of global commands by language; `Keywords` has them in one tuple for each command."""
MODULES = {
    "python": ("bot", "What flows and deployments are made of: the names of `bot` itself."),
    "messages": ("bot.messages", "Everything that can be said. The commonest are names of `bot`."),
    "parse": ("bot.parse", "Parsers of typed answers, for `ask(…, accept=…)`."),
    "hooks": ("bot.flow.hooks", "What goes around turns, and the services that steps are given."),
    "conversation_api": ("bot.conversation_api", "The client of the API, and what it can ask."),
    "errors": ("bot.errors", "What is raised, drawn as a tree by what can be done about it."),
    "testing": ("bot.testing", "What simulated conversations are made of."),
    "emulator": ("bot.emulator", "The local Conversation API, in process."),
}


def write(folder: Path) -> None:
    """Write all pages into the folder."""
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """The text of each page, by its name."""
    about_modules = {name: module_page(*described) for name, described in MODULES.items()}
    own = {"commands": commands_page(), "settings": settings_page(), "words": words_page()}
    return own | about_modules


def write_markdown(docs: Path, site: Path) -> None:
    """Put the Markdown of each page beside it, and `llms.txt`, which lists them for programs."""
    for page in docs.rglob("*.md"):
        shutil.copy(page, site / page.relative_to(docs))
    (site / "llms.txt").write_text(llms_txt(docs), encoding="utf-8")


def llms_txt(docs: Path) -> str:
    """The pages in the order of the navigation, each with its first paragraph; see llmstxt.org."""
    import yaml  # type: ignore[import-untyped]  # comes with what builds the site

    config = yaml.safe_load((docs.parent / "mkdocs.yml").read_text(encoding="utf-8"))
    text = [f"# {config['site_name']}\n", f"> {config['site_description']}\n"]
    alone = [each for each in config["nav"] if not _under(each)]
    groups = [(next(iter(each)), _under(each)) for each in config["nav"] if _under(each)]
    for title, pages in (("Begin", alone), *groups):
        text += [f"## {title}\n", *(_entry(docs, page) for page in pages), ""]
    return "\n".join(text)


def _under(entry: Any) -> list[Any]:
    """The pages of a group of the navigation; none if it is a page."""
    found = next(iter(entry.values())) if isinstance(entry, dict) else entry
    return found if isinstance(found, list) else []


def _entry(docs: Path, page: Any) -> str:
    path = str(next(iter(page.values())) if isinstance(page, dict) else page)
    heading, *paragraphs = re.split(r"\n\s*\n", (docs / path).read_text(encoding="utf-8").strip())
    title = heading.removeprefix("# ").strip("`")
    about = next((each for each in paragraphs if not each.startswith(("#", "<!--", "|"))), "")
    return f"- [{title}]({path}): {' '.join(about.split())}"


def own_words() -> str:
    """The words of the bot's global commands as a table, a column for each language."""
    rows = [["command", *LANGUAGES]]
    rows.append(["help", *(_in_quotes(BY_LANGUAGE[tag].help) for tag in LANGUAGES)])
    for name, words in WORDS.items():
        rows.append([name, *(_in_quotes(words[tag]) for tag in LANGUAGES)])
    return _table(rows)


def words_page() -> str:
    """Return the words for STOP, START and help as a page with a table of languages."""
    text = [
        "# Words for STOP, START and help\n",
        "The words of all languages count for every contact. Case and accents don't matter. A word",
        "of the second column opts the contact out at any time. A word of the third column also",
        "means something else: it opts the contact out only if no question waits.",
        "[Consent](../consent.md#stop-and-start-unsubscribe-opt-out) describes which other words",
        "may stand beside a word for STOP.",
        "[Languages](../languages.md#the-frameworks-own-words-and-texts) lists the words for back,",
        "cancel, agent and change.\n",
        "A flow with a word for STOP in `start_on` is not loaded, nor is a question with a word of",
        "the second column as an option.\n",
        f"With `BOT_STOP_WORDS=us`, the words {_in_quotes(US_STOP)} opt out as whole messages.\n",
    ]
    rows = [["language", "STOP", "STOP if no question waits", "START", "help"]]
    for tag, words in BY_LANGUAGE.items():
        columns = (words.stop, words.idle, words.start, words.help)
        language = f"{Locale.parse(tag).get_display_name('en')} (`{tag}`)"
        rows.append([language, *map(_in_quotes, columns)])
    return "\n".join([*text, _table([rows[0], *sorted(rows[1:])])])


def own_texts() -> str:
    """What the bot says by itself in conversations as a table, a column for each language."""
    catalogs = {tag: own_catalog(tag) for tag in LANGUAGES if tag != "en"}
    rows = [list(LANGUAGES)]
    for message in catalogs["sv"] or ():
        files = {place for place, _ in message.locations}
        if message.id and files & set(SAID_BY):
            others = [catalog.get(message.id) for catalog in catalogs.values() if catalog]
            rows.append([str(message.id), *(str(each and each.string) for each in others)])
    return _table([rows[0], *sorted(rows[1:])])


def _in_quotes(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def module_page(module: str, about: str) -> str:
    """A heading, signature and docstring for each public name, and for what a class has."""
    home = importlib.import_module(module)
    text = [f"# `{module}`\n", about, ""]
    for name in names_of(module):
        value = getattr(home, name)
        if isinstance(value, Parser):
            text += [f"## `{name}`\n", f"```python\n{name}()\n```\n"]
            text += [*_paragraphs(_below(value.read.__module__, name)), ""]
            continue
        text += [f"## `{name}`\n", _signature(name, value), *_docstring(value)]
        if isinstance(value, str):
            text += [f"`{value!r}`. {_below(home._HOME_OF[name], name)}", ""]
        if isinstance(value, type):
            text += _members(value)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(text)).rstrip() + "\n"


def _members(owner: type) -> Iterator[str]:
    """The public methods and properties of a class, as lines."""
    for name, found in vars(owner).items():
        value = getattr(found, "fget", None) or getattr(found, "__func__", found)
        is_function = inspect.isfunction(value) and value.__module__.partition(".")[0] == "bot"
        if name.startswith("_") or not is_function or not inspect.getdoc(value):
            continue
        yield f"### `{owner.__name__}.{name}`\n"
        if not isinstance(found, property):
            yield _signature(name, value)
        yield from _docstring(value)


def _docstring(value: Any) -> list[str]:
    """What a docstring says, as Markdown; nothing for values, whose types have one of their own."""
    if not (inspect.isroutine(value) or isinstance(value, type) or inspect.ismodule(value)):
        return []
    text = inspect.getdoc(value) or ""
    if isinstance(value, type) and "__doc__" not in vars(value):
        return []
    return [*_paragraphs(text), ""]


def _below(module: str, name: str) -> str:
    """Return the text below a constant in the module that defines it."""
    body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    for statement, below in pairwise(body):
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
        if ast.unparse(target) == name:
            assert isinstance(below, ast.Expr)
            assert isinstance(below.value, ast.Constant)
            return inspect.cleandoc(str(below.value.value))
    raise LookupError(f"{module} defines no {name}")


def _paragraphs(text: str) -> Iterator[str]:
    """A docstring's lines; code that is indented becomes a block, a section a list."""
    for block in text.split("\n\n"):
        lines = block.splitlines()
        if re.fullmatch(r"(Raises|Args|Returns|Yields):", lines[0] if lines else ""):
            yield f"{lines[0]}\n"
            yield from _entries(lines[1:])
        else:
            yield from lines
        yield ""


def _entries(lines: list[str]) -> Iterator[str]:
    """The entries of a section, each a line of a list."""
    for line in lines:
        inner = line.removeprefix("    ")
        is_new = not inner.startswith(" ")
        name, colon, rest = inner.partition(": ")
        if is_new and colon:
            yield f"- `{name}`: {rest}"
        else:
            yield f"  {inner.strip()}"


def _signature(name: str, value: Any) -> str:
    """How it is called, as a block of Python; nothing for what isn't."""
    if not callable(value) or (isinstance(value, type) and issubclass(value, Exception)):
        return ""
    try:
        found = inspect.signature(value)
    except ValueError:
        return ""
    told: list[str] = []
    for one in found.parameters.values():
        if one.name in ("self", "cls"):
            continue
        if one.name in SAID_BY_METHODS and isinstance(value, type) and issubclass(value, Message):
            continue
        if one.kind is one.KEYWORD_ONLY and "*" not in "".join(told):
            told.append("*")
        text = re.sub(r"\b(?:[a-z_]+\.)+(?=\w)", "", str(one))  # names without their modules
        told.append(re.sub(r"<(?:function (\w+))?.*>$", r"\1", text))
    begins = f"await {name}" if inspect.iscoroutinefunction(value) else name
    line = f"{begins}({', '.join(told)})"
    if len(line) > WIDTH:
        line = f"{begins}(\n" + "".join(f"    {one},\n" for one in told) + ")"
    return f"```python\n{line}\n```\n"


def names_of(module: str) -> list[str]:
    """Those in `__all__`, or else those defined there that don't begin with an underscore."""
    found = importlib.import_module(module)
    if hasattr(found, "__all__"):
        return sorted(found.__all__, key=str.lower)
    return [
        name
        for name, value in vars(found).items()
        if getattr(value, "__module__", "") == module and not name.startswith("_")
    ]


def commands_page() -> str:
    """All commands, each with its arguments and options."""
    text = [
        "# Commands\n",
        "Each command takes `-h` or `--help`. The exit status is 0 if the command succeeded, 1 if",
        "it failed (a line on standard error has the reason), and 2 if its arguments are wrong.",
        "`python -m bot` is the same as `bot`. Settings are read from the environment, and then",
        "from `.env`: see [settings](settings.md).\n",
    ]
    for path, command in commands():
        # The usage must not depend on the width of the terminal.
        context = command.context_class(command, info_name=path, terminal_width=78)
        text += [f"## `{path}`\n", (command.help or "").replace("\b", ""), ""]
        text += ["```text", command.get_usage(context).removeprefix("Usage: "), "```\n"]
        rows = [_row(one, context) for one in command.params if one.name != "help"]
        if rows:
            text += ["| argument or option | default | what it does |", "|---|---|---|", *rows, ""]
    return "\n".join(text)


def commands() -> Iterator[tuple[str, Any]]:
    """Each command that does something, with what is typed to reach it."""

    def within(path: str, command: Any) -> Iterator[tuple[str, Any]]:
        under = getattr(command, "commands", None)
        if under is None:
            yield path, command
        for name, one in (under or {}).items():
            yield from within(f"{path} {name}", one)

    yield from within("bot", tree())


def tree() -> Any:
    """The command `bot`, with `bot emulator` itself where words are only handed on to it."""
    found: Any = typer.main.get_command(cli.app)
    alone = typer.Typer(add_completion=False)
    alone.command()(emulator)
    found.commands["emulator"] = typer.main.get_command(alone)
    return found


def _row(parameter: Any, context: Any) -> str:
    """An argument or option as a line of a table."""
    name, _ = parameter.get_help_record(context)
    name = re.sub(r"list\[(\w+)\]| range", r"\1", name)
    given = parameter.default if isinstance(parameter.default, list) else [parameter.default]
    default = ", ".join(str(one) for one in given if one is not None and one is not False)
    about = [parameter.help or "", f"Also `{parameter.envvar}`." if parameter.envvar else ""]
    cells = [f"`{name}`", f"`{default}`" if default else "", " ".join(about)]
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def settings_page() -> str:
    """What `.env.example` says, a heading for each group of variables."""
    _, *groups = (ROOT / ".env.example").read_text().strip().split("\n\n")
    text = [
        "# Settings: environment variables\n",
        "Variables of the environment, or lines of a file `.env`; the environment takes",
        "precedence. Times are in seconds.\n",
    ]
    for group in groups:
        variables = re.findall(r"^# ([A-Z_]+)=(.*)$", group, re.MULTILINE)
        text.append("## " + ", ".join(f"`{name}`" for name, _ in variables) + "\n")
        text += [_comment(group), ""]
        defaults = [f"`{name}={default}`" for name, default in variables if default]
        if defaults:
            text += ["Default: " + ", ".join(defaults) + ".\n"]
    return "\n".join(text)


def _comment(group: str) -> str:
    lines = [line.removeprefix("#").strip() for line in group.splitlines()]
    return "\n".join(line for line in lines if not re.match(r"[A-Z_]+=", line))


if __name__ == "__main__":
    if sys.argv[1:]:
        write_markdown(ROOT / "docs", Path(sys.argv[1]))
        add_words(Path(sys.argv[1]))
    else:
        write(ROOT / "docs" / "reference")
