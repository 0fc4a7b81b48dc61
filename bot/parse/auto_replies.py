# ruff: noqa: RUF001 -- words in all alphabets contain letters that look alike
"""Recognizes texts that a phone, a mail program or another bot sends automatically."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.parse.grammar.tokens import plain_letters
from bot.parse.normalize import MAX_ANSWER_CHARS, UNSEEN_IN_NUMBERS

MAX_QUESTION_CHARS = 100
"""Maximum number of characters of a text with a question mark that counts as a person's question.

For example, "Are you a machine?" is a person's question. A longer text may be an automatic reply.
"""


class AutoReplies(NamedTuple):
    """One language's patterns of automatic replies, separated by bars.

    A text is an automatic reply if it matches a pattern of `marks`. A text is also an automatic
    reply if it matches a pattern of `reasons` and a pattern of `promises`, because a person rarely
    writes both.
    """

    marks: str
    reasons: str = ""
    promises: str = ""


BY_LANGUAGE: Mapping[str, AutoReplies] = {
    "en": AutoReplies(
        r"auto(matic|mated|matically)?[ -]?(generated )?(reply|replies|response|respond\w*)"
        r"|automated (message|text|sms|notification|email|system)"
        r"|this is an? (automatic|automated|auto)\b"
        r"|automatically (generated|sent)|auto-?generated"
        r"|(mailbox|inbox|number|phone|account|line|address|email) (is|isn't"
        r"|is not) (no longer |not )?"
        r"(being )?(monitored|attended|checked|in service|in use)"
        r"|(do not|don't|cannot|can't|unable to) (reply|respond"
        r"|accept replies) (directly )?(to )?"
        r"(this|from this)|no-?reply|not receiving notifications|out[ -]of[ -]office (reply"
        r"|message|response|auto)"
        r"|do not disturb while driving|driving with do not disturb|driving mode"
        r"|^out[ -]of[ -](the[ -])?office\s*[:.-]",
        r"(thank(s| you)|thx)[\w ,!]{0,20} for (your (message|text|e-?mail|call|enquiry"
        r"|inquiry|interest|patience|query)"
        r"|contacting|getting in touch|reaching out|messaging|texting|writing|calling|emailing)"
        r"|we('re| are)( all)? (currently |now |temporarily )?(closed|unavailable|offline|away"
        r"|out of office|experiencing)"
        r"|(office|surgery|shop|store|clinic|practice|salon|branch|restaurant) (is"
        r"|are) (currently |now )?closed"
        r"|i('m| am|m)( currently| now| presently| temporarily)? (out of (the )?office"
        r"|away from (my|the) (desk|office|phone)"
        r"|on (maternity|paternity|annual|parental|sick|medical|family)? ?leave|on (vacation"
        r"|holiday|holidays)|out of (the )?country"
        r"|unavailable|in a meeting|driving|traveling|travelling)"
        r"|i('m| am) (currently|presently|temporarily) (away|out|unable|off|busy)"
        r"|your (message|e-?mail|call|enquiry|inquiry|request) (is important|has been received"
        r"|was received)"
        r"|out of (the )?office (until|from|with|and|till)",
        r"we('ll| will| shall| aim to| try to| endeavou?r to)( \w+)? (get back|be in touch"
        r"|be with you|respond|reply|answer|contact|review|process|call|return|reopen)"
        r"|we( have|'ve) received|(our|the) (office|opening|business|working) hours"
        r"|(one|member|someone) (of|from) (our|the) team|our team|as soon as (possible|we can"
        r"|i can|i return|i am back|i get)"
        r"|within (\d+|one|two|the next|24|48)|(get|be|come) back to you|will be with you"
        r"|in (an emergency|my absence)|for (emergencies|urgent)"
        r"|if (this|it|your \w+) is( an?)? (urgent|emergency)|urgent (matters|enquiries"
        r"|inquiries|queries|cases)"
        r"|please (contact|email|dial|reach|visit|call (us|our|my|the|[0-9]))"
        r"|i('ll| will) (respond|reply|see your|return|get back|be back|answer|read|call you"
        r"|text you|message you|not be)|my colleague|limited (access|connectivity)"
        r"|your (message|e-?mail) (will|has)|when (we|i) (open|reopen|return|get where|arrive"
        r"|am back)|business day|respond to (you|your)|during (business|office|opening)",
    ),
    "de": AutoReplies(
        r"automatisch (erstellt|generiert|versendet|verschickt|erzeugt)\w*"
        r"|automatische (antwort|nachricht|abwesenheit\w*|mitteilung)|abwesenheits(notiz"
        r"|nachricht|meldung|assistent)"
        r"|auto-?(reply|antwort)|automatisierte (antwort|nachricht)|bitte (nicht auf diese"
        r"|antworten sie nicht)|(bitte )?nicht (auf diese \w+ )?antworten",
        r"(vielen |herzlichen |besten )?dank fur (ihre|deine|die|eure) (nachricht|anfrage|mail"
        r"|e-mail|mitteilung|interesse|kontaktaufnahme|sms)"
        r"|danke fur (ihre|deine|eure) (nachricht|anfrage|mail|e-mail)|ich bin (derzeit"
        r"|zurzeit|zur zeit|momentan|aktuell|bis|ab|vom|im moment|gerade am fahren|heute)"
        r"|wir (haben|sind) (derzeit|aktuell|zurzeit|momentan|gerade|heute|im moment|leider)"
        r"|(unser|das) (buro|geschaft|praxis|laden) ist|unsere praxis ist"
        r"|im moment nicht erreichbar"
        r"|ich fahre gerade|bin gerade am steuer|befinde mich (derzeit|aktuell|zurzeit|bis|im)",
        r"nicht im (buro|haus)\b.*\b(kehre|zuruck|wieder|weitergeleitet|dringend\w*)"
        r"|weitergeleitet|in dringenden|dringenden fallen|wenden sie sich|melden? (uns|wir uns"
        r"|mich)|wir (werden )?(uns )?(so|antworten|melden|bearbeiten|kummern)"
        r"|so bald wie moglich|so schnell wie moglich|schnellstmoglich|baldmoglichst"
        r"|innerhalb von|meine[rn]? (kollegin|kollege|kollegen|vertretung)|offnungszeiten"
        r"|nach meiner ruckkehr"
        r"|ihre (nachricht|e-mail|mail|anfrage) (wird|wurde|ist)"
        r"|ab (dem )?\w+ wieder (erreichbar|da)|kontaktieren sie|beantworte\w* (ich|wir)"
        r"|melde mich (bei ihnen|spater|nach|sobald)",
    ),
    "sv": AutoReplies(
        r"autosvar|automatiskt? (svar|meddelande|genererat|utskick)|automatsvar"
        r"|franvaromeddelande|franvarosvar|gar (inte|ej) att svara|svara (inte|ej) pa (detta"
        r"|det har)|kan (inte|ej) (ta emot|besvaras)|besvaras (inte|ej)|obevakad",
        r"tack for (ditt|ert|din|er|att du (kontaktar|kontaktade|hor av)) ?(meddelande|mejl"
        r"|mail|sms|forfragan|fraga)?|jag ar (for narvarande|just nu|for tillfallet"
        r"|tjanstledig|foraldraledig|pa semester|inte pa kontoret|ledig)"
        r"|vi (har|ar) (for narvarande|just nu|stangt|stangda|for tillfallet)"
        r"|jag kor (bil )?just nu",
        r"aterkommer|jag svarar (nar|sa|pa)|vi svarar|svarar (dig|er|sa)|sa snart|sa fort"
        r"|inom (\d+|ett|en|tva)|kontakta (garna |min|mina|var|oss|i stallet)|bradskande"
        r"|i akuta|oppettider|min kollega|vid akut|ar tillbaka|jag laser|under tiden|ring (112"
        r"|1177)|vidarebefordras",
    ),
    "da": AutoReplies(
        r"autosvar|automatisk (svar|besked|genereret)|ikke besvares|kan ikke svare pa denne"
        r"|fravaersbesked|svar venligst ikke",
        r"tak for (din|jeres) (besked|henvendelse|mail|sms)|jeg er (i ojeblikket|pa ferie"
        r"|pa barsel|ikke pa kontoret|desvaerre)|vi har (lukket|i ojeblikket)",
        r"vender tilbage|svarer|hurtigst muligt|sa snart|inden for|kontakt venligst"
        r"|min kollega|hastende|abningstider",
    ),
    "nb": AutoReplies(
        r"autosvar|automatisk (svar|melding|generert)|fravaersmelding|ikke svar pa denne"
        r"|kan ikke besvares",
        r"takk for (din|deres) (melding|henvendelse|epost|e-post)|takk for (meldingen"
        r"|henvendelsen)|jeg er (for oyeblikket|pa ferie|i permisjon|ikke pa kontoret"
        r"|dessverre)|vi har (stengt|for oyeblikket)",
        r"tilbake|svarer|sa snart|sa raskt|innen|kontakt|min kollega|haster|apningstider",
    ),
    "es": AutoReplies(
        r"(mensaje|respuesta|correo|notificacion|contestacion) (es )?(automatic[oa]"
        r"|automatizad[oa]|autogenerad[oa])|respuesta automatica|contestador automatico"
        r"|generado automaticamente|no responda?s? (a )?(este|esta)|por favor,? no responda"
        r"|(buzon|numero|correo) no (esta|es) (monitoreado|atendido|supervisado)",
        r"gracias por (comunicarte|comunicarse|contactar\w*|escribir\w*|su mensaje|tu mensaje"
        r"|tu interes|su interes|ponerte|ponerse|tu consulta|su consulta|llamar\w*)"
        r"|en este momento (no|nos|estamos|me|estoy)|actualmente (no|estoy|estamos"
        r"|me encuentro)|estoy (de vacaciones|fuera de la oficina|conduciendo|manejando"
        r"|de baja|de permiso)|fuera de (la )?oficina|(nuestro horario|estamos cerrados"
        r"|hemos recibido|nos encontramos)|estare (fuera|ausente)",
        r"responderemos|responderé|respondere|le responder\w*|te responder\w*|contestar(e"
        r"|emos)|lo antes posible|a la brevedad|en breve|(nos|me) (pondremos|pondre"
        r"|comunicaremos)|uno de nuestros|en caso de (urgencia|emergencia)|horario (de|es)"
        r"|(contacte|contacta|comuniquese|comunicate|dirijase|escriba|llame) (con|a|al)"
        r"|mi (companer|coleg)|a mi (regreso|vuelta)|cuando (vuelva|regrese)|dentro de (las"
        r"|\d)|acceso limitado|veras? tu mensaje|vere tu mensaje|atenderemos|te atender\w*"
        r"|le atender\w*",
    ),
    "fr": AutoReplies(
        r"(reponse|message|courriel|mail|sms|repondeur|e-mail) (est )?(automatique|automatise"
        r"|genere|envoye automatiquement)|genere automatiquement|ne pas (y )?repondre"
        r"|ne repondez pas|message d'absence|reponse auto|boite (n'est|mail n'est) (pas|plus)",
        r"merci (de|pour) (votre|ton|nous avoir|m'avoir|vos|avoir|l'interet) ?\w*"
        r"|nous (avons bien recu|sommes (actuellement|desormais|fermes|en conges"
        r"|indisponibles))|je suis (actuellement|absente?|en conges?|en conge|en vacances"
        r"|au volant|indisponible|hors du bureau|en deplacement|en reunion)|je conduis|(bureau"
        r"|cabinet|magasin|agence) est (actuellement )?ferme|actuellement (absente?|en conges?"
        r"|fermes?|indisponibles?)",
        r"(vous|te) (repondrons|repondrai|recontacterons|recontacterai|rappellerai"
        r"|rappellerons|reviendrai|reviendrons)|nous (vous )?(repondrons|traiterons"
        r"|reviendrons|mettons)|des que possible|dans les (plus brefs|meilleurs|\d+)"
        r"|en cas d'urgence|(veuillez|merci de|vous pouvez) (contacter|joindre|appeler"
        r"|vous adresser|patienter)|mon (collegue|confrere)|ma collegue|a mon retour"
        r"|des mon retour|nos horaires|sous \d+|sera de retour|serai de retour|un (conseiller"
        r"|membre)|acces limite|contactez",
    ),
    "it": AutoReplies(
        r"(risposta|messaggio|email|mail|sms) (e )?(automatic[oa]|generat[oa])"
        r"|risponditore automatico|generato automaticamente|(si prega di )?non rispondere"
        r"|non rispondete|fuori ufficio:",
        r"grazie per (averci|il (tuo|suo|vostro) messaggio|la (tua|sua|vostra)|aver|averti)"
        r"|(al momento|attualmente|in questo momento) (non|sono|siamo)|sono (fuori ufficio"
        r"|in ferie|in maternita|alla guida|assente)|sto guidando|siamo (chiusi|attualmente"
        r"|momentaneamente)",
        r"(vi|ti|le|la|lo) (risponder\w*|ricontatter\w*|richiamer\w*)|risponderemo|rispondero"
        r"|appena possibile|il prima possibile|quanto prima|al piu presto|in caso di urgenz\w*"
        r"|per urgenze|(contattare|contatti|contatta|rivolgersi|rivolgetevi)|al mio (ritorno"
        r"|rientro)|(entro|i nostri orari|nostro orario)|mi[oa] collega|uno dei nostri"
        r"|accesso limitato",
    ),
    "pt": AutoReplies(
        r"(resposta|mensagem|e-mail|email) (e )?automatica|mensagem automatizada"
        r"|resposta automatizada|gerad[oa] automaticamente|(por favor,? )?nao (responda"
        r"|responder)|ausencia temporaria",
        r"obrigad[oa] (por|pelo|pela) (entrar|contactar|contatar|sua|seu|tua|teu|nos|contato"
        r"|contacto|mensagem|escrever)|(no momento|neste momento|de momento|atualmente) (nao"
        r"|estamos|estou)|estou (de ferias|fora do escritorio|ausente|dirigindo|a conduzir"
        r"|em licenca)|estamos (fechados|fora)|agradecemos (o|a|seu|sua|pelo)",
        r"responder(emos|ei)|retornar(emos|ei)|entrar(emos|ei) em contato|assim que possivel"
        r"|o mais (breve|rapido)|em breve|em caso de urgencia|(contacte|contate"
        r"|entre em contato|ligue)|meu colega|minha colega|horario (de|e)|quando (eu )?(voltar"
        r"|regressar)|um de nossos|dentro de \d",
    ),
    "nl": AutoReplies(
        r"automatisch(e)? (antwoord|bericht|reactie|gegenereerd|verzonden|verstuurd)"
        r"|afwezigheids(bericht|melding|assistent)|niet (op dit bericht )?(te )?(beantwoorden"
        r"|reageren|antwoorden) ?(op dit)?|autoreply",
        r"bedankt voor (je|uw|jouw|het) (bericht|mail|e-mail|contact\w*|interesse|reactie)"
        r"|dank (je|u) (wel )?voor (je|uw|het)|(momenteel|op dit moment) (ben|zijn|niet"
        r"|gesloten)|ik ben (momenteel|op dit moment|afwezig|op vakantie|met (verlof"
        r"|zwangerschapsverlof)|niet op kantoor|aan het rijden|tot)|wij zijn (momenteel"
        r"|op dit moment|gesloten)|we zijn (momenteel|op dit moment|gesloten)",
        r"zo (snel|spoedig) mogelijk|(we|wij) (nemen|reageren|antwoorden|beantwoorden|komen)"
        r"|neem (dan |ik |contact|bij)|binnen \d+|bij spoed|(voor )?dringende|spoedgevallen"
        r"|mijn collega|openingstijden|reageer ik|antwoord ik|bel (dan )?(112|met)|terug (bij"
        r"|op kantoor)",
    ),
    "pl": AutoReplies(
        r"odpowiedz automatyczna|automatyczna (odpowiedz|wiadomosc|sekretarka)"
        r"|wiadomosc (wygenerowana|zostala wygenerowana|automatyczna)"
        r"|wygenerowan\w* automatycznie|(prosimy|prosze) (na nia )?nie odpowiada\w*"
        r"|autoresponder",
        r"dziekuje(my)? za (wiadomosc|kontakt|zgloszenie|panstwa|twoja|wyslanie)|(obecnie"
        r"|aktualnie|w tej chwili) (jestem|jestesmy|nie|przebywam|przebywamy|prowadze)|(jestem"
        r"|przebywam) (na urlopie|poza biurem|na zwolnieniu)|prowadze samochod",
        r"odpowie(m|my)|skontaktuje(my)? sie|najszybciej|jak najszybciej|w pilnych"
        r"|w sprawach pilnych|prosze o kontakt|prosimy o kontakt|(oddzwonie|wroce i)"
        r"|w ciagu \d+|moja kolezank\w*|moim kolega|godziny (otwarcia|pracy)|po powrocie"
        r"|niezwlocznie",
    ),
    "fi": AutoReplies(
        r"automaattinen (vastaus|viesti|poissaoloviesti)|poissaolo(viesti|ilmoitus)"
        r"|automaattivastaus|ala vastaa tahan|alka\w* vastatko tahan|tahan viestiin ei voi",
        r"kiitos (viestistasi|yhteydenotosta\w*|yhteydenotosta|viestista)|olen (talla hetkella"
        r"|parhaillaan|lomalla|poissa|aitiyslomalla|vanhempainvapaalla|ajamassa)"
        r"|olemme (talla hetkella|suljettu|kiinni)|toimistomme on|ajan (juuri nyt|parhaillaan)",
        r"vastaa(n|mme)|palaa(n|mme) asiaan|mahdollisimman (pian|nopeasti)|kiireellis\w*"
        r"|ota(than)? yhteytta|otamme yhteytta|kollega\w*|aukioloaja\w*|kuluessa|palattuani",
    ),
    "cs": AutoReplies(
        r"automatick(a|e|ou) (odpoved|zprava|zpravu|odpovedi)|neodpovidejte|nepritomnost:",
        r"dekuji? (vam )?za (vasi |vas )?(zpravu|email|dotaz|kontakt)|dekujeme"
        r"|jsem (momentalne|aktualne|na dovolene|mimo kancelar)|(momentalne|aktualne) (jsme"
        r"|nejsem|jsem)|ridim",
        r"odpovi(m|me)|ozv(u|eme) se|co nejdrive|v nalehav\w*|kontaktujte|muj kolega|do \d+"
        r"|oteviraci",
    ),
    "ru": AutoReplies(
        r"автоматическ(ий|ое|ая) (ответ|сообщение|рассылка)|автоответ\w*"
        r"|сгенерирован\w* автоматически|не отвечайте на (это|данное)|отправлено автоматически"
        r"|это автоматическое",
        r"спасибо за (ваше|ваш|вашу|обращение|сообщение|письмо|интерес)|благодарим за"
        r"|(в настоящее время|в данный момент|сейчас) (я|мы|нахожусь|не)|я (в отпуске|за рулем"
        r"|временно)|мы (закрыты|сейчас|получили)",
        r"ответ(им|лю|ит)|свяж(емся|усь|утся)|как можно скорее|в ближайшее время|в срочных"
        r"|по срочным|обращайтесь|обратитесь|в течение|мо(й|ему|его) коллег\w*|перезвон(ю|им)"
        r"|часы работы|график работы|по возвращении",
    ),
    "uk": AutoReplies(
        r"автоматичн(а|е) (відповідь|повідомлення)|автовідповід\w*|не відповідайте на це",
        r"дякуємо? за (ваше|звернення|повідомлення)|(наразі|зараз) (я|ми|не)|я у відпустці",
        r"відпов(імо|ім)|зв'яжемося|якнайшвидше|найближчим часом|звертайтеся|протягом|терміново",
    ),
    "bg": AutoReplies(
        r"автоматич(ен|но) (отговор|съобщение)|генерирано автоматично|не отговаряйте на това",
        r"благодарим? (ви )?за (съобщението|запитването|вашето)|в момента (съм|сме|не)"
        r"|в отпуск съм|отпуск до",
        r"ще (ви )?(отговоря|отговорим|се свърж\w*)|възможно най|при спешн\w*|свържете се"
        r"|в рамките на|колега\w*",
    ),
    "el": AutoReplies(
        r"αυτοματ(η|ο|οποιημεν\w+) (απαντηση|μηνυμα)|μην απαντ(ατε|ησετε)|αυτοματα",
        r"ευχαριστουμε (για|που)|σας ευχαριστω|αυτη τη στιγμη|ειμαι (εκτος γραφειου|σε αδεια)"
        r"|ειμαστε κλειστα",
        r"θα (σας )?(απαντησ\w*|επικοινωνησ\w*)|το συντομοτερο|σε επειγον\w*|επικοινωνηστε|εντος",
    ),
    "tr": AutoReplies(
        r"otomatik (yanit|cevap|mesaj)\w*|otomatik olarak (gonderil|olusturul)\w*"
        r"|bu mesaji? (yanitlamayin\w*|cevaplamayin\w*)|lutfen (yanitlamayin|cevaplamayin)\w*",
        r"(mesajiniz|iletisim\w*|bize (ulastiginiz|yazdiginiz)|ilginiz)\w* icin tesekkur\w*"
        r"|su anda? (ofis|musait|kapali|izin|araba|tatil)\w*|izindeyim|tatildeyim|kapaliyiz",
        r"(en kisa surede|donus yap\w*|geri don\w*|cevap ver\w*|yanit ver\w*|yanitlay\w*)"
        r"|acil (durum\w*|konular\w*)|iletisime gec\w*|saat icinde|mesai saat\w*"
        r"|lutfen .* arayin",
    ),
    "ar": AutoReplies(
        r"رد (تلقاي?ي|الي|آلي)|رساله (تلقاي?يه|اليه|آليه)|رسالة (تلقائية|آلية|الية)"
        r"|الرد التلقائي|رد تلقائي|رد آلي|لا ترد على هذه|عدم الرد على",
        r"شكرا (لك |لكم )?(على|ل)\s?(تواصل\w*|رسالت\w*|اتصال\w*)|شكرا لتواصلك\w*|نحن (حاليا"
        r"|مغلق\w*)|انا (حاليا|في اجازه)|خارج المكتب",
        r"سن(رد|تواصل|قوم)\w*|سا(رد|تواصل)\w*|في اقرب وقت|باقرب|للحالات|للطوارئ|يرجى (التواصل"
        r"|الاتصال)|خلال",
    ),
    "he": AutoReplies(
        r"(מענה|הודעה|תגובה) אוטומטית?|נא לא להשיב|אין להשיב",
        r"תודה (על פנייתך|שפנית|על הודעתך)|אני (בחופשה|לא במשרד)",
        r"נחזור|אחזור|בהקדם|במקרה דחוף|ניתן לפנות",
    ),
    "fa": AutoReplies(
        r"پاسخ خودکار|پیام خودکار", r"از (پیام|تماس) شما", r"در اسرع وقت|پاسخ خواهیم"
    ),
    "hi": AutoReplies(
        r"स्वचालित (उत्तर|संदेश|जवाब)|ऑटो(मेटिक)?[ -]?(रिप्लाई|जवाब)",
        r"संपर्क करने के लिए धन्यवाद|संदेश के लिए धन्यवाद",
        r"जल्द (ही|से जल्द)|संपर्क करेंगे|जवाब देंगे",
    ),
    "id": AutoReplies(
        r"(balasan|pesan|jawaban) otomatis|dikirim (secara )?otomatis|(mohon|harap"
        r"|jangan) (tidak |untuk tidak )?membalas pesan ini|mesej automatik|balasan automatik",
        r"terima kasih (telah|atas|sudah|kerana)|saat ini (kami|saya)|saya sedang (cuti|tidak"
        r"|menyetir)|kami sedang (tutup|tidak)",
        r"(akan|segera) (kami |segera |saya )?(membalas|balas|menghubungi|merespon|respon"
        r"|dibalas)\w*|secepatnya|sesegera mungkin|jam (kerja|operasional)|hubungi"
        r"|dalam (waktu )?\d+|mendesak|darurat",
    ),
    "vi": AutoReplies(
        r"(tra loi|tin nhan|phan hoi) tu dong|vui long khong (tra loi|phan hoi)",
        r"cam on (ban|quy khach|anh|chi) da|hien (tai|nay) (toi|chung toi)|toi dang (lai xe|nghi)",
        r"(se )?(tra loi|phan hoi|lien he)|som nhat|gio lam viec|khan cap",
    ),
    "th": AutoReplies(
        r"ตอบกลับ\s?อัตโนมัติ|ข้อความ\s?อัตโนมัติ|ตอบอัตโนมัติ",
        r"ขอบคุณ(ที่|สำหรับ)|ขณะนี้|ตอนนี้(ร้าน|เรา|ผม|ดิฉัน)",
        r"(จะ|ทีมงาน).{0,12}(ตอบกลับ|ติดต่อกลับ)|โดยเร็ว|เวลาทำการ",
    ),
    "hu": AutoReplies(
        r"automatikus (valasz\w*|uzenet\w*)|ne valaszoljon erre|hazon kivul:",
        r"koszon(juk|om) (a )?(megkereses\w*|uzenet\w*|level\w*)|jelenleg (szabadsag\w*|nem"
        r"|zarva|hazon)|szabadsagon vagyok",
        r"valaszol(ok|unk|ni)\b|hamarosan|amint|mihamarabb|surgos|forduljon|munkatarsunk"
        r"|kollega\w*|\d+ oran belul",
    ),
    "ro": AutoReplies(
        r"(raspuns|mesaj) automat|generat automat|nu raspundeti la acest",
        r"(va )?multumim (pentru|ca ne)|in acest moment|momentan (sunt|suntem|nu)"
        r"|sunt (in concediu|plecat)",
        r"(vom|voi) (raspunde|reveni|contacta)|cat mai (curand|repede)|urgent\w*|contactati"
        r"|in termen de|colegul|colega",
    ),
    "zh": AutoReplies(
        r"自动(回复|答复|回覆|应答)|自動(回復|回覆|答覆)|(系统|系統)(自动|自動)"
        r"|请勿(直接)?(回复|回覆)|請勿(直接)?(回覆|回復)|勿回复|本邮件由系统",
        r"(感谢|感謝|谢谢|謝謝)(您|你)?的?(来信|來信|留言|咨询|諮詢|联系|聯繫|消息|訊息|来电)"
        r"|我(目前|现在|現在|正在)(不在|休假|开车|開車|外出)|(目前|现在|現在)(不在|无法|無法"
        r"|已打烊|休息)",
        r"(尽快|盡快|儘快|稍后|稍後|很快|会|將|将).{0,8}(回复|回覆|联系|聯繫|答复|处理|處理)"
        r"|如有(急事|紧急|緊急)|工作时间|營業時間|营业时间|请联系|請聯繫|请致电",
    ),
    "ja": AutoReplies(
        r"自動(返信|応答|送信|配信)|(この|本)(メール|メッセージ)(に|は).{0,12}(返信|送信専用"
        r"|自動)|送信専用|返信しないで",
        r"(お問い合わせ|ご連絡|メッセージ|ご連絡頂き|お問合せ).{0,10}(ありがとう|有難う"
        r"|有り難う)|(ただいま|ただ今|現在).{0,12}(不在|営業時間外|運転中|休暇|対応|留守|外出)"
        r"|休暇(中|を)|営業時間外|不在にして",
        r"(改めて|追って|後ほど|折り返し|戻り次第|確認次第|順次).{0,16}(連絡|返信|ご連絡|返事"
        r"|回答|対応)|(営業時間|受付時間)は|お急ぎの|緊急の|までご連絡|営業日以内"
        r"|お待ちください",
    ),
    "ko": AutoReplies(
        r"자동\s?(응답|회신|답장|발송|답변)|발신\s?전용|회신\s?(불가|하지)|(본|이) (메일"
        r"|메시지)(은|는).{0,12}(자동|발신)",
        r"(문의|연락|메시지|메일).{0,12}감사|(현재|지금).{0,12}(부재|휴가|운전|영업|근무|외출"
        r"|상담)|휴가 중|부재중|영업\s?시간이 아닙|운전 중",
        r"(빠른 시간|최대한 빨리|곧|확인 후|복귀 후|돌아와서|돌아오는 대로|나중에).{0,16}(답"
        r"|연락|회신|전화)|급한|긴급|(영업|운영|상담)\s?시간(은|:)|연락 (바랍|주시)|순차적으로",
    ),
}


def _compiled(patterns: Iterable[str]) -> "re.Pattern[str]":
    # Patterns have no accents, because `plain_letters` removes the accents of the text.
    return re.compile("|".join(plain_letters(each) for each in patterns if each))


_MARKS = _compiled(each.marks for each in BY_LANGUAGE.values())
_HALVES = [
    (re.compile(plain_letters(each.reasons)), re.compile(plain_letters(each.promises)))
    for each in BY_LANGUAGE.values()
    if each.reasons
]
_ASKS = re.compile(
    r"^\W*(is|are|was|why|do|does|did|ist|sind|warum|ar|varfor|es|esto|eres|est|c'est|etes"
    r"|pourquoi"
    r"|e|sei|onko|czy|это|вы|bu|ist das|is dit|er|et|have|i think|stop|please stop)\b"
)


def is_auto_reply(text: str) -> bool:
    """Return whether the text was most likely sent automatically."""
    text = text.translate(UNSEEN_IN_NUMBERS).strip()
    if not 0 < len(text) <= MAX_ANSWER_CHARS:
        return False
    if text[-1] in "?？;؟" and len(text) <= MAX_QUESTION_CHARS:
        return False
    said = " ".join(plain_letters(text).split())
    if _MARKS.search(said):
        return not (_ASKS.search(said) and len(said) <= MAX_QUESTION_CHARS and "?" in said)
    return any(reason.search(said) and promise.search(said) for reason, promise in _HALVES)
