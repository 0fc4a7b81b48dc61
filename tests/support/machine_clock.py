"""Wall clocks of processes under test. They can be wrong and can jump.

A Redis server's clock is changed by a library that is preloaded into the server. The
library needs a C compiler and Linux; see `can_preload`. A bot's clock is changed by
`tests.support.tuned`.
"""

import shutil
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

SOURCE = Path(__file__).with_suffix(".c")
LIBRARY = "machine_clock.so"


class MachineClock:
    """A clock whose difference from the real one is stored in a file.

    The process that uses the clock reads the file, also after a restart.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ahead_s = 0.0

    @property
    def ahead_s(self) -> float:
        return self._ahead_s

    @ahead_s.setter
    def ahead_s(self, seconds: float) -> None:
        self._ahead_s = seconds
        number = struct.pack("d", seconds)
        # The process has mapped the file, so the file must not be replaced.
        with self.file.open("r+b" if self.file.exists() else "wb") as opened:
            opened.write(number)

    def environment(self) -> dict[str, str]:
        """Return the variables that give this clock to a process that isn't Python."""
        return {"LD_PRELOAD": f"{_library().name}/{LIBRARY}", "CLOCK_AHEAD_FILE": str(self.file)}


@cache
def can_preload() -> bool:
    """Return whether this machine can change the clock of a process that isn't Python."""
    return sys.platform == "linux" and shutil.which("cc") is not None


@cache
def _library() -> TemporaryDirectory[str]:
    """Return the folder with the compiled library. It is removed when this process ends."""
    folder = TemporaryDirectory(prefix="machine-clock-")
    command = ["cc", "-shared", "-fPIC", "-O2", "-o", LIBRARY, str(SOURCE), "-ldl"]
    subprocess.run(command, cwd=folder.name, check=True)
    return folder
