"""A contact: its address, its session, its consent and its quiet hours."""
