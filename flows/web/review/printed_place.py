"""Where a value is printed on a page that reading kept no lines of.

Of a long document, reading keeps the lines of the first pages, and of later ones the text alone: a
value there has a page and no place. Its words are in the archive.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from flows.web.review.words import Box, PageWord, is_value
from pipeline.finding_kinds import ValueType
from pipeline.findings import FINDINGS
from pipeline.model import Findings

_READ_AS: Mapping[ValueType, str] = {
    ValueType.AMOUNT: "CURRENCY",
    ValueType.SHARE: "NUMBER",
    ValueType.COUNT: "NUMBER",
    ValueType.DATE: "DATE/TIME",
}
_MOST_TOGETHER = 4  # words of a date: "31st of March 2026"
_MOST_TRIED = 3_000
"""Texts of a page that are read as a date or a number: more would keep the user waiting."""
_AROUND = ".,;:()[]\"'"


def with_places(findings: Findings, number: int, words: Sequence[PageWord]) -> Findings:
    """Return findings; those on a page that have no place with the one where they are printed."""
    placed = {
        name: replace(finding, box=place_of_value(words, name, finding.value))
        for name, finding in findings.fields.items()
        if finding.page == number and finding.box is None and finding.value and not finding.child
    }
    return replace(findings, fields={**findings.fields, **placed}) if placed else findings


def place_of_value(words: Sequence[PageWord], name: str, value: str) -> Box | None:
    """Return where the value of a finding is printed, None where nowhere or more than once."""
    kind = FINDINGS.get(name)
    read_as = _READ_AS.get(kind.type, "") if kind is not None else ""
    spans = _spans_read(words, read_as, value) if read_as else _spans_said(words, value)
    found: list[Box] = []
    for box in spans:
        # The words of a date may be read as the same day without some of them.
        if any(_is_within(box, known) for known in found):
            continue
        if found:
            return None
        found.append(box)
    return found[0] if found else None


def _spans_said(words: Sequence[PageWord], value: str) -> Iterator[Box]:
    """Yield the places where the words of a text are printed, in whatever case."""
    wanted = [part for part in map(_folded, value.split()) if part]
    parts = [(_folded(word.text), word) for word in words]
    parts = [(text, word) for text, word in parts if text]
    for start in range(len(parts) - len(wanted) + 1 if wanted else 0):
        span = parts[start : start + len(wanted)]
        if [text for text, _ in span] == wanted:
            yield _around([word for _, word in span])


def _spans_read(words: Sequence[PageWord], read_as: str, value: str) -> Iterator[Box]:
    """Yield the places where a number or a date is printed, the widest at each word."""
    tried = 0
    for start in range(len(words)):
        for count in range(_MOST_TOGETHER if read_as == "DATE/TIME" else 1, 0, -1):
            span = words[start : start + count]
            text = " ".join(word.text for word in span).strip(_AROUND)
            is_one = len(span) == count and span[0].line == span[-1].line
            if not is_one or not any(map(str.isdigit, text)):
                continue
            tried += 1
            if tried > _MOST_TRIED:
                return
            if is_value(text, read_as, value):
                yield _around(span)
                break


def _folded(text: str) -> str:
    return text.strip(_AROUND).casefold()


def _around(words: Sequence[PageWord]) -> Box:
    return reduce(_both, (word.box for word in words))


def _both(one: Box, other: Box) -> Box:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


def _is_within(box: Box, other: Box) -> bool:
    return _both(box, other) == other
