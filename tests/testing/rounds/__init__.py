"""Flows that ask the same question several times."""
