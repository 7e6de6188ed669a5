"""Say whether the box of an element is out of the page, or cut down to nothing."""

import re

from processors.detect.html.cascade import UNKNOWN, Style, StyleValue
from processors.detect.html.lengths import NORMAL_PX, pixels
from processors.detect.html.tree import BLOCKS, Node

_FAR_PX = 1000  # farther than anything on a page that is moved to where it is seen
_LEAST_PX = 1.0
_MOVED = frozenset({"absolute", "fixed", "sticky", UNKNOWN})
_OUT_OF_FLOW = frozenset({"absolute", "fixed"})
_NO_SCALE = re.compile(
    r"(?:scale(?:x|y|3d)?\(\s*0\s*[,)].*|matrix\(\s*0\s*,\s*0\s*,\s*0\s*,\s*0\s*,.*)"
)
_CLIP = re.compile(r"rect\(\s*((?:[01](?:\.\d+)?(?:px|em|pt)?[\s,]*){4})\)")
_ALL_CUT = re.compile(r"inset[(]\s*(\d+)(?:\.\d+)?%\s*\)|circle\(\s*0(?:px|%)?\b.*\)")
_HALF = 50
_NO_BOX = frozenset({"br", "hr", "table", "tr", "title"})
_BOXES = frozenset(
    {"block", "flex", "grid", "inline-block", "inline-flex", "inline-grid", "list-item"}
) | {"flow-root"}
_NONE = StyleValue("")
_NO_PADDING = re.compile(r"(?:0(?:px|pt|em|rem|%)?\s*)*(?:initial|unset)?")
_NO_VALUE = frozenset({"", "none", "auto", "initial", "unset"})
_PADDING = ("padding", "padding-top", "padding-right", "padding-bottom", "padding-left")


def said(style: Style, name: str) -> str:
    """Return what a property has, or nothing."""
    return style.get(name, _NONE).text


def is_moving(style: Style) -> bool:
    """Return whether something may show an element by and by."""
    return any(
        said(style, name) not in {"", "none", "initial", "unset", "none 0s"}
        for name in ("animation", "transition")
    )


def is_placed(style: Style) -> bool:
    """Return whether an element is where something else than what it is in may be behind it."""
    position = said(style, "position")
    is_relative = position == "relative" and any(
        said(style, side) not in {"", "auto", "0", "0px"}
        for side in ("top", "right", "bottom", "left")
    )
    is_pulled = any(
        said(style, name).startswith("-") or said(style, name) == UNKNOWN
        for name in ("margin-top", "margin-left")
    )
    is_turned = any(said(style, name) not in {"", "none"} for name in ("transform", "translate"))
    has_area = any(
        said(style, name) not in {"", "auto"} for name in ("grid-area", "grid-row", "grid-column")
    )
    return position in _MOVED or is_relative or is_pulled or is_turned or has_area


def is_gone(node: Node, style: Style) -> bool:
    """Return whether an element is out of the page, or cut down to nothing."""
    return (
        _is_outside(style)
        or _is_clipped(style)
        or (_is_box(node, style) and (_is_flat(style) or _has_no_scale(style)))
    )


def escaping(style: Style) -> frozenset[str]:
    """Return the positions of what is in an element that is gone, and is not gone with it."""
    is_cut_only = not _is_outside(style) and said(style, "position") in {"", "static"}
    return _OUT_OF_FLOW if is_cut_only else frozenset({"fixed"})


def _is_outside(style: Style) -> bool:
    """Return whether a box begins and ends above the page or on its left, where nobody scrolls."""
    if said(style, "transform") not in _NO_VALUE or said(style, "translate") not in _NO_VALUE:
        return False
    is_positioned = said(style, "position") in _OUT_OF_FLOW | {"relative"}
    is_left = said(style, "right") in _NO_VALUE and _is_far(style, "left", "width")
    is_above = said(style, "bottom") in _NO_VALUE and _is_far(style, "top", "height")
    if is_positioned and (is_left or is_above):
        return True
    return said(style, "left") in _NO_VALUE and _is_far(style, "margin-left", "width")


def _is_far(style: Style, name: str, extent: str) -> bool:
    offset = pixels(said(style, name), font_px=NORMAL_PX)
    size = said(style, extent)
    length = 0.0 if size in _NO_VALUE else pixels(size, font_px=NORMAL_PX)
    # No page is wider than that.
    length = _FAR_PX * 3 if length is None or "%" in size else length
    is_far = offset is not None and offset <= -_FAR_PX and offset + length <= 0
    return is_far and "%" not in said(style, name)


def _is_clipped(style: Style) -> bool:
    """Return whether nothing of a box is left; "clip" is for what is out of the flow only."""
    if said(style, "position") in _OUT_OF_FLOW and _CLIP.fullmatch(said(style, "clip")):
        return True
    cut = _ALL_CUT.fullmatch(said(style, "clip-path"))
    return cut is not None and (cut[1] is None or int(cut[1]) >= _HALF)


def _is_box(node: Node, style: Style) -> bool:
    """Return whether an element has a height and a width of its own."""
    display = said(style, "display")
    if said(style, "position") in _OUT_OF_FLOW or said(style, "float") in {"left", "right"}:
        return node.name not in _NO_BOX
    return display in _BOXES or (not display and node.name in BLOCKS - _NO_BOX)


def _is_flat(style: Style) -> bool:
    """Return whether a box has no height or no width, and cuts off what does not fit."""
    if not all(_NO_PADDING.fullmatch(said(style, name)) for name in _PADDING):
        return False
    return any(
        said(style, f"overflow-{axis}") in {"hidden", "clip"}
        and said(style, f"min-{side}") in {"", "0", "0px", "auto"}
        and any(_is_nothing(said(style, name)) for name in (side, f"max-{side}"))
        for axis, side in (("y", "height"), ("x", "width"))
    )


def _is_nothing(value: str) -> bool:
    if "%" in value and not value.startswith("0"):
        return False
    length = pixels(value, font_px=NORMAL_PX)
    return length is not None and 0 <= length <= _LEAST_PX


def _has_no_scale(style: Style) -> bool:
    is_scaled = said(style, "scale") == "0" or _NO_SCALE.fullmatch(said(style, "transform"))
    return bool(is_scaled) and not is_moving(style)
