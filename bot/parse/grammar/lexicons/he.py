"""Hebrew."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: אפס
number 1: אחד, אחת
number 2: שניים, שתיים, שני, שתי
number 3: שלוש, שלושה
number 4: ארבע, ארבעה
number 5: חמש, חמישה
number 6: שש, שישה
number 7: שבע, שבעה
number 8: שמונה
number 9: תשע, תשעה
number 10: עשר, עשרה
ordinal 1: ראשון, הראשון, הראשונה
ordinal 2: שני, השני, השנייה
ordinal 3: שלישי, השלישי
""",
    fillers="""
filler: בבקשה, תודה, שלום, היי, אנחנו, רק
""",
    dates="""
day 0: היום, הערב
day 1: מחר
day 2: מחרתיים
day -1: אתמול
day -2: שלשום
the: יום, ביום
""",
    times="""
at: בשעה, ב, שעה
part m: בבוקר
part a: אחר הצהריים, אחהצ, בצהריים
part e: בערב
part n: בלילה
noon: צהריים
midnight: חצות
now: עכשיו
""",
    amounts="""
counted: אנשים, איש, נפשות, סועדים, ימים, לילות, שנים
currency: ₪, שח, שקל, שקלים
hedge: לא, או, בין, לפחות, בערך, אולי, כמה, אבל
""",
    choices="""
option: אפשרות, מספר, #
last: אחרון, האחרון, האחרונה
""",
)
