"""Workbooks are read sheet by sheet."""

import datetime as dt
from pathlib import Path

from tests.unit.processors import documents


def test_each_sheet_is_a_page(tmp_path: Path):
    """Each sheet is a page; whole numbers have no decimal point, and dates are ISO 8601."""
    rows = [["Date", "Amount"], [dt.date(2026, 6, 1), 1200.0], [None, 3.5]]

    findings = documents.read(documents.xlsx({"May": rows, "June": [["x"]]}), tmp_path)

    assert [page.text for page in findings.pages] == [
        "May\nDate\tAmount\n2026-06-01\t1200\n\t3.5",
        "June\nx",
    ]


def test_an_opendocument_workbook_is_read(tmp_path: Path):
    """An OpenDocument workbook is read like any other."""
    body = (
        "<table:table table:name='May'><table:table-row>"
        "<table:table-cell office:value-type='string'><text:p>Tea</text:p></table:table-cell>"
        "<table:table-cell office:value-type='float' "
        "office:value='3.5'><text:p>3.50</text:p></table:table-cell>"
        "</table:table-row></table:table>"
    )

    findings = documents.read(documents.odf("spreadsheet", body), tmp_path)

    assert findings.text == "May\nTea\t3.5"
