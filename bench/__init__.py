"""Measures `bot` and other ways to do the same work, on this machine.

`python -m bench compare` runs one conversation on every contestant under the same load, and prints
what each message costs. `python -m bench --help` lists the other measurements. All traffic uses
loopback, and the number of messages and the duration are limited.
"""
