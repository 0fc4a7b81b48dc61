"""The stored items as JSON: inbound items, outbound replies, the log of turns."""
