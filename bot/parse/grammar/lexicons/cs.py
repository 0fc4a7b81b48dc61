"""Czech."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: nula, nikdo
number 1: jeden, jedna, jedno, jednu
number 2: dva, dvě
number 3: tři
number 4: čtyři
number 5: pět
number 6: šest
number 7: sedm
number 8: osm
number 9: devět
number 10: deset
number 11: jedenáct
number 12: dvanáct
number 15: patnáct
number 20: dvacet
number 30: třicet
number 40: čtyřicet
number 50: padesát
number 100: sto
ordinal 1: první
ordinal 2: druhý, druhá, druhé
ordinal 3: třetí
""",
    fillers="""
filler: prosím, děkuji, díky, ahoj, dobrý den, ok, chci, jen, bude nás
""",
    dates="""
day 0: dnes, dneska
day 1: zítra
day 2: pozítří
day -1: včera
day -2: předevčírem
the: v, ve
unit 1: den, dny, dní
unit 7: týden, týdny, týdnů
in: za
ago-before: před
""",
    times="""
at: v, ve, kolem
oclock: hodin, hodiny, hodina, hod, h
half-to: půl
part m: ráno, dopoledne
part a: odpoledne
part e: večer
noon: poledne, v poledne
midnight: půlnoc, o půlnoci
now: teď, hned
""",
    amounts="""
counted: osob, osoby, lidí, lidi, kusů, ks, dospělí, dětí, dní, nocí, krát, let, kg, km
currency: kč, korun, czk, €, eur
point: celá, čárka
hedge: ne, nebo, a, mezi, alespoň, asi, skoro, možná, pár, několik, ale, více, méně, v, ve
""",
    choices="""
option: možnost, číslo, č, #
last: poslední
the: ten, ta, to
""",
    traits=frozenset({"dot ordinals"}),
)
