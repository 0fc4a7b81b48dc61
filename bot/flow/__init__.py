"""Flows: what authors write, compiled to `transitions` configuration, loaded and validated."""
