"""Find the recitals of a contract: they say what was before it, with days of other papers."""

import re
from collections.abc import Sequence

from processors.values.lines import TextLine

_HEADING = re.compile(
    r"(?:[a-z0-9]{1,3}[.)] )?(?:recitals?|background|preamble|witnesseth|w i t n e s s e t h"
    r"|praambel|vorbemerkung(?:en)?|preambule|expose(?: prealable)?|antecedentes|exponen"
    r"|manifiestan|premess[ae]|premesso|overwegingen|considerandos?)"
    r"(?:,? (?:that|che|que))?\W*"
)
_LETTERED = re.compile(r"\(?a[.)] ")
_CLAUSE = re.compile(r"\(?\d{1,2}(?:\.\d)?[.)]? |(?:article|section|clause|\u00a7) ?\d")
"""What begins the line behind recitals that letters count, and "agreed" does not end."""
_WHEREAS = re.compile(r"(?<![a-z])whereas(?![a-z])")
_ENDS = re.compile(
    r"now,? therefore|agree[ds]? (?:\w+ ){0,4}as follows|follows ?:"
    r"|(?<![a-z])(?:parties|they|both) (?:\w+ ){0,2}agree(?![a-z])"
    r"|operative (?:provisions|part|terms)|agreed terms|it is (?:\w+ )?agreed"
    r"|in consideration of|folgendes|(?:qui|que) suit|clausulas|acuerdan|pattuis|convengono"
    r"|als volgt"
)
"""What comes after the recitals: the parties agree."""
_END_OF_CLAUSE = re.compile(r"; |[a-z)\"\u201d]\. |$")
_END_OF_SENTENCE = re.compile(r"(?:[a-z]{3}|[)\"\u201d])[.;] ")
_OWN = re.compile(
    r"(?<![a-z])th(?:is|ese) (?!day)(?:[a-z\x27-]+ ){0,8}?(?:agreement|contract|lease|deed"
    r"|covenant|amendment|addendum|assignment|licen[cs]e|note|guaranty|release|memorandum|letter|settlement|order"
    r"|statement|supplement|plan|sow|dpa|mou|instrument|indenture)"
)
"""Words of a sentence that is about the contract itself."""


def spans_of_recitals(lines: Sequence[TextLine]) -> list[tuple[int, int]]:
    """Return where recitals begin and end in the text of all lines, which blanks join.

    Without words that end them, a heading says nothing, and "whereas" is of its own clause.
    """
    text = " ".join(line.folded for line in lines)
    spans = []
    position = 0
    for line in lines:
        if _HEADING.fullmatch(line.folded):
            said = _ENDS.search(text, position + len(line.folded))
            end = said.start() if said else _end_of_lettered(lines, line, position)
            spans += [(position, end)] if end else []
        position += len(line.text) + 1
    for clause in _WHEREAS.finditer(text):
        closed = _ENDS.search(text, clause.end()) or _END_OF_CLAUSE.search(text, clause.end())
        spans += [(clause.start(), closed.start())] if closed else []
    return spans


def _end_of_lettered(lines: Sequence[TextLine], heading: TextLine, position: int) -> int:
    """Return where the first line with a number begins behind recitals with letters, 0 if none."""
    below = lines[heading.number + 1 :]
    if not below or not _LETTERED.match(below[0].folded):
        return 0
    position += len(heading.text) + 1
    for line in below:
        if _CLAUSE.match(line.folded):
            return position
        position += len(line.text) + 1
    return 0


def is_of_the_past(text: str, position: int, spans: Sequence[tuple[int, int]]) -> bool:
    """Return whether a character is in a recital, and its sentence not about the contract itself.

    `text` is folded, and the spans are those of its recitals.
    """
    if not any(start <= position < end for start, end in spans):
        return False
    ends = [each.end() for each in _END_OF_SENTENCE.finditer(text, 0, position)]
    return _OWN.search(text, max(ends, default=0), position) is None
