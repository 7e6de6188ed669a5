"""What an old workbook hides and how it shows its numbers is read from its records."""

import struct
from pathlib import Path

import pytest

from processors.detect.sheets.xls_marks import xls_marks
from tests.unit.processors import documents


def record(kind: int, data: bytes = b"") -> bytes:
    """Return a record of [MS-XLS]."""
    return struct.pack("<HH", kind, len(data)) + data


def workbook(*, color: int = 0x7FFF, flags: int = 0, code: bytes = b"000000") -> bytes:
    """Write a sheet of two rows, the second one hidden, whose numbers have six digits."""
    font = record(
        0x31, struct.pack("<HHHHHBBBBBB", 200, flags, color, 400, 0, 0, 0, 0, 0, 1, 0) + b"T"
    )
    number_format = record(0x41E, struct.pack("<HHB", 164, len(code), 0) + code)
    style, cells = (
        record(0xE0, struct.pack("<HHH", 0, key, kind) + bytes(14))
        for key, kind in ((0, 0xFFF5), (164, 1))
    )
    before = (
        record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 1997, 0, 6)) + font * 5 + number_format
    )
    before += style * 15 + cells
    name = b"Milk"
    sheet_at = len(before) + len(record(0x85, bytes(8) + name)) + len(record(0x0A))
    sheet = struct.pack("<IBBBB", sheet_at, 0, 0, len(name), 0) + name
    rows = b"".join(
        record(0x208, struct.pack("<HHHHHHHH", row, 0, 1, 255, 0, 0, 0x20 * hidden | 0x100, 15))
        for row, hidden in ((0, 0), (1, 1))
    )
    numbers = b"".join(record(0x203, struct.pack("<HHHd", row, 0, 15, 407)) for row in (0, 1))
    begins = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 1997, 0, 6))
    return documents.ole(
        "Workbook",
        before + record(0x85, sheet) + record(0x0A) + begins + rows + numbers + record(0x0A),
    )


def test_hidden_rows_and_formats_are_known(tmp_path: Path):
    """A row that is hidden gives no value, and a number keeps its zeros."""
    path = tmp_path / "old.xls"
    path.write_bytes(workbook())

    marks = xls_marks(path)["Milk"]

    assert marks.hidden_rows == {2}
    assert marks.formats == {(1, 1): "000000", (2, 1): "000000"}
    assert documents.read(workbook(), tmp_path).text == "Milk\n000407\n\n000407"


@pytest.mark.parametrize(
    ("book", "is_unread"),
    [
        (workbook(), False),
        (workbook(color=9), True),
        (workbook(flags=0x08), True),
        (workbook(code=b";;;"), True),
        (workbook(color=10, flags=0x02, code=b"0;;"), False),
    ],
    ids=["plain", "white", "struck through", "shown as nothing", "red and slanted"],
)
def test_cells_that_nobody_can_read_are_known(book: bytes, tmp_path: Path, *, is_unread: bool):
    """What is white on white or struck through gives no value."""
    path = tmp_path / "old.xls"
    path.write_bytes(book)

    assert xls_marks(path)["Milk"].unread == ({(1, 1), (2, 1)} if is_unread else set())


def test_of_a_damaged_workbook_nothing_is_known(tmp_path: Path):
    """What cannot be followed is reported by the library that reads the values."""
    path = tmp_path / "old.xls"
    path.write_bytes(workbook()[:1800])

    assert xls_marks(path) == {}
