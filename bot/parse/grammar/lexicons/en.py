"""English, of the United States and of Britain."""

from bot.parse.grammar.lexicon import Language

NUMBERS = """
number 0: zero, nought, naught, nil, none, nobody, no one, 0
number 1: one
number 2: two, to two
number 3: three
number 4: four, fore
number 5: five
number 6: six
number 7: seven
number 8: eight, eigth
number 9: nine
number 10: ten
number 11: eleven
number 12: twelve, twelf
number 13: thirteen
number 14: fourteen, forteen
number 15: fifteen, fiveteen
number 16: sixteen
number 17: seventeen
number 18: eighteen, eightteen
number 19: nineteen, ninteen
number 20: twenty, twenny
number 30: thirty
number 40: forty, fourty
number 50: fifty
number 60: sixty
number 70: seventy
number 80: eighty
number 90: ninety, ninty
scale 100: hundred, hundreds
scale 1000: thousand, grand
scale 1000000: million
scale 1000000000: billion
and: and
article: a, an
ordinal 1: first
ordinal 2: second, 2 nd
ordinal 3: third
ordinal 4: fourth
ordinal 5: fifth
ordinal 6: sixth
ordinal 7: seventh
ordinal 8: eighth
ordinal 9: ninth
ordinal 10: tenth
ordinal 11: eleventh
ordinal 12: twelfth, twelvth
ordinal 13: thirteenth
ordinal 14: fourteenth
ordinal 15: fifteenth
ordinal 16: sixteenth
ordinal 17: seventeenth
ordinal 18: eighteenth
ordinal 19: nineteenth
ordinal 20: twentieth
ordinal 30: thirtieth
"""

FILLERS = """
filler: please, please and thank you, and thank you, pls, plz, pleas, plse, plss, thanks, thank
    you, thank you very much, thanks a lot, many thanks, thx, thnx, tnx, ty, tysm, cheers, ta,
    cheers mate, mate, love, hun, hi, hello, hey, good morning, good evening, sorry, ok, okay,
    okey, oh, ah, um, umm, erm, well, so, then, lol, haha, yes, yep, if possible, if you can, if
    that's ok, if that's okay, if that works, if ok, if available, is fine, is good, is great, is
    ok, is okay, is perfect, is best, is fine by me, is fine with me, works, works best, works for
    me, works for us, works well, works great, would work, will do, would be good, would be great,
    would be lovely, would be nice, would be perfect, would be best, would be ideal, would be
    fine, sounds good, sounds great, suits me, suits, suits me best, suits us, for me, for us, for
    me please, i think that's it, that's it, that's all, as usual, as always, how about, what
    about, can we do, could we do, can we say, shall we say, shall we do, can i do, can i have,
    could i have, can i get, could i get, may i have, let's go with, let's go for, let's do, let's
    say, lets say, go with, going with, we'll go with, i'll go with, i'll go for, i'd like, i
    would like, i'd like to have, i'd prefer, i would prefer, i prefer, i want, i wanna, i'll
    take, i'll have, i will take, i will have, we'd like, we want, we'll have, we'll take, we
    need, i need, i choose, i pick, i'd go for, i'd go with, make it, put me down for, book me in
    for, book me for, just, only, just the, it's, it is, it was, it'd be, that's, that is, that
    would be, that'd be, i am, i'm, im, we are, we're, there are, there's, there is, there will
    be, there'll be, we will be, we'll be, it will be, it'll be, that'll be, that will be, would
    be, will be, exactly, my answer is, the answer is, i can do, we can do, i could do, we could
    do, i can come, we can come, i'm free, see you, best regards, kind regards, regards, all the
    best, uh, uhm, um, hmm, hm, gimme, i am free on, i'm free on, i am free, i'm free, is better,
    would be better
kiss: x, xx, xxx, xo, xoxo
"""

DATES = """
filler: born, born on, i was born, i was born on, my birthday is, my birthday is on, date of
    birth, dob
day 0: today, tdy, 2day, tonight, tonite, this evening, this afternoon, this morning, later today
day 1: tomorrow, tmrw, tmr, tmw, tmrrw, tomorow, tommorow, tommorrow, tomorrows, 2morrow, 2moro,
    2mrw, 2mro, tomoz, tomoro, tomo, morrow
day -1: yesterday, yday, yest, last night, yesterdays
day 2: overmorrow
weekday 0: mon
weekday 1: tue, tues, teusday
weekday 2: wed, weds, wednes, wensday, wendsday
weekday 3: thu, thur, thurs, thirsday
weekday 4: fri
weekday 5: sat, satur, satday
weekday 6: sun
month 1: jan
month 2: feb, febuary, feburary
month 3: mar
month 4: apr
month 8: aug
month 9: sep, sept
month 10: oct
month 11: nov
month 12: dec
unit 1: day, days
unit 7: week, weeks, wk, wks
unit 14: fortnight, fortnights
unit 30: month, months, mth, mths, mnth
unit 365: year, years, yr, yrs
week 1: next week, nxt week, the following week
week 0: this week
week 2: the week after next, week after next
week -1: last week
in: in
later: from now, hence, from today, after today, from 2day
ago: ago, back
after: from, after, on from, following
before: before
next: next, nxt, the next
this: this
coming: coming, this coming, the coming, upcoming, the upcoming
last: last, past, this past
final: last, final
of: of
the: the, on, on the
time: time, time's
part: morning, in the morning, afternoon, in the afternoon, evening, in the evening, night, at
    night, first thing, first thing on, lunchtime, at lunchtime, early morning, late morning,
    early evening, eve
holiday new-year: new year's day, new years day, newyears day
holiday new-years-eve: new year's eve, new years eve, nye
holiday epiphany: epiphany
holiday valentine: valentine's day, valentines day, valentine's, valentines
holiday st-patrick: st patrick's day, saint patrick's day, st paddy's day
holiday april-fools: april fools day, april fool's day
holiday halloween: halloween
holiday christmas-eve: christmas eve, xmas eve, the night before christmas
holiday christmas: christmas day, xmas day, christmas, xmas
holiday boxing-day: boxing day
holiday maundy-thursday: maundy thursday, holy thursday
holiday good-friday: good friday
holiday easter-saturday: easter saturday, holy saturday
holiday easter: easter sunday, easter day
holiday easter-monday: easter monday
holiday palm-sunday: palm sunday
holiday ash-wednesday: ash wednesday
holiday shrove-tuesday: shrove tuesday, pancake day, pancake tuesday
holiday ascension: ascension day
holiday whit-sunday: whit sunday, pentecost, pentecost sunday
holiday whit-monday: whit monday, pentecost monday
holiday thanksgiving: thanksgiving, thanksgiving day
holiday independence-us: independence day
holiday bonfire-night: bonfire night, guy fawkes night
"""

TIMES = """
to: to, till, til, of, before
past: past, after, gone
half-after: half
half: half
quarter: quarter, qtr, 1/4
at: at, around, about, approx, approximately, roughly, circa, @, ~, ish, -ish, or so, or thereabouts
the: the, say
article: a, an
oclock: o'clock, oclock, o clock, clock, hrs, hours, hr, h, hour, hundred hours, hundred hrs,
    sharp
am: am, a m, in the a m
pm: pm, p m, p
part m: in the morning, morning, this morning, of the morning, tomorrow morning early
part a: in the afternoon, afternoon, this afternoon
part e: in the evening, evening, this evening, tonight, tonite, eve
part n: at night, night
noon: noon, midday, mid day, 12 noon, 12 midday, twelve noon, high noon
midnight: midnight, 12 midnight, twelve midnight, mid night
later: from now, later
quarter-hour: quarter of an hour, a quarter of an hour, quarter hour
three-quarter-hour: three quarters of an hour
half-hour: half hour, a half hour, half an hour
now: now, right now, just now, straight away, right away
in: in
hours: hour, hours, hr, hrs, h
minutes: minute, minutes, min, mins, m
minus: minus
the: the
with: and
"""

AMOUNTS = """
the: the
plus: and
counted: people, persons, person, ppl, peeps, guests, guest, of us, adults, adult, kids, kid,
    children, child, pax, pieces, piece, pcs, pc, items, item, units, times, nights, days, years
    old, years of age, yo, y o, years, ticket, tickets, seat, night, room, bottle, slice, portion,
    cup, table, seats, persons in total, in total, total, altogether, all together, people in
    total, ones, heads, folks, portions, slices, cups, bottles, rooms, beds, bags, pairs, weeks,
    months, hours, minutes, of them, of those, of these, kg, kgs, kilos, kilo, kilograms, lbs, lb,
    pounds, stone, grams, g, litres, liters, l, km, miles, degrees, metres, meters, m, cm, mm, ft,
    feet, inches, °, ° c, ° f, c, percent, %, points, stars, oz, ml
times-sign: x
negative: minus, negative
rank: st, nd, rd, th
filler: for, party of, table for, a table for, group of, total of, a total of, nr, #, i have, i've
    got, we have, we've got, number, tables for
currency: $, £, €, dollars, dollar, bucks, quid, euros, euro, eur, usd, gbp, us $, pounds, pound
minor: cents, cent, pence, p
point: point, dot
half: half, a half, halves
quarter: quarter, a quarter, quarters
third: third, a third, thirds
thousand: k
dozen 12: dozen, doz
dozen 20: score
article: a, an
exact 6: half a dozen, half dozen, a half dozen
exact 13: baker's dozen
exact 2: a pair, pair
exact 5: fiver
exact 10: tenner
hedge: tops, no more than, maximally, or thereabouts, ballpark, tbc, tbd, tba,
    not, no, or, between, at least, at most, less, more, than, under, over, above, below, up
    to, maybe, perhaps, possibly, probably, about, around, roughly, approx, approximately, ca,
    circa, nearly, almost, some, several, few, a few, couple, a couple, many, lots, lot, plenty,
    to, from, if, but, except, without, until, till, by, at, on, before, after, past, ago, or so,
    ish, odd, minimum, min, max, maximum, either, any, depends, unless, half past, am, pm, a m, p
    m, o'clock, i think, i guess, i suppose, not sure, don't know, idk, might, could, can't,
    cannot, won't, don't, moment, second, sec, minute please, other, others, another, every, each,
    of, in, during, per, out of, plus, later, late, early, question, thing, is, are, was, too,
    also, again, yet, still, never, instead, only if, with, off, away
"""

ANSWERS = """
yes: yes, y, yeah, yea, ya, yah, yep, yup, yip, yas, yessir, yes sir, yes ma'am, yes indeed,
    indeed, sure, sure thing, for sure, of course, ofc, ok, okay, okey, okey dokey, okie dokie,
    okie, oki, okk, k, kk, alright, all right, right, right on, correct, that's correct, that's
    right, thats right, true, exactly, precisely, definitely, definately, def, absolutely,
    certainly, surely, totally, naturally, please do, go ahead, go for it, do it, let's do it,
    lets do it, let's go, sounds good, sounds great, sounds fine, sounds perfect, sounds lovely,
    sounds like a plan, perfect, great, good, fine, lovely, brilliant, cool, awesome, wonderful,
    excellent, fab, super, by all means, agree, agreed, i agree, affirmative, aye, aye aye, why
    not, no problem, no problem at all, not a problem, that's not a problem, no worries, no prob,
    np, of course yes, i do, i am, i would, i will, i can, we do, we can, we will, it is, it does,
    that's fine, thats fine, that is fine, that's good, that's great, that's ok, that's okay,
    that's perfect, that works, that works for me, works for me, that'd be great, that'd be
    lovely, that would be great, that would be lovely, that'd be good, that'd be nice, that would
    be good, that would be nice, that would be perfect, that'd be perfect, i'd love to, i would
    love to, i'd love that, i'd like that, i'd be happy to, happy to, with pleasure, gladly, count
    me in, i'm in, im in, deal, confirm, confirmed, i confirm, accept, accepted, i accept, 100%,
    you bet, bet, yes i do, yes i am, yes it is, yes we can, too right, spot on, if you like, true
    that, roger, roger that, suits me, i guess so, i suppose so, guess so, righto, right o, right
    you are, course, i'm afraid so, afraid so, go on then, go on, fine by me, fine with me, hell
    yes, heck yes, i'm good with that, i'm fine with that, i'm ok with that, i'm okay with that,
    i'm fine with it, i'm good with it, i'm ok with it
no: no, n, unfortunately not, unfortunately no, sadly not, i'm afraid not, afraid not, thanks but
    no, thank you but no, thanks but no thanks, cheers but no, nope, nop, nah, naw, nay, na, no
    way, no chance, never, never ever, negative, no sir, no ma'am, not at all, not really, not
    today, not now, not this time, not yet, not at the moment, not right now, not ok, not okay,
    not good, not fine, not interested, not for me, not correct, not right, not true, not a
    chance, not possible, not likely, hell no, heck no, incorrect, wrong, false, that's wrong,
    that's not right, thats not right, that's not correct, that's incorrect, disagree, i disagree,
    i don't agree, i do not agree, i don't, i do not, please don't, don't, do not, dont, i'd
    rather not, rather not, i would rather not, i'd prefer not, i'd prefer not to, prefer not,
    prefer not to, i don't think so, i dont think so, don't think so, dont think so, i think not,
    no can do, i can't, i cannot, can't, cant, cannot, i won't, we can't, it isn't, it's not, it
    doesn't, it does not, i'm not, i am not, pass, i'll pass, decline, declined, i decline,
    refuse, i refuse, denied, absolutely no, under no circumstances, by no means, out of the
    question, forget it, no good, leave it, doesn't work, does not work, that doesn't work,
    doesn't work for me, that doesn't work for me, won't work, no i'm good, no thanks i'm good, no
    thank you i'm good, no i'm fine, no thanks i'm fine, no i'm ok, no i'm all set
not: not
polite: that, it, and, very, much, so, all good, you, to, indeed, really, course, there, team,
    sir, madam, man, dude, buddy, bro, babe, dear, darling, guys
unsure: maybe, perhaps, i'm good, i am good, i'm fine, i am fine, i'm ok, i'm okay, all set, i'm
    all set, we're good, yeah right, could be worse
"""

CHOICES = """
option: option, options, opt, number, no, nr, num, #, choice, answer, item, line, button, the
    option, letter
one-of: one, ones
last: last, the last, last one, the last one, final, bottom
all: all, all of them, everything, all of those, the lot, every one
all 2: both, both of them, all two
all 3: all three
all 4: all four
except: but, except, except for, apart from, without, excluding, minus, but not, but no
none: none, none of them, nothing, no, none of those, neither, none of the above
the: the, a, an, some, one, that, this, my, your, go, to, of, those, these, with, for me the, cup
    of, glass of, slice of, bottle of, piece of, portion of, plate of, on, at, in
"""

LANGUAGE = Language(
    numbers=NUMBERS,
    fillers=FILLERS,
    dates=DATES,
    times=TIMES,
    amounts=AMOUNTS,
    answers=ANSWERS,
    choices=CHOICES,
    ordinal_suffixes=frozenset({"st", "nd", "rd", "th"}),
)
