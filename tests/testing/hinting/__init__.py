"""A flow whose hint has the answer."""
