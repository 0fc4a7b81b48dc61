"""Yes or no, in the contact's language."""

from bot.i18n.languages import _
from bot.i18n.locales import language_of
from bot.parse.answer import Answer, NotUnderstood, Parser
from bot.parse.normalize import fold, said
from bot.parse.vocabulary import FALSE_FRIENDS, NO, NO_SIGNS, YES, YES_SIGNS

# Skin tones, and what makes a sign an emoji.
_MODIFIERS = frozenset("\ufe0f\u200d\u2640\u2642\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


def yes_no() -> Parser[bool]:
    """True for yes, False for no: a word of the contact's language or of English, or a sign
    such as 👍 and 👎. Only the whole message counts: "yes, but later" is neither.
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
    word = fold(text.replace(",", " "))
    signs = frozenset(word) - _MODIFIERS
    if signs and (signs <= YES_SIGNS or signs <= NO_SIGNS):
        return signs <= YES_SIGNS
    language = language_of(tag)
    for each in (language, "en"):
        if word in YES.get(each, ()):
            return True
        if word in NO.get(each, ()):
            return False
        if word in FALSE_FRIENDS.get(each, ()):
            return None
    return None
