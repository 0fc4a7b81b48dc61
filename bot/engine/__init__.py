"""The engine: one inbound item in, changes of the contact's session, runs and replies out."""
