"""Take out of Word documents and slides what they do not show, or show as no longer valid.

That is hidden runs, table rows and shapes, deletions, prompts to enter something, text that is
struck through, and letters that are tiny or in the color of the paper. What is taken out is
returned, so that it can be kept apart.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processors.detect.safe_xml import local_name

_MOST_PARENTS = 20  # styles based on each other; a circle ends here
_HIDDEN, _LINES = "vanish", ("strike", "dstrike")
_TINY, _TINY_SIZES = "sz", frozenset({"1", "2"})  # half points
_DOCUMENT = "\0"  # no style's name: of what the document says of all text
_DEFAULT = ""  # the name of the style of paragraphs that have none
_HIDDEN_SHAPE = re.compile(
    r"(?:^|;)\s*(?:visibility\s*:\s*hidden|display\s*:\s*none)", re.IGNORECASE
)
_HIGHLIGHTS = {"black": "000000", "white": "FFFFFF", "yellow": "FFFF00", "red": "FF0000"}
_COLOR = "color"
_WHITE, _PAPER = "FFFFFF", frozenset({"", "AUTO", "FFFFFF"})
_PLAIN_PATTERNS = frozenset({"", "nil", "clear"})
# What makes white letters visible: effects, and fills and outlines of a kind of their own.
_EFFECTS = ("outline", "shadow", "emboss", "imprint", "textOutline", "textFill", "glow")
_EFFECT = "effect"
_PAPER_COLORS = frozenset({"", "background1"})
_FORMATTED = frozenset({"r", "p", "tc", "tr", "tbl"})
# Of slides (sections 19.3 and 20.1).
_SHAPES = ("{*}sp", "{*}grpSp", "{*}graphicFrame", "{*}cxnSp")
_PLACES = ("{*}spPr/{*}xfrm", "{*}grpSpPr/{*}xfrm", "{*}xfrm")
_FILLS = ("solidFill", "gradFill", "blipFill", "pattFill")
_NO_STRIKE = "noStrike"
_ON = frozenset({"1", "true"})
_PAPER_OF_SLIDES = frozenset({"bg1", "lt1"})

_Box = tuple[int, int, int, int]


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
    defaults = [
        style
        for style in styles
        if local_name(style) == "docDefaults" or _value(style, "default") in _ON
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
    said |= _said_by_default(defaults, said)
    has_backdrop = any(map(_has_backdrop, parts)) or any(
        _is_filled(each) for style in defaults for each in style.iter("{*}shd")
    )
    return Styles(said, frozenset(filled), has_backdrop)


def _said_by_default(
    defaults: Sequence[Any], said: Mapping[str, Mapping[str, bool]]
) -> dict[str, Mapping[str, bool]]:
    """Return what a document says of all text, and its default style of paragraphs (17.7.5)."""
    found: dict[str, Mapping[str, bool]] = {}
    for element in defaults:
        if _value(element, "type") == "paragraph":
            found[_DEFAULT] = said[_value(element, "styleId")]
        for own in element.iterchildren("{*}rPrDefault"):
            found[_DOCUMENT] = _said(own)
    return found


def take_unread(root: Any, styles: Styles) -> Iterator[str]:
    """Take out of a part of the document what is not shown or not valid, and yield what it says.

    A run is hidden by itself, else by its own style, else by its paragraph's (section 17.3.2.41); a
    row of a table by its properties (section 17.4.20).
    """
    for element in [*_hidden_parts(root)]:
        yield from _taken(element)
    for run in [*root.iter("{*}r")]:
        said = _said_of(run, styles)
        is_white = said.get(_COLOR) and not said.get(_EFFECT) and _is_on_paper(run, styles)
        if said.get(_HIDDEN) or said.get(_TINY):
            yield from _taken(run)
        elif is_white or _is_in_own_color(run) or any(map(said.get, _LINES)):
            yield from _taken_around_boxes(run)


def _hidden_parts(root: Any) -> Iterator[Any]:
    """Yield the rows, deletions, shapes and prompts that are not shown or not valid."""
    for row in root.iter("{*}tr"):
        if _is_on(row.find("{*}trPr/{*}hidden")) or row.find("{*}trPr/{*}del") is not None:
            yield row
    yield from root.iter("{*}del")
    for shape in root.iter("{*}anchor", "{*}inline", "{*}shape", "{*}rect"):
        named = shape.find("{*}docPr")
        is_hidden = named is not None and _value(named, "hidden") in {"1", "true"}
        if is_hidden or _HIDDEN_SHAPE.search(_value(shape, "style")):
            yield shape
    for control in root.iter("{*}sdt"):
        # What asks for something to be entered (section 17.5.2.39).
        if _is_on(control.find("{*}sdtPr/{*}showingPlcHdr")):
            yield control


def _said_of(run: Any, styles: Styles) -> dict[str, bool]:
    """Return what a run says of whether it can be read, or its style, or its paragraph's.

    The document's own word comes last, before that a table's (17.7.2). A default style is that of
    what names none, and not of what names another.
    """
    said: dict[str, bool] = dict(styles.said.get(_DOCUMENT, {}))
    table = next(run.iterancestors("{*}tbl"), None)
    paragraph = next(run.iterancestors("{*}p"), None)
    own = _DEFAULT if paragraph is None else _of_child(paragraph, "{*}pPr/{*}pStyle")
    own = own if own in styles.said else _DEFAULT
    if own == _DEFAULT:
        said.update(styles.said.get(_DEFAULT, {}))
    if table is not None and (name := _of_child(table, "{*}tblPr/{*}tblStyle")):
        said.update(styles.said.get(name, {}))
    if own != _DEFAULT:
        said.update(styles.said[own])
    if name := _of_child(run, "{*}rPr/{*}rStyle"):
        said.update(styles.said.get(name, {}))
    return {**said, **_said(run)}


def _is_in_own_color(run: Any) -> bool:
    """Return whether the letters of a run have the color that is right behind them."""
    properties = run.find("{*}rPr")
    if properties is None or any(properties.find(f"{{*}}{name}") is not None for name in _EFFECTS):
        return False
    color = properties.find(f"{{*}}{_COLOR}")
    if color is None or _value(color, "themeColor"):
        return False
    highlight = _HIGHLIGHTS.get(_of_child(properties, "{*}highlight"))
    shade = properties.find("{*}shd")
    # Of another pattern than none, the fill is not what shows (section 17.18.78).
    is_shaded = shade is not None and _value(shade, "val") in _PLAIN_PATTERNS
    behind = highlight or (_value(shade, "fill") if is_shaded else "")
    return behind.upper() == _value(color, "val").upper() not in _PAPER - {_WHITE}


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


def take_unseen(
    slide: Any, below: Sequence[Any] = (), size: tuple[int, int] | None = None
) -> Iterator[str]:
    """Take out of a slide the shapes and groups that are hidden, and the runs that are not valid.

    Shapes are hidden by themselves, beside the slide, whose `size` is in EMU, or behind a filled
    one. Runs are struck through (section 21.1.2.3.9), without a fill, or white, unless something
    may be behind them: `below` are the layout and the master of the slide. Yield what they say.
    """
    for shape in [*_out_of_sight(slide, size)]:
        yield from _taken(shape)
    for shape in [*slide.iter(*_SHAPES)]:
        named = (each for part in shape for each in part.iterchildren("{*}cNvPr"))
        if any(each.get("hidden") in _ON for each in named):
            yield from _taken(shape)
    is_plain = bool(below) and not any(map(_may_paint, (slide, *below)))
    for run in [*slide.iter("{*}r")]:
        if any(_is_unread(each, is_plain=is_plain) for each in run.iterchildren("{*}rPr")):
            yield from _taken(run)


def _out_of_sight(slide: Any, size: tuple[int, int] | None) -> Iterator[Any]:
    """Yield the shapes beside a slide, and those behind a rectangle with one color.

    What moves on a slide may bring them into sight.
    """
    tree = slide.find("{*}cSld/{*}spTree")
    if tree is None or not size or 0 in size or slide.find("{*}timing") is not None:
        return
    covers: list[_Box] = []
    for shape in reversed([*tree.iterchildren(*_SHAPES)]):
        box = _box_of(shape)
        if box is None:
            continue
        if _is_beside(box, size) or any(_holds(cover, box) for cover in covers):
            yield shape
        elif _is_opaque(shape):
            covers.append(box)


def _is_beside(box: _Box, size: tuple[int, int]) -> bool:
    left, top, right, bottom = box
    return min(right, bottom) <= 0 or left >= size[0] or top >= size[1]


def _holds(outer: _Box, inner: _Box) -> bool:
    starts = zip(outer[:2], inner[:2], strict=True)
    ends = zip(inner[2:], outer[2:], strict=True)
    return all(first <= second for first, second in (*starts, *ends))


def _box_of(shape: Any) -> _Box | None:
    """Return left, top, right and bottom of a shape that has its own place and is not turned."""
    place = next((shape.find(path) for path in _PLACES if shape.find(path) is not None), None)
    if place is None or place.get("rot", "0") != "0":
        return None
    start, extent = place.find("{*}off"), place.find("{*}ext")
    try:
        x, y = int(start.get("x")), int(start.get("y"))
        width, height = int(extent.get("cx")), int(extent.get("cy"))
    except (AttributeError, TypeError, ValueError):
        return None
    return (x, y, x + width, y + height) if min(width, height) > 0 else None


def _is_opaque(shape: Any) -> bool:
    """Return whether a shape is a rectangle with one color that nothing shines through."""
    kind = shape.find("{*}spPr/{*}prstGeom")
    fill = shape.find("{*}spPr/{*}solidFill")
    if kind is None or kind.get("prst") != "rect" or fill is None:
        return False
    return len(fill) > 0 and next(fill.iter("{*}alpha", "{*}alphaMod", "{*}alphaOff"), None) is None


def _is_unread(properties: Any, *, is_plain: bool) -> bool:
    if properties.get("strike", _NO_STRIKE) != _NO_STRIKE:
        return True
    fill, mark = properties.find("{*}solidFill"), properties.find("{*}highlight")
    is_white = is_plain and fill is not None and _is_white_color(fill)
    is_empty = is_white or properties.find("{*}noFill") is not None
    is_marked = mark is not None and not _is_white_color(mark)
    return is_empty and not is_marked and properties.find("{*}ln") is None


def _may_paint(part: Any) -> bool:
    """Return whether anything but white paper may be behind the text of a slide."""
    if next(part.iter("{*}pic", "{*}graphicFrame", "{*}contentPart"), None) is not None:
        return True
    mappings = part.iter("{*}clrMap", "{*}overrideClrMapping")
    if any(mapping.get("bg1") != "lt1" for mapping in mappings):
        return True
    if any(reference.get("idx") != "0" for reference in part.iter("{*}fillRef")):
        return True
    properties = (*part.iter("{*}spPr", "{*}grpSpPr"), *part.iter("{*}bgPr", "{*}bgRef"))
    return any(map(_is_colored, properties))


def _is_colored(properties: Any) -> bool:
    """Return whether a shape or a background is filled with anything but white."""
    if properties.tag.endswith("}bgRef"):
        return not _is_white_color(properties)
    fills = (properties.find(f"{{*}}{name}") for name in _FILLS)
    return any(fill is not None and not _is_white_color(fill) for fill in fills)


def _is_white_color(fill: Any) -> bool:
    """Return whether the color in a fill is that of paper, without any change to it."""
    return any(
        len(color) == 0
        and (color.get("val", "").upper() == _WHITE or color.get("val") in _PAPER_OF_SLIDES)
        for color in fill.iterchildren("{*}srgbClr", "{*}schemeClr")
    )


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
    size = properties.find(f"{{*}}{_TINY}")
    if size is not None:
        found[_TINY] = _value(size, "val") in _TINY_SIZES
    if any(properties.find(f"{{*}}{name}") is not None for name in _EFFECTS):
        found[_EFFECT] = True
    if _has_no_fill(properties):
        found[_HIDDEN] = True
    color = properties.find(f"{{*}}{_COLOR}")
    if color is not None:
        # A color of the theme counts more than the number beside it (section 17.3.2.6).
        is_of_paper = _value(color, "themeColor") in _PAPER_COLORS
        is_of_paper = is_of_paper and not _value(color, "themeShade")
        found[_COLOR] = is_of_paper and _value(color, "val").upper() == _WHITE
    return found


def _has_no_fill(properties: Any) -> bool:
    """Return whether letters have neither a fill nor an outline ([MS-DOCX], section 2.6.1)."""
    if properties.find("{*}textFill/{*}noFill") is None:
        return False
    outline = properties.find("{*}textOutline")
    return outline is None or outline.find("{*}noFill") is not None


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
