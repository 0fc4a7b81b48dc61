"""A test whose flow fails reports the error and the author's line, and no more."""

import pytest

pytest_plugins = "pytester"

FLOWS = """
from bot import END, Flow, Option, choose, step

class Tea(Flow):
    start_on = ("tea",)
    kind = choose("Which?", {"green": Option("Green", "brew"), "black": Option("Black", "pour")})

    @step(to=END)
    def brew(self, turn):
        turn.say(self.data.leaves)
        return END

    @step(to=END)
    def pour(self, turn):
        return "cup"
"""

BREW = (
    "AttributeError: The flow's data has no 'leaves' yet; it has kind. Ask for 'leaves' first,"
    " set self.data.leaves in an earlier step, or start the flow with 'leaves'."
)
LINE = "tea_flows/tea.py, line 10, in brew: turn.say(self.data.leaves)"


@pytest.fixture
def project(pytester, bot_redis_url, monkeypatch):
    """A folder with a flow that fails, as an author has it."""
    monkeypatch.setenv("TEST_REDIS_URL", bot_redis_url)
    flows = pytester.mkpydir("tea_flows")
    (flows / "tea.py").write_text(FLOWS)
    pytester.makeini(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    monkeypatch.setenv("BOT_FLOWS", "tea_flows")
    return pytester


def run(project):
    result = project.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    return result.stdout


def test_what_is_missing_is_told_with_the_reason(project):
    project.makepyfile(
        """
        async def test_brews(contact):
            await contact.says("tea")
            await contact.says("green")
            contact.sees("Here")
        """
    )

    told = run(project)

    told.fnmatch_lines(["*but nothing came*", f"*The turn failed: {BREW}", f"*{LINE}"])
    told.no_fnmatch_line("*runner.py*, line *")


def test_nothing_came_since_the_turn_failed(project):
    project.makepyfile(
        """
        async def test_brews(contact):
            await contact.says("tea")
            await contact.says("green")
            contact.sees_nothing()
        """
    )

    run(project).fnmatch_lines(
        ["*nothing came, because the turn failed.*", f"*The turn failed: {BREW}", f"*{LINE}"]
    )


def test_a_turn_that_is_to_fail_fails_for_that_reason(project):
    project.makepyfile(
        """
        async def test_brews(contact):
            await contact.says("tea")
            await contact.says("green")
            contact.sees_nothing(failed="no 'leaves'")
            contact.sees_nothing(failed="no water")
        """
    )

    run(project).fnmatch_lines(
        ["*expected the turn to fail: 'no water'", f"*The turn failed: {BREW}", f"*{LINE}"]
    )


def test_an_assertion_of_the_tests_own_is_followed_by_the_reason(project):
    project.makepyfile(
        """
        async def test_brews(contact):
            await contact.says("tea")
            await contact.says("green")
            assert contact.flow is None
        """
    )

    run(project).fnmatch_lines(["*- conversation, SMS *", f"The turn failed: {BREW}", f"*{LINE}"])


def test_a_chat_file_is_followed_by_the_reason(project):
    (project.path / "brews.chat").write_text(
        "> tea\n< Which?\n  [Green] [Black]\n\n> green\n< Here\n"
    )

    run(project).fnmatch_lines(["-< Here", f"The turn failed: {BREW}", f"*{LINE}"])


def test_what_the_framework_says_of_a_flow_has_no_trace(project):
    project.makepyfile(
        """
        async def test_pours(contact):
            await contact.says("tea")
            await contact.says("black")
            contact.sees("Here")
        """
    )

    told = run(project)

    told.fnmatch_lines(
        ["*The turn failed: FlowError: *Tea.pour returned 'cup'; its `to` declares END.*"]
    )
    told.no_fnmatch_line("Traceback*")


def test_an_act_that_is_not_awaited_is_told_by_what_looks_next(project):
    project.makepyfile(
        """
        async def test_sees(contact):
            contact.says("tea")
            contact.sees("Which?")
        """
    )

    run(project).fnmatch_lines(
        ["E *AssertionError: An action isn't awaited, so it didn't happen. *await before it: > tea"]
    )


def test_an_act_that_is_not_awaited_is_told_at_the_end(project):
    project.makepyfile(
        """
        def test_says(contact):
            contact.says("tea")
        """
    )
    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["An action isn't awaited, so it didn't happen.*"])


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("chanel='SMS'", "A contact has no option 'chanel'; the options are channel, language, *"),
        ("channel='WhatsApp'", "the app has no channel 'WhatsApp'; it has SMS, WHATSAPP, *"),
    ],
)
def test_a_contact_that_cannot_be_is_told_without_a_trace(project, options, fault):
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.contact({options})
        async def test_says(contact):
            await contact.says("tea")
        """
    )
    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([fault])
    result.stdout.no_fnmatch_line("*plugin.py*")


@pytest.mark.parametrize(
    ("marker", "fault"),
    [
        ("contact('SMS')", "The marker `contact` takes options by name: contact(channel='SMS')."),
        ("flows", "The marker `flows` takes one value: flows([[]Pizza, Order]), or *"),
        ("flows('tea', 'coffee')", "The marker `flows` takes one value: *"),
        ("flows(['tea'])", "The marker `flows` has 'tea'. It takes classes of flows, *"),
    ],
)
def test_marker_with_wrong_arguments_fails_the_test_without_a_trace(project, marker, fault):
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.{marker}
        async def test_says(contact):
            await contact.says("tea")
        """
    )
    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([fault])
    result.stdout.no_fnmatch_line("*plugin.py*")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "contact.sees('Tea?', choices='Yes')",
            "E *TypeError: choices is 'Yes'; it takes a list: choices=[[]'Yes'[]].",
        ),
        (
            "await simulation.bot.trigger(contact, 'paid')",
            "E *TypeError: A contact is given by its id, number or Address, not by a Simulated*",
        ),
    ],
)
def test_argument_of_a_wrong_type_is_refused_with_what_is_wanted(project, line, fault):
    project.makepyfile(
        f"""
        async def test_says(contact, simulation):
            {line}
        """
    )

    run(project).fnmatch_lines([fault])


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (
            "starts_flow('coffee')",
            "E *AssertionError: There is no flow 'coffee'; the flows are tea.",
        ),
        ("says('tea', twice=True)", "E *AssertionError: The time zone 'Lund' isn't known. *"),
    ],
)
def test_an_act_that_cannot_be_done_is_told_in_the_test(project, act, fault):
    zone = "Lund" if act.startswith("says") else ""
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.contact(zone={zone!r})
        async def test_does(contact):
            await contact.{act}
        """
    )

    told = run(project)

    told.fnmatch_lines([fault])
    told.no_fnmatch_line("*mailbox.py*")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            'await contact.sees("Which?")',
            "E *The awaited call is not async. For example, contact.sees and contact.sees_nothing"
            " are not async. Remove the `await`.",
        ),
        (
            "await contact.sees_nothing()",
            "E *The awaited call is not async. For example, contact.sees and*",
        ),
        (
            'await contacts(1).says("tea")',
            "E *contacts(…) returns a list: [[]contact[]] = contacts(1), or *",
        ),
        (
            "services.injects(object())",
            "E *Give each service by its name: services.injects(database=…).",
        ),
    ],
)
def test_a_wrong_use_of_the_fixtures_is_told_with_the_right_one(project, line, hint):
    project.makepyfile(
        f"""
        async def test_says(contact, contacts, services):
            await contact.run_until_idle()
            if {"sees(" in line}:
                await contact.says("tea")
            {line}
        """
    )

    run(project).fnmatch_lines([hint])


def test_an_error_of_the_flows_is_printed_once(project):
    (project.path / "tea_flows" / "tea.py").write_text("a = (\n")
    project.makepyfile("async def test_says(contact): ...")

    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    told = result.stdout.str()
    assert told.partition("short test summary")[0].count("SyntaxError: '(' was never closed") == 1
    assert "During handling" not in told


def test_a_chat_file_in_another_encoding_is_told_with_its_line(project):
    (project.path / "tea.chat").write_bytes(b"> tea\n> gr\xf6n\n")

    result = project.runpytest_subprocess("-p", "no:cacheprovider")

    result.stdout.fnmatch_lines(
        ["*tea.chat:2: the file is not encoded in UTF-8. Save it as UTF-8."]
    )


def test_a_hook_that_lets_nothing_be_sent_is_told_with_its_line(project):
    flows = project.path / "tea_flows" / "tea.py"
    flows.write_text(
        FLOWS.replace("step\n", "step, Hooks\nhooks = Hooks()\n", 1)
        + "\n@hooks.around_send\nasync def seal(entry, proceed):\n    raise OSError('no wax')\n"
    )
    project.makepyfile(
        """
        async def test_brews(contact):
            await contact.says("tea")
            contact.sees("Which?")
        """
    )

    run(project).fnmatch_lines(
        [
            "*but nothing came*",
            "*An around_send hook failed, so nothing was sent: OSError: no wax",
            "*tea_flows/tea.py, line *, in seal: raise OSError('no wax')",
        ]
    )


def test_a_hook_for_hand_overs_that_fails_is_told_with_its_line(project):
    flows = project.path / "tea_flows" / "tea.py"
    flows.write_text(
        FLOWS.replace("step\n", "step, Hooks\nhooks = Hooks()\n", 1)
        + "\n@hooks.handoff\nasync def call_desk(forward):\n    raise OSError('desk is away')\n"
    )
    project.makepyfile(
        """
        async def test_brews(contact):
            await contact.says("tea")
            await contact.says("agent")
            contact.sees("The desk has it.")
        """
    )

    run(project).fnmatch_lines(
        [
            "*expected 'The desk has it.'*",
            "*The hook for hand-overs failed: OSError: desk is away",
            "*tea_flows/tea.py, line *, in call_desk: raise OSError('desk is away')",
        ]
    )


def test_a_text_that_is_formatted_as_a_date_is_told_with_the_way_out(project):
    flows = project.path / "tea_flows" / "tea.py"
    flows.write_text(FLOWS.replace("self.data.leaves", 'f"{self.data.kind:%A}"'))
    project.makepyfile(
        """
        async def test_brews(contact):
            await contact.says("tea")
            await contact.says("green")
            contact.sees("Here")
        """
    )

    run(project).fnmatch_lines(
        [
            "*The turn failed: ValueError: Invalid format specifier '%A' for object of type 'str'."
            " The value is a text, not a date. For example, the dates in the data of an event are"
            " texts. Convert the text first, by date.fromisoformat(…) or"
            " datetime.fromisoformat(…)."
        ]
    )
