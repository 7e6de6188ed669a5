"""Find which pieces of a page are about the receiver and which about the seller.

A label such as "bill to" is followed by a block of lines, in its own column if there are several.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from processors.values.lines import TextLine, enclosing_box, label_pattern

_BLOCK_LINES = 4
"""Lines of an address under "seller" or "bill to"."""
_LONE_LABEL_CHARS = 3
"""Characters after a label that is alone on its line."""
_AFTER_LABEL = {"seller": {"", ":"}, "buyer": {"", ":", " ", ".", "/"}}
"""What may follow a label: "customer Ann", but not "from Ann", which may be a sentence."""
_COLUMN_SLACK_PT = 12.0
"""How far to the left of its label a line of a block may begin."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line between wide gaps; `line` is cut to it. `place` counts lines from the top.

    `index` is its place among the `count` pieces of the line.
    """

    line: TextLine
    place: int
    index: int = 0
    count: int = 1

    @property
    def key(self) -> tuple[int, int]:
        """Name the piece: its line and its place there."""
        return self.line.number, self.index


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines that still belong to a label, and the column that they are in."""

    kind: str
    lines_left: int
    index: int
    count: int
    left: float | None
    right: float | None

    def holds(self, piece: Piece) -> bool:
        """Return whether a piece is in the column of this block."""
        box = piece.line.box
        if box is None or self.left is None:
            return piece.index == min(self.index, piece.count - 1)
        is_left = self.right is not None and box[0] >= self.right - _COLUMN_SLACK_PT
        return box[0] >= self.left - _COLUMN_SLACK_PT and not is_left


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
    found: dict[str, set[tuple[int, int]]] = {"buyer": set(), "seller": set()}
    blocks: list[_Block] = []
    above: Sequence[Piece] = ()
    for row in rows:
        for index, piece in enumerate(row):
            blocks = _with_label(blocks, piece, row[index + 1 : index + 2])
            # The label that is nearest counts: the block of "ship to" ends that of "bill to".
            for block in [each for each in blocks if each.holds(piece)][-1:]:
                found[block.kind].add(piece.key)
            if label_pattern("company", "attention").match(piece.line.folded):
                # Who is to read it works for the company in the line above.
                found["buyer"].update(each.key for each in above if each.index == index)
        above = row
        blocks = [
            replace(each, lines_left=each.lines_left - 1) for each in blocks if each.lines_left > 1
        ]
    return {kind: frozenset(keys) for kind, keys in found.items()}


def _with_label(blocks: list[_Block], piece: Piece, following: Sequence[Piece]) -> list[_Block]:
    """Return the blocks after a piece, which begins one if it is a label."""
    for kind, rest in _labels_of(piece):
        box = piece.line.box
        next_box = following[0].line.box if following else None
        block = _Block(
            kind,
            _BLOCK_LINES + 1 if len(rest) <= _LONE_LABEL_CHARS else 1,
            piece.index,
            piece.count,
            box[0] if box else None,
            next_box[0] if next_box else None,
        )
        blocks = [each for each in blocks if not each.holds(piece)]
        blocks.append(block)
    return blocks


def _labels_of(piece: Piece) -> Iterator[tuple[str, str]]:
    """Yield the kind of a label that begins a piece, and what follows on its line."""
    folded = piece.line.folded
    for kind, separators in _AFTER_LABEL.items():
        label = label_pattern("company", kind).match(folded)
        # The first line is the issuer's, whatever it is called: "Client Partners".
        is_first = piece.place == 0 and piece.index == 0 and kind == "buyer"
        if label is None or (is_first and " " not in label.group().strip()):
            continue
        if folded[label.end() : label.end() + 1] in separators:
            yield kind, folded[label.end() :].strip(" :.")
