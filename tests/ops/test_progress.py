"""The progress of long commands names what is done, its unit, and failures."""

from rich.console import Console

from bot.ops import progress as module
from bot.ops.progress import progress


def test_lines_without_a_terminal_have_a_name_a_unit_and_failures(monkeypatch, capsys):
    monkeypatch.setattr(module, "LINE_EVERY", 2)

    with progress("Retrying", "dead letters", 5) as advance:
        for failed in (0, 0, 1, 1, 1):
            advance(failed)

    assert capsys.readouterr().err.splitlines() == [
        "Retrying: 2 of 5 dead letters, 0 failed",
        "Retrying: 4 of 5 dead letters, 1 failed",
    ]


def test_a_terminal_shows_a_bar_with_a_name_a_unit_and_failures(monkeypatch, capsys):
    def terminal(*, stderr: bool) -> Console:
        return Console(stderr=stderr, force_terminal=True, width=100)

    monkeypatch.setattr(module, "Console", terminal)

    with progress("Sending", "rows", 2) as advance:
        advance(0)
        advance(1)

    shown = capsys.readouterr().err
    assert "Sending" in shown
    assert "rows, 1 failed" in shown
