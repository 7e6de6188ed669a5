"""Find the cells of an Excel workbook that nobody can read, or whose text is struck through.

White letters without a fill cannot be read.

Names are those of ECMA-376 part 1, section 18.8.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from processors.detect.safe_xml import elements, local_name

# The color of a sheet without a fill; those of a theme and of the palette count from 0.
_WHITES = (
    ("rgb", frozenset({"FFFFFFFF", "00FFFFFF"})),
    ("theme", frozenset({"0"})),
    ("indexed", frozenset({"1", "9"})),
)
# What may put another color behind a cell: a table, a rule, or a picture.
_COLORED = re.compile(rb"<(?:\w+:)?(?:conditionalFormatting|tablePart|picture|drawing)\b")
_OFF = frozenset({"0", "false"})
_TABLES = frozenset({"fonts", "fills", "cellXfs"})


def unread_styles(styles: bytes) -> tuple[frozenset[int], frozenset[int]]:
    """Return the styles of cells that are struck through, and those in the color of the sheet."""
    found: dict[str, Sequence[Any]] = {}
    if not styles:
        return frozenset(), frozenset()
    for event, element in elements(styles, whole=_TABLES):
        if event == "end" and local_name(element) in _TABLES:
            found[local_name(element)] = [*element]
    fonts, fills = found.get("fonts", ()), found.get("fills", ())
    white, struck = _numbers(fonts, _is_white), _numbers(fonts, _is_struck)
    empty = _numbers(fills, _is_empty)
    formats = [
        (number, int(style.get("fontId", "0")), int(style.get("fillId", "0")))
        for number, style in enumerate(found.get("cellXfs", ()))
    ]
    return (
        frozenset(number for number, font, _ in formats if font in struck),
        frozenset(number for number, font, fill in formats if font in white and fill in empty),
    )


def _numbers(table: Sequence[Any], holds: Callable[[Any], bool]) -> set[int]:
    return {number for number, element in enumerate(table) if holds(element)}


def may_be_colored(sheet: bytes) -> bool:
    """Say whether something else than the styles of cells may color a sheet."""
    return _COLORED.search(sheet) is not None


def _is_white(font: Any) -> bool:
    return any(
        color.get(name) in values and float(color.get("tint", "0")) == 0
        for color in _children(font, "color")
        for name, values in _WHITES
    )


def _is_struck(font: Any) -> bool:
    return any(switch.get("val") not in _OFF for switch in _children(font, "strike"))


def _is_empty(fill: Any) -> bool:
    patterns = [*_children(fill, "patternFill")]
    return bool(patterns) and all(
        pattern.get("patternType", "none") == "none" for pattern in patterns
    )


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if local_name(child) == name)
