"""`bot check`: finds mistakes that Python accepts, and messages that a channel rejects."""
