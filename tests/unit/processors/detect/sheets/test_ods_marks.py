"""What an OpenDocument workbook hides and how it shows its numbers is read from its XML."""

from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.detect.sheets.ods_marks import ods_marks
from tests.unit.processors import documents

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_SPACES = (
    f'xmlns:style="{_OASIS}:style:1.0" xmlns:number="{_OASIS}:datastyle:1.0" '
    f'xmlns:office="{_OASIS}:office:1.0" xmlns:table="{_OASIS}:table:1.0"'
)
_DIGITS = '<number:number number:decimal-places="{}" number:min-integer-digits="{}"{}/>'


def workbook(rows: str, *, data_styles: str = "") -> bytes:
    """Write a workbook of one sheet whose style of cells `c` has the data style `n`."""
    cells = (
        '<style:style style:name="parent" style:data-style-name="n"/>'
        '<style:style style:name="c" style:parent-style-name="parent"/>'
    )
    styles = f"<office:styles {_SPACES}>{data_styles}{cells}</office:styles>".encode()
    body = f'<table:table table:name="Sums">{rows}</table:table>'
    return documents.odf("spreadsheet", body, {"styles.xml": styles})


def cell(value: str, *, kind: str = "float", more: str = 'table:style-name="c"') -> str:
    """Write a cell with a number."""
    return f'<table:table-cell office:value-type="{kind}" office:value="{value}" {more}/>'


def row(*cells: str, more: str = "") -> str:
    """Write a row."""
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def text_of(data: bytes, folder: Path) -> str:
    """Return the text of the sheet without its name."""
    findings = documents.read(data, folder)
    return "|".join(findings.text.split()[1:])


def text(words: str) -> str:
    """Write a text of a data style."""
    return f"<number:text>{words}</number:text>"


def test_a_cell_without_its_value_leaves_the_others(tmp_path: Path):
    """A formula that no program calculated has the kind of its value, and nothing as value."""
    sums = row(cell("12.5"), cell("", more='table:formula="of:=[.A1]*2"'))

    findings = documents.read(workbook(sums), tmp_path)

    assert findings.text.split()[1:] == ["12.5"]
    assert findings.status == ReadStatus.PARTIAL
    assert "1 formulas without a result" in findings.problems[0]


ALIKE = 'table:number-{}-repeated="1000000000"'
CURRENCY = "<number:currency-symbol>€</number:currency-symbol>"
GROUPED = _DIGITS.format(2, 1, ' number:grouping="true"')
BETWEEN = (
    '<number:number number:min-integer-digits="8"><number:embedded-text number:position="4">-'
    "</number:embedded-text></number:number>"
)


@pytest.mark.parametrize(
    ("kind", "inside", "value", "shown"),
    [
        ("number", _DIGITS.format(0, 6, ""), "815", "000815"),
        ("number", _DIGITS.format(2, 1, ""), "9.5", "9.50"),
        ("number", text("A-") + _DIGITS.format(0, 4, ""), "7", "A-0007"),
        ("number", BETWEEN, "20260044", "2026-0044"),
        ("percentage", _DIGITS.format(1, 1, "") + text("%"), "0.025", "2.5%"),
        ("currency", CURRENCY + GROUPED, "1250", "€1,250.00"),
        ("number", "<number:scientific-number/>", "1250", "1250"),
    ],
)
def test_a_number_is_written_as_its_cell_shows_it(
    kind: str, inside: str, value: str, shown: str, tmp_path: Path
):
    """The zeros, the currency and the words that a data style adds are in the text."""
    style = f'<number:{kind}-style style:name="n">{inside}</number:{kind}-style>'

    assert text_of(workbook(row(cell(value)), data_styles=style), tmp_path) == shown


def test_a_style_for_negative_numbers_keeps_the_minus(tmp_path: Path):
    """A style names another one for numbers that meet a condition; parentheses are a minus."""
    digits = _DIGITS.format(2, 1, "")
    styles = (
        f'<number:number-style style:name="p">{digits}</number:number-style>'
        f'<number:number-style style:name="n">{text("(")}{digits}{text(")")}'
        '<style:map style:condition="value()&gt;=0" '
        'style:apply-style-name="p"/></number:number-style>'
    )

    shown = text_of(workbook(row(cell("5"), cell("-7")), data_styles=styles), tmp_path)

    assert shown == "5.00|-7.00"


def test_a_cell_names_its_currency_itself(tmp_path: Path):
    """A currency or a percentage is one without a style, too."""
    more = 'office:currency="SEK"'
    cells = cell("80", kind="currency", more=more), cell("0.25", kind="percentage", more="")

    assert text_of(workbook(row(*cells)), tmp_path) == "SEK|80.00|25%"


def test_the_style_of_a_row_or_a_column_is_that_of_its_cells(tmp_path: Path):
    """A cell without a style has that of its row, and else that of its column."""
    style = f'<number:number-style style:name="n">{_DIGITS.format(0, 3, "")}</number:number-style>'
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:default-cell-style-name="c"/>'
    )
    plain = cell("7", more='table:number-columns-repeated="3"')
    rows = row(plain) + row(plain, more='table:default-cell-style-name="c"')

    assert text_of(workbook(columns + rows, data_styles=style), tmp_path) == "7|7|007|007|007|007"


@pytest.mark.parametrize("visibility", ["collapse", "filter"])
def test_what_is_hidden_is_kept_apart(visibility: str, tmp_path: Path):
    """Rows and columns that are hidden or filtered out are behind what is seen."""
    hidden = f'table:visibility="{visibility}"'
    columns = f"<table:table-column/><table:table-column {hidden}/>"
    twice = f'table:number-rows-repeated="2" {hidden}'
    rows = row(cell("1"), cell("2")) + row(cell("3"), more=twice) + row(cell("4"))

    assert text_of(workbook(columns + rows), tmp_path) == "1|4|2|3|3"


RULE = (
    '<style:text-properties fo:color="#FFFFFF"/>'
    '<style:map style:condition="{}" style:apply-style-name="child"/>'
)
DARK = '<style:table-cell-properties fo:background-color="#203040"/>'


@pytest.mark.parametrize(
    ("properties", "is_read"),
    [
        ('<style:text-properties style:text-line-through-style="solid"/>', False),
        ('<style:text-properties style:text-line-through-type="none"/>', True),
        ('<style:text-properties fo:color="#FFFFFF"/>', False),
        ('<style:text-properties fo:font-size="1pt"/>', False),
        ('<style:text-properties fo:font-size="6pt" fo:color="#203040"/>', True),
        (f'{DARK}<style:text-properties fo:color="#FFFFFF"/>', True),
        (f'{DARK}<style:text-properties fo:color="#203040"/>', False),
        ('<style:text-properties fo:color="#FFFFFF" style:use-window-font-color="true"/>', True),
        (RULE.format("cell-content()&gt;9"), True),
        (RULE.format("value()&gt;9"), False),
    ],
)
def test_a_cell_that_cannot_be_read_is_kept_apart(
    properties: str, tmp_path: Path, *, is_read: bool
):
    """A style is that of a cell by its parent, too."""
    styles = (
        f'<style:style style:name="odd" xmlns:fo="urn:fo">{properties}</style:style>'
        '<style:style style:name="child" style:parent-style-name="odd"/>'
    )
    rows = row(cell("1", more='table:style-name="child"'), cell("2"))

    assert text_of(workbook(rows, data_styles=styles), tmp_path) == ("1|2" if is_read else "2|1")


@pytest.mark.parametrize("display", ["true", "false"])
def test_a_group_of_rows_that_is_closed_up_is_kept_apart(display: str, tmp_path: Path):
    """Only its sum is seen."""
    group = (
        f'<table:table-row-group table:display="{display}">{row(cell("1"))}</table:table-row-group>'
    )

    expected = "1|2" if display == "true" else "2|1"
    assert text_of(workbook(group + row(cell("2"))), tmp_path) == expected


def test_a_cell_under_another_one_is_kept_apart(tmp_path: Path):
    """Of merged cells, the first is seen."""
    covered = cell("2").replace("table-cell", "covered-table-cell")

    assert text_of(workbook(row(cell("1"), covered, cell("3"))), tmp_path) == "1|3|2"


def test_the_part_of_a_text_that_is_struck_through_is_kept_apart(tmp_path: Path):
    """What is left is the text that is valid; shapes on the sheet have texts of their own."""
    struck = '<style:text-properties style:text-line-through-style="solid"/>'
    styles = f'<style:style style:name="odd" style:family="text">{struck}</style:style>'
    words = '<text:p><text:span text:style-name="odd">9</text:span>8</text:p>'
    box = "<table:shapes><draw:frame xmlns:draw='urn:d'><text:p>7</text:p></draw:frame></table:shapes>"
    rows = row(f'<table:table-cell office:value-type="string">{words}</table:table-cell>')

    assert text_of(workbook(box + rows, data_styles=styles), tmp_path) == "8|7|9"


def test_a_formula_without_a_result_is_reported(tmp_path: Path):
    """A program that does not calculate leaves the value of a formula out."""
    formula = '<table:table-cell table:formula="of:=[.A1]+2"/>'

    findings = documents.read(workbook(row(cell("1"), formula)), tmp_path)

    assert findings.status is ReadStatus.PARTIAL
    assert "1 formulas without a result" in findings.problems[0]


def test_styles_in_a_circle_end(tmp_path: Path):
    """A style that is its own parent has no format."""
    circle = '<style:style style:name="x" style:parent-style-name="x"/>'
    more = 'table:style-name="x"'

    assert text_of(workbook(row(cell("6", more=more)), data_styles=circle), tmp_path) == "6"


@pytest.mark.parametrize(
    "rows",
    [
        row(
            cell("1", more=f'{ALIKE.format("columns")} table:style-name="c"'),
            more=ALIKE.format("rows"),
        ),
        row(more=f'table:visibility="collapse" {ALIKE.format("rows")}') * 40,
        "<table:table-column/>" * 40_000 + row(cell("1", kind="percentage", more="") * 400),
    ],
)
def test_what_is_kept_of_a_hostile_workbook_is_bounded(rows: str, tmp_path: Path):
    """One element may say that it is a thousand million cells."""
    path = tmp_path / "sheet"
    path.write_bytes(
        workbook(
            rows, data_styles=f'<number:number-style style:name="n">{GROUPED}</number:number-style>'
        )
    )

    (marks,) = ods_marks(path).values()

    assert max(len(marks.formats), len(marks.hidden_rows)) <= 220_000


@pytest.mark.parametrize(("words", "is_seen"), [("", False), ("paid", True)])
def test_a_number_that_its_style_writes_as_nothing_is_kept_apart(
    words: str, tmp_path: Path, *, is_seen: bool
):
    """A style of an empty text shows nothing, one of a word that word."""
    style = f'<number:number-style style:name="n">{text(words)}</number:number-style>'
    sums = row(cell("7.5", more=""), cell("921.5"))

    findings = documents.read(workbook(sums, data_styles=style), tmp_path)

    assert ("paid" in findings.text) is is_seen
    assert ("\n\n" in findings.text) is not is_seen
