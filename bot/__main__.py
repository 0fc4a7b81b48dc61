"""`bot`, also as `python -m bot`.

Imports the rest late, so that Ctrl-C during the imports ends quietly, too.
"""


def main() -> None:
    """Run the command."""
    try:
        from bot import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
