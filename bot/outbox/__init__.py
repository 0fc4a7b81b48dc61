"""Replies, from what a turn said until the API has taken it; `outbox` sends them."""
