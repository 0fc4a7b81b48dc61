"""What one inbound item does to a contact's session: interpret it, then move the flows."""
