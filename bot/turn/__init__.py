"""One turn in memory: what authors see of it, and its collected effects."""
