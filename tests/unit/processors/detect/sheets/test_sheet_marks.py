"""What a sheet of Excel hides is read from its parts."""

import zipfile
from pathlib import Path

import pytest

from processors.detect.sheets.sheet_marks import SheetMarks, sheet_marks

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def marks_of(sheet: str, path: Path, *, texts: str = "") -> SheetMarks:
    """Return the marks of a workbook with one sheet and its shared texts."""
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "xl/workbook.xml",
            f"<workbook xmlns='{MAIN}' xmlns:r='{RELATIONS}'><sheets>"
            "<sheet name='Oats' sheetId='1' r:id='a'/></sheets></workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='a' Target='worksheets/sheet1.xml'/></Relationships>",
        )
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet xmlns='{MAIN}'>{sheet}</worksheet>")
        book.writestr("xl/sharedStrings.xml", f"<sst xmlns='{MAIN}'>{texts}</sst>")
    return sheet_marks(path)["Oats"]


@pytest.mark.parametrize(
    ("columns", "rows", "hidden"),
    [
        ("<col min='2' max='3' width='0' customWidth='1'/>", "<row r='4' ht='0'/>", True),
        ("<col min='2' max='3' hidden='1'/>", "<row r='4' hidden='true'/>", True),
        ("<col min='2' max='3' width='0.5'/>", "<row r='4' ht='0.75' hidden='0'/>", False),
        ("<col min='2' max='3' width='10'/>", "<row r='4' ht='10'/>", False),
    ],
)
def test_rows_and_columns_of_no_size_are_hidden(
    columns: str, rows: str, *, hidden: bool, tmp_path: Path
):
    """What was pulled together until nothing is left is as hidden as by the menu."""
    sheet = f"<cols>{columns}</cols><sheetData>{rows}</sheetData>"

    marks = marks_of(sheet, tmp_path / "book.xlsx")

    assert marks.hidden_columns == ({2, 3} if hidden else set())
    assert marks.hidden_rows == ({4} if hidden else set())


def test_a_shared_text_is_divided_where_it_is_used(tmp_path: Path):
    """The part that is struck through is no longer valid."""
    texts = (
        "<si><t>Oats</t></si><si><r><rPr><strike/></rPr><t>12 bags</t></r><r><t> 9 bags</t></r>"
        "<rPh sb='0' eb='1'><t>kana</t></rPh></si><si><r><rPr><strike val='0'/></rPr>"
        "<t>Rye</t></r></si>"
    )
    cells = "".join(f"<c r='A{at + 1}' t='s'><v>{at}</v></c>" for at in range(3))

    marks = marks_of(
        f"<sheetData><row r='1'>{cells}</row></sheetData>", tmp_path / "b", texts=texts
    )

    assert marks.divided == {(2, 1): ("9 bags", "12 bags")}
