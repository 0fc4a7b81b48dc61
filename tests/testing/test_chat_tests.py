"""`.chat` files as tests: collected, compared, updated."""

import pytest

pytest_plugins = "pytester"

FLOWS = """
from bot import END, Flow, Option, ask, choose, parse, step

class Pizza(Flow):
    start_on = ("pizza",)
    size = choose(
        "Which size?",
        {"small": Option("Small", to="name_"), "large": Option("Large", to="name_")},
    )
    name_ = ask("Your name?", accept=parse.text(), to="done", remind={"30m": "Hungry?"})

    @step(to=END)
    def done(self, turn):
        turn.say(f"A {self.data.size} one for {self.data.name_}, at {turn.now:%H:%M}.")
        return END
"""

GOOD = """\
# Orders a pizza.
channel: WHATSAPP
at: 2026-03-01T18:00:00Z

> pizza
< Which size?
  [Small] [Large]
= pizza/size

> [Large]
< Your name?
= pizza/name_

# Takes a while.
~ 45m
< Hungry?

> Kim
< A large one for Kim, at 18:45.
= no flow
"""


@pytest.fixture
def project(pytester, bot_redis_url, monkeypatch):
    """A folder with a flow, as an author has it."""
    monkeypatch.setenv("TEST_REDIS_URL", bot_redis_url)
    monkeypatch.delenv("BOT_FLOWS", raising=False)
    flows = pytester.mkpydir("kitchen_flows")
    (flows / "pizza.py").write_text(FLOWS)
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        "filterwarnings = error\n"
    )
    monkeypatch.setenv("BOT_FLOWS", "kitchen_flows")
    return pytester


def run(project, *options):
    return project.runpytest_subprocess("-p", "no:cacheprovider", *options)


def test_a_conversation_that_goes_as_written_passes(project):
    (project.path / "order.chat").write_text(GOOD)

    run(project).assert_outcomes(passed=1)


def test_one_that_goes_otherwise_shows_the_difference(project):
    (project.path / "order.chat").write_text(GOOD.replace("Hungry?", "Thirsty?"))

    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["order.chat differs*", "* ~ 45m", "-< Thirsty?", "+< Hungry?", "*--chat-update*"]
    )


def test_update_writes_it_down_and_keeps_comments(project):
    file = project.path / "order.chat"
    file.write_text(GOOD.replace("Hungry?", "Thirsty?"))

    result = run(project, "--chat-update")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["updated *order.chat"])
    assert file.read_text() == GOOD


def test_an_act_that_cannot_be_done_is_not_updated(project):
    file = project.path / "order.chat"
    file.write_text(GOOD.replace("> [Large]", "> [Huge]"))
    before = file.read_text()

    result = run(project, "--chat-update")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The conversation ends here: no choice 'Huge'*"])
    assert file.read_text() == before


def test_standings_are_compared_only_where_some_are_written(project):
    text = "".join(line for line in GOOD.splitlines(True) if not line.startswith("="))
    (project.path / "order.chat").write_text(text)

    run(project).assert_outcomes(passed=1)


def test_a_file_that_cannot_be_read_is_an_error(project):
    (project.path / "order.chat").write_text("> (dances)\n")

    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*order.chat: line 1: there is no action (dances)*"])


@pytest.mark.parametrize("text", ["", "\n", "# Orders a pizza.\nchannel: SMS\n\n# Nothing yet.\n"])
def test_a_file_without_an_action_is_an_error(project, text):
    (project.path / "empty.chat").write_text(text)

    result = run(project, "--chat-update")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "*empty.chat: it has no action of the contact, so it tests nothing. Write an action,"
            " such as `> pizza`. --chat-update adds the replies."
        ]
    )


def test_a_failing_test_shows_its_conversations(project):
    project.makepyfile(
        """
        async def test_state(contact):
            await contact.says("pizza")
            assert contact.state == "name_"
        """
    )
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*conversation, SMS 4670*", "> pizza", "= pizza/size"])


def test_a_run_without_bots_imports_nothing_of_them(project):
    project.makepyfile(
        """
        import sys

        def test_nothing():
            heavy = {"bot.testing.simulation", "bot.emulator", "bot.testing.chat_file"}
            assert not heavy & set(sys.modules)
        """
    )
    run(project).assert_outcomes(passed=1)


def test_a_wrong_flow_is_told_without_a_trace(project):
    (project.path / "kitchen_flows" / "pizza.py").write_text(
        FLOWS.replace('to="done"', 'to="dnoe"')
    )
    (project.path / "one.chat").write_text(GOOD)

    result = project.runpytest_subprocess()

    result.stdout.fnmatch_lines(["*Pizza.name_: to='dnoe' is not a state of this flow.*"])
    result.stdout.no_fnmatch_line("*load_flows*")
