"""The JSON of stored items: inbound items, outbound replies, and the log of turns."""
