"""Chinese."""

from bot.parse.grammar.lexicon import Language
from bot.parse.grammar.lexicons.han import HAN_NUMBERS

LANGUAGE = Language(
    numbers=HAN_NUMBERS
    + """
number 2: 两, 兩, 俩
scale 10000: 萬
ordinal 1: 第一
ordinal 2: 第二
ordinal 3: 第三
ordinal 4: 第四
ordinal 5: 第五
""",
    fillers="""
filler: 请, 請, 谢谢, 謝謝, 多谢, 你好, 您好, 好的, 好, 吧, 我要, 我们, 我想要, 一共, 就, 的, 了, 是
""",
    dates="""
day 0: 今天, 今晚, 今日
day 1: 明天, 明日
day 2: 后天, 後天
day 3: 大后天
day -1: 昨天
day -2: 前天
weekday 0: 周一, 星期一, 礼拜一
weekday 1: 周二, 星期二
weekday 2: 周三, 星期三
weekday 3: 周四, 星期四
weekday 4: 周五, 星期五
weekday 5: 周六, 星期六
weekday 6: 周日, 星期日, 星期天, 周天
of: 日, 号, 號, 年
unit 1: 天
later: 后, 之后
""",
    times="""
oclock: 点, 點, 点钟, 时, 點鐘
minutes-of: 分
half: 半
quarter: 一刻, 刻
three-quarters: 三刻
am: 上午, 早上, 凌晨
pm: 下午, 晚上, 傍晚
noon: 中午, 正午
am: 午夜
pm: 中午
midnight: 午夜, 半夜
now: 现在
""",
    amounts="""
counted: 个, 個, 人, 个人, 位, 名, 件, 张, 天, 晚, 岁, 次, 间, 杯, 份, 公斤, 度
currency: 元, 块, 块钱, ¥, 人民币
point: 点, 點
half: 半
hedge: 不, 或, 或者, 和, 至少, 大概, 大约, 左右, 可能, 几, 多, 少, 到, 还是, 没
""",
    choices="""
option: 选项, 選項, 第, 号, 號, 选, 號碼
one-of: 个, 個, 项
last: 最后, 最后一个, 最後, 最後一個
all: 全部, 都要, 都
the: 的, 那
""",
    traits=frozenset({"later distance"}),
)
