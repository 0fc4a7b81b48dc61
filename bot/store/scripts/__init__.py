"""The store's Lua scripts: one file each, all with `prelude.lua` before them."""

from dataclasses import dataclass, field
from hashlib import sha1
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text, and the name by which a server knows it once it has run it."""

    source: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


def _load(name: str) -> Script:
    folder = files(__name__)
    texts = (folder.joinpath(f"{part}.lua").read_text("utf-8") for part in ("prelude", name))
    return Script("\n".join(texts))


ACCEPT = _load("accept")
CLAIM = _load("claim")
COMMIT = _load("commit")
DUE = _load("due")
RECORD = _load("record")
POSTPONE = _load("postpone")
SETTLE = _load("settle")
