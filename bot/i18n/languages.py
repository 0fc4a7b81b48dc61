"""Languages: texts in the contact's own language, from gettext catalogs.

Flows are written in one language. Catalogs for other languages are beside the flows, one for each
module: `locale/sv/LC_MESSAGES/pizza.po` has the Swedish texts of `pizza.py`. Catalogs are read
once, when the flows are loaded. Texts of asks are translated when the question is asked. Mark texts
in functions with `_` or `ngettext`; they are translated when the function runs:

    turn.say(_("That size just sold out."))
    turn.say(_("Your pizza comes at {time}.", time=time))
    turn.say(_("It's ready on {day:full}.", day=day))
    turn.say(ngettext("One pizza", "{n} pizzas", number))

A text without a translation is sent untranslated. A date or time with the form `full`, `long`,
`medium` or `short` follows the rules of the text's language.
"""

import contextlib
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from datetime import date, time
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from bot.errors import FlowError
from bot.i18n.date_forms import DateForms
from bot.i18n.translatable_fields import reworded
from bot.messages.app_message import Message

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

logger = logging.getLogger(__name__)

_LINE = re.compile(rb'(?:#.*|(?:msg\w+(?:\[\d+\])?\s*)?"(?:[^"\\]|\\.)*")?', re.DOTALL)
"""The pattern of a valid line of a catalog."""

_CHARSET = re.compile(rb"charset=([\w-]+)")
"""The pattern of the encoding in the header of a catalog."""

OWN = Path(__file__).parents[1]
"""The folder of the framework's own catalogs."""

Find = Callable[[], GNUTranslations | None]

_find: ContextVar[Find | None] = ContextVar("find", default=None)
_written: ContextVar[str] = ContextVar("written", default="en")
_unfilled: ContextVar["list[Unfilled] | None"] = ContextVar("unfilled", default=None)

M = TypeVar("M", bound=Message)


@overload
def translated(said: str, /, **values: Any) -> str: ...
@overload
def translated(said: M, /) -> M: ...
def translated(said: Any, /, **values: Any) -> Any:
    """Return `said`, a text or a message, in the language of the turn's contact.

    `values` fill the `{names}` in the text after its translation. Outside of a turn nothing is
    translated. So `_` can mark a constant at its definition, and `_(CONSTANT)` translates it at its
    use.
    """
    catalog = _catalog()
    if not said or (catalog is None and not values):
        return said
    if isinstance(said, Message):
        return reworded(said, catalog.gettext) if catalog else said
    return _filled(catalog.gettext(said) if catalog else said, said, values)


_ = translated


def ngettext(one: str, many: str, n: int, /, **values: Any) -> str:
    """Return `one` or `many` for the number `n`, in the contact's language.

    The language decides which form fits `n`. `{n}` and the other values are filled in.
    """
    catalog = _catalog()
    written = one if n == 1 else many
    found = catalog.ngettext(one, many, n) if catalog else written
    return _filled(found, written, {"n": n, **values})


@contextlib.contextmanager
def speaking(find: Find, written: str = "en") -> Iterator[None]:
    """Let `_` and `ngettext` use the catalog that `find` returns.

    `written` is the source language.

    `find` is called for each text, because a contact's language may change during a turn.
    """
    tokens = _find.set(find), _written.set(written)
    try:
        yield
    finally:
        _find.reset(tokens[0])
        _written.reset(tokens[1])


class Unfilled(NamedTuple):
    """A text, a language and the reason why the text's values cannot be filled into its
    translation.
    """

    text: str
    tag: str
    why: str


@contextlib.contextmanager
def noting_unfilled() -> Iterator[list[Unfilled]]:
    """Yield a list to which this context adds each translation that cannot be filled.

    Inside the context these translations are not logged.
    """
    found: list[Unfilled] = []
    token = _unfilled.set(found)
    try:
        yield found
    finally:
        _unfilled.reset(token)


class Languages:
    """The catalogs of a package of flows, by language and by module."""

    def __init__(
        self,
        package: str = "",
        folder: Path = Path(),
        catalogs: Mapping[str, Mapping[str, GNUTranslations]] | None = None,
    ) -> None:
        self.package = package
        self.folder = folder
        self._catalogs = dict(catalogs or {})

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalogs)

    def find(self, tag: str, module: str = "") -> GNUTranslations | None:
        """Return the catalog for a BCP 47 tag, or for the longest beginning of the tag that has a
        catalog.

        Texts of `module` take precedence over texts of other modules.
        """
        subtags = _plain(tag).split("-")[:4]
        for end in range(len(subtags), 0, -1):
            found = self._catalogs.get("-".join(subtags[:end]))
            if found is not None:
                return found.get(domain_of(module, self.package)) or found[""]
        return None


def domain_of(module: str, package: str) -> str:
    """Return the name of a module's catalog: the module's name within the package of flows."""
    return module.removeprefix(f"{package}.")


def catalog_files(folder: Path) -> dict[str, dict[str, Path]]:
    """Return the catalog files in a package's folder, by language and by module."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted((folder / "locale").glob("*/LC_MESSAGES/*.po")):
        found.setdefault(path.parent.parent.name, {})[path.stem] = path
    return found


def read_languages(package: str, folder: Path) -> Languages:
    """Return the catalogs of a package of flows in `folder`.

    Raises:
        FlowError: a catalog cannot be read, or its folder's name is not a language.
    """
    found: dict[str, dict[str, GNUTranslations]] = {}
    for language, files in catalog_files(folder).items():
        catalogs = {name: read_catalog(path, language) for name, path in files.items()}
        own = own_catalog(language)
        # A flow's "More" must not replace the framework's own "More" in other flows.
        chosen = [catalogs[FRAMEWORK]] if FRAMEWORK in catalogs else []
        rest = _compiled(_merged([*chosen, *([own] if own else []), *catalogs.values()]))
        found[_plain(language)] = {"": rest}
        for name, catalog in catalogs.items():
            compiled = _compiled(catalog)
            compiled.add_fallback(rest)
            found[_plain(language)][name] = compiled
    return Languages(package, folder, found)


FRAMEWORK = "bot"
"""The name of the catalog with the framework's own texts. A project's catalog of the same name
replaces these texts.
"""


def own_catalog(language: str) -> "Catalog | None":
    """Return the framework's own catalog of a language; None if there is no such catalog."""
    for name in (language, language.partition("_")[0]):
        path = OWN / "locale" / name / "LC_MESSAGES" / "bot.po"
        if path.exists():
            return read_catalog(path, name)
    return None


def read_catalog(path: Path, language: str) -> "Catalog":
    """Read one catalog.

    Raises:
        FlowError: the catalog cannot be read, or there is no such language.
    """
    from babel import Locale, UnknownLocaleError
    from babel.messages.pofile import PoFileError, read_po

    try:
        locale = Locale.parse(language)
        if set(language) & {".", "@"}:  # Babel accepts these signs, but no language tag has them.
            raise ValueError(language)
    except (UnknownLocaleError, ValueError) as error:
        raise FlowError(
            f"{path}: {language!r} is not a language. Name the folder by a code such as sv or"
            " pt_BR."
        ) from error
    written, seen = path.read_bytes(), set[bytes]()
    charset = _CHARSET.search(written)
    try:
        written.decode(charset[1].decode() if charset else "utf-8")
    except LookupError as error:
        raise FlowError(
            f"{path}: the charset in the catalog's header is unknown. Write charset=UTF-8."
        ) from error
    except UnicodeDecodeError as error:
        line_number = written.count(b"\n", 0, error.start) + 1
        raise FlowError(
            f"{path}:{line_number}: this line is not encoded in"
            f" {charset[1].decode() if charset else 'UTF-8'}, the encoding of the catalog. Save the"
            " file as UTF-8, with charset=UTF-8 in the header."
        ) from error
    for number, line in enumerate(written.splitlines(), 1):
        if not _LINE.fullmatch(line.strip()):
            raise FlowError(
                f"{path}:{number}: it can't be read as a gettext catalog: the line is neither a"
                " comment nor a text in quotes. Close the quotes."
            )
        if line.startswith(b'msgid "') and len(line) > len(b'msgid ""'):
            if line in seen:
                text = line[6:].decode(errors="replace")
                raise FlowError(
                    f"{path}:{number}: the catalog has {text} twice. Delete one of the two entries."
                )
            seen.add(line)
    try:
        return read_po(BytesIO(written), locale=locale, domain=path.stem, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise FlowError(
            f"{path} can't be read as a gettext catalog: {error}. A text with a plural needs as"
            " many msgstr[…] lines as nplurals says in the catalog's header."
            if "num_plurals" in str(error)
            else f"{path} can't be read as a gettext catalog: {error}"
        ) from error


def _merged(catalogs: "list[Catalog]") -> "Catalog":
    from babel.messages.catalog import Catalog

    merged = Catalog(catalogs[0].locale)
    for catalog in catalogs:
        for message in catalog:
            if message.id and message.id not in merged and not message.fuzzy:
                merged.add(message.id, message.string)
    return merged


def _compiled(catalog: "Catalog") -> GNUTranslations:
    from babel.messages.mofile import write_mo

    file = BytesIO()
    write_mo(file, catalog)
    file.seek(0)
    return GNUTranslations(file)


def _catalog() -> GNUTranslations | None:
    find = _find.get()
    return find() if find else None


def _tag() -> str:
    """Return the language in which the turn sends texts now."""
    catalog = _catalog()
    return (catalog.info().get("language") if catalog else "") or _written.get()


def _filled(text: str, written: str, values: Mapping[str, Any]) -> str:
    """Return `text` with its values filled in. If a translator's mistake prevents this, return
    `written` with its values filled in, so that the turn does not fail.
    """
    if not values:
        return text
    tag = _tag()
    values = {
        name: DateForms(value, tag) if isinstance(value, date | time) else value
        for name, value in values.items()
    }
    try:
        return text.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        if text == written:
            reason = error if isinstance(error, ValueError) else repr(error)
            raise FlowError(
                f"The text {written!r} can't be filled: {str(reason).removesuffix('.')}."
            ) from error
        why = str(error) if isinstance(error, ValueError) else repr(error)
        if (noted := _unfilled.get()) is not None:
            noted.append(Unfilled(written, tag, why))
            return written.format(**values)
        logger.warning(
            "The translation of %r into %s can't be filled with its values, so the text is"
            " sent as it is written in the flow: %s",
            written,
            tag,
            why,
            extra={"action": "translation"},
        )
        return written.format(**values)


def _plain(tag: str) -> str:
    return tag.replace("_", "-").lower()
