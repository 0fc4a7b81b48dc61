# ruff: noqa: RUF001 -- a numeral that looks like a letter
"""The numerals that Chinese and Japanese share."""

HAN_NUMBERS = """
number 0: 零, 〇
number 1: 一
number 2: 二
number 3: 三
number 4: 四
number 5: 五
number 6: 六
number 7: 七
number 8: 八
number 9: 九
scale 10: 十
scale 100: 百
scale 1000: 千
scale 10000: 万
"""
