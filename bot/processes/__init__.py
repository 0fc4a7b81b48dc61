"""The processes of a bot: the parts that each one runs, and how they are restarted."""
