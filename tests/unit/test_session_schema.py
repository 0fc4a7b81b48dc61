"""Sessions that an earlier release has stored, and how they are stored now."""

import json
from pathlib import Path

import pytest

from bot.contact import session
from bot.contact.address import Address
from bot.contact.session import SCHEMA, Chain, Run, Session
from bot.errors import StoreError
from bot.store.keys import SCHEMA as STORE_SCHEMA

FIRST_FORM = (
    b'{"address":{"contact_id":"","channel":"SMS","identity":"+46700000001"},"turn":3,'
    b'"frames":[{"flow":"table","state":"guests","version":2,"entered":3,"data":{"day":"May 4"},'
    b'"trail":["day"]}],"timers":[{"name":"remind","entered":3}],"heard":{"SMS":1700000000},'
    b'"consent":"in"}'
)
"""A session that the first release wrote: without a schema, and without fields that have their
default value.
"""


def test_a_session_of_the_first_form_keeps_its_flow() -> None:
    read = session.decode(FIRST_FORM)

    assert read.where == ("table", "guests")
    assert read.run is not None
    assert (read.run.version, read.run.data) == (2, {"day": "May 4"})
    assert [asked.state for asked in read.run.trail] == ["day"]
    assert (read.turn, read.heard, read.consent) == (3, {"SMS": 1_700_000_000}, "in")
    assert [timer.name for timer in read.timers] == ["remind"]


def test_what_is_read_of_the_first_form_is_stored_in_the_present_one() -> None:
    stored = session.encode(session.decode(FIRST_FORM))

    assert json.loads(stored)["schema"] == SCHEMA
    again = session.decode(stored)
    assert again.where == ("table", "guests")
    assert again == session.decode(FIRST_FORM)


def test_the_schema_is_always_stored() -> None:
    stored = session.encode(Session(Address("", "SMS", "46700000001")))

    assert json.loads(stored)["schema"] == SCHEMA


def test_a_session_of_the_present_form_without_its_schema_keeps_its_flow() -> None:
    whole = Session(Address("", "SMS", "46700000001"), chains=[Chain([Run("table", "guests")])])
    stored = json.loads(session.encode(whole))
    del stored["schema"]

    assert session.decode(json.dumps(stored).encode()).where == ("table", "guests")


def test_a_session_of_a_later_form_is_refused() -> None:
    stored = json.loads(session.encode(Session(Address("", "SMS", "46700000001"))))
    stored["schema"] = SCHEMA + 1

    with pytest.raises(StoreError, match=f"schema {SCHEMA + 1}; this release reads up to {SCHEMA}"):
        session.decode(json.dumps(stored).encode())


def test_the_guide_of_upgrades_names_the_present_schemas() -> None:
    guide = " ".join(Path(__file__).parents[2].joinpath("docs", "upgrading.md").read_text().split())

    assert f"schema of the store has the number {STORE_SCHEMA}, and" in guide
    assert f"the schema of sessions has the number {SCHEMA}." in guide
