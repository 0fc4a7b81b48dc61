"""Findings of an exploration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.testing.actions import Action

Node = tuple[str, str]
"""The flow and state in which a contact waits; `OUT` if no flow is active."""

OUT: Node = ("", "")

KINDS = {
    "exception": "a turn fails, or a question can't be asked",
    "limit": "a message that the channel rejects",
    "silence": "the contact writes and gets no answer",
    "dead-end": "a state that no action leads out of",
    "loop": "states that lead only to each other",
    "unreachable": "a state that no conversation reached",
    "translation": "words that are the same in another language",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """An error: its kind, the state in which it occurs, a description, and the actions that lead to
    it.
    """

    kind: str
    node: Node
    what: str
    channel: str = "SMS"
    language: str = ""
    acts: tuple[Action, ...] = field(default=(), compare=False)

    @property
    def key(self) -> tuple[str, Node, str]:
        """The identity of a finding. Findings with the same key are about the same error."""
        detail = self.what if self.kind in ("exception", "limit", "translation") else ""
        return self.kind, self.node, detail

    @property
    def place(self) -> str:
        return "/".join(self.node) if self.node != OUT else "no flow"

    def __str__(self) -> str:
        return f"{self.kind} in {self.place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an exploration.

    `files` has the `.chat` file of each finding. `untried` says what could not be tried, and what
    is needed to try it.
    """

    findings: Sequence[Finding]
    files: Sequence[Path]
    acts: int
    channels: Sequence[str]
    seed: int
    was_cut: bool
    untried: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """Yield each finding with its file, then a summary of the exploration."""
        for finding, file in zip(self.findings, self.files, strict=True):
            yield f"{finding}\n    {file}"
        for each in self.untried:
            yield f"not tried: {each}"
        number = len(self.findings)
        found = f"{number or 'no'} finding{'' if number == 1 else 's'} in {self.acts} actions"
        cut = "; a limit ended the exploration, so unreachable states are not reported"
        yield f"{found} on {', '.join(self.channels)} (seed {self.seed}){cut * self.was_cut}"

    def as_json(self) -> dict[str, Any]:
        """Return the findings and the summary as an object for JSON."""
        return {
            "findings": [
                {
                    "kind": finding.kind,
                    "flow": finding.node[0],
                    "state": finding.node[1],
                    "what": finding.what,
                    "channel": finding.channel,
                    "language": finding.language,
                    "file": str(file),
                }
                for finding, file in zip(self.findings, self.files, strict=True)
            ],
            "not_tried": list(self.untried),
            "acts": self.acts,
            "channels": list(self.channels),
            "seed": self.seed,
            "was_cut": self.was_cut,
        }
