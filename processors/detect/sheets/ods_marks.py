"""Find what an OpenDocument workbook hides, its number formats, and formulas without a result.

The library that reads its values returns none of them. Names are those of OpenDocument 1.3, part 3;
the data styles of section 16.29 are written as the formats of Excel that show the same.
"""

import bisect
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processors.detect.safe_xml import XmlRefused, elements, local_name
from processors.detect.sheets.sheet_marks import MOST_FORMATTED, PLAIN_FORMATS, SheetMarks

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_NUMBER, _OFFICE = f"{{{_OASIS}:datastyle:1.0}}", f"{{{_OASIS}:office:1.0}}"
_STYLE, _TABLE = f"{{{_OASIS}:style:1.0}}", f"{{{_OASIS}:table:1.0}}"
_CONTENT = "content.xml"
_PARTS = ("styles.xml", _CONTENT)
_EMPTY_VALUE = rb"""\soffice:(?:date-|time-|boolean-)?value=(?:""|\'\')"""
_EMPTY_CELL = re.compile(rb"<[^<>]*" + _EMPTY_VALUE + rb"[^<>]*>")
_TYPE_OR_EMPTY = re.compile(_EMPTY_VALUE + rb"""|\soffice:value-type=["'][a-z]*["']""")
_DATA_STYLES = frozenset({"number-style", "currency-style", "percentage-style"})
_CELLS = frozenset({"table-cell", "covered-table-cell"})
_WHOLE = _DATA_STYLES | {"p"}
_GROUPS = frozenset({"table-row-group", "table-column-group"})
_STYLED = frozenset({"style", "text-properties", "table-cell-properties", "table-properties"})
_WHITE = "#ffffff"
# Styles of cells have rules, too; those of numbers have other conditions.
_MAY_COLOR = re.compile(
    rb"<[\w-]+:(?:(?:conditional-format|frame|image|custom-shape|rect)\b"
    rb"|map\b[^>]*\b(?:cell-content|is-true-formula))"
)
_TINY = re.compile(r"[01](?:\.0+)?pt|0?\.\d+pt")  # one point or less
_UNCHANGED = PLAIN_FORMATS | {""}
_NUMBERS = frozenset({"float", "currency", "percentage"})
_LARGEST_BYTES = 8 * 2**20  # of a part; of a larger one, nothing is known. It takes a second
_MOST_PARENTS = 20  # styles based on each other; a circle ends here
# Rows or columns that are one element, such as the empty rest of a sheet, and those of a sheet.
_MOST_HIDDEN_ALIKE, _MOST_HIDDEN = 16_384, 200_000
_MOST_ALIKE = 1_000  # cells with the same number that are one element, in each direction
_MOST_PLACES = 30  # of a number: no sum has more


@dataclass(slots=True)
class _Styles:
    """What the styles read so far say.

    `codes` are formats by data style; `cells` name data style and parent of a style of cells,
    `letters` has what a style says of lines through letters and of colors.
    """

    codes: dict[str, str] = field(default_factory=dict)
    cells: dict[str, tuple[str, str]] = field(default_factory=dict)
    letters: dict[str, dict[str, str]] = field(default_factory=dict)
    current: str = ""  # the style that is being read
    may_color: bool = False  # whether a rule or a drawing may color cells

    def code(self, name: str) -> str:
        """Return the format of a style of cells, "" if it and its parents name none."""
        for _ in range(_MOST_PARENTS):
            data_style, parent = self.cells.get(name, ("", ""))
            if data_style or not parent:
                return self.codes.get(data_style, "")
            name = parent
        return ""

    def note(self, element: Any, name: str) -> None:
        """Note a style that begins, or properties in it."""
        if name == "style":
            data_style = element.get(f"{_STYLE}data-style-name", "")
            self.current = element.get(f"{_STYLE}name", "")
            self.cells[self.current] = data_style, element.get(f"{_STYLE}parent-style-name", "")
        else:
            own = {str(key).rpartition("}")[2]: value for key, value in element.items()}
            self.letters[self.current] = {**self.letters.get(self.current, {}), **own}

    def is_unread(self, name: str) -> bool:
        """Return whether cells with a style are struck through, tiny, or in their own color."""
        said: dict[str, str] = {}
        for _ in range(_MOST_PARENTS):
            said = {**self.letters.get(name, {}), **said}
            name = self.cells.get(name, ("", ""))[1]
        line = said.get("text-line-through-style") or said.get("text-line-through-type", "none")
        paper = "" if self.may_color else _WHITE
        behind = said.get("background-color", "transparent").replace("transparent", paper)
        is_tiny = _TINY.fullmatch(said.get("font-size", "")) is not None
        is_own = bool(behind) and said.get("use-window-font-color") != "true"
        is_in_own_color = is_own and said.get("color", "").lower() == behind.lower()
        return line != "none" or is_tiny or is_in_own_color


@dataclass(slots=True)
class _Table:
    """What is known of the sheet that is being read; rows and columns count from 1."""

    name: str
    rows: range = range(1, 1)  # those that are one element, which is being read
    columns: range = range(1, 1)
    uncalculated: int = 0
    row_style: str = ""
    column_styles: list[tuple[int, str]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    is_hidden: bool = False
    unread: set[tuple[int, int]] = field(default_factory=set)
    groups: list[bool] = field(default_factory=list)  # of each open one, whether it is closed up
    parts: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))  # of a cell
    divided: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    drawn: list[str] = field(default_factory=list)
    boxes: int = 0  # open ones that are on the sheet and in no cell

    def column_style(self, column: int) -> str:
        """Return the style that a column gives to its cells without one."""
        at = bisect.bisect_left(self.column_styles, (column, ""))
        return self.column_styles[at][1] if at < len(self.column_styles) else ""


def without_empty_values(path: Path, work_dir: Path) -> Path:
    """Return a workbook whose cells have a value or none: the file itself, or a copy of it.

    Programs that write a formula and do not calculate it leave its value empty, at which calamine
    refuses the whole workbook. The package was checked, so it is not a bomb.
    """
    try:
        with zipfile.ZipFile(path) as book:
            if _CONTENT not in book.namelist():
                return path
            if book.getinfo(_CONTENT).file_size > _LARGEST_BYTES:
                return path
            content = book.read(_CONTENT)
            cleaned = _EMPTY_CELL.sub(lambda cell: _TYPE_OR_EMPTY.sub(b"", cell.group()), content)
            if cleaned == content:
                return path
            target = work_dir / "without-empty-values"
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
                for part in book.infolist():
                    is_content = part.filename == _CONTENT
                    copy.writestr(part, cleaned if is_content else book.read(part))
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, NotImplementedError):
        return path  # calamine says what is wrong with it
    return target


def ods_marks(path: Path) -> dict[str, SheetMarks]:
    """Return the marks of each sheet by its name; none of a file that is large or damaged."""
    styles = _Styles()
    marks: dict[str, SheetMarks] = {}
    try:
        with zipfile.ZipFile(path) as book:
            names = set(book.namelist())
            for part in _PARTS:
                if part in names and book.getinfo(part).file_size <= _LARGEST_BYTES:
                    marks |= _marks_in(book.read(part), styles)
    except (zipfile.BadZipFile, XmlRefused, OSError, ValueError, KeyError, NotImplementedError):
        return {}
    return marks


def _marks_in(part: bytes, styles: _Styles) -> Mapping[str, SheetMarks]:
    """Read the styles of a part, and then its sheets, which follow them."""
    marks: dict[str, SheetMarks] = {}
    styles.may_color = styles.may_color or _MAY_COLOR.search(part) is not None
    tables: list[_Table] = []  # a table may be in a cell of another
    for event, element in elements(part, whole=_WHOLE):
        match event, local_name(element):
            case "start", "table":
                style = styles.letters.get(element.get(f"{_TABLE}style-name", ""), {})
                is_hidden = style.get("display") == "false"
                tables.append(_Table(element.get(f"{_TABLE}name", ""), is_hidden=is_hidden))
            case "end", "table":
                table = tables.pop()
                if not tables:
                    marks[table.name] = _marks_of(table)
            case "start", name if not tables and name in _STYLED:
                styles.note(element, name)
            case "end", name if name in _DATA_STYLES:
                code = _code_of(element, styles.codes)
                styles.codes[element.get(f"{_STYLE}name", "")] = code
            case "start", name if len(tables) == 1:
                _note_around(element, name, tables[0])
                _note(element, name, tables[0], styles)
            case "end", name if len(tables) == 1:
                _note_end(element, name, tables[0], styles)
    return marks


def _marks_of(table: _Table) -> SheetMarks:
    return SheetMarks(
        hidden_rows=frozenset(table.hidden_rows),
        hidden_columns=frozenset(table.hidden_columns),
        uncalculated=table.uncalculated,
        formats=table.formats,
        is_hidden=table.is_hidden,
        unread=frozenset(table.unread),
        divided=table.divided,
        drawn=table.drawn,
    )


def _note_end(element: Any, name: str, table: _Table, styles: _Styles) -> None:
    """Note what is in a cell or a text box that ends."""
    if name in _GROUPS:
        table.groups.pop()
    elif name == "shapes":
        table.boxes -= 1
    elif name in _CELLS:
        _divide(table)
    elif name == "p" and table.boxes:
        table.drawn.append("".join(element.itertext()))
    elif name == "p":
        valid, struck = table.parts
        valid.append(element.text or "")
        for span in element:
            part = struck if styles.is_unread(_style_of_text(span)) else valid
            part.append("".join(span.itertext()))
            valid.append(span.tail or "")


def _divide(table: _Table) -> None:
    """Note a cell of whose text a part is struck through."""
    kept, gone = ("".join(part).strip() for part in table.parts)
    table.parts = ([], [])
    place = table.rows.start, table.columns.start
    if gone and place not in table.unread:
        table.divided[place] = (kept, gone)


def _style_of_text(span: Any) -> str:
    return next((str(v) for k, v in span.items() if str(k).endswith("}style-name")), "")


def _note_around(element: Any, name: str, table: _Table) -> None:
    """Note a group of rows or columns, or the shapes on a sheet, when they begin."""
    if name in _GROUPS:
        table.groups.append(element.get(f"{_TABLE}display") == "false")
    elif name == "shapes":
        table.boxes += 1


def _note(element: Any, name: str, table: _Table, styles: _Styles) -> None:
    """Note what a column, a row or a cell says; one element may be several of them."""
    if name == "table-column":
        before = table.column_styles[-1][0] if table.column_styles else 0
        count = _repeated(element, "columns")
        style = element.get(f"{_TABLE}default-cell-style-name", "")
        table.column_styles.append((before + count, style))
        if len(table.hidden_columns) < _MOST_HIDDEN:
            table.hidden_columns.update(_hidden(element, before, count, table.groups))
    elif name == "table-row":
        before, count = table.rows.stop - 1, _repeated(element, "rows")
        table.rows = range(before + 1, before + 1 + count)
        table.columns = range(1, 1)
        table.row_style = element.get(f"{_TABLE}default-cell-style-name", "")
        if len(table.hidden_rows) < _MOST_HIDDEN:
            table.hidden_rows.update(_hidden(element, before, count, table.groups))
    elif name in _CELLS:
        _note_cell(element, name, table, styles)


def _note_cell(element: Any, name: str, table: _Table, styles: _Styles) -> None:
    """Note the place of a cell that begins, and how it is shown."""
    table.parts = ([], [])
    before, count = table.columns.stop, _repeated(element, "columns")
    table.columns = range(before, before + count)
    kind = element.get(f"{_OFFICE}value-type", "")
    if kind and (name == "covered-table-cell" or styles.is_unread(_style_of(element, table))):
        table.unread.update(_places_of(table))
    if not kind and element.get(f"{_TABLE}formula"):
        table.uncalculated += 1
    elif kind in _NUMBERS and len(table.formats) < MOST_FORMATTED:
        table.formats |= _formats_of(element, kind, table, styles)


def _style_of(cell: Any, table: _Table) -> str:
    own = cell.get(f"{_TABLE}style-name") or table.row_style
    return own or table.column_style(table.columns.start)


def _places_of(table: _Table) -> Iterator[tuple[int, int]]:
    """Yield the places of the cells that are one element."""
    places = itertools.product(table.rows[:_MOST_ALIKE], table.columns[:_MOST_ALIKE])
    yield from itertools.islice(places, _MOST_ALIKE)


def _formats_of(cell: Any, kind: str, table: _Table, styles: _Styles) -> dict[tuple[int, int], str]:
    """Return the formats of the cells that are one element."""
    own = cell.get(f"{_TABLE}style-name") or table.row_style
    found = {
        (row, column): _with_unit(styles.code(own or table.column_style(column)), kind, cell)
        for row, column in _places_of(table)
    }
    return {place: code for place, code in found.items() if code.lower() not in _UNCHANGED}


def _with_unit(code: str, kind: str, cell: Any) -> str:
    """Return the format of a cell, with the currency or the percent sign that the cell has."""
    currency = cell.get(f"{_OFFICE}currency", "")
    if kind == "percentage" and "%" not in code:
        return "0.##%"
    if kind == "currency" and currency.isalpha() and "[$" not in code:
        return f"[${currency}] {code or '0.00'}" if ";" not in code else code
    return code


def _repeated(element: Any, what: str) -> int:
    count = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return max(int(count), 1) if count.isdecimal() else 1


def _hidden(element: Any, before: int, count: int, groups: Sequence[bool]) -> Iterator[int]:
    """Yield the numbers of rows or columns that are hidden, by hand, by a filter or in a group."""
    if any(groups) or element.get(f"{_TABLE}visibility", "visible") != "visible":
        yield from range(before + 1, before + 1 + min(count, _MOST_HIDDEN_ALIKE))


def _code_of(data_style: Any, codes: Mapping[str, str]) -> str:
    """Write a data style as a format; a condition in it names the style for other numbers."""
    own = "".join(map(_piece, data_style)) or _nothing(data_style)
    sections: list[str] = []
    for each in data_style.iterchildren(f"{_STYLE}map"):
        condition = each.get(f"{_STYLE}condition", "").replace("value()", "").replace("!=", "<>")
        other = codes.get(each.get(f"{_STYLE}apply-style-name", ""), "")
        sections.append(f"[{condition.strip()}]{other}")
    return ";".join([*sections, own])


def _nothing(data_style: Any) -> str:
    """Return the format of a data style that writes a text, and that is empty."""
    shown = {local_name(each) for each in data_style} - {"text-properties", "map"}
    return '""' if shown == {"text"} else ""


def _piece(element: Any) -> str:
    """Write one element of a data style; "/" is a format that nobody applies."""
    match local_name(element):
        case "number":
            return _digits(element)
        case "text":
            return _quoted(element.text or "")
        case "currency-symbol":
            return f"[${element.text or ''}]"
        case "fraction" | "scientific-number":
            return "/"
        case _:  # the color of its text, a condition
            return ""


def _digits(number: Any) -> str:
    """Write the digits of a number, with the texts between them."""
    if number.get(f"{_NUMBER}display-factor", "1") != "1":
        return "/"
    decimals = _places(number, "decimal-places")
    certain = min(_places(number, "min-decimal-places", default=decimals), decimals)
    whole = "0" * _places(number, "min-integer-digits") or "#"
    between = {
        _places(each, "position"): _quoted(each.text or "")
        for each in number.iterchildren(f"{_NUMBER}embedded-text")
    }
    # A position counts the digits from the point to the left.
    written = [f"{between.get(at, '')}{digit}" for at, digit in enumerate(reversed(whole))]
    # They were written from the right, each with the text to its right.
    pairs = [(piece[-1], piece[:-1]) for piece in reversed(written)]
    digits = "".join(itertools.chain.from_iterable(pairs))
    if number.get(f"{_NUMBER}grouping") == "true" and not between:
        digits = f"#,##{digits}"
    rest = "0" * certain + "#" * (decimals - certain)
    return f"{digits}.{rest}" if rest else digits


def _places(element: Any, name: str, *, default: int = 0) -> int:
    value = element.get(f"{_NUMBER}{name}", "")
    return min(int(value), _MOST_PLACES) if value.isdecimal() else default


def _quoted(text: str) -> str:
    """Write a text of a data style; its percent sign multiplies by a hundred in a format, too."""
    parts = re.split("(%)", text.replace('"', ""))
    return "".join(part if part == "%" else f'"{part}"' for part in parts if part)
