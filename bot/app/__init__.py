"""The parts put together: a bot, its ASGI application, and a client for programs."""
