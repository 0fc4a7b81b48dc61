"""Compare what the bot sends with the model of "When messages are sent" in generated conversations.

The exit status is 1 if they differ. Then the shortest script found is printed.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from bot.store.embedded import Embedded
from tests.sending_model.walk import Walk


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sending_model", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="First seed.")
    parser.add_argument("--seeds", type=int, default=1, help="Number of seeds.")
    parser.add_argument("--steps", type=int, default=10_000, help="Steps for each seed.")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="sending-") as folder:
        server = Embedded.join(Path(folder))
        try:
            return asyncio.run(_run(arguments, server.url))
        finally:
            server.leave()


async def _run(arguments: argparse.Namespace, url: str) -> int:
    found_any = 0
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        walk = Walk(url, seed)
        found = await walk.run(arguments.steps)
        found_any |= found is not None
        sys.stdout.write(f"seed {seed}: {walk.steps} steps; {found or 'no difference'}\n")
        sys.stdout.write(f"  not specified, {walk.unspecified} times\n")
        sys.stdout.flush()
    return found_any


if __name__ == "__main__":
    sys.exit(main())
