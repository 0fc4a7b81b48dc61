"""Runs a module, and records its stack after each millisecond of processor time.

    python -m bench.sampler FILE MODULE [WORDS…]

SIGUSR1 starts the sampling. SIGUSR2 ends it and writes FILE. Each line of FILE has the frames of a
stack, the outermost one first, and then the number of its samples. Time for which the process
waits, or does not run because of other processes, is not counted.
"""

import runpy
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY_S = 0.001

Code = tuple[str, str, int]


class Sampler:
    """Counts how often each stack occurs. A frame is recorded as file, function and line."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: Counter[tuple[Code, ...]] = Counter()

    def install(self) -> None:
        signal.signal(signal.SIGPROF, self._sample)
        signal.signal(signal.SIGUSR1, self._begin)
        signal.signal(signal.SIGUSR2, self._end)

    def _begin(self, number: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)

    def _end(self, number: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        lines = [
            ";".join(f"{name} ({file}:{line})" for file, name, line in reversed(stack))
            + f" {count}\n"
            for stack, count in self._seen.items()
        ]
        # Renamed when complete, because the reader waits for this name.
        whole = self._file.with_suffix(".part")
        whole.write_text("".join(lines))
        whole.rename(self._file)

    def _sample(self, number: int, frame: FrameType | None) -> None:
        stack: list[Code] = []
        while frame is not None:
            code = frame.f_code
            stack.append((code.co_filename, code.co_qualname, frame.f_lineno))
            frame = frame.f_back
        self._seen[tuple(stack)] += 1


if __name__ == "__main__":
    file, module, *words = sys.argv[1:]
    Sampler(Path(file)).install()
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
