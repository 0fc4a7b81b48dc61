"""Korean."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: 영, 공
number 1: 일, 하나, 한
number 2: 이, 둘, 두
number 3: 삼, 셋, 세
number 4: 사, 넷, 네
number 5: 오, 다섯
number 6: 육, 여섯
number 7: 칠, 일곱
number 8: 팔, 여덟
number 9: 구, 아홉
number 10: 열
scale 10: 십
scale 100: 백
ordinal 1: 첫째, 첫번째, 첫 번째
ordinal 2: 둘째, 두번째, 두 번째
ordinal 3: 세번째, 세 번째
""",
    fillers="""
filler: 주세요, 부탁합니다, 부탁해요, 감사합니다, 고마워요, 안녕하세요, 네, 으로,
    로, 요, 이요, 입니다, 이에요, 예요, 은, 는, 을, 를
""",
    dates="""
day 0: 오늘
day 1: 내일
day 2: 모레, 내일모레
day -1: 어제
day -2: 그제, 그저께
of: 일, 년
the: 에
""",
    times="""
oclock: 시
minutes-of: 분
half: 반
am: 오전, 아침
pm: 오후, 저녁, 밤
at: 에
noon: 정오
midnight: 자정
now: 지금
""",
    amounts="""
counted: 명, 사람, 개, 분, 장, 일, 박, 살, 번, 잔
currency: 원, ₩
hedge: 아니, 또는, 이상, 이하, 정도, 아마, 약, 까지, 부터
""",
    choices="""
option: 번, 옵션
one-of: 번째
last: 마지막
""",
)
