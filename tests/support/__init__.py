"""Helpers of tests in several modules. Test modules import helpers only from here."""
