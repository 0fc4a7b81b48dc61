"""Builds a bot from its parts, its ASGI application, and a client for other programs."""
