"""Logs, metrics and traces of a running bot, and the masking of personal data in them."""
