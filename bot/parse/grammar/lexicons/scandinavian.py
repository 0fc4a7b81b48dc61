"""Words that Danish and Norwegian share."""

NUMBERS = """
number 0: null, nul, ingen
number 1: en, ett, et, én, ét
number 2: to
number 3: tre
number 4: fire
number 5: fem
number 6: seks
number 8: åtte, otte
number 9: ni
number 10: ti
number 11: elleve
number 12: tolv
number 13: tretten
number 14: fjorten
number 15: femten
number 16: seksten
number 17: sytten
number 18: atten
number 19: nitten
scale 100: hundre, hundrede
scale 1000: tusen, tusind
and: og
ordinal 1: første
ordinal 2: andre, anden
ordinal 3: tredje
ordinal 4: fjerde
ordinal 5: femte
"""

FILLERS = """
filler: takk, tak, tusen takk, mange tak, vær så snill, vennligst, venligst, hei, hej, ok, gjerne,
    gerne, passer bra, passer fint, passer godt, går bra, er fint, er bra, om mulig, hvis mulig,
    hvis det går, jeg tar, jeg vil ha, vi er, vi blir, bare, kun, det er, det blir, totalt, i alt,
    til sammen, vil gerne have
"""

DATES = """
day 0: i dag, idag, i kveld, i aften
day 1: i morgen, imorgen, i morgon
day 2: i overmorgen, overmorgen, overimorgen
day -1: i går, igår
day -2: i forgårs, forgårs
weekday 0: man
weekday 1: tir, tirs
weekday 2: ons
weekday 3: tor, tors
weekday 4: fre
weekday 5: lør
weekday 6: søn
unit 1: dag, dager, dage, døgn
unit 7: uke, uker, uge, uger
unit 30: måned, måneder
unit 365: år
week 1: neste uke, næste uge
week 0: denne uken, denne uge
week-number: uke, uge
in: om
ago: siden
after: etter, efter, fra
before: før
coming: kommende, førstkommende, denne, nå på, nu på
next: neste, næste
last: forrige, sist
final: siste, sidste
of: i, av, af
the: den, på, til
part: morgen, kveld, aften, ettermiddag, eftermiddag, formiddag, om morgenen, om kvelden, om
    aftenen
holiday christmas-eve: julaften, juleaften
holiday christmas: 1. juledag, 1 juledag, første juledag
holiday boxing-day: 2. juledag, 2 juledag, andre juledag, anden juledag
holiday new-years-eve: nyttårsaften, nytårsaften
holiday new-year: nyttårsdag, nytårsdag
holiday maundy-thursday: skjærtorsdag, skærtorsdag
holiday good-friday: langfredag
holiday easter-monday: 2. påskedag, 2 påskedag, andre påskedag, anden påskedag
holiday easter: 1. påskedag, 1 påskedag, første påskedag, påskedag
holiday ascension: kristi himmelfartsdag
"""

TIMES = """
to: på, i
past: over
half-to: halv
quarter: kvart, kvarter, et kvarter
at: kl, klokka, klokken, ved, rundt, ca, omkring
oclock: h, tiden
part m: om morgenen, om formiddagen, morgen, formiddag
part a: om ettermiddagen, om eftermiddagen, ettermiddag, eftermiddag
part e: om kvelden, om aftenen, kveld, aften, i kveld, i aften
part n: om natten, om natta
noon: midt på dagen
midnight: midnatt, midnat, ved midnatt, ved midnat
now: nå, nu, nå med en gang
in: om
hours: time, timer
minutes: minutt, minutter, minut, min
half: halv
half-hour: en halv time, en halvtime, halvtime
quarter-hour: et kvarter, kvarter
with: og
"""

AMOUNTS = """
counted: personer, person, pers, stk, stykk, stykker, voksne, barn, børn, gjester, gæster,
    billetter, dager, dage, netter, nætter, ganger, gange, år, rom, kg, kilo, gram, liter, km,
    grader, °
currency: kr, kroner, krone, nok, dkk, €, euro, $
minor: øre
point: komma, punktum
half: halv, halvt, en halv
one-and-half: halvannen, halvanden
dozen 12: dusin
exact 6: halvt dusin, et halvt dusin
plus: og
hedge: ikke, eller, mellom, mellem, minst, mindst, høyst, højst, cirka, ca, omtrent, nesten,
    næsten, kanskje, måske, mer, mindre, enn, end, over, under, opp til, noen, nogle, par, et par,
    mange, men, kl, uten, uden
"""

CHOICES = """
option: alternativ, nummer, nr, valg, mulighed, #
last: siste, sidste
all: alle, alt, alle sammen
all 2: begge
none: ingen, ingenting, intet, ingen av dem, ingen af dem
the: den, det, de, en, ett, et, med, til, på
"""
