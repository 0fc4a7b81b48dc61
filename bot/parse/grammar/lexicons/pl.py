"""Polish."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: zero
number 1: jeden, jedna, jedno, jedną
number 2: dwa, dwie, dwóch, dwoje, dwójka
number 3: trzy, trzech, troje
number 4: cztery, czterech, czworo
number 5: pięć, pięciu
number 6: sześć, sześciu
number 7: siedem, siedmiu
number 8: osiem, ośmiu
number 9: dziewięć
number 10: dziesięć
number 11: jedenaście
number 12: dwanaście
number 13: trzynaście
number 14: czternaście
number 15: piętnaście
number 16: szesnaście
number 17: siedemnaście
number 18: osiemnaście
number 19: dziewiętnaście
number 20: dwadzieścia
number 30: trzydzieści
number 40: czterdzieści
number 50: pięćdziesiąt
number 60: sześćdziesiąt
number 70: siedemdziesiąt
number 80: osiemdziesiąt
number 90: dziewięćdziesiąt
number 100: sto
number 200: dwieście
number 300: trzysta
number 400: czterysta
number 500: pięćset
scale 1000: tysiąc, tysiące, tysięcy
ordinal 1: pierwszy, pierwsza, pierwsze, pierwszą
ordinal 2: drugi, druga, drugie, drugą
ordinal 3: trzeci, trzecia, trzecie, trzecią
ordinal 4: czwarty, czwarta
ordinal 5: piąty, piąta
""",
    fillers="""
filler: proszę, prosze, poproszę, dziękuję, dziekuje, dzięki, cześć, dzień dobry, ok, pasuje, może
    być, jeśli można, chcę, wybieram, tylko, jest nas, będzie nas, razem, dokładnie
""",
    dates="""
day 0: dziś, dzisiaj, dzis
day 1: jutro
day 2: pojutrze
day -1: wczoraj
day -2: przedwczoraj
unit 1: dzień, dni
unit 7: tydzień, tygodnie, tygodni
unit 30: miesiąc, miesiące
unit 365: rok, lata, lat
in: za
ago: temu
the: w, we, dnia, roku, r
""",
    times="""
at: o, godz, godzina, godzinie, o godzinie, o godz, około
oclock: godz, h
part m: rano
part a: po południu
part e: wieczorem
part n: w nocy
noon: południe, w południe
midnight: północ, o północy
now: teraz
""",
    amounts="""
counted: osób, osoby, osoba, sztuk, szt, sztuki, dorosłych, dzieci, razy, dni, nocy, lat, biletów,
    bilety, kg, litrów, km, stopni, °
currency: zł, złotych, złoty, pln, €, euro, $
minor: groszy, gr
point: przecinek, kropka
half: pół, połowa
one-and-half: półtora, półtorej
dozen 12: tuzin
plus: i
hedge: nie, lub, albo, czy, między, co najmniej, najwyżej, około, prawie, może, więcej, mniej,
    niż, kilka, parę, para, wiele, ale, bez, o, od, do
""",
    choices="""
option: opcja, opcję, numer, nr, #
last: ostatni, ostatnia, ostatnie, ostatnią
all: wszystkie, wszystko
all 2: oba, obie
none: żaden, żadna, żadne, nic
the: ten, ta, to, tę, z
""",
)
