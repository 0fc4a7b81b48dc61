"""Hindi."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: शून्य, zero
number 1: एक, ek
number 2: दो, do
number 3: तीन, teen
number 4: चार, chaar, char
number 5: पांच, पाँच, paanch
number 6: छह, छः, chhah
number 7: सात, saat
number 8: आठ, aath
number 9: नौ, nau
number 10: दस, das
scale 100: सौ
scale 1000: हज़ार, हजार
ordinal 1: पहला, पहली
ordinal 2: दूसरा, दूसरी
ordinal 3: तीसरा, तीसरी
""",
    fillers="""
filler: कृपया, धन्यवाद, शुक्रिया, नमस्ते, please, जी
""",
    dates="""
day 0: आज, aaj
the: को
""",
    times="""
oclock: बजे, baje
part m: सुबह, subah
part a: दोपहर
part e: शाम, shaam
part n: रात, raat
now: अभी
""",
    amounts="""
counted: लोग, व्यक्ति, जन, दिन, रात, साल, log
currency: ₹, रुपये, रुपए, rs, rupees
half: आधा
one-and-half: डेढ़
two-and-half: ढाई
hedge: नहीं, या, और, लगभग, शायद, कम से कम, कुछ, लेकिन
""",
    choices="""
option: विकल्प, नंबर, #
last: आखिरी, अंतिम
the: वाला, वाली
""",
)
