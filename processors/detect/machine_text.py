"""Know the texts that programs write for programs: messages, calendars, logs, and JSON.

Their amounts stand between codes or belong to one entry of many, which no label says.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from typing import Any

from processors.detect.owners import owned, words_in

# EDIFACT (ISO 9735), whole or from the first message on, X12, and HL7 2; bookings and payments in
# OFX, QIF and of SWIFT (MT940 and its kin, MT103); calendars (RFC 5545) and business cards
# (RFC 6350).
_MESSAGE = re.compile(
    r"UNA.{6}\s*UN[BGH].|UNB\+UNO[A-Z]\W\d|UNH\+\w{1,14}\+[A-Z]{6}:|ISA([^\w\s])\d\d\1"
    r"|MSH\|[^\w\s]{4}\||OFXHEADER:\s?\d|<OFX>\s{0,9}<|!(?:Type|Account|Option):"
    r"|(?:\{1:F\d\d.{0,400}?)?:20:[^\n]{1,40}\n"
    r"(?:(?::21:[^\n]{0,40}\n)?:25:|(?::13C:[^\n]{0,40}\n)?:23B:)"
    r"|BEGIN:V(?:CALENDAR|CARD)\b",
    re.DOTALL,
)
# Of a card without an end, the lines that look like those of one: a name, parameters, a value.
_CARD = re.compile(
    r"^[ \t]*BEGIN:(V(?:CALENDAR|CARD))\b[^\n]*"
    r"(?:\n(?![ \t]*END:\1\b)"
    r"(?:[ \t][^\n]*|(?:\w+\.)?[A-Z][A-Z0-9-]*(?:;[^:\n]*)?:[^\n]*|\r?(?=\n)))*"
    r"(?:\n[ \t]*END:\1\b[^\n]*)?",
    re.MULTILINE,
)
_MOMENT = re.compile(
    r"[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\d\d/[A-Z][a-z]{2}/\d{4}:|[A-Z][a-z]{2} [ \d]\d )"
    r"\d\d:\d\d:\d\d"
)
_LEVEL = re.compile(r"\b(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b")
_LOG_LINES, _FEWEST_OF_LOG = 50, 3
_MOST_JSON_CHARS = 5_000_000
_MOST_DEPTH = 50

_WHOLE = re.compile(r"[-+]?\d+")
_GROUPED = r"\d+(?:[ ',.]\d{3})*"
_AMOUNT = re.compile(
    rf"\W{{0,3}}(?:[^\W\d]{{1,4}}\W{{0,2}})?{_GROUPED}[.,]\d{{1,9}}(?:[eE][-+]?\d+)?"
    r"(?:\W{0,2}[^\W\d]{1,4})?\W{0,2}"
    rf"|[-+]?\d+|\W{{0,2}}[$€£¥₹]\W{{0,2}}{_GROUPED}|{_GROUPED} ?[$€£¥₹]|[-+]?\d+[eE][-+]?\d+"
)
_POWER = re.compile(r"\d[eE]")  # 1.5e3
_SUM_WORDS = frozenset(
    {
        *("amount", "amt", "bill", "due", "excl", "excluding", "grand", "gross", "gst", "incl"),
        *("including", "invoice", "net", "payable", "sub", "subtotal", "sum", "tax", "total"),
        *("value", "vat"),
    }
)
"""Words of the names of an amount that may be a value: with any other one, such as "paid", it is
another sum."""
_TOTAL_WORDS = frozenset({"gross", "total"})
_PART_WORDS = frozenset({"excl", "excluding", "gst", "net", "sub", "tax", "vat"})
_UNSAID = frozenset({"amount", "sum", "value"})
"""Names that say nothing without that of what they are in."""
_AROUND = _SUM_WORDS | {"amounts", "data", "document", "invoices", "receipt", "summary", "totals"}
"""Words of the names of what an amount is in."""
_NUMBER_WORDS = frozenset(
    {"code", "date", "id", "no", "nr", "num", "phone", "postal", "ref", "reference", "year", "zip"}
)
_NUMBER_ENDS = ("number", "numer", "numero", "nummer", "nr")
_BILL_WORDS = ("bill", "faktur", "factur", "factuur", "fattur", "fatur", "invoice", "rechnung")
_KEY_NUMBER = re.compile(r"[\W_]*(?:\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,})$")
"""What distinguishes the names of records of one kind: "bill1" and "bill2", "A-7" and "A-8"."""

# Of files of settings (INI, TOML) and lists in YAML: a heading or a dash begins a record of names
# with values.
_HEADING = re.compile(r"\[{1,2}[^\[\]]{1,100}\]{1,2}\s*")
_NAMED = re.compile(r"(\s*)(- +)?[\"']?(\w[\w .-]{0,60}?)[\"']?\s*(?:=|:(?=\s|$))\s*(.*)")
_REMARK = re.compile(r"\s*[#;].*|\s*|---\s*")
_FIGURE = re.compile(r"[\"']?[^\W\d]{0,4}\W{0,3}\d[\d\W]*[^\W\d]{0,4}[\"']?")
_FEWEST_RECORDS, _FEWEST_NAMES = 2, 2


@dataclass(frozen=True, slots=True)
class _JsonLine:
    """A value of JSON, and whether it belongs to something else than the document."""

    name: str
    value: str
    is_amount: bool
    is_apart: bool

    @property
    def text(self) -> str:
        return f"{self.name}: {self.value}" if self.name else self.value


def is_message(text: str) -> bool:
    """Say whether a text is a message, or a list of events, of which nothing is a value."""
    return _MESSAGE.match(text.lstrip()) is not None or _is_log(text)


def without_cards(text: str) -> tuple[str, str]:
    """Return a text without the calendars and business cards in it, and those."""
    cards = [card.group() for card in _CARD.finditer(text)]
    return (_CARD.sub("", text), "\n".join(cards)) if cards else (text, "")


def _is_log(text: str) -> bool:
    """Say whether nearly every line begins with a moment: the lines of a log are events.

    The first one does: above it may be something else that a log was added to.
    """
    lines = [*islice((line for line in text.splitlines() if line.strip()), _LOG_LINES)]
    if not lines or not _MOMENT.match(lines[0]):
        return False
    events = sum(_MOMENT.match(line) is not None for line in lines)
    # Two lines may be those of anything, but not with the level of each.
    if events == len(lines) and all(map(_LEVEL.search, lines)):
        return True
    return events >= max(_FEWEST_OF_LOG, 0.8 * len(lines))


def json_lines(text: str) -> tuple[list[str], list[str]] | None:
    """Return a line for each value of JSON that may be one of the document, and the other lines.

    The others are the entries of a list, whole numbers, because many programs count the cents, and
    amounts whose name may be that of another sum. None if the text is no JSON; there may be one
    object in each line.
    """
    if not text.lstrip().startswith(("{", "[")) or len(text) > _MOST_JSON_CHARS:
        return None
    try:
        data = _parsed(text)
    except (ValueError, RecursionError):
        try:
            data = [_parsed(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return None
    found = [*_lines_of((), data, 0, is_apart=False)]
    if not found:
        return None
    amounts = _amounts_of_document(found)
    shown: list[str] = []
    apart: list[str] = []
    for line in found:
        is_shown = line in amounts if line.is_amount else not line.is_apart
        (shown if is_shown else apart).append(line.text)
    return shown, apart


def _amounts_of_document(found: Sequence[_JsonLine]) -> set[_JsonLine]:
    """Return the amounts of the document: there are none without a total that is one of them.

    Whole numbers may be cents, if no amount has decimals.
    """
    amounts = {line for line in found if line.is_amount and not line.is_apart}
    # The same name twice, with different amounts: one of them is of something else.
    names = Counter(line.name for line in amounts)
    amounts = {line for line in amounts if names[line.name] == 1}
    has_decimals = not all(_WHOLE.fullmatch(line.value) for line in amounts)
    return amounts if has_decimals and any(map(_is_total, amounts)) else set()


def _is_total(line: _JsonLine) -> bool:
    words = set(line.name.split())
    return not _TOTAL_WORDS.isdisjoint(words) and _PART_WORDS.isdisjoint(words)


def _parsed(text: str) -> Any:
    """Parse JSON whose numbers stay as they are written, with all their digits."""
    return json.loads(text, parse_float=str, parse_int=str)


def _lines_of(
    names: tuple[str, ...], data: Any, depth: int, *, is_apart: bool
) -> Iterator[_JsonLine]:
    """Yield the values in an object or a list, each behind its name."""
    if depth > _MOST_DEPTH:
        return
    match data:
        case dict():
            records = _records_among(data)
            for key, value in data.items():
                is_other = is_apart or str(key) in records
                yield from _lines_of((*names, str(key)), value, depth + 1, is_apart=is_other)
        case list():
            is_apart = is_apart or sum(isinstance(entry, dict) for entry in data) > 1
            for value in data:
                yield from _lines_of(names, value, depth + 1, is_apart=is_apart)
        case None | "":
            return
        case _:
            yield _line_of(names, " ".join(str(data).split()), is_apart=is_apart)


def _records_among(data: dict[str, Any]) -> set[str]:
    """Return the names of the records of one kind in an object, and all names if it is their list.

    Records differ in a number only, or are those of bills. A seller and a buyer have the same names
    of values, too, and are no such records.
    """
    entries = {str(key): _fields_in(each) for key, each in data.items() if isinstance(each, dict)}
    numbered = _numbered_among(entries)
    bills = [pair for pair in pairwise(entries) if _are_bills(*map(entries.__getitem__, pair))]
    records = numbered.union(*bills)
    own = _fields_in({key: value for key, value in data.items() if str(key) not in records})
    is_of_bills = bool(bills) or any(map(_is_of_bill, records))
    is_document = not records or _is_document(own, is_of_bills=is_of_bills)
    return records if is_document else {*map(str, data)}


def _numbered_among(entries: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return the names of entries that differ in a number only and have the same figures."""
    alike: dict[str, list[str]] = {}
    for key in entries:
        alike.setdefault(_KEY_NUMBER.sub("", key), []).append(key)
    groups = (keys for keys in alike.values() if _share_figures([entries[key] for key in keys]))
    return {key for keys in groups for key in keys}


def _is_document(own: Mapping[str, str], *, is_of_bills: bool) -> bool:
    """Say whether the values beside records are those of a document that the records are parts of.

    Beside the number of a bill they are its lines, its taxes, or other bills that it mentions. A
    total alone is one of lines, but may be that of all bills in a list.
    """
    if any(map(_is_number_of_bill, own)):
        return True
    return not is_of_bills and any(not _TOTAL_WORDS.isdisjoint(words_in(name)) for name in own)


def _are_bills(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Say whether each of two entries has the number of a bill of its own, and an amount.

    A credit note names the number of another bill, and its day.
    """
    shared = first.keys() & second.keys()
    has_amount = any(not (_TOTAL_WORDS | _UNSAID).isdisjoint(words_in(name)) for name in shared)
    return has_amount and any(
        first[name] != second[name] for name in shared if _is_number_of_bill(name)
    )


def _fields_in(data: dict[str, Any], depth: int = 0) -> dict[str, str]:
    """Return the last of the values in an object for each of their names, at any depth."""
    fields: dict[str, str] = {}
    for key, value in data.items():
        if isinstance(value, dict) and depth < _MOST_DEPTH:
            fields |= _fields_in(value, depth + 1)
        elif isinstance(value, str):
            fields[str(key)] = value
    return fields


def _share_figures(entries: Sequence[Mapping[str, str]]) -> bool:
    """Say whether two entries have two names or more in common, one with a figure in both."""
    if len(entries) < _FEWEST_RECORDS:
        return False
    first, second = sorted(entries, key=len, reverse=True)[:_FEWEST_RECORDS]
    shared = first.keys() & second.keys()
    are_figures = any(
        _FIGURE.fullmatch(first[name]) and _FIGURE.fullmatch(second[name]) for name in shared
    )
    return len(shared) >= _FEWEST_NAMES and are_figures


def _is_number_of_bill(name: str) -> bool:
    return _is_of_bill(name) and words_in(name)[-1] != "date" and _is_of_number(name)


def _is_of_bill(name: str) -> bool:
    return any(word.startswith(_BILL_WORDS) for word in words_in(name))


def _line_of(names: tuple[str, ...], value: str, *, is_apart: bool) -> _JsonLine:
    """Return the line of a value; it is apart if it may be an amount of something else."""
    name = names[-1] if names else ""
    is_number = _WHOLE.fullmatch(value) is not None and _is_of_number(name)
    if is_number or not _AMOUNT.fullmatch(value):
        return _line_without_amount(names, value, is_apart=is_apart)
    words = _words_in_sum(names)
    around = {word for each in names for word in words_in(each)}
    is_known = bool(words) and _SUM_WORDS.issuperset(words) and around <= _AROUND
    is_other = not is_known or _POWER.search(value) is not None
    line = _JsonLine(" ".join(words) or name, value, is_amount=True, is_apart=is_other)
    return replace(line, is_apart=True) if is_apart else line


def _line_without_amount(names: Sequence[str], value: str, *, is_apart: bool) -> _JsonLine:
    # The object around everything has no name.
    own = owned(("", *names))
    return _JsonLine(own.name, value, is_amount=False, is_apart=is_apart or own.is_apart)


def _words_in_sum(names: Sequence[str]) -> list[str]:
    """Return the words of the name of an amount, from the last name on that says something."""
    words: list[str] = []
    for name in reversed(names):
        words = [*words_in(name), *words]
        if not _UNSAID.issuperset(words):
            break
    return words


def _is_of_number(name: str) -> bool:
    """Say whether a whole number with this name is no amount."""
    words = words_in(name)
    is_number = bool(words) and (words[-1] in _NUMBER_WORDS or words[-1].endswith(_NUMBER_ENDS))
    return is_number and _SUM_WORDS.isdisjoint({*words} - {"bill", "invoice", "vat", "tax"})


@dataclass(slots=True)
class _MachineRecord:
    """Names with values in a file of settings: its lines, and whether each value is a figure."""

    place: range
    indent: int
    values: dict[str, bool] = field(default_factory=dict)


def without_records(text: str) -> tuple[str, str] | None:
    """Return a list of names and values without its records, and those; None of any other text.

    Records begin with a heading or a dash. Two or more have the same names, and one of these a
    figure in each: what is in one of them is no value of the whole file.
    """
    lines = text.splitlines()
    apart = {number for record in _alike(_records_in(lines)) for number in record.place}
    if not apart:
        return None
    parts = ([line for at, line in enumerate(lines) if (at in apart) == side] for side in (0, 1))
    shown, kept = ("\n".join(each) for each in parts)
    return shown, kept


def _records_in(lines: Sequence[str]) -> list[_MachineRecord]:
    """Return the records, none if a line is neither a heading nor a name with a value."""
    records: list[_MachineRecord] = []
    within: list[_MachineRecord] = []  # one may be in a list of another
    for number, (indent, dash, name, value) in _named_in(lines).items():
        within = [record for record in within if record.indent < indent]
        if dash:
            within.append(_MachineRecord(range(number, number), indent))
            records.append(within[-1])
        for record in within:
            record.place = range(record.place.start, number + 1)
        if name and within:
            within[-1].values[name] = _FIGURE.fullmatch(value.strip()) is not None
    return records


def _named_in(lines: Sequence[str]) -> dict[int, tuple[int, str, str, str]]:
    """Return indent, dash, name and value by line, none if a line has neither name nor heading."""
    found: dict[int, tuple[int, str, str, str]] = {}
    for number, line in enumerate(lines):
        if _REMARK.fullmatch(line):
            continue
        if named := _NAMED.fullmatch(line):
            found[number] = (len(named[1]), named[2] or "", named[3], named[4])
        elif _HEADING.fullmatch(line):
            found[number] = (-1, line, "", "")
        else:
            return {}
    return found


def _alike(records: Sequence[_MachineRecord]) -> Iterator[_MachineRecord]:
    """Yield the records that share names with another one, of which one is a figure in both."""
    by_names: dict[tuple[str, ...], list[_MachineRecord]] = {}
    for record in records:
        figures = (name for name, is_figure in record.values.items() if is_figure)
        if len(record.values) >= _FEWEST_NAMES:
            for name in figures:
                by_names.setdefault((str(record.indent), name), []).append(record)
    for found in by_names.values():
        names = [record.values.keys() for record in found]
        if len(found) >= _FEWEST_RECORDS and len(names[0] & names[1]) >= _FEWEST_NAMES:
            yield from found
