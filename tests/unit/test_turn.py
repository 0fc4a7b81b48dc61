"""The public attributes of a turn."""

from bot.turn.turn import Turn


def test_turn_shows_authors_only_what_they_need():
    shown = {name for name in dir(Turn) if not name.startswith("_")}

    assert shown == {
        "answer",
        "callback",
        "contact",
        "event",
        "event_data",
        "failed_message",
        "item",
        "language",
        "message",
        "messages",
        "now",
        "once",
        "opt_in",
        "opt_out",
        "postback",
        "run",
        "say",
        "schedule",
        "send_event",
        "text",
        "unschedule",
        "zone",
    }
