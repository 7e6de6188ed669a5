"""The number the issuer gave the document."""

import re
from collections.abc import Iterable, Iterator, Sequence

from pipeline.model import Finding
from processors.values.datetext import MonthNames, dates_in
from processors.values.lines import Line, pattern

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.\-]{0,39}")
_LINK = re.compile(
    r"(?: ?\([^()]{1,12}\))?[ .:#№º°\-]{0,6}(?:(?:no|nr|num|number|nummer|n|id)(?![a-z]))?[ .:#№º°=\-]{0,6}"
)
_PRICE = re.compile(r"\d{1,4}[.,]\d\d")
_LONGEST = 30
_SURE, _BARE, _BELOW, _RECEIPT = 0.9, 0.7, 0.75, 0.7


def _token_at(line: Line, start: int) -> str | None:
    match = _TOKEN.match(line.text, start)
    return _clean(match.group()) if match else None


def _clean(token: str) -> str | None:
    """Strip a token to a number; None for words, prices and single digits."""
    number = token.rstrip("./-_")
    a_number = any(char.isdigit() for char in number) and 1 < len(number) <= _LONGEST
    return number if a_number and not _PRICE.fullmatch(number) else None


def _is_date(number: str) -> bool:
    return any(
        written.text.strip() == number.lower()
        for written in dates_in(number.lower(), MonthNames(()))
    )


def _explicit(label: str, folded: str, end: int) -> bool:
    """Say whether the label speaks of a number, not only of an invoice."""
    link = _LINK.match(folded, end)
    return bool(
        re.search(r"n[or]|num|#|°|º|id|date|cislo", label)
        or (link and re.search(r"[a-z#:№]", link.group()))
    )


def _on_line(line: Line, name: str) -> Iterator[tuple[str, float, str, Line]]:
    for match in pattern("numbers", name).finditer(line.folded):
        link = _LINK.match(line.folded, match.end())
        number = _token_at(line, link.end() if link else match.end())
        if number and not _is_date(number):
            sure = _explicit(match.group(), line.folded, match.end())
            yield number, _SURE if sure else _BARE - 0.15, match.group(), line


def _below(lines: Sequence[Line], line: Line, name: str) -> Iterator[tuple[str, float, str, Line]]:
    """Read the line under a label: under a heading the token at the same place, under a lone label the first one."""
    match = pattern("numbers", name).search(line.folded)
    if (
        not match
        or not _explicit(match.group(), line.folded, match.end())
        or line.number + 1 >= len(lines)
    ):
        return
    tail = _LINK.sub("", line.folded[match.end() :], count=1)
    before = line.folded[: match.start()].strip(" :")
    tokens = [
        token
        for raw in lines[line.number + 1].text.split()
        if (token := _clean(raw)) and raw[0].isalnum()
    ]
    tokens = [token for token in tokens if not _is_date(token)]
    if tokens and not (before and tail):
        yield (
            (tokens[-1] if before and not tail else tokens[0]),
            _BELOW,
            match.group(),
            lines[line.number + 1],
        )


def _numbers(lines: Sequence[Line], name: str) -> Iterator[tuple[str, float, str, Line]]:
    for line in lines:
        yield from list(_on_line(line, name)) or list(_below(lines, line, name))


def _best(found: Iterable[tuple[str, float, str, Line]], *, factor: float) -> Finding | None:
    best = max(found, key=lambda entry: (entry[1], -entry[3].number), default=None)
    if best is None:
        return None
    number, confidence, label, line = best
    start = max(0, line.text.find(number))
    reason = f"'{number}' stands after '{label}' on line {line.number + 1}"
    return line.finding(number, confidence * factor, reason, start=start, end=start + len(number))


def find_invoice_number(lines: Sequence[Line]) -> Finding | None:
    """Find the number after "invoice no" or the like, or else a receipt's own number."""
    found = _best(_numbers(lines, "invoice"), factor=1.0)
    return found or _best(_numbers(lines, "receipt"), factor=0.75)


def find_order_number(lines: Sequence[Line]) -> Finding | None:
    """Find the number after "order no", "PO number" or the like."""
    return _best(
        ((n, c, w, at) for n, c, w, at in _numbers(lines, "order") if c > _BARE), factor=0.95
    )
