"""Text and delimited tables are read."""

from pathlib import Path

import pytest

from tests.unit.processors import documents


def test_csv_cells_are_separated_by_tabs(tmp_path: Path):
    """A table in text is read row by row, its quotes resolved."""
    findings = documents.read(b'item;price\n"Tea; green";"3,50"\nMilk;1,10\n', tmp_path)

    assert findings.text == "item\tprice\nTea; green\t3,50\nMilk\t1,10"


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_the_line_of_excel_that_names_the_delimiter_is_no_row(delimiter: str, tmp_path: Path):
    """The line "sep=" says how to read the table, and is not part of it."""
    rows = [["Tea", "3,50"], ["Pot", "4"], ["Cup, blue", "5"]]
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]

    findings = documents.read("\r\n".join([f"sep={delimiter}", *lines]).encode(), tmp_path)

    assert findings.text == "Tea\t3,50\nPot\t4\nCup, blue\t5"


def test_a_quoted_cell_may_hold_line_breaks(tmp_path: Path):
    """A line break inside quotes ends no row."""
    table = b'Tea,"green,\nloose",3.50\nPot,"blue",4.00\nCup,"a ""mug"",\r\nred",5.00\n'

    findings = documents.read(table, tmp_path)

    assert findings.media_type == "text/csv"
    assert findings.text.splitlines() == [
        "Tea\tgreen, loose\t3.50",
        "Pot\tblue\t4.00",
        'Cup\ta "mug", red\t5.00',
    ]
