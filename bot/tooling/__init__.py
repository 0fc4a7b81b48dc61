"""Tools for flows: check, preview, catalogs, explore, replay.

A running bot imports none of these modules.
"""
