"""Read lengths of CSS in pixels."""

import re

_LENGTH = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))(px|pt|pc|in|cm|mm|q|em|ex|ch|rem|%|)")
_PX = {
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
}
_OF_FONT = {"em": 1.0, "ex": 0.5, "ch": 0.5, "%": 0.01}
NORMAL_PX = 16.0
# CSS Fonts, level 4, section 2.5.
_NAMED = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
    "xxx-large": 48.0,
    "initial": NORMAL_PX,
}
_CHANGED = {"smaller": 1 / 1.2, "larger": 1.2, "inherit": 1.0, "unset": 1.0}


def pixels(value: str, *, font_px: float | None, root_px: float | None = NORMAL_PX) -> float | None:
    """Return a length in pixels, or None if it depends on what is not known; "%" is of the font."""
    found = _LENGTH.fullmatch(value)
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit in _PX:
        return number * _PX[unit]
    if number == 0 or not unit:
        return 0.0 if number == 0 else None
    size = root_px if unit == "rem" else font_px
    return None if size is None else number * size * _OF_FONT.get(unit, 1.0)


def font_pixels(value: str, *, parent_px: float | None, root_px: float | None) -> float | None:
    """Return the size of letters in pixels, or None if it is not known."""
    if value in _NAMED:
        return _NAMED[value]
    if value in _CHANGED:
        return None if parent_px is None else parent_px * _CHANGED[value]
    return pixels(value, font_px=parent_px, root_px=root_px)
