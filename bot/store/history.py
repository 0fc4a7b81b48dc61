"""Detects that another server process answers than before. The last writes may then be missing.

Each new connection first asks for the shards' epochs. A connection to a cluster asks again if the
nodes have changed. So this process knows the epoch of all data that a server returns.
"""

from typing import Any

from bot.store import scripts
from bot.store.keys import Keys


class History:
    """The epoch of each shard: the number of times that the shard's data has moved to another
    server process.
    """

    def __init__(self, keys: Keys) -> None:
        self.is_watched = False
        self.prefixes = keys.prefixes
        self.epochs = [0] * keys.shards

    @property
    def questions(self) -> list[tuple[Any, ...]]:
        """The commands that ask for the epochs.

        The list is empty until the namespace is known to belong to the bot.
        """
        if not self.is_watched:
            return []
        source = scripts.HISTORY.source
        return [("EVAL", source, 1, prefix) for prefix in self.prefixes]

    def learn(self, answers: list[Any]) -> None:
        """Store the answers to `questions`.

        Raises:
            Exception: one of the answers is an error of the server.
        """
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        self.epochs = answers
