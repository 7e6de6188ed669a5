"""Find which pieces of a page are about the receiver and which about the seller.

A label such as "bill to" is followed by a block of lines, in its own column if there are several.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from processors.contract import Box
from processors.values.issuer.addressed import is_return_address
from processors.values.issuer.name_text import is_town_with_code
from processors.values.legal_forms import end_of_form, form_pattern, is_address
from processors.values.lines import TextLine, enclosing_box, label_pattern
from processors.values.money.amounts import money_in

_BLOCK_LINES = 4
"""Lines of an address under "seller" or "bill to"."""
_SHORT_LABEL_CHARS = 2
_LONE_LABEL_CHARS = 3
"""Characters after a label that is alone on its line."""
_AFTER_LABEL = {
    "seller": ("seller", {"", ":"}),
    "seller_marked": ("seller_marked", {"", ":"}),
    "buyer": ("buyer", {"", ":", " ", ".", "/"}),
    "buyer_marked": ("buyer", {"", ":"}),
    "other_marked": ("buyer", {"", ":"}),
}
"""Whom a list of labels is about, and what may follow one of its labels.

"Customer Ann" names a buyer, but "from Ann" may be a sentence.
"""
_HOUSE = re.compile(r"^\d{1,5}[a-z]?,? [^\W\d_]{3}|[^\W\d_]{3} \d{1,4}[a-z]?$")
_ADDRESSED_NAME = re.compile(
    r"(?:mr|mrs|ms|miss|messrs|mme|mlle|sr|sra|sig|sig\.ra|hr|fr|fru|dhr|mevr|herrn)\.? [^\W\d_]"
)
"""Who is addressed: "Mrs. Ann Fox". A shop may be called so on the first line or with its form."""
_RESPECTED = re.compile(r".{1,40}[^ ] ?(?:御中|様|殿|귀하|귀중)$")
"""The word of respect behind the name of a receiver in Japanese and Korean."""
_WINDOW_LINES = 6
_SMALL = 0.85
"""The height of its letters, in heights of those in the window, at most."""
_WINDOW_HEIGHTS = 2.0
"""Room between lines there, in heights of one."""
_OF_TABLE = 2
"""Pieces of a row with a label and its value."""
_NUMBER_ALONE = re.compile(r"#?\d[\d.,]*")
_LETTERS = re.compile(r"[^\W\d_]{4}")
"""More letters than a currency has beside its amount."""
_END_OF_NAME = re.compile(
    r"\W*(?:(?:company|group|holdings?|services?|trading|international|enterprises?|industries"
    r"|solutions|partners|associates)\W*)*"
)
_MOST_HEIGHTS_APART = 4.0
"""Room between two pieces of one name, in heights of its letters."""
_COLUMN_SLACK_PT = 12.0
"""How far to the left of its label a line of a block may begin."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line between wide gaps; `line` is cut to it. `place` counts lines from the top.

    `index` is its place among the `count` pieces of the line. `points` are those for what is around
    it, and `why` says for what.
    """

    line: TextLine
    place: int
    index: int = 0
    count: int = 1
    points: float = 0.0
    why: str = ""

    @property
    def key(self) -> tuple[int, int]:
        """Name the piece: its line and its place there."""
        return self.line.number, self.index

    def joins_number(self, name: str) -> bool:
        """Return whether a name goes over cells of which one is a number alone: "76 | Otter Ltd".

        The row is one of a table, and the number no part of the name.
        """
        line = self.line
        start = line.text.find(name) if line.cells and self.count == 1 else -1
        if start < 0:
            return False
        first, last = line.cell_at(start), line.cell_at(start + len(name) - 1)
        bounds = [line.cell(number) for number in range(first, last + 1)]
        cells = [line.folded[begin:end].strip() for begin, end in bounds]
        return len(cells) > 1 and any(map(_NUMBER_ALONE.fullmatch, cells))


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines that still belong to a label, and the column that they are in."""

    kind: str
    lines_left: int
    index: int
    count: int
    left: float | None
    right: float | None
    is_named: bool = False
    """Whether the name is beside the label: only an address is below it then."""

    def holds(self, piece: Piece) -> bool:
        """Return whether a piece is in the column of this block."""
        box = piece.line.box
        if box is None or self.left is None:
            return piece.index == min(self.index, piece.count - 1)
        is_left = self.right is not None and box[0] >= self.right - _COLUMN_SLACK_PT
        return box[0] >= self.left - _COLUMN_SLACK_PT and not is_left

    def goes_on_at(self, piece: Piece) -> bool:
        """Return whether a piece belongs to it: behind a name on the label's line, an address."""
        is_own_line = self.lines_left > _BLOCK_LINES
        return not self.is_named or is_own_line or _of_address(piece)

    def ends_at(self, piece: Piece) -> bool:
        """Return whether nothing of it follows: a town is the end of its address."""
        return not self.goes_on_at(piece) or is_town_with_code(piece.line.folded)


def pieces_of(line: TextLine, place: int) -> list[Piece]:
    """Take a line apart at its wide gaps; each piece has the words and the box that are its own."""
    if not line.gaps:
        return [Piece(line, place)]
    words = list(line.words)
    has_places = [word.text for word in words] == line.text.split()
    pieces = []
    for index, (start, end) in enumerate(pairwise((0, *line.gaps, len(line.text) + 1))):
        text = line.text[start : max(start, end - 1)]
        if not text:
            continue  # an empty cell of a table
        count = len(text.split())
        own = tuple(words[:count]) if has_places else ()
        words = words[count:]
        box = enclosing_box([word.box for word in own]) if own else None
        cut = replace(
            line,
            text=text,
            folded=line.folded[start : start + len(text)],
            box=box,
            words=own,
            gaps=(),
        )
        pieces.append(Piece(cut, place, index, len(line.gaps) + 1))
    return pieces


def pieces_by_party(rows: Sequence[Sequence[Piece]]) -> Mapping[str, frozenset[tuple[int, int]]]:
    """Return the keys of the pieces in the blocks of the seller and of the buyer."""
    found: dict[str, set[tuple[int, int]]] = {
        "buyer": set(),
        "seller": set(),
        "seller_marked": set(),
    }
    blocks: list[_Block] = []
    above: Sequence[Piece] = ()
    for number, row in enumerate(rows):
        found["buyer"] |= _beside_in_table(row, rows[number + 1 : number + 2])
        for index, piece in enumerate(row):
            blocks = _with_label(blocks, piece, row[index + 1 : index + 2])
            # The label that is nearest counts: the block of "ship to" ends that of "bill to".
            nearest = next((each for each in reversed(blocks) if each.holds(piece)), None)
            if nearest and nearest.goes_on_at(piece):
                found[nearest.kind].add(piece.key)
            if nearest and nearest.ends_at(piece):
                blocks.remove(nearest)
            found["buyer"] |= _above_attention(piece, above)
            found["buyer"] |= _in_window(piece, rows[number + 1 : number + 1 + _WINDOW_LINES])
        above = row
        blocks = [
            replace(each, lines_left=each.lines_left - 1) for each in blocks if each.lines_left > 1
        ]
    return {kind: frozenset(keys) for kind, keys in found.items()}


def _beside_in_table(
    row: Sequence[Piece], below: Sequence[Sequence[Piece]]
) -> set[tuple[int, int]]:
    """Return the key of the buyer beside its label, if another label is below that one.

    "Customer   Otter Inc." above "Address   5 Mill Lane" is a table with a column of labels.
    """
    labels = (label_pattern("parties", "any"), label_pattern("fields", "labels"))
    firsts = [each[0].line.folded.strip(" :") for each in below]
    is_table = any(each.fullmatch(first) for each in labels for first in firsts)
    if len(row) != _OF_TABLE or not is_table:
        return set()
    is_label = any(
        kind == "buyer" and len(rest) <= _LONE_LABEL_CHARS for kind, rest in _labels_of(row[0])
    )
    return {row[1].key} if is_label else set()


def _is_addressed(piece: Piece) -> bool:
    """Return whether a piece is the name of a receiver by its form of address."""
    folded = piece.line.folded
    text = piece.line.text
    is_person = piece.place > 0 and _ADDRESSED_NAME.match(folded) is not None
    # "MS Trading House" is no lady.
    is_initials = text.split(" ")[0].isupper() and not text.isupper()
    is_firm = is_person and (is_initials or bool(end_of_form(text, folded)))
    return _RESPECTED.match(folded) is not None or (is_person and not is_firm)


def _above_attention(piece: Piece, above: Sequence[Piece]) -> set[tuple[int, int]]:
    """Return the key of the name above "attention": who is to read it works for that company."""
    if not label_pattern("company", "attention").match(piece.line.folded):
        return set()
    return {each.key for each in above if each.index == piece.index and not _is_far(each, piece)}


def _is_far(above: Piece, piece: Piece) -> bool:
    """Return whether room is between two pieces: the upper one ends another block."""
    box, own = above.line.box, piece.line.box
    if box is None or own is None:
        return False
    return own[1] - box[3] > _WINDOW_HEIGHTS * (own[3] - own[1])


def _in_window(piece: Piece, below: Sequence[Sequence[Piece]]) -> set[tuple[int, int]]:
    """Return the keys of the lines in the window of an envelope, up to the receiver's town.

    Right above it the sender is on one line, in smaller letters.
    """
    box, folded = piece.line.box, piece.line.folded
    if box is None or not is_return_address(folded):
        return set()
    keys: list[tuple[int, int]] = []
    last = box
    for row in below:
        boxes = [(each, each.line.box) for each in row if each.line.box]
        inside = [(each, own) for each, own in boxes if _is_window_below(box, last, own)]
        if not inside:
            break
        own_piece, last = inside[0]
        keys.append(own_piece.key)
        if is_town_with_code(own_piece.line.folded):
            return set(keys) if len(keys) > 1 else set()
    return set()


def _is_window_below(sender: Box, last: Box, box: Box) -> bool:
    """Return whether a box is in the column of a small line, close to what is above it."""
    height = box[3] - box[1]
    is_larger = sender[3] - sender[1] < _SMALL * height
    is_close = box[1] - last[3] < _WINDOW_HEIGHTS * height
    return is_larger and is_close and box[0] < sender[2] and sender[0] < box[2]


def _of_address(piece: Piece) -> bool:
    """Return whether a piece is a street or a town, or says who is to read it."""
    folded = piece.line.folded
    is_attention = label_pattern("company", "attention").match(folded)
    is_place = is_address(folded) or is_town_with_code(folded) or _HOUSE.search(folded)
    return bool(is_place or is_attention)


def _with_label(blocks: list[_Block], piece: Piece, following: Sequence[Piece]) -> list[_Block]:
    """Return the blocks after a piece, which begins one if it is a label."""
    for kind, rest in _labels_of(piece):
        box = piece.line.box
        next_box = following[0].line.box if following else None
        block = _Block(
            kind,
            # In Japan the address is above the name.
            1 if _RESPECTED.match(piece.line.folded) else _BLOCK_LINES + 1,
            piece.index,
            piece.count,
            box[0] if box else None,
            next_box[0] if next_box else None,
            is_named=len(rest) > _LONE_LABEL_CHARS,
        )
        blocks = [each for each in blocks if not each.holds(piece)]
        blocks.append(block)
    return blocks


def _labels_of(piece: Piece) -> Iterator[tuple[str, str]]:
    """Yield the kind of a label that begins a piece, and what follows on its line."""
    folded = piece.line.folded
    if _is_addressed(piece):
        yield "buyer", ""
    for words, (kind, separators) in _AFTER_LABEL.items():
        label = label_pattern("company", words).match(folded)
        if label is None or (kind == "buyer" and _is_first(piece, label)):
            continue
        is_cell = _is_cell(piece, label.end())
        following = folded[label.end() : label.end() + 1]
        # "To Go Noodles" and "An Lan" are names: so short a label has a mark, or its line alone.
        is_short = len(label.group()) <= _SHORT_LABEL_CHARS and following == " "
        if (is_cell or following in separators) and not is_short:
            yield kind, folded[label.end() :].strip(" :.")


def _is_first(piece: Piece, label: re.Match[str]) -> bool:
    """Return whether a word begins the first line, which is the issuer's: "Client Partners".

    Alone on it, or before a colon, it is a label: "Taxpayer", "Client: Otter Partners".
    """
    rest = piece.line.folded[label.end() :]
    is_word = " " not in label.group().strip() and not _is_cell(piece, label.end())
    is_label = rest.lstrip().startswith(":") or not rest.strip(" :.")
    return piece.place == 0 and piece.index == 0 and is_word and not is_label


def _is_cell(piece: Piece, end: int) -> bool:
    """Return whether a label is the first cell of a row, and its answer the next one."""
    return piece.index == 0 and end + 1 in piece.line.cells


def piece_below(piece: Piece, row: Sequence[Piece]) -> TextLine:
    """Return the piece of a row whose edge is nearest; without places, that of its number."""
    boxes = [each.line.box for each in row if each.line.box]
    if piece.line.box is None or len(boxes) < len(row):
        return row[min(piece.index, len(row) - 1)].line
    distances = [edge_distance(box, piece.line.box) for box in boxes]
    return row[distances.index(min(distances))].line


def piece_above(piece: TextLine, lines: Sequence[TextLine]) -> TextLine | None:
    """Return the piece of the line above that is nearest, None on the first line."""
    above = lines[piece.number - 1] if piece.number else None
    return piece_below(Piece(piece, 0), pieces_of(above, 0)) if above else None


def edge_distance(box: Box, other: Box) -> float:
    """Return how far two boxes are from being aligned: at the left, at the right or centered."""
    left, right = abs(box[0] - other[0]), abs(box[2] - other[2])
    return min(left, right, abs(box[0] + box[2] - other[0] - other[2]) / 2)


def is_far_apart(row: Sequence[Piece]) -> bool:
    """Return whether the pieces of a row are too far from each other for one name.

    "Company Ltd" is the end of one whose words are far apart.
    """
    if any(_END_OF_NAME.fullmatch(form_pattern().sub(" ", each.line.folded)) for each in row):
        return False
    boxes = [each.line.box for each in row if each.line.box]
    return any(
        other[0] - one[2] > _MOST_HEIGHTS_APART * (one[3] - one[1])
        for one, other in pairwise(boxes)
    )


def is_amount(piece: Piece) -> bool:
    """Return whether a piece is nothing but an amount of money."""
    folded = piece.line.folded
    amounts = money_in(folded)
    return len(amounts) == 1 and amounts[0].cents and not _LETTERS.search(folded)
