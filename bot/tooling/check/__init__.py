"""What `bot check` looks for: mistakes that Python accepts, and messages that a channel refuses."""
