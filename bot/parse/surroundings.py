"""Removes what phones and people add to a message: signatures, and closings with a name."""

import re

MAX_SIGNATURE_CHARS = 200
"""Maximum number of characters of a signature. A longer last line is a part of the message."""

_DEVICES = r"""
    iphone ipad ios android samsung galaxy huawei xiaomi pixel blackberry outlook yahoo gmail telia
    mobil\w* handy smartphone cell\w* phone tablet m[oó]vil celular t[eé]l[eé]phone telefon\w*
    puhelime\w* телефон\w*
"""
_VERBS = """
    sent get skickat skickades gesendet von envoy[eé]e? enviado inviato verzonden verstuurd sendt
    l[aä]hetetty wys[lł]an[eo] отправлено g[oö]nderildi
"""
_CLOSINGS = (
    *("(?:all the |with )?(?:best|kind|warm) (?:regards|wishes)", "regards", "best", "cheers"),
    *("thanks", "thank you", "many thanks", "sincerely", "yours", "love", "mvh", "tack", "kram"),
    *("v[aä]nliga h[aä]lsningar", "med v[aä]nlig h[aä]lsning", "h[aä]lsningar", "vg", "lg", "mfg"),
    *("(?:viele |liebe |beste )?gr(?:ü|ue)(?:ß|ss)e", "gru(?:ß|ss)", "danke"),
    *("mit freundlichen gr(?:ü|ue)(?:ß|ss)en", "(?:un )?saludos?", "atentamente", "gracias"),
    *("(?:bien )?cordialement", "cdlt", "bises", "bisous", "merci"),
)
_WORD = r"[^\W\d_][\w.'-]{0,30}"

_SENT = re.compile(
    rf"(?:{'|'.join(_VERBS.split())})\b.{{0,60}}?\b(?:{'|'.join(_DEVICES.split())})\b.{{0,60}}",
    re.IGNORECASE,
)
_RULE = re.compile(r"(?:--|__|\u2014)\s*")
_CLOSING = re.compile(
    rf"(?:{'|'.join(_CLOSINGS)})[\s,.!-]{{1,3}}{_WORD}(?: {_WORD}){{0,2}}", re.IGNORECASE
)
_NAME = re.compile(rf"[/~\u2014]{{1,2}}\s?{_WORD}(?: {_WORD})?")


def without_signature(text: str) -> str:
    """Return `text` without the lines that a phone or a mail program has added at the end.

    Lines such as "Sent from my iPhone" are removed. A line of two hyphens and everything below the
    line are removed.
    """
    if "\n" not in text:
        return text
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if at and _RULE.fullmatch(line.strip()) and any(each.strip() for each in lines[:at]):
            lines = lines[:at]
            break
    while len(lines) > 1 and (not lines[-1].strip() or _is_signature(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def without_closing(text: str) -> str:
    """Return `text` without a closing in the last line: "Best, Anna", "mvh Anna", "/Anna"."""
    lines = text.strip().split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or _is_closing(lines[-1].strip())):
        lines.pop()
    return "\n".join(lines)


def _is_signature(line: str) -> bool:
    return len(line) <= MAX_SIGNATURE_CHARS and _SENT.fullmatch(line.strip()) is not None


def _is_closing(line: str) -> bool:
    if len(line) > MAX_SIGNATURE_CHARS:
        return False
    return (_CLOSING.fullmatch(line) or _NAME.fullmatch(line)) is not None
