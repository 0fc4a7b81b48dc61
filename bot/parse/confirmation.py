"""Yes or no, in the contact's language."""

from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.grammar.verdict import verdict_of
from bot.parse.normalize import said


def yes_no() -> Parser[bool]:
    """True for yes, False for no: words of the contact's language or of English, or a sign such as
    👍 and 👎. Polite words beside them change nothing; anything else does, so that "yes, but later"
    is neither.
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
    """What `text` is in the language of the BCP-47 `tag`; None for neither yes nor no."""
    return verdict_of(text, language_of(tag))
