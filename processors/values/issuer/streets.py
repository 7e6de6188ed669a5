"""Recognize a street by its own word, with its house."""

import re

from processors.values.issuer.addressed import ends_with_town

STREET_WORDS = (
    r"(?:street|st\.?|road|rd\.?|avenue|ave\.?|l(?:ane|n\.?)|row|drive|close|crescent|terrace|square|mews"
    r"|hill|court|quay|walk|way|place|blvd\.?|boulevard|pkwy\.?|parkway|hwy\.?|highway)"
)
_STREET_AND_HOUSE = re.compile(
    rf"\d{{1,5}}[a-z]?,? (?:[a-z.'-]{{1,20}} ){{1,3}}{STREET_WORDS}"
    rf"|[^\W\d][^\d:,]{{1,30}} {STREET_WORDS} \d{{1,4}}[a-z]?"
    r"|[^\W\d][^\d:,]{0,30}(?:strasse|str\.|platz|weg|allee|gasse|laan|straat|plein|gracht|gatan|vagen"
    r"|katu) ?\d{1,4}[a-z]?"
    r"|(?:via|viale|piazza|corso|vicolo|rua|calle|avenida|plaza|paseo|camino|ulica|ul\.)"
    r" [^\W\d][^\d:,]{1,30} \d{1,4}[a-z]?"
)
"""A street by its own word, with its house before or behind it."""


def begins_with_street(folded: str) -> bool:
    """Return whether a text up to its first comma is a street, by its own word, with its house.

    "Est 1985", "Room 12" and "24 Hours Plumbing" are none.
    """
    return _STREET_AND_HOUSE.fullmatch(folded.partition(",")[0].strip()) is not None


def is_street_and_town(folded: str) -> bool:
    """Return whether a text is a street with its house and a town: "Mill Row 5, Ely CB7 4DL"."""
    return begins_with_street(folded) and ends_with_town(folded.partition(",")[2].strip())
