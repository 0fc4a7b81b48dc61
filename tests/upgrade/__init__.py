"""Contacts that an earlier state of the project has stored, for tests of upgrades."""
