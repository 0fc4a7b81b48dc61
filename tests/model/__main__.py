"""Compare the engine with the reference model in generated conversations.

The exit status is 1 if they differ. Then the flows and the shortest script found are printed.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
import traceback
from pathlib import Path

from bot.store.embedded import Embedded
from tests.model.campaign import FEATURES, Campaign, Tally
from tests.model.planted import PLANTED
from tests.model.reference import Model

AT_ONCE = 20
"""Number of seeds that run concurrently, so that the store's latency costs no time."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="First seed.")
    parser.add_argument("--seeds", type=int, default=1, help="Number of seeds.")
    parser.add_argument("--steps", type=int, default=10_000, help="Steps for each seed.")
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="Time after which all seeds end."
    )
    parser.add_argument(
        "--max-found", type=int, default=1, help="Maximum differences for each seed."
    )
    parser.add_argument("--without", action="append", default=[], choices=sorted(FEATURES))
    parser.add_argument(
        "--only", action="append", default=[], choices=sorted(PLANTED), help="Errors to plant."
    )
    parser.add_argument(
        "--planted",
        action="store_true",
        help="Plant errors one after the other, and check that each is found.",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="Also compare what the engine is known to do otherwise than the page says.",
    )
    arguments = parser.parse_args()
    Model.is_strict = arguments.strict
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="model-") as folder:
        server = Embedded.join(Path(folder))
        try:
            run = _run_planted if arguments.planted else _run
            return asyncio.run(run(arguments, server.url))
        finally:
            server.leave()


async def _run(arguments: argparse.Namespace, url: str) -> int:
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(seed: int) -> bool:
        async with slots:
            return await _run_seed(arguments, url, seed)

    return 0 if all(await asyncio.gather(*map(run, seeds))) else 1


async def _run_seed(arguments: argparse.Namespace, url: str, seed: int) -> bool:
    began = time.monotonic()
    campaign = Campaign(url, seed, FEATURES - set(arguments.without), tell=_tell)
    try:
        tally = await campaign.run(arguments.steps, arguments.max_found, arguments.seconds)
    except Exception:
        _write(f"\rseed {seed}: failed\n{traceback.format_exc()}")
        return False
    spent = time.monotonic() - began
    _write(f"\rseed {seed}: {tally.steps} steps in {spent:.0f} s; {len(tally.found)} differ")
    for reason, number in tally.unspecified.most_common():
        _write(f"  not specified, {number} times: {reason}")
    for found in tally.found:
        _write(f"\n{found}\n")
    return not tally.found


async def _run_planted(arguments: argparse.Namespace, url: str) -> int:
    missed = []
    for name, plant in PLANTED.items():
        if arguments.only and name not in arguments.only:
            continue
        with plant():
            tally = await _until_found(arguments, url)
        without = [await Campaign(url, each.seed).play_again(each) for each in tally.found]
        if any(without):
            what = "differs without the error, too"
        else:
            what = f"found after {tally.steps} steps" if tally.found else "missed"
        _write(f"\r{name}: {what}")
        missed += [name] if any(without) or not tally.found else []
    return 1 if missed else 0


async def _until_found(arguments: argparse.Namespace, url: str) -> Tally:
    """Run all seeds concurrently until one of them has found a difference."""
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    campaigns = [Campaign(url, seed, tell=_tell, is_shortened=False) for seed in seeds]
    runs = [asyncio.create_task(each.run(arguments.steps)) for each in campaigns]
    while (left := [run for run in runs if not run.done()]) and not any(
        each.tally.found for each in campaigns
    ):
        await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
    for run in left:
        run.cancel()
    await asyncio.gather(*runs, return_exceptions=True)
    found = [found for each in campaigns for found in each.tally.found]
    return Tally(sum(each.tally.steps for each in campaigns), found=found)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line} ")
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
