"""Flows that need data which only their starters have."""
