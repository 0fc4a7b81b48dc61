"""The parts put together: a bot, its ASGI application, and the client for programs."""
