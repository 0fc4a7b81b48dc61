"""One turn in memory: the turn as authors see it, and the effects that the turn collects."""
