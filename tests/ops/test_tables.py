"""Tables on terminals of any width, and without a terminal."""

import pytest
from rich.console import Console

from bot.ops import common
from bot.ops.common import print_table

ROWS = [("01M7YDJXCR4HKXN551E405QE7H", "WHATSAPP", "order"), ("01M7YDJXQKKA8AW7ZT14Q69FY9", "", "")]


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_table(("contact", "channel", "flow"), ROWS)
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        common, "Console", lambda **more: Console(force_terminal=True, color_system=None, **more)
    )


def test_what_is_no_terminal_gets_whole_lines(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "20")

    assert printed(capsys) == [
        "contact                     channel   flow",
        "01M7YDJXCR4HKXN551E405QE7H  WHATSAPP  order",
        "01M7YDJXQKKA8AW7ZT14Q69FY9",
    ]


def test_a_table_that_fits_is_one(terminal, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "43")

    assert printed(capsys)[1] == "01M7YDJXCR4HKXN551E405QE7H  WHATSAPP  order"


def test_on_a_narrow_terminal_no_key_is_torn(terminal, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "30")

    assert [line.rstrip() for line in printed(capsys)] == [
        "01M7YDJXCR4HKXN551E405QE7H",
        "  channel WHATSAPP · flow",
        "  order",
        "01M7YDJXQKKA8AW7ZT14Q69FY9",
    ]
