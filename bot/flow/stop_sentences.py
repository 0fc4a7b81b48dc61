# ruff: noqa: RUF001 -- words in all alphabets contain letters that look alike
"""Phrases about stopping messages, by language, and phrases that may be about stopping messages.

Bars separate phrases. Accents are optional and case is ignored.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Sentences(NamedTuple):
    """One language's phrases about stopping messages.

    A phrase of `alone` counts by itself, e.g. "unsubscribe". A phrase of `ends` counts only if a
    phrase of `about` follows. If `any_order` is True, the phrase of `about` may also come before
    the phrase of `ends`. `*` matches the rest of a word.
    """

    alone: str
    ends: str
    about: str
    any_order: bool = False


BY_LANGUAGE: Mapping[str, Sentences] = {
    "en": Sentences(
        """
        unsubscribe | unsubscribed | unsubscribing | opt out | opting out | optout
        take me off | take my number off | remove me from | remove my number
        delete my number | lose my number | leave me alone | get me off | off your list
        off this list | off the list | off the mailing list | stop texting | stop messaging
        stop contacting | stop spamming | stop bothering | stop writing | stop sending
        stop pestering | stop harassing | stop annoying | quit texting | quit messaging
        don't text me | do not text me | dont text me | don't message | do not message
        dont message | don't contact me | do not contact me | dont contact me | do not send me
        don't send me any | dont send me any | don't write to me | do not write to me
        don't want to hear from you | don't want to receive | do not want to receive
        dont want to receive | no longer want to receive | no longer wish to receive
        never text me | never message me | never contact me | stop these | revoke my consent
        withdraw my consent | withdraw consent | revoke consent | stop calling me
        stop emailing | stop mailing | cease and desist | wish to stop receiving
        how do i stop | how can i stop this | no more texts | no more messages
        stop the texts | stop the messages | remove from list | do not disturb me
        cancel texts | cancel these texts | cancel messages | cancel these messages
        cancel text messages | ever text me | ever message me | ever contact me | dont msg me
        don't msg me | don't message me | stop getting these | said stop | remove me
        make it stop | told you to stop | asked you to stop | stop i said | delete my data
        stop your messages | stop getting texts | stop msging | quit sending | cease sending
        want out of this list | get me out of this list
        no texts at all | no messages at all | off this thing | enough messages | enough msgs
        don't send anything | do not send anything | dont send anything | keep getting these
        none of these at all | refrain from texting | refrain from messaging
        refrain from contacting | refrain from sending | refrain from writing
        refrain from calling | desist from | discontinue these
        """,
        """
        stop | quit | cease | end | no more | don't want | do not want | dont want
        don't need | do not need | dont need | no longer want | sick of | tired of
        never signed up for | didn't sign up for | did not sign up for | didnt sign up for
        fed up with | refrain from | discontinue | block | turn off | switch off | disable
        not interested in | enough of | enough with | stopping | halt | rid of | done with
        """,
        """
        texts | text messages | messages | msgs | sms | messaging | texting | spam
        notifications | subscription | newsletter | mailing list | these alerts | promos
        promotions | your alerts | the alerts | marketing | mailings | reminders
        """,
    ),
    "ar": Sentences(
        """
        لا ترسل | لا ترسلوا | لا ترسلو | لا تراسلني | لا تراسلوني | توقف عن | توقفوا عن
        كف عن | كفوا عن | إلغاء الاشتراك | الغاء اشتراكي | إلغاء اشتراكي | لا تتصل بي
        عدم إرسال | وقف الرسائل | إيقاف الرسائل | ايقاف هذه الرسائل
        """,
        """
        كفى | يكفي | كفاية
        لا أريد | ما أريد | لا اريد | أوقف | أوقفوا | توقف | توقفوا | إيقاف | مابي | ما ابغى
        """,
        """
        رسائل* | الرسائل | رسائلكم | رسالة | إرسال | الاشتراك | المراسلة | رسايل | هالرسائل
        """,
    ),
    "bg": Sentences(
        """
        не ми пишете | не ми пиши | да ми пишете | отпишете ме | отпиша | отпиши ме
        не ме безпокойте | отписвам | сте ми писали | не ми пращайте | не ми изпращайте
        """,
        "спрете | спри | стига | не искам | не желая | престанете | без повече",
        "съобщени* | смс* | sms* | пращате | изпращате | пишете | пращайте | известия*",
    ),
    "cs": Sentences(
        """
        nepište mi | nepiš mi | odhlásit odběr | odhlaste mě | odhlásit se z odběru
        neposílejte | neposílej | odhlásit | mi nepište | mi nepiš | mi neposílejte
        """,
        "nechci | přestaňte | přestaň | už žádné | zrušte | zrušit | dost",
        "zpráv* | sms* | esemes* | psát | posílat | odběr* | newsletter*",
    ),
    "da": Sentences(
        """
        skriv ikke til mig | afmeld | afmelde | framelde | frameld | send ikke flere
        lad mig være i fred | afmelder | ikke send flere | ikke sende flere | skriv ikke
        ikke skrive til mig
        """,
        """
        stop | vil ikke | hold op | holde op | ingen flere | ikke flere | gider ikke | ønsker ikke
        """,
        "besked* | sms* | skrive | sende | at sende | sms'er | reklame*",
    ),
    "de": Sentences(
        """
        abbestellen | abmelden | abbestelle | melde mich ab | melden sie mich ab
        melde mich von | bestelle das ab | hör auf mir zu schreiben | austragen
        lasst mich in ruhe | lassen sie mich in ruhe | schreibt mir nicht | schreib mir nicht
        schreiben sie mir nicht | schickt mir nichts mehr | schickt mir keine
        schicken sie mir keine | schick mir keine | keine nachrichten mehr | keine sms mehr
        löscht meine nummer | lösch meine nummer | nummer löschen | will das nicht mehr
        löschen sie meine nummer | einwilligung widerrufen | widerrufe meine einwilligung
        aus dem verteiler | von der liste | abmeldung
        löschen sie bitte meine nummer | lasst mich endlich in ruhe | lass mich in ruhe
        bitte meine nummer löschen | schreibt mir bitte nicht
        """,
        """
        stopp | stop | stoppt | stoppe | stoppen | hör auf | hört auf | hören sie auf
        will keine | möchte keine | will nicht mehr | nicht mehr | möchte nicht | aufhören
        beenden | unterlassen sie | unterlasst
        """,
        """
        nachricht* | sms | texte | texten | anschreiben | schreiben | zu schreiben | schicken
        zu schicken | senden | werbung | newsletter | whatsapps | abo
        """,
    ),
    "el": Sentences(
        """
        μη μου στέλνετε | μην μου στέλνετε | μη μου στέλνεις | μην μου στέλνεις | διαγράψτε με
        διέγραψέ με | μην μου γράφετε | μη μου γράφετε | κατάργηση εγγραφής | απεγγραφή
        να απεγγραφώ | μην ξαναστείλετε | μη ξαναστείλετε | μη μου ξαναστείλετε
        μην μου ξαναστείλετε | μη μου ξαναγράψετε | μην μου ξαναγράψετε
        μη μου ξαναστείλεις | μην μου ξαναστείλεις | μη με ξαναενοχλήσετε
        μην με ξαναενοχλήσετε
        """,
        "σταματήστε | σταμάτα | σταματήσετε | δεν θέλω | όχι άλλα | να σταματήσουν",
        "μηνύμα* | sms* | στέλνετε | μηνύματα | γράφετε | στέλνεις | ενημερώσεις",
    ),
    "es": Sentences(
        """
        darme de baja | dar de baja | darse de baja | dame de baja | denme de baja
        denme la baja | doy de baja | dadme de baja | quitarme de la lista | desuscribir
        desuscribirse | quítenme de la lista | sáquenme de la lista | bórrenme
        no me escriban | cancelen mi suscripción | no me escribas | no me escriban más
        no me envíen | no me envíes | no me envíe | no me manden | no me mandes | no me mande
        no me contacten | déjenme en paz | dejen de | deja de escribirme | deja de enviarme
        deja de mandarme | no me escribáis | dejad de enviarme | no me enviéis | no me mandéis
        deje de enviarme | deje de mandarme | cancelar la suscripción
        cancelar mi suscripción | cancelar suscripción | desuscribirme | no más mensajes
        no mas mensajes | dejar de recibir | darle de baja | sacame de la lista
        quitame de la lista | quiten mi número | borren mi número | dejad de
        sáquenme de aquí | sácame de aquí | quítenme de aquí | bórrenme de aquí | paren ya
        """,
        """
        no quiero | ya no quiero | paren | parar | pare | para de | basta de | no más | stop
        detengan | no deseo
        """,
        """
        mensaje* | sms | mensajitos | notificaciones | publicidad | textos | avisos | enviar
        mandar | escribirme | whatsapps
        """,
    ),
    "fa": Sentences(
        "پیام ندهید | لغو اشتراک | پیام نده | دیگه پیام",
        "نمیخواهم | نمیخوام",
        "پیام*",
        any_order=True,
    ),
    "fi": Sentences(
        """
        älä lähetä | älkää lähettäkö | älkää enää lähettäkö | älä enää lähetä
        ei enää viestejä | älkää laittako | poistakaa minut | poista minut | peruuta tilaus
        peru tilaus | perun tilauksen | perua tilauksen | jättäkää minut rauhaan
        """,
        "lopeta | lopettakaa | en halua | en tahdo | älkää | lopettaa | riittää | pois",
        """
        viest* | tekstiviest* | tekstar* | sms* | mainoks* | lähettäm* | lähettely*
        postituslista*
        """,
    ),
    "fr": Sentences(
        """
        désabonner | désabonne | désabonnez moi | désabonne moi | désinscrire
        désinscrivez moi | désinscris moi | me désinscrire | arrêtez de m'envoyer
        arrête de m'envoyer | arrêtez de m'écrire | arrête de m'écrire | arrêtez de me
        arrête de me | ne m'envoyez plus | ne m'écrivez plus | ne m'écris plus
        ne m'envoie plus | ne me contactez plus | ne plus recevoir | plus rien recevoir
        retirez moi | retire moi de | enlevez moi | supprimez mon numéro
        laissez moi tranquille | fichez moi la paix | foutez moi la paix | plus de sms
        plus de messages | cessez de m'envoyer | cessez de me | cessez de m'écrire
        désabonnement | désinscription | ne me texte plus | plus de vos messages
        me retirer de | retirer de la liste | ne veux plus recevoir
        ne souhaite plus recevoir | veux plus recevoir
        ne plus avoir ces | ne plus avoir vos | ne plus m'écrire | ne plus me contacter
        ne plus m'envoyer
        """,
        """
        stop aux | stop les | ne veux plus | veux plus | ne souhaite plus | arrêtez | arrête
        arrêter | cessez | assez de | marre de | stopper | stop
        """,
        """
        messages | sms | textos | pubs | pub | publicités | notifications
        messages publicitaires | spam | spams
        """,
    ),
    "he": Sentences(
        """
        תפסיקו לשלוח | הפסיקו לשלוח | תפסיק לשלוח | אל תשלחו | אל תשלח | הסירו אותי
        תסירו אותי | תוריד אותי | תורידו אותי | להסיר אותי | אל תכתבו לי | תמחקו אותי
        """,
        "לא רוצה | תפסיקו | תפסיק | הפסיקו | די עם | מספיק | בלי",
        "הודעות* | הודעה | סמס* | לשלוח | sms | ההודעות | מסרונים | עם ההודעות",
    ),
    "hi": Sentences(
        """
        मत भेजो | मत भेजें | मत भेजिए | न भेजें | ना भेजें | भेजना बंद | संदेश बंद | मैसेज बंद
        मैसेज मत | मेसेज मत | mat bhejo | mat bhejiye | msg mat | message mat | message band
        msg band
        """,
        """
        नहीं चाहिए | बंद करो | बंद करें | बंद कर | मत करो | मत करें | nahi chahiye | band karo
        band karen
        """,
        "मैसेज* | मेसेज* | संदेश* | एसएमएस* | sms* | message* | msg*",
        any_order=True,
    ),
    "hr": Sentences(
        "nemojte mi slati | odjavite me | odjavi me | ne šaljite mi | nemojte mi pisati",
        "ne želim | prestanite | neću | nemojte",
        "poruk* | sms* | slati | pisati",
    ),
    "hu": Sentences(
        """
        ne írjatok | ne írjanak | ne írjon | ne írj | ne küldjenek | ne küldjetek | ne küldjön
        ne küldj | leiratkozni | leiratkozom | leiratkozás | hagyjanak békén | hagyjatok békén
        töröljenek
        """,
        """
        nem kérek | nem kérem | nem akarok | hagyják abba | hagyjátok abba | elég | elég volt
        abbahagyni
        """,
        "üzenet* | sms* | több | értesítés*",
        any_order=True,
    ),
    "id": Sentences(
        """
        jangan kirim | jangan sms | jangan kirimkan | jangan hubungi | jangan chat
        jangan wa saya | berhenti mengirim | berhenti kirim | stop kirim | stop mengirim
        berhenti berlangganan | hapus nomor saya | jangan ganggu | stop sms | jangan whatsapp
        henti hantar | jangan hantar | batalkan langganan
        """,
        """
        tidak mau | tidak ingin | gak mau | ga mau | nggak mau | berhenti | hentikan | stop
        tak nak | tidak mahu
        """,
        "pesan* | sms* | kirim* | mesej* | whatsapp | menerima | hantar",
    ),
    "it": Sentences(
        """
        basta messaggi | basta sms | disiscrivere | disiscrivetemi | disiscrivermi
        disiscrivimi | come mi disiscrivo | disiscrivo | cancellarmi | cancellatemi
        toglietemi | toglimi | rimuovetemi | rimuovimi | non scrivetemi | non scrivermi
        non mandatemi | non mandarmi | non inviatemi | non inviarmi | smettetela di
        smettila di | smettete di | non contattatemi | lasciatemi in pace
        non voglio più ricevere | non desidero più ricevere | annullare l'iscrizione
        non mi scrivete | non mi mandate | smetti di
        non ricevere più | non voglio più sms
        """,
        """
        basta | non voglio più | non voglio | stop | smettete | smettetela | fermate | fermare
        niente più | non desidero
        """,
        """
        messaggi* | sms | con i messaggi | notifiche | pubblicità | scrivermi | mandarmi
        inviarmi
        """,
    ),
    "nb": Sentences(
        """
        slutt å sende | slutt å skrive | ikke send meg | ikke skriv til meg | meld meg av
        melde meg av | stopp å sende | ikke kontakt meg | fjern meg fra | la meg være i fred
        slutt å melde
        melder jeg meg av | melder meg av | slutt å kontakte
        """,
        """
        slutt | stopp | stans | vil ikke | ønsker ikke | ingen flere | ikke flere | ikke ha
        """,
        "melding* | sms* | tekstmelding* | sende | reklame",
    ),
    "nl": Sentences(
        """
        stop met sturen | stop met appen | stop met berichten | stop met sms | stuur me geen
        stuur mij geen | niet meer sturen | haal me van | haal mij van | schrijf me uit
        uitschrijven | afmelden | meld me af | laat me met rust | niet meer berichten
        geen berichten meer | geen sms meer | app me niet | sms me niet
        verwijder mijn nummer | verwijder mij | verwijder me | hou op met | houd op met
        stop met mij | stop met me
        """,
        """
        geen | stop met | stop | wil niet meer | hou op | houd op | ophouden | niet meer
        wil geen
        """,
        "berichten | berichtjes | sms* | appjes | sturen | appen | reclame | nieuwsbrief",
    ),
    "pl": Sentences(
        """
        nie pisać do mnie | nie piszcie do mnie | nie pisz do mnie | nie piszcie
        proszę nie pisać | nie wysyłać | nie wysyłajcie | nie wysyłaj | proszę mnie wypisać
        wypiszcie mnie | wypisać się | wypisz mnie | dajcie mi spokój | przestańcie pisać
        przestań pisać | zrezygnować z | usuńcie mnie | usuń mnie z | przestańcie wysyłać
        proszę przestać | wypisać
        """,
        """
        nie chcę | nie życzę | przestańcie | przestań | dość | koniec | rezygnuję
        rezygnuję z | stop
        """,
        """
        wiadomoś* | sms* | esemes* | pisać | wysyłać | powiadomie* | subskrypcj* | newsletter*
        """,
    ),
    "pt": Sentences(
        """
        pare de me | parem de me | parar de receber | não me envie | não me enviem
        não me mande | não me mandem | pare de enviar | pare de mandar | parem de enviar
        parem de mandar | descadastre | descadastro | me descadastrar | cancelar inscrição
        cancelar a inscrição | cancelar minha inscrição | cancelar a subscrição
        me tire da lista | me tira da lista | me remova | me remover da lista
        tirem me da lista | deixem me em paz | me deixem em paz | me deixa em paz
        deixe me em paz | não me escrevam | não me escreva | não quero receber
        não quero mais receber | remova meu número | remover meu número | não me contactem
        sair da lista | parem de | deixem de me | deixe de me | descadastrar
        """,
        """
        não quero mais | não quero | chega de | pare | parem | parar | stop | não desejo
        sem mais
        """,
        """
        mensage* | mensagens | sms | propaganda | notificações | msgs | msg | enviar | mandar
        """,
    ),
    "ro": Sentences(
        """
        nu mi mai trimiteți | nu mi mai trimite | nu îmi mai trimiteți | nu îmi mai scrieți
        nu mi mai scrieți | nu mai trimiteți | mă dezabonez | dezabonați mă
        vreau să mă dezabonez | lăsați mă în pace | dezabonez | dezabonare
        """,
        "nu mai vreau | nu vreau | opriți | încetați | fără | nu doresc | stop | gata cu",
        "mesaj* | sms* | trimite* | notificări*",
    ),
    "ru": Sentences(
        """
        не пишите мне | не пиши мне | не пишите | перестаньте писать | перестань писать
        хватит писать | отпишите меня | отпиши меня | отписаться | отписать | отпишусь
        не присылайте | не присылай | не отправляйте | не шлите | перестаньте слать
        перестаньте присылать | хватит слать | хватит присылать | прекратите писать
        прекратите слать | удалите меня | удалите мой номер | отстаньте от меня | уберите меня
        прекратите присылать | больше не пишите | отключите рассылку
        отключить рассылку | отключить эту рассылку | отписаться от рассылки
        """,
        """
        не хочу | не хочу больше | больше не | прекратите | хватит | остановите | перестаньте
        не надо | отключите | не желаю | отмените
        """,
        """
        сообщени* | смс* | sms* | эсэмэс* | рассылк* | писать | получать | уведомлен* | спам*
        подписк*
        """,
    ),
    "sk": Sentences(
        "nepíšte mi | neposielajte | odhláste ma | odhlásiť",
        "nechcem | prestaňte | prestaň | už žiadne",
        "správ* | sms* | písať | posielať",
    ),
    "sr": Sentences(
        "не шаљите ми | немојте ми слати | одјавите ме | не пишите ми",
        "не желим | престаните | нећу",
        "порук* | смс* | слати",
    ),
    "sv": Sentences(
        """
        sluta skicka | sluta sms:a | sluta sms a | sluta smsa | sluta skriva till mig
        sluta höra av | sluta messa | skicka inte fler | skicka inga fler | skicka inget mer
        inga fler sms | inga fler meddelanden | ta bort mig från | ta bort mitt nummer
        ta bort mig | avregistrera mig | avregistrera | avprenumerera
        avsluta prenumerationen | avanmäla | avanmäl | lämna mig ifred | lämna mig i fred
        sluta kontakta | kontakta mig inte | skriv inte till mig | sms:a mig inte
        sluta tjata | smsa mig inte | sluta spamma | sluta störa
        avregistrerar jag mig | avregistrerar mig | avanmäler jag mig | räcka med reklam
        räcker med reklam | nog med reklam
        """,
        """
        sluta | inga fler | inga | vill inte | vill ej | inte fler | avslutar | avsluta
        stoppa | stoppar | stopp på | stopp för | slippa | slipper | inte längre | trött på
        """,
        """
        sms | smsen | sms:en | meddelanden | meddelandena | utskick* | messen | mess | sms en
        reklam | notiser | prenumeration* | nyhetsbrev*
        """,
    ),
    "tl": Sentences(
        """
        huwag na kayong mag text | wag na magtext | wag niyo na ko itext
        huwag nang magpadala | tigilan nyo na
        """,
        "huwag | wag | ayoko | tigilan",
        "text | itext | magtext | mensahe | message",
    ),
    "tr": Sentences(
        """
        mesaj atmayın | mesaj atma | mesaj göndermeyin | mesaj gönderme | mesaj yollamayın
        mesaj almak istemiyorum | sms atmayın | sms göndermeyin | bana yazmayın | bana yazma
        rahatsız etmeyin | rahat bırakın | abonelikten çıkmak | abonelikten çıkar
        abonelikten nasıl | aboneliği iptal | abonelik iptal | listeden çıkarın
        listeden çıkar | beni çıkarın | beni listeden | aboneliğimi iptal | mesaj istemiyorum
        """,
        """
        istemiyorum | atmayın | atmayınız | göndermeyin | göndermeyiniz | durdurun | durdur
        kesin | yollamayın | yazmayın | iptal edin | yeter | kapatın
        """,
        "mesaj* | sms* | abonel* | bildirim*",
        any_order=True,
    ),
    "uk": Sentences(
        """
        не пишіть мені | не пиши мені | не пишіть | перестаньте писати | відпишіть мене
        відписатися | відписатись | не надсилайте | не присилайте | не шліть | досить писати
        видаліть мене | видаліть мій номер | припиніть писати | припиніть надсилати
        """,
        "не хочу | більше не | припиніть | досить | зупиніть | перестаньте | не треба",
        "повідомлен* | смс* | sms* | розсилк* | писати | отримувати | спам*",
    ),
    "vi": Sentences(
        """
        đừng nhắn | đừng gửi | đừng nhắn tin | không nhắn tin | ngừng nhắn | ngừng gửi
        dừng gửi | dừng nhắn | thôi nhắn | hủy đăng ký | huỷ đăng ký | đừng làm phiền
        không gửi tin | xóa số | xoá số | thôi gửi
        """,
        "không muốn nhận | không muốn | ngừng | dừng | đừng | ngưng | không nhận",
        "tin nhắn | sms* | tin | nhắn",
    ),
}

UNSPACED_ALONE = """
    退订 | 退訂 | 取消订阅 | 取消訂閱 | 别再发 | 別再發 | 不要再发 | 不要再發 | 不要发
    不要發 | 别发 | 別發 | 别给我发 | 不要给我发 | 不要再给我发 | 拒收 | 别再联系 | 别烦我
    配信停止 | 登録解除 | 購読解除 | 送らないで | 連絡しないで | 受信拒否 | 連絡してこないで
    送ってこないで | 수신거부 | 수신 거부 | 구독 취소 | 구독취소 | 보내지 마 | 보내지마
    그만 보내 | 연락하지 마 | 연락하지마 | อย่าส่ง | เลิกส่ง | หยุดส่ง | ไม่ต้องส่ง
"""
"""Phrases that count by themselves, in scripts without spaces between words."""

UNSPACED_ENDS = """
    不要 | 别 | 別 | 不想 | 停止 | 取消 | 不再 | 勿 | 拒绝 | 拒絕 | 屏蔽 | 不需要 | 别再
    怎么退 | 如何退 | 送らないで | 送らない | 送るな | 送ってこないで | 送信しないで
    いりません | いらない | 要りません | 不要です | やめて | 止めて | 希望しません
    望みません | 解除 | 보내지 | 그만 | 안 받 | 받고 싶지 | 거부 | 중단 | 멈춰 | 싫어요
    싫습니다 | 필요 없 | 하지 마 | 하지마 | 말아 | 말아주세요 | 원하지 | 취소 | อย่าส่ง
    ไม่ต้องส่ง | เลิกส่ง | หยุดส่ง | ไม่อยากรับ | ไม่ต้องการ | ไม่อยากได้ | ยกเลิก | หยุด
    ไม่รับ
"""
"""Phrases such as "not want", in scripts without spaces between words.

A phrase of `UNSPACED_ENDS` counts only if the text also has a phrase of `UNSPACED_ABOUT`.
"""

UNSPACED_ABOUT = """
    短信 | 消息 | 信息 | 短訊 | 簡訊 | 讯息 | 訊息 | 推送 | 通知 | 订阅 | 訂閱 | 发给我
    發給我 | 联系我 | 聯繫我 | 打扰 | 打擾 | 骚扰 | 騷擾 | メッセージ | ショートメール
    メール | SMS | sms | 配信 | 連絡 | 購読 | 문자 | 메시지 | 메세지 | 연락 | 알림 | 구독
    광고 | 톡 | ข้อความ | ส่งมา | แจ้งเตือน | เอสเอ็มเอส
"""
"""Phrases such as "messages", in scripts without spaces between words."""

UNCLEAR = """
    stop it | stop this | stop everything | stop alerts | stop spam | stop spamming | stop me
    stop bothering | stop service | go away | leave me alone | remove me | delete me
    stop them | stop please stop it | lose my number | wrong number stop | no stop | yes stop
    hör auf | hört auf | lass mich in ruhe | lasst mich in ruhe | sluta nu | lämna mig ifred
    lämna mig i fred | smettila | dejadme en paz | déjame en paz | laat me met rust | przestań
    przestańcie | хватит писать | отстань | отстаньте | bırakın | やめて | やめてください
    やめろ | 그만해 | 그만해요 | 그만하세요 | 烦死了 | 别烦我 | बस करो | avbestill
    la meg være | lad mig være | lopettakaa | tilmeld ikke
"""
"""Whole messages that may mean that the contact wants no more messages."""

UNCLEAR_IDLE = """
    enough | aufhören | schluss | genug | assez | ça suffit | basta | basta ya | chega
    genoeg | dość | yeter | बस | cukup | riittää | elég volt | αρκετά | φτάνει | كفى | يكفي
    מספיק | thôi | พอแล้ว | houd op | hou op | no more | stop that | stop contact
"""
"""Phrases such as "enough", which may also mean that an order is complete.

A phrase counts only if no question waits for an answer.
"""
