"""Measures `bot serve` against other ways of doing the same."""
