"""The store's Lua scripts. Each script is one file, and the script's text begins with
`prelude.lua`.

KEYS[1] is the prefix of the shard's keys; the scripts build the names of the keys from this prefix.
"""

import re
from hashlib import sha1
from importlib.resources import files
from typing import Self


class Script(str):
    """A Lua script. The string itself is the digest that EVALSHA takes; `source` is the script's
    text.
    """

    source: str

    def __new__(cls, source: str) -> Self:
        script = super().__new__(cls, sha1(source.encode(), usedforsecurity=False).hexdigest())
        script.source = source
        return script


_FUNCTION = re.compile(r"^(?:--[^\n]*\n)*local function (\w+).*?^end\n", re.MULTILINE | re.DOTALL)


def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.lua").read_text("utf-8")


def _load(name: str) -> Script:
    """Return the script, preceded by the parts of the prelude that it needs.

    The other parts are left out, because the server would create their functions on each call.
    """
    prelude, script = _text("prelude"), _text(name)
    for function in reversed(list(_FUNCTION.finditer(prelude))):
        rest = prelude[function.end() :] + script
        if not re.search(rf"\b{function[1]}\(", rest):
            prelude = prelude[: function.start()] + prelude[function.end() :]
    return Script(f"{prelude}\n{script}")


ACCEPT = _load("accept")
ACQUIT = _load("acquit")
CLAIM = _load("claim")
COMMIT = _load("commit")
DUE = _load("due")
FORGET_CONTACT = _load("forget_contact")
HISTORY = _load("history")
ISOLATE = _load("isolate")
LEAVE = _load("leave")
PACE = _load("pace")
NEXT_DUE = _load("next_due")
NOTE_OUTCOME = _load("note_outcome")
POSTPONE = _load("postpone")
READ = _load("read")
RECORD_CONSENT = _load("record_consent")
RECORD_ONCE = _load("record_once")
RECOVER = _load("recover")
RENEW = _load("renew")
RESERVE = _load("reserve")
RETRY_DEAD = _load("retry_dead")
REWIND = _load("rewind")
SETTLE = _load("settle")
TAKE_OVER = _load("take_over")
TIME = _load("time")
