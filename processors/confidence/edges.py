"""Say whether an address may begin above what was found of it, or go on below."""

import re
from collections.abc import Sequence

from processors.confidence.evidence import Evidence, FoundValue, compact
from processors.values.address_parts import ADDRESS_LABEL, POSTAL_CODE
from processors.values.date_text import MonthNames, dates_in
from processors.values.issuer.addressed import ends_with_town
from processors.values.issuer.blocks import Piece, piece_below, pieces_of
from processors.values.issuer.composed import names_a_body
from processors.values.issuer.name_text import is_title, is_trade
from processors.values.legal_forms import end_of_form, is_address
from processors.values.lines import TextLine, has_digit, label_pattern
from processors.values.money.amounts import money_in

_MOST_LINES = 8
_MOST_HEIGHTS = 2.0
"""Room between two lines of an address, in heights of one, at most."""
_CONTACT = re.compile(
    r"@|www\.|https?:|\b(?:tel|telefon\w*|phone|telephone|fon|fax|mobile|mobil|cell|hotline)\b"
)
_PLACE = re.compile(
    r"\b(?:z\.?a\.?|zi|zac|zone|parc|park|estate|court|buildings?|bldg|tower|cent(?:er|re)|mills?|forge"
    r"|cottage|farm|barn|wharf|hall|gewerbepark|industriepark|industriegebiet|poligono|edificio"
    r"|zona|residencia|immeuble|residence|p\.? ?o\.? ?box|postfach|postbus|apartado|postboks)\b"
)
"""Words of the part of an address that is above its street."""
_PART_OF_TOWN = re.compile(
    r"(?:c\.? ?p\.?|cep|cap|col(?:onia|\.)|bairro|barrio|urb\.|urbanizacion|jud(?:et|\.)"
    r"|dist(?:rict|\.)|industrial (?:area|estate)|phase|tel[- ]aviv[a-z -]*"
    r"|kec(?:amatan|\.)|kel(?:urahan|\.)|brgy\.?|p\.? ?o\.? ?box|postfach|apartado|casilla|sector"
    r"|mah(?:alle|\.)|delegacion|alcaldia|municipio|provincia|depto\.?"
    r"|zip|pin|postal code)(?:[ :.\d]|$)"
)
"""What is within an address below its street: a code by its own word, a district, a box."""
_NUMBER_OF_REGISTER = re.compile(r"\d{6}|\b(?:no|nr|reg|id)\.? ?\d{5}")
_NO_PLACE = ("registered", "buyer", "buyer_marked", "other_marked", "seller", "attention", "payee")
_TOWN_BEHIND = re.compile(r"[^\d:]{3,30}[ ,-]+\d{4,7}(?:-\d{3,4})?\W*$|\(?\d{4,6}\)? [^\W\d_]{3}")


def is_cut(evidence: Evidence, value: FoundValue) -> bool:
    """Return whether a line at an edge of an address looks as if it were a part of it."""
    # Those of receipts are in no other way than those that the weights were fitted on.
    lines = [] if evidence.doc_type.value == "receipt" else _lines_of(evidence, value)
    if not lines:
        return False
    above = _neighbor(evidence, lines[0], -1)
    below = _neighbor(evidence, lines[-1], 1)
    if above and _may_begin(above, evidence.value("company") or ""):
        return True
    if below is None or _may_end(below):
        return below is not None
    following = _neighbor(evidence, below, 1)
    is_between = following is not None and _may_end(following)
    # "Selangor" is one below its town; more words may be a name.
    is_region = ends_with_town(lines[-1].folded) and " " not in below.text
    return _is_plain(below) and (is_between or is_region)


def _lines_of(evidence: Evidence, value: FoundValue) -> list[TextLine]:
    """Return the pieces of lines that an address goes over, none where they are not found."""
    wanted = compact(value.text)
    first = next(iter(value.places), None)
    if value.finding.box:
        rows = [pieces_of(line, 0) for line in evidence.lines_of(value.finding)]
        return [each.line for row in rows for each in row if _is_part(each.line, wanted)]
    return _below(evidence, first, wanted) if first else []


def _below(evidence: Evidence, first: TextLine, wanted: str) -> list[TextLine]:
    """Return the pieces of an address from its first line on."""
    found: list[TextLine] = []
    for line in evidence.lines[first.number : first.number + _MOST_LINES]:
        piece = piece_below(Piece(found[-1] if found else first, 0), pieces_of(line, 0))
        if not _is_part(piece, wanted):
            break
        found.append(piece)
    return found


def _is_part(line: TextLine, wanted: str) -> bool:
    own = compact(line.text)
    return bool(own) and own in wanted


def _neighbor(evidence: Evidence, line: TextLine, step: int) -> TextLine | None:
    """Return the piece above or below a line in its column, None if it is far from there."""
    number = line.number + step
    if not 0 <= number < len(evidence.lines):
        return None
    other = evidence.lines[number]
    piece = piece_below(Piece(line, 0), pieces_of(other, 0))
    one, own = piece.box, line.box
    if one is None or own is None:
        return piece
    room = (own[1] - one[3]) if step < 0 else (one[1] - own[3])
    is_column = one[0] < own[2] and own[0] < one[2]
    return piece if is_column and room < _MOST_HEIGHTS * (own[3] - own[1]) else None


def _may_begin(line: TextLine, company: str) -> bool:
    """Return whether a line above an address has a number or a word of places."""
    folded = line.folded
    # An address in care of somebody is that of another.
    if folded.startswith("c/o "):
        return True
    if _is_other(line) or compact(company) in compact(line.text) or is_title(folded.strip(" :.")):
        return False
    is_number = folded.startswith("(") or _NUMBER_OF_REGISTER.search(folded)
    return (has_digit(folded) and not is_number) or _PLACE.search(folded) is not None


def _may_end(line: TextLine) -> bool:
    """Return whether a line below an address has a town with its code, or a part of one."""
    if _PART_OF_TOWN.match(line.folded):
        return True
    if _is_other(line) or ADDRESS_LABEL.match(line.folded):
        return False
    if is_title(line.folded.strip(" :.")):
        return False
    has_code = POSTAL_CODE.search(line.folded) is not None
    return ends_with_town(line.folded) or bool(has_code and _TOWN_BEHIND.match(line.folded))


def _is_plain(line: TextLine) -> bool:
    """Return whether a line is capitalized words that are no name, label or title."""
    folded = line.folded.strip(" :.")
    is_name = end_of_form(line.text, line.folded) or names_a_body(folded) or is_trade(folded)
    is_other = is_name or is_title(folded) or _is_other(line) or has_digit(folded)
    return not is_other and all(word[:1].isupper() for word in line.text.split())


def _is_other(line: TextLine) -> bool:
    """Return whether a line is a contact, a number with its label, a date or an amount."""
    folded = line.folded
    labels: Sequence[str] = _NO_PLACE
    if ":" in folded or _CONTACT.search(folded) or not any(map(str.isalpha, folded)):
        return True
    if any(label_pattern("company", each).search(folded) for each in labels[:1]):
        return True
    if any(label_pattern("company", each).match(folded) for each in labels[1:]):
        return True
    is_of_paper = label_pattern("company", "never").search(folded) and not is_address(folded)
    is_end = label_pattern("address", "end").match(folded) is not None
    return bool(is_of_paper or is_end or dates_in(folded, MonthNames(())) or _is_sum(folded))


def _is_sum(folded: str) -> bool:
    return any(each.cents for each in money_in(folded.replace(", ", " ; ")))
