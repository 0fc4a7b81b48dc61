"""Flows with one planted fault each, for `bot explore` to find."""
