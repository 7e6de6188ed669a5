"""Find the streets of a page, and to whom a letter is sent: the address above its salutation."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from processors.values.issuer.name_text import is_town_with_code
from processors.values.legal_forms import is_address
from processors.values.lines import TextLine, label_pattern

SALUTATION = re.compile(
    r"\W{0,2}(?:dear\b|to whom it may concern|ladies and gentlemen|gentlemen|sirs\b|sehr geehrte"
    r"|liebe[rs]?\b|guten tag|hallo\b|madame|monsieur|cher|estimad|muy senor|apreciad|gentil[ei]\b"
    r"|egregi|spettabil|prezad|car[oa]s?\b|exm[oa]|geachte|beste\b|szanown|vazen[aey]|mil[aey]\b"
    r"|hej\b|kara\b|basta\b|kj?(?:ae|\u00e6)re\b|hyva\b|tisztelt|stimat)"
)
_CONTACT = re.compile(r"@|www\.|\b(?:tel|telefon|telephone|phone|fon|fax)\b")
"""What only a letterhead has."""
_TOWN_AND_CODE = re.compile(
    r"(?:\d{5}-\d{3}|\d{4}-\d{3}) [a-z][a-z .'-]{2,30}|[a-z][a-z .'-]{2,30}(?: -)? \d{4,6}"
)
"""A town before its code, and one behind a code of Brazil or Portugal: "Wellington 6140"."""
_LINES_OF_RECEIVER = 6
"""Lines between a form of address above a name and the salutation."""
_BETWEEN_PARTS = re.compile(r" ?[·•⋅|*\u2013\u2014] ?| - |, ?")
_RETURN_PARTS = 3
"""Parts of the small line above the window of an envelope: a name, a street and a town."""
_HOUSE_AT_END = re.compile(r"^[^\W\d][^\d:]{3,40} \d{1,4}[a-z]?(?:[/-]\d{1,3})?$")
"""A street whose word no list has: "Kerkplein 2"."""
ORIGINS = frozenset({"from", "fra", "fran", "van"})
_JOURNEY = re.compile(
    r"\b(?:taxi|cab|fare|trip|ride|passengers?|departure|depart|driver|one way|round trip)\b"
    r"|\b(?:travel|journey|train|rail|railway|flight|ferry|boarding|itinerary)\b"
    r"|\b(?:rit|ritprijs|fahrt|fahrgast|abfahrt|resa|avgang|rejse|chauffor)\b"
)
"""Words of a ticket, on which "from" is where a journey begins."""
_SEARCHED_LINES = 40
_ADDRESS_LINES = 3
"""Lines of an address above its town."""
_LINES_TO_SALUTATION = 4


def streets_in(lines: Sequence[TextLine]) -> Iterator[int]:
    """Yield the numbers of lines that end with a house number, above a town with its code."""
    for line, below in pairwise(lines):
        if _HOUSE_AT_END.search(line.folded) and is_town_with_code(below.folded):
            yield line.number


def below_streets(lines: Sequence[TextLine]) -> Iterator[int]:
    """Yield the numbers of lines below a street."""
    yield from (below.number for line, below in pairwise(lines) if is_address(line.folded))


def is_town_and_code(folded: str) -> bool:
    """Return whether a text is a town before its code, or a name before its registration."""
    return _TOWN_AND_CODE.fullmatch(folded) is not None


def is_journey(lines: Sequence[TextLine]) -> bool:
    """Return whether a page is about a journey: "from" is no seller then, but a place."""
    return any(_JOURNEY.search(line.folded) for line in lines)


def addressed_in(lines: Sequence[TextLine]) -> frozenset[int]:
    """Return the numbers of the lines of the address right above the salutation of a letter.

    It is the sender's if a telephone is in the head, or if who signs names it.
    """
    greeting = greeting_of(lines)
    if greeting is None:
        return frozenset()
    head = [each for each in lines[: greeting.number] if ":" not in each.text]
    block = _last_address(head, greeting.number)
    # Of two addresses the first one is the letterhead's, whatever is beside it.
    towns = sum(ends_with_town(each.folded) for each in head)
    is_letterhead = towns == 1 and any(
        _CONTACT.search(each.folded) for each in lines[: greeting.number]
    )
    if is_letterhead or _is_on_one_line(block) or _is_signed(block, lines[greeting.number :]):
        return frozenset()
    return frozenset(each.number for each in block)


def greeting_of(lines: Sequence[TextLine]) -> TextLine | None:
    """Return the salutation of a letter.

    Some languages have a form of address above the name of the receiver, too.
    """
    greetings = [each for each in lines[:_SEARCHED_LINES] if SALUTATION.match(each.folded)]
    first = greetings[0].number if greetings else 0
    near = [each for each in greetings if each.number <= first + _LINES_OF_RECEIVER]
    return near[-1] if near else None


def _last_address(head: Sequence[TextLine], salutation: int) -> Sequence[TextLine]:
    """Return the lines of the last address of a head, none if the salutation is far below it."""
    towns = [place for place, line in enumerate(head) if ends_with_town(line.folded)]
    if not towns or salutation - head[towns[-1]].number > _LINES_TO_SALUTATION:
        return ()
    first = max([0, towns[-1] - _ADDRESS_LINES, *(town + 1 for town in towns[:-1])])
    return head[first : towns[-1] + 1]


def _is_on_one_line(block: Sequence[TextLine]) -> bool:
    """Return whether an address that begins a letter is on one line: a receiver's has several."""
    if not block or block[0].number > 0:
        return False
    street = block[-1].folded.rpartition(",")[0]
    return any(map(str.isdigit, street)) or (
        "," not in block[-1].text and parts_of(block[-1].folded) > 1
    )


def parts_of(folded: str) -> int:
    """Count the parts of a line between commas and marks."""
    return len(_BETWEEN_PARTS.split(folded))


def is_return_address(folded: str) -> bool:
    """Return whether a line has a sender's name, street and town, as the one above a window has."""
    return parts_of(folded) >= _RETURN_PARTS and ends_with_town(folded)


def ends_with_town(folded: str) -> bool:
    """Return whether a line is a town with its code, or has one behind its last commas or marks.

    In "881 Oak Road, Ely, MN 55021" a comma is before the state, too.
    """
    parts = [part.strip(" .") for part in _BETWEEN_PARTS.split(folded)]
    tails = (", ".join(parts[start:]) for start in range(max(0, len(parts) - 2), len(parts)))
    pairs = (f"{one}, {other}" for one, other in pairwise(parts))
    ends = (folded, *tails, *parts[1:], *pairs)
    return any(is_town_with_code(each) or _TOWN_AND_CODE.fullmatch(each) for each in ends)


def _is_signed(block: Sequence[TextLine], body: Sequence[TextLine]) -> bool:
    """Return whether a name of an address is below the words that end a letter, or none are."""
    closing = label_pattern("company", "closings")
    ends = [place for place, line in enumerate(body) if closing.match(line.folded)]
    signed = "\n".join(line.folded for line in body[min(ends, default=0) :])
    return not ends or any(line.folded in signed for line in block)
