"""Find the cells of an Excel workbook that nobody can read, or whose text is struck through.

Letters in the color of their cell cannot be read, nor can those of one point.

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
_PAPER = ("", "white", 0.0)
_UNKNOWN = ("", "", 0.0)
_LARGEST_TINY_PT = 1
_RUNS = frozenset({"r", "t"})
_TABLES = frozenset({"fonts", "fills", "cellXfs"})


def unread_styles(styles: bytes) -> tuple[frozenset[int], frozenset[int]]:
    """Return the styles of cells that are struck through or tiny, and those in their own color."""
    found: dict[str, Sequence[Any]] = {}
    if not styles:
        return frozenset(), frozenset()
    for event, element in elements(styles, whole=_TABLES):
        if event == "end" and local_name(element) in _TABLES:
            found[local_name(element)] = [*element]
    fonts, fills = found.get("fonts", ()), found.get("fills", ())
    struck = _numbers(fonts, _is_struck)
    letters = [next(map(_color_of, _children(font, "color")), _UNKNOWN) for font in fonts]
    papers = [*map(_paper_of, fills)]
    formats = [
        (number, int(style.get("fontId", "0")), int(style.get("fillId", "0")))
        for number, style in enumerate(found.get("cellXfs", ()))
    ]
    return (
        frozenset(number for number, font, _ in formats if font in struck),
        frozenset(
            number
            for number, font, fill in formats
            if letters[font : font + 1] == papers[fill : fill + 1] not in ([], [_UNKNOWN])
        ),
    )


def _numbers(table: Sequence[Any], holds: Callable[[Any], bool]) -> set[int]:
    return {number for number, element in enumerate(table) if holds(element)}


def may_be_colored(sheet: bytes) -> bool:
    """Say whether something else than the styles of cells may color a sheet."""
    return _COLORED.search(sheet) is not None


def divided(text: Any) -> tuple[str, str]:
    """Return of a text of runs what is valid, and what is struck through (section 18.4)."""
    valid: list[str] = []
    struck: list[str] = []
    for run in text:
        if local_name(run) in _RUNS:  # not the reading of a text in kana
            is_struck = any(map(_is_struck, _children(run, "rPr")))
            # An element is among those that it is asked for.
            pieces = [each.text or "" for each in run.iter("{*}t")]
            (struck if is_struck else valid).extend(pieces)
    return "".join(valid).strip(), "".join(struck).strip()


def _color_of(color: Any) -> tuple[str, str, float]:
    """Return a color as what says it, its value and its tint."""
    tint = float(color.get("tint", "0"))
    for name, whites in _WHITES:
        value = color.get(name)
        if value is not None:
            return _PAPER if value in whites and not tint else (name, value.upper(), tint)
    return _UNKNOWN


def _is_struck(font: Any) -> bool:
    is_tiny = any(
        0 < float(size.get("val", "11")) <= _LARGEST_TINY_PT for size in _children(font, "sz")
    )
    return is_tiny or any(switch.get("val") not in _OFF for switch in _children(font, "strike"))


def _paper_of(fill: Any) -> tuple[str, str, float]:
    """Return the color behind the letters of a cell: that of a whole fill, else that of paper."""
    for pattern in _children(fill, "patternFill"):
        match pattern.get("patternType", "none"):
            case "none":
                return _PAPER
            case "solid":
                return next(map(_color_of, _children(pattern, "fgColor")), _UNKNOWN)
    return _UNKNOWN


def _children(element: Any, name: str) -> Iterator[Any]:
    return (child for child in element if local_name(child) == name)
