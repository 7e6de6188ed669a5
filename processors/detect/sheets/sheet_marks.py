"""Find what an Excel workbook hides and draws, its number formats, and formulas without a result.

The library for workbooks returns none of them. Names are those of ECMA-376 part 1, section 18.3.1.
"""

import contextlib
import itertools
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from processors.detect.safe_xml import XmlRefused, elements, local_name
from processors.detect.sheets.cell_colors import divided, may_be_colored, unread_styles

_WORKBOOK, _RELATIONSHIPS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_STYLES, _TEXTS = "xl/styles.xml", "xl/sharedStrings.xml"
# The formats that are not written down (section 18.8.30), other than those of dates and times. The
# currency of 5 to 8 and 41 to 44 is that of whoever looks at the file.
_BUILT_IN = {
    2: "0.00",
    4: "#,##0.00",
    7: "#,##0.00;(#,##0.00)",
    8: "#,##0.00;(#,##0.00)",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)",
    43: '#,##0.00;(#,##0.00);"-"',
    44: '#,##0.00;(#,##0.00);"-"',
    48: "##0.0E+0",
}
_LARGEST_SHEET_BYTES = 64 * 2**20  # of a larger one, nothing is known
_LARGEST_DRAWING_BYTES = 8 * 2**20
_MOST_DRAWN_CHARS = 100_000  # in the text boxes of a sheet
# Shapes and groups of them, and the substitute that old programs show for a shape.
_SHAPES = frozenset({"sp", "grpSp", "cxnSp", "pic", "graphicFrame", "Fallback"})
_MOST_HIDDEN_COLUMNS = 16_384  # as many as a sheet may have
MOST_FORMATTED = 200_000  # cells of a sheet; the formats of further ones are not looked up

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
# Hidden, or of no size.
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']|(?<![\w:])(?:ht|width)=["']0(?:\.0+)?["']""")
_MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s+ref=["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']"""
)
_MOST_MERGED = 100_000  # cells of a sheet
_SHOWS_NOTHING = re.compile(r'(?:\s|"")*;(?:\s|"")*;(?:\s|"")*;(?:\s|"")*')
_SHARED = re.compile(rb"""<(?:\w+:)?c\b([^>]*\bt=["']s["'][^>]*)>\s*<(?:\w+:)?v>(\d{1,9})</""")
_STRIKE = re.compile(rb"<(?:\w+:)?strike\b")
_NUMBER = re.compile(rb"""\b(r|min|max)=["'](\d{1,7})["']""")
PLAIN_FORMATS = frozenset({"general", "@", "0"})
# A cell with a formula and no value: "<v/>", "<v></v>" or nothing at all behind it.
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)"
)
# Programs that do not calculate write a zero for each result, and have Excel calculate once it
# opens the workbook (section 18.2.2).
_CALCULATED_LATER = re.compile(rb"""<(?:\w+:)?calcPr\b[^>]*\bfullCalcOnLoad=["'](?:1|true)["']""")
_ZERO_FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"<(?:\w+:)?v>0</"
)
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>")
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_STYLE = re.compile(rb"""\bs=["'](\d{1,6})["']""")
_IS_NO_NUMBER = re.compile(rb"""\bt=["'](?!n["'])""")
_IS_TEXT = re.compile(rb"""\bt=["']str["']""")  # the result may be an empty text


@dataclass(frozen=True, slots=True)
class SheetMarks:
    """What a sheet hides, how it formats numbers, and how many formulas have no result.

    Rows and columns count from 1. `stale` are the cells with a zero for such a result, which counts
    as none, `unread` those that are struck through, in the color of the cell or under merged ones.
    `formats` are those of cells, by row and column; `divided` are the texts of which a part is
    struck through, as what is left and that part; `drawn` are the lines in its text boxes.
    """

    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    uncalculated: int = 0
    stale: frozenset[tuple[int, int]] = frozenset()
    unread: frozenset[tuple[int, int]] = frozenset()
    formats: Mapping[tuple[int, int], str] = field(default_factory=dict)
    divided: Mapping[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    drawn: Sequence[str] = ()


def sheet_marks(path: Path) -> dict[str, SheetMarks]:
    """Return the marks of each sheet of an Excel package, by the sheet's name.

    None of a workbook that is not in this format, or is damaged: the library reports that.
    """
    marks: dict[str, SheetMarks] = {}
    try:
        with zipfile.ZipFile(path) as book:
            names = set(book.namelist())
            if _WORKBOOK not in names or _RELATIONSHIPS not in names:
                return marks
            styles = _part_of(book, _STYLES)
            formats = _formats_in(styles)
            struck, white = unread_styles(styles)
            struck |= {at for at, code in enumerate(formats) if _SHOWS_NOTHING.fullmatch(code)}
            texts = _divided_in(_part_of(book, _TEXTS))
            are_stale = _CALCULATED_LATER.search(book.read(_WORKBOOK)) is not None
            for name, part in _sheet_parts(book):
                if part in names and book.getinfo(part).file_size <= _LARGEST_SHEET_BYTES:
                    sheet = book.read(part)
                    found = _marks_of(sheet, formats, zeros_are_stale=are_stale)
                    unread = struck if may_be_colored(sheet) else struck | white
                    marks[name] = replace(
                        found,
                        unread=frozenset(_merged_in(sheet)).union(_cells_of(sheet, unread)),
                        divided=dict(_divided_cells(sheet, texts)),
                    )
                    # A drawing that is broken takes nothing from what is known of its sheet.
                    with contextlib.suppress(XmlRefused):
                        marks[name] = replace(marks[name], drawn=[*_drawn_on(book, part)])
    except (zipfile.BadZipFile, XmlRefused, OSError, ValueError, KeyError):
        return marks
    return marks


def _part_of(book: zipfile.ZipFile, name: str) -> bytes:
    """Return a part, b"" if there is none."""
    try:
        return book.read(name)
    except KeyError:
        return b""


def _targets(book: zipfile.ZipFile) -> dict[str, str]:
    """Return the names of the parts that the workbook refers to, by the id of the relationship."""
    targets: dict[str, str] = {}
    for event, element in elements(book.read(_RELATIONSHIPS)):
        if event == "start" and local_name(element) == "Relationship":
            target = element.get("Target", "")
            is_absolute = target.startswith("/")
            targets[element.get("Id", "")] = target.lstrip("/") if is_absolute else f"xl/{target}"
    return targets


def _sheet_parts(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield the name of each sheet and that of its part."""
    targets = _targets(book)
    for event, element in elements(book.read(_WORKBOOK)):
        if event == "start" and local_name(element) == "sheet":
            key = next((v for k, v in element.attrib.items() if str(k).endswith("}id")), "")
            yield element.get("name", ""), targets.get(key, "")


def _drawn_on(book: zipfile.ZipFile, part: str) -> Iterator[str]:
    """Yield the paragraphs in the text boxes and shapes on a sheet."""
    folder, _, name = part.rpartition("/")
    relationships = f"{folder}/_rels/{name}.rels"
    names = set(book.namelist())
    if relationships not in names:
        return
    for event, element in elements(book.read(relationships)):
        target = element.get("Target", "")
        if event == "end" or not element.get("Type", "").endswith("/drawing"):
            continue
        drawing = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        if drawing in names and book.getinfo(drawing).file_size <= _LARGEST_DRAWING_BYTES:
            left = _MOST_DRAWN_CHARS
            for text in _paragraphs_in(book.read(drawing)):
                yield text[:left]
                left -= len(text)
                if left <= 0:
                    break
        return  # a sheet has one drawing (section 18.3.1.36)


def _paragraphs_in(drawing: bytes) -> Iterator[str]:
    """Yield the paragraphs of the shapes that are shown, without what old programs show instead."""
    are_hidden: list[bool] = []  # the shapes and groups around, from the outside
    for event, element in elements(drawing, whole=frozenset({"p"})):
        name = local_name(element)
        if event == "start":
            if name in _SHAPES:
                are_hidden.append(name == "Fallback")
            elif name == "cNvPr" and are_hidden and element.get("hidden") in {"1", "true"}:
                are_hidden[-1] = True
        elif name in _SHAPES:
            are_hidden.pop()
        elif name == "p" and not any(are_hidden):
            yield "".join(run.text or "" for run in element.iter("{*}t"))


def _formats_in(styles: bytes) -> list[str]:
    """Return the number format of each style of cells, "" for one that changes nothing."""
    codes = dict(_BUILT_IN)
    formats: list[str] = []
    if not styles:
        return formats
    for event, element in elements(styles, whole=frozenset({"cellXfs"})):
        name = local_name(element)
        if event == "start" and name == "numFmt":
            codes[int(element.get("numFmtId", "0"))] = element.get("formatCode", "")
        elif event == "end" and name == "cellXfs":
            formats = [codes.get(int(style.get("numFmtId", "0")), "") for style in element]
    return ["" if code.lower() in PLAIN_FORMATS else code for code in formats]


def _formats_of(sheet: bytes, formats: Sequence[str]) -> dict[tuple[int, int], str]:
    """Return the formats of the cells with numbers."""
    found: dict[tuple[int, int], str] = {}
    if not any(formats):
        return found
    for cell in _CELL.finditer(sheet):
        style, place = _STYLE.search(cell[1]), _PLACE.search(cell[1])
        number = int(style[1]) if style else 0
        if not place or number >= len(formats) or not formats[number]:
            continue
        if _IS_NO_NUMBER.search(cell[1]):
            continue
        found[int(place[2]), _column(place[1])] = formats[number]
        if len(found) == MOST_FORMATTED:
            break
    return found


def _divided_in(texts: bytes) -> list[tuple[str, str]]:
    """Return each shared text as what is valid and what is struck through; none if all is valid."""
    if _STRIKE.search(texts) is None:
        return []
    found = elements(texts, whole=frozenset({"si"}))
    return [divided(each) for event, each in found if (event, local_name(each)) == ("end", "si")]


def _divided_cells(
    sheet: bytes, texts: Sequence[tuple[str, str]]
) -> Iterator[tuple[tuple[int, int], tuple[str, str]]]:
    """Yield the cells of whose text a part is struck through, with both parts."""
    for cell in _SHARED.finditer(sheet) if texts else ():
        place, number = _PLACE.search(cell[1]), int(cell[2])
        if place and number < len(texts) and texts[number][1]:
            yield (int(place[2]), _column(place[1])), texts[number]
    if _STRIKE.search(sheet) is None:
        return
    for event, text in elements(sheet, whole=frozenset({"is"})):
        if (event, local_name(text)) == ("end", "is"):
            place = _PLACE.search(f'r="{text.getparent().get("r", "")}"'.encode())
            parts = divided(text)
            if place and parts[1]:
                yield (int(place[2]), _column(place[1])), parts


def _merged_in(sheet: bytes) -> Iterator[tuple[int, int]]:
    """Yield the cells under merged ones, of which Excel shows the first (section 18.3.1.55)."""
    left = _MOST_MERGED
    for found in _MERGED.finditer(sheet):
        rows = range(int(found[2]), int(found[4]) + 1)
        columns = range(_column(found[1]), _column(found[3]) + 1)
        left -= len(rows) * len(columns)
        if left < 0:
            return
        yield from itertools.islice(itertools.product(rows, columns), 1, None)


def _cells_of(sheet: bytes, styles: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield the cells with one of some styles."""
    if not styles:
        return
    for cell in itertools.islice(_CELL.finditer(sheet), MOST_FORMATTED):
        style, place = _STYLE.search(cell[1]), _PLACE.search(cell[1])
        if place and int(style[1] if style else 0) in styles:
            yield int(place[2]), _column(place[1])


def _stale_in(sheet: bytes) -> Iterator[tuple[int, int]]:
    """Yield the cells whose formula has a zero for its result."""
    for cell in _ZERO_FORMULA.finditer(sheet):
        place = _PLACE.search(cell[1])
        if place and not _IS_NO_NUMBER.search(cell[1]):
            yield int(place[2]), _column(place[1])


def _column(letters: bytes) -> int:
    column = 0  # in base 26 without a zero
    for letter in letters:
        column = 26 * column + letter - ord("A") + 1
    return column


def _marks_of(sheet: bytes, formats: Sequence[str], *, zeros_are_stale: bool = False) -> SheetMarks:
    rows: set[int] = set()
    number = 0
    for found in _ROW.finditer(sheet):
        numbers = {key: int(value) for key, value in _NUMBER.findall(found[1])}
        number = numbers.get(b"r", number + 1)
        if _HIDDEN.search(found[1]):
            rows.add(number)
    columns: set[int] = set()
    for found in _COLUMN.finditer(sheet):
        numbers = {key: int(value) for key, value in _NUMBER.findall(found[1])}
        if _HIDDEN.search(found[1]):
            last = min(numbers.get(b"max", 0), _MOST_HIDDEN_COLUMNS)
            columns.update(range(numbers.get(b"min", 1), last + 1))
    formulas = [found for found in _FORMULA.finditer(sheet) if not _IS_TEXT.search(found[1])]
    stale = frozenset(_stale_in(sheet)) if zeros_are_stale else frozenset()
    return SheetMarks(
        hidden_rows=frozenset(rows),
        hidden_columns=frozenset(columns),
        uncalculated=len(formulas) + len(stale),
        stale=stale,
        formats=_formats_of(sheet, formats),
    )
