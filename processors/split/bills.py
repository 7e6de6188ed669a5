"""Find several bills below each other on one page, such as two receipts on a sheet of a scanner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from processors.contract import Line, Page
from processors.split.contents import Contents
from processors.split.signs import is_quoted
from processors.values.lines import TextLine
from processors.values.money.sums import TOTAL_KINDS, sums_in
from processors.values.numbers import explicit_numbers

_WORDS_OF_SENTENCE = 2


@dataclass(frozen=True, slots=True)
class Bills:
    """The bills on a page: the page itself if there are not several.

    `own` is what it says above a bill that it only quotes, None if it quotes none.
    """

    pages: list[Page]
    own: Contents | None = None


def bills_on(contents: Contents) -> Bills:
    """Return the parts of a page that have the number, the date and the total of a bill each.

    Codes and fields are left out of the parts: whose they are is not known.
    """
    page, lines = contents.page, contents.lines
    printed = list(page.lines or map(Line, page.text.text.splitlines()))
    places = [place for place, line in enumerate(printed) if line.text.strip()]
    starts = _starts_of(lines) if len(places) == len(lines) else {}
    if not starts:
        return Bills([page])
    borders = [0, *map(places.__getitem__, starts), len(printed)]
    parts = [
        replace(page, lines=tuple(printed[start:end]), codes=(), fields=())
        for start, end in pairwise(borders)
    ]
    found = list(map(Contents, parts))
    if any(starts.values()):
        return Bills([page], own=_first_of_rivals(found))
    return Bills(parts if all(each.has_total and each.dates for each in found) else [page])


def _numbers_on(lines: Sequence[TextLine]) -> Iterator[tuple[int, str]]:
    """Yield the labeled numbers with their lines, without those that a sentence mentions."""
    for line, number in explicit_numbers(lines):
        if not _is_mentioned(lines, line, number):
            yield line, number


def _is_mentioned(lines: Sequence[TextLine], place: int, number: str) -> bool:
    """Return whether a sentence mentions a number: words of it are before and behind."""
    before, _, behind = lines[place].text.partition(number)
    return all(
        sum(word.isalpha() and word.islower() and len(word) > 1 for word in text.split())
        >= _WORDS_OF_SENTENCE
        for text in (before, behind)
    )


def _first_of_rivals(parts: Sequence[Contents]) -> Contents | None:
    """Return the first part of a page if it has a total, and so has another one."""
    first, *others = parts
    return first if first.has_total and any(each.has_total for each in others) else None


def _starts_of(lines: Sequence[TextLine]) -> dict[int, bool]:
    """Return the lines below a total after which another number is labeled, and if it is quoted.

    A credit note names the bill that it corrects, and a bill the one before; both are one document.
    """
    labeled = list(_numbers_on(lines))
    if len({number for _, number in labeled}) <= 1:
        return {}
    totals = [each.place.number for each in sums_in(lines) if each.kind in TOTAL_KINDS]
    starts: dict[int, bool] = {}
    for (_, before), (line, number) in pairwise(labeled):
        above = [place for place in totals if place < line]
        if number == before or not above:
            continue
        between = lines[above[-1] + 1 : line + 1]
        starts[above[-1] + 1] = any(is_quoted(each.folded) for each in between)
    return starts
