"""Recognize the places in and behind the names of parties."""

import re

from processors.values.contracts.party_names import has_form
from processors.values.lines import label_pattern

_PLACE_CHARS = 80
"""Characters that are looked back at: a name with its legal form."""
_HOUSE = re.compile(
    r" of (?:(?:no\.? ?)?\d{1,5}[a-z]?|the (?:city|county|state|town|village|parish))\b"
)
_REGION = re.compile(r", [A-Z]\w+(?: [A-Z]\w+)?(?:[,;(]| and\b| \()")
"""The state or country behind the town of a person: "Ely, Maine, and"."""


def end_before_place(text: str, folded: str, start: int, end: int) -> int:
    """Return where a name ends before its place: "Ann Fox of 2 Mill Lane", "of Ely, Maine".

    Institutions have places in their names: "City of Ely", "Fox Club of Ely".
    """
    places = [match.start() for match in re.finditer(" of ", text[start:end])]
    if not places:
        return end
    # "Shire of Ely of 2 Mill Lane": the name has a place of its own.
    house = next((each for each in places if _HOUSE.match(folded, start + each)), None)
    if house is not None:
        return start + house
    place = start + places[0]
    if label_pattern("company", "address").search(folded, place, end):
        return place
    named = folded[start:place]
    is_person = len(named.split()) > 1 and not is_institution(named)
    has_region = _REGION.match(text, end) is not None
    return place if is_person and has_region and not has_form(text[start:end]) else end


def is_institution(folded: str) -> bool:
    """Return whether a name in small letters is of a city, a club or the like."""
    return label_pattern("company", "institutions").search(folded) is not None


def is_place(text: str, folded: str, comma: int, name: tuple[int, int]) -> bool:
    """Return whether what is behind a comma is the seat of the party before it.

    That is a state or a country, or a word alone behind a legal form: "Rill AG, Essen (“Rill”)".
    """
    start, end = name
    if label_pattern("parties", "places").fullmatch(folded, start, end):
        return True
    is_alone = " " not in text[start:end] and folded.startswith(" (", end)
    return is_alone and has_form(text[max(0, comma - _PLACE_CHARS) : comma])
