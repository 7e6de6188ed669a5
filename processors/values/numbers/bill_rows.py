"""Find the rows in which a document lists bills: of an account, of a reminder, or of a payment.

What such a document adds up is the total of none of them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from processors.document_cache import cached_by_identity
from processors.values.date_text import DateText, MonthNames, dates_in
from processors.values.lines import TextLine, has_digit, label_pattern
from processors.values.list_words import labels_in
from processors.values.money.amounts import money_in
from processors.values.numbers.context import SURELY, doubt_of, is_statement, shape_of

_NUMBER = re.compile(
    r"(?: ?(?:no|nr|num|number|nummer|n|c)(?![a-z]))?[ .:#°º|-]{0,4}(?:[a-z]{1,3} (?=[a-z]{1,3}/))?"
    r"(?P<number>[a-z]{0,6}[ /.-]?\d[\w/.-]*|[a-z]{1,6}[/.-][\w/.-]*\d[\w/.-]*)"
)
"""The number right behind the name of a paper: "R-8", "OF 881", "2030/17", "FT A/58"."""
_TOKEN = re.compile(
    r"\W{0,2}(?:[a-z]{1,4} )?(?P<number>[a-z]{0,6}[/.-]?\d[\w/.-]*|[a-z][\w/.-]*\d)"
)
_OF_BILLS = ("invoice", "credit")
_MOST_WORDS_OF_HEADING = 4
_MOST_ROWS = 200
_MOST_OTHER_LINES = 2
"""Lines between two rows of a table: a text that goes over two lines, or a page that ends."""
_PLURAL = re.compile(
    r"(?<![a-z])(?:invoices|bills|\w*rechnungen|factures|facturas|fatture|facturen|facturor"
    r"|fakturor|fakturaer|faktury|faktur|laskut|laskuja|faturas|belegen?|posten)(?![a-z])"
)
"""What a paper says above its list: "the following invoices are overdue"."""
_ADVICE = re.compile(
    r"\W*(?:(?:remittance|payment|settlement) advice|zahlungsavis|zahlungsanzeige|avis de (?:paie"
    r"|vire|regle)ment|aviso de (?:pago|transferencia)|betaaladvies|betalingsadvies"
    r"|betalingsspecificatie|betaalspecificatie|distinta di pagamento)\b"
)
"""The title of a paper that says which bills were paid."""
_TITLE_LINES = 15
_MOST_SIGN = 3
"""Letters of a currency or a counter beside a number."""


@dataclass(frozen=True, slots=True)
class _ListedBill:
    """A bill in a list: its number, and the number of its line."""

    number: str
    line: int


@cached_by_identity
def listed_bills(lines: Sequence[TextLine]) -> Sequence[int]:
    """Return the numbers of the lines in which a document lists bills; none of a single one.

    Each row has an amount and another number: behind the name of a bill, below a heading for it, or
    beside its day where the text above speaks of bills.
    """
    labeled = _near_each_other(_labeled_rows(lines))
    dated = () if _is_titled(lines) else _dated_rows(lines)
    for rows in (labeled, *_tables(lines), dated):
        if len({row.number for row in rows}) > 1:
            return sorted({row.line for row in rows})
    return ()


def is_listed_day(lines: Sequence[TextLine], line: TextLine, day: DateText, label: str) -> bool:
    """Return whether a day is that of a listed bill, or begins an entry of a statement.

    An entry is below the heading of its column, and has an amount.
    """
    if line.number in listed_bills(lines):
        return True
    is_first = day.start == 0 and label not in line.folded
    return is_first and bool(money_in(line.folded[day.end :])) and is_statement(lines)


def is_advice(lines: Sequence[TextLine]) -> bool:
    """Return whether a cell near the top is the title of an advice of what was paid."""
    return any(
        _ADVICE.match(line.folded, start)
        for line in lines[:_TITLE_LINES]
        for start in (0, *line.cells)
    )


def _is_titled(lines: Sequence[TextLine]) -> bool:
    """Return whether a line near the top is nothing but the title of a bill."""
    titles = label_pattern("dates", "title")
    return any(titles.fullmatch(line.folded.strip(" :*-")) for line in lines[:_TITLE_LINES])


def _labeled_rows(lines: Sequence[TextLine]) -> list[_ListedBill]:
    """Return the rows that begin with the name of a bill, or have it behind a day."""
    return [row for line in lines for row in _labeled(line)][:_MOST_ROWS]


def _near_each_other(rows: Sequence[_ListedBill]) -> list[_ListedBill]:
    """Return the rows with another one near: a bill and the one before it are no list."""
    near = {
        row.line
        for one, other in pairwise(rows)
        if other.line - one.line <= _MOST_OTHER_LINES + 1
        for row in (one, other)
    }
    return [row for row in rows if row.line in near]


def _labeled(line: TextLine) -> Iterator[_ListedBill]:
    for kind in _OF_BILLS:
        for label in labels_in(line.folded, "numbers", kind)[:1]:
            number = _NUMBER.match(line.folded, label.end())
            if number is None or doubt_of(line, label) == SURELY or not _is_first(line, label):
                continue
            if any(each.start >= number.end() and each.cents for each in money_in(line.folded)):
                yield _ListedBill(number["number"], line.number)


def _is_first(line: TextLine, label: re.Match[str]) -> bool:
    """Return whether nothing but a day or a counter is before a label."""
    before = line.folded[: label.start()]
    for day in reversed(dates_in(before, MonthNames(()))):
        before = before[: day.start] + before[day.end :]
    return not re.search(r"[^\W\d_]{4,}", before)


def _tables(lines: Sequence[TextLine]) -> Iterator[list[_ListedBill]]:
    """Yield the rows of each table with a heading for the numbers of bills."""
    for heading in lines:
        for cell in range(len(heading.cells) + 1 if heading.cells else 0):
            if _heads_numbers(heading.folded[slice(*heading.cell(cell))]):
                yield _rows_below(lines, heading, cell)
        # In print the first two headings may be too close to be cells.
        if len(heading.cells) > 1 and _begins_with_label(heading.folded[slice(*heading.cell(0))]):
            yield _rows_below(lines, heading, 0, is_dated=True)


def _heads_numbers(text: str) -> bool:
    """Return whether a cell names the number of a bill and nothing else: "Your invoice"."""
    words = text.strip(" :.#").split()
    has_digits = has_digit(text)
    if has_digits or not 0 < len(words) <= _MOST_WORDS_OF_HEADING:
        return False
    # "Fecha de factura" ends with the name of a bill, too.
    if labels_in(text, "dates", "document") or labels_in(text, "dates", "plain"):
        return False
    return any(
        label.end() >= len(text.rstrip(" :.#)")) for label in labels_in(text, "numbers", "invoice")
    )


def _begins_with_label(text: str) -> bool:
    has_digits = has_digit(text)
    labels = labels_in(text, "numbers", "invoice")[:1]
    return not has_digits and any(len(text[: each.start()].split()) <= 1 for each in labels)


def _rows_below(
    lines: Sequence[TextLine], heading: TextLine, cell: int, *, is_dated: bool = False
) -> list[_ListedBill]:
    """Return the rows with a number in a cell, or `is_dated` with one before a day or an amount."""
    rows: list[_ListedBill] = []
    last = heading.number
    for line in lines[heading.number + 1 : heading.number + 1 + _MOST_ROWS]:
        if line.number - last > _MOST_OTHER_LINES + 1 or _is_next_heading(heading, line):
            break
        number = _only_number(line) if is_dated else _number_of_row(line, cell)
        if number:
            rows.append(_ListedBill(number, line.number))
            last = line.number
    return rows if len({shape_of(row.number) for row in rows}) < max(2, len(rows)) else []


def _is_next_heading(heading: TextLine, line: TextLine) -> bool:
    """Return whether a line heads the next table: its rows have other things in their cells."""
    is_apart = line.number > heading.number + 1
    return is_apart and len(line.cells) > 1 and not has_digit(line.text)


def _number_of_row(line: TextLine, cell: int) -> str:
    """Return the number in a cell of a line that has an amount; "" without one."""
    start, end = line.cell(cell) if cell <= len(line.cells) else (0, 0)
    text = line.folded[start:end].strip()
    found = _TOKEN.fullmatch(text)
    if found is None or dates_in(text, MonthNames(())):
        return ""
    has_amount = any(each.cents and not start <= each.start < end for each in money_in(line.folded))
    return found["number"] if has_amount else ""


def _dated_rows(lines: Sequence[TextLine]) -> list[_ListedBill]:
    """Return the rows with a number, a day and an amount below a text about bills."""
    named = (line.number for line in lines if _PLURAL.search(line.folded))
    first = next(named, len(lines))
    rows = [
        _ListedBill(number, line.number)
        for line in lines[first + 1 : first + 1 + _MOST_ROWS]
        if (number := _only_number(line))
    ]
    shapes = [shape_of(row.number) for row in rows]
    return [row for row, shape in zip(rows, shapes, strict=True) if shapes.count(shape) > 1]


def _only_number(line: TextLine) -> str:
    """Return the number that a line has beside days and amounts; "" if it has anything else."""
    days = [(each.start, each.end) for each in dates_in(line.folded, MonthNames(()))]
    amounts = [(each.start, each.end) for each in money_in(line.folded) if each.cents]
    if not (days and amounts):
        return ""
    rest = line.folded
    for start, end in (*days, *amounts):
        rest = rest[:start] + " " * (end - start) + rest[end:]
    words = [word.strip(".,;:()") for word in rest.split()]
    others = [word for word in words if not has_digit(word)]
    token = _TOKEN.fullmatch(" ".join(filter(has_digit, words)))
    return token["number"] if token and max(map(len, others), default=0) <= _MOST_SIGN else ""
