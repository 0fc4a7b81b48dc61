"""The schema of stored sessions."""

import json
from pathlib import Path

import pytest

from bot.contact import session
from bot.contact.address import Address
from bot.contact.session import SCHEMA, Session
from bot.errors import StoreError
from bot.store.keys import SCHEMA as STORE_SCHEMA


def test_the_schema_is_always_stored() -> None:
    stored = session.encode(Session(Address("", "SMS", "46700000001")))

    assert json.loads(stored)["schema"] == SCHEMA


def test_a_session_of_a_later_form_is_refused() -> None:
    stored = json.loads(session.encode(Session(Address("", "SMS", "46700000001"))))
    stored["schema"] = SCHEMA + 1

    with pytest.raises(StoreError, match=f"schema {SCHEMA + 1}; this release reads up to {SCHEMA}"):
        session.decode(json.dumps(stored).encode())


def test_the_guide_of_upgrades_names_the_present_schemas() -> None:
    guide = " ".join(Path(__file__).parents[2].joinpath("docs", "upgrading.md").read_text().split())

    assert f"schema of the store has the number {STORE_SCHEMA}, and" in guide
    assert f"the schema of sessions has the number {SCHEMA}." in guide
