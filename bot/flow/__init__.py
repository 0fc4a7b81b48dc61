"""Flows: written by authors, loaded, validated and compiled to `transitions` configuration."""
