# ruff: noqa: RUF001 -- words of all alphabets, so letters that look alike
"""What a message means for consent."""

import pytest

from bot.flow.consent_keywords import BY_LANGUAGE
from bot.flow.stop_phrases import wish_of


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_each_word_to_stop_opts_out_in_capitals_twice_and_with_emoji(language):
    for word in BY_LANGUAGE[language].stop:
        for text in (word, word.upper(), f"{word}! {word}!", f"🛑 {word} 🙏"):
            assert wish_of(text, is_asked=True) == "out", text


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_words_with_another_meaning_opt_out_only_while_no_question_waits(language):
    for word in BY_LANGUAGE[language].idle:
        assert wish_of(word) == "out", word
        assert wish_of(word, is_asked=True) != "out", word


@pytest.mark.parametrize("text", ["Stoppa!", "stoppa nu tack", "Stoppez svp", "stans"])
def test_imperatives_of_to_stop_opt_out_only_while_no_question_waits(text):
    assert wish_of(text) == "out"
    assert wish_of(text, is_asked=True) != "out"


@pytest.mark.parametrize(
    "text",
    [
        "Stop. Thanks, Anna",
        "STOP - Anna",
        "Stop please\nBest regards\nAnna",
        "Stop\nJohn Smith",
        "stoooop",
        "un-subscribe please",
        "S.T.O.P.",
        "ＳＴＯＰ",
        "Hello, stop please",
        "退订 谢谢",
        "หยุดครับ",
        "huy dang ky",
        "stop!!1!",
        "STOP!!!111",
        "Stop, und zwar auf der Stelle",
        "STOP svp, cdlt, Mme Lefèvre",
        "stopp, omedelbart",
        "stop already",
    ],
)
def test_what_stands_around_a_stop_changes_nothing(text):
    assert wish_of(text, is_asked=True) == "out"


@pytest.mark.parametrize(
    "text",
    [
        "how do I opt out?",
        "I want out of this list",
        "Quit sending me this stuff",
        "I never signed up for these texts, stop",
        "I skal ikke skrive til mig mere",
        "pls dont msg me again",
        "bitte keine SMS mehr",
        "kan ni sluta skicka sms",
        "no me manden más mensajes",
        "ne m'écrivez plus",
        "не присылайте мне больше смс",
        "σταματήστε να μου στέλνετε",
        "لا ترسل لي رسائل",
        "别给我发短信了",
        "더 이상 문자 받고 싶지 않아요",
        "artık mesaj istemiyorum",
        "älkää enää lähettäkö viestejä",
        "ne küldjenek több üzenetet",
        "đừng nhắn tin cho tôi nữa",
        "อย่าส่งข้อความมาอีก",
    ],
)
def test_a_sentence_about_stopping_is_asked_about(text):
    assert wish_of(text, is_asked=True) == "ask"


@pytest.mark.parametrize(
    "text",
    [
        "I'll stop by tomorrow at 5",
        "a non-stop flight please",
        "I don't want onions",
        "my card stopped working",
        "can you stop the delivery",
        "ich habe keine SMS bekommen",
        "jag vill inte ha lök",
        "presión baja",
        "je ne veux plus d'oignons",
        "не хочу лук",
        "soğan istemiyorum",
        "不要洋葱",
        "いりません",
        "양파 빼주세요",
        "please don't stop the reminders",
        "no thanks",
        "please",
    ],
)
def test_other_sentences_say_nothing_about_consent(text):
    assert wish_of(text, is_asked=True) == ""


def test_a_text_that_is_too_long_says_nothing_about_consent():
    assert wish_of("stop " * 1_000) == ""


@pytest.mark.parametrize("text", ["🛑", "", "   ", "...", "'", "\n"])
def test_a_text_without_words_says_nothing_about_consent(text):
    assert wish_of(text) == ""
