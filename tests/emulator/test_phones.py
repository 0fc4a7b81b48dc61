"""What phones show of a message, and the callbacks of their actions."""

from typing import Any

import pytest

from bot.emulator import NotOnPhone, Platform, Shown
from bot.errors import ConfigError
from tests.support.emulator import Client, Webhook
from tests.support.hand_clock import HandClock

TEXTS = ["Yes", "No"]


def choice(*texts: str, **postbacks: str) -> Any:
    choices: list[dict[str, Any]] = [{"text_message": {"text": text}} for text in texts]
    for one in choices:
        if one["text_message"]["text"] in postbacks:
            one["postback_data"] = postbacks[one["text_message"]["text"]]
    return {"choice_message": {"text_message": {"text": "Go on?"}, "choices": choices}}


URL = {"url_message": {"title": "Open", "url": "https://x.example"}}
CARD = {"title": "T", "description": "D", "choices": [{"text_message": {"text": "Buy"}}]}


def with_choices(*choices: Any, text: str = "Q?") -> Any:
    return {"choice_message": {"text_message": {"text": text}, "choices": list(choices)}}


async def shown_on(
    api: Client, platform: Platform, channel: str, message: Any, **more: Any
) -> Shown:
    address = f"{channel}:46700000001"
    platform.phone(channel, "46700000001").says("hi")
    await platform.run_due()
    await api.send(message, address, **more)
    await platform.run_due()
    return platform.phone(channel, "46700000001").shown[-1]


@pytest.mark.parametrize(
    ("channel", "message", "native"),
    [
        ("WHATSAPP", choice("Yes", "No"), True),
        ("WHATSAPP", choice("1", "2", "3", "4"), False),
        ("WHATSAPP", choice("x" * 21), False),
        ("WHATSAPP", choice("*Yes*"), False),
        ("WHATSAPP", choice("Yes", "Yes"), False),
        ("WHATSAPP", choice("Yes", Yes="p" * 230), False),
        ("WHATSAPP", with_choices(URL), True),
        ("WHATSAPP", with_choices(URL, URL), False),
        ("WHATSAPP", {"choice_message": {"choices": [{"text_message": {"text": "Yes"}}]}}, False),
        ("WHATSAPP", {"card_message": CARD}, True),
        ("WHATSAPP", {"card_message": CARD | {"description": "d" * 61}}, False),
        ("WHATSAPP", {"carousel_message": {"cards": [CARD]}}, False),
        ("MESSENGER", choice("1", "2", "3", "4"), True),
        ("MESSENGER", with_choices(URL, URL, URL, URL), False),
        ("MESSENGER", {"carousel_message": {"cards": [CARD, CARD]}}, True),
        ("RCS", with_choices(URL, {"text_message": {"text": "Yes"}}), True),
        ("VIBERBM", choice("Yes"), False),
        ("VIBERBM", with_choices(URL), True),
        ("SMS", choice("Yes"), False),
        ("INSTAGRAM", choice("Yes"), True),
        ("WECHAT", choice("Yes"), False),
        ("TELEGRAM", choice("Yes"), True),
    ],
)
async def test_choices_are_native_where_the_channel_has_them(
    api: Client, platform: Platform, channel: str, message: Any, native: bool
) -> None:
    shown = await shown_on(api, platform, channel, message)

    assert shown.native is native
    assert bool(shown.choices) is native
    assert ("> " in shown.text) is not native


async def test_a_tap_returns_the_postback(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    shown = await shown_on(api, platform, "WHATSAPP", choice(*TEXTS, Yes="go:yes"))

    platform.phone("WHATSAPP", "46700000001").taps("Yes")
    await platform.run_due()

    assert shown.text == "Go on?"
    assert webhook.said()[-1] == {
        "choice_response_message": {"message_id": shown.message_id, "postback_data": "go:yes"}
    }


async def test_a_choice_without_postback_gives_message_id_and_text(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    shown = await shown_on(api, platform, "RCS", choice(*TEXTS))

    platform.phone("RCS", "46700000001").taps("no")
    await platform.run_due()

    response = webhook.said()[-1]["choice_response_message"]
    assert response["postback_data"] == f"{shown.message_id}_No"


async def test_list_items_and_carousel_choices_can_be_tapped(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    items = [{"choice": {"title": "Soup", "postback_data": "dish:soup"}}]
    await shown_on(
        api,
        platform,
        "WHATSAPP",
        {"list_message": {"title": "Menu", "sections": [{"items": items}]}},
    )
    platform.phone("WHATSAPP", "46700000001").taps("Soup")
    cards = {"carousel_message": {"cards": [CARD], "choices": [{"text_message": {"text": "None"}}]}}
    shown = await shown_on(api, platform, "RCS", cards)
    platform.phone("RCS", "46700000001").taps("None")
    await platform.run_due()

    assert [one.label for one in shown.choices] == ["Buy", "None"]
    responses = [
        one["contact_message"]["choice_response_message"]["postback_data"]
        for one in webhook.of("message")
        if "choice_response_message" in one["contact_message"]
    ]
    assert responses == ["dish:soup", f"{shown.message_id}_None"]


async def test_opening_a_link_tells_nobody_but_rcs(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await shown_on(api, platform, "MESSENGER", with_choices(URL))
    await shown_on(api, platform, "RCS", with_choices(URL | {"postback_data": "opened"}))

    quiet = platform.phone("MESSENGER", "46700000001").taps("Open")
    told = platform.phone("RCS", "46700000001").taps("Open")
    await platform.run_due()

    assert quiet == ""
    assert webhook.of("message")[-1]["id"] == told
    assert webhook.said()[-1]["choice_response_message"]["postback_data"] == "opened"


async def test_a_rcs_location_is_a_choice(api: Client, platform: Platform) -> None:
    place = {"title": "Us", "coordinates": {"latitude": 1.5, "longitude": 2.5}}
    shown = await shown_on(api, platform, "RCS", {"location_message": place})

    assert [(one.kind, one.label) for one in shown.choices] == [("location", "Us")]


async def test_viber_cuts_a_label(api: Client, platform: Platform) -> None:
    long = {"url_message": {"title": "t" * 40, "url": "https://x.example"}}
    shown = await shown_on(api, platform, "VIBERBM", with_choices(long))

    assert shown.choices[0].label == "t" * 30


async def test_what_is_not_shown_cannot_be_tapped(api: Client, platform: Platform) -> None:
    await shown_on(api, platform, "WHATSAPP", choice("Yes"))
    share = {"share_location_message": {"title": "Where", "fallback_url": "https://x.example"}}
    await shown_on(api, platform, "RCS", with_choices(share))

    with pytest.raises(NotOnPhone, match=r"no choice 'Maybe' .* offers \['Yes'\]"):
        platform.phone("WHATSAPP", "46700000001").taps("Maybe")
    with pytest.raises(NotOnPhone, match="sends_location"):
        platform.phone("RCS", "46700000001").taps("Where")
    with pytest.raises(NotOnPhone, match="nothing to react to"):
        platform.phone("LINE", "someone").reacts("👍")
    with pytest.raises(ConfigError, match="no channel 'PIGEON'"):
        platform.phone("PIGEON", "1")


@pytest.mark.parametrize("answer", ["Yes", "yes", " YES "])
async def test_a_plain_answer_that_equals_a_suggestion_is_a_choice_response(
    api: Client, platform: Platform, webhook: Webhook, answer: str
) -> None:
    message_id = await api.send(choice("Yes", "No", Yes="go:yes"))
    await platform.run_due()

    platform.phone("SMS", "46700000001").says(answer)
    await platform.run_due()

    assert webhook.said()[-1] == {
        "choice_response_message": {"message_id": message_id, "postback_data": "go:yes"}
    }


@pytest.mark.parametrize("answer", ["1", "Yes please", "open"])
async def test_any_other_answer_is_text(
    api: Client, platform: Platform, webhook: Webhook, answer: str
) -> None:
    await api.send(with_choices({"text_message": {"text": "Yes"}}, URL))
    await platform.run_due()

    platform.phone("SMS", "46700000001").says(answer)
    await platform.run_due()

    assert webhook.said()[-1] == {"text_message": {"text": answer}}


async def test_only_the_last_suggestions_count(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await api.send(choice("Yes"))
    await api.send("Some text between")
    await api.send(choice("Later"))
    await platform.run_due()

    platform.phone("SMS", "46700000001").says("yes")
    platform.phone("SMS", "46700000001").says("later")
    await platform.run_due()

    kinds = [next(iter(said)) for said in webhook.said()]
    assert kinds == ["text_message", "choice_response_message"]


async def test_an_sms_answers_an_mms(api: Client, platform: Platform, webhook: Webhook) -> None:
    await api.send(choice("Yes"), "MMS:46700000001", channel_properties={"MMS_SENDER": "12345"})
    await platform.run_due()

    platform.phone("SMS", "46700000001").says("yes")
    await platform.run_due()

    message = webhook.of("message")[-1]
    assert message["channel_identity"]["channel"] == "SMS"
    assert "choice_response_message" in message["contact_message"]


async def test_typing_on_a_native_channel_is_text(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await shown_on(api, platform, "WHATSAPP", choice("Yes"))

    platform.phone("WHATSAPP", "46700000001").says("Yes")
    await platform.run_due()

    assert webhook.said()[-1] == {"text_message": {"text": "Yes"}}


async def test_overrides_replace_the_body_on_their_channel(api: Client, platform: Platform) -> None:
    message = choice("Yes") | {
        "explicit_channel_omni_message": {"SMS": {"text_message": {"text": "1. Yes"}}},
        "explicit_channel_message": {"RCS": '{"raw": true}'},
        "channel_specific_message": {
            "WHATSAPP": {"message_type": "FLOWS", "message": {"flow_id": "7"}}
        },
    }

    sms = await shown_on(api, platform, "SMS", message)
    rcs = await shown_on(api, platform, "RCS", message)
    whatsapp = await shown_on(api, platform, "WHATSAPP", message)
    platform.phone("SMS", "46700000001").says("yes")

    assert (sms.text, sms.native, sms.kind) == ("1. Yes", True, "text")
    assert (rcs.text, rcs.native) == ('{"raw": true}', True)
    assert (whatsapp.text, whatsapp.kind) == ('{"flow_id": "7"}', "channel_specific")
    assert list(platform.state.messages.values())[-1].contact_message == {
        "text_message": {"text": "yes"}
    }


async def test_everything_else_a_contact_does(platform: Platform, webhook: Webhook) -> None:
    phone = platform.phone("MESSENGER", "psid-1")
    phone.sends_location(55.5, 13.25, title="Home")
    phone.sends_media("https://x.example/a.png")
    phone.sends_media("https://x.example/a.png", caption="Look")
    phone.sends({"fallback_message": {"raw_message": "?"}}, metadata='{"operator":"1"}')
    phone.reacts("👍", "01MESSAGE")
    phone.reacts("👍", "01MESSAGE", undo=True)
    phone.types()
    phone.types(stops=True)
    phone.comments("Nice", on="https://x.example/post", user="ann")
    phone.sends_unsupported('{"sticker": 1}')
    phone.opts_out()
    phone.opts_in()
    await platform.run_due()

    assert webhook.said() == [
        {
            "location_message": {
                "title": "Home",
                "coordinates": {"latitude": 55.5, "longitude": 13.25},
                "label": "",
            }
        },
        {
            "media_message": {
                "url": "https://x.example/a.png",
                "thumbnail_url": "",
                "filename_override": "",
            }
        },
        {"media_card_message": {"url": "https://x.example/a.png", "caption": "Look"}},
        {"fallback_message": {"raw_message": "?"}},
    ]
    assert webhook.of("message")[-1]["metadata"] == '{"operator":"1"}'
    events = webhook.of("event")
    assert [event["contact_message_event"]["reaction_event"]["action"] for event in events[:2]] == [
        "REACTION_ACTION_REACT",
        "REACTION_ACTION_UNREACT",
    ]
    assert [next(iter(event["contact_event"])) for event in events[2:]] == [
        "composing_event",
        "composing_end_event",
        "comment_event",
    ]
    assert all(event["channel_identity"]["app_id"] == platform.app_id for event in events)
    assert webhook.of("unsupported_callback")[0]["payload"] == '{"sticker": 1}'
    assert webhook.of("opt_out_notification")[0]["status"] == "OPT_OUT_SUCCEEDED"
    assert webhook.of("opt_in_notification")[0]["status"] == "OPT_IN_SUCCEEDED"


async def test_reading_is_reported_once_where_the_channel_can(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    await shown_on(api, platform, "WHATSAPP", "one")
    await shown_on(api, platform, "SMS", "two")

    read = [platform.phone(channel, "46700000001").reads() for channel in ("WHATSAPP", "SMS")]
    again = platform.phone("WHATSAPP", "46700000001").reads()
    await platform.run_due()

    assert (read, again) == ([1, 0], 0)
    assert webhook.statuses().count("READ") == 1
    assert platform.phone("WHATSAPP", "46700000001").shown[-1].status == "READ"


async def test_late_and_repeated_messages(
    platform: Platform, webhook: Webhook, clock: HandClock
) -> None:
    phone = platform.phone("SMS", "46700000001")
    late = phone.says("late", late_s=10)
    twice = phone.says("twice", copies=1)
    await platform.run_due()
    at_once = [one["id"] for one in webhook.of("message")]
    clock.at += 10
    await platform.run_due()

    assert at_once == [twice, twice]
    assert [one["id"] for one in webhook.of("message")] == [twice, twice, late]


async def test_an_answer_may_name_the_message_it_answers(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    message_id = await api.send("Hello")
    platform.phone("SMS", "46700000001").says("hi")
    platform.phone("SMS", "46700000001").says("hi", reply_to=message_id)
    await platform.run_due()

    replies = [one["contact_message"]["reply_to"] for one in webhook.of("message")]
    assert replies == [None, {"message_id": message_id}]


async def test_an_answer_has_the_metadata_of_the_message_it_quotes(
    api: Client, platform: Platform, webhook: Webhook
) -> None:
    phone = platform.phone("WHATSAPP", "46700000001")
    phone.says("hello")
    choice = {"text_message": {"text": "Size?"}, "choices": [{"text_message": {"text": "Small"}}]}
    asked = await api.send(
        {"choice_message": choice}, to="WHATSAPP:46700000001", message_metadata="m-1"
    )
    await platform.run_due()
    phone.says("this one", reply_to=asked)
    phone.taps("Small")
    phone.says("that one", reply_to="01UNKNOWN")
    phone.sends(
        {"text_message": {"text": "own"}, "reply_to": {"message_id": asked}}, metadata="channel's"
    )
    await platform.run_due()

    told = [one["metadata"] for one in webhook.of("message")]
    assert told == ["", "m-1", "m-1", "", "channel's"]


async def test_there_is_a_phone_on_every_channel_of_the_api(
    platform: Platform, webhook: Webhook
) -> None:
    phones = ("SMS", "MMS", "RCS", "WHATSAPP", "VIBERBM")
    accounts = ("MESSENGER", "INSTAGRAM", "TELEGRAM", "LINE", "WECHAT", "APPLEBC", "VIBER")
    channels = [*phones, *accounts, "KAKAOTALK", "KAKAOTALKCHAT"]
    for channel in channels:
        platform.phone(channel, "46700000001").says("hi")
    await platform.run_due()

    assert [each["channel_identity"]["channel"] for each in webhook.of("message")] == channels
