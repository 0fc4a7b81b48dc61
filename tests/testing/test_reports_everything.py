"""Tests of flows report every turn that fails, and end whatever a flow does."""

import pytest

from bot import END, Flow, ask, on, parse, step
from bot.emulator.actions import SendsMessage, Types
from bot.errors import FlowError
from bot.testing.actions import AnswersSecret
from bot.testing.chat_file import read, write
from bot.testing.crash_points import _spread
from bot.testing.simulation import EndlessLoop

pytest_plugins = "pytester"


def pin(answer: parse.Answer) -> str:
    if not answer.text.isdecimal():
        raise parse.NotUnderstood
    return answer.text


def order(number: str) -> str:
    raise RuntimeError("no test calls the kitchen")


class Kitchen(Flow):
    start_on = ("kitchen",)

    what = ask("What?", accept=parse.text(), to="cook")

    @step(to=END)
    async def cook(self, turn):
        if self.data.what == "fire":
            raise FlowError("the kitchen is on fire")
        turn.say("Done")
        return END


class Clock(Flow):
    start_on = ("clock",)

    what = ask("What?", accept=parse.text(), to=END)

    @on("tick", "text")
    def tick(self, turn):
        turn.schedule("tick", turn.now)


class Safe(Flow):
    start_on = ("safe",)

    code = ask("Which code?", accept=pin, to="open", secret=True)

    @step(to=END)
    def open(self, turn):
        turn.say("It is open")
        return END


@pytest.mark.flows([Kitchen])
async def test_a_turn_that_failed_earlier_is_noticed(contact):
    await contact.says("kitchen")
    await contact.says("fire")
    await contact.says("cancel")
    contact.sees("All right")

    with pytest.raises(AssertionError, match="a turn failed earlier") as raised:
        contact.sees_nothing()
    assert "the kitchen is on fire" in str(raised.value)


@pytest.mark.flows([Kitchen])
async def test_a_failed_turn_is_expected_once(contact):
    await contact.says("kitchen")
    await contact.says("fire")
    contact.sees_nothing(failed="on fire")

    await contact.says("cancel")

    contact.sees("All right")
    contact.sees_nothing()
    with pytest.raises(AssertionError, match="expected the turn to fail: 'on fire'"):
        contact.sees_nothing(failed="on fire")


@pytest.mark.flows([Clock])
async def test_an_event_that_schedules_itself_at_once_ends_the_test(contact):
    await contact.says("clock")
    with pytest.raises(EndlessLoop, match="'clock', state 'what': event 'tick' is scheduled"):
        await contact.receives_event("tick")


@pytest.mark.flows([Safe])
async def test_a_secret_answer_is_replayed(contact):
    await contact.says("safe")
    contact.sees("Which code?")

    await contact.perform(AnswersSecret())

    contact.sees("It is open")


@pytest.mark.flows([Safe])
async def test_a_secret_answer_belongs_to_a_secret_question(contact):
    with pytest.raises(AssertionError, match="no secret question waits for an answer"):
        await contact.perform(AnswersSecret())


@pytest.mark.flows([Kitchen])
async def test_any_action_is_shown_in_a_conversation(contact):
    await contact.perform(SendsMessage({"text_message": {"text": "kitchen"}}))
    contact.sees("What?")
    await contact.perform(Types(True))

    assert contact.transcript == (
        '> (json {"contact_message":{"text_message":{"text":"kitchen"}}})\n'
        "< What?\n= kitchen/what\n\n"
        '> (json {"typing":true})'
    )
    assert write(read(contact.transcript)) == f"{contact.transcript}\n"


@pytest.mark.parametrize(
    ("count", "sample", "numbers"),
    [
        (5, None, [1, 2, 3, 4, 5]),
        (5, 9, [1, 2, 3, 4, 5]),
        (100, 1, [1]),
        (100, 2, [1, 100]),
        (101, 5, [1, 26, 51, 76, 101]),
    ],
)
def test_a_sample_is_spread_over_all_points(count, sample, numbers):
    assert list(_spread(count, sample)) == numbers


@pytest.mark.flows([Kitchen])
async def test_crash_points_take_a_sample(crash_points, monkeypatch):
    async def conversation(contact):
        runs.append(contact)
        await contact.says("kitchen")
        await contact.says("soup")

    runs: list[object] = []
    count = await crash_points(conversation, sample=2)

    assert count > 2
    assert len(runs) == 3


FLOWS = """
from bot import END, Flow, FlowError, ask, parse, step

def order(what: str) -> str:
    raise FlowError("the kitchen is on fire")

class Kitchen(Flow):
    start_on = ("kitchen",)
    what = ask("What?", accept=parse.text(), to="cook")

    @step(to=END)
    async def cook(self, turn):
        turn.say(await turn.once(order, self.data.what))
        return END
"""

FAILING = """\
> kitchen
< What?

> soup
< Sorry!
"""


@pytest.fixture
def project(pytester, bot_redis_url, monkeypatch):
    """A folder with a flow and a conversation in which it fails."""
    monkeypatch.setenv("TEST_REDIS_URL", bot_redis_url)
    flows = pytester.mkpydir("burnt_flows")
    (flows / "kitchen.py").write_text(FLOWS)
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    monkeypatch.setenv("BOT_FLOWS", "burnt_flows")
    (pytester.path / "soup.chat").write_text(FAILING)
    return pytester


def test_a_file_in_which_a_turn_fails_does_not_pass(project):
    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*soup.chat: a turn failed.*", "*The turn failed: FlowError: the kitchen is on fire"]
    )


def test_a_failed_turn_is_not_written_down(project):
    file = project.path / "soup.chat"
    file.write_text(FAILING.replace("Sorry!", "Soup"))

    result = project.runpytest_subprocess("-p", "no:cacheprovider", "--chat-update")

    result.assert_outcomes(failed=1)
    assert "Sorry" not in file.read_text()


def test_a_file_gets_services_from_the_conftest(project):
    (project.path / "soup.chat").write_text(FAILING.replace("Sorry!", "K17 of soup.chat"))
    project.makeconftest(
        """
        import pytest
        from burnt_flows import kitchen

        @pytest.fixture
        def chat_services(services, request):
            services.returns(kitchen.order, f"K17 of {request.path.name}")
        """
    )

    project.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_file_without_an_answer_to_a_request_names_the_fixture_for_it(project):
    (project.path / "soup.chat").write_text(FAILING.replace("Sorry!", "K17"))
    requests = 'return httpx.Client().get("https://kitchen.example/").text'
    text = FLOWS.replace('raise FlowError("the kitchen is on fire")', requests)
    (project.path / "burnt_flows" / "kitchen.py").write_text(f"import httpx\n{text}")

    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    result.stdout.fnmatch_lines(
        [
            "A .chat test gets stand-ins from the fixture chat_services: override it in"
            " conftest.py, under this name. *"
        ]
    )


def test_a_failing_test_with_any_action_shows_its_conversation(project):
    (project.path / "soup.chat").unlink()
    project.makepyfile(
        """
        from bot.emulator.actions import SendsMessage

        async def test_sends(contact):
            await contact.perform(SendsMessage({"text_message": {"text": "kitchen"}}))
            contact.sees("Where?")
        """
    )

    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.fnmatch_lines(["*> (json {*kitchen*"])
