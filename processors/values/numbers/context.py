"""Decide from the words around a label whether the number behind it is the document's own."""

import re
from collections.abc import Sequence
from functools import partial

from processors.values.date_text import MonthNames, dates_in
from processors.values.lines import TextLine, has_digit, label_pattern
from processors.values.list_words import labels_in
from processors.values.money.amounts import format_amount, money_in

_TITLE_LINES = 25
_NEAR_CHARS = 40
_LONGEST_LINK = 3
"""Letters of a word between a title and its number at most: "no", "nr", "num"."""
_ARTICLE = re.compile(r" (?:the|our|your|above|der|die|unserer?|ihrer?|la|le|il|notre|votre)$")
# What a bare "invoice" counts: "invoice 30 days net".
_UNIT = re.compile(
    r" ?(?:%|(?:days?|weeks?|months?|years?|hours?|items?|pages?|copies|tagen?|wochen|monaten?"
    r"|stunden|jours?|semaines?|mois|dias|semanas|meses|giorni|settimane|mesi|dagen|weken"
    r"|maanden|dagar|dager|dage|dni|dnu)(?![a-z]))"
)
_OF_BILL = re.compile(r"invoice|bill|rechnung(?!skorr)|fact?ur|fattur|faktur")
_AMOUNT = re.compile(r"\d[.,]\d\d(?!\d)")
# The series of credit notes: "CN-77". Other letters may be those of an issuer.
_OF_CREDITS = re.compile(r"(?:CRN|CN|CRED)[-/._ ]?\d")
_OF_ANOTHER = ("of_another", "of_another_surely")
PERHAPS, SURELY = 1, 2
"""How sure it is that a number is that of another document; 0 where nothing says so."""
_DIGITS = re.compile(r"\d+")
_ROW = re.compile(
    r"(?P<words>[^\W\d_][^\d]*?)[ .:#]*\b(?P<number>[a-z]{0,4}[-/]?\d[\w/-]*)(?= (?!%))"
)
# "Invoice no" announces a number; "invoice" alone may be the title of the document.
SAYS_NUMBER = re.compile(r"n[or](?!t[ae])| n$|num|#|°|º|id|date|cislo")
_MOST_PREFIX = 4
_LINES_ABOVE_TABLE = 3
_LEAST_COLUMNS, _LEAST_ROWS = 3, 2
"""Columns and rows of a table of bills; fewer may be the head of one bill."""


def begins_number(label: str, link: str) -> bool:
    """Return whether a label is the beginning of its number: "INV-77", "INV77", but not "Nr77"."""
    touches = link == "-" or (not link and SAYS_NUMBER.search(label) is None)
    return touches and len(label) <= _MOST_PREFIX and label.isalpha()


def gives_money_back(lines: Sequence[TextLine]) -> bool:
    """Return whether the title of a document is that of a credit note.

    It is at the beginning of a cell near the top. Below the title or the number of an invoice, such
    a line is about a note that was set off against it.
    """
    titles = (label_pattern("totals", "credit"), label_pattern("numbers", "credit"))
    invoice = label_pattern("numbers", "invoice")
    if any(title.fullmatch(line.folded) for line in lines[:_TITLE_LINES] for title in titles):
        return True
    for line in lines[:_TITLE_LINES]:
        starts = (0, *line.cells)
        if any(title.match(line.folded, start) for start in starts for title in titles):
            return True
        if any(map(partial(_is_title, line, invoice), starts)):
            return False
    return False


def corrects_a_bill(lines: Sequence[TextLine], labels: Sequence[str]) -> bool:
    """Return whether a document is a credit note, and its labels name the number of a bill only."""
    return gives_money_back(lines) and all(map(_OF_BILL.search, labels))


def is_from_credits(line: TextLine, label: str, number: str) -> bool:
    """Return whether a number is one of credit notes, in a cell of its own or with its label."""
    if not _OF_CREDITS.match(number):
        return False
    start = line.text.find(number)
    first, end = line.cell(line.cell_at(start))
    before, behind = line.folded[first:start].strip(), line.text[start + len(number) : end]
    return not behind.strip() and (not before or before.startswith(label))


def is_statement(lines: Sequence[TextLine]) -> bool:
    """Return whether a cell near the top is the title of a statement, which lists bills."""
    titles = label_pattern("totals", "statement")
    cells = (
        line.folded[slice(*line.cell(number))]
        for line in lines[:_TITLE_LINES]
        for number in range(len(line.cells) + 1)
    )
    return any(titles.fullmatch(cell.strip(" :.-")) for cell in cells)


def lists_bills(lines: Sequence[TextLine]) -> bool:
    """Return whether a document is a table of bills, which begins with the headings of its columns.

    One of them is that of the numbers, and the rows below have different ones, of the same shape
    and about as long, and below another one a day or an amount each.
    """
    labels = label_pattern("numbers", "invoice", "receipt")
    for heading in lines[:_LINES_ABOVE_TABLE]:
        # What is above the headings may have a day or a number of its own.
        if any(has_digit(line.text) for line in lines[: heading.number]):
            break
        rows = lines[heading.number + 1 : heading.number + 1 + _LEAST_ROWS]
        if len(heading.cells) < _LEAST_COLUMNS - 1 or len(rows) < _LEAST_ROWS:
            continue
        for cell in range(len(heading.cells) + 1):
            named = heading.folded[slice(*heading.cell(cell))].strip(" :.#")
            if labels.fullmatch(named) and _has_numbers(rows, cell, len(heading.cells)):
                return True
    return False


def _has_numbers(rows: Sequence[TextLine], cell: int, gaps: int) -> bool:
    """Return whether rows have as many cells as their heading, and a number each in one of them."""
    if any(len(row.cells) != gaps for row in rows):
        return False
    numbers = [row.text[slice(*row.cell(cell))].strip() for row in rows]
    others = (each for each in range(gaps + 1) if each != cell)
    return _are_a_series(numbers) and any(
        all(_is_booked(row, each) for row in rows) for each in others
    )


def _are_a_series(numbers: Sequence[str]) -> bool:
    """Return whether numbers differ, and have the same shape and about the same length."""
    shapes, lengths = {shape_of(number) for number in numbers}, list(map(len, numbers))
    is_alike = len(shapes) == 1 and max(lengths) - min(lengths) <= 1
    return is_alike and len(set(numbers)) == len(numbers) and "9" in shapes.pop()


def _is_booked(row: TextLine, cell: int) -> bool:
    """Return whether a cell is a day or an amount, as a table of bills has of each."""
    text = row.folded[slice(*row.cell(cell))].strip()
    return bool(dates_in(text, MonthNames(()))) or _AMOUNT.search(text) is not None


def lists_no_bills(lines: Sequence[TextLine]) -> bool:
    """Return whether no two lines with amounts are rows for papers such as orders or deliveries.

    Such rows begin with the same words, and have different numbers behind them.
    """
    rows = {
        (row["words"], row["number"])
        for line in lines
        if (row := _ROW.match(line.folded)) and money_in(line.folded)
    }
    return len({words for words, _ in rows}) == len(rows)


def lists_no_entries(lines: Sequence[TextLine], total: str | None) -> bool:
    """Return whether a statement is a bill: its own charges are its total, or nothing is listed.

    Entries have a day or name a bill, a payment or a balance.
    """
    sums = [(line, [each.value for each in money_in(line.folded)]) for line in lines]
    charges = label_pattern("totals", "charges")
    if any(values and charges.match(line.folded) for line, values in sums):
        return any(
            charges.match(line.folded) and [format_amount(each) for each in values] == [total]
            for line, values in sums
        )
    entries = label_pattern("totals", "entry")
    return not any(
        dates_in(line.folded, MonthNames(())) or entries.search(line.folded)
        for line, values in sums
        if values
    )


def _is_title(line: TextLine, words: re.Pattern[str], start: int) -> bool:
    """Return whether a cell is a title, alone or with a number behind it."""
    title = words.match(line.folded, start)
    _, end = line.cell(line.cell_at(start))
    rest = line.folded[title.end() : end] if title else ""
    has_words = any(word.isalpha() and len(word) > _LONGEST_LINK for word in rest.split())
    is_numbered = not has_words and any(map(str.isdigit, rest))
    return title is not None and (is_numbered or not rest.strip(" .:#"))


def doubt_of(line: TextLine, label: re.Match[str]) -> int:
    """Return whether words right before a label say that the number is that of another document.

    A credit note names the bill that it corrects: "against invoice 4410". PERHAPS is for words that
    may also be before the document's own number: "original invoice no", "for invoice 12". Two of
    them in a row leave no doubt.
    """
    first, _ = line.cell(line.cell_at(label.start()))
    before = line.folded[max(first, label.start() - _NEAR_CHARS) : label.start()]
    before = _ARTICLE.sub("", f" {before.rstrip(' .:-(')}")
    if _ends_with(before, "of_another_surely") is not None:
        return SURELY
    rest = _ends_with(before, "of_another")
    if rest is None:
        return 0
    rest = _ARTICLE.sub("", rest)
    is_sure = any(_ends_with(rest, name) is not None for name in _OF_ANOTHER)
    return SURELY if is_sure else PERHAPS


def _ends_with(text: str, name: str) -> str | None:
    """Return what is before the words of a list at the end of a text, None if none are there."""
    found = (each.start() for each in labels_in(text, "numbers", name) if each.end() == len(text))
    start = next(found, None)
    return None if start is None else text[:start].rstrip(" .:-(")


def is_booking(line: TextLine, label: re.Match[str], end: int) -> bool:
    """Return whether a label and its number, up to `end`, are a row of a statement of an account.

    Such a row has a day and a sum: "12.06.2031 Invoice 834 5.00", "Invoice 834 12.06.2031 5.00".
    """
    dates = dates_in(line.folded, MonthNames(()))
    if not dates or not any(each.start >= end for each in money_in(line.folded)):
        return False
    first = line.cells[0] - 1 if line.cells else dates[0].end
    is_dated_row = dates[0].start == 0 and dates[0].end <= min(label.start(), first)
    between = line.folded[end : dates[0].start]
    is_numbered_row = label.start() == 0 and dates[0].start >= end and not between.strip(" .,:")
    return is_dated_row or is_numbered_row


def names_the_document(line: TextLine, label: re.Match[str], end: int, *, explicit: bool) -> bool:
    """Return whether the number up to a character is that of a document, and no row of a list.

    Behind a label that does not say "number" it may be a quantity.
    """
    is_quantity = not explicit and _UNIT.match(line.folded, end) is not None
    return not is_quantity and not is_booking(line, label, end)


def shape_of(number: str) -> str:
    """Return a number with one sign for each group of digits: the numbers of a list share it."""
    return _DIGITS.sub("9", number)
