"""Flows for tests of real processes. Their replies show everything that they received before."""
