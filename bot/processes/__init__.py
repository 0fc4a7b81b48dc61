"""The processes of a bot: what each of them serves, and who restarts them."""
