"""Italian."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: zero, nessuno, nessuna
number 1: uno, un, una
number 2: due
number 3: tre, tré
number 4: quattro
number 5: cinque
number 6: sei
number 7: sette
number 8: otto
number 9: nove
number 10: dieci
number 11: undici
number 12: dodici
number 13: tredici
number 14: quattordici
number 15: quindici
number 16: sedici
number 17: diciassette
number 18: diciotto
number 19: diciannove
number 20: venti
number 21: ventuno, ventun
number 28: ventotto
number 30: trenta
number 31: trentuno, trentun
number 38: trentotto
number 40: quaranta
number 41: quarantuno
number 48: quarantotto
number 50: cinquanta
number 60: sessanta
number 70: settanta
number 80: ottanta
number 90: novanta
scale 100: cento
scale 1000: mille, mila
scale 1000000: milione, milioni
and: e
ordinal 1: primo, prima
ordinal 2: secondo, seconda
ordinal 3: terzo, terza
ordinal 4: quarto, quarta
ordinal 5: quinto, quinta
""",
    fillers="""
filler: per favore, per piacere, grazie, grazie mille, ciao, salve, buongiorno, buonasera, ok, va
    bene, andrebbe bene, mi va bene, sì, si, vorrei, prendo, prendiamo, preferisco, siamo, saremo,
    siamo in, solo, soltanto, in totale, magari
""",
    dates="""
day 0: oggi, stasera, stamattina, questa sera, stanotte
day 1: domani, domattina
day 2: dopodomani
day -1: ieri
day -2: altroieri, l'altro ieri, ieri l'altro
unit 1: giorno, giorni
unit 7: settimana, settimane
unit 30: mese, mesi
unit 365: anno, anni
week 1: la settimana prossima, settimana prossima, la prossima settimana, prossima settimana
week 0: questa settimana
in: tra, fra
ago: fa
after: dopo, da
before: prima di
coming: questo, questa, che viene
next: prossimo, prossima
last: scorso, scorsa
final: ultimo, ultima
of: di, del, a, in, della
the: il, lo, la, l, per
part: mattina, sera, pomeriggio, di mattina, di sera, di pomeriggio, mattino
holiday christmas-eve: vigilia di natale
holiday christmas: natale
holiday boxing-day: santo stefano
holiday new-years-eve: san silvestro
holiday new-year: capodanno
holiday epiphany: epifania, befana
holiday assumption: ferragosto
holiday easter: pasqua
holiday easter-monday: pasquetta, lunedì dell'angelo
""",
    times="""
minus: meno
half: mezza, mezzo
quarter: un quarto, quarto
one-hour: un ora, un'ora
at: alle, all, alle ore, ore, le, verso le, circa, a, l, all'
oclock: ore, h, in punto
am: am
pm: pm
part m: di mattina, del mattino, mattina, della mattina
part a: del pomeriggio, di pomeriggio, pomeriggio
part e: di sera, della sera, sera, stasera
part n: di notte, della notte
noon: mezzogiorno, a mezzogiorno
midnight: mezzanotte, a mezzanotte
now: adesso, ora, subito
in: tra, fra
hours: ora, ore
minutes: minuto, minuti, min
half-hour: mezz'ora, mezzora
plus: e
""",
    amounts="""
counted: persone, persona, adulti, bambini, pezzi, ospiti, biglietti, notti, giorni, volte, anni,
    kg, chili, l, litri, km, °
currency: €, $, euro, eur
minor: centesimi
point: virgola, punto
half: mezzo, mezza
quarter: quarto, un quarto
dozen 12: dozzina, dozzine
exact 6: mezza dozzina
plus: e
hedge: non, o, oppure, tra, almeno, circa, quasi, forse, più, meno, di, fino, qualche, paio, un
    paio, alcuni, molti, ma, alle, senza, verso
""",
    choices="""
option: opzione, numero, n, nr, scelta, #
last: ultimo, ultima, l'ultimo, l'ultima
all: tutti, tutte, tutto
all 2: entrambi
none: nessuno, nessuna, niente, nulla
the: il, lo, la, i, gli, le, l, un, uno, una, di, del, della, con, per
""",
    traits=frozenset({"compounds", "hour first", "cardinal days"}),
    ordinal_suffixes=frozenset({"o", "a"}),
)
