"""Swedish."""

from bot.parse.grammar.lexicon import Language

NUMBERS = """
number 0: noll, ingen, inga, inget
number 1: en, ett, etta, ena
number 2: två, tva, tvåa
number 3: tre, trea
number 4: fyra, fyr
number 5: fem, femma
number 6: sex, sexa
number 7: sju, sjua
number 8: åtta
number 9: nio, nia
number 10: tio, tia
number 11: elva
number 12: tolv
number 13: tretton
number 14: fjorton
number 15: femton
number 16: sexton
number 17: sjutton
number 18: arton
number 19: nitton
number 20: tjugo, tjugu, tju
number 30: trettio, tretti
number 40: fyrtio, förtio, fyrti, förti
number 50: femtio, femti
number 60: sextio, sexti
number 70: sjuttio, sjutti
number 80: åttio, åtti
number 90: nittio, nitti
scale 100: hundra
scale 1000: tusen
scale 1000000: miljon, miljoner
scale 1000000000: miljard, miljarder
and: och, å, o
ordinal 1: första, förste, ettan
ordinal 2: andra, andre, tvåan
ordinal 3: tredje, trean
ordinal 4: fjärde, fyran
ordinal 5: femte, femman
ordinal 6: sjätte, sexan
ordinal 7: sjunde, sjuan
ordinal 8: åttonde, åttan
ordinal 9: nionde, nian
ordinal 10: tionde, tian
ordinal 11: elfte
ordinal 12: tolfte
ordinal 13: trettonde
ordinal 14: fjortonde
ordinal 15: femtonde
ordinal 16: sextonde
ordinal 17: sjuttonde
ordinal 18: artonde
ordinal 19: nittonde
ordinal 20: tjugonde
ordinal 30: trettionde
"""

FILLERS = """
filler: tack, tackar, tack så mycket, tusen tack, tack på förhand, snälla, vänligen, är du snäll,
    hej, hejsan, tja, tjena, tjenare, god morgon, god kväll, hälsningar, mvh, vänliga hälsningar,
    med vänliga hälsningar, kram, hej då, ok, okej, okey, oki, då, ju, nog, gärna, absolut gärna,
    väl, jo, ja, bra, om det går, om det går bra, om möjligt, om det är möjligt, går bra, går
    fint, går det bra, går det, passar bra, passar, passar mig, passar mig bra, passar oss, passar
    bäst, passar perfekt, passar fint, funkar, funkar bra, funkar fint, fungerar, fungerar bra,
    blir bra, blir perfekt, blir jättebra, är bra, är bäst, är perfekt, är okej, är ok, vore bra,
    vore fint, vore toll, vore perfekt, vore bäst, skulle passa, skulle passa bra, skulle passa
    bäst, skulle funka, låter bra, vad sägs om, kan vi säga, ska vi säga, vi säger, vi kör på, kör
    på, vi tar, jag tar, tar, jag vill ha, vill ha, vill gärna ha, jag skulle vilja ha, jag skulle
    vilja, skulle vilja ha, jag önskar, jag väljer, väljer, helst, för mig, för oss, bara, endast,
    precis, exakt, det är, det blir, det var, vi är, vi blir, vi blir nog inte fler än, jag är,
    blir, blir det, vi kommer, vi kommer bli, vi behöver, jag behöver, totalt, sammanlagt, alltså,
    hm, hmm, öh, jag kan, kan jag, kan, vi kan, kan jag få, får jag, skulle jag kunna få, ge mig,
    jag är ledig
kiss: x, xx
"""

DATES = """
filler: född, född den, jag är född, jag är född den, jag föddes, jag fyller år
day 0: idag, i dag, ikväll, i kväll, i eftermiddag, i förmiddag, imorse, i morse, i natt, inatt,
    idag redan
day 1: imorgon, i morgon, imorron, i morron, imorn, imorrn, i morrn, i morn, imårn, imorgn,
    morgondagen, i morgon bitti, imorgon bitti
day 2: övermorgon, i övermorgon, iövermorgon, i övermorn, övermorn
day -1: igår, i går, igår kväll, i går kväll
day -2: förrgår, i förrgår, iförrgår, i förrgårs
past-weekday 0: i måndags, måndags
past-weekday 1: i tisdags, tisdags
past-weekday 2: i onsdags, onsdags
past-weekday 3: i torsdags, torsdags
past-weekday 4: i fredags, fredags
past-weekday 5: i lördags, lördags
past-weekday 6: i söndags, söndags
weekday 0: mån, månd, måndagen
weekday 1: tis, tisd, tisdagen
weekday 2: ons, onsd, onsdagen
weekday 3: tor, tors, torsd, torsdagen
weekday 4: fre, fred, fredagen
weekday 5: lör, lörd, lördagen
weekday 6: sön, sönd, söndagen
no-day: fridag
month 1: jan
month 2: feb, febr
month 3: mar
month 4: apr
month 6: jun
month 7: jul
month 8: aug
month 9: sep, sept
month 10: okt
month 11: nov
month 12: dec
unit 1: dag, dagar, dar, dagars, dagarna, dygn, dagen
unit 7: vecka, veckor, veckan, v
unit 30: månad, månader, mån, månaden
unit 365: år, året
week 1: nästa vecka, kommande vecka, nästkommande vecka
week 0: denna vecka, den här veckan, denna veckan
week 2: veckan efter nästa, nästnästa vecka, vecka efter nästa
week -1: förra veckan
week-number: v, vecka, veckan
in: om
ago: sedan, sen, tillbaka
ago-before: för
after: efter, från, från och med
before: före, innan, dagen före
next: nästa
this: denna, den här, nu på
coming: kommande, nu på, nästkommande, förstkommande, närmaste
last: förra, senaste
final: sista, siste, den sista
of: i, av
the: den, det, på, till
part: på morgonen, på förmiddagen, på eftermiddagen, på kvällen, på natten, morgon, förmiddag,
    eftermiddag, kväll, natt, bitti, morgonen, eftermiddagen, kvällen, fm, em, lunch, vid lunch,
    tidigt, på dagen
holiday new-year: nyårsdagen, nyårsdag
holiday new-years-eve: nyårsafton, nyårsaftonen
holiday epiphany-eve: trettondagsafton, trettondagsaftonen
holiday epiphany: trettondagen, trettondedagen, trettondag jul, trettondedag jul
holiday valentine: alla hjärtans dag
holiday walpurgis: valborg, valborgsmässoafton, sista april
holiday labor-day: första maj
holiday swedish-national: nationaldagen, sveriges nationaldag
holiday midsummer-eve: midsommarafton, midsommaraftonen
holiday midsummer: midsommardagen
holiday lucia: lucia, luciadagen
holiday christmas-eve: julafton, julaftonen
holiday christmas: juldagen, juldag
holiday boxing-day: annandag jul, annandagen, annandagjul
holiday maundy-thursday: skärtorsdagen, skärtorsdag
holiday good-friday: långfredagen, långfredag
holiday easter-saturday: påskafton, påskaftonen
holiday easter: påskdagen, påskdag
holiday easter-monday: annandag påsk, annandagpåsk
holiday ascension: kristi himmelsfärdsdag, kristi himmelsfärd, kristi himmelfärdsdag
holiday whit-eve: pingstafton
holiday whit-sunday: pingstdagen, pingstdag
"""

TIMES = """
to: i
past: över
half-to: halv
quarter: kvart, en kvart
at: kl, klockan, klocka, klock, vid, runt, ca, cirka, ungefär, omkring, prick
the: den, ett, typ
oclock: h, tiden, -tiden, tim
am: fm, f m, på fm
pm: em, e m, på em, på eftermiddan
part m: på morgonen, på förmiddagen, morgon, förmiddag, imorse, i morse, på morgon, morgonen
part a: på eftermiddagen, eftermiddag, i eftermiddag, eftermiddagen
part e: på kvällen, kväll, ikväll, i kväll, kvällen
part n: på natten, natt, i natt, inatt, natten
noon: 12 på dagen, tolv på dagen, middag, klockan tolv mitt på dagen, 12 mitt på
    dagen, tolv mitt på dagen
midnight: midnatt, vid midnatt
now: nu, nu direkt, just nu, genast, nu på en gång
in: om
hours: timme, timmar, timma, tim, h
minutes: minut, minuter, min
half: en halv, halv, halva
half-hour: halvtimme, en halvtimme, halvtimma
quarter-hour: kvart, en kvart
the: den, det
with: och
minus: minus
"""

AMOUNTS = """
number 2: båda två
the: den, det
plus: och, å
counted: personer, person, pers, st, stycken, stycke, styck, gäster, gäst, vuxna, vuxen, barn,
    deltagare, platser, plats, biljetter, biljett, dag, natt, gång, flaska, portion, vecka, månad,
    timme, dagar, nätter, gånger, rum, bord, par skor, flaskor, glas, portioner, år, år gammal,
    års, av oss, veckor, månader, timmar, minuter, stk, kg, kilo, gram, g, hg, hekto, liter, l,
    dl, cl, km, kilometer, mil, meter, m, cm, mm, grader, ° c, °, procent, %, poäng
times-sign: x, gånger
negative: minus
rank: e, a
filler: för, bord för, ett bord för, nummer, jag har, vi har, sällskap på, ett sällskap på
currency: kr, kronor, krona, sek, spänn, €, euro, eur, $, dollar, £, pund, nok, dkk
minor: öre, cent
point: komma, punkt
half: halv, halvt, halva, en halv, ett halvt, en halva
quarter: fjärdedel, en fjärdedel, kvart, en kvart
three-quarters: tre fjärdedelar, trekvart, tre kvart
one-and-half: anderthalb, en och en halv, ett och ett halvt, halvannan, halvannat
thousand: k, tkr
dozen 12: dussin
dozen 20: tjog
exact 6: halvt dussin, ett halvt dussin, halvdussin
hedge: som mest, som högst, som minst, maximalt, minimalt, tops, cirkus, åtminstone, plusminus,
    inte, ej, eller, mellan, minst, högst, max, mindre, mer, fler, än, under, över, upp till,
    kanske, eventuellt, troligen, nog, ungefär, ca, cirka, runt, omkring, nästan, några, nån, par,
    ett par, flera, många, få, till, från, om, men, utan, förutom, kl, klockan, sen, sedan, tror,
    vet, ögonblick, sekund, stund, annan, andra, varje, per, plus, minimum, senare, idag, imorgon,
    fråga, är, också, igen, aldrig, i stället, istället, med, att, på, i, av, åt, vid, jag, vi,
    det, bara om, antingen, halv, kvart, alla
"""

ANSWERS = """
yes: ja, j, jaa, jo, jadå, jodå, japp, jepp, jup, yes, yep, jajamän, jajamensan, absolut, visst,
    javisst, ja visst, visst gärna, självklart, självfallet, givetvis, naturligtvis, såklart, så
    klart, ja såklart, klart, klart det, definitivt, säkert, gärna, mer än gärna, precis, just
    det, exakt, korrekt, rätt, helt rätt, det är rätt, det är riktigt, riktigt, stämmer, det
    stämmer, det stämmer bra, stämmer bra, sant, så är det, ok, okej, okey, oki, okejdå, okej då,
    k, bra, det är bra, det blir bra, blir bra, låter bra, det låter bra, det går bra, går bra,
    det går fint, går fint, det går, det funkar, funkar, funkar bra, det funkar bra, fungerar, det
    fungerar, det fungerar bra, passar, passar bra, det passar, det passar bra, perfekt, toppen,
    super, kanon, fint, inga problem, inget problem, det är inga problem, ingen fara, det är
    lugnt, lugnt, varför inte, med glädje, med nöje, håller med, jag håller med, instämmer, jag
    instämmer, bekräftar, jag bekräftar, bekräftat, godkänner, godkänt, accepterar, jag
    accepterar, gör det, kör, kör på, vi kör, jag vill, det vill jag, vill gärna, det gör jag, jag
    är med, jag godkänner
no: nej, n, nä, nää, nix, nepp, nope, nehej, nejdå, nej då, nejnej, no, aldrig, aldrig i livet,
    absolut inte, verkligen inte, inte alls, inte, ej, helst inte, helst ej, självklart inte,
    naturligtvis inte, givetvis inte, såklart inte, definitivt inte, säkert inte, tyvärr, tyvärr
    inte, tyvärr nej, inte nu, inte idag, inte än, inte just nu, inte den här gången, inte denna
    gång, fel, det är fel, felaktigt, stämmer inte, det stämmer inte, inte rätt, det är inte rätt,
    inte riktigt, håller inte med, jag håller inte med, passar inte, det passar inte, går inte,
    det går inte, funkar inte, det funkar inte, fungerar inte, det fungerar inte, vill inte, jag
    vill inte, det vill jag inte, kan inte, jag kan inte, inte intresserad, ej intresserad, inte
    aktuellt, inte okej, inte ok, inte bra, under inga omständigheter, på inga villkor, i helvete
    heller, glöm det, det tror jag inte, jag tror inte det, tror inte det, jag tror inte, tror
    inte, avböjer, jag avböjer, behövs inte, det behövs inte, inget intresse, bättre inte, avstår,
    jag avstår, nej det är bra, nej tack det är bra, nej det är bra så, nej tack det är bra så,
    nej det är bra tack, nej det är lugnt, nej tack det är lugnt
not: inte, ej
polite: det, och, så, mycket, är, ni, du, tusen, på förhand, men, alla, hörni, då
unsure: kanske, det är bra så, bra så, det är bra tack, bra tack, det är lugnt tack, sådär
"""

CHOICES = """
option: alternativ, nummer, nr, no, #, val, svar, siffra
last: sista, den sista, det sista, sist, siste, längst ner
all: alla, allt, samtliga
all 2: båda, bägge, båda två
all 3: alla tre
all 4: alla fyra
except: utom, förutom, utan, men inte, men ingen, men inget, men inga, minus
none: inga, ingen, inget, ingenting, inget av dem, ingen av dem, ingendera, inget av dessa, nej
the: den, det, de, en, ett, med, till, kopp, glas, portion, bit, flaska, på, åt, mig, i
"""

LANGUAGE = Language(
    numbers=NUMBERS,
    fillers=FILLERS,
    dates=DATES,
    times=TIMES,
    amounts=AMOUNTS,
    answers=ANSWERS,
    choices=CHOICES,
    traits=frozenset({"compounds", "eight days", "year first", "final month"}),
    ordinal_suffixes=frozenset({"e", "a", "an"}),
)
