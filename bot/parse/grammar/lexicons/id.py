"""Indonesian."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: nol
number 1: satu
number 2: dua
number 3: tiga
number 4: empat
number 5: lima
number 6: enam
number 7: tujuh
number 8: delapan
number 9: sembilan
number 10: sepuluh
scale 10: puluh
ordinal 1: pertama
ordinal 2: kedua
ordinal 3: ketiga
""",
    fillers="""
filler: tolong, terima kasih, makasih, halo, oke, ok, saja, mau, saya mau, kami, hanya
""",
    dates="""
day 0: hari ini, malam ini
day 1: besok
day 2: lusa
day -1: kemarin
unit 1: hari
unit 7: minggu
later: lagi
ago: lalu, yang lalu
the: tanggal, hari
""",
    times="""
at: jam, pukul
part m: pagi
part a: siang, sore
part e: malam
noon: tengah hari
midnight: tengah malam
now: sekarang
""",
    amounts="""
counted: orang, buah, dewasa, anak, hari, malam, tahun, kali
currency: rp, rupiah
half: setengah
hedge: tidak, atau, dan, antara, sekitar, mungkin, beberapa, minimal, kurang, lebih, tapi, jam
""",
    choices="""
option: pilihan, nomor, no, #
last: terakhir
the: yang
""",
)
