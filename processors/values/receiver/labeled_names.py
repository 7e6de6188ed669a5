"""Find the names behind labels, in their line or below it."""

import re
from dataclasses import dataclass

from pipeline.model import Finding
from processors.values.blanks import is_separated
from processors.values.lines import TextLine, label_pattern

SEARCHED_LINES = 120
"""Lines in which parties are introduced."""
_MOST_NAME_WORDS = 8
_LEAST_NAME_LETTERS = 3
"""Fewer letters are initials or a mark."""
LONE_LABEL_CHARS = 2
"""Characters after a label that is alone on its line: a mark such as a colon."""

# Between a label and the name below it there may be numbers of the party: "VAT no: DE 123".
LINES_BELOW = 4
NUMBER_OF_PARTY = re.compile(r"[^:]{2,30}[:#] ?[\w/ -]{0,6}\d[\d/ .-]{2,}|gln |ust|vat |tax ")
NAME_LABEL = re.compile(r"(?:company |firmen)?(?:name|nom|nombre|nome|naam|firma) ?: ?")

COURTESY = "courtesy"
"""Forms of address before a buyer: "M/s Otter". On the first line they are before the issuer."""
MARKED = "buyer_marked"
"""Labels of the buyer that are one only with a colon or alone: "for", "to", "tenant"."""


@dataclass(frozen=True, slots=True)
class LabeledName:
    """A name at these characters of its line, the words that announce it, and what they say."""

    line: TextLine
    start: int
    end: int
    label: str
    where: str = "after"
    remark: str = ""

    @property
    def text(self) -> str:
        """Return the name."""
        return self.line.text[self.start : self.end]

    @property
    def folded(self) -> str:
        """Return the name in lower case, without accents."""
        return self.line.folded[self.start : self.end]

    def finding(self, confidence: float) -> Finding:
        """Return a finding at the place of the name."""
        return self.line.finding(
            self.text,
            confidence,
            f"is {self.where} '{self.label}'" + self.remark,
            start=self.start,
            end=self.end,
        )


def label_in(line: TextLine, kind: str) -> re.Match[str] | None:
    """Return the first label that begins its line or has a colon after it.

    "Client" within a sentence announces nothing.
    """
    labels = (
        label_pattern("company", "buyer", MARKED)
        if kind == MARKED
        else label_pattern("parties", kind)
    )
    for label in labels.finditer(line.folded):
        before = line.folded[: label.start()].strip()
        if before and label_pattern("parties", "delivery").fullmatch(f"{before} {label.group()}"):
            return None
        following = line.folded[label.end() : label.end() + 2].strip()
        is_marked = following.startswith(":") or is_separated(line.text, label.end())
        if is_marked or _begins(line, label, kind):
            return label
        if kind == COURTESY:
            return None
    return None


def _begins(line: TextLine, label: re.Match[str], kind: str) -> bool:
    """Return whether a label begins its line, alone or in its cell where it needs a mark."""
    if kind == COURTESY and line.number == 0:
        return False
    is_cell = not line.gaps and label.end() + 1 in line.cells
    is_alone = not line.folded[label.end() : label.end() + 2].strip()
    return label.start() == 0 and (kind != MARKED or is_alone or is_cell)


def name_below(line: TextLine, label: str) -> LabeledName | None:
    """Return the name in the line below a label, after a label of its own if it has one."""
    start = 0
    receiver = label_pattern("parties", "receiver").match(line.folded)
    attention = label_pattern("company", "attention").match(line.folded)
    if receiver and line.folded[receiver.end() :].lstrip().startswith(":"):
        start = receiver.end()
    elif attention:
        start = attention.end()
    own_label = NAME_LABEL.match(line.folded)
    if own_label:
        start = own_label.end()
    name = name_up_to_label(line, start, label)
    words = (
        label_pattern("company", "never", "closings"),
        label_pattern("company", "never_at_edge"),
    )
    is_refused = any(pattern.search(name.folded) for pattern in words)
    return name if is_name(name.text) and not is_refused else None


def name_up_to_label(line: TextLine, start: int, label: str) -> LabeledName:
    """Return the text from `start` to the next label of any party, without marks around it."""
    other = label_pattern("parties", "any").search(line.folded, start)
    end = other.start() if other else len(line.text)
    text = line.text[start:end].lstrip(" :.-#|),;\uff1a")
    start = end - len(text)
    return LabeledName(line, start, start + len(text.rstrip(" :,;|(")), label)


def is_name(text: str) -> bool:
    """Return whether a text can be a name: short, capitalized, with more letters than digits."""
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    is_capitalized = text[:1].isupper() or text[:1].isdigit()
    is_short = len(text.split()) <= _MOST_NAME_WORDS
    has_letters = letters >= _LEAST_NAME_LETTERS and letters > 3 * digits
    return is_capitalized and is_short and has_letters and ":" not in text
