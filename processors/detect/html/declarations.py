"""Take declarations of CSS apart: a shorthand into what it sets, of what may hide a text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import tinycss2

from processors.detect.html.colors import color_of

PICTURE = "picture"
"""Whatever is drawn behind a text and is not a color."""

_SIDES = ("top", "right", "bottom", "left")
_THREE = 3
_PLAIN = frozenset(
    {
        *("all", "background-color", "background-clip", "box-shadow", "clip", "clip-path", "color"),
        *("color-scheme", "content-visibility", "display", "filter", "float", "font-size"),
        *("grid-area", "grid-column", "grid-row", "height", "width", "max-height", "max-width"),
        *("min-height", "min-width", "line-height", "margin-left", "margin-top", "mix-blend-mode"),
        *("opacity", "overflow-x", "overflow-y", "position", "right", "left", "top", "bottom"),
        *("text-decoration-line", "text-indent", "text-shadow", "transform", "translate", "scale"),
        *("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"),
        *("visibility", "z-index", "text-fill-color", "text-stroke", "backdrop-filter"),
    }
)
# Of these, any value but "none" or nothing means that something moves or is drawn.
_STARTS = {"animation": "animation", "transition": "transition"}
_SPLIT = {
    "overflow": ("overflow-x", "overflow-y"),
    "text-decoration": ("text-decoration-line",),
    "text-stroke-width": ("text-stroke",),
    "text-stroke-color": ("text-stroke",),
}
_MOST_CHARS = 20_000  # of the style of an element; a picture may be in it


@dataclass(frozen=True, slots=True)
class Declared:
    """What a declaration says of a property, in lower case."""

    name: str
    value: str
    is_important: bool = False


@lru_cache(maxsize=4096)
def declared_in(style: str) -> tuple[Declared, ...]:
    """Return what the style of an element says."""
    if len(style) > _MOST_CHARS:
        return (Declared("all", "unknown"),)
    return tuple(declared(tinycss2.parse_blocks_contents(style, skip_comments=True)))


def declared(contents: Iterable[Any]) -> Iterator[Declared]:
    """Yield what the contents of a rule say, shorthands apart."""
    for each in contents:
        if each.type == "declaration" and not each.name.startswith("--"):
            for name, value in _apart(each.lower_name, each.value):
                yield Declared(name, value, bool(each.important))


def _apart(name: str, tokens: list[Any]) -> Iterator[tuple[str, str]]:
    name = name.removeprefix("-webkit-").removeprefix("-moz-")
    start = _STARTS.get(name.split("-")[0])
    if start is not None:
        yield start, _text(tokens)
    elif name in {"background", "background-image"}:
        yield from _background(name, tokens)
    elif name == "font":
        yield "font-size", _size_in(tokens)
    elif name in {"margin", "inset"}:
        yield from _sides(name, tokens)
    elif name in _SPLIT:
        for part in _SPLIT[name]:
            yield part, _text(tokens)
    elif name in _PLAIN:
        yield name, _text(tokens)


def _sides(name: str, tokens: list[Any]) -> Iterator[tuple[str, str]]:
    values = [_text([each]) for each in tokens if each.type not in {"whitespace", "comment"}]
    # One value is for all sides; the third is as the first, and the fourth as the second.
    sides = (values * 4 if len(values) < _THREE else [*values, values[1]])[:4]
    for side, value in zip(_SIDES, sides, strict=False):
        yield (f"margin-{side}" if name == "margin" else side), value


def _background(name: str, tokens: list[Any]) -> Iterator[tuple[str, str]]:
    texts = [_text([each]) for each in tokens if each.type not in {"whitespace", "comment"}]
    rest = {text for text in texts if color_of(text) is None}
    has_picture = "inherit" in rest or any("(" in text for text in rest)
    if "text" in rest:
        yield "background-clip", "text"
    if name == "background":
        yield "background-color", _color_in(texts, has_picture=has_picture)
    yield "background-image", PICTURE if has_picture else "none"


def _color_in(texts: list[str], *, has_picture: bool) -> str:
    """Return the color of a background; one of a system is not "transparent", but unknown."""
    colors = [text for text in texts if color_of(text) is not None]
    if colors:
        return colors[-1]
    names = {text for text in texts if text[0].isalpha()}
    return "transparent" if has_picture or names <= _NO_COLORS else "unknown"


_NO_COLORS = frozenset(
    {
        *("none", "initial", "unset", "revert", "repeat", "no-repeat", "repeat-x", "repeat-y"),
        *("scroll", "fixed", "local", "center", "top", "bottom", "left", "right", "cover"),
        *("contain", "auto", "border-box", "padding-box", "content-box", "text", "space", "round"),
    }
)
_SIZES = frozenset(
    {
        *("xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large"),
        *("smaller", "larger", "inherit", "initial", "unset"),
    }
)


def _size_in(tokens: list[Any]) -> str:
    """Return the size that "font" sets; the number of a weight is none."""
    for token in tokens:
        is_length = token.type in {"dimension", "percentage"}
        is_zero = token.type == "number" and token.value == 0
        if is_length or is_zero or (token.type == "ident" and token.lower_value in _SIZES):
            return _text([token])
    return "unknown"


def text_of(tokens: Sequence[Any]) -> str:
    """Return what tokens say on one line, or "unknown" if they are nested without end."""
    try:
        return " ".join(str(tinycss2.serialize(tokens)).split())
    except RecursionError:
        return "unknown"


def _text(tokens: list[Any]) -> str:
    return text_of(tokens).lower()
