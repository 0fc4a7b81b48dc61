"""What exploring finds."""

from dataclasses import dataclass, field

from bot.testing.actions import Action

Node = tuple[str, str]
"""Flow and state that a contact waits in; `OUT` if no flow is active."""

OUT: Node = ("", "")

KINDS = {
    "exception": "a turn fails",
    "limit": "a message that the channel doesn't take",
    "silence": "the contact writes and gets no answer",
    "prompt": "a question that is asked again forever: it has neither attempts nor timeout",
    "dead-end": "a state that nothing tried leads out of",
    "loop": "states that lead only to each other",
    "unreachable": "a state that no conversation reached",
    "translation": "words that are the same in another language",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its kind, the state where it shows, what happened, and how to get there."""

    kind: str
    node: Node
    what: str
    channel: str = "SMS"
    language: str = ""
    acts: tuple[Action, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[str, Node, str]:
        """Two findings of the same key are one fault."""
        detail = self.what if self.kind in ("exception", "limit", "translation") else ""
        return self.kind, self.node, detail

    @property
    def place(self) -> str:
        return "/".join(self.node) if self.node != OUT else "no flow"

    def __str__(self) -> str:
        return f"{self.kind} in {self.place}: {self.what}"
