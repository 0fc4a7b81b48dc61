"""Parsers of phone numbers and e-mail addresses."""

import re

from bot.errors import FlowError
from bot.i18n.languages import _
from bot.i18n.locales import region_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.normalize import UNSEEN_IN_NUMBERS, said


def phone(*, region: str = "") -> Parser[str]:
    """Parse a phone number. The value is in E.164, such as "+46701234567".

    Words around the number are ignored. A number without a country code belongs to `region`, an
    ISO code such as "SE". The default is the region of the contact's locale. An answer with an
    invalid number or with two numbers is not understood. A number with an extension is not
    understood, because E.164 cannot represent extensions.

    Raises:
        FlowError: `region` is not two capital letters. An unknown region is reported when the
            parser is first used.
    """
    if region and not re.fullmatch("[A-Z]{2}", region):
        raise FlowError(
            f"parse.phone(region={region!r}): the region must be an ISO code in capital letters,"
            " such as 'SE'."
        )

    def read(answer: Answer) -> str:
        import phonenumbers

        home = region or region_of(answer.locale)
        if region and region not in phonenumbers.SUPPORTED_REGIONS:
            raise FlowError(f"parse.phone(region={region!r}): no such region; Britain is 'GB'.")
        hint = _phone_hint(home)
        # Two zeros are the international prefix in most countries, whatever the locale is.
        typed = re.sub(r"^00(?=[1-9])", "+", said(answer, hint, longest=100))
        # WhatsApp still has a 1 in Mexican numbers, which has not been dialed since 2019.
        typed = re.sub(r"\+52\s?1\s?(?=(?:\d\s?){10}(?!\d))", "+52", typed)
        found = list(phonenumbers.PhoneNumberMatcher(typed, home))
        # The second of two numbers may be mistyped, or of a kind that the library does not know.
        possible = phonenumbers.PhoneNumberMatcher(
            typed, home, leniency=phonenumbers.Leniency.POSSIBLE
        )
        several = sum(len(re.findall(r"\d", each.raw_string)) > 6 for each in possible) > 1
        if len(found) != 1 or found[0].number.extension or several:
            raise NotUnderstood(hint)
        return str(phonenumbers.format_number(found[0].number, phonenumbers.PhoneNumberFormat.E164))

    return Parser(str, read)


def _phone_hint(region: str) -> str:
    import phonenumbers

    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        return _("Please give a phone number with its country code.")
    example = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return _(
        "Please give a phone number with its country code, such as {example}.", example=example
    )


_ADDRESS = re.compile(r"[^\s<>()\",;:]+@[^\s<>()\",;:]+")
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'"))
# "Anna berg@example.com" is more likely a broken address than an address after a name.
_INTRODUCED = re.compile(
    r"(?:^|[:<(\"']|\b(?:is|it's|its|at|to|e-?mail|mail|address|är|adress|ist|lautet|adresse|hier"
    r"|es|correo|aquí|est|voici|c'est|mailto|på|unter)"
    r"|\b(?:yes|yeah|yep|sure|ok|okay|ja|gerne|oui|sí|claro)[,.!]?)\s*$",
    re.IGNORECASE,
)
_LABEL = r"[^\s<>()\[\]{}\",;:@]+"
_DOT = r"(?:\s+(?:dot|punkt|point|punto)\s+|\s*[\[({](?:dot|punkt|point|punto)[\])}]\s*)"
_DICTATED = re.compile(
    rf"(?P<local>{_LABEL}(?:{_DOT}{_LABEL})*)"
    r"(?:\s*@\s*|\s*[\[({](?:at|ät|a|@)[\])}]\s*|\s+(?:ät|arroba|arobase|snabel-?a|klammeraffe)\s+"
    r"|(?P<at>\s+at\s+))"
    rf"(?P<domain>{_LABEL}(?:{_DOT}{_LABEL})*)[.!?]?$",
    re.IGNORECASE,
)
# "Look at example dot com" is not an address.
_BEFORE_PLACES = frozenset(["am", "i'm", "im", "is", "it's", "its", "look", "me", "us", "find"])


def _read_email(answer: Answer) -> str:
    from email_validator import EmailNotValidError, validate_email

    hint = _("Please give an e-mail address, such as name@example.com.")
    typed = said(answer, hint, longest=320).translate(_APOSTROPHES).translate(UNSEEN_IN_NUMBERS)
    address = _written(typed) or _dictated(typed)
    if not address:
        raise NotUnderstood(hint)
    try:
        return validate_email(address, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        raise NotUnderstood(hint) from None


def _written(typed: str) -> str:
    """Return the only address in `typed`; "" if there is none, or if it may be broken."""
    found = list(_ADDRESS.finditer(typed))
    if "@" in _ADDRESS.sub("", typed):
        return ""
    if len({each[0] for each in found}) != 1 or not _INTRODUCED.search(typed[: found[0].start()]):
        return ""
    address = found[0][0].strip("'.!?").removeprefix("mailto:")
    return address if "." in address.partition("@")[2] else ""


def _dictated(typed: str) -> str:
    """Return the address in "anna at example dot com" or "anna @ example.com"; "" if there is
    none.
    """
    match = _DICTATED.search(typed)
    if not match or "@" in typed[: match.start()] or not _INTRODUCED.search(typed[: match.start()]):
        return ""
    if match["at"] and not re.search(_DOT, match["domain"]):
        return ""
    if match["local"].casefold() in _BEFORE_PLACES:
        return ""
    local, domain = (re.sub(_DOT, ".", match[name], flags=re.I) for name in ("local", "domain"))
    return f"{local}@{domain}".rstrip(".!?")


email: Parser[str] = Parser(str, _read_email)
"""Parse an e-mail address, alone or after words such as "my address is".

A dictated address is understood, too: "anna at example dot com", "anna arroba example punto es".
The domain of the address becomes lower case. An answer with two addresses is not understood. An
address after a name, such as "Anna berg@example.com", is not understood. Only the format of the
address is checked.
"""
