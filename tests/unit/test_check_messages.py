"""Mistakes in what flows say: options, templates and messages for single channels."""

from collections.abc import Callable

import pytest

from bot.errors import MessageError
from bot.messages.requests import EventRequest, SendRequest, require_options
from tests.support.checked_flows import FoundIn

Look = Callable[..., list[str]]

TOP = """\
from bot import END, Card, Flow, Option, Template, Text, Turn, _, choose, on, reply, step
from bot.messages import TemplateReference
"""
FLOW = """\
class Tea(Flow):
    start_on = ("tea",)
    {attribute}

    @step(to=END)
    def brew(self, turn: Turn) -> str:
        {line}
        return END
"""


@pytest.fixture
def look(found_in: FoundIn) -> Look:
    """Returns the findings in a flow with one line of a step or one attribute of the class."""

    def write(line: str = "pass", attribute: str = "pass") -> list[str]:
        flow = FLOW.format(line=line, attribute=attribute)
        kinds = {"warning": "warning: ", "error": ""}
        found = found_in(TOP + flow)
        return [f"{each.line - 2}: {kinds[each.severity]}{each.what}" for each in found]

    return write


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"channel_priority_order": "SMS"},
            "channel_priority_order is 'SMS'; it takes a list of channels: ['SMS'].",
        ),
        ({"channel_priority_order": ["SMSS"]}, "unknown channel 'SMSS'. Did you mean 'SMS'?"),
        (
            {"channel_properties": "SMS_SENDER"},
            "channel_properties is 'SMS_SENDER'; it takes a mapping of texts:",
        ),
        (
            {"channel_properties": {"SMS_FLASH_MESSAGE": True}},
            "channel_properties: 'SMS_FLASH_MESSAGE' is True; names and values are texts:"
            " {'SMS_FLASH_MESSAGE': 'true'}.",
        ),
        (
            {"channel_properties": {"SMS_FLASH_MESSAGE": "yes"}},
            "request.channel_properties.SMS_FLASH_MESSAGE: not true or false",
        ),
        ({"ttl_s": "10s"}, "ttl_s is '10s'; it takes a whole number of seconds, such as 600."),
        ({"ttl_s": 0.5}, "ttl_s is 0.5; it takes a whole number of seconds"),
        ({"ttl_s": 1}, "request.ttl: not a whole number of seconds from 3"),
        ({"correlation_id": 5}, "correlation_id is 5; it takes a text."),
        ({"queue": "HIGH"}, "request.queue: not one of NORMAL_PRIORITY, HIGH_PRIORITY"),
    ],
)
def test_an_option_of_a_wrong_kind_is_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(MessageError) as raised:
        require_options(SendRequest, options)

    assert words in str(raised.value)


def test_options_that_fit_are_taken() -> None:
    require_options(
        SendRequest,
        {
            "channel_priority_order": ("SMS", "RCS"),
            "channel_properties": {"SMS_SENDER": "Tea"},
            "conversation_metadata": None,
            "ttl_s": 600,
            "queue": "HIGH_PRIORITY",
        },
    )
    require_options(EventRequest, {"queue": "HIGH_PRIORITY"})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            'turn.say("x", channel_priority_order="SMS")',
            "7: Tea.brew: channel_priority_order is 'SMS'; it takes a list of channels: ['SMS'].",
        ),
        ('turn.say("x", ttl_s="10s")', "7: Tea.brew: ttl_s is '10s'; it takes a whole number"),
        (
            'turn.say("x", channel_properties={"SMS_SENDR": "x"})',
            "7: warning: unknown channel property 'SMS_SENDR'. Did you mean 'SMS_SENDER'?",
        ),
        (
            'turn.say(Template(channel_template={"WHATSAPP": "order_news"}))',
            "7: Tea.brew: Template: channel_template['WHATSAPP'] is 'order_news'; it takes a",
        ),
        (
            'turn.say(Template(TemplateReference("y")))',
            "7: warning: a template that is stored at Sinch needs its version:",
        ),
        (
            'turn.say("What?".on("SMS", "x"))',
            "7: a text has no .on(), but a message has one. Write Text('What?').on(…).",
        ),
        (
            'turn.say(_("What?").on("SMS", "x"))',
            "7: a text has no .on(), but a message has one. Write Text(_('What?')).on(…).",
        ),
    ],
)
def test_a_wrong_message_of_a_step_is_reported(look: Look, line: str, told: str) -> None:
    (found,) = look(line)

    assert found.startswith(told)


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        (
            'outside_window = Template(channel_template={"SMS": TemplateReference("news")})',
            "3: Tea.outside_window: none of the template's channels (SMS) has a messaging"
            " window. Give the template a channel_template for 'WHATSAPP', or an omni_template.",
        ),
        ("outside_window = Template()", "3: Tea.outside_window: the template is empty. Give the"),
        (
            'outside_window = Template(TemplateReference("y", "1", language_code="english"))',
            "3: TemplateReference 'y': 'english' is not a language's code. Write it like 'en' or",
        ),
        (
            'a = choose("What?".on("SMS", "x"), {"c": Option("C", to=END)})',
            "3: a text has no .on(), but a message has one. Write Text('What?').on(…).",
        ),
        (
            'a = choose(Text("What?").on("SMS", lambda data: "x"), {"c": Option("C", to=END)})',
            "3: explicit_channel_omni_message.SMS: .on() takes a text or a message object",
        ),
    ],
)
def test_a_wrong_message_of_a_class_is_reported(look: Look, attribute: str, told: str) -> None:
    (found,) = look(attribute=attribute)

    assert found.startswith(told)


@pytest.mark.parametrize(
    "line",
    [
        'turn.say("x", channel_properties={"SMS_SENDER": "Tea", "NEW_OPTION": "1"})',
        'turn.say(Text("x").on("WHATSAPP", Template(TemplateReference("y"))))',
        'turn.say(Template(TemplateReference("y", "1")))',
        'turn.say(Text("x").on("SMS", "y"))',
        'turn.say("x", channel_priority_order=["SMS"], ttl_s=600)',
    ],
)
def test_a_message_that_fits_is_not_reported(look: Look, line: str) -> None:
    assert look(line) == []
