"""Portuguese."""

from bot.parse.grammar.lexicon import Language

LANGUAGE = Language(
    numbers="""
number 0: zero, nenhum, nenhuma, ninguém
number 1: um, uma
number 2: dois, duas
number 3: três
number 4: quatro
number 5: cinco
number 6: seis
number 7: sete
number 8: oito
number 9: nove
number 10: dez
number 11: onze
number 12: doze
number 13: treze
number 14: catorze, quatorze
number 15: quinze
number 16: dezesseis, dezasseis
number 17: dezessete, dezassete
number 18: dezoito
number 19: dezenove, dezanove
number 20: vinte
number 30: trinta
number 40: quarenta
number 50: cinquenta
number 60: sessenta
number 70: setenta
number 80: oitenta
number 90: noventa
number 100: cem, cento
number 200: duzentos, duzentas
number 300: trezentos
number 500: quinhentos
scale 1000: mil
scale 1000000: milhão, milhões
and: e
ordinal 1: primeiro, primeira
ordinal 2: segundo, segunda
ordinal 3: terceiro, terceira
ordinal 4: quarto, quarta
ordinal 5: quinto, quinta
""",
    fillers="""
filler: por favor, pfv, pf, obrigado, obrigada, brigado, oi, olá, bom dia, boa tarde, boa noite,
    ok, tá bom, está bom, se possível, pode ser, quero, queria, eu quero, gostaria de, prefiro,
    somos, seremos, só, apenas, somente, no total, exatamente, é, são, sim, vamos de, fico com
""",
    dates="""
day 0: hoje, hoje à noite, hj
day 1: amanhã, amanha, amnh
day 2: depois de amanhã
day -1: ontem
day -2: anteontem
weekday 0: segunda, segunda feira, seg
weekday 1: terça, terça feira, ter
weekday 2: quarta, quarta feira, qua
weekday 3: quinta, quinta feira, qui
weekday 4: sexta, sexta feira, sex
weekday 5: sáb
weekday 6: dom
unit 1: dia, dias
unit 7: semana, semanas
unit 30: mês, meses
unit 365: ano, anos
week 1: semana que vem, a semana que vem, próxima semana, na semana que vem
week 0: esta semana
in: em, daqui a, dentro de
ago: atrás
ago-before: há
after: depois de, após
before: antes de
coming: próximo, próxima, que vem, este, esta
last: passado, passada, último, última
final: último, última
of: de, do, da
the: o, a, na, no, dia, para, pra
part: de manhã, à tarde, à noite, da manhã, da tarde, da noite, manhã, tarde, noite
holiday christmas-eve: véspera de natal
holiday christmas: natal
holiday new-year: ano novo
holiday easter: páscoa
holiday good-friday: sexta feira santa, sexta santa
""",
    times="""
minus: menos
to: para as, para a, pras
half: meia
quarter: quarto, um quarto
at: às, as, à, a, umas, por volta das, lá pelas, ao, cerca das, pelas
oclock: h, horas, hora, hs, hrs
am: am
pm: pm
part m: da manhã, de manhã, manhã
part k: da madrugada
part a: da tarde, à tarde, de tarde, tarde
part e: da noite, à noite, de noite, noite
noon: meio dia, meio-dia, ao meio dia
midnight: meia noite, meia-noite, à meia noite
now: agora, agora mesmo, já
in: em, daqui a, dentro de
hours: hora, horas, h
minutes: minuto, minutos, min
half-hour: meia hora
plus: e
""",
    amounts="""
counted: pessoas, pessoa, adultos, crianças, convidados, unidades, vezes, dias, noites, anos,
    ingressos, quartos, kg, quilos, litros, km, graus, °
currency: r $, €, $, reais, real, euros, euro
minor: centavos, cêntimos
point: vírgula, ponto
half: meio, meia
dozen 12: dúzia, dúzias
exact 6: meia dúzia
plus: e
hedge: não, ou, entre, pelo menos, no máximo, no mínimo, cerca, quase, talvez, mais, menos, de,
    até, alguns, algumas, uns, umas, muitos, poucos, par, um par, mas, sem, às
""",
    choices="""
option: opção, número, n, nr, nº, #, alternativa
last: último, última
all: todos, todas, tudo
all 2: ambos
none: nenhum, nenhuma, nada
the: o, a, os, as, um, uma, de, do, da, com, para
""",
    traits=frozenset({"hour first", "cardinal days"}),
    ordinal_suffixes=frozenset({"o", "a"}),
)
