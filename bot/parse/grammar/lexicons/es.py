"""Spanish, of Spain and of the Americas."""

from bot.parse.grammar.lexicon import Language

NUMBERS = """
number 0: cero, ninguno, ninguna, ningun, nadie
number 1: uno, un, una
number 2: dos
number 3: tres
number 4: cuatro
number 5: cinco
number 6: seis
number 7: siete
number 8: ocho
number 9: nueve
number 10: diez
number 11: once
number 12: doce
number 13: trece
number 14: catorce
number 15: quince
number 16: dieciséis, diez y seis
number 17: diecisiete, diez y siete
number 18: dieciocho, diez y ocho
number 19: diecinueve, diez y nueve
number 20: veinte
number 21: veintiuno, veintiún, veintiuna, veinte y uno
number 22: veintidós
number 23: veintitrés
number 24: veinticuatro
number 25: veinticinco
number 26: veintiséis
number 27: veintisiete
number 28: veintiocho
number 29: veintinueve
number 30: treinta
number 40: cuarenta
number 50: cincuenta
number 60: sesenta
number 70: setenta
number 80: ochenta
number 90: noventa
number 100: cien, ciento
number 200: doscientos, doscientas
number 300: trescientos, trescientas
number 400: cuatrocientos, cuatrocientas
number 500: quinientos, quinientas
number 600: seiscientos, seiscientas
number 700: setecientos, setecientas
number 800: ochocientos, ochocientas
number 900: novecientos, novecientas
scale 1000: mil
scale 1000000: millón, millones
and: y
ordinal 1: primero, primera, primer, 1 ero, 1 era
ordinal 2: segundo, segunda
ordinal 3: tercero, tercera, tercer
ordinal 4: cuarto, cuarta
ordinal 5: quinto, quinta
ordinal 6: sexto, sexta
ordinal 7: séptimo, séptima
ordinal 8: octavo, octava
ordinal 9: noveno, novena
ordinal 10: décimo, décima
"""

FILLERS = """
filler: por favor, porfavor, porfa, porfis, porfi, xfa, x fa, x favor, pf, pls, please, plis,
    gracias, muchas gracias, mil gracias, grax, gracias de antemano, hola, buenas, buenos días,
    buenas tardes, buenas noches, saludos, un saludo, ok, okay, vale, bueno, bien, pues, entonces,
    eh, si puede ser, si es posible, si se puede, si se pudiera, si pueden, si no es molestia, sí,
    si, claro, me viene bien, me va bien, me queda bien, nos viene bien, nos va bien, me parece
    bien, está bien, esta bien, estaría bien, estaria bien, sería perfecto, seria perfecto, sería
    genial, sería ideal, es perfecto, perfecto, genial, me sirve, sirve, mejor, me gustaría, me
    gustaria, quisiera, quiero, querría, prefiero, preferiría, elijo, escojo, me quedo con, dame,
    deme, ponme, póngame, me pone, tomo, tomaré, voy a tomar, qué tal, que tal, qué te parece,
    puede ser, podría ser, podemos quedar, quedamos, que sea, digamos, para mí, para mi, para
    nosotros, para mi por favor, sólo, solo, solamente, únicamente, exactamente, justo, mismo,
    somos, seremos, vamos a ser, vamos, son, es, sería, seria, serían, serian, estamos, estaremos,
    hay, habrá, habra, será, sera, serán, seran, en total, total, iremos, necesito, necesitamos,
    tengo, era, eran, fue, eh, hmm, puedo, podemos, estoy libre, me pones, me llevo, me das, me
    da, póngame, me pone
"""

DATES = """
filler: nací, nací el, nacido el, nacida el, mi cumpleaños es, fecha de nacimiento
day 0: hoy, hoy mismo, esta noche, esta tarde, esta mañana, hoy dia
day 1: mañana, mñn, manana, mñna, mañna
day 2: pasado mañana, pasado, pasado mñn
day -1: ayer, anoche
day -2: anteayer, antier, antes de ayer, antes de anoche
weekday 0: lun
weekday 1: mar, mart
weekday 2: mié, mier, miér, miercoles, mierc
weekday 3: jue, juev
weekday 4: vie, vier, viern
weekday 5: sáb, sab
weekday 6: dom, domin
month 1: ene
month 2: feb
month 3: mar, mzo
month 4: abr
month 5: may
month 6: jun
month 7: jul
month 8: ago
month 9: sep, sept, set, setiembre
month 10: oct
month 11: nov
month 12: dic
unit 1: día, días, dia, dias
unit 7: semana, semanas, sem
unit 14: quincena, quincenas
unit 30: mes, meses
unit 365: año, años
week 1: la semana que viene, semana que viene, la próxima semana, próxima semana, la semana
    próxima, semana próxima, la semana siguiente, la otra semana
week 0: esta semana
week -1: la semana pasada, semana pasada
week-number: semana
in: en, dentro de, de aquí a
ago-before: hace
after: después de, despues de, después del, a partir de, desde, tras, de
before: antes de, antes del
coming: próximo, próxima, proximo, que viene, q viene, este, esta, siguiente, que entra
this: este, esta
last: pasado, pasada, último, última
final: último, ultimo, última, ultima
of: de, del, en
the: el, la, para el, al, a, para, día, dia
part: por la mañana, por la tarde, por la noche, en la mañana, en la tarde, en la noche, de la
    mañana, de la tarde, a la mañana, a la tarde, a la noche, tarde, noche, temprano, a primera
    hora, por la mañana temprano, al mediodía, al mediodia, a mediodía
part morning: mañana
holiday new-year: año nuevo, día de año nuevo
holiday new-years-eve: nochevieja, fin de año, noche vieja, víspera de año nuevo
holiday epiphany: reyes, día de reyes, dia de reyes, los reyes, reyes magos, epifanía
holiday epiphany-eve: noche de reyes, víspera de reyes
holiday valentine: san valentín, san valentin, día de san valentín, día de los enamorados
holiday st-joseph: san josé, día de san josé
holiday labor-day: día del trabajo, día del trabajador, dia del trabajo, dia del trabajador
holiday san-juan: san juan, día de san juan
holiday assumption: la asunción, asunción
holiday hispanic-day: día de la hispanidad, día del pilar, el pilar
holiday halloween: halloween
holiday all-saints: todos los santos, día de todos los santos
holiday all-souls: día de muertos, dia de muertos, día de los muertos, día de los difuntos
holiday constitution-es: día de la constitución
holiday immaculate: la inmaculada, inmaculada, día de la inmaculada
holiday christmas-eve: nochebuena, noche buena, víspera de navidad
holiday christmas: navidad, día de navidad, dia de navidad
holiday innocents: día de los inocentes, los inocentes
holiday maundy-thursday: jueves santo
holiday good-friday: viernes santo
holiday easter-saturday: sábado santo, sabado santo, sábado de gloria
holiday easter: domingo de pascua, domingo de resurrección, domingo de resurreccion
holiday easter-monday: lunes de pascua
holiday palm-sunday: domingo de ramos
holiday ash-wednesday: miércoles de ceniza
holiday shrove-tuesday: martes de carnaval
holiday corpus-christi: corpus christi, corpus
"""

TIMES = """
to: para, para la, para las, a la, a las, antes de las
minus: menos
half: media
quarter: cuarto, un cuarto
at: a las, a la, las, la, más o menos, aproximadamente, sobre las, hacia las, a eso de las,
    alrededor de las, como a las
the: el, a, aproximadamente, tipo
oclock: h, hs, hrs, horas, hora, en punto, hr, h s
am: am, a m
pm: pm, p m
part m: de la mañana, por la mañana, en la mañana, esta mañana, de la mañanita, dela mañana
part k: de la madrugada, madrugada
part a: de la tarde, por la tarde, en la tarde, tarde, esta tarde, del mediodía, del mediodia, de
    la tardecita
part e: de la noche, por la noche, en la noche, noche, esta noche
noon: mediodía, mediodia, al mediodía, a mediodía, al mediodia, medio día, las doce del mediodía,
    12 del mediodía, las 12 del mediodía, doce del mediodía
midnight: medianoche, a medianoche, a la medianoche, media noche, la medianoche
now: ahora, ahora mismo, ya, ahorita, ya mismo
in: en, dentro de
quarter-hour: cuarto de hora, un cuarto de hora
three-quarter-hour: tres cuartos de hora
one-and-half-hours: hora y media, una hora y media
hours: hora, horas, h, hrs
minutes: minuto, minutos, min, mins
plus: y, con
"""

AMOUNTS = """
article: el, la, los, las, lo
plus: y, con
counted: personas, persona, pax, adultos, adulto, niños, niño, invitados, gente, comensales,
    unidades, unidad, piezas, pieza, veces, días, noches, años, entrada, entradas, boleto,
    boletos, día, noche, año, plaza, habitación, cama, mesa, copa, taza, plazas, habitaciones,
    camas, mesas, copas, tazas, porciones, botellas, de nosotros, en total, semanas, meses, horas,
    minutos, kg, kilos, kilo, kilogramos, gramos, gr, g, litros, l, km, kilómetros, metros, m, cm,
    mm, grados, ° c, °, por ciento, %, puntos
times-sign: x
negative: menos
filler: para, mesa para, una mesa para, número, tenemos, grupo de
currency: €, $, £, euros, euro, eur, pesos, peso, dólares, dólar, libras, soles, mxn, usd, pavos,
    pts
minor: céntimos, céntimo, centavos, cts, cént
point: coma, punto
with: con
half: medio, media
quarter: cuarto, un cuarto
three-quarters: tres cuartos
thousand: k
dozen 12: docena, docenas
exact 6: media docena
hedge: max, máx, tope, a lo sumo, como mínimo, aprox, o así, más o menos,
    no, o, u, entre, al menos, por lo menos, mínimo, máximo, como mucho, como máximo, más, mas,
    que, de, hasta, quizás, quizá, tal vez, talvez, a lo mejor, unos, unas, aproximadamente, casi,
    alrededor, algunos, algunas, varios, muchos, muchas, pocos, par, un par, si, pero, sin,
    excepto, a las, desde, a, creo, no sé, momento, momentito, segundo, segundito, rato, otro,
    otra, cada, por, más o menos, pregunta, también, nunca, en, am, pm, a m, p m, mañana, hoy,
    ambos, cualquiera, me, le, se, la, las, los, el
"""

ANSWERS = """
yes: sí, si, s, sip, sep, sii, sipi, yes, ya, claro, claro que sí, claro que si, por supuesto, por
    supuesto que sí, desde luego, desde luego que sí, cómo no, como no, sin duda, sin problema,
    sin problemas, no hay problema, ningún problema, ningun problema, no problem, vale, ok, okay,
    okey, oki, de acuerdo, estoy de acuerdo, dale, venga, bueno, bien, muy bien, está bien, esta
    bien, perfecto, genial, estupendo, excelente, fantástico, ideal, me parece bien, me parece
    perfecto, me va bien, me viene bien, me parece, correcto, es correcto, eso es, así es, asi es,
    exacto, exactamente, cierto, es cierto, verdad, es verdad, efectivamente, afirmativo, seguro,
    segurísimo, totalmente, absolutamente, definitivamente, con gusto, con mucho gusto, encantado,
    encantada, por qué no, por que no, porque no, xq no, confirmo, confirmado, lo confirmo,
    acepto, aceptado, quiero, sí quiero, hecho, trato hecho, listo, adelante, va, órale, obvio,
    obviamente, naturalmente, me encantaría, me encantaria, me gustaría, me apunto, simón, cuenta
    conmigo, eso, que sí, que si, k, sí señor, sí señora
no: no, n, nop, nope, no no, na, nanay, nunca, jamás, jamas, nunca jamás, ni hablar, ni de broma,
    ni loco, ni loca, ni de coña, ni pensarlo, de ninguna manera, de ningún modo, de ningun modo,
    en absoluto, para nada, por supuesto que no, claro que no, desde luego que no, que no, que va,
    qué va, no gracias, ahora no, hoy no, todavía no, aún no, aun no, esta vez no, no por ahora,
    por ahora no, de momento no, no quiero, no puedo, no me interesa, no me va bien, no me viene
    bien, no es correcto, incorrecto, es incorrecto, no es cierto, no es verdad, falso, mal, está
    mal, no está bien, negativo, no estoy de acuerdo, no de acuerdo, en desacuerdo, creo que no,
    no creo, me parece que no, mejor no, prefiero no, prefiero que no, preferiría no, rechazo,
    rechazado, lo rechazo, no acepto, olvídalo, paso, tampoco, no hace falta, no es necesario,
    lamentablemente no, no señor, no vale, no va, no así está bien, no gracias así está bien, no
    estoy bien, no gracias estoy bien
not: no, que no
polite: y, muy, que, eso, lo, ya, mucho, muchas, señor, señora, amigo, amiga, todo, te, agradezco,
    por, la
unsure: quizás, quizá, tal vez, así está bien, está bien así, bien gracias, está bien gracias,
    estoy bien, estoy bien gracias, no está mal, nada mal, ya está bien
"""

CHOICES = """
option: opción, opcion, número, numero, núm, num, nro, n o, no, #, alternativa, respuesta,
    elección
last: último, ultimo, última, ultima, el último, la última, final
all: todos, todas, todo, todas ellas, todos ellos
all 2: ambos, ambas, los dos, las dos
all 3: los tres, las tres
except: menos, excepto, salvo, sin, pero sin, pero no
none: ninguno, ninguna, nada, ninguno de ellos, ninguna de ellas, no
the: el, la, lo, los, las, un, una, unos, unas, de, con, para, taza de, vaso de, copa de, porción
    de, a, al, en
"""

LANGUAGE = Language(
    numbers=NUMBERS,
    fillers=FILLERS,
    dates=DATES,
    times=TIMES,
    amounts=AMOUNTS,
    answers=ANSWERS,
    choices=CHOICES,
    traits=frozenset({"eight days", "fifteen days", "hour first", "cardinal days"}),
    ordinal_suffixes=frozenset({"o", "a", "ro", "ra", "do", "da", "er", "era", "ero"}),
)
