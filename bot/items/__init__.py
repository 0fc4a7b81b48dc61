"""What the store holds, as JSON: inbound items, outbound replies, the log of turns."""
