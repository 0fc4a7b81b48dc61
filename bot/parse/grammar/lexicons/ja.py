"""Japanese."""

from bot.parse.grammar.lexicon import Language
from bot.parse.grammar.lexicons.han import HAN_NUMBERS

LANGUAGE = Language(
    numbers=HAN_NUMBERS,
    fillers="""
filler: お願いします, でお願いします, をお願いします, おねがいします, ください,
    をください, ありがとう, ありがとうございます, です, で, を, こんにちは, はい,
    すみません, がいいです, にします, でいいです, が, は
""",
    dates="""
day 0: 今日, きょう, 本日, 今夜
day 1: 明日, あした, あす
day 2: 明後日, あさって
day -1: 昨日, きのう
day -2: 一昨日, おととい
weekday 0: 月曜
weekday 1: 火曜
weekday 2: 水曜
weekday 3: 木曜
weekday 4: 金曜
weekday 5: 土曜
weekday 6: 日曜
of: 日, 年
the: に, の
unit 1: 日
later: 後
""",
    times="""
oclock: 時, じ
minutes-of: 分
half: 半
am: 午前, 朝
pm: 午後, 夜, 夕方
at: に, ごろ, 頃
noon: 正午, お昼
midnight: 真夜中, 零時
now: 今
""",
    amounts="""
number 1: 一つ, ひとつ, 1つ, 一人, ひとり
number 2: 二つ, ふたつ, 2つ, 二人, ふたり
number 3: 三つ, みっつ, 3つ
number 4: よっつ
counted: 人, 名, 個, 枚, 本, 日, 泊, 歳, 回, 杯, つ, 名様, キロ, 度
currency: 円, ¥, 元
point: 点
half: 半
hedge: ない, または, か, と, 以上, 以下, くらい, ぐらい, 約, たぶん, 多分,
    から, まで, いいえ, 未満
""",
    choices="""
option: 番, 番号, 選択肢
one-of: 番目, つ目
last: 最後
the: の, が
""",
)
