"""Take out of a Word document what Word does not show, or shows as no longer valid.

That is hidden runs and table rows, deletions, text that is struck through (also on slides), and
white letters on white paper. What is taken out is returned, so that it can be kept apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processors.detect.safe_xml import local_name

_MOST_PARENTS = 20  # styles based on each other; a circle ends here
_HIDDEN, _LINES = "vanish", ("strike", "dstrike")
_COLOR, _NO_STRIKE = "color", "noStrike"
_WHITE, _PAPER = "FFFFFF", frozenset({"", "AUTO", "FFFFFF"})
_PLAIN_PATTERNS = frozenset({"", "nil", "clear"})
# What makes white letters visible: effects, and fills and outlines of a kind of their own.
_EFFECTS = ("outline", "shadow", "emboss", "imprint", "textOutline", "textFill", "glow")
_EFFECT = "effect"
_PAPER_COLORS = frozenset({"", "background1"})
_FORMATTED = frozenset({"r", "p", "tc", "tr", "tbl"})


@dataclass(frozen=True, slots=True)
class Styles:
    """What the styles of a document say.

    `said` has for each style, by the name of a property, whether it is on; `filled` are those with
    a color behind the text. `has_backdrop` is whether the whole document may have one.
    """

    said: Mapping[str, Mapping[str, bool]]
    filled: frozenset[str]
    has_backdrop: bool


def styles_of(styles: Any, parts: Sequence[Any]) -> Styles:
    """Return what the styles of a document say, and whether something is behind all of its parts.

    A style takes what it does not say itself from the one that it is based on (ECMA-376 part 1,
    section 17.7.4.3).
    """
    elements = {_value(style, "styleId"): style for style in styles}
    # What says nothing of its style has a default one, and all have the document's.
    defaults = [
        style
        for style in styles
        if local_name(style) == "docDefaults" or _value(style, "default") in {"1", "true"}
    ]
    said: dict[str, Mapping[str, bool]] = {}
    filled: set[str] = set()
    for name, style in elements.items():
        properties: dict[str, bool] = {}
        parent: Any = style
        for _ in range(_MOST_PARENTS):
            if parent is None:
                break
            properties = {**_said(parent), **properties}
            if any(map(_is_filled, parent.iter("{*}shd", "{*}highlight"))):
                filled.add(name)
            parent = elements.get(_of_child(parent, "{*}basedOn"))
        said[name] = properties
    has_backdrop = any(map(_has_backdrop, parts)) or any(
        _is_filled(each) for style in defaults for each in style.iter("{*}shd")
    )
    return Styles(said, frozenset(filled), has_backdrop)


def take_unread(root: Any, styles: Styles) -> Iterator[str]:
    """Take out of a part of the document what is not shown or not valid, and yield what it says.

    A run is hidden by itself, else by its own style, else by its paragraph's (section 17.3.2.41); a
    row of a table by its properties (section 17.4.20).
    """
    for row in [*root.iter("{*}tr")]:
        if _is_on(row.find("{*}trPr/{*}hidden")) or row.find("{*}trPr/{*}del") is not None:
            yield from _taken(row)
    for deletion in [*root.iter("{*}del")]:
        yield from _taken(deletion)
    for run in [*root.iter("{*}r")]:
        said = _said_of(run, styles)
        is_white = said.get(_COLOR) and not said.get(_EFFECT) and _is_on_paper(run, styles)
        if said.get(_HIDDEN):
            yield from _taken(run)
        elif is_white or any(map(said.get, _LINES)):
            yield from _taken_around_boxes(run)


def take_struck(slide: Any) -> Iterator[str]:
    """Take the runs that are struck through out of a slide, and yield what they say.

    See section 21.1.2.3.9, and 20.1.10.79 for the kinds of lines.
    """
    for run in [*slide.iter("{*}r")]:
        properties = run.find("{*}rPr")
        if properties is not None and properties.get("strike", _NO_STRIKE) != _NO_STRIKE:
            yield from _taken(run)


def _said_of(run: Any, styles: Styles) -> dict[str, bool]:
    """Return what a run says of whether it can be read, or its style, or its paragraph's."""
    paragraph = next(run.iterancestors("{*}p"), None)
    said: dict[str, bool] = {}
    if paragraph is not None:
        said.update(styles.said.get(_of_child(paragraph, "{*}pPr/{*}pStyle"), {}))
    said.update(styles.said.get(_of_child(run, "{*}rPr/{*}rStyle"), {}))
    return {**said, **_said(run)}


def _is_on_paper(run: Any, styles: Styles) -> bool:
    """Return whether nothing may be behind a run but white paper."""
    around = [run, *run.iterancestors()]
    is_in_shape = any(local_name(each) == "txbxContent" for each in around)
    if styles.has_backdrop or is_in_shape:
        return False
    said = (
        each
        for element in around
        if local_name(element) in _FORMATTED
        for properties in element
        if local_name(properties).endswith(("Pr", "PrEx"))
        for each in properties
    )
    return not any(_is_filled(each) or _value(each, "val") in styles.filled for each in said)


def _has_backdrop(part: Any) -> bool:
    """Return whether a color, a picture or a shape is behind the text of a part."""
    is_behind = any(_value(each, "behindDoc") in {"1", "true"} for each in part.iter("{*}anchor"))
    old = next(part.iter("{*}pict"), None)
    page = part.getparent()
    background = None if page is None else page.find("{*}background")
    return is_behind or old is not None or background is not None


def _is_filled(element: Any) -> bool:
    """Return whether a shade or a highlight has another color than paper (section 17.3.1.31)."""
    match local_name(element):
        case "highlight":
            return _value(element, "val") not in {"none", "white"}
        case "shd":
            is_plain = _value(element, "val") in _PLAIN_PATTERNS
            is_paper = _value(element, "fill").upper() in _PAPER and not _value(
                element, "themeFill"
            )
            return not is_plain or not is_paper
        case _:
            return False


def _taken(element: Any) -> Iterator[str]:
    text = "".join(each.text or "" for each in element.iter("{*}t", "{*}delText")).strip()
    parent = element.getparent()
    # A row inside a hidden row has gone with it.
    if parent is not None:
        parent.remove(element)
    if text:
        yield text


def _taken_around_boxes(run: Any) -> Iterator[str]:
    """Take a run, but leave a text box that it holds: a line through the run is not in the box."""
    boxes = [each for each in run if next(each.iter("{*}txbxContent"), None) is not None]
    if not boxes:
        yield from _taken(run)
        return
    for each in [*run]:
        if each not in boxes:
            yield from _taken(each)


def _said(element: Any) -> dict[str, bool]:
    """Return what the properties of a run or a style say of whether its text can be read."""
    properties = element.find("{*}rPr")
    if properties is None:
        return {}
    found = {
        name: _is_on(switch)
        for name in (_HIDDEN, *_LINES)
        if (switch := properties.find(f"{{*}}{name}")) is not None
    }
    if any(properties.find(f"{{*}}{name}") is not None for name in _EFFECTS):
        found[_EFFECT] = True
    color = properties.find(f"{{*}}{_COLOR}")
    if color is not None:
        # A color of the theme counts more than the number beside it (section 17.3.2.6).
        is_of_paper = _value(color, "themeColor") in _PAPER_COLORS
        is_of_paper = is_of_paper and not _value(color, "themeShade")
        found[_COLOR] = is_of_paper and _value(color, "val").upper() == _WHITE
    return found


def _is_on(switch: Any) -> bool:
    """Return whether an element that is a switch is there and on (section 17.17.4)."""
    return switch is not None and _value(switch, "val") not in {"0", "false", "off"}


def _of_child(element: Any, path: str) -> str:
    child = element.find(path)
    return "" if child is None else _value(child, "val")


def _value(element: Any, name: str) -> str:
    """Return an attribute; its namespace differs between strict and transitional packages."""
    attributes = element.attrib.items()
    return next((value for key, value in attributes if key.rpartition("}")[2] == name), "")
