"""Find the cells of an Excel workbook that nobody can read: white letters without a fill.

Names are those of ECMA-376 part 1, section 18.8.
"""

import re
from collections.abc import Iterator, Sequence
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
_TABLES = frozenset({"fonts", "fills", "cellXfs"})


def unread_styles(styles: bytes) -> frozenset[int]:
    """Return the styles of cells whose letters have the color of an empty sheet."""
    found: dict[str, Sequence[Any]] = {}
    for event, element in elements(styles, whole=_TABLES):
        if event == "end" and local_name(element) in _TABLES:
            found[local_name(element)] = [*element]
    white = {at for at, font in enumerate(found.get("fonts", ())) if _is_white(font)}
    empty = {at for at, fill in enumerate(found.get("fills", ())) if _is_empty(fill)}
    return frozenset(
        number
        for number, style in enumerate(found.get("cellXfs", ()))
        if int(style.get("fontId", "0")) in white and int(style.get("fillId", "0")) in empty
    )


def may_be_colored(sheet: bytes) -> bool:
    """Say whether something else than the styles of cells may color a sheet."""
    return _COLORED.search(sheet) is not None


def _is_white(font: Any) -> bool:
    return any(
        color.get(name) in values and float(color.get("tint", "0")) == 0
        for color in _children(font, "color")
        for name, values in _WHITES
    )


def _is_empty(fill: Any) -> bool:
    patterns = [*_children(fill, "patternFill")]
    return bool(patterns) and all(
        pattern.get("patternType", "none") == "none" for pattern in patterns
    )


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if local_name(child) == name)
