"""French, of France, Belgium, Switzerland and Canada."""

from bot.parse.grammar.lexicon import Language

NUMBERS = """
number 0: zéro, aucun, aucune, personne
number 1: un, une
number 2: deux
number 3: trois
number 4: quatre
number 5: cinq
number 6: six
number 7: sept
number 8: huit
number 9: neuf
number 10: dix
number 11: onze
number 12: douze
number 13: treize
number 14: quatorze
number 15: quinze
number 16: seize
number 17: dix sept
number 18: dix huit
number 19: dix neuf
number 20: vingt, vingts
number 30: trente
number 40: quarante
number 50: cinquante
number 60: soixante
number 70: septante
number 80: quatre vingt, quatre vingts, huitante, octante
number 90: nonante
scale 100: cent, cents
scale 1000: mille
scale 1000000: million, millions
and: et
ordinal 1: premier, première, 1 ère, 1 er, 1 ere
ordinal 2: deuxième, second, seconde, 2 nd, 2 nde
ordinal 3: troisième
ordinal 4: quatrième
ordinal 5: cinquième
ordinal 6: sixième
ordinal 7: septième
ordinal 8: huitième
ordinal 9: neuvième
ordinal 10: dixième
"""

FILLERS = """
filler: s'il vous plaît, s'il te plaît, s'il vous plait, s'il te plait, svp, stp, sil vous plait,
    sil te plait, merci, merci beaucoup, merci d'avance, merci bien, mci, mrc, bonjour, bonsoir,
    salut, coucou, bonne journée, bonne soirée, cordialement, bien cordialement, cdlt, bien à
    vous, bises, bisous, ok, okay, d'accord, alors, donc, bon, bah, ben, eh bien, oui, si
    possible, si c'est possible, si vous pouvez, si ça vous va, si ça va, si cela est possible,
    voilà, voila, c'est bon, c'est parfait, c'est très bien, c'est bien, ça me va, ca me va, me
    va, me va bien, me convient, me conviendrait, ça me convient, nous convient, ça marche, ca
    marche, serait parfait, serait bien, serait idéal, serait super, serait top, ce serait
    parfait, ce serait bien, si ça convient, parfait, convient, est parfait, est bien, je
    voudrais, je voudrai, j'aimerais, j'aimerai, je veux, je prends, je prendrai, je prendrais, je
    vais prendre, je choisis, je préfère, je préférerais, on prend, on prendra, nous prendrons,
    mettez moi, donnez moi, plutôt, disons, on dit, on peut dire, que diriez vous de, pourquoi
    pas, et si on disait, va pour, allons y pour, pour moi, pour nous, juste, seulement,
    uniquement, exactement, pile, on est, on sera, on serait, on va être, nous sommes, nous
    serons, nous serions, nous serons au nombre de, je suis, je serai, c'est, c'était, ce sera, ça
    fait, ca fait, ça fera, il y a, il y aura, il y en a, il y en aura, y a, j'en ai, j'en veux,
    j'en prends, il y avait, au total, en tout, total, il m'en faut, il nous en faut, il en faut,
    il faut, euh, heu, hum, hmm, je peux, on peut, on peut faire, nous pouvons, je suis libre, je
    suis disponible, je veux bien, allez
"""

DATES = """
filler: né le, née le, né, née, je suis né le, je suis née le, mon anniversaire est le, date de
    naissance
day 0: aujourd'hui, aujourdhui, aujourd hui, auj, ajd, ojd, ce soir, ce matin, cet après-midi,
    cette après-midi, cette nuit, cet aprem, d'aujourd'hui, ce midi
day 1: demain, 2main, dem1, dmain, demin, dmin
day 2: après-demain, apres demain, aprèsdemain, après 2main, apres 2main
day -1: hier, hier soir
day -2: avant-hier, avanthier, avant hier
weekday 0: lun
weekday 1: mar
weekday 2: mer, merc, mercr
weekday 3: jeu
weekday 4: ven, vend, vendr
weekday 5: sam
weekday 6: dim
month 1: jan, janv
month 2: fév, fev, févr
month 3: mar, mrs
month 4: avr
month 7: juil, jul
month 8: aoû, aou, aout
month 9: sep, sept
month 10: oct
month 11: nov
month 12: déc, dec
unit 1: jour, jours, j
unit 7: semaine, semaines, sem
unit 30: mois
unit 365: an, ans, année, années
week 1: la semaine prochaine, semaine prochaine, la semaine qui vient, semaine pro, la semaine
    pro, de la semaine prochaine
week 0: cette semaine, de cette semaine
week -1: la semaine dernière, semaine dernière, de la semaine dernière
week-number: semaine, sem
in: dans, en
ago-before: il y a, y a
after: après, apres, à partir de, à partir du, dès, depuis, suivant, de
before: avant, avant le
next: prochain, prochaine
coming: qui vient, ce, cette, cet, à venir
this: ce, cette, cet
last: dernier, dernière, passé, passée
final: dernier, dernière
of: de, du, d, en
the: le, la, les, l, au, pour le, à la
part: matin, le matin, au matin, après-midi, l'après-midi, soir, le soir, au soir, midi, à midi,
    nuit, aprem, en soirée, en matinée, dans la matinée, dans la soirée, dans l'après-midi, tôt, à
    la première heure, en fin de journée, en début de matinée
holiday new-year: jour de l'an, nouvel an, premier de l'an, le jour de l'an
holiday new-years-eve: saint-sylvestre, saint sylvestre, la saint-sylvestre, st sylvestre,
    réveillon du nouvel an, réveillon du jour de l'an
holiday epiphany: épiphanie
holiday valentine: saint-valentin, la saint-valentin, st valentin, saint valentin
holiday labor-day: fête du travail
holiday victory-fr: victoire 1945, fête de la victoire
holiday bastille: fête nationale, quatorze juillet
holiday swiss-national: fête nationale suisse
holiday belgian-national: fête nationale belge
holiday assumption: assomption, l'assomption
holiday halloween: halloween
holiday all-saints: toussaint, la toussaint
holiday armistice: armistice, l'armistice
holiday christmas-eve: veille de noël, la veille de noël, réveillon de noël, le réveillon de noël
holiday christmas: noël, jour de noël, le jour de noël
holiday maundy-thursday: jeudi saint
holiday good-friday: vendredi saint
holiday easter-saturday: samedi saint
holiday easter: dimanche de pâques, pâques
holiday easter-monday: lundi de pâques
holiday palm-sunday: dimanche des rameaux, rameaux
holiday ash-wednesday: mercredi des cendres
holiday shrove-tuesday: mardi gras
holiday ascension: ascension, l'ascension, jeudi de l'ascension
holiday whit-sunday: dimanche de pentecôte, pentecôte, la pentecôte
holiday whit-monday: lundi de pentecôte
"""

TIMES = """
minus: moins
half: demie, demi, une demie
quarter: quart, le quart, un quart
at: à, a, vers, aux alentours de, aux environs de, environ, autour de, vers les, il est
the: le, les, pile, l
oclock: h, heures, heure, hrs, h00
am: am, a m
pm: pm, p m
part m: du matin, du mat, le matin, matin, ce matin, au matin, mat
part a: de l'après-midi, de l'aprem, l'après-midi, après-midi, cet après-midi, cette après-midi,
    aprem, de l'apres midi, de l apres midi, de l après midi, du tantôt
part e: du soir, le soir, soir, ce soir, en soirée
part n: de la nuit, la nuit, cette nuit
noon: midi, à midi, 12h midi, le midi, ce midi
midnight: minuit, à minuit
now: maintenant, tout de suite, de suite, immédiatement, là maintenant, mtn
in: dans
hours: heure, heures, h
minutes: minute, minutes, min, mn, mins
half-hour: demi heure, une demi heure, demie heure, une demie heure, demi-heure
three-quarter-hour: trois quarts d'heure
quarter-hour: quart d'heure, un quart d'heure
plus: et
"""

AMOUNTS = """
article: le, la, les
plus: et
counted: personnes, personne, pers, adultes, adulte, enfants, enfant, invités, invité, couverts,
    convives, place, places, billet, billets, jour, nuit, an, chambre, lit, table, tasse, verre,
    portion, pièces, pièce, unités, unité, fois, jours, nuits, ans, chambres, lits, tables,
    tasses, verres, portions, parts, bouteilles, d'entre nous, en tout, au total, semaines, mois,
    minutes, exemplaires, pax, kg, kilos, kilo, kilogrammes, grammes, g, litres, litre, l, km,
    kilomètres, mètres, m, cm, mm, degrés, ° c, °, pour cent, %, points, heures, heure
times-sign: x
negative: moins
filler: pour, table pour, une table pour, numéro, j'ai, nous avons, groupe de
rank: er, e, eme
currency: €, $, £, euros, euro, eur, balles, dollars, francs, fr, chf, livres
minor: centimes, centime, cts, cents
point: virgule, point
half: demi, demie, un demi, une demie, une demi
quarter: quart, un quart
three-quarters: trois quarts
thousand: k
exact 6: demi-douzaine, une demi-douzaine
dozen 12: douzaines
hedge: maxi, mini, grand max, tout au plus, au minimum, au maximum, grosso modo,
    à peu de chose près,
    pas, ne, ou, entre, au moins, au plus, plus, que, de, jusqu'à, jusque, peut-être, peut
    être, environ, à peu près, presque, quelques, plusieurs, beaucoup, peu, si, mais, sans, sauf,
    à, vers, depuis, avant, après, crois, pense, sais, moment, instant, seconde, autre, autres,
    chaque, par, minimum, maximum, max, min, question, aussi, jamais, douzaine, dizaine,
    vingtaine, quinzaine, trentaine, centaine, couple, paire, avec, en, au, du, dans, demain, am,
    pm, h, le, la, les, on, je, nous, tout
"""

ANSWERS = """
yes: oui, o, ouais, ouai, ouaip, oui oui, ouii, yep, yes, mais oui, eh oui, bah oui, ben oui, bien
    sûr, bien sur, bien sûr que oui, mais bien sûr, bien entendu, évidemment, naturellement,
    certainement, absolument, tout à fait, exactement, exact, c'est exact, c'est ça, c'est bien
    ça, c'est cela, c'est juste, juste, c'est correct, correct, vrai, c'est vrai, en effet,
    effectivement, parfait, parfaitement, très bien, bien, c'est bon, c'est parfait, super,
    génial, top, nickel, impeccable, d'accord, d'acc, daccord, dac, dak, je suis d'accord, suis
    d'accord, entendu, c'est entendu, ok, okay, oki, okey, k, ça marche, ca marche, ça roule, ça
    me va, ca me va, ça me convient, cela me convient, me convient, ça va, pourquoi pas, pas de
    problème, pas de soucis, pas de souci, aucun problème, aucun souci, sans problème, sans souci,
    avec plaisir, avec grand plaisir, volontiers, avec joie, carrément, grave, sans doute aucun,
    sans aucun doute, si, mais si, je confirme, confirmé, je valide, validé, j'accepte, accepté,
    je veux bien, j'en suis, je suis partant, partant, partante, affirmatif, allez, allez y, vas
    y, allons y, go, banco, à fond, je le veux, ce serait bien, ce serait super, j'aimerais bien,
    ça serait bien, certes, pour sûr
no: non, n, nan, nn, nope, no, non non, mais non, eh non, bah non, ben non, oh non, pas du tout,
    absolument pas, certainement pas, sûrement pas, surement pas, pas vraiment, pas question, hors
    de question, il n'en est pas question, jamais, jamais de la vie, bien sûr que non, bien sur
    que non, en aucun cas, en aucune façon, aucunement, nullement, surtout pas, pas maintenant,
    pas aujourd'hui, pas cette fois, pas encore, pas pour l'instant, pas pour le moment, plus
    maintenant, pas d'accord, je ne suis pas d'accord, je suis pas d'accord, pas ok, pas possible,
    c'est pas possible, pas bon, c'est pas bon, ce n'est pas bon, faux, c'est faux, incorrect, pas
    correct, ce n'est pas correct, inexact, pas exact, c'est pas ça, ce n'est pas ça, pas bien,
    non plus, ça ne me va pas, ça me va pas, ça ne va pas, ça va pas, ça ne me convient pas, ça
    marche pas, ça ne marche pas, ne me convient pas, je ne veux pas, je veux pas, je ne peux pas,
    je peux pas, pas intéressé, pas intéressée, ça ne m'intéresse pas, je refuse, refusé, je
    décline, négatif, je ne crois pas, je ne pense pas, je crois pas, je pense pas, je crois que
    non, je pense que non, plutôt non, plutôt pas, je préfère pas, je préfère ne pas, je
    préférerais pas, laisse tomber, laissez tomber, sans façon, malheureusement non, désolé non,
    non désolé, non désolée, inutile, pas besoin, pas la peine, ce n'est pas nécessaire, non ça
    va, non merci ça va, non ça va merci, non ça ira, non merci ça ira, non ça ira merci, non
    c'est bon, non merci c'est bon, non c'est bon merci
not: pas, que non
polite: et, très, bien, vous, beaucoup, ça, c'est, madame, monsieur, à, tous, tout, le, monde, oh,
    ah, désolé, désolée
unsure: peut-être, ça va merci, c'est bon merci, ça ira, ça ira merci, ça va aller, je suis bien,
    je suis bien merci
"""

CHOICES = """
option: option, numéro, numero, num, n o, n °, no, nr, #, choix, réponse, le choix, l'option
last: dernier, dernière, derniere, le dernier, la dernière, le tout dernier
all: tous, toutes, tout
all 2: les deux, toutes les deux, tous les deux
all 3: les trois, tous les trois, toutes les trois
except: sauf, excepté, hormis, à part, sans, mais sans, mais pas, moins
none: aucun, aucune, rien, aucun des deux, aucune des deux, non
the: le, la, les, l, un, une, des, du, de, d, de la, avec, tasse de, verre de, part de, bouteille
    de, à, au, en, celui, celle, ce, cette
"""

LANGUAGE = Language(
    numbers=NUMBERS,
    fillers=FILLERS,
    dates=DATES,
    times=TIMES,
    amounts=AMOUNTS,
    answers=ANSWERS,
    choices=CHOICES,
    traits=frozenset({"teens after", "eight days", "fifteen days", "hour first", "cardinal days"}),
    ordinal_suffixes=frozenset({"er", "ere", "e", "eme", "nd", "nde", "ieme"}),
)
