"""German, of Germany, Austria and Switzerland."""

from bot.parse.grammar.lexicon import Language

NUMBERS = """
number 0: null, kein, keine, keiner, keinen, keins, keines, niemand
number 1: ein, eins, eine, einen, einem, einer, eines
number 2: zwei, zwo
number 3: drei
number 4: vier
number 5: fünf
number 6: sechs
number 7: sieben
number 8: acht
number 9: neun
number 10: zehn
number 11: elf
number 12: zwölf
number 13: dreizehn
number 14: vierzehn
number 15: fünfzehn
number 16: sechzehn, sechszehn
number 17: siebzehn, siebenzehn
number 18: achtzehn
number 19: neunzehn
number 20: zwanzig
number 30: dreißig, dreissig, dreizig
number 40: vierzig
number 50: fünfzig
number 60: sechzig, sechszig
number 70: siebzig, siebenzig
number 80: achtzig
number 90: neunzig
scale 100: hundert
scale 1000: tausend
scale 1000000: million, millionen, mio
scale 1000000000: milliarde, milliarden
and: und
ordinal 1: erste, ersten, erster, erstes, ersteren
ordinal 2: zweite, zweiten, zweiter, zweites
ordinal 3: dritte, dritten, dritter, drittes
ordinal 4: vierte, vierten, vierter, viertes
ordinal 5: fünfte, fünften, fünfter, fünftes
ordinal 6: sechste, sechsten, sechster, sechstes
ordinal 7: siebte, siebten, siebter, siebtes, siebente, siebenten
ordinal 8: achte, achten, achter, achtes
ordinal 9: neunte, neunten, neunter, neuntes
ordinal 10: zehnte, zehnten, zehnter, zehntes
ordinal 11: elfte, elften, elfter, elftes
ordinal 12: zwölfte, zwölften, zwölfter, zwölftes
ordinal 13: dreizehnte, dreizehnten
ordinal 14: vierzehnte, vierzehnten
ordinal 15: fünfzehnte, fünfzehnten
ordinal 16: sechzehnte, sechzehnten
ordinal 17: siebzehnte, siebzehnten
ordinal 18: achtzehnte, achtzehnten
ordinal 19: neunzehnte, neunzehnten
ordinal 20: zwanzigste, zwanzigsten, zwanzigster
ordinal 30: dreißigste, dreißigsten, dreißigster
"""

FILLERS = """
filler: bitte, bitte schön, bitteschön, danke, danke schön, dankeschön, vielen dank, besten dank,
    merci, dank, dankend, lg, vg, mfg, liebe grüße, lieben gruß, viele grüße, beste grüße, mit
    freundlichen grüßen, gruß, grüße, hallo, hi, hey, moin, guten morgen, guten tag, guten abend,
    servus, grüezi, ok, okay, okey, gut, also, dann, ja gut, gern, gerne, wenn möglich, falls
    möglich, wenn es geht, wenns geht, wenn's geht, passt, passt gut, passt mir, passt mir gut,
    passt mir am besten, passt am besten, passt uns, wäre gut, wäre super, wäre toll, wäre schön,
    wäre perfekt, wäre ideal, wäre mir recht, ist gut, ist ok, ist okay, ist super, ist perfekt,
    ist in ordnung, geht, geht gut, ginge, geht klar, klingt gut, wie wäre, wie wäre es mit, wie
    wär's mit, wie ist es mit, sagen wir, machen wir, nehmen wir, ich nehme, ich möchte, ich hätte
    gern, ich hätte gerne, ich will, ich würde gern, ich würde, hätte gern, hätte gerne, wir
    nehmen, wir möchten, wir hätten gern, wir hätten gerne, ich bevorzuge, am liebsten, lieber,
    nehme, nehm, möchte, nur, bloß, einfach, genau, gleich, es ist, es sind, das ist, das sind,
    das wäre, es war, wir sind, wir wären, ich bin, wir kommen, wir kommen zu, sind wir, wir
    brauchen, ich brauche, für mich, für uns, insgesamt, doch, mal, halt, eben, noch, schon, hm,
    hmm, äh, ähm, nehm ich, nehme ich, ich nehm, dann nehm ich, dann nehme ich, wär gut, wär
    super, wär toll, hätt gern, hätt ich gern, hätte ich gern, hätte ich gerne, ich hätt gern, ich
    kann, kann ich, könnte ich, gib mir, geben sie mir, ich bekomme, würde mir passen, würde
    passen, hab ich zeit, habe ich zeit
"""

DATES = """
filler: geboren, geboren am, ich bin geboren am, ich bin am, mein geburtstag ist, geburtsdatum
day 0: heute, heut, heute abend, heute morgen, heute früh, heute nachmittag, heute vormittag,
    heute mittag, heute nacht, heute noch
day 1: morgen, morgn, morgen früh
day 2: übermorgen
day 3: überübermorgen
day -1: gestern, gestern abend
day -2: vorgestern
weekday 0: mo, mon
weekday 1: di, die
weekday 2: mi, mit
weekday 3: do, don
weekday 4: fr, fre
weekday 5: sa, sam, sonnabend
weekday 6: so, son
month 1: jan, jänner, jän
month 2: feb, feber
month 3: mär, mrz, märz, maerz
month 4: apr
month 8: aug
month 9: sep, sept
month 10: okt
month 11: nov
month 12: dez
month 6: juno
month 7: julei
unit 1: tag, tage, tagen
unit 7: woche, wochen
unit 30: monat, monate, monaten, monats
unit 365: jahr, jahre, jahren
week 1: nächste woche, kommende woche, nächster woche, kommender woche, der nächsten woche, der
    kommenden woche
week 0: diese woche, dieser woche
week 2: übernächste woche, übernächster woche, in der übernächsten woche
week -1: letzte woche, vorige woche
week-number: kw, kalenderwoche, woche
in: in
ago: vor
after: nach, ab
before: vor
next: nächsten, nächster, nächste, nächstes, naechsten
after-next: übernächsten, übernächster, übernächste
this: diesen, dieser, diese, dieses
coming: kommenden, kommender, kommende, kommendes
last: letzten, letzter, letzte, letztes, vergangenen, vergangener, vorigen, voriger
final: letzten, letzter, letzte, letztes
of: im, des, vom
the: am, den, der, dem, das, die, zum, an, auf
part morning: morgen
part: früh, morgens, vormittag, vormittags, mittag, mittags, nachmittag, nachmittags, abend,
    abends, nacht, in der früh, am morgen, am vormittag, am nachmittag, am abend, am mittag,
    gleich in der früh
holiday new-year: neujahr, neujahrstag
holiday new-years-eve: silvester, sylvester
holiday epiphany: heilige drei könige, dreikönigstag, heilig drei könig, dreikönige
holiday valentine: valentinstag
holiday labor-day: tag der arbeit, maifeiertag, erster mai
holiday german-unity: tag der deutschen einheit, tag der einheit
holiday swiss-national: schweizer nationalfeiertag
holiday austrian-national: österreichischer nationalfeiertag
holiday reformation: reformationstag
holiday halloween: halloween
holiday all-saints: allerheiligen
holiday st-nicholas: nikolaus, nikolaustag
holiday st-martin: martinstag, st martin, sankt martin
holiday christmas-eve: heiligabend, heilig abend, heiliger abend, weihnachtsabend
holiday christmas: erster weihnachtstag, erster weihnachtsfeiertag, christtag, 1. weihnachtstag,
    1. weihnachtsfeiertag
holiday boxing-day: zweiter weihnachtstag, zweiter weihnachtsfeiertag, stefanitag, stephanstag, 2.
    weihnachtstag, 2. weihnachtsfeiertag
holiday maundy-thursday: gründonnerstag
holiday good-friday: karfreitag
holiday easter-saturday: karsamstag
holiday easter: ostersonntag
holiday easter-monday: ostermontag
holiday palm-sunday: palmsonntag
holiday ash-wednesday: aschermittwoch
holiday shrove-monday: rosenmontag
holiday shrove-tuesday: faschingsdienstag, fastnachtsdienstag
holiday ascension: christi himmelfahrt, himmelfahrt, vatertag, auffahrt
holiday whit-sunday: pfingstsonntag
holiday whit-monday: pfingstmontag
holiday corpus-christi: fronleichnam
"""

TIMES = """
to: vor
past: nach
half-to: halb, halber
quarter: viertel
quarter-of: viertel
three-quarters-of: dreiviertel, drei viertel
at: um, gegen, ca, circa, ungefähr, etwa, so gegen, so um, punkt
the: am, die, so, den, der
oclock: uhr, h, u, std
am: am, vorm
pm: pm, nachm
part m: morgens, früh, am morgen, in der früh, vormittags, vormittag, am vormittag, heute morgen,
    heute früh, heute vormittag
part a: nachmittags, nachmittag, am nachmittag, mittags, am mittag, heute nachmittag
part e: abends, abend, am abend, heute abend
part n: nachts, in der nacht, nacht, heute nacht
noon: mittag, mittags, zwölf uhr mittags, 12 uhr mittags, um 12 uhr mittags, am mittag, heute
    mittag
midnight: mitternacht, um mitternacht
now: jetzt, jetzt gleich, sofort, gerade jetzt
in: in
hours: stunde, stunden, std
minutes: minute, minuten, min
half: halb, halbe, halben, halber
one-and-half-hours: anderthalb stunden, eineinhalb stunden, anderthalb std, eineinhalb std
quarter-hour: viertelstunde
three-quarter-hour: dreiviertelstunde, dreiviertel stunde
the: der, die, das, den
with: und
minus: minus
"""

AMOUNTS = """
number 2: zu zweit
number 3: zu dritt
number 4: zu viert
number 5: zu fünft
number 6: zu sechst
number 7: zu siebt
number 8: zu acht
number 9: zu neunt
number 10: zu zehnt
the: der, die, das, den
plus: und
counted: personen, person, leute, leuten, mann, menschen, erwachsene, erwachsenen, kinder, kind,
    gäste, gast, stück, stk, stücke, mal, tage, tagen, nächte, nächten, jahre, jahre alt, jahren,
    karte, karten, ticket, tickets, tag, nacht, jahr, flasche, tasse, portion, woche, monat,
    stunde, plätze, platz, zimmer, betten, portionen, flaschen, tassen, pers, paar schuhe, wochen,
    monate, stunden, minuten, von uns, kg, kilo, kilogramm, gramm, g, liter, l, km, kilometer,
    meter, m, cm, mm, grad, ° c, °, prozent, %, punkte, sterne
times-sign: x, mal
negative: minus
filler: für, tisch für, einen tisch für, nummer, ich habe, wir haben, gruppe von
currency: €, $, £, euro, euros, eur, chf, franken, fr, sfr, dollar, stutz
minor: cent, cents, rappen
point: komma, punkt
half: halb, halbe, halber, halbes, halben, ein halb
quarter: viertel
one-and-half: eineinhalb, anderthalb, einundeinhalb
half-more: einhalb
three-quarters: dreiviertel, drei viertel
thousand: k, tsd
dozen 12: dutzend
exact 6: halbes dutzend, ein halbes dutzend
hedge: max, maximal, mind, minimal, aufwärts, allerhöchstens, zirka so, grob, pi mal daumen,
    nicht, oder, zwischen, mindestens, höchstens, weniger, mehr, als, unter, über, bis, bis zu,
    vielleicht, eventuell, evtl, wahrscheinlich, ungefähr, etwa, zirka, circa, ca, rund, fast,
    einige, ein paar, paar, mehrere, viele, wenige, von, ab, wenn, falls, aber, außer, ohne, um,
    uhr, vor, nach, halb, minimum, maximum, entweder, egal, glaube, denke, weiß, moment,
    augenblick, andere, anderer, jede, jeder, pro, plus, später, heute, morgen, frage, ist, auch,
    wieder, nie, statt, mit, zu, im, am, an, in, aus, dass, wir, ich, sie, es, mich, uns, sicher,
    noch nicht
"""

ANSWERS = """
yes: ja, j, jo, jop, jep, jup, jap, jau, joa, jawoll, jawohl, yes, yep, klar, na klar, ja klar,
    klaro, logo, logisch, sicher, aber sicher, ja sicher, sicherlich, sicher doch, gerne, gern,
    sehr gerne, sehr gern, natürlich, aber natürlich, na sicher, selbstverständlich, auf jeden
    fall, auf alle fälle, unbedingt, absolut, definitiv, durchaus, genau, ganz genau, exakt,
    richtig, das ist richtig, stimmt, das stimmt, stimmt genau, korrekt, wahr, so ist es,
    einverstanden, bin einverstanden, ich bin einverstanden, in ordnung, geht in ordnung, passt,
    passt gut, das passt, passt mir, passt perfekt, passt so, passt für mich, alles klar, geht
    klar, gut, sehr gut, super, prima, toll, perfekt, okay, ok, oki, okee, k, bestätigt, ich
    bestätige, bestätige, mach das, machen wir, kein problem, gar kein problem, kein thema, kein
    ding, warum nicht, wieso nicht, von mir aus, meinetwegen, mit vergnügen, freilich, eh klar,
    eh, ja doch, doch, das geht, geht, das wäre super, das wäre toll, das wäre schön, das wäre
    gut, wäre super, wäre toll, ich bin dabei, bin dabei, dabei, abgemacht, ich stimme zu,
    zugestimmt, mache ich, will ich, möchte ich, ist ok, ist okay, ist in ordnung, das ist ok, das
    ist okay, das ist in ordnung
no: nein, n, nö, nee, ne, nein nein, nope, no, niemals, nie, nie im leben, auf keinen fall, auf
    gar keinen fall, keinesfalls, keineswegs, gar nicht, überhaupt nicht, bestimmt nicht, ganz und
    gar nicht, lieber nicht, besser nicht, eher nicht, nicht wirklich, sicher nicht, natürlich
    nicht, leider nein, leider nicht, nicht nötig, heute nicht, jetzt nicht, im moment nicht, noch
    nicht, diesmal nicht, falsch, das ist falsch, stimmt nicht, das stimmt nicht, nicht richtig,
    das ist nicht richtig, unrichtig, nicht korrekt, nicht einverstanden, bin nicht einverstanden,
    ich bin nicht einverstanden, passt nicht, das passt nicht, passt mir nicht, geht nicht, das
    geht nicht, geht leider nicht, nicht gut, kein interesse, kein bedarf, keine lust, bitte
    nicht, abgelehnt, ich lehne ab, vergiss es, ich glaube nicht, glaube nicht, glaub nicht, ich
    denke nicht, denke nicht, ich will nicht, ich möchte nicht, will nicht, möchte nicht, kann
    nicht, ich kann nicht, muss nicht sein, ist nicht nötig, nein auf keinen fall, nein passt
    schon, nein danke passt schon, nein schon gut, nein danke schon gut
not: nicht
polite: das, es, und, sehr, so, mir, ich, schön, herzlichen, auch, aber, na, wohl, leute, team
unsure: vielleicht, eventuell, na ja, geht so, geht schon, passt schon, danke passt, danke gut,
    gut danke, schon gut, mir geht es gut, mir gehts gut
"""

CHOICES = """
option: option, nummer, nr, no, #, antwort, auswahl, möglichkeit, variante, punkt, zahl,
    alternative
last: letzte, letzter, letztes, letzten, der letzte, die letzte, das letzte, ganz unten
all: alle, alles, sämtliche
all 2: beide, beides, alle beide, alle zwei, die beiden
all 3: alle drei
all 4: alle vier
except: außer, bis auf, ohne, aber ohne, aber kein, aber keine, aber keinen, nur nicht, minus
none: keine, keins, keiner, nichts, keine davon, keines, keins davon, gar nichts, nein
the: der, die, das, den, dem, ein, einmal, haben, eine, einen, einer, eines, mit, zum, zur, am,
    im, in, stück, tasse, glas, flasche, portion
"""

LANGUAGE = Language(
    numbers=NUMBERS,
    fillers=FILLERS,
    dates=DATES,
    times=TIMES,
    amounts=AMOUNTS,
    answers=ANSWERS,
    choices=CHOICES,
    traits=frozenset({"compounds", "units first", "eight days"}),
    ordinal_suffixes=frozenset({"te", "ten", "ter", "tes", "ste", "sten", "ster"}),
)
