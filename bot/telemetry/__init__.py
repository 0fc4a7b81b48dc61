"""What a running bot tells of itself: logs, metrics and traces, and what none of them may tell."""
