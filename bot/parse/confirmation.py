"""Parser of yes or no, in the contact's language."""

from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.grammar.verdict import verdict_of
from bot.parse.normalize import said


def yes_no() -> Parser[bool]:
    """Parse yes (True) or no (False).

    The parser accepts words of the contact's language and of English, and signs such as 👍 and 👎.
    Polite words are ignored. An answer with any other word, such as "yes, but later", is not
    understood.
    """

    def read(answer: Answer) -> bool:
        hint = _("Please answer yes or no.")
        typed = answer.postback or said(answer, hint, longest=100)
        verdict = meaning(typed, answer.locale)
        if verdict is None:
            raise NotUnderstood(hint)
        return verdict

    return Parser(bool, read)


def meaning(text: str, tag: str) -> bool | None:
    """Return True if `text` means yes in the language of the BCP-47 `tag`, False if `text` means
    no, otherwise None.
    """
    return verdict_of(text, language_of(tag))
