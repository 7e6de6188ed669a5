"""Squeeze the blanks of a line, and keep those that separate columns or thousands."""

import re

# Between the cells of a table, "640" and "128", where one blank would separate thousands.
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)(?: *\t\s*| {3,})(?=\d{3}(?!\d))")
# On a page with places, two blanks are the gap between columns.
_BETWEEN_COLUMNS = re.compile(r"(?<=\d)(?: *\t\s*| {2,})(?=\d{3}(?!\d))")
# Blanks that break no line, between the thousands of an amount. The text of a line keeps them.
_UNBROKEN_THOUSANDS = re.compile(
    r"(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?:[\u00a0\u2009\u202f]\d{3}){0,2}[.,]\d\d(?!\d))"
)
UNBROKEN_BLANK = "\u202f"
_WIDE_GAP = re.compile(r" {2,}")
_STAND_IN = "\ue000"
"""A character of no script, which is no blank when words are split."""


def squeezed_blanks(text: str, *, has_place: bool) -> str:
    """Return a line with single blanks, and with a tab between two numbers that are no thousands.

    Either is one character, so that `cells_in` can count them.
    """
    if not text.isascii():
        # Each stays one character, for those who look for thousands.
        text = _UNBROKEN_THOUSANDS.sub(_STAND_IN, text)
    if "\t" not in text and "  " not in text:
        squeezed = " ".join(text.split())
    else:
        between = _BETWEEN_COLUMNS if has_place else _BETWEEN_NUMBERS
        squeezed = "\t".join(" ".join(part.split()) for part in between.split(text))
    return squeezed.replace(_STAND_IN, UNBROKEN_BLANK)


def cells_in(text: str) -> tuple[int, ...]:
    """Return where the pieces of a line begin, after the first, once its blanks are single.

    Wide gaps separate the columns of a page, tabs the cells of a table. An empty cell counts, and
    begins where the next one does, but not at the end of a line.
    """
    if "\t" in text:
        pieces = text.rstrip().split("\t")
    elif "  " in text:
        pieces = _WIDE_GAP.split(text.strip())
    else:
        return ()
    starts: list[int] = []
    length = 0
    for piece in pieces:
        starts.append(length)
        squeezed = " ".join(piece.split())
        length += len(squeezed) + 1 if squeezed else 0
    return tuple(starts[1:])


def is_separated(text: str, end: int) -> bool:
    """Return whether a comma without a blank is behind a label, as in a list of values."""
    return text[end : end + 1] in {",", ";"} and text[end + 1 : end + 2].isalnum()
