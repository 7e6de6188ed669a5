"""Text and delimited tables are read."""

from pathlib import Path

from tests.unit.processors import documents


def test_csv_cells_are_separated_by_tabs(tmp_path: Path):
    """A table in text is read row by row, its quotes resolved."""
    findings = documents.read(b'item;price\n"Tea; green";"3,50"\nMilk;1,10\n', tmp_path)

    assert findings.text == "item\tprice\nTea; green\t3,50\nMilk\t1,10"
