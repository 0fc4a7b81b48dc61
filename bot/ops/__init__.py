"""Operators' commands: contacts, dead letters, set-up, checks of a deployment.

`commands` declares the commands and imports few modules. The other modules do the work.
"""
