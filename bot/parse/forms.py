"""Parser of forms that a contact fills in inside WhatsApp."""

from typing import Any

import msgspec

from bot.errors import FlowError
from bot.i18n.languages import _
from bot.parse.answer import Answer, NotUnderstood, Parser

_HINT = _("Please fill in the form.")


def form(kind: Any = dict[str, Any]) -> Parser[Any]:
    """Parse the reply to a WhatsApp Flow or an address form. The value is of type `kind`.

    `kind` is a struct, dataclass or TypedDict with the form's fields; by default a dictionary. The
    reply is a text with a JSON object. A reply that does not fit `kind` is not understood. Send the
    form with the method `specific_on("WHATSAPP", "FLOWS", …)` of a message.

    Raises:
        FlowError: `kind` is a type that JSON cannot be converted to.
    """
    try:
        decode = msgspec.json.Decoder(kind, strict=False).decode  # A form may return 2 as "2".
    except TypeError as error:
        raise FlowError(f"parse.form() takes a type that can be read from JSON: {error}") from error

    def read(answer: Answer) -> Any:
        hint = _(_HINT) if answer.channel == "WHATSAPP" else ""  # Other channels show no form.
        specific = answer.message.channel_specific_message
        reply = specific.message.get("nfm_reply") if specific else None
        given = reply.get("response_json") if isinstance(reply, dict) else None
        if not isinstance(given, str):
            raise NotUnderstood(hint)
        try:
            return decode(given)
        except (msgspec.DecodeError, RecursionError):
            # `from None`, because the error's text may repeat the contact's entries.
            raise NotUnderstood(hint) from None

    return Parser(kind, read)
