"""Flows: what authors write, compiled to `transitions` configuration, and a walk through it."""
