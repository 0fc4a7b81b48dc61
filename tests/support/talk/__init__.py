"""Flows for tests of real processes: what they say tells all that they have heard before."""
