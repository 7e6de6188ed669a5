"""Find several bills below each other on one page, such as two receipts on a sheet of a scanner."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from processors.contract import Line, Page
from processors.split.contents import Contents
from processors.values.lines import TextLine
from processors.values.money.sums import TOTAL_KINDS, sums_in
from processors.values.numbers import explicit_numbers


def bills_on(contents: Contents) -> list[Page]:
    """Return the parts of a page that have the number, the date and the total of a bill each.

    It is the page itself if there are not several. Codes and fields are left out of the parts:
    whose they are is not known.
    """
    page, lines = contents.page, contents.lines
    printed = list(page.lines or map(Line, page.text.text.splitlines()))
    places = [place for place, line in enumerate(printed) if line.text.strip()]
    if len(places) != len(lines):
        return [page]
    borders = [0, *(places[start] for start in _starts_of(lines)), len(printed)]
    if len(borders) <= len((0, len(printed))):
        return [page]
    parts = [
        replace(page, lines=tuple(printed[start:end]), codes=(), fields=())
        for start, end in pairwise(borders)
    ]
    found = map(Contents, parts)
    return parts if all(each.has_total and each.dates for each in found) else [page]


def _starts_of(lines: Sequence[TextLine]) -> list[int]:
    """Return the lines below a total after which another number is labeled."""
    labeled = list(explicit_numbers(lines))
    if len({number for _, number in labeled}) <= 1:
        return []
    totals = [each.place.number for each in sums_in(lines) if each.kind in TOTAL_KINDS]
    starts: dict[int, None] = {}
    for (_, before), (line, number) in pairwise(labeled):
        above = [place for place in totals if place < line]
        if number != before and above:
            starts[above[-1] + 1] = None
    return list(starts)
