"""Print how many phrases each parser understands, per language.

python -m tests.phrases [KIND …] [--show] [--with dateparser,recognizers] [--folder FOLDER]
"""

import argparse
import sys
from pathlib import Path

from tests.phrases.rivals import dateparser_reader, recognizers_reader
from tests.phrases.scoring import (
    FOLDER,
    KINDS,
    LANGUAGES,
    MISSED,
    UNDERSTOOD,
    WRONG,
    Outcome,
    by_language,
    outcomes,
    own_reader,
    share,
)

READERS = {"bot": own_reader, "dateparser": dateparser_reader, "recognizers": recognizers_reader}
COLUMNS = (*LANGUAGES, "others")


def main() -> int:
    options = _options()
    _say(f"{'parser':<22}" + "".join(f"{each:>13}" for each in COLUMNS) + f"{'all':>20}")
    totals: dict[str, list[Outcome]] = {}
    for kind in options.kinds or KINDS:
        for name in options.readers.split(","):
            if read := READERS[name](kind):
                found = list(outcomes(kind, read, options.folder))
                totals.setdefault(name, []).extend(found)
                _print_row(f"{kind} {name}", found)
                if options.show:
                    _print_failures(found)
    for name, found in totals.items():
        _print_row(f"all {name}", found)
    return 1 if any(each.verdict == WRONG for each in totals.get("bot", ())) else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.phrases", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"one of {', '.join(KINDS)}")
    parser.add_argument("--show", action="store_true", help="list what is missed or wrong")
    parser.add_argument("--with", dest="readers", default="bot", help="bot,dateparser,recognizers")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the phrase files are")
    return parser.parse_args()


def _print_row(name: str, found: list[Outcome]) -> None:
    if not found:
        return
    groups = by_language(found)
    cells = []
    for group in COLUMNS:
        counts = groups.get(group)
        cell = f"{counts[UNDERSTOOD]}/{counts.total()}" if counts else "-"
        cells.append(f"{cell} ({counts[WRONG]})" if counts and counts[WRONG] else cell)
    wrong = sum(each.verdict == WRONG for each in found)
    understood = sum(each.verdict == UNDERSTOOD for each in found)
    total = f"{understood}/{len(found)} {share(found):.1%} ({wrong})"
    _say(f"{name:<22}" + "".join(f"{cell:>13}" for cell in cells) + f"{total:>20}")


def _print_failures(found: list[Outcome]) -> None:
    for each in found:
        if each.verdict in (MISSED, WRONG):
            phrase = each.phrase
            _say(
                f"    {each.verdict:<7} {phrase['language']:<6} {phrase['text']!r}:"
                f" {each.result!r} instead of {phrase['expected']!r}"
            )


if __name__ == "__main__":
    sys.exit(main())
