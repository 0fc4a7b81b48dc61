"""The framework's own flow that asks whether to leave one flow for another."""

from bot.flow.flow import Flow
from bot.flow.state_constructors import choose
from bot.flow.states import END, Option
from bot.i18n.languages import _

SWITCH = "_switch"


class Switch(Flow):
    """A flow that asks the contact whether to leave the active flow for another flow.

    The contact has written a word that starts the other flow. The data of `Switch` has the name of
    the other flow and the word.
    """

    name = SWITCH
    interrupt = "ignore"

    sure = choose(
        lambda data: _(
            "We aren't done yet. Do you want to switch to {word} instead?", word=data.word
        ),
        {
            "yes": Option("Yes", to=END, synonyms=("y", "ok")),
            "no": Option("No, continue", to=END, synonyms=("n", "no")),
        },
    )
