"""Flows: the classes for authors, loading, validation, compilation to `transitions` config."""
