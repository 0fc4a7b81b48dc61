"""A broadcast's file is checked as a whole, and every wrong row is named."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import END, Flow, Option, choose
from bot.contact.address import Address
from bot.errors import FlowError
from bot.flow.definition import of_class
from bot.flow.load import Flows, load_flows
from bot.messages.channel_limits import CHANNELS
from bot.ops.common import OperationError
from bot.ops.csv_columns import column_warnings
from bot.ops.csv_rows import Row, RowError, read, read_valid


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def test_rows_name_a_contact_or_an_identity_and_carry_data(file: Path) -> None:
    file.write_text(
        "\ufeffchannel, identity,contact,name,note\n"
        "sms,+46 70-123 45 67,,Ann,\n"
        "\n"
        ',,01CONTACT,"Bo\nBergman",x\n'
        ",,WhatsApp:+46701234567,,\n"
        "MESSENGER,7f3,,,\n",
        encoding="utf-8",
    )

    assert read(file) == [
        Row(2, Address("", "SMS", "46701234567"), {"name": "Ann"}),
        Row(4, Address("01CONTACT", "", ""), {"name": "Bo\nBergman", "note": "x"}),
        Row(6, Address("", "WHATSAPP", "46701234567"), {}),
        Row(7, Address("", "MESSENGER", "7f3"), {}),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_spreadsheet_may_write_its_own_separator_and_capitals(file: Path, separator: str) -> None:
    lines = [("Channel", "Identity", "Name"), ("SMS", "+46701234567", "Ann")]
    file.write_text("\r\n".join(map(separator.join, lines)))

    assert read(file) == [Row(2, Address("", "SMS", "46701234567"), {"Name": "Ann"})]


def test_every_wrong_row_is_named_with_its_line(file: Path) -> None:
    file.write_text(
        "contact,channel,identity,size\n"
        "01A,,,1\n"
        ",SMS,0701234567,1\n"
        ",SMS,call me,1\n"
        ",SMS,,1\n"
        "01A,,,1\n"
        "01B,SMS,46701234567,1\n"
        "01C,,\n"
        f"{'x' * 300},,,1\n"
        "01D,,,big\n"
        ",SMSS,46701234567,1\n"
    )

    def error_in(data):
        return "" if data["size"].isdecimal() else "size: no number"

    with pytest.raises(OperationError) as caught:
        read(file, error_in)

    _, *lines = str(caught.value).splitlines()
    assert lines == [
        "  line 3: the phone number lacks its country code",
        "  line 4: the identity is not a phone number",
        "  line 5: the row has neither a contact nor a channel and an identity",
        "  line 6: the same contact as in line 2",
        "  line 7: the row has both a contact and an identity; give one of them",
        "  line 8: the row has 3 cells, but the header has 4. Leave cells without a value empty,"
        " but keep their separators",
        "  line 9: the contact is neither an id, nor CHANNEL:identity, nor a phone number",
        "  line 10: size: no number",
        f"  line 11: 'SMSS' is not a channel; the channels are {', '.join(CHANNELS)}",
    ]


def test_of_many_wrong_rows_the_first_are_named(file: Path) -> None:
    file.write_text("contact\n" + "01A\n" * 30)

    with pytest.raises(OperationError) as caught:
        read(file)

    assert str(caught.value).endswith("\n  and 9 more")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the first line must name the column"),
        (
            b"phone,size\nAnn,1\n",
            "the first line must name the column.*The first line names phone, size",
        ),
        (b"contact,size,size\n01A,1,2\n", "size occurs twice"),
        (b"contact,\n01A,1\n", "a column has no name"),
        (b"contact\n", "has no rows"),
        (b"contact\n\xff\n", "line 2 is not UTF-8 text. Export the file as CSV UTF-8"),
        (
            b'contact,size\n01A,1\n01B,"2\n01C,3\n',
            'line 3: a quote in this row is opened and never closed. Close the cell with another ",'
            ' and write a " inside a quoted cell twice: "".$',
        ),
        (b'"contact\n01A\n', "line 1: a quote in this row is opened and never closed."),
        (
            b'contact,size\n01A,"2\n01B,"3"\n',
            "line 3: another character follows the closing quote of a cell. The quoted cell"
            " begins in line 2. Write a",
        ),
        (
            b'contact,size\n01A,"2"x\n',
            'line 2: another character follows the closing quote of a cell. Write a " inside a',
        ),
        (
            b"channel,identity\nSMS,4.67E+10\n",
            "line 2: the identity is a number that a spreadsheet has shortened, such as 4.67E.10."
            " Format the column as text, and export the file again",
        ),
        (
            b"contact,size\n01A,1,2\n",
            "line 2: the row has 3 cells, but the header has 2. If a cell contains a"
            " separator, put the cell into",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)

    with pytest.raises(OperationError, match=words):
        read(file)


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(OperationError, match="can't be read: No such file"):
        read(file)


def test_phone_numbers_that_no_country_can_have_are_invalid(file: Path) -> None:
    file.write_text(
        "channel,identity,fallback\n"
        "SMS,+999123,\n"
        "SMS,+4670111,\n"
        "WHATSAPP,+99912345,\n"
        "LINE,Uabc,SMS:+999123\n"
        "WHATSAPP,+5215512345678,\n"
        "WHATSAPP,+22990123456,\n"
        "WHATSAPP,US.13491208655302741918,\n"
    )

    rows, errors = read_valid(file)

    assert [row.line for row in rows] == [6, 7, 8]
    assert errors == [
        RowError(2, "the phone number has an unknown country code"),
        RowError(3, "the phone number is too short or too long for its country"),
        RowError(4, "the phone number has an unknown country code"),
        RowError(5, "fallback: the phone number has an unknown country code"),
    ]


MOVED = """\
from bot import END, Flow, Option, Turn, _, ask, choose, ngettext, on, parse, step
class Base(Flow):
    @step(to="seen")
    def tell(self, turn: Turn) -> str:
        turn.say(f"{{self.data.name}}, we have moved to {{self.data.street}}.")
        return "seen"
    seen = choose("Found it?", {{"yes": Option("Yes", to=END)}})
class Moved(Base):
    seen = choose(lambda data: f"Will you find {{data.town}}?", {{"yes": Option("Yes", to="when")}})
    when = ask("When?", accept=lambda data: data.text, to="bye")
    @step(to=END)
    def bye(self, turn: Turn) -> str:
        self.data.kind = "short"
        turn.say(f"{{self.data.kind}}, {{self.data.when}} {{self.data.get('nick')}}")
        {line}
        return END
"""


@dataclass
class Seen:
    seen: str = ""


class Typed(Flow):
    data: Seen

    seen = choose(lambda data: f"{data.seen}?", {"yes": Option("Yes", to=END)})


@pytest.fixture
def warnings(tmp_path, monkeypatch):
    """Returns the warnings about the columns of a file for a flow in which a step has a line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def look(*lines: str, line: str = "pass") -> list[str]:
        (tmp_path / "streets").mkdir()
        (tmp_path / "streets/moved.py").write_text(MOVED.format(line=line))
        file = tmp_path / "c.csv"
        file.write_text("\n".join(lines))
        return [*column_warnings(load_flows("streets")["moved"], read(file))]

    yield look
    for name in [each for each in sys.modules if each.partition(".")[0] == "streets"]:
        del sys.modules[name]


ANN, BO, CY = "SMS,+46700000001,Ann", "SMS,+46700000002,Bo", "SMS,+46700000003,Cy"


def test_a_column_in_another_case_or_spelling_is_reported(warnings):
    assert warnings("channel,identity,name,Street,twn", f"{ANN},Main,Ystad") == [
        "No step of 'moved' reads the column 'Street'. Did you mean 'street', which"
        " streets/moved.py:5 reads?",
        "No step of 'moved' reads the column 'twn'. Did you mean 'town', which"
        " streets/moved.py:9 reads?",
    ]


def test_a_field_without_a_column_is_reported(warnings):
    assert warnings("channel,identity,name,town,notes", f"{ANN},Ystad,x") == [
        "There is no column 'street', but streets/moved.py:5 reads self.data.street."
    ]


@pytest.mark.parametrize(
    "line",
    [
        'turn.say(_("Your fee is {fee}.", fee=self.data.fee))',
        'turn.say(ngettext("One fee.", "{n} fees of {fee}.", 2, fee=self.data.fee))',
    ],
)
def test_a_field_that_fills_a_translated_text_needs_a_column(warnings, line):
    assert warnings("channel,identity,name,street,town", f"{ANN},Main,Ystad", line=line) == [
        "There is no column 'fee', but streets/moved.py:15 reads self.data.fee."
    ]


def test_a_field_that_rows_lack_is_reported_with_the_first_line(warnings):
    rows = (f"{ANN},Main,", f"{BO},,Ystad", f"{CY},,Ystad")

    assert warnings("channel,identity,name,street,town", *rows) == [
        "'town' is empty in line 2, but streets/moved.py:9 reads self.data.town.",
        "'street' is empty in line 3, and in 1 more, but streets/moved.py:5 reads"
        " self.data.street.",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "pass",
        "self.data.extra = 1; turn.say(str(self.data.extra))",
        "turn.say(str(self.data.extra) if 'extra' in self.data else '')",
        "turn.say(getattr(self.data, 'extra', ''))",
        "try: turn.say(self.data.extra)\n        except AttributeError: pass",
        "turn.say(self.data.seen)",
    ],
)
def test_fields_that_the_flow_sets_or_can_lack_are_not_reported(warnings, line):
    columns = "channel,identity,name,street,town,Notes,nick"

    assert warnings(columns, f"{ANN},Main,Ystad,x,y", line=line) == []


def test_code_that_sets_fields_by_their_names_is_not_judged(warnings):
    line = "[setattr(self.data, each, 1) for each in turn.event_data]"

    assert warnings("channel,identity,name", ANN, line=line) == []


def test_columns_of_data_with_a_declared_type_are_checked_by_row():
    with pytest.raises(FlowError, match="takes no data 'Seen'"):
        Flows([of_class(Typed)]).start_of("typed", {"Seen": "x"})
    assert [*column_warnings(of_class(Typed), [])] == []
