"""Findings of `bot check` about buttons, paths and times: what nothing handles or reaches."""

from collections.abc import Callable
from textwrap import dedent

import pytest

from tests.support.checked_flows import FoundIn

Look = Callable[[str], list[str]]

TOP = """\
from datetime import UTC, date, datetime, time, timedelta
import datetime as dt
from bot import END, HANDOFF, Choice, Flow, Hooks, Keywords, Option, Turn, open_url, reply
from bot import ask, call, choose, keyword, on, parse, step


"""


@pytest.fixture
def look(found_in: FoundIn) -> Look:
    """Returns the findings in a module of flows, each with its line after the imports."""

    def write(text: str) -> list[str]:
        found = found_in(TOP + dedent(text))
        kinds = {"warning": "warning: ", "error": ""}
        return [f"{each.line - 6}: {kinds[each.severity]}{each.what}" for each in found]

    return write


SAID = """\
class Tea(Flow):
    start_on = ("tea",)

    @step(to={to})
    def offer(self, turn: Turn) -> str:
        turn.say(Choice("Tea?", [{choices}]))
        return {to}
"""
LATER = 'reply("Later", postback="later")'
CUP = '\n    cup = choose("Cup?", {"later": Option("Never", to=END)})\n'
SIZE = '\n    size = ask("Size?", accept=parse.text(), to=END)\n'


@pytest.mark.parametrize("choice", [LATER, 'reply("Later", postback="lter")', 'reply("Later")'])
def test_a_said_button_that_nothing_handles_is_reported(look: Look, choice: str) -> None:
    (found,) = look(SAID.format(to="END", choices=choice))

    assert found.startswith("6: warning: Tea: nothing handles the button 'Later', which has ")
    assert ("no postback" in found) == ("postback=" not in choice)
    assert "Ask with choose(…), which also accepts the number of an option." in found


def test_each_said_button_that_nothing_handles_is_reported(look: Look) -> None:
    found = look(
        """\
        LATER = reply("Later", postback="later")


        class Tea(Flow):
            start_on = ("tea",)

            cup = choose("Cup?", {"small": Option("Small", to=END)})

            @on("ship")
            def ship(self, turn: Turn) -> None:
                for button in (LATER, reply("Small", postback="small"), reply("Big", postback="b")):
                    turn.say(Choice("It has left.", [button]))
        """
    )

    assert [each.partition(", which")[0] for each in found] == [
        "12: warning: Tea: nothing handles the button 'Later'",
        "12: warning: Tea: nothing handles the button 'Big'",
    ]


@pytest.mark.parametrize(
    "module",
    [
        SAID.format(to="END", choices='reply("Again", postback="Tea")'),
        SAID.format(to="END", choices='open_url("All", "https://tea.example")'),
        SAID.format(to='"cup"', choices=LATER) + CUP,
        SAID.format(to='"size"', choices=LATER) + SIZE,
        SAID.format(to="END", choices=LATER)
        + "\nclass Other(Flow):\n    fallback = True\n"
        + '    other = choose("?", {"a": Option("A", to=END)})\n',
        SAID.format(to="END", choices=LATER)
        + '\nclass Other(Flow):\n    start_on_events = ("choice",)\n'
        + '    other = choose("?", {"a": Option("A", to=END)})\n',
        SAID.format(to="END", choices=LATER)
        + '\nclass Ours(Keywords):\n    @keyword("later")\n    def later(self, turn):\n'
        + '        turn.say("Fine.")\n',
        SAID.format(to='"cup"', choices='reply("Later", postback="x")')
        + '\n    cup = choose("Cup?", {"big": Option("Big", to=END)})\n\n'
        + '    @on("choice")\n    def tapped(self, turn: Turn) -> None:\n'
        + '        turn.say("Fine.")\n',
        SAID.format(to="END", choices=LATER)
        + "\nhooks = Hooks()\n\n@hooks.recognize()\n"
        + "async def recognize(turn, meanings):\n    return None\n",
        # Its caller asks a question that handles the button.
        SAID.format(to="END", choices=LATER).replace('start_on = ("tea",)', "")
        + '\nclass Order(Flow):\n    start_on = "order"\n    tea = call("tea", to="cup")\n'
        + CUP,
    ],
    ids=[
        *("a flow's word", "a link", "an option", "a parser", "the fallback", "start_on_events"),
        *("a keyword", "a handler", "the recognizer", "an option of the caller"),
    ],
)
def test_a_said_button_that_something_handles_is_not_reported(look: Look, module: str) -> None:
    assert look(module) == []


def test_a_step_that_nothing_returns_is_reported(look: Look) -> None:
    found = look(
        """\
        class Tea(Flow):
            start_on = ("tea",)

            cup = ask("Cup?", accept=parse.text(), to="brew")

            @step(to=("done", "again", END))
            def brew(self, turn: Turn) -> str:
                return END if self.data.cup == "none" else "done"

            @step(to="more")
            def again(self, turn: Turn) -> str:
                return "more"

            more = ask("More?", accept=parse.text(), to="brew")

            @step(to=END)
            def done(self, turn: Turn) -> str:
                return END
        """
    )

    assert found == [
        "11: Tea.again: this state can never be reached: 'brew' names it in `to`, but never returns"
        " it. Return 'again' in 'brew', or remove the state."
    ]


@pytest.mark.parametrize(
    "again", ['self.data.get("next")', '"again" if self.data.cup else END', 'f"{self.data.cup}"']
)
def test_a_step_that_may_be_returned_is_not_reported(look: Look, again: str) -> None:
    found = look(
        f"""\
        class Tea(Flow):
            start_on = ("tea",)

            cup = ask("Cup?", accept=parse.text(), to="brew")

            @step(to=("again", END))
            def brew(self, turn: Turn) -> str:
                if self.data.cup == "none":
                    return END
                return {again}

            again = ask("Again?", accept=parse.text(), to=END)
        """
    )

    assert not [each for each in found if "never be reached" in each]


@pytest.mark.parametrize(
    "also", ['entry_points = ("again",)', 'version = 2; migrate = {1: {"x": "again"}}']
)
def test_a_step_that_is_reached_in_another_way_is_not_reported(look: Look, also: str) -> None:
    found = look(
        f"""\
        class Tea(Flow):
            start_on = ("tea",)
            {also}

            cup = ask("Cup?", accept=parse.text(), to="brew")

            @step(to=("again", END))
            def brew(self, turn: Turn) -> str:
                return END

            again = ask("Again?", accept=parse.text(), to=END)
        """
    )

    assert found == []


LOOP = """\
    menu = choose("What?", {"hours": Option("Hours", to="hours"), "way": Option("Way", to="way")})
    hours = choose("We open at 9.", {"menu": Option("Menu", to="menu")})
    way = choose("Here: …", {"menu": Option("Menu", to="menu")})
"""


def test_a_called_flow_without_an_end_is_reported(look: Look) -> None:
    found = look(
        'class Tea(Flow):\n    start_on = "tea"\n    info = call("info", to="cup")\n'
        '    cup = ask("Cup?", accept=parse.text(), to=END)\n\n\nclass Info(Flow):\n' + LOOP
    )

    assert found == [
        "3: Tea.info: 'info' never returns, because no path from 'menu' leads to its END, so"
        " 'tea' never continues. Let an option or a step of 'info' lead to END."
    ]


def test_a_part_of_a_flow_without_an_end_is_reported(look: Look) -> None:
    found = look(
        'class Tea(Flow):\n    start_on = "tea"\n'
        '    new = choose("New?", {"y": Option("Yes", to=END), "n": Option("No", to="menu")})\n'
        + LOOP
    )

    assert found == [
        "4: warning: Tea.menu: no path leads from here to END or to another flow, only to 'menu',"
        " 'hours', 'way'. So contacts leave only by a word such as \"cancel\". If this is not"
        " intended, let an option or a step lead to END."
    ]


@pytest.mark.parametrize(
    "more",
    [
        "",
        '    @on("done", to=END)\n    def done(self, turn: Turn) -> str:\n        return END\n',
    ],
    ids=["a menu", "an event"],
)
def test_a_flow_that_is_left_by_a_word_or_an_event_is_not_reported(look: Look, more: str) -> None:
    assert look('class Tea(Flow):\n    start_on = "tea"\n' + LOOP + more) == []


@pytest.mark.parametrize(
    "loop",
    [
        LOOP.replace('to="hours")', 'to="hours"), "end": Option("End", to=END)'),
        LOOP.replace('"Here: …", {', '"Here: …", {"agent": Option("Agent", to=HANDOFF), '),
        LOOP.replace(
            'choose("Here: …", {"menu": Option("Menu", to="menu")})',
            'ask("Here: …", accept=parse.text(), to="menu", timeout=("1h", END))',
        ),
    ],
    ids=["an option", "a person", "a time-out"],
)
def test_a_called_flow_with_an_end_is_not_reported(look: Look, loop: str) -> None:
    found = look(
        'class Tea(Flow):\n    start_on = "tea"\n    info = call("info", to=END)\n\n\n'
        "class Info(Flow):\n" + loop
    )

    assert found == []


def schedule(code: str, at: str) -> str:
    return (
        'class Tea(Flow):\n    start_on = "tea"\n\n'
        "    @step(to=END)\n    def plan(self, turn: Turn, zone=UTC) -> str:\n"
        f'        {code or "pass"}\n        turn.schedule("go", {at})\n        return END\n\n'
        '\nclass Go(Flow):\n    start_on_events = ("go",)\n\n    @step(to=END)\n'
        "    def go(self, turn: Turn) -> str:\n        return END\n"
    )


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("", "datetime(2027, 1, 1)"),
        ("", "dt.datetime(2027, 1, 1, 9) - timedelta(days=1)"),
        ("", "datetime.now() + timedelta(hours=1)"),
        ("", "datetime.utcnow()"),
        ("", "datetime.fromtimestamp(9)"),
        ("", 'datetime.fromisoformat("2027-01-01T09:00")'),
        ("", 'datetime.strptime("9", "%H")'),
        ("", "datetime(2027, 1, 1, tzinfo=UTC).replace(tzinfo=None).replace(tzinfo=None, hour=1)"),
        ("at = datetime.combine(date(2027, 1, 1), time(9))", "at"),
        ("at = datetime.combine(date(2027, 1, 1), datetime.min.time())", "at + timedelta(hours=9)"),
    ],
)
def test_a_scheduled_time_without_a_zone_is_reported(look: Look, code: str, at: str) -> None:
    (found,) = look(schedule(code, at))

    assert found.startswith(
        "7: Tea.plan: turn.schedule takes a time with a zone, but this time has none."
    )


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("", "datetime(2027, 1, 1, tzinfo=UTC)"),
        ("", "datetime(2027, 1, 1, 9, 0, 0, 0, UTC)"),
        ("", "turn.now + (datetime(2027, 1, 2) - datetime(2027, 1, 1))"),
        ("", "datetime.now(UTC)"),
        ("", "datetime.now(tz=zone) + timedelta(hours=1)"),
        ("", "datetime.now().astimezone()"),
        ("", "datetime.now().replace(tzinfo=UTC)"),
        ("", "datetime.fromtimestamp(9, UTC)"),
        ("", 'datetime.fromisoformat("2027-01-01T09:00+01:00")'),
        ("", 'datetime.fromisoformat("2027-01-01T09:00Z")'),
        ("", 'datetime.strptime("2027 +0100", "%Y %z")'),
        ("", "datetime.combine(date(2027, 1, 1), time(9, tzinfo=UTC))"),
        ("", "datetime.combine(date(2027, 1, 1), time(9), UTC)"),
        ("at = datetime(2027, 1, 1); at = at.replace(tzinfo=UTC)", "at"),
        ("at = turn.now", "at"),
    ],
)
def test_a_scheduled_time_with_a_zone_is_not_reported(look: Look, code: str, at: str) -> None:
    assert look(schedule(code, at)) == []


PLAN = """\
class Tea(Flow):
    start_on = "tea"

    @step(to=END)
    def plan(self, turn: Turn) -> str:
        turn.schedule("go", turn.now + timedelta(hours=1){given})
        turn.unschedule("go"{taken})
        return END


class Go(Flow):
    start_on_events = ("go",)

    @step(to=END)
    def go(self, turn: Turn) -> str:
        return END
"""


@pytest.mark.parametrize(
    ("given", "taken", "how"),
    [
        (', id="1"', "", "with an id (teas/tea.py:12). Give the same id here: id=…."),
        ("", ', id="1"', "without an id (teas/tea.py:12). Leave the id out here."),
    ],
)
def test_cancelling_an_event_that_is_never_scheduled_so_is_reported(
    look: Look, given: str, taken: str, how: str
) -> None:
    assert look(PLAN.format(given=given, taken=taken)) == [
        f"7: this call cancels nothing, because 'go' is scheduled {how}"
    ]


@pytest.mark.parametrize(
    ("given", "taken"), [("", ""), (', id="1"', ', id="2"'), (', **{"id": "1"}', "")]
)
def test_cancelling_a_scheduled_event_is_not_reported(look: Look, given: str, taken: str) -> None:
    assert look(PLAN.format(given=given, taken=taken)) == []


TOLD = """\
class Tea(Flow):
    start_on = "tea"
    day = ask("Day?", accept=parse.date(), to="plan")

    @step(to=END)
    def plan(self, turn: Turn) -> str:
        turn.schedule("go", turn.now + timedelta(hours=1), {{"when": {value}}})
        return END


class Go(Flow):
    start_on_events = ("go",)

    @step(to=END)
    def go(self, turn: Turn) -> str:
        turn.say(f"On {{self.data.when{form}}}.")
        return END
"""


def test_a_text_of_an_event_that_is_formatted_as_a_date_is_reported(look: Look) -> None:
    assert look(TOLD.format(value="self.data.day.isoformat()", form=":%A")) == [
        "16: Go: self.data.when is a text, because teas/tea.py:13 passes a text to the event 'go'."
        " A text can't be formatted by %A. Convert the text first, by date.fromisoformat(…) or"
        " datetime.fromisoformat(…)."
    ]


@pytest.mark.parametrize(
    ("value", "form"), [("self.data.day.isoformat()", ""), ('"x"', ":>9"), ("turn.value", ":%A")]
)
def test_a_value_of_an_event_that_may_have_its_format_is_not_reported(
    look: Look, value: str, form: str
) -> None:
    assert [each for each in look(TOLD.format(value=value, form=form)) if "is a text" in each] == []


TIMED = """\
class Tea(Flow):
    start_on = ("tea",)
    size = choose(
        "Size?",
        {{"s": Option("Small", to="cup"), "l": Option("Later", to="later")}},
        timeout=("1m", {size}),
    )
    cup = ask("Cup?", accept=parse.text(), to=END, timeout=("1h", {cup}))

    @step(to={to})
    def later(self, turn: Turn) -> str:
        return {then}

    {more}
"""


def timed(
    size: str, cup: str = "END", to: str = "('size', END)", then: str = "", more: str = ""
) -> str:
    return TIMED.format(
        size=size, cup=cup, to=to, then=then or "'size' if turn.text else END", more=more
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            timed("'size'", to="END", then="END"),
            "3: warning: Tea.size: a contact who does not answer gets this question again every 1m,"
            " without end, because the time-out leads back to the question. Let the time-out lead"
            " to END, or to a step that counts the rounds and then returns END.",
        ),
        (timed("'later'", then="'size'"), "back to the question through 'later'."),
        (timed("'cup'", cup="'size'"), "again every 1h1m, without end, because the time-out leads"),
        (
            timed("'later'", cup="'later'", to="('size', 'cup')", then="'cup'"),
            "8: warning: Tea.cup",
        ),
    ],
)
def test_a_question_whose_time_outs_never_end_is_reported(look: Look, text: str, told: str) -> None:
    found = [each for each in look(text) if "time-out" in each]

    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize(
    "text",
    [
        timed("END"),
        timed("'cup'"),
        timed("'later'"),
        timed("'later'", then="self.where(turn)", more="def where(self, turn): return END"),
        timed("'size'", more='@on("enough", to=END)\n    def enough(self, turn): return END'),
    ],
)
def test_time_outs_that_may_end_are_not_reported(look: Look, text: str) -> None:
    assert [each for each in look(text) if "time-out" in each] == []


CALLED = """\
class Tea(Flow):
    start_on = ("tea",)
    size = ask("Size?", accept=parse.text(), to=END, timeout=("1m", "cup"))
    cup = call("cup", to="size")

class Cup(Flow):
    kind = ask("Kind?", accept=parse.text(), to=END{timeout})
    size = ask("Size?", accept=parse.text(), to=END)
"""


@pytest.mark.parametrize(
    ("timeout", "is_endless"),
    [("", False), (', timeout=("1m", END)', True), (', timeout=("1m", "size")', False)],
)
def test_time_outs_are_followed_through_a_called_flow(
    look: Look, timeout: str, is_endless: bool
) -> None:
    text = CALLED.format(timeout=timeout).replace(
        "class Cup(Flow):", "class Cup(Flow):\n    entry_points = ('size',)"
    )
    found = [each for each in look(text) if "time-out" in each]

    assert bool(found) == is_endless
    assert all("3: warning: Tea.size: a contact who does not answer" in each for each in found)
