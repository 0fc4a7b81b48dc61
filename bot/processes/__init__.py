"""The processes of a bot: which parts each one runs, and who restarts them."""
