"""Logs, metrics and traces of a running bot, and the data that none of them may contain."""
