"""Measures `bot` against other ways of doing the same work, on this machine.

`python -m bench` holds one conversation with every contestant, under the same load, and prints what
each message costs; `python -m bench --help` lists the other measurements. Everything runs on this
machine over loopback, and is bounded in count and time.
"""
