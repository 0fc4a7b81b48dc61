"""The processes of a bot: the parts that each process runs, and how processes are restarted."""
