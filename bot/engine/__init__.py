"""What one inbound item does to a contact's session: it listens, and lets the flow walk."""
