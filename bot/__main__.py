"""`bot`, also as `python -m bot`. Loads the rest late, so that Ctrl-C ends that quietly, too."""


def main() -> None:
    """Run the command."""
    try:
        from bot import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
