# ruff: noqa: RUF001 -- words of all alphabets, so letters that look alike
"""Words that contacts answer with and no library knows, by language.

All are folded, so that Greek has no final sigma. English stands in for a language that is missing.
"""

import re


def _words(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in listed.split(",") if word.strip())


def _table(listed: str) -> dict[str, tuple[str, ...]]:
    """One language after the other, each its code, a colon and its words."""
    entries = re.split(r"\s*\b([a-z]{2}):", listed)[1:]
    return {code: _words(words) for code, words in zip(entries[::2], entries[1::2], strict=True)}


YES = _table(
    """
    bg: да, добре, разбира се, da
    bs: da, može, naravno, u redu
    ca: sí, si, d'acord, és clar
    cs: ano, jo, jasně, jasne, dobře, souhlasím
    da: ja, jep, jo, ja tak, okay, selvfølgelig, gerne
    de: ja, jo, jap, jawohl, klar, gerne, ja bitte, ja gerne, natürlich
    el: ναι, ναί, βεβαίωσ, εντάξει, μάλιστα, nai
    en: yes, y, yeah, yep, yup, yes please, sure, of course, ok, okay, correct, that's right,
        true, definitely, absolutely, please do
    es: sí, si, claro, vale, por supuesto, sí por favor, si por favor, de acuerdo
    et: jah, jaa, muidugi, olgu
    fi: kyllä, kylla, joo, juu, jep, kyllä kiitos, selvä, totta kai
    fr: oui, ouais, o, d'accord, bien sûr, bien sur, oui merci, oui s'il vous plaît
    hr: da, može, moze, naravno, u redu
    hu: igen, i, persze, rendben, jó, igen kérem
    is: já, ja, jú, auðvitað, endilega
    it: sì, si, s, certo, va bene, sì grazie, si grazie, d'accordo
    lt: taip, gerai, žinoma
    lv: jā, ja, labi, protams
    nb: ja, jepp, jo, ja takk, greit, selvfølgelig, gjerne
    nl: ja, j, jawel, jazeker, zeker, graag, ja graag, natuurlijk, prima
    pl: tak, t, jasne, dobrze, tak proszę, oczywiście, pewnie
    pt: sim, s, claro, sim por favor, com certeza, está bem, tá bom
    ro: da, d, sigur, bine, desigur, da te rog, de acord
    ru: да, д, ага, конечно, хорошо, da
    sk: áno, ano, hej, jasné, dobre, súhlasím
    sl: da, ja, seveda, v redu
    sr: да, da, може, može, naravno, наравно, у реду, u redu
    sv: ja, j, japp, jo, ja tack, jajamän, absolut, visst, gärna, självklart
    tr: evet, e, tamam, olur, tabii, elbette
    uk: так, т, ага, звичайно, добре, tak
    """
)

NO = _table(
    """
    bg: не, не благодаря, ne
    bs: ne, ne hvala
    ca: no, no gràcies
    cs: ne, ne děkuji, ne díky, nesouhlasím
    da: nej, næ, nej tak
    de: nein, nö, nee, ne, nein danke, auf keinen fall, lieber nicht
    el: όχι, οχι, όχι ευχαριστώ, oxi, ochi
    en: no, n, nope, nah, no thanks, no thank you, not now, incorrect, wrong, false, please
        don't
    es: no, no gracias, para nada
    et: ei, ei aitäh
    fi: ei, en, ei kiitos
    fr: non, n, nan, non merci, pas du tout
    hr: ne, ne hvala
    hu: nem, n, nem köszönöm
    is: nei, nei takk
    it: no, n, no grazie, per niente
    lt: ne, ne ačiū
    lv: nē, ne, nē paldies
    nb: nei, niks, nei takk
    nl: nee, n, neen, nee bedankt, nee dank je, liever niet
    pl: nie, n, nie dziękuję, nie dzięki
    pt: não, nao, n, não obrigado, não obrigada
    ro: nu, n, nu mulțumesc, nu multumesc
    ru: нет, н, не, нет спасибо, net
    sk: nie, nie ďakujem
    sl: ne, ne hvala
    sr: не, ne, не хвала, ne hvala
    sv: nej, n, nä, nej tack, nix
    tr: hayır, hayir, h, yok, hayır teşekkürler, olmaz
    uk: ні, н, ні дякую, ni
    """
)

FALSE_FRIENDS = _table(
    """
    cs: no
    hu: no
    pl: no
    sk: no
    sl: no
    """
)
"""English words that the language has with a meaning of its own: "no" is a Pole's "yeah"."""

YES_SIGNS = frozenset("👍👌✅✔☑🆗💯")
NO_SIGNS = frozenset("👎❌✖🚫🙅")

AND = _words(
    """
    &, +, also, and, e, en, ed, et, i, ir, ja, jak, je, kai, mais, og, och, oraz, plus, så,
    samt, și, si, sowie, też, tiež, und, un, y, és, va, ve, и, й, та, также, також, και, ug
    """
)
"""What stands between the answers where several are given."""

COMING = _table(
    """
    cs: příští, tento, tuto, v, ve
    da: næste, førstkommende, på, nu på, denne
    de: nächsten, nächster, nächste, nächstes, kommenden, kommender, kommende, diesen, dieser,
        am, den
    el: επόμενη, την, το, αυτή, την επόμενη
    en: coming, the coming, this coming, upcoming
    es: próximo, proximo, próxima, siguiente, que viene, este, el, la
    fi: ensi, tuleva, tulevana, tänä
    fr: prochain, prochaine, ce, cette, le, la
    hu: jövő, következő, ezen a, most
    it: prossimo, prossima, questo, questa, il, la
    nb: neste, førstkommende, på, nå på, denne
    nl: volgende, aanstaande, komende, deze, op
    pl: następny, następna, następną, najbliższy, najbliższą, w, we, ten, tę
    pt: próximo, próxima, proximo, proxima, que vem, este, esta, na, no
    ro: viitoare, următoare, următorul, această
    ru: следующий, следующая, следующую, ближайший, эту, в
    sv: nästa, kommande, på, nu på, nu, denna, den här
    tr: gelecek, önümüzdeki, bu
    uk: наступний, наступна, наступну, цю, у, в
    """
)
"""What may stand beside a day without changing which it is: the next one of that name."""

DAY_AFTER_TOMORROW = _words(
    """
    i övermorgon, övermorgon, i overmorgen, i overmorgon, overimorgon, pasado mañana, pasado
    manana, dopodomani, depois de amanhã, ylihuomenna, übermorgen, après-demain, après demain,
    overmorgen, pojutrze, pozítří, pozajtra, послезавтра, післязавтра, вдругиден, holnapután,
    poimâine, μεθαύριο, prekosutra, demà passat, ülehomme, parīt, poryt, öbür gün
    """
)
