"""See how a page is set: its size, where its lines begin, how high they are."""

from dataclasses import dataclass

from processors.contract import Page

_LEAST_LINES = 4  # of fewer lines the usual height and margin are not known
_HIGHER = 1.2
_OTHER_MARGIN = 0.04
_SAME_SIZE, _OTHER_SIZE = 0.01, 0.10


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is set: short and long side and line height in points, margin as a share."""

    sides: tuple[float, float]
    source: str
    line_height: float | None
    margin: float | None

    def differences(self, other: "Look") -> tuple[str, ...]:
        """Return the signs by which two pages are set in another way."""
        margin_change = 0.0
        if self.margin is not None and other.margin is not None:
            margin_change = abs(self.margin - other.margin)
        return tuple(
            sign
            for sign, differs in (
                ("size", self._size_change(other) > _OTHER_SIZE),
                ("size_little", _SAME_SIZE < self._size_change(other) <= _OTHER_SIZE),
                ("source", {self.source, other.source} == {"text", "ocr"}),
                ("line_height", self._height_change(other) > _HIGHER),
                ("margin", margin_change > _OTHER_MARGIN),
            )
            if differs
        )

    def _size_change(self, other: "Look") -> float:
        """Return by which share a side differs; a page on its side has the same size."""
        pairs = zip(self.sides, other.sides, strict=True)
        return max(abs(one - two) / max(one, two, 1.0) for one, two in pairs)

    def _height_change(self, other: "Look") -> float:
        if not self.line_height or not other.line_height:
            return 1.0
        low, high = sorted((self.line_height, other.line_height))
        return high / low


def look_of(page: Page) -> Look:
    """Return how a page is set."""
    width, height = page.text.width_pt or 0.0, page.text.height_pt or 0.0
    boxes = [line.box for line in page.lines if line.box is not None]
    line_height = margin = None
    if len(boxes) >= _LEAST_LINES and width:
        heights = sorted([bottom - top for _, top, _, bottom in boxes])
        lefts = sorted([left for left, _, _, _ in boxes])
        line_height = heights[len(heights) // 2]
        # Not the leftmost line of all: a mark in the margin is there on one page only.
        margin = lefts[len(lefts) // 10] / width
    sides = (min(width, height), max(width, height))
    return Look(sides, page.text.source, line_height, margin)
