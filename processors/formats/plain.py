"""Read plain text and delimited tables, decoded by their content."""

import base64
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import filterfalse
from pathlib import Path

from processors.contract import Context, EmbeddedFile, Page, Reading
from processors.detect.encoding import clean, decode
from processors.detect.file_type import begins_like_a_file
from processors.detect.machine_text import is_message, json_lines, without_cards, without_records
from processors.detect.text_types import SEPARATOR_LINE, table_delimiter
from processors.layout.plain_page import text_page
from processors.values.lines import fold, label_pattern

_DATA_URL = re.compile(rb"data:[\w.+/-]{1,100};base64,", re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{200,}={0,2}")
_TYPES = frozenset({"text/plain", "text/csv"})
_PAIR = 2
_DATE = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}(?: .*)?")
_AMOUNT = re.compile(r"\D{0,4}\d[\d ',.]*[.,]\d{2}\D{0,4}")
_DIGIT = re.compile(r"\d")
_MOST_TITLES = 10  # lines above the headings
_CSV_FIELD_LIMIT = 131_072  # the csv module's own default


class TextProcessor:
    """Reads text and CSV in any usual encoding."""

    name = "text"

    def accepts(self, media_type: str) -> str | None:
        """Accept plain text and CSV."""
        return None if media_type in _TYPES else f"{media_type} is not plain text"

    def process(self, path: Path, work_dir: Path, context: Context) -> Reading:
        """Return the decoded file: one page, or one for each form feed; a table as its cells."""
        del work_dir
        data = path.read_bytes()
        encoded = _encoded_file(data)
        if encoded is not None:
            return Reading(pages=(), children=[EmbeddedFile("content", lambda: (encoded,))])
        text = decode(data)
        page = _machine_page(clean(text))
        if page is not None:
            return Reading(pages=(page,))
        delimiter = table_delimiter(clean(text))
        if delimiter is not None:
            return Reading(pages=(_table_page(clean(text), delimiter),))
        # Programs for printers start a page, and often a document, with a form feed.
        parts = [part for part in text.split("\f") if part.strip()] or [text]
        limit = context.settings.limits.pages
        problems = (
            (f"Only the first {limit} of {len(parts)} pages were read, which is the limit.",)
            if len(parts) > limit
            else ()
        )
        divided = [without_cards(clean(part)) for part in parts[:limit]]
        pages = tuple(
            text_page(shown, number=number, kept_apart=apart)
            for number, (shown, apart) in enumerate(divided, start=1)
        )
        return Reading(pages=pages, problems=problems)


def _machine_page(text: str) -> Page | None:
    """Return the page of a text that programs write for programs; None of any other text."""
    if is_message(text):
        return text_page("", kept_apart=text)
    records = without_records(text)
    if records is not None:
        return text_page(records[0], kept_apart=records[1])
    lines = json_lines(text)
    if lines is None:
        return None
    shown, apart = ("\n".join(each) for each in lines)
    return text_page(shown, engine="json", kept_apart=apart)


def _encoded_file(data: bytes) -> bytes | None:
    """Return the file that a text is in base64, as APIs and URLs of data have it; else None."""
    # Blanks go first: a pattern that allows them everywhere tries every way to share them out.
    url = _DATA_URL.match(stripped := data.strip())
    text = b"".join(stripped[url.end() if url else 0 :].split())
    if not _BASE64.fullmatch(text):
        return None
    content = base64.b64decode(text[: len(text) // 4 * 4])
    return content if begins_like_a_file(content) else None


def _table_page(text: str, delimiter: str) -> Page:
    """Return a table with tabs between its cells; the records of a list are kept apart.

    A list of invoices has no number and no total of its own. If there is only one record, each
    value is beside its heading, as in a table of labels and values.
    """
    rows = _rows_of(text, delimiter)
    if _are_pairs(rows):
        return text_page("\n".join(f"{row[0]}: {row[1]}" for row in rows if any(row)))
    heading = _heading_row(rows)
    return text_page(_tabbed(rows) or text) if heading is None else _list_page(rows, heading)


def _list_page(rows: Sequence[Sequence[str]], heading: int) -> Page:
    """Return the page of a table whose headings are in a row."""
    records = [row for row in rows[heading + 1 :] if any(row)]
    is_alone = len(records) == 1 and len(records[0]) == len(rows[heading])
    if is_alone and _is_of_bill(rows[heading]):
        return text_page("\n".join([_tabbed(rows[:heading]), *_pairs(rows[heading], records[0])]))
    if not is_alone and not _is_list(rows[heading], records):
        return text_page(_tabbed(rows))
    # The sum of several bills is the total of none.
    sums = [] if _lists_bills(rows[heading], records) else list(filter(_is_sum, records))
    apart = list(filterfalse(_is_sum, records)) if sums else records
    return text_page(_tabbed([*rows[: heading + 1], *sums]), kept_apart=_tabbed(apart))


def _rows_of(text: str, delimiter: str) -> list[list[str]]:
    text = SEPARATOR_LINE.sub("", text, count=1) if SEPARATOR_LINE.match(text) else text
    # A quote that is never closed makes one field of the rest of the file. It is not an error.
    csv.field_size_limit(max(len(text), _CSV_FIELD_LIMIT))
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    return [[" ".join(cell.split()) for cell in cells] for cells in rows]


def _tabbed(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("\t".join(row) for row in rows)


def _pairs(headings: Sequence[str], record: Sequence[str]) -> Iterator[str]:
    for name, value in zip(headings, record, strict=True):
        if value:
            yield f"{name}: {value}" if name else value


def _heading_row(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the row with the headings: the first with two cells or more, if it has no digits.

    Remarks that begin with "#" are above it, unless it begins so itself.
    """
    filled = [at for at, row in enumerate(rows[:_MOST_TITLES]) if sum(map(bool, row)) > 1]
    below_remarks = [at for at in filled if not rows[at][0].startswith("#")]
    for number in (*below_remarks[:1], *filled[:1]):
        if not _DIGIT.search("".join(rows[number])):
            return number
    return None


def _is_of_bill(headings: Sequence[str]) -> bool:
    """Say whether a record is a bill: a heading names its number or its total, not just a price."""
    labels = (
        label_pattern("numbers", "invoice", "receipt"),
        label_pattern("totals", "strong", "plain", "due"),
    )
    return any(label.search(fold(heading)) for heading in headings for label in labels)


def _is_list(headings: Sequence[str], records: Sequence[Sequence[str]]) -> bool:
    """Say whether a column below a heading has numbers or dates only, in two records or more."""
    for column, heading in enumerate(headings):
        cells = [row[column] for row in records if column < len(row) and row[column]]
        if heading and len(cells) > 1 and all(_DIGIT.search(cell) for cell in cells):
            return True
    return False


def _lists_bills(headings: Sequence[str], records: Sequence[Sequence[str]]) -> bool:
    """Say whether a column has the numbers of several bills."""
    label = label_pattern("numbers", "invoice", "receipt", "credit")
    for column, heading in enumerate(headings):
        numbers = {row[column] for row in records if column < len(row) and row[column]}
        is_numbered = sum(bool(_DIGIT.search(number)) for number in numbers) > 1
        if is_numbered and label.fullmatch(fold(heading).strip(" #:.")):
            return True
    return False


def _are_pairs(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether each row is a label and its value: of a list, a column is of one kind."""
    filled = [row for row in rows if any(row)]
    if any(len(row) != _PAIR or _DIGIT.search(row[0]) for row in filled):
        return False
    kinds = {
        "date" if _DATE.fullmatch(value) else "amount" if _AMOUNT.fullmatch(value) else "code"
        for _, value in filled
        if _DIGIT.search(value)
    }
    return len(kinds) > _PAIR


def _is_sum(row: Sequence[str]) -> bool:
    """Say whether a row is the sum of the others: a word, empty cells, and amounts."""
    filled = [cell for cell in row if cell]
    return len(filled) < len(row) and len(filled) > 1 and not _DIGIT.search(filled[0])
