"""Decide for every element of a page whether a browser shows the texts in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from processors.detect.html.boxes import escaping, is_gone, is_moving, is_placed, said
from processors.detect.html.cascade import UNKNOWN, Style, StyleValue, is_painted_over, style_of
from processors.detect.html.colors import BLACK, WHITE, Color, color_of, is_distinct, on
from processors.detect.html.declarations import PICTURE
from processors.detect.html.lengths import NORMAL_PX, font_pixels, pixels
from processors.detect.html.rules import Element, StyleRules, TooManySteps
from processors.detect.html.tree import CELLS, NOT_RENDERED, VOID, Node, Tree

_FAR_PX = -1000
_TINY_PX = 2.0  # letters of less are a line or nothing
_CLEAR = 0.02
_STRUCK = frozenset({"del", "s", "strike"})
_INHERIT = frozenset({"", "inherit", "unset", "currentcolor"})
_OWN_COLORS = frozenset({"button", "input", "mark", "option", "select", "textarea", "dialog"})
_NO_EFFECT = frozenset({"", "none", "initial", "unset", "normal", "0"})
_EFFECTS = ("text-shadow", "text-fill-color", "text-stroke", "filter", "mix-blend-mode")
_PAINTED = StyleValue(PICTURE)
_IN_CSS = frozenset({"", "text/css"})


class Sight(Enum):
    """Whether a text is seen."""

    SHOWN = "shown"
    APART = "apart"
    """Not seen at first, not valid, or not distinct from what is behind it."""
    NONE = "none"
    """Hidden by the element itself, or no text of the page."""


@dataclass(frozen=True, slots=True)
class ElementLook:
    """How the texts of an element look; None is for what is not known."""

    color: Color | None = BLACK
    behind: Color | None = WHITE
    font_px: float | None = NORMAL_PX
    root_px: float | None = NORMAL_PX
    indent_px: float = 0.0
    box: Sight = Sight.SHOWN  # of what takes no place on the page
    escaping: frozenset[str] = frozenset()  # the positions of what is in it and is shown
    visibility: Sight = Sight.SHOWN
    size: Sight = Sight.SHOWN
    is_struck: bool = False
    has_effect: bool = False

    @property
    def sight(self) -> Sight:
        """Whether its texts are seen."""
        found = (self.box, self.visibility, self.size)
        if Sight.NONE in found:
            return Sight.NONE
        is_apart = Sight.APART in found or self.is_struck or self.indent_px <= _FAR_PX
        return Sight.APART if is_apart or self._is_in_color_behind() else Sight.SHOWN

    def _is_in_color_behind(self) -> bool:
        if self.has_effect or self.color is None:
            return False
        if self.color[3] <= _CLEAR:
            return True
        return self.behind is not None and not is_distinct(self.color, self.behind)


class HtmlPage:
    """What a page shows: the `ElementLook` of each of its elements.

    `is_beyond_limits` is whether its style sheets were too many to follow, and none was.
    """

    def __init__(self, html: str) -> None:
        self.tree = Tree(html)
        self.looks: dict[Node, ElementLook] = {}
        self.is_beyond_limits = False
        try:
            self._styles = self._styles_by(StyleRules([*_sheets_of(self.tree)]))
        except TooManySteps:
            self.is_beyond_limits = True
            self._styles = self._styles_by(None)
        self._is_layered = any(
            said(style, "position") in {"absolute", "fixed", "sticky", UNKNOWN}
            or said(style, "z-index").startswith("-")
            or (node.name in {"col", "colgroup"} and _paints(style))
            for node, style in self._styles.items()
        )
        self._look()

    def _styles_by(self, rules: StyleRules | None) -> dict[Node, Style]:
        may_be_others = (
            rules is None
            or rules.needs_others
            or any(
                node.name == "link" and "stylesheet" in node.attrib.get("rel", "").lower()
                for node, _ in _nodes(self.tree.root)
            )
        )
        styles: dict[Node, Style] = {}
        elements: dict[Node, Element] = {}
        last: dict[Node | None, Element] = {}
        for node, parent in _nodes(self.tree.root):
            matches = []
            if rules is not None and not rules.is_empty:
                around = None if parent is None else elements[parent]
                element = elements[node] = last[parent] = Element.of(node, around, last.get(parent))
                matches = rules.of(element)
            style = style_of(node, matches, may_be_others=may_be_others)
            if is_painted_over(matches):
                style = {**style, "box-shadow": _PAINTED}
            styles[node] = style
        return styles

    def _look(self) -> None:
        schemes = {
            f"{said(style, 'color-scheme')} {node.attrib.get('content', '').lower()}"
            for node, style in self._styles.items()
            if said(style, "color-scheme")
            or (node.name == "meta" and "color-scheme" in node.attrib.get("name", "").lower())
        }
        canvas = None if any("dark" in scheme for scheme in schemes) else WHITE
        first = ElementLook(behind=canvas)
        for node, parent in _nodes(self.tree.root):
            look = self.looks[parent] if parent is not None else first
            self.looks[node] = self._look_of(node, parent, look)

    def _look_of(self, node: Node, parent: Node | None, around: ElementLook) -> ElementLook:
        style = self._styles[node]
        if node.name in NOT_RENDERED:
            return replace(around, box=Sight.NONE, escaping=frozenset())
        if node.name in VOID and node.name != "input":
            return around
        font_px = self._font_of(node, style, around)
        root_px = font_px if node is self.tree.root else around.root_px
        look = replace(
            around,
            color=self._color_of(node, style, around),
            behind=self._behind(node, style, around),
            font_px=font_px,
            root_px=root_px,
            size=_size_of(style, font_px, around),
            visibility=_visibility_of(style, around),
            is_struck=around.is_struck or _is_struck(node, style),
            indent_px=_indent_of(style, font_px, around),
            has_effect=around.has_effect or _has_effect(style),
        )
        return _with_box(node, parent, style, look)

    def _font_of(self, node: Node, style: Style, around: ElementLook) -> float | None:
        value = said(style, "font-size")
        if value:
            return font_pixels(value, parent_px=around.font_px, root_px=around.root_px)
        # Tables of pages without a document type do not inherit (HTML Standard, section 15.3.10).
        is_apart = node.name in _OWN_COLORS or (node.name == "table" and not self.tree.has_doctype)
        return NORMAL_PX if is_apart else around.font_px

    def _color_of(self, node: Node, style: Style, around: ElementLook) -> Color | None:
        value = said(style, "color")
        if value not in _INHERIT:
            return BLACK if value == "initial" else color_of(value)
        is_link = node.name == "a" and "href" in node.attrib
        if not value and (node.name in _OWN_COLORS or is_link):
            return None
        is_quirk = node.name == "table" and not self.tree.has_doctype
        return None if is_quirk and around.color != BLACK else around.color

    def _is_elsewhere(self, node: Node, style: Style) -> bool:
        """Return whether something else than what an element is in may be behind it."""
        is_above = self._is_layered and (bool(said(style, "position")) or node.name in CELLS)
        return is_above or is_placed(style) or node.name in _OWN_COLORS

    def _behind(self, node: Node, style: Style, around: ElementLook) -> Color | None:
        """Return what is behind the letters of an element; nothing is certain of a picture."""
        below = None if self._is_elsewhere(node, style) else around.behind
        value = said(style, "background-color")
        if any(said(style, name) not in _NO_EFFECT for name in ("background-image", "box-shadow")):
            return None
        if value in {"", "initial", "unset"}:
            return below
        color = color_of(value)
        if color is None or color[3] == 1.0:
            return color
        return None if below is None else on(color, below)


def _shown_again(node: Node, parent: Node | None, style: Style, look: ElementLook) -> ElementLook:
    """Return how an element looks that what it is in may not hide with itself."""
    if "summary" in look.escaping:
        heading = next((each for each in parent or () if each.name == "summary"), None)
        box = Sight.SHOWN if heading is node else look.box
        return replace(look, box=box, escaping=frozenset())
    is_shown = look.box is not Sight.SHOWN and said(style, "position") in look.escaping
    return replace(look, box=Sight.SHOWN, escaping=frozenset()) if is_shown else look


def _with_box(node: Node, parent: Node | None, style: Style, look: ElementLook) -> ElementLook:
    """Return how an element looks with what its own box hides."""
    look = _shown_again(node, parent, style, look)
    hides, leaving = _hides(node, style), frozenset[str]()
    if hides is Sight.SHOWN and _is_closed(node):
        hides, leaving = Sight.APART, frozenset({"summary"} if node.name == "details" else ())
    if hides is Sight.SHOWN and is_gone(node, style):
        hides, leaving = Sight.APART, escaping(style)
    if hides is Sight.SHOWN or (look.box is not Sight.SHOWN and not look.escaping):
        return look
    return replace(look, box=hides, escaping=leaving)


def _hides(node: Node, style: Style) -> Sight:
    """Say what hides an element with all that is in it, wherever that is."""
    names = []
    if said(style, "display") == "none":
        names.append("display")
    if said(style, "content-visibility") == "hidden":
        names.append("content-visibility")
    if _is_clear(said(style, "opacity")) and not is_moving(style):
        names.append("opacity")
    if not names or node.name in VOID:
        return Sight.SHOWN
    return Sight.NONE if any(style[name].is_own for name in names) else Sight.APART


def _is_clear(opacity: str) -> bool:
    number = opacity.removesuffix("%")
    try:
        value = float(number) / (100 if number != opacity else 1)
    except ValueError:
        return False
    return value <= _CLEAR


def _is_closed(node: Node) -> bool:
    """Say whether what is in an element is shown only on a click.

    That is the body of closed details (section 4.11.1), a dialog, a panel of another tab.
    """
    attributes = node.attrib
    is_panel = attributes.get("role") == "tabpanel" and attributes.get("aria-hidden") == "true"
    return is_panel or (node.name in {"details", "dialog"} and "open" not in attributes)


def _visibility_of(style: Style, around: ElementLook) -> Sight:
    match said(style, "visibility"):
        case "hidden" | "collapse" if not is_moving(style):
            return Sight.NONE if style["visibility"].is_own else Sight.APART
        case "" | "inherit" | "unset":
            return around.visibility
        case _:
            return Sight.SHOWN


def _size_of(style: Style, font_px: float | None, around: ElementLook) -> Sight:
    if font_px is None or font_px >= _TINY_PX:
        return Sight.SHOWN
    if "font-size" in style:
        return Sight.NONE if style["font-size"].is_own else Sight.APART
    return around.size


def _indent_of(style: Style, font_px: float | None, around: ElementLook) -> float:
    value = said(style, "text-indent")
    if value in {"", "inherit", "unset"}:
        return around.indent_px
    return pixels(value, font_px=font_px) or 0.0 if "%" not in value else 0.0


def _is_struck(node: Node, style: Style) -> bool:
    line = said(style, "text-decoration-line")
    return "line-through" in line if line else node.name in _STRUCK


def _has_effect(style: Style) -> bool:
    """Return whether letters are seen by something else than their color."""
    return (
        any(said(style, name) not in _NO_EFFECT for name in _EFFECTS)
        or said(style, "background-clip") not in {"", "border-box", "padding-box", "content-box"}
        or is_moving(style)
        or "all" in style
    )


def _paints(style: Style) -> bool:
    names = ("background-color", "background-image")
    return any(said(style, name) not in {"", "transparent", "none"} for name in names)


def _nodes(root: Node) -> Iterator[tuple[Node, Node | None]]:
    """Yield each element behind what is before it, with what it is in."""
    waiting: list[tuple[Node, Node | None]] = [(root, None)]
    while waiting:
        node, parent = waiting.pop()
        yield node, parent
        waiting.extend((each, node) for each in reversed([*node]))


def _sheets_of(tree: Tree) -> Iterator[tuple[str, str]]:
    """Yield the style sheets of a page, each behind its media; scripts do without some.

    One that does not end is none.
    """
    unread: set[Node] = set()
    sheets: list[tuple[str, str]] = []
    for node, parent in _nodes(tree.root):
        if node.name in {"noscript", "template", "iframe", "object"} or parent in unread:
            unread.add(node)
        elif node.name == "style" and node.attrib.get("type", "").strip().lower() in _IN_CSS:
            sheets.append((node.attrib.get("media", "").strip(), node.text))
    yield from sheets[:-1] if tree.unended else sheets
