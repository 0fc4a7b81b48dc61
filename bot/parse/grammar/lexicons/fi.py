"""Finnish."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: nolla, ei yhtään
number 1: yksi
number 2: kaksi, kaks
number 3: kolme
number 4: neljä
number 5: viisi, viis
number 6: kuusi, kuus
number 7: seitsemän
number 8: kahdeksan
number 9: yhdeksän
number 10: kymmenen
number 11: yksitoista
number 12: kaksitoista
number 13: kolmetoista
number 14: neljätoista
number 15: viisitoista
number 16: kuusitoista
number 17: seitsemäntoista
number 18: kahdeksantoista
number 19: yhdeksäntoista
scale 10: kymmentä
scale 100: sata, sataa
scale 1000: tuhat, tuhatta
ordinal 1: ensimmäinen, eka
ordinal 2: toinen, toka
ordinal 3: kolmas
ordinal 4: neljäs
ordinal 5: viides
""",
    fillers="""
filler: kiitos, kiitti, ole hyvä, hei, moi, terve, ok, sopii, sopii hyvin, käy, käy hyvin, jos
    mahdollista, haluan, haluaisin, otan, vain, meitä on, on
""",
    dates="""
day 0: tänään, tänä iltana
day 1: huomenna
day 2: ylihuomenna
day -1: eilen
day -2: toissapäivänä
""",
    times="""
half-to: puoli
at: klo, kello, kello on, noin, kl
past: yli
to: vaille
part m: aamulla
part a: iltapäivällä
part e: illalla
noon: keskipäivä, keskipäivällä
midnight: keskiyö, keskiyöllä
now: nyt
hours: tunnin, tuntia
""",
    amounts="""
counted: henkilöä, henkilö, ihmistä, kpl, kappaletta, aikuista, lasta, yötä, päivää, kg, litraa,
    km, astetta, °
currency: €, euroa, euro, $
point: pilkku, piste
half: puoli, puolikas
one-and-half: puolitoista
dozen 12: tusina
plus: ja
hedge: ei, tai, vähintään, enintään, noin, ehkä, melkein, yli, alle, muutama, pari, monta, mutta,
    klo
""",
    choices="""
option: vaihtoehto, numero, nro, #
last: viimeinen
all: kaikki
all 2: molemmat
none: ei mikään, ei mitään
the: se
""",
    traits=frozenset({"compounds", "dot ordinals"}),
)
