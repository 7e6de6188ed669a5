"""Find the streets of a page, and to whom a letter is sent: the address above its salutation."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from processors.values.issuer.name_text import is_town_with_code
from processors.values.lines import TextLine, label_pattern

_SALUTATION = re.compile(
    r"(?:dear\b|ladies and gentlemen|gentlemen|sehr geehrte|madame|monsieur|estimad|gentile)"
)
_CONTACT = re.compile(r"@|www\.|\b(?:tel|telefon|telephone|phone|fon|fax)\b")
"""What only a letterhead has."""
_HOUSE_AT_END = re.compile(r"^[^\W\d][^\d:]{3,40} \d{1,4}[a-z]?(?:[/-]\d{1,3})?$")
"""A street whose word no list has: "Kerkplein 2"."""
_SEARCHED_LINES = 40
_ADDRESS_LINES = 3
"""Lines of an address above its town."""
_LINES_TO_SALUTATION = 4


def streets_in(lines: Sequence[TextLine]) -> Iterator[int]:
    """Yield the numbers of lines that end with a house number, above a town with its code."""
    for line, below in pairwise(lines):
        if _HOUSE_AT_END.search(line.folded) and is_town_with_code(below.folded):
            yield line.number


def addressed_in(lines: Sequence[TextLine]) -> frozenset[int]:
    """Return the numbers of the lines of the address right above the salutation of a letter.

    It is the sender's if a telephone is in the head, or if who signs names it.
    """
    greetings = (each for each in lines[:_SEARCHED_LINES] if _SALUTATION.match(each.folded))
    greeting = next(greetings, None)
    if greeting is None:
        return frozenset()
    head = [each for each in lines[: greeting.number] if ":" not in each.text]
    block = _last_address(head, greeting.number)
    is_letterhead = any(_CONTACT.search(each.folded) for each in lines[: greeting.number])
    if is_letterhead or _is_signed(block, lines[greeting.number :]):
        return frozenset()
    return frozenset(each.number for each in block)


def _last_address(head: Sequence[TextLine], salutation: int) -> Sequence[TextLine]:
    """Return the lines of the last address of a head, none if the salutation is far below it."""
    towns = [place for place, line in enumerate(head) if _ends_with_town(line.folded)]
    if not towns or salutation - head[towns[-1]].number > _LINES_TO_SALUTATION:
        return ()
    first = max([0, towns[-1] - _ADDRESS_LINES, *(town + 1 for town in towns[:-1])])
    return head[first : towns[-1] + 1]


def _ends_with_town(folded: str) -> bool:
    last = folded.rpartition(",")[2].strip()
    return is_town_with_code(folded) or is_town_with_code(last)


def _is_signed(block: Sequence[TextLine], body: Sequence[TextLine]) -> bool:
    """Return whether a name of an address is below the words that end a letter, or none are."""
    closing = label_pattern("company", "closings")
    ends = [place for place, line in enumerate(body) if closing.match(line.folded)]
    signed = "\n".join(line.folded for line in body[min(ends, default=0) :])
    return not ends or any(line.folded in signed for line in block)
