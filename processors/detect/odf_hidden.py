"""Find what an OpenDocument text does not show, or shows as no longer valid, by its styles.

Names are those of OpenDocument 1.3, part 3: hidden text (section 20.198), letters that are struck
through (20.388), white letters on white paper.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from processors.detect.safe_xml import elements, local_name

_MOST_PARENTS = 20  # styles based on each other; a circle ends here
_WHITE = "#ffffff"
_NOT_VISIBLE = frozenset({"collapse", "filter", "hidden"})
_TINY = re.compile(r"0*(?:0|1)?(?:\.0+)?pt|0?\.\d+pt")  # one point or less
_STYLED = frozenset({"style"})
_PAGE_WIDTH = re.compile(rb"""\bpage-width=["']([^"']{1,20})""")
_PAGE_HEIGHT = re.compile(rb"""\bpage-height=["']([^"']{1,20})""")
_LENGTH = re.compile(rb"(-?\d{1,9}(?:\.\d{1,9})?)(cm|mm|in|pt|px)")
_POINTS = {b"cm": 72 / 2.54, b"mm": 72 / 25.4, b"in": 72.0, b"pt": 1.0, b"px": 0.75}
_LINES = ("text-line-through-style", "text-line-through-type")
_FILL = re.compile(
    rb"""background-color=["'](?!transparent|#ffffff)|<(?:\w+:)?background-image\b[^>]*href"""
    rb"""|<(?:\w+:)?(?:caption|circle|custom-shape|ellipse|frame|g|path|polygon|rect|scene)[\s>/]""",
    re.IGNORECASE,
)
_FAMILIES = {"p": "paragraph", "h": "paragraph", "span": "text", "a": "text"}
_DRAWING = "drawing:1.0}"  # the end of a namespace: what is drawn may have a fill

_Name = tuple[str, str]  # the family of a style and its name


class Unread:
    """Which parts of a document are not shown or not valid, and what they say."""

    def __init__(
        self,
        said: Mapping[_Name, Mapping[str, bool]],
        layers_off: Collection[str],
        *,
        is_filled: bool,
        page_pt: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self._said = said
        self._page_pt = page_pt
        self._layers_off = layers_off
        self._is_filled = is_filled
        self._taken: list[str] = []

    @classmethod
    def by_styles(cls, parts: Iterable[bytes]) -> "Unread":
        """Read the styles of a document for the last of its parts, whose names go first.

        If any part has a fill or a shape, white letters count.
        """
        styles: dict[_Name, Any] = {}
        layers: set[str] = set()
        is_filled = False
        width = height = 0.0
        for part in parts:
            width = max([width, *map(_points, _PAGE_WIDTH.findall(part))])
            height = max([height, *map(_points, _PAGE_HEIGHT.findall(part))])
            is_filled = is_filled or _FILL.search(part) is not None
            layers.update(_layers_off(part))
            styles |= dict(_styles_in(part))
        said = {name: _with_parents(name, styles) for name in styles}
        return cls(said, layers, is_filled=is_filled, page_pt=(width, height))

    def said_around(self, element: Any) -> Mapping[str, bool]:
        """Return what the elements around a paragraph say of its text."""
        around = [*element.iterancestors()]
        is_drawn = any(_DRAWING in str(each.tag) for each in around)
        # A field in a paragraph can hide all of it (section 7.7.13).
        fields = element.iterchildren("{*}hidden-paragraph")
        is_hidden = any(_value(each, "is-hidden") == "true" for each in fields)
        is_gone = is_hidden or any(map(self._is_gone, around))
        return {"drawn": self._is_filled or is_drawn, "gone": is_gone}

    def _is_gone(self, element: Any) -> bool:
        """Return whether an element is not shown, with all that is in it."""
        said = self._said.get(("drawing-page", _value(element, "style-name")), {})
        return (
            _value(element, "display") == "none"
            or _value(element, "is-hidden") == "true"
            or _value(element, "visibility") in _NOT_VISIBLE
            or _value(element, "layer") in self._layers_off
            or (local_name(element) == "page" and said.get("gone", False))
            or self._is_beside_slide(element)
        )

    def _is_beside_slide(self, element: Any) -> bool:
        """Return whether an element is on a slide by its place, and all of it is out of that."""
        parent = element.getparent()
        width, height = self._page_pt
        if parent is None or local_name(parent) != "page" or not width or not height:
            return False
        if _value(element, "transform"):
            return False
        x, y, own_width, own_height = (
            _points(_value(element, name).encode()) for name in ("x", "y", "width", "height")
        )
        is_before = (own_width > 0 and x + own_width <= 0) or (
            own_height > 0 and y + own_height <= 0
        )
        return is_before or x >= width or y >= height

    def said_of(self, element: Any, outer: Mapping[str, bool]) -> Mapping[str, bool]:
        """Return what an element says of its text, else what the one around it says."""
        family = _FAMILIES.get(local_name(element), "")
        said = {**outer, **self._said.get((family, _value(element, "style-name")), {})}
        if _value(element, "is-hidden") == "true":
            said["gone"] = True
        return said

    def take(self, text: str) -> None:
        """Keep what an element says apart."""
        if text.strip():
            self._taken.append(text.strip())

    def taken(self) -> str:
        """Return what was kept apart since the last call."""
        text, self._taken = "\n".join(self._taken), []
        return text


def _points(length: bytes) -> float:
    """Return a length in points, 0 if it is none."""
    match = _LENGTH.fullmatch(length)
    return float(match[1]) * _POINTS[match[2]] if match else 0.0


def is_unread(said: Mapping[str, bool]) -> bool:
    """Return whether a text of which this is said is not shown or not valid."""
    is_white = said.get("white", False) and not said["drawn"]
    return is_white or any(
        said.get(why, False) for why in ("gone", "hidden", "struck", "tiny", "clear")
    )


def _layers_off(part: bytes) -> Iterator[str]:
    """Yield the names of the layers that no screen shows (section 19.131)."""
    for event, element in elements(part) if b"layer-set" in part else ():
        is_layer = event == "start" and local_name(element) == "layer"
        if is_layer and _value(element, "display") in {"none", "printer"}:
            yield _value(element, "name")


def _styles_in(part: bytes) -> Iterator[tuple[_Name, tuple[_Name, dict[str, bool]]]]:
    """Yield each style with its parent, and what it says of its text."""
    for event, element in elements(part, whole=_STYLED):
        if event == "end" and local_name(element) in _STYLED:
            said: dict[str, bool] = {}
            for properties in element.iterchildren("{*}text-properties"):
                said |= _said_by(properties)
            for properties in element.iterchildren("{*}drawing-page-properties"):
                said["gone"] = _value(properties, "visibility") == "hidden"
            family, parent = _value(element, "family"), _value(element, "parent-style-name")
            yield (family, _value(element, "name")), ((family, parent), said)


def _said_by(properties: Any) -> dict[str, bool]:
    """Return what the properties of text say of whether it can be read."""
    said: dict[str, bool] = {}
    lines = [value for name in _LINES if (value := _value(properties, name))]
    if lines:
        said["struck"] = lines[0] != "none"
    display = _value(properties, "display")
    if display:
        said["hidden"] = display == "none"
    size, opacity = _value(properties, "font-size"), _value(properties, "opacity")
    if size:
        said["tiny"] = _TINY.fullmatch(size) is not None
    if opacity:
        said["clear"] = opacity == "0%"
    color = _value(properties, "color")
    if color:
        # The color that a program has for its windows counts more than this one.
        is_own = _value(properties, "use-window-font-color") != "true"
        said["white"] = is_own and color.lower() == _WHITE
    return said


def _with_parents(
    name: _Name, styles: Mapping[_Name, tuple[_Name, dict[str, bool]]]
) -> dict[str, bool]:
    """Return what a style says, and what it takes from the ones that it is based on."""
    said: dict[str, bool] = {}
    for _ in range(_MOST_PARENTS):
        parent, own = styles.get(name, (("", ""), {}))
        said = {**own, **said}
        name = parent
    return said


def _value(element: Any, name: str) -> str:
    """Return an attribute by its name without its namespace."""
    attributes = element.attrib.items()
    return next((value for key, value in attributes if str(key).rpartition("}")[2] == name), "")
