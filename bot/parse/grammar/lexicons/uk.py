# ruff: noqa: RUF001 -- words of this alphabet, whose letters look like others
"""Ukrainian."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: нуль
number 1: один, одна, одне
number 2: два, дві, двоє
number 3: три, троє
number 4: чотири
number 5: п'ять
number 6: шість
number 7: сім
number 8: вісім
number 9: дев'ять
number 10: десять
number 11: одинадцять
number 12: дванадцять
number 20: двадцять
number 30: тридцять
ordinal 1: перший, перша, перше
ordinal 2: другий, друга, друге
ordinal 3: третій, третя, третє
""",
    fillers="""
filler: будь ласка, дякую, привіт, добре, ок, нас, тільки
""",
    dates="""
day 0: сьогодні
day 1: завтра
day 2: післязавтра
day -1: вчора
day -2: позавчора
the: в, у, на
""",
    times="""
at: о, об, в
oclock: година, годині, годин
part m: ранку
part a: дня
part e: вечора
noon: опівдні
midnight: опівночі
now: зараз
""",
    amounts="""
counted: осіб, людей, штук, шт, днів, років, кг, км
currency: грн, гривень, ₴, €, $
hedge: не, або, чи, і, й, та, близько, майже, кілька, більше, менше, але
""",
    choices="""
option: варіант, номер, #
last: останній, остання, останнє
""",
)
