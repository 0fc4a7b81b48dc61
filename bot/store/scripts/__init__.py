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
FORGET = _load("forget")
POSTPONE = _load("postpone")
READ = _load("read")
RECORD = _load("record")
RECOVER = _load("recover")
RENEW = _load("renew")
RESERVE = _load("reserve")
REVIVE = _load("revive")
SETTLE = _load("settle")
