"""App events of a flow are sent in order with its messages."""

import pytest

from bot import END, Flow, Text, step
from bot.messages import comment_reply, generic_event

MESSENGER = pytest.mark.contact(channel="MESSENGER")


class Thanks(Flow):
    start_on_events = ("comment",)

    @step(to=END)
    def thank(self, turn):
        turn.send_event(comment_reply("Thank you!"))
        turn.say("How can we help?")
        turn.send_event(generic_event({"menu": "open"}), queue="HIGH_PRIORITY")
        return END


pytestmark = pytest.mark.flows([Thanks])


@MESSENGER
async def test_a_comment_is_answered_where_it_was_made(contact, simulation):
    await contact.says("hello")
    contact.phone.comments("Lovely bread.")
    await contact.run_until_idle()

    contact.sees(Text, text="How can we help?")
    events = simulation.platform.state.events.values()
    assert [each.body["app_event"] for each in events if each.direction == "TO_CONTACT"] == [
        {"comment_reply_event": {"text": "Thank you!"}},
        {"generic_event": {"payload": {"menu": "open"}}},
    ]
