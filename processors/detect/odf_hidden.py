"""Find what an OpenDocument text does not show, or shows as no longer valid, by its styles.

Names are those of OpenDocument 1.3, part 3: hidden text (section 20.198), letters that are struck
through (20.388), white letters on white paper.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from processors.detect.safe_xml import elements, local_name

_MOST_PARENTS = 20  # styles based on each other; a circle ends here
_WHITE = "#ffffff"
_STYLED = frozenset({"style"})
_LINES = ("text-line-through-style", "text-line-through-type")
_FILL = re.compile(
    rb"""background-color=["'](?!transparent|#ffffff)|<(?:\w+:)?background-image\b[^>]*href""",
    re.IGNORECASE,
)
_DRAWING = "drawing:1.0}"  # the end of a namespace: what is drawn may have a fill


class Unread:
    """Which elements of a document are not shown or not valid, and what they say."""

    def __init__(self, styles: frozenset[str], white: frozenset[str]) -> None:
        self._styles = styles
        self._white = white
        self._taken: list[str] = []

    @classmethod
    def by_styles(cls, parts: Iterable[bytes]) -> "Unread":
        """Read the styles of a document; if any of its parts has a fill, white letters count."""
        styles: dict[str, Any] = {}
        is_filled = False
        for part in parts:
            is_filled = is_filled or _FILL.search(part) is not None
            styles |= dict(_styles_in(part))
        resolved = {name: _with_parents(name, styles) for name in styles}
        struck = {name for name, said in resolved.items() if said.get("unread")}
        white = {name for name, said in resolved.items() if said.get("white")}
        return cls(frozenset(struck), frozenset() if is_filled else frozenset(white))

    def holds(self, element: Any) -> bool:
        """Return whether a paragraph or a part of it is not shown or not valid."""
        style = _value(element, "style-name")
        if style in self._styles or _value(element, "is-hidden") == "true":
            return True
        around = [*element.iterancestors()]
        is_drawn = any(_DRAWING in str(each.tag) for each in around)
        if style in self._white and not is_drawn:
            return True
        return any(_value(each, "display") == "none" for each in around)

    def take(self, text: str) -> None:
        """Keep what an element says apart."""
        if text.strip():
            self._taken.append(text.strip())

    def taken(self) -> str:
        """Return what was kept apart since the last call."""
        text, self._taken = "\n".join(self._taken), []
        return text


def _styles_in(part: bytes) -> Iterator[tuple[str, tuple[str, dict[str, bool]]]]:
    """Yield each style with its parent, and what it says of its text."""
    for event, element in elements(part, whole=_STYLED):
        if event == "end" and local_name(element) in _STYLED:
            said: dict[str, bool] = {}
            for properties in element.iterchildren("{*}text-properties"):
                lines = [value for name in _LINES if (value := _value(properties, name))]
                lines += ["none"] * (_value(properties, "display") == "true")
                is_hidden = _value(properties, "display") == "none"
                if lines or is_hidden:
                    said["unread"] = is_hidden or lines[0] != "none"
                color = _value(properties, "color")
                if color:
                    said["white"] = color.lower() == _WHITE
            yield _value(element, "name"), (_value(element, "parent-style-name"), said)


def _with_parents(name: str, styles: dict[str, tuple[str, dict[str, bool]]]) -> dict[str, bool]:
    """Return what a style says, and what it takes from the ones that it is based on."""
    said: dict[str, bool] = {}
    for _ in range(_MOST_PARENTS):
        parent, own = styles.get(name, ("", {}))
        said = {**own, **said}
        name = parent
    return said


def _value(element: Any, name: str) -> str:
    """Return an attribute by its name without its namespace."""
    attributes = element.attrib.items()
    return next((value for key, value in attributes if str(key).rpartition("}")[2] == name), "")
