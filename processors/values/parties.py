"""The parties of a document: who receives it, who agrees with whom, whose paper it is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Finding
from processors.values.lines import TextLine, fold, label_pattern

_SEARCHED = 120
"""Lines in which parties introduce themselves."""
_NAME_WORDS = 8
_CONTRACT_CHARS = 6_000
_BETWEEN = re.compile(r"(?<![a-z])(?:between|zwischen|entre|tra|tussen)(?![a-z])[ :]{0,2}")
_AND = re.compile(r"(?<![a-z])(?:and|und|et|y|e|en)(?![a-z])[ :]{0,2}")
_END = re.compile(
    r"[(,;:\"\u201c]| (?:and|und|et|whose|having|with|located|a|an) (?=[a-z(])|\.(?: |$)"
)
_REACH = 400
"""Characters between one party and the "and" before the next: addresses stand there."""
_PERSON = re.compile(r"[^\W\d_][^\W\d_.'\u2019\-]{0,24}\.?")
_NUMBERS_BELOW = 4
_NUMBERED = re.compile(r"[^:]{2,30}[:#] ?[\w/ -]{0,6}\d[\d/ .-]{2,}|gln |ust|vat |tax ")
"""A number of the party, between the word that announces it and its name."""
_NAME = re.compile(r"(?:company |firmen)?(?:name|nom|nombre|nome|naam|firma) ?: ?")
_WINDOW_LINES = 6
_MARKS = re.compile(r"[\u25cf\u2022\u00b7|,*-]")
_TOWN = re.compile(r"(?:[a-z]{1,2}[- ])?\d{4,5} [a-z]|.{0,40}(?<!\d)\d{5} [a-z]")
_FIRST_LINES = 6
_FEWEST, _MOST = 2, 4


@dataclass(frozen=True, slots=True)
class _Labelled:
    line: TextLine
    start: int
    end: int
    label: str

    def finding(self, confidence: float) -> Finding:
        name = self.line.text[self.start : self.end]
        return self.line.finding(
            name, confidence, f"stands after '{self.label}'", start=self.start, end=self.end
        )


def _is_name(text: str) -> bool:
    letters = sum(char.isalpha() for char in text)
    digits = sum(char.isdigit() for char in text)
    capital = text[:1].isupper() or text[:1].isdigit()
    return (
        ":" not in text
        and 2 < letters > 3 * digits  # noqa: PLR2004 - initials are no name
        and capital
        and len(text.split()) <= _NAME_WORDS
    )


def _trimmed(line: TextLine, start: int, end: int) -> tuple[int, int]:
    while start < end and line.text[start] in " :.-#|":
        start += 1
    while end > start and line.text[end - 1] in " :,;|":
        end -= 1
    return start, end


def _after_labels(lines: Sequence[TextLine], kind: str) -> Iterator[_Labelled]:
    """Yield the names behind labels of a kind, on the same line after a colon or else on the next line."""
    for place, line in enumerate(lines[:_SEARCHED]):
        match = next(
            (
                m
                for m in label_pattern("parties", kind).finditer(line.folded)
                if _starts_there(line, m)
            ),
            None,
        )
        if match is None:
            continue
        rest = label_pattern("parties", "any").search(line.folded, match.end())
        start, end = _trimmed(line, match.end(), rest.start() if rest else len(line.text))
        if _is_name(line.text[start:end]):
            yield _Labelled(line, start, end, match.group())
        elif end - start < 3:  # noqa: PLR2004 - nothing but a mark
            below = lines[place + 1 : place + 1 + _NUMBERS_BELOW]
            named = next((line for line in below if not _NUMBERED.match(line.folded)), None)
            yield from _below(named, match) if named else ()


def _below(line: TextLine, match: re.Match[str]) -> Iterator[_Labelled]:
    """Yield the name under a lone label; a second label there ends it."""
    attention = label_pattern("parties", "receiver").match(line.folded)
    said = _NAME.match(line.folded)
    begin = (
        attention.end()
        if attention and line.folded[attention.end() :].lstrip().startswith(":")
        else 0
    )
    begin = said.end() if said else begin
    rest = label_pattern("parties", "any").search(line.folded, begin)
    start, end = _trimmed(line, begin, rest.start() if rest else len(line.text))
    if _is_name(line.text[start:end]) and not label_pattern("company", "never").search(
        line.folded[start:end]
    ):
        yield _Labelled(line, start, end, match.group())


def _starts_there(line: TextLine, match: re.Match[str]) -> bool:
    """Take a label at the beginning of its line, or one with a colon: "client" within a sentence is none."""
    return match.start() == 0 or line.folded[match.end() : match.end() + 2].strip().startswith(":")


def find_buyer(lines: Sequence[TextLine], *, company: Finding | None) -> Finding | None:
    """Find who is to pay: the name behind "bill to", "sold to", "customer" or the like, unless it is the issuer's.

    Where there is no such word, the name in the envelope's window.
    """
    issuer = fold(company.value or "") if company else ""
    for kind, confidence in (("buyer", 0.75), ("receiver", 0.6)):
        names = (
            each
            for each in _after_labels(lines, kind)
            if each.line.folded[each.start : each.end] != issuer
        )
        found = next(names, None)
        if found:
            return found.finding(confidence)
    return _in_window(lines, issuer)


def _in_window(lines: Sequence[TextLine], issuer: str) -> Finding | None:
    """Find the name under the line in small print with which the sender's address shows in an envelope's window."""
    for place, line in enumerate(lines[:_SEARCHED]):
        if not (
            issuer
            and issuer in line.folded
            and _MARKS.search(line.folded)
            and _TOWN.search(line.folded)
        ):
            continue
        name, *rest = lines[place + 1 : place + 1 + _WINDOW_LINES] or [line]
        if (
            _is_name(name.text)
            and issuer not in name.folded
            and any(_TOWN.match(each.folded) for each in rest)
        ):
            return name.finding(
                name.text, 0.6, "stands under the sender's line, as in an envelope's window"
            )
    return None


def find_parties(lines: Sequence[TextLine]) -> Finding | None:
    """Find the parties of a contract: "between … and …", or the names behind roles such as landlord and tenant."""
    return _between(lines) or _by_roles(lines)


def _by_roles(lines: Sequence[TextLine]) -> Finding | None:
    found = list(_after_labels(lines, "contract"))[:4]
    names = list(dict.fromkeys(each.line.text[each.start : each.end] for each in found))
    if len(names) < _FEWEST:
        return None
    roles = ", ".join(dict.fromkeys(each.label for each in found))
    return found[0].line.finding("; ".join(names), 0.65, f"stand after {roles}")


def _between(lines: Sequence[TextLine]) -> Finding | None:
    """Read the sentence that names both; it runs over several lines."""
    text = " ".join(line.text for line in lines)[:_CONTRACT_CHARS]
    folded = " ".join(line.folded for line in lines)[:_CONTRACT_CHARS]
    for match in _BETWEEN.finditer(folded):
        first = _name_at(text, folded, match.end())
        link = (
            _AND.search(folded, match.end() + len(first), match.end() + _REACH) if first else None
        )
        while link:
            second = _name_at(text, folded, link.end())
            if second:
                line = next(line for line, end in _ends(lines) if end > match.start())
                return line.finding(
                    f"{first}; {second}", 0.75, f"named after '{match.group().strip(' :')}'"
                )
            link = _AND.search(folded, link.end(), match.end() + _REACH)
    return None


def _ends(lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, int]]:
    end = 0
    for line in lines:
        end += len(line.text) + 1
        yield line, end


def _name_at(text: str, folded: str, start: int) -> str:
    end = _END.search(folded, start, start + 90)
    name = text[start : end.start() if end else start + 60].strip(" .,:")
    return name if _is_name(name) else ""


def find_person(lines: Sequence[TextLine], *, resume: bool) -> Finding | None:
    """Find whose paper it is: behind "name" or "surname" and "given names"; a resume is headed by its owner's name."""
    if resume:
        for line in lines[:_FIRST_LINES]:
            words = line.text.split()
            fits = _FEWEST <= len(words) <= _MOST and all(_PERSON.fullmatch(word) for word in words)
            if (
                fits
                and all(word[0].isupper() for word in words)
                and not label_pattern("parties", "no_name").search(line.folded)
            ):
                return line.finding(
                    line.text, 0.75, f"line {line.number + 1} of a resume is a name"
                )
    full = next(_after_labels(lines, "person"), None)
    if full:
        return full.finding(0.65)
    surname, given = (
        next(_after_labels(lines, "surname"), None),
        next(_after_labels(lines, "given"), None),
    )
    if surname and given:
        name = f"{given.line.text[given.start : given.end]} {surname.line.text[surname.start : surname.end]}"
        return surname.line.finding(
            name, 0.7, f"stands after '{given.label}' and '{surname.label}'"
        )
    return None
