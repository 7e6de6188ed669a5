"""Find the buyer of a document: who is named behind a label, or in the window of an envelope."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.issuer.addressed import ends_with_town
from processors.values.issuer.blocks import Piece, piece_above, piece_below, pieces_of
from processors.values.issuer.composed import names_a_body, names_an_office
from processors.values.issuer.evidence import is_beside_bank
from processors.values.issuer.name_text import is_title
from processors.values.issuer.streets import begins_with_street
from processors.values.legal_forms import end_of_form, is_address
from processors.values.lines import TextLine, fold, is_label, label_pattern
from processors.values.receiver.labeled_names import (
    COURTESY,
    LINES_BELOW,
    LONE_LABEL_CHARS,
    MARKED,
    NUMBER_OF_PARTY,
    SEARCHED_LINES,
    LabeledName,
    is_name,
    label_in,
    name_below,
    name_up_to_label,
)
from processors.values.receiver.unlabeled import name_without_label

_STREET = re.compile(r"[^\W\d][^\d:]{2,40} \d{1,4}[a-z]?")
_HOUSE_FIRST = re.compile(r"\d{1,5}[a-z]?,? [^\W\d_]{2}")
_COLUMN_SLACK_PT = 12.0
"""How far from the left edge of its label a name below it may begin."""

_KINDS = (("buyer", 0.75), (MARKED, 0.7), (COURTESY, 0.7), ("receiver", 0.6))
"""Lists of labels of a buyer, and how sure the name behind one is."""
_OF_ACCOUNT = frozenset({"account name", "intestatario", "titular"})
"""Labels of a buyer, and beside the numbers of a bank of who is paid."""
GOODS_SENT = ", where goods are sent"
"""Part of the reason of a buyer that only a label of a delivery names."""
READER = ", who may work for somebody else"
"""The same for one who is to read the document, where no company is named."""
_PREPOSITIONS = frozenset({"to", "for", "an", "til", "till", "aan"})
"""Labels of the buyer that are before a place, a subject or a mailbox as well."""
_ORIGIN = re.compile(r"(?:from|fra|von|fran|van)\b")
_PAID_TO = re.compile(
    r"\b(?:remit(?:tance)?s?|pay(?:able|ment)?s?|che(?:qu|ck)e?s?|transfer|return|reply|send)\b"
    r"[^:]{0,20}\bto\W*$"
)
"""What is before who is to be paid or answered: that is the issuer."""
_TITLE_OF_NAME = re.compile(r"(?:mr|mrs|ms|miss|dr|prof|herr|herrn|frau|hr|fr|dhr|mevr)\b")

# The window of an envelope (DIN 5008): the sender's address in one line of small print, with marks
# between its parts, and below it the receiver's name and address.
_WINDOW_LINES = 6
_MARKS = re.compile(r"[\u25cf\u2022\u00b7|,*-]")
_TOWN = re.compile(r"(?:[a-z]{1,2}[- ])?\d{4,5} [a-z]|.{0,40}(?<!\d)\d{5} [a-z]")


def find_buyer(
    lines: Sequence[TextLine], *, company: Finding | None, address: Finding | None = None
) -> Finding | None:
    """Find the buyer: the name after "bill to", "customer" or similar words.

    Without such words it is the name in the window of the envelope, or at the only address besides
    that of the issuer, `address`. The issuer is not the buyer.
    """
    issuer = fold(company.value) if company and company.value else ""
    named = [
        (name, confidence)
        for kind, confidence in _KINDS
        for each in _names_in_columns(lines, kind)
        if (name := _with_remark(_employer_of(each, lines)))
        if not (issuer and name.folded.startswith(issuer)) and not _is_another(name, lines)
    ]
    # Who is to read it is not who gets it, and the name of an account is also that of who is paid.
    last = _PREPOSITIONS | _OF_ACCOUNT
    named.sort(key=lambda each: (bool(each[0].remark), _is_reader(each[0]), each[0].label in last))
    ranked = [name.finding(confidence) for name, confidence in named]
    if not ranked:
        return _unlabeled(lines, issuer, address)
    return with_others(ranked[0], ranked)


def _unlabeled(lines: Sequence[TextLine], issuer: str, address: Finding | None) -> Finding | None:
    if not issuer:
        return None
    named = name_in_window(lines, issuer)
    own = address.value if address and address.value else ""
    return named or name_without_label(lines, issuer, own)


def _with_remark(name: LabeledName | None) -> LabeledName | None:
    """Return a name, which says so if its label is that of who gets goods."""
    is_place = name and label_pattern("parties", "delivery").fullmatch(
        name.line.folded[: name.start].strip(" :") or name.label
    )
    return replace(name, remark=GOODS_SENT) if name and is_place else name


def _is_reader(name: LabeledName) -> bool:
    return label_pattern("company", "attention").fullmatch(name.label) is not None


def _employer_of(name: LabeledName, lines: Sequence[TextLine]) -> LabeledName | None:
    """Return a name; of one behind "attn" the company above or below it in its column.

    Without one an office or a department gets nothing: "Attn: Accounts Payable".
    """
    if not _is_reader(name):
        return name
    above = piece_above(name.line, lines)
    # "Case" or "Net 30" may be above it in a column beside: a company says that it is one.
    if above and _may_employ(above) and _is_company(above):
        return LabeledName(above, 0, len(above.text), name.label, where="above")
    below = _employer_below(name.line, lines[name.line.number + 1 :][:2])
    if below:
        return LabeledName(below, 0, len(below.text), name.label, where="below")
    is_office = names_an_office(name.folded) or _is_no_buyer(name.folded)
    return None if is_office else replace(name, remark=READER)


def _employer_below(reader: TextLine, following: Sequence[TextLine]) -> TextLine | None:
    """Return the company below who is to read a document, by its form or the street below it."""
    pieces = [piece_below(Piece(reader, 0), pieces_of(each, 0)) for each in following]
    is_at_street = any(
        is_address(each.folded) or ends_with_town(each.folded) for each in pieces[1:]
    )
    is_named = bool(pieces) and (_is_company(pieces[0]) or is_at_street)
    return pieces[0] if is_named and _may_employ(pieces[0]) else None


def _is_company(line: TextLine) -> bool:
    return bool(end_of_form(line.text, line.folded)) or names_a_body(line.folded)


def _may_employ(line: TextLine) -> bool:
    """Return whether a line beside who is to read a document may be whose office that is."""
    is_place = is_address(line.folded) or ends_with_town(line.folded)
    is_other = _is_for_reader(line) or label_pattern("company", "never").search(line.folded)
    has_form = bool(end_of_form(line.text, line.folded))
    return has_form or (
        is_name(line.text) and not (is_place or is_other or _is_no_buyer(line.folded))
    )


def _is_for_reader(line: TextLine) -> bool:
    """Return whether a line says who of a company is to read it: "Attn: Ann Fox"."""
    is_office = names_an_office(line.folded) and is_title(line.folded.strip(" :."))
    return is_office or label_pattern("company", "attention").match(line.folded) is not None


def _is_another(name: LabeledName, lines: Sequence[TextLine]) -> bool:
    """Return whether a name is a mailbox, who is to be paid at a bank, or a place or a subject."""
    is_payee = name.label in _OF_ACCOUNT and is_beside_bank(name.line, lines)
    is_paid = _PAID_TO.search(name.line.folded[: name.start]) is not None
    is_other = name.label in _PREPOSITIONS and not _is_addressed(name, lines)
    # "Firma" above a name is who gets a letter, and before a colon anybody's.
    is_any = name.label == "firma" and ":" in name.line.folded[: name.start]
    return is_payee or is_paid or is_other or is_any or "@" in name.text


def _is_addressed(name: LabeledName, lines: Sequence[TextLine]) -> bool:
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


def _names_in_columns(lines: Sequence[TextLine], kind: str) -> Iterator[LabeledName]:
    """Yield the names after labels of a kind: behind it in its column, below it, or beside it.

    The name of another party may be beside a label: "Bill to" and "Ship to" are two columns.
    """
    rows = [pieces_of(line, line.number) for line in lines[:SEARCHED_LINES]]
    for number, row in enumerate(rows):
        for index, piece in enumerate(row):
            label = label_in(piece.line, kind)
            if label is None:
                continue
            named = _named_in(piece, label)
            if named is None and _is_of_seller(row[:index], rows[number + 1 : number + 2]):
                named = []
            if named is None:
                beside = _beside(row[index + 1 :], label)
                below = _first_below(piece, lines, rows[number + 1 :][:LINES_BELOW], label)
                has_colon = piece.line.text.rstrip().endswith(":")
                named = [*beside, *below] if has_colon else [*below, *beside]
            yield from [
                each for each in named if _is_reader(each) or not _is_no_buyer(each.folded)
            ][:1]


def _is_of_seller(before: Sequence[Piece], below: Sequence[Sequence[Piece]]) -> bool:
    """Return whether what is below a label beside that of the seller is in the seller's column.

    The cells of a page may be below each other: then the first row belongs to the first label.
    """
    sellers = label_pattern("company", "seller")
    is_beside = any(sellers.fullmatch(each.line.folded.strip(" :")) for each in before)
    return is_beside and any(
        len(row) <= len(before) and all(each.line.box is None for each in row) for row in below
    )


def _named_in(piece: Piece, label: re.Match[str]) -> list[LabeledName] | None:
    """Return the name behind a label in its piece or cell, None if nothing is there."""
    name = name_up_to_label(piece.line, label.end(), label.group())
    is_row = piece.count == 1 and bool(piece.line.cells)
    name = _without_address(_in_cell(name) if is_row else name)
    if len(name.text) <= LONE_LABEL_CHARS:
        return None
    is_other = is_row and is_label(name.folded.strip(" :.")) and not _has_form(name)
    return [name] if is_name(name.text) and not is_other else []


def _has_form(name: LabeledName) -> bool:
    return bool(end_of_form(name.text, name.folded))


def _beside(row: Sequence[Piece], label: re.Match[str]) -> list[LabeledName]:
    """Return the name in the piece behind a label, none if that is a title or another label."""
    other = row[0].line if row else None
    if other and (
        other.text.endswith(":") or is_title(other.folded.strip(" :.")) or _is_label(other)
    ):
        return []
    named = [name_up_to_label(each.line, 0, label.group()) for each in row[:1]]
    return [each for each in named if is_name(each.text)]


def _in_cell(name: LabeledName) -> LabeledName:
    """Return a name without what is in the next cells of its row."""
    _, end = name.line.cell(name.line.cell_at(name.start))
    return replace(name, end=min(name.end, end)) if name.text else name


def _is_label(line: TextLine) -> bool:
    return is_label(line.folded.strip(" :.")) and not end_of_form(line.text, line.folded)


def _first_below(
    piece: Piece,
    lines: Sequence[TextLine],
    rows: Sequence[Sequence[Piece]],
    label: re.Match[str],
) -> list[LabeledName]:
    """Return the name that is first below a label in its column, none if something else is."""
    column = [each for row in rows if (each := _in_column_of(piece, row, lines))]
    for place, line in enumerate(column):
        if _is_for_reader(line) and any(map(_may_employ, column[place + 1 : place + 2])):
            continue
        if not NUMBER_OF_PARTY.match(line.folded):
            name = name_below(line, label.group())
            return [name] if name else []
    return []


def _in_column_of(piece: Piece, row: Sequence[Piece], lines: Sequence[TextLine]) -> TextLine | None:
    """Return what a row has below a piece, None if that begins elsewhere."""
    # "Name:" and the name in the next column are one line of the block.
    is_labeled = any(each.line.text[:1] == ":" or each.line.text[-1:] == ":" for each in row)
    line = lines[row[0].line.number] if is_labeled else piece_below(piece, row)
    box, own = line.box, piece.line.box
    is_elsewhere = box and own and abs(box[0] - own[0]) > _COLUMN_SLACK_PT
    return None if is_elsewhere else line


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


def _without_address(name: LabeledName) -> LabeledName:
    """Return a name without the street or the town that is behind it and a comma."""
    for comma in re.finditer(", ", name.text):
        behind = name.folded[comma.end() :]
        has_form = end_of_form(name.text[comma.end() :], behind)
        if not has_form and (begins_with_street(behind) or ends_with_town(behind)):
            return replace(name, end=name.start + comma.start())
    return name


def name_in_window(lines: Sequence[TextLine], issuer: str) -> Finding | None:
    """Find the name below the sender's line, as it is in the window of an envelope."""
    for line in lines[:SEARCHED_LINES]:
        is_sender = issuer in line.folded and _TOWN.search(line.folded)
        if not is_sender or not _MARKS.search(line.folded):
            continue
        below = lines[line.number + 1 : line.number + 1 + _WINDOW_LINES]
        # Numbers and a date of the bill may be in the column beside the window.
        for name in (piece_below(Piece(line, 0), pieces_of(each, 0)) for each in below[:1]):
            has_town = any(_TOWN.match(each.folded) for each in below[1:])
            if has_town and is_name(name.text) and issuer not in name.folded:
                reason = "is below the sender's line, as in the window of an envelope"
                return name.finding(name.text, 0.6, reason)
    return None
