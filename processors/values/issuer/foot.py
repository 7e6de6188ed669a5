"""Find who is named in the small print at the foot of a page whose head is the receiver's."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from processors.values.issuer.composed import is_spelled_out
from processors.values.issuer.name_text import is_town_with_code
from processors.values.legal_forms import end_of_form, is_address
from processors.values.lines import TextLine, label_pattern
from processors.values.money.amounts import money_in

AT_FOOT = "in the small print at the foot"

_HEAD_LINES = 5
"""Lines in which a receiver is named with street and town."""
_FOOT_LINES = 6
_IMPRINT_LINES = 4
"""Lines of the foot that belong to a name: its address, its registration and its bank."""
_LEAST_FIRST_WORD = 4

_CONTACT = re.compile(r"@|www\.|https?:|\b(?:tel|telefon|telephone|phone|fon|fax|mobile|mobil)\b")
"""What only who issues a document has below its name: nobody writes it on an envelope."""
_BANK = re.compile(r"\b(?:iban|bic|swift|sort code|routing|bsb)\b")
_END_OF_NAME = re.compile(r" ?[|·•⋅;,] ?| [-\u2013\u2014*] |\. ")
_SMALL = frozenset({"and", "of", "the", "und", "et", "y", "e", "de", "du", "la", "da", "van", "&"})
"""Words within names that are not capitalized; any other one is of a sentence."""


def named_at_foot(lines: Sequence[TextLine]) -> Iterator[TextLine]:
    """Yield the names at the foot of a page that have an imprint, unless the head has one.

    An imprint is a registration, a tax number or a bank. Without a legal form, the name needs its
    address or registration beside it.
    """
    if not _is_envelope(lines[:_HEAD_LINES]):
        return
    head = "\n".join(line.folded for line in lines[:_HEAD_LINES])
    sums = [place for place, line in enumerate(lines) if money_in(line.folded)]
    start = max(_HEAD_LINES, len(lines) - _FOOT_LINES, *(place + 1 for place in sums[-1:]))
    for place, line in enumerate(lines[start:], start=start):
        name = _name_before(line)
        first = name.folded.split(" ")[0]
        is_in_head = len(first) >= _LEAST_FIRST_WORD and first in head
        is_logo = is_spelled_out(lines[0].folded, name.folded)
        if not name.text or (is_in_head and not is_logo):
            continue
        if _has_imprint(name, lines[place : place + _IMPRINT_LINES]):
            yield name


def _is_envelope(head: Sequence[TextLine]) -> bool:
    """Return whether the head of a page has a name and its address, and nothing else of it."""
    text = "\n".join(line.folded for line in head)
    if _CONTACT.search(text) or label_pattern("company", "registered").search(text):
        return False
    below = [line.folded for line in head[1:]]
    return any(is_address(each) or is_town_with_code(each) for each in below)


def _name_before(line: TextLine) -> TextLine:
    """Return what is before the first mark or registration of a line, "" if it is no name."""
    ends = [
        found.start()
        for found in (
            _END_OF_NAME.search(line.folded),
            label_pattern("company", "registered").search(line.folded),
        )
        if found
    ]
    text = line.text[: min(ends, default=len(line.text))].strip()
    words = text.split()
    is_name = all(word[0].isupper() or word in _SMALL for word in words)
    if not is_name or ":" in text or any(map(str.isdigit, text)):
        text = ""
    return replace(line, text=text, folded=line.folded[: len(text)], gaps=(), cells=())


def _has_imprint(name: TextLine, block: Sequence[TextLine]) -> bool:
    """Return whether a name has a registration or a bank, and a legal form or its address."""
    text = "\n".join(line.folded for line in block)
    registered = label_pattern("company", "registered")
    if not (registered.search(text) or _BANK.search(text)):
        return False
    if end_of_form(name.text, name.folded):
        return True
    parts = [part.strip() for line in block for part in _END_OF_NAME.split(line.folded)]
    towns = [*parts, *(f"{one}, {other}" for one, other in pairwise(parts))]
    rest = block[0].folded[len(name.folded) :].lstrip(" .,;|-")
    return any(map(is_town_with_code, towns)) or registered.match(rest) is not None
