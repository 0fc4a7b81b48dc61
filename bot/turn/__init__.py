"""One turn in memory: what an author sees of it, and what it collects."""
