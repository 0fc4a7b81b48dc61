"""Fixtures of the unit tests."""

from tests.support.checked_flows import found_in

__all__ = ["found_in"]
