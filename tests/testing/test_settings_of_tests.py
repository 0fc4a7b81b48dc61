"""Settings in tests are set by the names of their variables, and never name the project's store."""

import os
from dataclasses import replace

import pytest

from bot import END, Flow, ask, parse
from bot.errors import ConfigError
from bot.settings import Settings
from bot.testing.simulated_settings import APOLOGY, OWN, simulated_settings

pytest_plugins = "pytester"

PIZZA = """
from bot import END, Flow, ask, parse

class Pizza(Flow):
    start_on = ("pizza",)
    size = ask("Which size?", accept=parse.text(), to=END, remind={"30m": "Still there?"})
"""


class Pizza(Flow):
    start_on = ("pizza",)

    size = ask("Which size?", accept=parse.text(), to=END)


pytestmark = [pytest.mark.flows([Pizza]), pytest.mark.settings(BOT_LANGUAGE="sv", BOT_ZONE="UTC")]


def test_simulation_has_the_defaults_but_for_its_store_and_apology():
    settings = simulated_settings({}, "redis://tests")

    own = Settings(redis_url="redis://tests", namespace=settings.namespace, shards=1)
    assert settings == replace(own, apology=APOLOGY)
    assert settings.namespace != simulated_settings({}, "redis://tests").namespace


@pytest.mark.settings(BOT_ZONE="Europe/Stockholm", BOT_MAX_ANSWERS_PER_HOUR=4)
def test_marker_of_a_test_adds_to_that_of_its_module(bot_settings):
    assert bot_settings.language == "sv"
    assert bot_settings.zone == "Europe/Stockholm"
    assert bot_settings.max_answers == 4


class TestWithAFixture:
    @pytest.fixture
    def bot_variables(self):
        return {"BOT_EVENTS_TOKEN": "a-token-of-some-length", "BOT_ZONE": "Asia/Tokyo"}

    def test_fixture_sets_them_and_the_marker_takes_precedence(self, bot_settings):
        assert bot_settings.events_token.reveal() == "a-token-of-some-length"
        assert bot_settings.zone == "UTC"


def test_environment_has_no_effect(monkeypatch, request):
    monkeypatch.setenv("BOT_MAX_ANSWERS_PER_HOUR", "3")

    assert request.getfixturevalue("bot_settings").max_answers == Settings().max_answers


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({"events_token": "x"}, "There is no setting events_token. Did you mean BOT_EVENTS_TOKEN?"),
        ({"KITCHEN": "x"}, "There is no setting KITCHEN. .env.example lists all."),
        ({"BOT_EVENTS_TOKEN": "short"}, "BOT_EVENTS_TOKEN has 5 characters; it takes 16 or more."),
        ({"BOT_ZONE": "Mars"}, "BOT_ZONE is 'Mars'"),
        *(({name: "x"}, f"A test can't set {name}: a simulation has its own") for name in OWN),
    ],
)
def test_wrong_variable_is_refused(variables, error):
    with pytest.raises(ConfigError) as raised:
        simulated_settings(variables, "redis://tests")

    assert str(raised.value).startswith(error)


@pytest.mark.parametrize("field", ["events_token", "secret_keys"])
def test_plain_text_as_a_secret_is_refused(bot_settings, field):
    text = "a-token-of-some-length"
    with pytest.raises(ConfigError, match=rf"Settings\.{field} is of type str; write {field}="):
        replace(bot_settings, **{field: (text,) if field == "secret_keys" else text})


@pytest.fixture
def author(pytester, monkeypatch, bot_redis_url):
    """The project of an author, with a store of its own in `.bot`."""
    for name in set(os.environ) & set(Settings.variables()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("TEST_REDIS_URL", bot_redis_url)
    pytester.makefile(".ini", pytest="[pytest]\nasyncio_mode = auto\npythonpath = .\n")
    pytester.mkpydir("flows").joinpath("pizza.py").write_text(PIZZA)
    pytester.makefile(".env", **{"": "BOT_APOLOGY=From the file\n"})
    return pytester


def test_marker_with_a_value_without_a_name_fails_the_test(author):
    author.makepyfile(
        """
        import pytest

        @pytest.mark.settings({"BOT_ZONE": "UTC"})
        async def test_it(contact): ...

        @pytest.mark.settings(BOT_ZON="UTC")
        async def test_other(contact): ...
        """
    )
    result = author.runpytest_subprocess("-q")

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "*The marker `settings` takes variables by name*",
            "*There is no setting BOT_ZON. Did you mean BOT_ZONE?*",
        ]
    )


def test_simulation_never_uses_the_store_of_the_project(author):
    author.makepyfile(
        """
        import pytest
        from bot.settings import Settings

        @pytest.fixture
        def bot_settings():
            return Settings.from_env({"BOT_APOLOGY": "Oh!"}, dotenv=None)

        async def test_it(contact, simulation, bot_redis_url):
            await contact.says("pizza")
            contact.sees("Which size?")
            assert simulation.settings.apology == "Oh!"
            assert simulation.bot.store.settings.redis_url == bot_redis_url
            assert simulation.bot.store.settings.namespace.startswith("simulation-")

        async def test_crashes(crash_points):
            async def conversation(contact):
                await contact.says("pizza")

            assert await crash_points(conversation, sample=2)
        """
    )
    result = author.runpytest_subprocess("-q")

    result.assert_outcomes(passed=2)
    assert not (author.path / ".bot").exists()
