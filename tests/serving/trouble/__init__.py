"""Flows that do what no flow should."""
