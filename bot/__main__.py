"""The command `bot`, also as `python -m bot`.

The command's modules are imported in `main`, so that Ctrl-C during the imports also ends the
command quietly.
"""


def main() -> None:
    """Run the command `bot`."""
    try:
        from bot import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
