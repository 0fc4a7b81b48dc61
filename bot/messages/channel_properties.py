"""Channel properties: fields of a request that are settings for single channels.

The name and the value of a property are texts. The API's pages on channels list the values of some
properties. A wrong value of a listed property is reported before anything is sent. Other properties
are not checked.
"""

from collections.abc import Iterator, Mapping

from bot.messages.api_rules import Form, over, pattern

MAX_CHARS = 1024
"""Maximum number of characters of a property's value."""

MAX_OF = {"VIBER_SENDER_NAME": 28}


def _one_of(*names: str) -> Form:
    return Form("one of " + ", ".join(names), lambda value: value in names)


_FLAG = pattern("true or false", r"(?i:true|false)")

FORMS: dict[str, Form] = {
    "SMS_FLASH_MESSAGE": _FLAG,
    "SMS_MAX_NUMBER_OF_MESSAGE_PARTS": pattern("a whole number above 0", r"0*[1-9][0-9]*"),
    "MMS_STRICT_VALIDATION": _FLAG,
    "MESSENGER_MESSAGING_TYPE": _one_of("RESPONSE", "UPDATE", "MESSAGE_TAG"),
    "MESSENGER_NOTIFICATION_TYPE": _one_of("REGULAR", "SILENT_PUSH", "NO_PUSH"),
    "INSTAGRAM_MESSAGE_TAG": _one_of("HUMAN_AGENT"),
    "TELEGRAM_DISABLE_LINK_PREVIEW": _FLAG,
    "RCS_WEBVIEW_MODE": _one_of("FULL", "HALF", "TALL"),
}

KNOWN = (
    *FORMS,
    *MAX_OF,
    *("SMS_SENDER", "MMS_SENDER", "MESSENGER_MESSAGE_TAG"),
)
"""The properties that the API's pages on channels list, for hints. The API has more properties."""


def violations(properties: Mapping[str, str], at: str, who: str) -> Iterator[str]:
    """Yield an error for each wrong property. Errors do not show the property's value. `at` is the
    path of the properties.

    `who` is the channel that has the rule.
    """
    for name, value in properties.items():
        place = f"{at}.{name}"
        if not isinstance(value, str):
            yield f"{place}: not a text ({who})"
        elif (form := FORMS.get(name)) and not form.fits(value):
            yield f"{place}: not {form.words} ({who})"
        else:
            yield from over(place, value, MAX_OF.get(name, MAX_CHARS), who)
