"""The time zone of a contact: the contact's own, the zone of the phone number, or the default."""

from dataclasses import replace

import pytest

from bot import END, Flow, Turn, ask, parse, step
from bot.contact.address import Address
from bot.contact.session import Session
from bot.contact.zones import zone_of
from bot.errors import ConfigError
from bot.settings import Settings


class When(Flow):
    start_on = ("when",)

    day = ask("Which day?", accept=parse.date(), to="time_")
    time_ = ask("What time?", accept=parse.time(), to="done")

    @step(to=END)
    def done(self, turn: Turn) -> str:
        turn.say(f"{self.data.day} {self.data.time_} {turn.zone}")
        return END


pytestmark = pytest.mark.flows([When])

DEFAULT = "Asia/Tokyo"


@pytest.fixture
def bot_settings(bot_settings):
    return replace(bot_settings, zone=DEFAULT)


async def says_relative(contact):
    for text in ("when", "tomorrow", "in 2 hours"):
        await contact.says(text)


async def test_days_and_times_are_those_of_the_number_s_country(contact):
    await contact.waits("14h45m")  # 23:45 UTC on the 5th; in Stockholm it is the 6th already.
    await says_relative(contact)
    contact.sees("2026-01-07 02:45:00 Europe/Stockholm")


@pytest.mark.contact(zone="America/New_York")
async def test_zone_of_its_own_comes_first(contact):
    await says_relative(contact)
    contact.sees("2026-01-06 06:00:00 America/New_York")


@pytest.mark.contact(channel="TELEGRAM")
async def test_default_counts_without_a_number(contact):
    await says_relative(contact)
    contact.sees(DEFAULT)


@pytest.mark.parametrize(
    ("channel", "identity", "default", "zone"),
    [
        ("SMS", "+4915112345678", "", "Europe/Berlin"),
        ("SMS", "4915112345678", DEFAULT, "Europe/Berlin"),
        ("WHATSAPP", "34612345678", "", "Europe/Madrid"),
        ("WHATSAPP", "34612345678", "Atlantic/Canary", "Atlantic/Canary"),
        ("RCS", "447400123456", "", "Europe/London"),
        ("SMS", "12125551234", DEFAULT, "America/New_York"),
        ("SMS", "18005551234", DEFAULT, DEFAULT),
        ("SMS", "79161234567", "Asia/Omsk", "Asia/Omsk"),
        ("SMS", "79161234567", "", "UTC"),
        ("WHATSAPP", "DE.13491208655302741918", "", "Europe/Berlin"),
        ("WHATSAPP", "US.13491208655302741918", DEFAULT, DEFAULT),
        ("SMS", "12345", DEFAULT, DEFAULT),
        ("TELEGRAM", "4915112345678", DEFAULT, DEFAULT),
        ("LINE", "someone", "", "UTC"),
    ],
)
def test_what_wins(channel, identity, default, zone):
    session = Session(Address("01C", channel, identity))
    assert zone_of(session, default) == zone


def test_setting_must_be_a_zone():
    assert Settings.from_env({"BOT_ZONE": "Europe/Paris"}, dotenv=None).zone == "Europe/Paris"
    with pytest.raises(ConfigError, match="BOT_ZONE is 'Europe/Pariss'; it takes an IANA time"):
        Settings.from_env({"BOT_ZONE": "Europe/Pariss"}, dotenv=None)
