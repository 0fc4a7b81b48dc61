"""Writes the catalogs that translators fill in, and finds missing and wrong translations."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Entry
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from bot.errors import ConfigError
from bot.flow.load import Flows
from bot.flow.option_names import clashes
from bot.flow.places import short
from bot.flow.states import Ask
from bot.flow.static_messages import data_said
from bot.flow.switch import SWITCH
from bot.i18n.date_forms import unknown_forms
from bot.i18n.languages import (
    FRAMEWORK,
    OWN,
    Unfilled,
    catalog_files,
    domain_of,
    own_catalog,
    read_catalog,
    speaking,
    translated,
)
from bot.i18n.translatable_fields import texts_of
from bot.messages import as_message
from bot.settings import Settings

KEYWORDS = {"_": None, "ngettext": (1, 2)}

_UNFILLED = (b" VERSION\\n", b"EMAIL@ADDRESS", b"YEAR-MO-DA", b"LL@li.org")
"""Placeholders that Babel writes into the header of a catalog, and that nobody fills in."""

Forms = str | list[str] | tuple[str, ...] | None


def update(flows: Flows, begun: Sequence[str], now: datetime) -> Iterator[str]:
    """Write the templates, update the existing catalogs, and create catalogs for the languages in
    `begun`.

    Yield a line for each catalog, with the number of its untranslated texts. A file without changes
    is not written.

    Raises:
        ConfigError: a language in `begun` is unknown.
    """
    folder = flows.languages.folder
    for language in begun:
        _locale(language)
    languages = dict.fromkeys([*catalog_files(folder), *begun])
    for name, entries in texts(flows).items():
        template = _catalog(name, None, entries, now)
        _write(folder / "locale" / f"{name}.pot", template)
        for language in languages:
            path = folder / "locale" / language / "LC_MESSAGES" / f"{name}.po"
            wanted = list(_without_own(name, language, entries))
            if not wanted and not path.exists():
                continue
            if path.exists():
                catalog = read_catalog(path, language)
                catalog.update(_catalog(name, None, wanted, now), update_header_comment=False)
            else:
                catalog = _catalog(name, _locale(language), wanted, now)
            _write(path, catalog)
            left = sum(not _is_translated(catalog, each.id) for each in wanted)
            yield f"{short(path)}: {len(wanted)} texts, {left} to translate"


def missing(flows: Flows) -> Iterator[str]:
    """Yield an error for each missing or wrong translation in the languages that have catalogs."""
    folder = flows.languages.folder
    yield from _not_read(folder)
    found = texts(flows) if list(flows.languages) else {}
    for language, files in catalog_files(folder).items():
        for name in files.keys() - found.keys() - _modules(flows) - {FRAMEWORK}:
            yield (
                f"{short(files[name])}: there is no module {name!r} in {short(folder)}. Name a"
                " catalog after the module whose texts it translates, such as"
                f" {next(iter(found), 'orders')}.po."
            )
        for name, entries in found.items():
            path = folder / "locale" / language / "LC_MESSAGES" / f"{name}.po"
            catalog = read_catalog(path, language) if name in files else Catalog(language)
            for entry in _without_own(name, language, entries):
                if error := error_of(catalog, entry):
                    where = entry.auto_comments or [file for file, _ in entry.locations]
                    present = catalog.get(_source(entry.id))
                    line = f":{present.lineno}" if present and present.lineno else ""
                    yield f"{short(path)}{line}: {_source(entry.id)!r} ({where[0]}) {error}"
        yield from _replaced(found, language, files)
        yield from _clashing(flows, language)


def unfilled(flows: Flows, noted: Iterable[Unfilled]) -> Iterator[str]:
    """Yield an error for each translation in `noted`.

    Values could not be filled into these translations.
    """
    folder = flows.languages.folder
    for text, tag, why in dict.fromkeys(noted):
        for language, files in catalog_files(folder).items():
            if language.replace("_", "-").lower() != tag.replace("_", "-").lower():
                continue
            for path in files.values():
                for entry in read_catalog(path, language):
                    if text in _forms(entry.id) and any(_forms(entry.string)):
                        yield (
                            f"{short(path)}:{entry.lineno}: {text!r} has a translation that can't"
                            f" be filled: {why.removesuffix('.')}. Write the braces as in the text,"
                            " or a format that the value accepts."
                        )


def _replaced(
    found: Mapping[str, list[Entry]], language: str, files: Mapping[str, Path]
) -> Iterator[str]:
    """Yield an error for each text of the framework that a flow's catalog translates differently.

    In this flow, the framework's own messages would use the flow's translation.
    """
    catalogs = [read_catalog(files[FRAMEWORK], language)] if FRAMEWORK in files else []
    catalogs += [each for each in [own_catalog(language)] if each]
    own = {_source(each.id) for each in found.get(FRAMEWORK, ())}
    for name, path in files.items():
        for entry in read_catalog(path, language) if name != FRAMEWORK else ():
            if not entry.id or entry.fuzzy or _source(entry.id) not in own:
                continue
            known = [each.get(_source(entry.id)) for each in catalogs]
            ours = [each.string for each in known if each and any(_forms(each.string))]
            if any(_forms(entry.string)) and ours and entry.string != ours[0]:
                yield (
                    f"{short(path)}:{entry.lineno}: {_source(entry.id)!r} is also a text of the bot"
                    f" itself, translated as {ours[0]!r} in {language}. In this flow, the bot's own"
                    " messages would use your translation, too. Write another text in the flow, or"
                    f" translate the text for all flows in {FRAMEWORK}.po."
                )


def _not_read(folder: Path) -> Iterator[str]:
    """Yield catalogs that are never read, because they are in a wrong folder."""
    read = {path for files in catalog_files(folder).values() for path in files.values()}
    beside = folder.parent / "locale"
    for path in sorted([*folder.rglob("*.po"), *beside.rglob("*.po")]):
        if path not in read:
            yield (
                f"{short(path)} is not read. Catalogs are read from"
                f" {short(folder)}/locale/LANGUAGE/LC_MESSAGES/MODULE.po."
            )


def _modules(flows: Flows) -> set[str]:
    """Return the names of all modules in the folder of the flows, with dots instead of slashes."""
    folder = flows.languages.folder
    return {
        ".".join(each.relative_to(folder).with_suffix("").parts) for each in folder.rglob("*.py")
    }


def texts(flows: Flows) -> dict[str, list[Entry]]:
    """Return the translatable texts of each catalog: the texts of asks, and the texts that code
    marks by `_` or `ngettext`.
    """
    found: dict[str, Catalog] = {}
    folder, package = flows.languages.folder, flows.languages.package
    for path in sorted(folder.rglob("*.py")):
        inner = path.relative_to(folder).with_suffix("").parts
        module = ".".join(inner[:-1] if inner[-1] == "__init__" else inner) or package
        _add_marked(found.setdefault(module, Catalog()), path)
    own = found.setdefault(FRAMEWORK, Catalog())
    for entry in _own_marked():
        own.add(entry.id, locations=entry.locations, auto_comments=entry.auto_comments)
    apology = Settings.variables()["BOT_APOLOGY"]
    own.add(apology, auto_comments=["when a turn fails"])
    for definition in (*flows, flows[SWITCH]):
        module = FRAMEWORK if definition.name == SWITCH else domain_of(definition.module, package)
        catalog = found.setdefault(module, Catalog())
        seen: set[int] = set()
        for state, ask, what, question in data_said(definition):
            where = f"{definition.model.__name__}.{state}"
            for text in [] if callable(question) else texts_of(as_message(question)):
                catalog.add(text, auto_comments=[f"{where}: {what}"])
            for key, option in ask.options.items() if id(ask) not in seen else ():
                catalog.add(option.label, auto_comments=[f"{where}: option {key}"])
            if ask.label and id(ask) not in seen:
                catalog.add(
                    ask.label,
                    auto_comments=[f"{where}: what contacts call this answer when they change it"],
                )
            for label in ask.accept.labels if ask.accept and id(ask) not in seen else ():
                catalog.add(label, auto_comments=[f"{where}: answer"])
            seen.add(id(ask))
    return {name: entries for name, each in found.items() if (entries := [m for m in each if m.id])}


@cache
def _own_marked() -> tuple[Entry, ...]:
    """Return the marked texts of the framework, whose files do not change while a process runs."""
    catalog = Catalog()
    for path in sorted(OWN.rglob("*.py")):
        if b"from bot.i18n.languages import" in path.read_bytes():
            _add_marked(catalog, path)
    return tuple(each for each in catalog if each.id)


def _add_marked(catalog: Catalog, path: Path) -> None:
    marked = extract_from_file("python", path, KEYWORDS, comment_tags=("Translators:",))
    for _, text, comments, _ in marked:
        catalog.add(text, locations=[(path.name, 0)], auto_comments=comments)


def _catalog(name: str, locale: Locale | None, entries: Iterable[Entry], now: datetime) -> Catalog:
    head = f"# Texts of {name}."
    made = Catalog(locale, name, head, name, creation_date=now, fuzzy=False)
    for entry in entries:
        made.add(entry.id, locations=entry.locations, auto_comments=entry.auto_comments)
    return made


def _without_own(name: str, language: str, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries that the project must translate, because the framework has no
    translation.
    """
    own = own_catalog(language) if name == FRAMEWORK else None
    return (entry for entry in entries if not (own and _is_translated(own, entry.id)))


def _is_translated(catalog: Catalog, text: Forms) -> bool:
    entry = catalog.get(_source(text))
    if entry is None or entry.fuzzy:
        return False
    forms = _forms(entry.string)
    return all(forms) and (isinstance(text, str) or len(forms) == catalog.num_plurals)


def error_of(catalog: Catalog, entry: Entry) -> str:
    """Return the error in the translation of a text; "" if the translation can be used."""
    present = catalog.get(_source(entry.id))
    if present is None:
        return "isn't translated. Run `bot messages extract`, and translate it."
    if present.fuzzy and any(_forms(present.string)):
        return (
            "is marked as fuzzy, so its translation is not used. Check the translation, then remove"
            " the word fuzzy from the line above the text."
        )
    if not _is_translated(catalog, entry.id):
        return "isn't translated. Write the translation into msgstr."
    known, used = _names(entry.id), _names(present.string)
    if known and used is None:
        return "has unclosed braces in its translation."
    if known and used and used - known:
        unknown = ", ".join(sorted(used - known))
        return f"has {{{unknown}}} in its translation, but the text has no {{{unknown}}}."
    if isinstance(entry.id, str) and known and used is not None and known - used:
        lost = ", ".join(sorted(known - used))
        return f"lacks {{{lost}}} in its translation."
    for form in _forms(present.string) if known else ():
        for error in unknown_forms(form):
            return f"has a translation in which {error}"
    return ""


def _names(forms: Forms) -> set[str] | None:
    """Return the names in the braces of a text; None if the braces do not match."""
    try:
        return {name for form in _forms(forms) for _, name, _, _ in Formatter().parse(form) if name}
    except ValueError:
        return None


def _clashing(flows: Flows, language: str) -> Iterator[str]:
    """Yield an error for each option whose translated label also stands for another option."""
    for definition in flows:
        with speaking(partial(flows.languages.find, language, definition.module)):
            for name, ask in definition.states.items():
                for key, label, other in _numbers(ask) if isinstance(ask, Ask) else ():
                    yield (
                        f"{definition.at(name)}: in {language}, option {key!r} is {label!r}, which"
                        f" is the number of option {other!r}. Change the translation."
                    )
                for one, other, word in clashes(ask) if isinstance(ask, Ask) else ():
                    yield (
                        f"{definition.at(name)}: in {language}, the word {word!r} names two"
                        f" options, {one!r} and {other!r}. Change the translation of one of them."
                    )


def _numbers(ask: Ask) -> Iterator[tuple[str, str, str]]:
    """For each option whose translated label is the number of another option, yield the option, the
    label, and the other option.
    """
    keys = list(ask.options)
    for key, option in ask.options.items():
        label = translated(option.label)
        if label.isdecimal() and label != option.label and 1 <= int(label) <= len(keys):
            other = keys[int(label) - 1]
            if other != key:
                yield key, label, other


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError) as error:
        raise ConfigError(
            f"{language!r} is not a language; write a code such as sv or pt_BR."
        ) from error


def _write(path: Path, catalog: Catalog) -> None:
    file = BytesIO()
    write_po(file, catalog, include_lineno=False, width=100)
    lines = file.getvalue().splitlines(keepends=True)
    written = b"".join(line for line in lines if not any(map(line.__contains__, _UNFILLED)))
    before = path.read_bytes() if path.exists() else b""
    if _without_dates(before) != _without_dates(written):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)


def _without_dates(written: bytes) -> list[bytes]:
    return [line for line in written.splitlines() if b"-Date: " not in line]


def _forms(forms: Forms) -> tuple[str, ...]:
    return (forms,) if isinstance(forms, str) else tuple(forms or ("",))


def _source(text: Forms) -> str:
    return _forms(text)[0]
