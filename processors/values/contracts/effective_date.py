"""Find the day from which a contract is in force, in the sentence that opens it."""

import re
from collections.abc import Sequence
from itertools import accumulate

from pipeline.model import Finding
from processors.values.contracts.spelled import in_digits
from processors.values.date_text import MonthNames, dates_in
from processors.values.lines import TextLine

_OPENING_CHARS = 3_000
"""Characters among which the opening sentence is: a title and an address may be before it."""
_CHARS_TO_DATE = 24
"""Characters between the words and the date: "the", "this", a blank."""
_CHARS_WITH_DATE = 110

# "Effective" says most: a contract may be signed on one day and be in force from another one.
_EFFECTIVE = re.compile(
    r"effective(?: date)?(?: as)? (?:of|on|from)|effective date ?:|effective"
    r"|(?:enters?|comes?) into (?:force|effect) (?:on|from)|commencement date ?:|tritt (?:am|zum)"
    r"|(?:takes? effect|with effect)(?: as)? (?:on|from|of)"
)
# A term that begins on another day than the contract is in one that has its own date as well.
_BEGINS = re.compile(
    r"commencing(?: on| from)?"
    r"|(?:agreement|lease|contract|tenancy|employment)[^.;]{0,40}? (?:begin|start|commence)s? on"
)
_AS_OF = re.compile(
    r"(?:made|entered into|executed|dated|agreement|agreed)\b[^.;]{0,60}? as of"
    r"|(?:made|entered into|executed|agreement|dated)\b[^.;]{0,40}? (?:this|on|the)"
)
# "Effective as of the date of the last signature": the date is at the signatures.
_LAST_SIGNED = re.compile(
    r"(?:date|day) (?:of (?:the )?)?(?:last|final|latest)(?:[- ]dated)? (?:signature|signed|party)"
    r"|last (?:signed|signature|party signs|party to sign|date (?:set forth|of signature))"
    r"|(?:date|day) (?:that is )?last signed"
)
_DATE_LABEL = re.compile(r"(?<![a-z])date(?:d| signed)? ?: ?$")
_LATEST, _UNSIGNED = 0.8, 0.4
_CONFIDENCE = {_EFFECTIVE: 0.88, _AS_OF: 0.85, _BEGINS: 0.7}

# Raised letters are read as words of their own: "9 th", "the 10 day of th January".
_RAISED = re.compile(r"(?<=\d) ?(?:st|nd|rd|th)(?= )|(?<= of) (?:st|nd|rd|th)(?= )")
_BEFORE_COMMA = re.compile(r" (?=,)")


def find_effective_date(lines: Sequence[TextLine], languages: Sequence[str]) -> Finding | None:
    """Find the date after "effective as of", or else after "made as of", "dated as of".

    None if it has two readings.
    """
    opening = " ".join(line.folded for line in lines)[:_OPENING_CHARS]
    months = MonthNames(languages)
    last = _LAST_SIGNED.search(opening)
    if last:
        return _last_signature(lines, months, last.group())
    for pattern, confidence in _CONFIDENCE.items():
        for label in pattern.finditer(opening):
            following = _flat(opening[label.end() : label.end() + _CHARS_WITH_DATE])
            date = next(iter(dates_in(following, months)), None)
            if date is None or date.start > _CHARS_TO_DATE or len(date.readings) != 1:
                continue
            # Blanks join the lines, so each ends one character after its text.
            ends = accumulate(len(line.text) + 1 for line in lines)
            after = zip(lines, ends, strict=True)
            place = next(line for line, end in after if end >= label.end())
            reason = f"'{date.text}' is after '{label.group()[-30:]}' in the opening sentence"
            return place.finding(date.readings[0].isoformat(), confidence, reason)
    return None


def _last_signature(lines: Sequence[TextLine], months: MonthNames, words: str) -> Finding | None:
    """Return the latest of the dates at signatures, open where none is filled in."""
    signed = [
        (date.readings[0], line)
        for line in lines
        for date in dates_in(line.folded, months)
        if len(date.readings) == 1 and _DATE_LABEL.search(line.folded[: date.start])
    ]
    if not signed:
        reason = f"it is in force from '{words}', and no signature has a date"
        return lines[0].finding(None, _UNSIGNED, reason) if lines else None
    day, line = max(signed, key=lambda each: each[0])
    return line.finding(day.isoformat(), _LATEST, f"is the latest one, and '{words}' counts")


def _flat(text: str) -> str:
    """Return a text in digits, without raised letters and blanks before commas."""
    return in_digits(_BEFORE_COMMA.sub("", _RAISED.sub("", text)))
