"""Parser of plain text."""

import re
import unicodedata

from bot.errors import FlowError
from bot.i18n.languages import _
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.normalize import UNSEEN, UNSEEN_IN_NUMBERS


def text(
    *,
    min_length: int = 1,
    max_length: int = 4_000,
    pattern: str | re.Pattern[str] = "",
    hint: str = "",
) -> Parser[str]:
    """Parse any text. The value is the text as written, trimmed, without invisible characters.

    `min_length` and `max_length` are numbers of characters. `pattern` is a regular expression that
    the whole text has to match. `hint` is the reply if the text does not match `pattern`, e.g.
    `_("Please give a postal code of five digits.")`.

    Raises:
        FlowError: `pattern` is not a regular expression, or `min_length` and `max_length`
            contradict each other.
    """
    if not 0 < min_length <= max_length:
        raise FlowError(
            f"parse.text(min_length={min_length}, max_length={max_length}) accepts no text."
            " min_length must be at least 1, and max_length at least min_length."
        )
    try:
        form = re.compile(pattern) if pattern else None
    except re.error as exc:
        raise FlowError(f"parse.text(pattern={pattern!r}): {exc}.") from exc

    def read(answer: Answer) -> str:
        if len(answer.text) > max_length:
            raise NotUnderstood(_("Please write at most {count} characters.", count=max_length))
        found = answer.text.translate(UNSEEN).strip()
        if len(found) < min_length:
            if min_length == 1:
                raise NotUnderstood(_("Please write a text."))
            raise NotUnderstood(_("Please write at least {count} characters.", count=min_length))
        # The pattern is matched with letters and spaces as an author types them.
        if form and not form.fullmatch(
            unicodedata.normalize("NFKC", found.translate(UNSEEN_IN_NUMBERS))
        ):
            raise NotUnderstood(_(hint) or _("Please check the format of your answer."))
        return found

    return Parser(str, read)
