"""Flows that need data which only those have who begin them."""
