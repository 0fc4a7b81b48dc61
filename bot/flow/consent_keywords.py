"""The words by which contacts stop and start messages and ask for help, by language.

Any of them counts from anybody, as the whole message: people write in whatever language the number
was given to them in. The English ones are those that carriers in the US ask for, but for CANCEL,
END and QUIT: in a conversation these give up what is under way, and are left to the flows.
Accents may be left out, as on many keyboards they are.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.parse import fold


class ConsentKeywords(NamedTuple):
    """One language's words."""

    stop: tuple[str, ...]
    start: tuple[str, ...]
    help: tuple[str, ...]


BY_LANGUAGE: Mapping[str, ConsentKeywords] = {
    "en": ConsentKeywords(
        ("stop", "stopall", "stop all", "unsubscribe", "revoke", "optout", "opt-out", "opt out"),
        ("start", "unstop", "subscribe", "optin", "opt-in", "opt in"),
        ("help", "info"),
    ),
    "da": ConsentKeywords(("stop", "afmeld", "frameld"), ("start", "tilmeld"), ("hjælp",)),
    "de": ConsentKeywords(("stopp", "stoppen", "abmelden"), ("start", "anmelden"), ("hilfe",)),
    "es": ConsentKeywords(("parar", "baja"), ("iniciar", "alta"), ("ayuda",)),
    "fi": ConsentKeywords(("lopeta", "pysäytä"), ("aloita",), ("apua", "ohje")),
    "fr": ConsentKeywords(("arrêt", "arrêter", "désabonner"), ("démarrer", "abonner"), ("aide",)),
    "it": ConsentKeywords(("disiscrivi", "cancellami"), ("inizia", "iscrivi"), ("aiuto",)),
    "nb": ConsentKeywords(("stopp", "avslutt", "meld av"), ("start", "meld på"), ("hjelp",)),
    "nl": ConsentKeywords(("stoppen", "afmelden"), ("aanmelden",), ("hulp",)),
    "pl": ConsentKeywords(("wypisz", "rezygnuję"), ("zapisz",), ("pomoc",)),
    "pt": ConsentKeywords(("parar", "sair"), ("começar", "iniciar"), ("ajuda",)),
    "sv": ConsentKeywords(("stopp", "avsluta", "avregistrera"), ("starta",), ("hjälp",)),
}


def plain(text: str) -> str:
    """`text` as these words are compared: folded, without accents."""
    folded = fold(text)
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFD", folded)
    return "".join(each for each in apart if not unicodedata.combining(each))


def _plain(words: Iterable[tuple[str, ...]]) -> frozenset[str]:
    return frozenset(plain(each) for one in words for each in one)


STOP = _plain(each.stop for each in BY_LANGUAGE.values())
START = _plain(each.start for each in BY_LANGUAGE.values())
HELP = _plain(each.help for each in BY_LANGUAGE.values())
