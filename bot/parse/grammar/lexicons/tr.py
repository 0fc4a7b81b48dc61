# ruff: noqa: RUF001 -- words of this alphabet, whose letters look like others
"""Turkish."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: sıfır, hiç
number 1: bir
number 2: iki
number 3: üç
number 4: dört
number 5: beş
number 6: altı
number 7: yedi
number 8: sekiz
number 9: dokuz
number 10: on
number 20: yirmi
number 30: otuz
number 40: kırk
number 50: elli
number 60: altmış
number 70: yetmiş
number 80: seksen
number 90: doksan
scale 100: yüz
scale 1000: bin
ordinal 1: birinci, ilk
ordinal 2: ikinci
ordinal 3: üçüncü
""",
    fillers="""
filler: lütfen, teşekkürler, teşekkür ederim, sağol, merhaba, selam, tamam, olur, uygun,
    istiyorum, sadece, biz, toplam
""",
    dates="""
day 0: bugün, bu akşam
day 1: yarın
day 2: öbür gün, ertesi gün, öbürsü gün
day -1: dün
unit 1: gün
unit 7: hafta
unit 30: ay
unit 365: yıl, sene
coming: bu, önümüzdeki
later: sonra
ago: önce
part: sabah, akşam, öğleden sonra
""",
    times="""
at: saat
past: geçe, geçiyor
half: buçuk, buçukta
part m: sabah, sabahleyin
part a: öğleden sonra
part e: akşam, akşamleyin
part n: gece
noon: öğle, öğlen
midnight: gece yarısı
now: şimdi
hours: saat
minutes: dakika, dk
later: sonra
""",
    amounts="""
counted: kişi, kişiyiz, adet, tane, yetişkin, çocuk, gün, gece, kez, yaşında, bilet, kg, kilo,
    litre, km, derece, °
currency: tl, lira, ₺, €, euro, $, dolar
point: virgül, nokta
half: yarım, buçuk
half-more: buçuk
dozen 12: düzine
hedge: değil, veya, ya da, ve, en az, en fazla, yaklaşık, belki, birkaç, daha, kadar, ama, saat,
    hiçbiri
""",
    choices="""
option: seçenek, numara, no, #
last: son, sonuncu
all: hepsi
all 2: ikisi de
none: hiçbiri, hiç biri
the: bir, olan
""",
    traits=frozenset({"compounds", "ten and units"}),
)
