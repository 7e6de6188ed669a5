"""Find who receives a bill where no label says so: the second address of its first page."""

import re
from collections.abc import Iterator, Sequence

from pipeline.model import Finding
from processors.values.date_text import MonthNames, dates_in
from processors.values.issuer.addressed import ends_with_town, is_return_address
from processors.values.issuer.blocks import Piece, piece_below, pieces_of
from processors.values.issuer.name_text import is_title
from processors.values.legal_forms import end_of_form, is_address
from processors.values.lines import TextLine, fold, has_digit, is_label, label_pattern
from processors.values.money.amounts import money_in
from processors.values.receiver.labeled_names import is_name

NO_LABEL = ", without a label"
"""Part of the reason of a buyer that may be another party or another place."""
AT_ADDRESS = "is above a street and a town, as who receives it"
"""Beginning of the reason of a buyer that nothing but its place names."""
_SEARCHED_LINES = 40
_LINES_OF_BLOCK = 5
_MOST_HEIGHTS = 1.2
"""Room between two lines of an address, in heights of one, at most."""
_CONTACT = re.compile(
    r"@|www\.|https?:|\b(?:tel|telefon\w*|phone|telephone|fon|fax|mobile|mobil|hotline|iban|bic)\b"
)
_PERSON = re.compile(r"(?:mrs?|ms|miss|messrs|mme|sra?|sig|herrn?|frau|familie|hr|fru|dhr|mevr)\b")
_HOUSE = re.compile(r"^\d{1,5}[a-z]?,? [^\W\d_]{2}|[^\W\d_]{2},? \d{1,4}[a-z]?$|box \d|postfach")


def name_without_label(lines: Sequence[TextLine], issuer: str, address: str) -> Finding | None:
    """Find the name above the only street and town that are not the issuer's.

    `address` is that of the issuer; it is before the rows of a bill, and so is who receives it.
    """
    head = [line for line in lines[:_SEARCHED_LINES] if line.page == lines[0].page]
    rows = next((at for at, line in enumerate(head) if _is_row(line)), len(head))
    found = {
        fold(name.text): name
        for name in _names_above_towns(head[:rows], fold(issuer), fold(address))
    }
    if not found:
        return None
    name = next(iter(found.values()))
    is_sure = bool(end_of_form(name.text, name.folded) or _PERSON.match(name.folded))
    reason = AT_ADDRESS
    if len(found) > 1 or not address or not is_sure:
        reason += NO_LABEL
    return name.finding(name.text, 0.6, reason)


def _is_row(line: TextLine) -> bool:
    return any(amount.cents for amount in money_in(line.folded.replace(", ", " ; ")))


def _names_above_towns(lines: Sequence[TextLine], issuer: str, address: str) -> Iterator[TextLine]:
    """Yield the names of blocks with a street and a town that are not the issuer's."""
    for number, line in enumerate(lines):
        for piece in pieces_of(line, number):
            folded = piece.line.folded
            is_own = folded.strip(" .,") in address or is_return_address(folded)
            if is_own or not ends_with_town(folded) or not _is_plain(piece.line):
                continue
            block = _block_above(piece.line, lines[:number])
            below = lines[number + 1 : number + 2]
            is_contact = any(_CONTACT.search(_below(piece.line, each).folded) for each in below)
            if is_contact or any(issuer in each.folded for each in block):
                continue
            name = _name_of(block)
            if name:
                yield name


def _name_of(block: Sequence[TextLine]) -> TextLine | None:
    """Return the first line of a block if it is a name above a street, None otherwise."""
    named = [each for each in block if not label_pattern("company", "attention").match(each.folded)]
    streets = [at for at, each in enumerate(named) if _is_street(each)]
    if not streets or not streets[0]:
        return None
    name = named[0]
    is_other = has_digit(name.text) and not end_of_form(name.text, name.folded)
    return name if is_name(name.text) and not is_other else None


def _is_street(line: TextLine) -> bool:
    is_firm = end_of_form(line.text, line.folded)
    return not is_firm and bool(is_address(line.folded) or _HOUSE.search(line.folded))


def _block_above(town: TextLine, lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines of a block above its town, from the top; none below a label."""
    block: list[TextLine] = []
    last = town
    for line in reversed(lines[-_LINES_OF_BLOCK:]):
        piece = _below(last, line)
        if not _is_close(piece, last):
            break
        if not _is_plain(piece):
            # A label above a block says whose it is.
            is_end = is_title(piece.folded.strip(" :.")) or dates_in(piece.folded, MonthNames(()))
            return block if is_end else []
        if ends_with_town(piece.folded):
            break
        block.insert(0, piece)
        last = piece
        # Without places nothing says where a block begins: above a street is one name.
        if town.box is None and len(block) > 1 and _is_street(block[1]):
            above = lines[: piece.number][-1:]
            return [] if any(each.text.endswith(":") for each in above) else block
    return block


def _below(line: TextLine, row: TextLine) -> TextLine:
    return piece_below(Piece(line, 0), pieces_of(row, 0))


def _is_close(line: TextLine, below: TextLine) -> bool:
    one, own = line.box, below.box
    if one is None or own is None:
        return line.page == below.page
    is_column = one[0] < own[2] and own[0] < one[2]
    return is_column and own[1] - one[3] < _MOST_HEIGHTS * (own[3] - own[1])


def _is_plain(line: TextLine) -> bool:
    """Return whether a line may be of an address: no label, title, contact or date."""
    folded = line.folded
    bare = folded.strip(" :.")
    if ":" in folded or _CONTACT.search(folded) or is_title(bare) or is_label(bare):
        return False
    labels = (
        label_pattern("company", each)
        for each in ("buyer", "buyer_marked", "other_marked", "seller", "seller_marked", "payee")
    )
    is_party = any(pattern.fullmatch(bare) for pattern in labels)
    is_dated = bool(dates_in(folded, MonthNames(())))
    return not (is_party or is_dated or label_pattern("company", "registered").search(folded))
