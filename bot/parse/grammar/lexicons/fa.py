"""Persian."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: صفر, هیچ
number 1: یک
number 2: دو
number 3: سه
number 4: چهار
number 5: پنج
number 6: شش
number 7: هفت
number 8: هشت
number 9: نه
number 10: ده
ordinal 1: اول, اولی
ordinal 2: دوم, دومی
ordinal 3: سوم, سومی
""",
    fillers="""
filler: لطفا, لطفاً, ممنون, مرسی, سلام, متشکرم, باشه, می خواهم
""",
    dates="""
day 0: امروز, امشب
day 1: فردا
day 2: پس فردا
day -1: دیروز
day -2: پریروز
""",
    times="""
at: ساعت
part m: صبح
part a: بعد از ظهر, ظهر
part e: عصر, شب
noon: ظهر
midnight: نیمه شب
half: نیم, و نیم
now: الان
""",
    amounts="""
counted: نفر, نفره, عدد, تا, روز, شب, سال, کیلو
currency: تومان, ریال
point: ممیز
half: نیم
hedge: نه, یا, و, بین, حداقل, حدود, شاید, چند, تقریبا, اما
""",
    choices="""
option: گزینه, شماره, #
last: آخر, آخری, آخرین
""",
)
