"""Hungarian."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: nulla
number 1: egy
number 2: kettő, két
number 3: három
number 4: négy
number 5: öt
number 6: hat
number 7: hét
number 8: nyolc
number 9: kilenc
number 10: tíz, tizen
number 20: húsz, huszon
number 30: harminc
number 40: negyven
number 50: ötven
scale 100: száz
scale 1000: ezer
ordinal 1: első
ordinal 2: második
ordinal 3: harmadik
""",
    fillers="""
filler: kérem, köszönöm, köszi, szia, jó napot, ok, rendben, jó lesz, szeretnék, csak, vagyunk
""",
    dates="""
day 0: ma, ma este
day 1: holnap
day 2: holnapután
day -1: tegnap
day -2: tegnapelőtt
unit 1: nap, napja
unit 7: hét
later: múlva
""",
    times="""
oclock: óra, órakor, h
half-to: fél
part m: reggel, délelőtt
part a: délután
part e: este
noon: dél, délben
midnight: éjfél, éjfélkor
now: most
""",
    amounts="""
counted: fő, személy, ember, darab, db, felnőtt, gyerek, nap, éjszaka, év, kg, km
currency: ft, forint, huf, €, eur
point: egész
half: fél
one-and-half: másfél
hedge: nem, vagy, és, legalább, legfeljebb, körülbelül, kb, majdnem, talán, néhány, pár, több,
    kevesebb, de
""",
    choices="""
option: opció, szám, #
last: utolsó
the: a, az, egy
""",
    traits=frozenset({"compounds", "dot ordinals"}),
)
