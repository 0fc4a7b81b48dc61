"""Dutch."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: nul, geen, niemand
number 1: een, één, eentje
number 2: twee, tweeën
number 3: drie, drieën
number 4: vier, vieren
number 5: vijf, vijven
number 6: zes, zessen
number 7: zeven, zevenen
number 8: acht, achten
number 9: negen
number 10: tien
number 11: elf
number 12: twaalf
number 13: dertien
number 14: veertien
number 15: vijftien
number 16: zestien
number 17: zeventien
number 18: achttien
number 19: negentien
number 20: twintig
number 30: dertig
number 40: veertig
number 50: vijftig
number 60: zestig
number 70: zeventig
number 80: tachtig
number 90: negentig
scale 100: honderd
scale 1000: duizend
scale 1000000: miljoen
and: en, ën
ordinal 1: eerste
ordinal 2: tweede
ordinal 3: derde
ordinal 4: vierde
ordinal 5: vijfde
""",
    fillers="""
filler: alstublieft, alsjeblieft, aub, a u b, svp, dank je, dank u, dankjewel, bedankt, hallo,
    hoi, goedemorgen, goedendag, ok, oke, graag, prima, past goed, is goed, is prima, komt goed
    uit, als het kan, ik wil, ik wil graag, ik neem, doe maar, liever, we zijn met, wij zijn met,
    met z'n, met zijn, met, alleen, maar, gewoon, precies, in totaal, het is, we zijn
""",
    dates="""
day 0: vandaag, vanavond, vanmiddag, vanochtend
day 1: morgen
day 2: overmorgen
day -1: gisteren
day -2: eergisteren
weekday 0: ma
weekday 1: di
weekday 2: wo
weekday 3: do
weekday 4: vr
weekday 5: za
weekday 6: zo
unit 1: dag, dagen
unit 7: week, weken
unit 30: maand, maanden
unit 365: jaar, jaren
week 1: volgende week
week 0: deze week
week -1: vorige week
in: over
ago: geleden
after: na, vanaf
before: voor
coming: aanstaande, komende, deze, a s
next: volgende
last: vorige, afgelopen
final: laatste
of: van
the: de, het, op, den
part: ochtend, middag, avond, 's ochtends, 's avonds, 's middags, vroeg
part morning: morgen
holiday christmas-eve: kerstavond
holiday christmas: eerste kerstdag
holiday boxing-day: tweede kerstdag
holiday new-years-eve: oudejaarsdag, oudjaar, oudejaarsavond
holiday new-year: nieuwjaarsdag, nieuwjaar
holiday good-friday: goede vrijdag
holiday easter: eerste paasdag
holiday easter-monday: tweede paasdag
holiday ascension: hemelvaart, hemelvaartsdag
holiday whit-monday: tweede pinksterdag
holiday whit-sunday: eerste pinksterdag
""",
    times="""
to: voor
past: over, na
half-to: half
quarter: kwart
at: om, rond, ongeveer, tegen, circa
oclock: uur, u, h
am: am
pm: pm
part m: 's ochtends, s ochtends, 's morgens, s morgens, ochtend
part a: 's middags, s middags, middag, vanmiddag
part e: 's avonds, s avonds, avond, vanavond
part n: 's nachts, s nachts
noon: 12 uur 's middags, twaalf uur 's middags
midnight: middernacht
now: nu, nu meteen
in: over
hours: uur, uren
minutes: minuut, minuten, min
half: half, halve
quarter-hour: kwartier, een kwartier
with: en
""",
    amounts="""
counted: personen, persoon, mensen, volwassenen, kinderen, gasten, stuks, stuk, keer, dagen,
    nachten, jaar, kaarten, tickets, kamers, kg, kilo, gram, liter, km, graden, °
currency: €, $, euro, eur
minor: cent
point: komma, punt
half: half, halve
one-and-half: anderhalf, anderhalve
dozen 12: dozijn
plus: en
hedge: niet, of, tussen, minstens, hoogstens, ongeveer, circa, ca, bijna, misschien, meer, minder,
    dan, tot, paar, een paar, enkele, veel, maar niet, om, voor, zonder
""",
    choices="""
option: optie, nummer, nr, keuze, #
last: laatste
all: alle, alles
all 2: allebei, beide
none: geen, geen van beide, niets
the: de, het, een, met, van, voor
""",
    traits=frozenset({"compounds", "units first", "eight days"}),
    ordinal_suffixes=frozenset({"e", "de", "ste"}),
)
