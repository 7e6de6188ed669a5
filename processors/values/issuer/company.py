"""Find the company that issued a document.

Every piece of the first page that may be a name collects points: for its place and size, for a
legal form, and for what the rest of the page says about the name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.date_text import MonthNames, dates_in
from processors.values.issuer.addressed import (
    ORIGINS,
    below_streets,
    is_journey,
    is_town_and_code,
    streets_in,
)
from processors.values.issuer.blocks import (
    Piece,
    is_amount,
    is_far_apart,
    pieces_by_party,
    pieces_of,
)
from processors.values.issuer.composed import (
    before_address,
    is_elsewhere,
    is_list_of_trades,
    is_spelled_out,
    large_names_joined,
    names_a_body,
    sign_at_head,
    signed_below,
    signers,
    with_forms_joined,
)
from processors.values.issuer.evidence import (
    BEHIND_A_LABEL,
    CRAFT_ALONE,
    OF_CUSTOMERS,
    OF_DOMAIN,
    PER_LINE,
    TOP_LINES,
    PageEvidence,
    evidence_of,
    points_of_line,
)
from processors.values.issuer.foot import AT_FOOT, named_at_foot
from processors.values.issuer.letterhead import (
    LetterHead,
    is_in_head,
    letter_head_of,
    numbers_of_others,
)
from processors.values.issuer.name_text import (
    is_craft,
    is_no_name,
    is_title,
    is_trade,
    name_in,
    start_of_name,
    text_of_name,
)
from processors.values.legal_forms import is_address, is_long_form
from processors.values.lines import TextLine, fold, has_digit, label_pattern

_SEARCHED_LINES = 160
"""Lines of the first page in which a name with a legal form is looked for."""

# Points. They are fitted to receipts and invoices whose issuer is known; others are in evidence.py.
_ABOVE_A_NAME = -1.2
"""For "Bakery" above "Otter & Sons"."""
_NAMEDAS_SELLER = 1.5
_WITH_A_ROLE = -5.0
"""For "Landlord: Grand Kettle Ltd" below a letterhead."""
_BRANCHES = frozenset({"store", "shop"})
"""Labels of the seller that are also those of a branch."""
_WITH_ITS_ADDRESS = 2.5
"""For a name with its street and town on one line: who issues a document says where it is."""
_AT_ITS_ADDRESS = ", with its address"
_SPELLED_OUT = 0.1
"""For a whole name, compared with its first words on a sign."""
_SIGNED_FOR = 2.2
_AT_SIGNATURE = ", at a signature"
AS_SELLER = ", named as the seller"
_HEAD_LINES, _FOOT_LINES = 5, 4
"""Lines of the head of a page, and those of its foot, where small print names the issuer."""
_BELOW_ENVELOPE = 4.0
"""For a name with its registration at the foot, where the head has the receiver alone."""
_OVER_TWO_LINES = 0.4
"""For two lines in large letters as one name, compared with the first of them alone."""

_GOES_ON = re.compile(
    r"(?:du|de|des|del|della|di|da|do|dos|van|of|zum|zur|vom|am|im|the)\b|d['\u2019]"
)
_JOINED = re.compile(r" (?:and|&|und|et|y|e|en|och|og) ")
_TRADE_WORDS = 2
"""Words of a line that says what a shop is, such as "home center"; a longer one is its name."""
_MOST_RANKED = 12
"""Names that may be candidates: a name is often found in its line and in a piece of it."""

_BASE_CONFIDENCE = 0.4
_CONFIDENCE_PER_POINT = 0.1
_MOST_CONFIDENCE = 0.92


@dataclass(frozen=True, slots=True)
class _CompanyCandidate:
    """A possible name with its points and the reasons for them."""

    name: str
    points: float
    reason: str
    line: TextLine
    has_form: bool
    has_long_form: bool


@dataclass(frozen=True, slots=True)
class _Page:
    """The first page: whose blocks its pieces are in, and what it says about names."""

    buyer: frozenset[tuple[int, int]]
    seller: frozenset[tuple[int, int]]
    roles: frozenset[tuple[int, int]]
    has_head: bool
    evidence: PageEvidence
    begins_with_name: bool
    streets: frozenset[int]
    below_streets: frozenset[int]
    signers: frozenset[int]
    is_journey: bool
    trades_above: frozenset[int]

    def points_of_label(self, piece: Piece, label: str) -> tuple[float, str]:
        """Return the points for a label of the seller or of a role, such as that of a landlord."""
        roles = label_pattern("company", "seller_marked")
        is_role = piece.key in self.roles or roles.fullmatch(label.strip(" :"))
        if is_role and self.has_head:
            return _WITH_A_ROLE, ""
        is_seller = is_role or self.names_seller(piece, label)
        return (_NAMEDAS_SELLER, AS_SELLER) if is_seller else (0.0, "")

    def names_seller(self, piece: Piece, label: str) -> bool:
        """Return whether a label says that a piece is the seller, before it or above it."""
        # Below the name of a shop, "Store: Ely" is one of its places.
        is_branch = self.begins_with_name and label.strip(" :") in _BRANCHES
        return not is_branch and (bool(label) or piece.key in self.seller)

    def has_name_above(self, place: int) -> bool:
        """Return whether a line is the second one, below a name."""
        return self.begins_with_name and place == 1


def find_company(
    lines: Sequence[TextLine], *, commercial: bool, doc_class: str | None = None
) -> Finding | None:
    """Find who issued the document.

    If it is not `commercial`, a name counts only with a legal form that nothing else looks like, or
    at the head of a letter or a form. What somebody has filled in a form is no issuer.
    """
    others = numbers_of_others(lines, doc_class)
    head = letter_head_of(lines, doc_class)
    possible = [
        each
        for each in candidates(lines)
        if each.line.number not in others and (commercial or _is_of_letter(each, head))
    ]
    found = [each for each in possible if each.points > 0] or list(_crafts(possible))
    ranked = sorted(_with_signs(found), key=lambda each: each.points, reverse=True)
    if not ranked:
        return None
    best, *rivals = map(_finding, ranked[:_MOST_RANKED])
    return with_others(best, rivals)


def _crafts(found: Sequence[_CompanyCandidate]) -> Iterator[_CompanyCandidate]:
    """Yield the crafts with the points of names: where no other name is, they head the page."""
    for each in found:
        is_head = each.line.number < _HEAD_LINES and is_craft(fold(each.name))
        if is_head and each.points > CRAFT_ALONE:
            yield replace(each, points=each.points - CRAFT_ALONE)


def _with_signs(found: Sequence[_CompanyCandidate]) -> Iterator[_CompanyCandidate]:
    """Yield the names; one that is whole at its address or with its form has a sign's points, too.

    A sign or a logo has the first words of a name: "otter" above, and below everything else
    "Otter Tiles Ltd".
    """
    for each in found:
        is_whole = each.has_form or each.reason.endswith((_AT_ITS_ADDRESS, AT_FOOT))
        signs = [
            sign.points + _SPELLED_OUT
            for sign in found
            if is_whole
            and not (sign.has_form or sign.reason.endswith(AS_SELLER))
            and fold(each.name).startswith(f"{fold(sign.name)} ")
        ]
        yield replace(each, points=max([each.points, *signs]))


def _is_of_letter(candidate: _CompanyCandidate, head: LetterHead | None) -> bool:
    """Return whether a name is enough: by its form, or as who heads or signs a letter."""
    # In the head of a letter the legal form may be the receiver's.
    if candidate.has_long_form and not is_in_head(candidate.line, head):
        return True
    if head is None:
        return False
    folded = fold(candidate.name)
    if candidate.reason.endswith(_AT_SIGNATURE):
        return names_a_body(folded) or candidate.has_form or OF_DOMAIN in candidate.reason
    is_named = candidate.reason.endswith(AS_SELLER)
    return head.is_sender(candidate.line, folded, has_form=candidate.has_form, is_named=is_named)


def _finding(candidate: _CompanyCandidate) -> Finding:
    start = max(0, candidate.line.text.find(candidate.name))
    return candidate.line.finding(
        candidate.name,
        min(_MOST_CONFIDENCE, _BASE_CONFIDENCE + _CONFIDENCE_PER_POINT * candidate.points),
        candidate.reason,
        start=start,
        end=start + len(candidate.name),
    )


def candidates(lines: Sequence[TextLine]) -> list[_CompanyCandidate]:
    """Return the names on the first page, except those in the block of a receiver."""
    first_page = [line for line in lines if line.page == lines[0].page][:_SEARCHED_LINES]
    rows = [pieces_of(line, place) for place, line in enumerate(first_page)]
    page = _page_of(first_page, rows)
    # Below a name is what its owner does.
    pieces = (
        each
        for each in _possible_pieces(first_page, rows, page)
        if not (each.place and is_list_of_trades(each.line.text))
    )
    return [found for piece in pieces if (found := _candidate_in(piece, page))]


def _page_of(first_page: Sequence[TextLine], rows: Sequence[Sequence[Piece]]) -> _Page:
    """Return whose blocks the pieces of the first page are in, and what it says about names."""
    parties = pieces_by_party(rows)
    of_buyer = [piece.line for row in rows for piece in row if piece.key in parties["buyer"]]
    return _Page(
        buyer=parties["buyer"],
        seller=parties["seller"],
        roles=parties["seller_marked"],
        has_head=any(_is_head(line, first_page) for line in first_page[:_HEAD_LINES]),
        evidence=evidence_of(first_page, of_buyer=of_buyer),
        begins_with_name=bool(name_in(first_page[0].text)[0]),
        streets=frozenset(streets_in(first_page)),
        below_streets=frozenset(below_streets(first_page)),
        signers=frozenset(signers(first_page)),
        is_journey=is_journey(first_page),
        trades_above=frozenset(_trades_above(first_page)),
    )


def _trades_above(lines: Sequence[TextLine]) -> Iterator[int]:
    """Yield the numbers of lines at the top that say what the shop named below them is."""
    for line, below in pairwise(lines[:_HEAD_LINES]):
        is_name = bool(name_in(below.text)[0]) and not any(map(str.isdigit, below.text))
        # "Boulangerie" above "du Vieux Pont" begins a name.
        is_own = is_name and not (is_address(below.folded) or _GOES_ON.match(below.folded))
        if is_own and is_trade(line.folded):
            yield line.number


def _is_head(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Return whether a line names who heads a page: with a legal form, as a body or at the top."""
    name, has_form = name_in(line.text)
    is_labeled = start_of_name(line)[0] > 0 or ":" in line.text
    is_top = line.number == lines[0].number or is_title(lines[0].folded)
    return bool(name) and not is_labeled and (has_form or is_top)


def _possible_pieces(
    lines: Sequence[TextLine], rows: Sequence[Sequence[Piece]], page: _Page
) -> Iterator[Piece]:
    """Yield lines and their pieces that are not in the block of a receiver."""
    for place, line in with_forms_joined(lines):
        if not _has_other(rows[place], page.buyer):
            yield Piece(line, place)
    for row in filter(_has_columns, rows):
        yield from (piece for piece in row if piece.key not in page.buyer)
    for piece in _composed(lines, page.evidence):
        if not any(each.key in page.buyer for each in rows[piece.place]):
            yield piece
    # Who labels the receiver elsewhere is itself at the head.
    for line in () if page.buyer else named_at_foot(lines):
        place = line.number - lines[0].number
        points = _BELOW_ENVELOPE + PER_LINE * min(place, TOP_LINES)
        yield Piece(line, place, points=points, why=f", {AT_FOOT}")
    sign = sign_at_head(lines)
    if sign:
        yield Piece(sign, 0)


def _has_other(row: Sequence[Piece], of_buyer: frozenset[tuple[int, int]]) -> bool:
    """Return whether a line is no name as a whole: "Otter Grill   Table 4", "Otter   To: Ann"."""
    is_labeled = any(is_no_name(each.line.folded, has_form=False) for each in row[1:])
    return is_labeled or is_far_apart(row) or any(piece.key in of_buyer for piece in row)


def _has_columns(row: Sequence[Piece]) -> bool:
    """Return whether the pieces of a row are columns of the page.

    A row that begins with a day, or ends with an amount, is one of a table. Letters may be apart.
    """
    is_entry = bool(dates_in(row[0].line.folded, MonthNames(()))) or is_amount(row[-1])
    is_spaced_out = all(len(word) == 1 for each in row for word in each.line.text.split())
    return len(row) > 1 and not (is_entry or is_spaced_out)


def _composed(lines: Sequence[TextLine], evidence: PageEvidence) -> Iterator[Piece]:
    """Yield pieces that are more or less than a line, and those at a signature."""
    for place, line in enumerate(lines):
        cut = before_address(line)
        # Elsewhere it is who gets the document, or where the owner of the name above it is.
        is_edge = place == 0 or place >= max(len(lines) - _FOOT_LINES, _HEAD_LINES)
        # A logo has the first word of the name.
        is_known = cut and (is_elsewhere(cut, lines) or is_spelled_out(lines[0].folded, cut.folded))
        if cut and (is_edge or names_a_body(cut.folded) or is_known):
            yield Piece(cut, place, points=_WITH_ITS_ADDRESS, why=_AT_ITS_ADDRESS)
    for place, line in large_names_joined(lines, evidence.usual_height_pt):
        # The first line alone may be repeated, as the name of its town.
        points = _OVER_TWO_LINES + evidence.points_of_repeats(lines[place].folded)
        yield Piece(line, place, points=points, why=", over two lines")
    for line in signed_below(lines):
        yield Piece(line, line.number - lines[0].number, points=_SIGNED_FOR, why=_AT_SIGNATURE)


def _candidate_in(piece: Piece, page: _Page) -> _CompanyCandidate | None:
    """Return the name in a piece, with its points; None if it has none."""
    line, place = piece.line, piece.place
    text, label = text_of_name(line)
    name, has_form = name_in(text)
    if not name or piece.joins_number(name) or _is_another(name, label, piece, page):
        return None
    folded = fold(name)
    more, why = page.evidence.points_for(name, line, is_at_top=place < TOP_LINES)
    more, why = more + piece.points, why + piece.why
    if not (has_form or label or more > 0 or place < TOP_LINES):
        return None

    # Who is to be paid is at the end, which is as good as a name at the top.
    is_payee = page.evidence.is_payee(folded)
    points, reason = points_of_line(
        folded,
        has_form=has_form,
        place=0 if is_payee else place,
        is_below_name=page.has_name_above(place)
        and len(_JOINED.sub(" ", folded).split()) <= _TRADE_WORDS,
    )
    points += BEHIND_A_LABEL * (f": {name}" in text)
    points += _ABOVE_A_NAME * (line.number in page.trades_above)
    if not is_payee:
        of_label, named = page.points_of_label(piece, label)
        more, why = more + of_label, why + named
    return _CompanyCandidate(
        name=name,
        points=points + more,
        reason=reason + why,
        line=line,
        has_form=has_form,
        has_long_form=has_form and is_long_form(folded.split()[-1]),
    )


def _is_another(name: str, label: str, piece: Piece, page: _Page) -> bool:
    """Return whether a name is a street, who signs, a customer's, or leads to the next line."""
    is_lead = piece.line.text.rstrip().endswith(":") and not (label or name_in(name)[1])
    # Where nothing is said of a bank, the holder of an account is a customer.
    is_customer = label in OF_CUSTOMERS and not page.evidence.is_payee(fold(name))
    is_customer = is_customer or (label in ORIGINS and page.is_journey)
    number = piece.line.number
    is_signer = number in page.signers and piece.why != _AT_SIGNATURE
    return is_lead or is_customer or is_signer or _is_place(piece, page)


def _is_place(piece: Piece, page: _Page) -> bool:
    """Return whether a piece is a town below a street, or a street beside a name."""
    number = piece.line.number
    is_town = number in page.below_streets and is_town_and_code(piece.line.folded)
    return is_town or (number in page.streets and has_digit(piece.line.text))
