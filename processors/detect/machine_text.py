"""Know the texts that programs write for programs: messages, calendars, logs, and JSON.

Their amounts stand between codes or belong to one entry of many, which no label says.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

# EDIFACT (ISO 9735), X12, and bookings in OFX 1, QIF and of SWIFT (MT940 and its kin); calendars
# (RFC 5545) and business cards (RFC 6350).
_MESSAGE = re.compile(
    r"UNA.{6}\s*UNB\+|UNB\+|ISA([^\w\s])\d\d\1|OFXHEADER:|!(?:Type|Account|Option):"
    r"|(?:\{1:F\d\d.{0,400}?)?:20:[^\n]{1,40}\n(?::21:[^\n]{0,40}\n)?:25:"
    r"|BEGIN:V(?:CALENDAR|CARD)\b",
    re.DOTALL,
)
_MOMENT = re.compile(
    r"[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\d\d/[A-Z][a-z]{2}/\d{4}:|[A-Z][a-z]{2} [ \d]\d )"
    r"\d\d:\d\d:\d\d"
)
_LOG_LINES, _FEWEST_OF_LOG = 50, 3
_MOST_JSON_CHARS = 5_000_000
_MOST_DEPTH = 50


def is_message(text: str) -> bool:
    """Say whether a text is a message, or a list of events, of which nothing is a value."""
    return _MESSAGE.match(text.lstrip()) is not None or _is_log(text)


def _is_log(text: str) -> bool:
    """Say whether nearly every line begins with a moment: the lines of a log are events."""
    lines = [*islice((line for line in text.splitlines() if line.strip()), _LOG_LINES)]
    events = sum(_MOMENT.match(line) is not None for line in lines)
    return events >= max(_FEWEST_OF_LOG, 0.8 * len(lines))


def json_lines(text: str) -> tuple[list[str], list[str]] | None:
    """Return a line for each value of JSON, and those of the entries of a list; None if it is none.

    There may be one object in each line.
    """
    if not text.lstrip().startswith(("{", "[")) or len(text) > _MOST_JSON_CHARS:
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        try:
            data = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return None
    lines = [*_lines_of("", data, 0)]
    if not lines:
        return None
    entries = [entry for entry in data if isinstance(entry, dict)]
    return ([], lines) if isinstance(data, list) and len(entries) > 1 else (lines, [])


def _lines_of(name: str, data: Any, depth: int) -> Iterator[str]:
    """Yield the values in an object or a list, each behind its name."""
    if depth > _MOST_DEPTH:
        return
    match data:
        case dict():
            for key, value in data.items():
                yield from _lines_of(str(key), value, depth + 1)
        case list():
            for value in data:
                yield from _lines_of(name, value, depth + 1)
        case None | "":
            return
        case _:
            value = " ".join(str(data).split())
            yield f"{name}: {value}" if name else value
