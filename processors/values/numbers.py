"""Find the number that the issuer gave the document, and the number of the order."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Finding
from processors.values.date_text import MonthNames, dates_in
from processors.values.lines import TextLine, label_pattern

_LONGEST = 30
"""Characters of a number; longer ones are keys of machines."""
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.\-]{0,39}")
_PRICE = re.compile(r"\d{1,4}[.,]\d\d")

# What may be between a label and its number: "(short note)", "no", signs and blanks.
_LINK = re.compile(
    r"(?: ?\([^()]{1,12}\))?[ .:#№º°\-]{0,6}"
    r"(?:(?:no|nr|num|number|nummer|n|id)(?![a-z]))?[ .:#№º°=\-]{0,6}"
)
# "Invoice no" announces a number; "invoice" alone may be the title of the document.
_SAYS_NUMBER = re.compile(r"n[or]|num|#|°|º|id|date|cislo")
_LINK_SAYS_NUMBER = re.compile(r"[a-z#:№]")

# Confidence by the place of the number.
_AFTER_EXPLICIT_LABEL = 0.9
_BELOW_LABEL = 0.75
_AFTER_BARE_LABEL = 0.55
_LEAST_FOR_ORDERS = 0.7
"""The words for an order without "number" are in too many sentences."""

_RECEIPT_FACTOR = 0.75
"""A receipt's own number is less likely to be what "invoice number" asks for."""
_ORDER_FACTOR = 0.95


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A number, the words that announce it, and how sure its place makes it."""

    number: str
    confidence: float
    label: str
    line: TextLine


def find_invoice_number(lines: Sequence[TextLine]) -> Finding | None:
    """Find the number after "invoice no" or similar words, or else a receipt's own number."""
    found = _best(_candidates(lines, "invoice"), factor=1.0)
    if found:
        return found
    return _best(_candidates(lines, "receipt"), factor=_RECEIPT_FACTOR)


def find_order_number(lines: Sequence[TextLine]) -> Finding | None:
    """Find the number after "order no", "PO number" or similar words."""
    candidates = _candidates(lines, "order")
    sure = [candidate for candidate in candidates if candidate.confidence > _LEAST_FOR_ORDERS]
    return _best(sure, factor=_ORDER_FACTOR)


def _best(candidates: Iterable[_Candidate], *, factor: float) -> Finding | None:
    """Return the surest candidate, the first one of several that are equally sure."""
    best = max(
        candidates,
        key=lambda candidate: (candidate.confidence, -candidate.line.number),
        default=None,
    )
    if best is None:
        return None

    line = best.line
    start = max(0, line.text.find(best.number))
    return line.finding(
        best.number,
        best.confidence * factor,
        f"'{best.number}' is after '{best.label}' on line {line.number + 1}",
        start=start,
        end=start + len(best.number),
    )


def _candidates(lines: Sequence[TextLine], kind: str) -> Iterator[_Candidate]:
    """Yield the numbers after labels of a kind, or else those in the line below a label."""
    labels = label_pattern("numbers", kind)
    for line in lines:
        found = False
        for label in labels.finditer(line.folded):
            link = _LINK.match(line.folded, label.end())
            assert link  # every part of the pattern is optional
            token = _TOKEN.match(line.text, link.end())
            number = _number_in(token.group()) if token else None
            if number:
                explicit = _says_number(label, link)
                found = True
                yield _Candidate(
                    number=number,
                    confidence=_AFTER_EXPLICIT_LABEL if explicit else _AFTER_BARE_LABEL,
                    label=label.group(),
                    line=line,
                )
        if not found:
            yield from below(line, lines[line.number + 1 : line.number + 2], labels)


def below(
    heading: TextLine,
    following: Sequence[TextLine],
    labels: re.Pattern[str],
) -> Iterator[_Candidate]:
    """Yield the number in the line after a heading.

    Below a heading of several columns it is the token at the same end of the line as the label.
    """
    label = labels.search(heading.folded)
    if label is None or not following:
        return
    link = _LINK.match(heading.folded, label.end())
    assert link  # every part of the pattern is optional
    if not _says_number(label, link):
        return

    left = heading.folded[: label.start()].strip(" :")
    right = _LINK.sub("", heading.folded[label.end() :], count=1)
    tokens = filter(lambda token: token[0].isalnum(), following[0].text.split())
    numbers = list(filter(None, map(_number_in, tokens)))
    # Between two other labels it is not known which token belongs to this one.
    if numbers and not (left and right):
        yield _Candidate(
            number=numbers[-1] if left else numbers[0],
            confidence=_BELOW_LABEL,
            label=label.group(),
            line=following[0],
        )


def _number_in(token: str) -> str | None:
    """Return a token without punctuation; None for words, prices, dates and single characters."""
    number = token.rstrip("./-_")
    has_digits = any(map(str.isdigit, number))
    fits = 1 < len(number) <= _LONGEST
    if not (has_digits and fits) or _PRICE.fullmatch(number):
        return None
    dates = dates_in(number.lower(), MonthNames(()))
    is_date = any(date.text.strip() == number.lower() for date in dates)
    return None if is_date else number


def _says_number(label: re.Match[str], link: re.Match[str]) -> bool:
    """Return whether the label, or what links it to the number, means a number."""
    return bool(_SAYS_NUMBER.search(label.group()) or _LINK_SAYS_NUMBER.search(link.group()))
