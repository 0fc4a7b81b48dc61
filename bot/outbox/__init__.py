"""The outbox: composes the replies of a turn and sends them after the commit."""
