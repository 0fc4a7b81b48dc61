"""Danish."""

from bot.parse.grammar.lexicon import Language
from bot.parse.grammar.lexicons.scandinavian import AMOUNTS, CHOICES, DATES, FILLERS, NUMBERS, TIMES

LANGUAGE = Language(
    numbers=NUMBERS
    + """
number 7: syv
number 20: tyve
number 30: tredive
number 40: fyrre, fyrretyve
number 50: halvtreds
number 60: tres
number 70: halvfjerds
number 80: firs
number 90: halvfems
""",
    fillers=FILLERS,
    dates=DATES,
    times=TIMES,
    amounts=AMOUNTS,
    choices=CHOICES,
    traits=frozenset({"compounds", "units first", "dot ordinals", "eight days"}),
)
