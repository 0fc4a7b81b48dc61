"""Simulated conversations, for tests of flows."""
