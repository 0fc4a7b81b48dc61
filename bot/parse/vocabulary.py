# ruff: noqa: RUF001 -- words in all alphabets contain letters that look alike
"""The words for yes, no and other answers in each language, because no library has them.

All words are folded, so Greek words have no final sigma. For a language that is missing here, the
English words are used.
"""

import re


def _words(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in listed.split(",") if word.strip())


def _table(listed: str) -> dict[str, tuple[str, ...]]:
    """Parse a table with a line per language: the language's code, a colon and the words."""
    entries = re.split(r"\s*\b([a-z]{2,3}):", listed)[1:]
    return {code: _words(words) for code, words in zip(entries[::2], entries[1::2], strict=True)}


YES = _table(
    """
    ar: نعم, أجل, ايوه, أيوه, اي, طبعا, أكيد, موافق, حسنا, تمام, بالتأكيد, صحيح, aywa, naam
    bg: да, добре, разбира се, da
    bn: হ্যাঁ, জি, ঠিক আছে, অবশ্যই, hae
    bs: da, može, naravno, u redu
    ca: sí, si, d'acord, és clar
    cs: určitě, samozřejmě, přesně, správně, jasný, ano, jo, jasně, jasne, dobře, souhlasím
    da: ja da, jo da, klart, præcis, det er rigtigt, rigtigt, fint, godt, enig, selvfølgelig ja,
        ja, jep, jo, ja tak, okay, selvfølgelig, gerne
    el: φυσικά, ασφαλώσ, σωστά, σίγουρα, συμφωνώ, ναι ναι, ναι, ναί, βεβαίωσ, εντάξει, μάλιστα, nai
    et: jah, jaa, muidugi, olgu
    fa: بله, آره, اره, بلی, حتما, البته, باشه, درسته, موافقم, bale, are
    fi: okei, ok, juuri niin, aivan, ehdottomasti, ilman muuta, oikein, sopii, mielellään, hyvä,
        kyllä, kylla, joo, juu, jep, kyllä kiitos, selvä, totta kai
    fil: oo, opo, sige, oo naman, siyempre
    he: כן, בטח, בסדר, כמובן, נכון, סבבה, ken
    hi: हाँ, हां, जी हाँ, जी, हा, ठीक है, बिल्कुल, ज़रूर, सही, haan, han, ha, ji haan, ji,
        theek hai, bilkul, zaroor
    hr: da, može, moze, naravno, u redu
    hu: jól van, természetesen, pontosan, helyes, oké, ok, egyetértek, igen, i, persze, rendben,
        jó, igen kérem
    id: ya, iya, yoi, betul, benar, tentu, tentu saja, setuju, baik, boleh, oke
    is: já, ja, jú, auðvitað, endilega
    it: certamente, certo che sì, esatto, giusto, assolutamente sì, volentieri, ok, sì, si, s,
        certo, va bene, sì grazie, si grazie, d'accordo
    ja: はい, ええ, うん, そうです, お願いします, いいです, いいですよ, もちろん, 了解, 了解です,
        オッケー, hai
    ko: 네, 예, 응, 그래, 그래요, 좋아요, 좋습니다, 물론, 물론이죠, 맞아요, 맞습니다, 알겠습니다,
        ne
    lt: taip, gerai, žinoma
    lv: jā, ja, labi, protams
    ms: ya, ye, betul, boleh, setuju, sudah tentu, baik
    nb: ja da, jada, klart, selvsagt, riktig, det er riktig, fint, enig, absolutt, ja, jepp, jo,
        ja takk, greit, selvfølgelig, gjerne
    nl: ja hoor, zeker weten, klopt, dat klopt, akkoord, goed, inderdaad, precies, oké, tuurlijk,
        ja, j, jawel, jazeker, zeker, graag, ja graag, natuurlijk, prima
    pl: zgadzam się, zgoda, dokładnie, racja, w porządku, okej, no tak, jak najbardziej, chętnie,
        tak, t, jasne, dobrze, tak proszę, oczywiście, pewnie
    pt: claro que sim, sim sim, isso, isso mesmo, exato, concordo, pode ser, beleza, combinado,
        certo, sim, s, claro, sim por favor, com certeza, está bem, tá bom
    ro: da, d, sigur, bine, desigur, da te rog, de acord
    ru: ок, окей, верно, правильно, точно, согласен, согласна, давай, давайте, угу, разумеется,
        естественно, так точно, ладно, безусловно, да, д, ага, конечно, хорошо, da
    sk: áno, ano, hej, jasné, dobre, súhlasím
    sl: da, ja, seveda, v redu
    sr: да, da, може, može, naravno, наравно, у реду, u redu
    sw: ndiyo, ndio, naam, sawa, hakika
    ta: ஆம், ஆமா, சரி, aam
    te: అవును, సరే
    th: ใช่, ใช่ครับ, ใช่ค่ะ, ครับ, ค่ะ, ได้, ได้ครับ, ได้ค่ะ, ตกลง, แน่นอน, โอเค
    tr: evet lütfen, peki, doğru, kesinlikle, aynen, kabul, onaylıyorum, tabi, tabii ki, evet, e,
        tamam, olur, tabii, elbette
    uk: авжеж, добре, згоден, згодна, вірно, ок, так, т, ага, звичайно, tak
    ur: جی ہاں, ہاں, جی, ٹھیک ہے, بالکل, haan
    vi: có, vâng, dạ, ừ, được, đồng ý, đúng, đúng rồi, tất nhiên, ok
    zh: 是, 是的, 好, 好的, 好啊, 对, 對, 对的, 可以, 行, 没问题, 沒問題, 当然, 當然, 嗯, 同意, 要,
        确认, shi
    """
)

NO = _table(
    """
    ar: لا, كلا, لأ, أبدا, لا شكرا, غير موافق, مستحيل, la
    bg: не, не благодаря, ne
    bn: না, একদম না, na
    bs: ne, ne hvala
    ca: no, no gràcies
    cs: nikdy, určitě ne, v žádném případě, vůbec ne, ne, ne děkuji, ne díky, nesouhlasím
    da: nej nej, aldrig, absolut ikke, overhovedet ikke, selvfølgelig ikke, ikke, forkert, nej, næ,
        nej tak
    el: ποτέ, καθόλου, φυσικά όχι, λάθοσ, διαφωνώ, όχι, οχι, όχι ευχαριστώ, oxi, ochi
    et: ei, ei aitäh
    fa: نه, خیر, نخیر, اصلا, هرگز, na
    fi: ei todellakaan, ei missään nimessä, ei koskaan, väärin, ei käy, ei kiinnosta, en halua, ei,
        en, ei kiitos
    fil: hindi, hindi po, ayaw, ayoko
    he: לא, לא תודה, ממש לא, בכלל לא, lo
    hi: नहीं, जी नहीं, ना, मत, बिल्कुल नहीं, nahi, nahin, na, ji nahi
    hr: ne, ne hvala
    hu: soha, dehogy, egyáltalán nem, semmiképp, nem értek egyet, nem, n, nem köszönöm
    id: tidak, nggak, enggak, ga, gak, tak, bukan, jangan, tidak mau, tidak terima kasih
    is: nei, nei takk
    it: certo che no, assolutamente no, per niente, mai, nemmeno per sogno, sbagliato, no no, no,
        n, no grazie
    ja: いいえ, いや, ううん, ちがいます, 違います, だめ, だめです, いりません, iie
    ko: 아니요, 아니오, 아뇨, 아니, 싫어요, 안 돼요, 안돼요, 괜찮습니다 아니요
    lt: ne, ne ačiū
    lv: nē, ne, nē paldies
    ms: tidak, tak, bukan, jangan, tak mahu
    nb: nei nei, aldri, absolutt ikke, overhodet ikke, selvfølgelig ikke, ikke, feil, nei, niks,
        nei takk
    nl: zeker niet, absoluut niet, nooit, niet, klopt niet, geen interesse, natuurlijk niet, nee,
        n, neen, nee bedankt, nee dank je, liever niet
    pl: nigdy, absolutnie nie, oczywiście że nie, w żadnym wypadku, nie zgadzam się, nie chcę, nie,
        n, nie dziękuję, nie dzięki
    pt: claro que não, de jeito nenhum, nunca, nem pensar, não quero, errado, de modo nenhum, não,
        nao, n, não obrigado, não obrigada
    ro: nu, n, nu mulțumesc, nu multumesc
    ru: неа, никогда, ни за что, конечно нет, ни в коем случае, неверно, неправильно, не согласен,
        не согласна, не надо, не хочу, нет, н, не, нет спасибо, net
    sk: nie, nie ďakujem
    sl: ne, ne hvala
    sr: не, ne, не хвала, ne hvala
    sw: hapana, la, siyo
    ta: இல்லை, வேண்டாம், illai
    te: కాదు, వద్దు
    th: ไม่, ไม่ใช่, ไม่ครับ, ไม่ค่ะ, ไม่เอา, ไม่ได้
    tr: asla, kesinlikle hayır, yanlış, istemiyorum, hayir teşekkürler, yo, hayır, hayir, h, yok,
        hayır teşekkürler, olmaz
    uk: ніколи, звичайно ні, не згоден, не треба, ні, н, ні дякую, ni
    ur: نہیں, جی نہیں, نہ, nahi
    vi: không, dạ không, không ạ, không phải, không cần, chưa
    zh: 不, 不是, 不要, 不用, 不用了, 没有, 沒有, 不行, 不可以, 不对, 不好, 不同意, 否, 不了, bu
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
"""English words that have another meaning in a language: "no" means "yeah" in Polish."""

YES_SIGNS = frozenset("👍👌✅✔☑🆗💯🙆")
UNSURE_SIGNS = frozenset("🤷🤔😕❓❔")
NO_SIGNS = frozenset("👎❌✖🚫🙅⛔")

AND = _words(
    """
    &, +, also, and, e, en, ed, et, i, ir, ja, jak, je, kai, mais, og, och, oraz, plus, så,
    samt, și, si, sowie, też, tiež, und, un, y, és, va, ve, и, й, та, также, також, και, ug
    """
)
"""Words and signs that join two answers, such as "and"."""

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
"""Words such as "coming" in "coming Friday", which do not change the day: "Friday" alone also means
the next Friday.
"""

DAY_AFTER_TOMORROW = _words(
    """
    i övermorgon, övermorgon, i overmorgen, i overmorgon, overimorgon, pasado mañana, pasado
    manana, dopodomani, depois de amanhã, ylihuomenna, übermorgen, après-demain, après demain,
    overmorgen, pojutrze, pozítří, pozajtra, послезавтра, післязавтра, вдругиден, holnapután,
    poimâine, μεθαύριο, prekosutra, demà passat, ülehomme, parīt, poryt, öbür gün
    """
)
