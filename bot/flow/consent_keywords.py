# ruff: noqa: RUF001 -- words in all alphabets contain letters that look alike
"""The words with which contacts stop messages, start messages again and ask for help, by language.

A word of any language counts for every contact, because people may write in the language in which
they found the bot's number. `stop_phrases` defines which other words may stand beside a keyword.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.parse import fold


class ConsentKeywords(NamedTuple):
    """One language's keywords. Accents are optional, because many keyboards have none.

    `idle` has stop words that also have another meaning. An `idle` word counts as STOP only if no
    question waits for an answer.
    """

    stop: tuple[str, ...]
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()


BY_LANGUAGE: Mapping[str, ConsentKeywords] = {
    "en": ConsentKeywords(
        (
            *("stop", "stopall", "stop all", "unsubscribe", "revoke", "optout", "opt out"),
            *(
                "stop messages",
                "stop all messages",
                "stop texts",
                "stop sms",
                "stop text",
                "stop msg",
                "unsubscribe all",
                "unsub",
                "unsubcribe",
                "unsuscribe",
                "unsubscibe",
                "unsubsribe",
                "unsubscripe",
            ),
        ),
        ("start", "unstop", "subscribe", "optin", "opt-in", "opt in"),
        ("help", "info"),
    ),
    "ar": ConsentKeywords(
        (
            *("إيقاف", "توقف", "أوقف", "ستوب", "إلغاء الاشتراك", "الغاء اشتراك", "ألغ الاشتراك"),
            *("إلغاء الإشتراك", "أوقفوا", "إيقاف الرسائل", "وقف الرسائل"),
        ),
        ("ابدأ", "اشتراك"),
        ("مساعدة",),
        ("قف", "وقف"),
    ),
    "bg": ConsentKeywords(
        ("стоп", "спри", "спрете", "отпиши", "отпишете ме", "отпиши ме", "отписване", "stop"),
        ("старт", "започни"),
        ("помощ",),
    ),
    "cs": ConsentKeywords(
        ("stop", "odhlásit", "odhlásit odběr", "odhlaste mě", "zrušit odběr"),
        ("začít", "přihlásit"),
        ("pomoc",),
        ("zastavit", "přestaňte"),
    ),
    "da": ConsentKeywords(
        ("stop", "afmeld", "frameld", "afmeld mig", "frameld mig"), ("start", "tilmeld"), ("hjælp",)
    ),
    "de": ConsentKeywords(
        (
            *("stopp", "stoppen", "abmelden", "abbestellen", "abmeldung", "austragen"),
            *("abo beenden", "abbestellung"),
        ),
        ("start", "anmelden"),
        ("hilfe",),
    ),
    "el": ConsentKeywords(
        ("στοπ", "σταμάτα", "σταματήστε", "απεγγραφή", "κατάργηση εγγραφής"),
        ("έναρξη", "εγγραφή"),
        ("βοήθεια",),
        ("διαγραφή", "διέγραψε με"),
    ),
    "es": ConsentKeywords(
        (
            *("darme de baja", "dar de baja", "darse de baja", "dame de baja", "denme de baja"),
            *("cancelar suscripción", "desuscribir", "desuscribirme", "desuscribirse"),
            *("cancelar la suscripción", "cancelar mi suscripción", "anular suscripción"),
        ),
        ("iniciar", "alta"),
        ("ayuda",),
        ("parar", "baja", "pare", "paren", "alto", "detener"),
    ),
    "et": ConsentKeywords(("stopp", "loobun tellimusest"), ("alusta",), ("abi",), ("lõpeta",)),
    "fa": ConsentKeywords(("لغو اشتراک", "توقف"), ("شروع",), ("راهنما",)),
    "fi": ConsentKeywords(
        ("pysäytä", "peru tilaus", "peruuta tilaus", "stop"),
        ("aloita",),
        ("apua", "ohje"),
        ("lopeta",),
    ),
    "fr": ConsentKeywords(
        (
            *("désabonner", "désabonnement", "me désabonner", "se désabonner", "désinscription"),
            *("désinscrire", "me désinscrire", "désabonnez moi", "désinscrivez moi", "stop sms"),
            *("résilier abonnement", "arrêt"),
        ),
        ("démarrer", "abonner"),
        ("aide",),
        ("arrêter", "arrêtez", "arrête", "stoppe", "stopper", "stoppez"),
    ),
    "he": ConsentKeywords(
        ("הסר", "הסרה", "להסיר", "עצור", "עצרו", "סטופ", "הסירו אותי", "תסירו אותי"),
        ("התחל",),
        ("עזרה",),
        ("די",),
    ),
    "hi": ConsentKeywords(
        (
            *("स्टॉप", "स्टाप", "बंद करें", "बंद करो", "बन्द करें", "बन्द करो", "रोकें", "रोको"),
            *("सदस्यता समाप्त करें", "band karo", "band karen"),
        ),
        ("शुरू",),
        ("मदद",),
    ),
    "hr": ConsentKeywords(
        ("stop", "odjavi me", "odjavite me"), ("prijava",), ("pomoć",), ("odjava", "odjavi")
    ),
    "hu": ConsentKeywords(
        ("stop", "leiratkozás", "leiratkozom", "leiratkozni", "állj le"),
        ("feliratkozás",),
        ("segítség",),
        ("állj", "leállítás"),
    ),
    "id": ConsentKeywords(
        ("stop", "berhenti", "berhenti berlangganan", "unreg", "setop", "hentikan"),
        ("mulai",),
        ("bantuan",),
    ),
    "it": ConsentKeywords(
        (
            *("disiscrivi", "disiscrivimi", "cancellami", "annulla iscrizione"),
            *("disiscrizione", "disiscrivermi", "cancella iscrizione"),
        ),
        ("inizia", "iscrivi"),
        ("aiuto",),
        ("fermare", "ferma", "smettere", "smettetela"),
    ),
    "ja": ConsentKeywords(
        ("ストップ", "停止", "配信停止", "登録解除", "購読解除", "受信拒否", "配信停止希望"),
        ("開始",),
        ("ヘルプ",),
        ("解除", "中止", "退会"),
    ),
    "ko": ConsentKeywords(
        (
            "수신거부",
            "수신 거부",
            "스톱",
            "스탑",
            "구독취소",
            "구독 취소",
            "구독 해지",
            "수신 중지",
        ),
        ("시작",),
        ("도움말",),
        ("중지", "정지", "거부", "해지", "그만"),
    ),
    "lt": ConsentKeywords(("stop", "atsisakyti prenumeratos"), ("pradėti",), ("pagalba",)),
    "lv": ConsentKeywords(("stop", "atrakstīties"), ("sākt",), ("palīdzība",)),
    "ms": ConsentKeywords(("berhenti", "henti", "hentikan"), ("mula",), ("bantuan",)),
    "nb": ConsentKeywords(
        ("stopp", "meld av", "avmeld", "meld meg av"),
        ("start", "meld på"),
        ("hjelp",),
        ("avslutt", "stans"),
    ),
    "nl": ConsentKeywords(
        ("stoppen", "afmelden", "uitschrijven", "meld me af", "schrijf me uit"),
        ("aanmelden",),
        ("hulp",),
        ("opzeggen",),
    ),
    "pl": ConsentKeywords(
        ("wypisz", "wypisz mnie", "wypisuję się", "stop", "zrezygnuj z subskrypcji"),
        ("zapisz",),
        ("pomoc",),
        ("rezygnuję", "rezygnacja", "zatrzymaj"),
    ),
    "pt": ConsentKeywords(
        (
            *("cancelar inscrição", "cancelar subscrição", "cancelar assinatura", "descadastrar"),
            *("descadastrar me", "me descadastrar", "descadastre me", "me descadastre"),
        ),
        ("começar", "iniciar"),
        ("ajuda",),
        ("parar", "sair", "pare", "parem"),
    ),
    "ro": ConsentKeywords(
        ("stop", "dezabonare", "dezabonează", "dezabonați mă", "dezabonează mă", "opriți"),
        ("începe", "abonare"),
        ("ajutor",),
        ("oprește",),
    ),
    "ru": ConsentKeywords(
        (
            *("стоп", "отписаться", "отписка", "отпишите", "отпишите меня", "отпиши меня"),
            *("отписать", "остановить рассылку", "stop"),
        ),
        ("старт", "начать", "подписаться"),
        ("помощь",),
        ("хватит", "остановить", "прекратите", "перестаньте", "остановите"),
    ),
    "sk": ConsentKeywords(("stop", "odhlásiť", "odhláste ma"), ("začať",), ("pomoc",)),
    "sl": ConsentKeywords(("stop", "odjavi me"), ("začni",), ("pomoč",), ("odjava",)),
    "sr": ConsentKeywords(("стоп", "одјави ме"), ("пријава",), ("помоћ",), ("одјава",)),
    "sv": ConsentKeywords(
        ("stopp", "avregistrera", "avregistrera mig", "avanmäl", "avanmälan", "avprenumerera"),
        ("starta",),
        ("hjälp",),
        ("avsluta", "sluta", "stoppa"),
    ),
    "th": ConsentKeywords(
        ("หยุด", "สต็อป", "สต๊อป", "ยกเลิกการรับข้อความ", "เลิกรับข้อความ", "หยุดส่ง", "ยกเลิกการสมัคร"),
        ("เริ่ม",),
        ("ช่วยเหลือ",),
        ("เลิก",),
    ),
    "tl": ConsentKeywords(("itigil", "tigil", "ihinto"), ("simulan",), ("tulong",), ("tama na",)),
    "tr": ConsentKeywords(
        (
            *("durdur", "durdurun", "abonelikten çık", "aboneliği iptal et", "stop", "mesaj iptal"),
            *("abonelik iptal", "abonelikten çıkmak", "üyelikten çık"),
        ),
        ("başlat",),
        ("yardım",),
        ("dur", "ret", "çık"),
    ),
    "uk": ConsentKeywords(
        (
            "стоп",
            "відписатися",
            "відписатись",
            "відпишіть мене",
            "відпишіть",
            "відписка",
            "зупинити",
        ),
        ("почати", "підписатися"),
        ("допомога",),
        ("досить", "припиніть"),
    ),
    "vi": ConsentKeywords(
        ("dừng lại", "hủy đăng ký", "huỷ đăng ký", "hủy đăng kí", "ngừng nhận tin", "từ chối nhận"),
        ("bắt đầu",),
        ("trợ giúp",),
        ("ngừng", "từ chối", "ngưng"),
    ),
    "zh": ConsentKeywords(
        (
            *("停止", "退订", "退訂", "取消订阅", "取消訂閱", "停止发送", "停止發送", "拒收"),
            *("停止接收", "退订短信", "退訂簡訊", "取消短信", "停发"),
        ),
        ("开始", "開始"),
        ("帮助", "幫助"),
        ("停",),
    ),
}

US_STOP = ("cancel", "end", "quit", "opt out", "revoke", "stop", "unsubscribe")
"""Messages that revoke consent in the US, from the list in the FCC's rule of 2025.

A message must have no other words.
"""

_POLITE = """
    please | pls | plz | plse | thanks | thank you | thank you very much | thx | ty | ta
    cheers | many thanks | kindly | ok | okay | now | right now | immediately | at once | asap
    just | mate | x | xx | xxx | hi | hello | hey | dear | sir | madam | team | guys | all
    sorry | regards | kind regards | best regards | best wishes | best | sincerely | yours
    so much | very much | bitte | danke | vielen dank | danke schön | jetzt | sofort | lg | vg
    mfg | hallo | gruß | grüße | viele grüße | tack | tack så mycket | snälla | mvh | nu
    genast | hej | vänligen | tak | takk | vær så snill | venligst | hilsen | vh | hei
    kiitos | ystävällisesti | kiitti | moi | por favor | porfa | porfavor | gracias
    muchas gracias | ya | hola | ahora | saludos | favor | obrigado | obrigada
    muito obrigado | já | agora | olá | oi | s'il vous plaît | svp | stp | s'il te plaît
    sil vous plait | merci | merci beaucoup | merci d'avance | bonjour | maintenant
    cordialement | per favore | per cortesia | perfavore | grazie | grazie mille | ciao
    subito | adesso | aub | alstublieft | alsjeblieft | ajb | bedankt | dank je | dank u
    dankjewel | graag | proszę | dziękuję | dzięki | dzien dobry | teraz | natychmiast
    pozdrawiam | prosím | děkuji | díky | dobrý den | ďakujem | kérem | köszönöm | köszi
    azonnal | most | vă rog | te rog | mulțumesc | mersi | acum | hvala | molim | prosim
    palun | aitäh | lūdzu | paldies | prašau | ačiū | пожалуйста | плиз | спасибо | сейчас
    здравствуйте | привет | моля | благодаря | мерси | веднага | будь ласка | дякую | негайно
    молим | хвала | παρακαλώ | ευχαριστώ | τώρα | من فضلك | لو سمحت | رجاء | رجاءا | الرجاء
    شكرا | الآن | فورا | لطفا | ممنون | مرسی | lütfen | teşekkürler | teşekkür ederim | sağol
    sağolun | hemen | artık | tolong | mohon | terima kasih | makasih | dong | min | kak
    sekarang | sila | salamat | po | na | paki | pakiusap | vui lòng | xin | làm ơn | cảm ơn
    cám ơn | ngay | कृपया | प्लीज | प्लीज़ | धन्यवाद | शुक्रिया | अभी | जी | kripya
    dhanyavad | בבקשה | תודה | תודה רבה | עכשיו | מיד | 请 | 請 | 谢谢 | 謝謝 | 多谢 | 麻烦
    麻煩 | 了 | 吧 | 谢 | 您好 | 你好 | お願い | お願いします | お願い致します | してください
    して下さい | ください | 下さい | ありがとう | して | です | を | ありがとうございます
    해주세요 | 해 주세요 | 부탁드립니다 | 부탁합니다 | 부탁해요 | 주세요 | 감사합니다 | 합니다
    요 | 해요 | 해 | 좀 | 제발 | ครับ | ค่ะ | คะ | นะ | นะคะ | กรุณา | โปรด | ขอบคุณ | ด้วย
    ที
    already | for good | and i mean it | straight away | right away | rgds | und zwar | umgehend
    auf der stelle | omedelbart | med en gång | vänliga hälsningar | hälsningar | cdlt | cdt
    bien à vous | tout de suite | immédiatement | de suite | slds | atte | ahora mismo | ya mismo
    de una vez | inmediatamente | imediatamente | agora mesmo | abraços | cordiali saluti | saluti
    immediatamente | mvg | groet | groeten | vriendelijke groet | vriendelijke groeten
    onmiddellijk | meteen | pozdr | немедленно | с уважением | αμέσως | حالا | derhal | segera
"""


# Letters with a stroke, which Unicode normalization does not split, and their base letters.
_BASE = str.maketrans({"ı": "i", "đ": "d", "ł": "l", "ø": "o", "æ": "ae"})


def plain(text: str) -> str:
    """Return `text` in the form in which keywords are compared: case-folded base letters without
    accents.
    """
    folded = fold(text)
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFD", folded)
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(_BASE)


def _plain(words: Iterable[tuple[str, ...]]) -> frozenset[str]:
    return frozenset(plain(each) for one in words for each in one)


STOP = _plain(each.stop for each in BY_LANGUAGE.values())
IDLE_STOP = _plain(each.idle for each in BY_LANGUAGE.values()) - STOP
START = _plain(each.start for each in BY_LANGUAGE.values())
HELP = _plain(each.help for each in BY_LANGUAGE.values())
POLITE = _plain([tuple(each.strip() for each in _POLITE.replace("\n", "|").split("|"))]) - {""}
