"""Notices that the server isn't the process that it was, so that its last writes may be missing.

Each new connection asks for the shards' epochs before anything else is sent, and so does a
connection to a cluster whose nodes have changed. So whatever a server hands out is handed out in an
epoch that this process knows.
"""

from typing import Any

from bot.store import scripts
from bot.store.keys import Keys


class History:
    """The epoch of each shard: how often its data has come to another server process."""

    def __init__(self, keys: Keys) -> None:
        self.is_watched = False
        self.prefixes = keys.prefixes
        self.epochs = [0] * keys.shards

    @property
    def questions(self) -> list[tuple[Any, ...]]:
        """The commands that ask for the epochs; none before the namespace is known to be ours."""
        if not self.is_watched:
            return []
        source = scripts.HISTORY.source
        return [("EVAL", source, 1, prefix) for prefix in self.prefixes]

    def learn(self, answers: list[Any]) -> None:
        """Take the answers to `questions`.

        Raises:
            Exception: the server's error, if one of them is an error.
        """
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        self.epochs = answers
