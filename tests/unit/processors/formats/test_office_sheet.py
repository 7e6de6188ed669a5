"""Workbooks are read sheet by sheet."""

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.model import ReadStatus
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


def edited(change: Callable[[Any], None]) -> bytes:
    """Write a workbook of two sheets with a bill in each, as changed."""
    from openpyxl import Workbook

    book = Workbook()
    for sheet, number in ((book.worksheets[0], "OLD-1"), (book.create_sheet("Bill"), "NEW-2")):
        sheet.append(["Invoice number:", number])
        sheet.append(["Total:", 120.5])
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def hide_sheet(book: Any) -> None:
    """Hide the first sheet."""
    book.worksheets[0].sheet_state = "veryHidden"


def hide_rows(book: Any) -> None:
    """Hide the rows of the first sheet."""
    for number in (1, 2):
        book.worksheets[0].row_dimensions[number].hidden = True


def hide_columns(book: Any) -> None:
    """Hide the columns of the first sheet."""
    book.worksheets[0].column_dimensions["A"].hidden = True
    book.worksheets[0].column_dimensions["B"].hidden = True


@pytest.mark.parametrize("hide", [hide_sheet, hide_rows, hide_columns])
def test_what_is_hidden_is_text_but_no_value(hide: Callable[[Any], None], tmp_path: Path):
    """Sheets, rows and columns that nobody sees are kept, but no value is taken from them."""
    findings = documents.read(edited(hide), tmp_path)

    assert findings.fields["invoice_number"].value == "NEW-2"
    assert "OLD-1" in findings.pages[0].text
    assert "no values" in findings.pages[0].reason


def colored(sheet: Any, *, fill: str = "") -> None:
    """Write a sum in white letters."""
    from openpyxl.styles import Font, PatternFill

    sheet.append(["Grand total:", 9999])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(color="FFFFFFFF")
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)


def test_white_letters_without_a_fill_are_no_value(tmp_path: Path):
    """What nobody sees on the sheet is text, and not among the values."""
    findings = documents.read(edited(lambda book: colored(book.worksheets[1])), tmp_path)

    assert "Grand total:" in findings.text
    assert findings.fields["total"].value == "120.50"


def test_a_cell_that_is_struck_through_is_no_value(tmp_path: Path):
    """A line through a sum takes it back, whatever colors its sheet has."""

    def change(book: Any) -> None:
        from openpyxl.styles import Font, PatternFill

        sheet = book.worksheets[1]
        sheet.append(["Grand total:", 9999])
        for cell in sheet[sheet.max_row]:
            cell.font = Font(strike=True)
            cell.fill = PatternFill("solid", fgColor="FF203040")

    findings = documents.read(edited(change), tmp_path)

    assert "Grand total:" in findings.text
    assert findings.fields["total"].value == "120.50"


def test_white_letters_on_a_dark_fill_are_read(tmp_path: Path):
    """Headings and sums are often white on a color."""

    def change(book: Any) -> None:
        del book["Sheet"]
        colored(book.worksheets[0], fill="FF203040")

    assert documents.read(edited(change), tmp_path).fields["total"].value == "9999.00"


def test_white_letters_in_a_sheet_with_colors_by_rule_are_read(tmp_path: Path):
    """A rule may put a color behind them."""

    def change(book: Any) -> None:
        from openpyxl.formatting.rule import CellIsRule
        from openpyxl.styles import PatternFill

        del book["Sheet"]
        colored(book.worksheets[0])
        fill = PatternFill("solid", bgColor="FF203040")
        book.worksheets[0].conditional_formatting.add(
            "A1:B9", CellIsRule("greaterThan", ["0"], fill=fill)
        )

    assert documents.read(edited(change), tmp_path).fields["total"].value == "9999.00"


def in_own_color(sheet: Any) -> None:
    """Write in the color of the cells."""
    from openpyxl.styles import Font, PatternFill

    for cell in (cell for row in sheet["A1:B2"] for cell in row):
        cell.font = Font(color="FF80A0C0")
        cell.fill = PatternFill("solid", fgColor="FF80A0C0")


def in_tiny_letters(sheet: Any) -> None:
    """Write in letters of one point."""
    from openpyxl.styles import Font

    for cell in (cell for row in sheet["A1:B2"] for cell in row):
        cell.font = Font(size=1)


def shown_as_nothing(sheet: Any) -> None:
    """Hide numbers and texts by their format."""
    for cell in (cell for row in sheet["A1:B2"] for cell in row):
        cell.number_format = ";;;"


@pytest.mark.parametrize("change", [in_own_color, in_tiny_letters, shown_as_nothing])
def test_what_nobody_can_see_is_no_value(change: Callable[[Any], None], tmp_path: Path):
    """There are more ways to make cells vanish than to hide them."""
    findings = documents.read(edited(lambda book: change(book.worksheets[0])), tmp_path)

    assert findings.fields["invoice_number"].value == "NEW-2"
    assert "OLD-1" in findings.text


def test_a_small_row_in_small_letters_is_read(tmp_path: Path):
    """What is small can be seen."""
    from openpyxl.styles import Font, PatternFill

    def change(book: Any) -> None:
        del book["Sheet"]
        sheet = book["Bill"]
        sheet.column_dimensions["B"].width = 2
        sheet.row_dimensions[2].height = 6
        sheet["B2"].font = Font(size=5, color="FF80A0C0")
        sheet["B2"].fill = PatternFill("solid", fgColor="FF203040")

    assert documents.read(edited(change), tmp_path).fields["total"].value == "120.50"


def test_cells_under_merged_ones_are_no_values(tmp_path: Path):
    """Excel shows the first of merged cells."""
    data = edited(lambda book: book["Bill"].append(["Thanks", "Grand total:", 9999, "", "x"]))
    merged = b'</sheetData><mergeCells count="1"><mergeCell ref="A3:D3"/></mergeCells>'

    def merge(name: str, part: bytes) -> bytes:
        return part.replace(b"</sheetData>", merged) if name.endswith("sheet2.xml") else part

    findings = documents.read(rewritten(data, merge), tmp_path)

    assert "9999" not in {field.value for field in findings.fields.values()}
    assert "Thanks\t\t\t\tx" in findings.pages[1].text


def test_the_part_of_a_text_that_is_struck_through_is_no_value(tmp_path: Path):
    """What is behind the line is the text that is valid."""
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    text = CellRichText(
        TextBlock(InlineFont(strike=True), "Grand total: 9,999.00"), " Grand total: 120.50"
    )

    findings = documents.read(edited(lambda book: book["Bill"].append([text])), tmp_path)

    assert findings.fields["total"].value == "120.50"
    assert "9,999.00" in findings.pages[1].text


def rewritten(package: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a package with its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def test_a_formula_without_a_result_is_reported(tmp_path: Path):
    """Programs that write workbooks without calculating leave the results out."""

    def add_sum(book: Any) -> None:
        book.worksheets[0]["B3"] = "=SUM(B1:B2)"
        book.worksheets[0]["B4"] = '=""'

    findings = documents.read(edited(add_sum), tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert "2 formulas without a result" in findings.problems[0]


def test_a_zero_that_was_never_calculated_is_no_result(tmp_path: Path):
    """Some programs write zeros, and have Excel calculate once it opens the workbook."""

    def add_sum(book: Any) -> None:
        book["Bill"]["A3"], book["Bill"]["B3"] = "Sum:", "=B2*2"
        book.calculation.fullCalcOnLoad = True

    data = edited(add_sum)
    entries = {name: zipfile.ZipFile(io.BytesIO(data)).read(name) for name in names_in(data)}
    sheet = "xl/worksheets/sheet2.xml"
    entries[sheet] = entries[sheet].replace(b"<v></v>", b"<v>0</v>").replace(b"<v />", b"<v>0</v>")

    findings = documents.read(documents.package(entries), tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert findings.pages[1].text.endswith("Total:\t120.5\nSum:")


def names_in(package: bytes) -> list[str]:
    """Return the names of the entries of a zip."""
    return zipfile.ZipFile(io.BytesIO(package)).namelist()


def test_numbers_have_as_many_digits_as_excel_shows(tmp_path: Path):
    """The 16th digit is an error of adding up."""
    data = documents.xlsx({"May": [["Sum", 0.1 + 0.2, 45.99999999999999]]})

    assert documents.read(data, tmp_path).text == "May\nSum\t0.3\t46"


def test_numbers_are_read_as_their_cells_show_them(tmp_path: Path):
    """A number keeps the zeros and the prefix that only its format has."""

    def set_formats(book: Any) -> None:
        cell = book["Bill"]["B1"]
        cell.value, cell.number_format = 27, '"NEW-"0000'
        book["Bill"]["B2"].number_format = "#,##0.00"

    findings = documents.read(edited(set_formats), tmp_path)

    assert findings.pages[1].text == "Bill\nInvoice number:\tNEW-0027\nTotal:\t120.50"


def test_a_number_that_its_format_hides_is_no_value(tmp_path: Path):
    """A cell may show nothing of what is in it."""

    def hide_total(book: Any) -> None:
        book["Bill"]["B2"].number_format = ";;;"
        book.worksheets[0]["B2"].number_format = ";;;"

    findings = documents.read(edited(hide_total), tmp_path)

    assert "total" not in findings.fields or findings.fields["total"].value is None
    assert "120.5" in findings.pages[1].text


def test_a_cell_that_is_hidden_by_its_format_keeps_its_place(tmp_path: Path):
    """The cells behind it stay below their headings."""

    def hide_number(book: Any) -> None:
        for sheet in book.worksheets:
            sheet["A1"], sheet["B1"] = "Invoice number", "Order number"
            sheet["A2"], sheet["B2"] = 0, 4471
            sheet["A2"].number_format = "0;;"

    findings = documents.read(edited(hide_number), tmp_path)

    assert findings.pages[1].text.startswith("Bill\nInvoice number\tOrder number\n\t4471")
    assert "invoice_number" not in findings.fields or not findings.fields["invoice_number"].value


def drawn(shapes: str, *, relationships: int = 1) -> bytes:
    """Write a workbook with a drawing on its sheet, named by so many relationships."""
    spaces = (
        "xmlns:x='http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing' "
        "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main' "
        "xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'"
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing"
    links = "".join(
        f"<Relationship Id='r{number}' Type='{kind}' Target='../drawings/drawing1.xml'/>"
        for number in range(relationships)
    )
    book = io.BytesIO(documents.xlsx({"May": [["Tea"]]}))
    with zipfile.ZipFile(book, "a") as package:
        package.writestr("xl/drawings/drawing1.xml", f"<x:wsDr {spaces}>{shapes}</x:wsDr>")
        package.writestr(
            "xl/worksheets/_rels/sheet1.xml.rels",
            "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
            f"{links}</Relationships>",
        )
    return book.getvalue()


def shape(text: str, *, attributes: str = "") -> str:
    """Write a shape with a text in two runs."""
    runs = "".join(f"<a:r><a:t>{part}</a:t></a:r>" for part in (text[:3], text[3:]))
    named = f"<x:nvSpPr><x:cNvPr id='2' name='Box'{attributes}/></x:nvSpPr>"
    return f"<x:sp>{named}<x:txBody><a:p>{runs}</a:p></x:txBody></x:sp>"


def test_what_is_written_in_a_text_box_is_text_of_its_sheet(tmp_path: Path):
    """A sheet may say in a drawing what no cell does. It has one, whoever names it how often."""
    findings = documents.read(drawn(shape("Order number: BX-4"), relationships=9), tmp_path)

    assert findings.text == "May\nTea\nOrder number: BX-4"


def test_a_text_box_that_is_hidden_or_a_substitute_is_not_read(tmp_path: Path):
    """Old programs show the substitute in place of a shape that they do not know."""
    hidden = shape("Order number: OLD-1", attributes=" hidden='1'")
    choice = f"<mc:Choice>{shape('Order number: BX-4')}</mc:Choice>"
    substitute = f"<mc:Fallback>{shape('Order number: BX-4')}</mc:Fallback>"
    shapes = f"{hidden}<mc:AlternateContent>{choice}{substitute}</mc:AlternateContent>"

    findings = documents.read(drawn(shapes), tmp_path)

    assert findings.text == "May\nTea\nOrder number: BX-4"


def test_of_a_large_drawing_the_beginning_is_read(tmp_path: Path):
    """A small workbook may hold a text of any length."""
    findings = documents.read(drawn(shape("Many words. " * 100) * 200), tmp_path)

    assert 100_000 <= len(findings.text) < 110_000
