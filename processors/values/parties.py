"""Find the parties of a document: who receives it, who agrees with whom, whose paper it is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.model import Finding
from processors.values.address_block import begins_with_street
from processors.values.candidates import with_others
from processors.values.contracts.opening import (
    listed,
    parties_elsewhere,
    parties_in_opening,
    span_of_list,
)
from processors.values.contracts.signatures import those_who_sign
from processors.values.issuer.addressed import ends_with_town
from processors.values.issuer.blocks import Piece, piece_above, piece_below, pieces_of
from processors.values.issuer.composed import names_a_body, names_an_office
from processors.values.issuer.evidence import is_beside_bank
from processors.values.issuer.name_text import is_title
from processors.values.legal_forms import end_of_form, is_address
from processors.values.lines import TextLine, fold, label_pattern

_SEARCHED_LINES = 120
"""Lines in which parties are introduced."""
_MOST_NAME_WORDS = 8
_LEAST_NAME_LETTERS = 3
"""Fewer letters are initials or a mark."""
_LONE_LABEL_CHARS = 2
"""Characters after a label that is alone on its line: a mark such as a colon."""

# Between a label and the name below it there may be numbers of the party: "VAT no: DE 123".
_LINES_BELOW = 4
_STREET = re.compile(r"[^\W\d][^\d:]{2,40} \d{1,4}[a-z]?")
_HOUSE_FIRST = re.compile(r"\d{1,5}[a-z]?,? [^\W\d_]{2}")
_COLUMN_SLACK_PT = 12.0
"""How far from the left edge of its label a name below it may begin."""
_NUMBER_OF_PARTY = re.compile(r"[^:]{2,30}[:#] ?[\w/ -]{0,6}\d[\d/ .-]{2,}|gln |ust|vat |tax ")
_NAME_LABEL = re.compile(r"(?:company |firmen)?(?:name|nom|nombre|nome|naam|firma) ?: ?")

_MARKED = "buyer_marked"
"""Labels of the buyer that are one only with a colon or alone: "for", "to", "tenant"."""

_PREPOSITIONS = frozenset({"to", "for", "an", "til", "till", "aan"})
"""Labels of the buyer that are before a place, a subject or a mailbox as well."""
_ORIGIN = re.compile(r"(?:from|fra|von|fran|van)\b")
_PAID_TO = re.compile(
    r"\b(?:remit(?:tance)?s?|pay(?:able|ment)?s?|che(?:qu|ck)e?s?|transfer|return|reply|send)\b"
    r"[^:]{0,20}\bto\W*$"
)
"""What is before who is to be paid or answered: that is the issuer."""
_TITLE_OF_NAME = re.compile(r"(?:mr|mrs|ms|miss|dr|prof|herr|herrn|frau|hr|fr|dhr|mevr)\b")

_LEAST_PARTIES = 2
_MOST_LABELED = 6

# The window of an envelope (DIN 5008): the sender's address in one line of small print, with marks
# between its parts, and below it the receiver's name and address.
_WINDOW_LINES = 6
_MARKS = re.compile(r"[\u25cf\u2022\u00b7|,*-]")
_TOWN = re.compile(r"(?:[a-z]{1,2}[- ])?\d{4,5} [a-z]|.{0,40}(?<!\d)\d{5} [a-z]")

# The name at the head of a resume.
_HEAD_LINES = 6
_LEAST_WORDS, _MOST_WORDS = 2, 4
_PERSON_WORD = re.compile(r"[^\W\d_][^\W\d_.'\u2019\-]{0,24}\.?")


@dataclass(frozen=True, slots=True)
class _LabeledName:
    """A name at these characters of its line, and the words that announce it."""

    line: TextLine
    start: int
    end: int
    label: str
    where: str = "after"

    @property
    def text(self) -> str:
        return self.line.text[self.start : self.end]

    @property
    def folded(self) -> str:
        return self.line.folded[self.start : self.end]

    def finding(self, confidence: float) -> Finding:
        """Return a finding at the place of the name."""
        return self.line.finding(
            self.text,
            confidence,
            f"is {self.where} '{self.label}'",
            start=self.start,
            end=self.end,
        )


def find_buyer(lines: Sequence[TextLine], *, company: Finding | None) -> Finding | None:
    """Find the buyer: the name after "bill to", "customer" or similar words.

    Without such words it is the name in the window of the envelope. The issuer is not the buyer.
    """
    issuer = fold(company.value) if company and company.value else ""
    named = [
        (name, confidence)
        for kind, confidence in (("buyer", 0.75), (_MARKED, 0.7), ("receiver", 0.6))
        for each in _names_in_columns(lines, kind)
        if (name := _employer_of(each, lines))
        if not (issuer and name.folded.startswith(issuer)) and not _is_another(name, lines)
    ]
    # Who is to read it is not who gets it, and the name of an account is also that of who is paid.
    last = {*_PREPOSITIONS, "account name"}
    named.sort(key=lambda each: (_is_reader(each[0]), each[0].label in last))
    ranked = [name.finding(confidence) for name, confidence in named]
    if not ranked:
        return name_in_window(lines, issuer) if issuer else None
    return with_others(ranked[0], ranked)


def _is_reader(name: _LabeledName) -> bool:
    return label_pattern("company", "attention").fullmatch(name.label) is not None


def _employer_of(name: _LabeledName, lines: Sequence[TextLine]) -> _LabeledName | None:
    """Return a name; of one behind "attn" the company above it in its column, if it has one.

    Without one an office or a department gets nothing: "Attn: Accounts Payable".
    """
    if not _is_reader(name):
        return name
    above = piece_above(name.line, lines)
    # "Case" or "Net 30" may be above it in a column beside: a company says that it is one.
    is_company = above and (end_of_form(above.text, above.folded) or names_a_body(above.folded))
    if above and is_company and _is_name(above.text) and not _is_no_buyer(above.folded):
        return _LabeledName(above, 0, len(above.text), name.label, where="above")
    return None if names_an_office(name.folded) else name


def _is_another(name: _LabeledName, lines: Sequence[TextLine]) -> bool:
    """Return whether a name is a mailbox, who is to be paid at a bank, or a place or a subject."""
    is_payee = name.label == "account name" and is_beside_bank(name.line, lines)
    is_paid = _PAID_TO.search(name.line.folded[: name.start]) is not None
    is_other = name.label in _PREPOSITIONS and not _is_addressed(name, lines)
    return is_payee or is_paid or is_other or "@" in name.text


def _is_addressed(name: _LabeledName, lines: Sequence[TextLine]) -> bool:
    """Return whether what is behind "to" is who gets a bill, and not where a journey goes."""
    if end_of_form(name.text, name.folded):
        return True
    number = name.line.number
    below = lines[number + 1 : number + 3]
    has_address = any(
        ":" not in each.text and (is_address(each.folded) or _TOWN.match(each.folded))
        for each in below
    )
    if not has_address and any(
        _ORIGIN.match(each.folded) for each in lines[max(0, number - 1) : number + 2]
    ):
        return False
    is_named = _TITLE_OF_NAME.match(name.folded) is not None
    return has_address or is_named or names_a_body(name.folded)


def find_parties(lines: Sequence[TextLine]) -> Finding | None:
    """Find the parties of a contract: "between … and …", or the names after roles like tenant."""
    ranked = _ranked_parties(lines)
    best = next(ranked, None)
    return with_others(best, ranked) if best else None


def _ranked_parties(lines: Sequence[TextLine]) -> Iterator[Finding]:
    yield from parties_in_opening(lines)

    titles = label_pattern("parties", "titles")
    named = [
        each
        for each in (*_names_after(lines, "contract"), *_names_below_roles(lines))
        # Who signs for a party is not the party.
        if not titles.search(each.folded) and not each.line.folded.startswith("signed")
    ][:_MOST_LABELED]
    names = list(dict.fromkeys(name for each in named for name in listed(each.text)))
    roles = list(dict.fromkeys(each.label for each in named))
    # "Tenant: Ann Fox and Bob Orr" names one side alone.
    if min(len(names), len(roles)) >= _LEAST_PARTIES:
        parties = "; ".join(those_who_sign(names, lines))
        yield named[0].line.finding(parties, 0.65, f"are after {', '.join(roles)}")
    yield from parties_elsewhere(lines)


def find_person(lines: Sequence[TextLine], *, resume: bool) -> Finding | None:
    """Find whose paper it is: the name after "name", or after "surname" and "given names".

    The name of its owner is at the head of a resume.
    """
    at_head = name_at_head(lines) if resume else None
    if at_head:
        return at_head
    full = next(_names_after(lines, "person"), None)
    if full:
        return full.finding(0.65)

    surname = next(_names_after(lines, "surname"), None)
    given = next(_names_after(lines, "given"), None)
    if surname is None or given is None:
        return None
    return surname.line.finding(
        f"{given.text} {surname.text}",
        0.7,
        f"is after '{given.label}' and '{surname.label}'",
    )


def _names_after(lines: Sequence[TextLine], kind: str) -> Iterator[_LabeledName]:
    """Yield the names after labels of a kind, on the same line or below."""
    for line in lines[:_SEARCHED_LINES]:
        label = label_in(line, kind)
        if label is None:
            continue
        name = _name_up_to_label(line, label.end(), label.group())
        if kind == "contract":
            # "Club: Rill Association Incorporated (no. 11) of 2 Fell Row": the names are enough.
            start, end = span_of_list(name.text)
            name = replace(name, start=name.start + start, end=name.start + end)
        if _is_name(name.text):
            yield name
        elif len(name.text) <= _LONE_LABEL_CHARS and not line.text.endswith("."):
            below = lines[line.number + 1 : line.number + 1 + _LINES_BELOW]
            named = next((each for each in below if not _NUMBER_OF_PARTY.match(each.folded)), None)
            found = name_below(named, label.group()) if named else None
            if found:
                yield found


def _names_below_roles(lines: Sequence[TextLine]) -> Iterator[_LabeledName]:
    """Yield the names behind "Name:" below a line that is nothing but a role."""
    roles = label_pattern("parties", "roles")
    for line, below in pairwise(lines[:_SEARCHED_LINES]):
        role = line.folded.strip(" :.").removeprefix("the ")
        if roles.fullmatch(role) and _NAME_LABEL.match(below.folded):
            name = name_below(below, role)
            yield from [name] if name else []


def _names_in_columns(lines: Sequence[TextLine], kind: str) -> Iterator[_LabeledName]:
    """Yield the names after labels of a kind: behind it in its column, below it, or beside it.

    The name of another party may be beside a label: "Bill to" and "Ship to" are two columns.
    """
    rows = [pieces_of(line, line.number) for line in lines[:_SEARCHED_LINES]]
    for number, row in enumerate(rows):
        for index, piece in enumerate(row):
            label = label_in(piece.line, kind)
            if label is None:
                continue
            name = _name_up_to_label(piece.line, label.end(), label.group())
            name = _without_address(name)
            if len(name.text) > _LONE_LABEL_CHARS:
                found = [name] if _is_name(name.text) else []
            else:
                beside = _beside(row[index + 1 :], label)
                below = _first_below(piece, lines, rows[number + 1 :][:_LINES_BELOW], label)
                has_colon = piece.line.text.rstrip().endswith(":")
                found = [*beside, *below] if has_colon else [*below, *beside]
            yield from [each for each in found if not _is_no_buyer(each.folded)][:1]


def _beside(row: Sequence[Piece], label: re.Match[str]) -> list[_LabeledName]:
    """Return the name in the piece behind a label, none if it is something else."""
    named = [_name_up_to_label(each.line, 0, label.group()) for each in row[:1]]
    return [each for each in named if _is_name(each.text)]


def _first_below(
    piece: Piece,
    lines: Sequence[TextLine],
    rows: Sequence[Sequence[Piece]],
    label: re.Match[str],
) -> list[_LabeledName]:
    """Return the name that is first below a label in its column, none if something else is."""
    for row in rows:
        # "Name:" and the name in the next column are one line of the block.
        is_labeled = any(each.line.text[:1] == ":" or each.line.text[-1:] == ":" for each in row)
        line = lines[row[0].line.number] if is_labeled else piece_below(piece, row)
        box, own = line.box, piece.line.box
        if box and own and abs(box[0] - own[0]) > _COLUMN_SLACK_PT:
            continue
        if not _NUMBER_OF_PARTY.match(line.folded):
            name = name_below(line, label.group())
            return [name] if name else []
    return []


def _is_no_buyer(folded: str) -> bool:
    """Return whether a text is itself a label of a party, a title, or a street with its number."""
    bare = folded.strip(" :.")
    is_house = _HOUSE_FIRST.match(bare) and not end_of_form(folded, folded)
    if _STREET.fullmatch(bare) or is_house or is_title(bare):
        return True
    return any(
        label_pattern("company", kind).fullmatch(bare)
        for kind in ("buyer", "seller", "seller_marked", "attention")
    )


def label_in(line: TextLine, kind: str) -> re.Match[str] | None:
    """Return the first label that begins its line or has a colon after it.

    "Client" within a sentence announces nothing.
    """
    labels = (
        label_pattern("company", "buyer", _MARKED)
        if kind == _MARKED
        else label_pattern("parties", kind)
    )
    for label in labels.finditer(line.folded):
        following = line.folded[label.end() : label.end() + 2].strip()
        is_first = label.start() == 0 and (kind != _MARKED or not following)
        if is_first or following.startswith(":"):
            return label
    return None


def name_below(line: TextLine, label: str) -> _LabeledName | None:
    """Return the name in the line below a label, after a label of its own if it has one."""
    start = 0
    attention = label_pattern("parties", "receiver").match(line.folded)
    if attention and line.folded[attention.end() :].lstrip().startswith(":"):
        start = attention.end()
    own_label = _NAME_LABEL.match(line.folded)
    if own_label:
        start = own_label.end()
    name = _name_up_to_label(line, start, label)
    words = (
        label_pattern("company", "never", "closings"),
        label_pattern("company", "never_at_edge"),
    )
    is_refused = any(pattern.search(name.folded) for pattern in words)
    return name if _is_name(name.text) and not is_refused else None


def _name_up_to_label(line: TextLine, start: int, label: str) -> _LabeledName:
    """Return the text from `start` to the next label of any party, without marks around it."""
    other = label_pattern("parties", "any").search(line.folded, start)
    end = other.start() if other else len(line.text)
    text = line.text[start:end].lstrip(" :.-#|)\uff1a")
    start = end - len(text)
    return _LabeledName(line, start, start + len(text.rstrip(" :,;|(")), label)


def _without_address(name: _LabeledName) -> _LabeledName:
    """Return a name without the street or the town that is behind it and a comma."""
    for comma in re.finditer(", ", name.text):
        behind = name.folded[comma.end() :]
        has_form = end_of_form(name.text[comma.end() :], behind)
        if not has_form and (begins_with_street(behind) or ends_with_town(behind)):
            return replace(name, end=name.start + comma.start())
    return name


def _is_name(text: str) -> bool:
    """Return whether a text can be a name: short, capitalized, with more letters than digits."""
    letters = sum(map(str.isalpha, text))
    digits = sum(map(str.isdigit, text))
    is_capitalized = text[:1].isupper() or text[:1].isdigit()
    is_short = len(text.split()) <= _MOST_NAME_WORDS
    has_letters = letters >= _LEAST_NAME_LETTERS and letters > 3 * digits
    return is_capitalized and is_short and has_letters and ":" not in text


def name_in_window(lines: Sequence[TextLine], issuer: str) -> Finding | None:
    """Find the name below the sender's line, as it is in the window of an envelope."""
    for line in lines[:_SEARCHED_LINES]:
        is_sender = issuer in line.folded and _TOWN.search(line.folded)
        if not is_sender or not _MARKS.search(line.folded):
            continue
        below = lines[line.number + 1 : line.number + 1 + _WINDOW_LINES]
        # Numbers and a date of the bill may be in the column beside the window.
        for name in (piece_below(Piece(line, 0), pieces_of(each, 0)) for each in below[:1]):
            has_town = any(_TOWN.match(each.folded) for each in below[1:])
            if has_town and _is_name(name.text) and issuer not in name.folded:
                reason = "is below the sender's line, as in the window of an envelope"
                return name.finding(name.text, 0.6, reason)
    return None


def name_at_head(lines: Sequence[TextLine]) -> Finding | None:
    """Find a line of two to four capitalized words at the head of a resume."""
    no_names = label_pattern("parties", "no_name")
    for line in lines[:_HEAD_LINES]:
        words = line.text.split()
        if not _LEAST_WORDS <= len(words) <= _MOST_WORDS:
            continue
        is_name = all(_PERSON_WORD.fullmatch(word) and word[0].isupper() for word in words)
        if is_name and not no_names.search(line.folded):
            reason = f"line {line.number + 1} of a resume is a name"
            return line.finding(line.text, 0.75, reason)
    return None
