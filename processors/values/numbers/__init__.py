"""Find the number that the issuer gave the document, and the number of the order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.date_text import MonthNames, dates_in
from processors.values.identifiers import is_account_or_tax_number
from processors.values.lines import TextLine, label_pattern
from processors.values.list_words import labels_in
from processors.values.numbers.context import (
    SAYS_NUMBER,
    SURELY,
    begins_number,
    corrects_a_bill,
    doubt_of,
    gives_money_back,
    is_from_credits,
    names_the_document,
    shape_of,
)
from processors.values.numbers.dated import is_same_number
from processors.values.numbers.listed import is_listed
from processors.values.numbers.with_blanks import whole_after

_LONGEST = 30
"""Characters of a number; longer ones are keys of machines."""
_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0400-\u04ff"
_TOKEN = re.compile(rf"[{_LETTER}0-9](?:[{_LETTER}0-9/_.\-]|#(?=\w)){{0,79}}")
# In Poland the number in its month: "12/05/2030".
_MONTHLY = re.compile(r"\d{1,4}/\d\d/\d{4}$")
# A sign between letters or digits is a part of the number, but brackets and quotes begin something
# else, and a colon does so before a word.
_GOES_ON = re.compile(r" ?/ \d| /\d| - \d|[,:]\d|[^\w\s,:;()\[\]{}<>\"|]\w")
_PRICE = re.compile(r"\d{1,4}[.,]\d\d")

# What may be between a label and its number: "VAT", the letter of an Argentine bill, "(short
# note)", "no", signs and blanks. A "no" that touches the number is a part of it: "No: NO-77".
_LINK = re.compile(
    r"(?: (?:vat|tva|iva|ddv|pdv|[a-e](?= {1,3}n[°º.]))(?![a-z]|[-/]\w))?"
    r"(?: ?\([^()]{1,12}\))?(?: is(?= ))?"
    r"(?:[ /&]{1,3}(?:(?:receipt|bill|of|supply|serial|document|ref|memo|statement)[ /]){1,3}"
    r"(?=(?:no|nr|number)[ .:#]))?(?:\.? ?/ ?(?:date|datum|data|fecha)(?![a-z]))?"
    r"[ .,:#№º°'\"|\-]{0,6}"
    r"(?:(?:no|nr|num|number|nummer|n|id)(?=[ .:#º°=]))?[ .:#№º°\-=]{0,6}"
)
_LINKSAYS_NUMBER = re.compile(r"[a-z#:№]")

# Confidence by the place of the number.
_AFTER_EXPLICIT_LABEL = 0.9
_BELOW_LABEL = 0.75
_AFTER_BARE_LABEL = 0.55
_LEAST_FOR_ORDERS = 0.7  # without "number" their words are in too many sentences

# "Invoice" is a title, and one of the lines below it begins with "No".
_TITLE_LINES, _LINES_BELOW_TITLE = 25, 4
_NO_AND_NUMBER = re.compile(
    r"(?i:no|nr|num|number|n[uú]mero|numero|nummer|nº|n°|№|#)[ .:º°#]{1,4}"
    r"([A-Za-z0-9][A-Za-z0-9/_.\-]{0,29})"
)

_MOST_RANKED = 12  # candidates: the same one is often printed on every page

_RECEIPT_FACTOR = 0.75
"""A receipt's own number is less likely to be what "invoice number" asks for."""
_ORDER_FACTOR = 0.95


@dataclass(frozen=True, slots=True)
class _NumberCandidate:
    """A number, the words that announce it, and how sure its place makes it.

    `of_another`: PERHAPS or SURELY if words before the label say it of another document.
    """

    number: str
    confidence: float
    label: str
    line: TextLine
    of_another: int = 0


def find_invoice_number(lines: Sequence[TextLine]) -> Finding | None:
    """Find the number after "invoice no" or similar words, or else a receipt's own number.

    That of a credit note is behind its own name, and not the number of the bill that it corrects.
    """
    candidates = _own_candidates(lines)
    found = _best(candidates, factor=1.0)
    numbers = {each.number for each in candidates if not each.of_another}
    is_unsure = found and found.confidence <= _AFTER_BARE_LABEL and len(numbers) > 1
    if found and (is_unsure or is_listed(found.value or "", candidates)):
        # A statement lists the invoices of a month, none of which is its own.
        reason = "several numbers are after such words, none of which says that it is the number"
        ranked = [_finding(each, factor=1.0) for each in candidates[:_MOST_RANKED]]
        return with_others(replace(found, value=None, reason=reason), ranked)
    if found:
        return _own_number(found, candidates, lines)
    titled = _best(number_below_title(lines), factor=1.0)
    return titled or _best(_candidates(lines, "receipt"), factor=_RECEIPT_FACTOR)


def _own_number(
    found: Finding, candidates: Sequence[_NumberCandidate], lines: Sequence[TextLine]
) -> Finding:
    """Return a number, open in a credit note whose labels all say that it is that of a bill.

    Programs print "invoice no" in their credit notes, too: it is the credit note's number if that
    of the bill is named beside it, or if it is from a series of credit notes.
    """
    if not corrects_a_bill(lines, [each.label for each in candidates]):
        return found
    bills = {each.number for each in _candidates(lines, "invoice") if each.of_another}
    value = str(found.value)
    is_beside = bills and not any(map(partial(is_same_number, value), bills))
    is_own = is_beside and found.confidence > _AFTER_BARE_LABEL
    places = (each for each in candidates if each.number == value)
    if is_own or any(is_from_credits(each.line, each.label, value) for each in places):
        return found
    reason = "the only number is that of the bill which this credit note corrects"
    return with_others(replace(found, value=None, reason=reason), [found])


def _own_candidates(lines: Sequence[TextLine]) -> list[_NumberCandidate]:
    """Return the numbers after "invoice" or, in a credit note, after its own name."""
    candidates = [each for each in _candidates(lines, "invoice") if each.of_another < SURELY]
    if not gives_money_back(lines):
        return candidates
    own = [each for each in _candidates(lines, "credit") if each.of_another < SURELY]
    own = own or list(number_below_title(lines))
    return own or [each for each in candidates if not each.of_another]


def explicit_numbers(lines: Sequence[TextLine]) -> Iterator[tuple[int, str]]:
    """Yield the invoice numbers right after words that say so, each with the number of its line."""
    labeled = [*_candidates(lines, "invoice"), *_candidates(lines, "credit")]
    for each in sorted(labeled, key=lambda each: each.line.number):
        if each.confidence >= _AFTER_EXPLICIT_LABEL:
            yield each.line.number, each.number


def find_order_number(lines: Sequence[TextLine]) -> Finding | None:
    """Find the number after "order no", "PO number" or similar words."""
    candidates = _candidates(lines, "order")
    sure = [candidate for candidate in candidates if candidate.confidence > _LEAST_FOR_ORDERS]
    return _best(sure, factor=_ORDER_FACTOR)


def _best(candidates: Iterable[_NumberCandidate], *, factor: float) -> Finding | None:
    """Return the surest candidate, the first one of several that are equally sure."""
    ranked = sorted(
        candidates, key=lambda each: (each.of_another, -each.confidence, each.line.number)
    )
    if not ranked:
        return None
    best, *others = (_finding(each, factor=factor) for each in ranked[:_MOST_RANKED])
    return with_others(best, others)


def _finding(candidate: _NumberCandidate, *, factor: float) -> Finding:
    line = candidate.line
    start = max(0, line.text.find(candidate.number))
    return line.finding(
        candidate.number,
        candidate.confidence * factor,
        f"'{candidate.number}' is after '{candidate.label}' on line {line.number + 1}",
        start=start,
        end=start + len(candidate.number),
    )


def _candidates(lines: Sequence[TextLine], kind: str) -> Iterator[_NumberCandidate]:
    """Yield the numbers after labels of a kind, or else those in the line below a label."""
    for line in lines:
        found, searched_to = False, 0
        labels = labels_in(line.folded, "numbers", kind)
        for label in labels:
            # A word at the beginning of a number is no label: "Invoice no: INV 77".
            if label.start() < searched_to:
                continue
            link = _link_after(line, label)
            explicit = _says_number(label, link)
            number, searched_to = _number_after(line, label, link, explicit=explicit)
            if explicit and not number:
                number = _number_of_month(lines, line, label, link)
            if number and names_the_document(line, label, searched_to, explicit=explicit):
                found = True
                yield _NumberCandidate(
                    number=number,
                    confidence=_AFTER_EXPLICIT_LABEL if explicit else _AFTER_BARE_LABEL,
                    label=label.group(),
                    line=line,
                    of_another=doubt_of(line, label),
                )
        if labels and not found:
            yield from _below_labels(lines, line, labels)


def _below_labels(
    lines: Sequence[TextLine], heading: TextLine, labels: Sequence[re.Match[str]]
) -> Iterator[_NumberCandidate]:
    """Yield the numbers in the line below labels, none if the next line goes on with a list.

    What is a number of another kind by itself, such as the VAT number of a letterhead, is not it.
    """
    rows = lines[heading.number + 1 : heading.number + 3]
    first, second = (
        list(below_in_cell(heading, row, labels)) or list(below(heading, row, labels[0]))
        for row in (rows[:1], rows[1:])
    )
    if any(
        one.number != other.number and shape_of(one.number) == shape_of(other.number)
        for one, other in zip(first, second, strict=False)
    ):
        return
    of_another = min(doubt_of(heading, label) for label in labels)
    for each in first:
        if not is_account_or_tax_number(each.number):
            yield replace(each, of_another=of_another)


def _number_of_month(
    lines: Sequence[TextLine], line: TextLine, label: re.Match[str], link: re.Match[str]
) -> str | None:
    """Return what looks like a date after a label for numbers, if another line has the date."""
    number = _MONTHLY.match(line.text, link.end())
    if number is None or "dat" in label.group() + link.group():
        return None
    months = MonthNames(())
    issued, plain = label_pattern("dates", "document"), label_pattern("dates", "plain")
    is_dated = any(
        dates_in(other.folded, months)
        for other in lines
        # Not the date of an order or a delivery.
        if other is not line and (issued.search(other.folded) or plain.match(other.folded))
    )
    return number.group() if is_dated else None


def _link_after(line: TextLine, label: re.Match[str]) -> re.Match[str]:
    """Return what may be between a label and its number."""
    unfolded = line.folded
    # Folding makes letters of these signs, which then look like the beginning of the number.
    for sign in re.finditer("[№º]", line.text):
        unfolded = unfolded[: sign.start()] + sign.group() + unfolded[sign.end() :]
    link = _LINK.match(unfolded, label.end())
    assert link  # every part of the pattern is optional
    return link


def _number_after(
    line: TextLine, label: re.Match[str], link: re.Match[str], *, explicit: bool
) -> tuple[str | None, int]:
    """Return the number after a label, and up to where the line was searched.

    A number with blanks is returned whole; it is None if its end is not known. Behind a title alone
    there may be the label itself, which is not searched then.
    """
    start = link.end()
    if begins_number(label.group(), link.group()):
        start = label.start()
    if whole := whole_after(line.text, start, explicit=explicit):
        return whole.group(), whole.end()
    token = _TOKEN.match(line.text, start)
    if token is None:
        return None, start
    rest = line.text[token.end() :]
    if _GOES_ON.match(rest) and not _begins_with_date(rest.lstrip(" /-\u2013\u2014")):
        return None, token.end()
    is_alone = explicit and not rest.strip()
    number = _number_in(token.group(), explicit=explicit, is_alone=is_alone)
    return number, token.end() if number or explicit else start


def below_in_cell(
    heading: TextLine, following: Sequence[TextLine], labels: Sequence[re.Match[str]]
) -> Iterator[_NumberCandidate]:
    """Yield the number in the cell below a label, of two rows with as many cells.

    There the label needs no word for "number" if it is alone in its cell.
    """
    row = next(iter(following), None)
    if row is None or not heading.cells or len(heading.cells) != len(row.cells):
        return
    for label in labels:
        cell = heading.cell_at(label.start())
        start, end = heading.cell(cell)
        link = _link_after(heading, label)
        rest = heading.folded[min(link.end(), end) : end].strip(" :")
        is_alone = label.start() == start and not rest
        first, last = row.cell(cell)
        text = row.text[first:last].strip(" #:")
        number = _number_in(text) if _TOKEN.fullmatch(text) else None
        if number and is_alone:
            yield _NumberCandidate(number, _BELOW_LABEL, label.group(), row)


def number_below_title(lines: Sequence[TextLine]) -> Iterator[_NumberCandidate]:
    """Yield the number behind "No" in one of the lines below the title "invoice"."""
    titles = label_pattern("numbers", "invoice", "credit")
    for line in lines[:_TITLE_LINES]:
        bounds = (line.cell(number) for number in range(len(line.cells) + 1))
        if not any(
            titles.fullmatch(line.folded[start:end].strip(" :*#-")) for start, end in bounds
        ):
            continue
        for below_title in lines[line.number + 1 : line.number + 1 + _LINES_BELOW_TITLE]:
            for number in range(len(below_title.cells) + 1):
                start, end = below_title.cell(number)
                named = _NO_AND_NUMBER.fullmatch(below_title.text[start:end].strip())
                found = _number_in(named[1], is_alone=True) if named else None
                if found:
                    yield _NumberCandidate(found, _BELOW_LABEL, "no", below_title)


def below(
    heading: TextLine,
    following: Sequence[TextLine],
    label: re.Match[str],
) -> Iterator[_NumberCandidate]:
    """Yield the number in the line after a heading.

    Below a label that is alone, the number is alone, too, or has only a date beside it. Below a
    heading of several columns it is the token at the same end of the line as the label.
    """
    if not following:
        return
    link = _link_after(heading, label)
    if not _says_number(label, link):
        return

    left = heading.folded[: label.start()].strip(" :")
    right = heading.folded[link.end() :].strip()
    # Between two other labels it is not known which token belongs to this one.
    if (left and right) or _is_value(right, link):
        return
    if heading.cells and len(heading.cells) == len(following[0].cells):
        first, last = following[0].cell(heading.cell_at(label.start()))
        if first == last:
            return  # the cell below is empty
    is_alone = not (left or right)
    number = _number_of_cell(following[0].text, is_last=left != "", is_alone=is_alone)
    if number:
        yield _NumberCandidate(
            number=number,
            confidence=_BELOW_LABEL,
            label=label.group(),
            line=following[0],
        )


def _is_value(right: str, link: re.Match[str]) -> bool:
    """Return whether what is after a label is its value, and not the heading of another column."""
    has_colon = ":" in link.group() and not right.endswith(":")
    return any(map(str.isdigit, right)) or (has_colon and right != "")


def _number_of_cell(text: str, *, is_last: bool, is_alone: bool) -> str | None:
    """Return the number in the first or the last cell of a line.

    `is_alone`: nothing but a date may be beside it.
    """
    tokens = [token for token in text.split() if token[0].isalnum()] or [""]
    token = tokens[-1] if is_last else tokens[0]
    before, _, rest = text.partition(token) if token else ("", "", "")
    if is_alone and any(map(str.isalnum, before)):
        return None
    if is_alone and rest.strip() and not _begins_with_date(rest.strip()):
        return None
    return _number_in(token) if _TOKEN.fullmatch(token) else None


def _number_in(token: str, *, explicit: bool = False, is_alone: bool = False) -> str | None:
    """Return a token without punctuation; None for words, prices, dates and single characters.

    Eight digits after an explicit label are a number, also if they could be a date, and so is one
    digit that is alone there.
    """
    number = token.rstrip("./-_")
    last_date = next(reversed(dates_in(number.lower(), MonthNames(()))), None)
    if last_date and last_date.end == len(number) and not (explicit and number.isdigit()):
        before = number[: last_date.start]
        # Number and date may be joined: "4711/31.12.2030".
        if not before or (before[-1] == "/" and any(map(str.isdigit, before))):
            number = before.rstrip("/")
    has_digits = any(map(str.isdigit, number))
    fits = (0 if is_alone else 1) < len(number) <= _LONGEST
    return number if has_digits and fits and not _PRICE.fullmatch(number) else None


def _begins_with_date(text: str) -> bool:
    return any(date.start == 0 for date in dates_in(text.lower(), MonthNames(())))


def _says_number(label: re.Match[str], link: re.Match[str]) -> bool:
    """Return whether the label, or what links it to the number, means a number."""
    return bool(SAYS_NUMBER.search(label.group()) or _LINKSAYS_NUMBER.search(link.group()))
