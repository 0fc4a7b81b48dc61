"""Grammars of numbers, days and times, with the words of each language as data."""
