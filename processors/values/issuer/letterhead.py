"""Decide whether a name heads a letter as that of the organization that sends it.

Somebody who heads a letter and signs it is no organization. A name in large letters, or that of the
sender, is one if somebody else signs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from processors.values.date_text import MonthNames, dates_in
from processors.values.issuer.addressed import (
    addressed_in,
    ends_with_town,
    greeting_of,
    parts_of,
)
from processors.values.issuer.blocks import pieces_of
from processors.values.issuer.composed import is_elsewhere, is_large, names_a_body
from processors.values.issuer.evidence import usual_height_of
from processors.values.issuer.name_text import is_title
from processors.values.lines import TextLine, label_pattern

_HEAD_LINES = 12
"""Lines of a letter with the addresses of who sends it and of who gets it."""
_LEAST_WORD = 3
"""Letters of a word of a name that a signature has, too."""
_SIGNED_LINES = 4
_WORDS_OF_PERSON = 2
_FOR_OTHERS = re.compile(
    r"\b(?:team|staff|board|vorstand)\b|^(?:for|on behalf of|fur|pour|im auftrag)\b"
)
"""Who signs for an organization."""
_REFERENCE = re.compile(
    r"(?:your|our|uw|ons|ihre?|unsere?|mein|vos|nos|v\.?/|n\.?/)\b.{0,12}"
    r"(?:ref|kenmerk|zeichen|nachricht|referenz|rif)|[^:]{2,30}:|page \d|seite \d|ref\b|az\b"
)
"""A line of references or labels, which may be above a letterhead."""

_NUMBER_OF_QUESTION = re.compile(r"^\d{1,2}[a-z]?[.)] ")
_OF_WHAT = re.compile(r" (?:of|and|or)\b| ?[/(&]")
_ANSWER = re.compile(r"[^\W\d_] ?:|[\u2610-\u2612\u25a1]|\[[ xX]?\]|_{4}")
"""What is filled in or checked in a form."""


@dataclass(frozen=True, slots=True)
class LetterHead:
    """What is above the salutation of a letter, and below the words that end it."""

    lines: Sequence[TextLine]
    head: Sequence[TextLine]
    signed: Sequence[str]
    usual_height_pt: float
    is_letter: bool

    def is_sender(self, line: TextLine, folded: str, *, has_form: bool, is_named: bool) -> bool:
        """Return whether a name on a line of the head is that of the organization that writes."""
        if line.number >= len(self.head) or self._is_signed_by(folded):
            return False
        # The receiver is above the address right above the salutation.
        addressed = addressed_in(self.lines) - {line.number}
        if any(self.lines[number].folded.startswith(folded) for number in addressed):
            return False
        if is_named:
            is_other = bool(self.signed) and not _may_be_person(folded)
            return has_form or self._names_organization(line, folded) or is_other
        is_first = all(map(_is_no_sender, self.head[: line.number]))
        return is_first and self._is_at_head(line, folded, has_form=has_form)

    def _is_at_head(self, line: TextLine, folded: str, *, has_form: bool) -> bool:
        """Return whether the first name of a head is an organization's, with its own address."""
        if self._is_greeted(folded):
            return False
        if has_form or self._names_organization(line, folded):
            return (has_form and line.number == 0) or self._has_own_address(line)
        is_alone = line.number == 0 and self._has_address_below(line)
        # Somebody may sign with a short name or initials: "Margaret Orr", and below "Peggy".
        return is_alone and not _may_be_person(folded) and self._signs_not(folded)

    def _is_greeted(self, folded: str) -> bool:
        """Return whether the salutation names somebody: "Dear Ms Fox" below "Ann Fox"."""
        greeting = self.lines[len(self.head)].folded if len(self.head) < len(self.lines) else ""
        greeted = set(re.findall(r"[^\W\d_]{3,}", greeting))
        return self.is_letter and not greeted.isdisjoint(folded.split()[-1:])

    def _names_organization(self, line: TextLine, folded: str) -> bool:
        """Return whether a name is one by its words or its size, or is below that of who signs."""
        is_body = names_a_body(folded) or is_large(line, self.usual_height_pt)
        return is_body or any(folded in each for each in self.signed[1:])

    def _signs_not(self, folded: str) -> bool:
        """Return whether somebody else signs, or nobody where nobody does: in a form."""
        words = [word for word in folded.split() if len(word) >= _LEAST_WORD]
        if not self.is_letter:
            return True
        return bool(self.signed) and not any(
            re.search(rf"\b{re.escape(word)}\b", each) for word in words for each in self.signed
        )

    def _has_address_below(self, line: TextLine) -> bool:
        """Return whether street and town are on one line below a name."""
        below = self.lines[line.number + 1 : line.number + 3]
        return any(parts_of(each.folded) > 1 and ends_with_town(each.folded) for each in below)

    def _is_signed_by(self, folded: str) -> bool:
        """Return whether a name without a word for a body is the one below the closing words."""
        signers = [each for each in self.signed[:1] if not _FOR_OTHERS.search(each)]
        return any(folded in each for each in signers) and not names_a_body(folded)

    def _has_own_address(self, line: TextLine) -> bool:
        """Return whether a name is the sender's and not that of who gets the letter.

        A letterhead has its address on one line, or is above the address of the receiver, or is
        named again where the letter was signed.
        """
        if self._has_address_below(line):
            return True
        head = [part for each in self.lines[:_HEAD_LINES] for part in pieces_of(each, 0)]
        towns = sum(ends_with_town(each.line.folded) for each in head)
        return towns > 1 or is_elsewhere(line, self.lines)


def letter_head_of(lines: Sequence[TextLine], doc_class: str | None) -> LetterHead | None:
    """Find the head and the signature of a letter, or the head of a form; None for others."""
    if doc_class not in {"letter", "form"}:
        return None
    greeting = greeting_of(lines)
    end = greeting.number if greeting else min(_HEAD_LINES, len(lines))
    closings = label_pattern("company", "closings")
    ends = [line.number for line in lines if closings.match(line.folded)]
    below = lines[ends[-1] + 1 : ends[-1] + 1 + _SIGNED_LINES] if ends else ()
    return LetterHead(
        lines=lines,
        head=lines[:end],
        signed=tuple(line.folded for line in below if any(map(str.isalpha, line.text))),
        usual_height_pt=usual_height_of(lines),
        is_letter=doc_class == "letter",
    )


def is_in_head(line: TextLine, head: LetterHead | None) -> bool:
    """Return whether a line is in the head of a letter, and not in that of a form."""
    return head is not None and head.is_letter and line.number < len(head.head)


def _may_be_person(folded: str) -> bool:
    """Return whether a name has as many words as most people's, besides initials."""
    words = [word for word in folded.split() if len(word.strip(".")) > 1]
    return len(words) <= _WORDS_OF_PERSON and all(word.isalpha() for word in words)


def _is_no_sender(line: TextLine) -> bool:
    """Return whether a line may be above a letterhead: a title, a reference, or a date."""
    is_dated = bool(dates_in(line.folded, MonthNames(()))) or not any(map(str.isalpha, line.text))
    return is_dated or is_title(line.folded) or _REFERENCE.match(line.folded) is not None


def numbers_of_others(lines: Sequence[TextLine], doc_class: str | None) -> frozenset[int]:
    """Return the numbers of lines about others: who gets a letter, what is filled in a form."""
    if doc_class == "letter":
        return addressed_in(lines)
    if doc_class != "form":
        return frozenset()
    labels = [[*map(_is_label, _cells_of(line))] for line in lines]
    # An answer is beside its label, "Company name   Otter Ltd", or below it.
    answers = {
        line.number
        for line, has in zip(lines, labels, strict=True)
        if _ANSWER.search(line.text) or any(has[:-1])
    }
    answers |= {below.number for below, has in zip(lines[1:], labels, strict=False) if any(has)}
    return frozenset(answers)


def _cells_of(line: TextLine) -> list[str]:
    """Return what a line has between wide gaps, or in the cells of a table."""
    return [each.line.folded for each in pieces_of(replace(line, gaps=line.cells), 0)]


def _is_label(folded: str) -> bool:
    """Return whether a text asks for something: "2. Business name", "Name of workshop".

    "Department of Health" has a word of labels and names who asks.
    """
    bare = _NUMBER_OF_QUESTION.sub("", folded).rstrip(" :")
    if names_a_body(bare):
        return False
    labels = list(label_pattern("fields", "labels").finditer(bare))
    is_whole = bool(labels) and labels[-1].end() == len(bare)
    is_first = bool(labels) and labels[0].start() == 0
    return is_whole or (is_first and _OF_WHAT.match(bare, labels[0].end()) is not None)
