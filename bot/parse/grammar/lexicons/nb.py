"""Norwegian."""

from bot.parse.grammar.lexicon import Language
from bot.parse.grammar.lexicons.scandinavian import AMOUNTS, CHOICES, DATES, FILLERS, NUMBERS, TIMES

LANGUAGE = Language(
    numbers=NUMBERS
    + """
number 7: sju, syv
number 20: tjue, tyve
number 30: tretti, tredve
number 40: førti
number 50: femti
number 60: seksti
number 70: sytti
number 80: åtti
number 90: nitti
""",
    fillers=FILLERS,
    dates=DATES,
    times=TIMES,
    amounts=AMOUNTS,
    choices=CHOICES,
    traits=frozenset({"compounds", "units first", "dot ordinals", "eight days"}),
)
