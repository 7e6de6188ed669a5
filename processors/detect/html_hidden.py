"""Say which elements of HTML a browser does not show, and where each of them ends.

Attributes, styles of elements, and the simple rules of a page's own style sheets count. What
only narrow screens and paper show does not, and nothing is fetched.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "details", "dialog", "div"),
        *("dl", "dt", "fieldset", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"),
        *("hr", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "title"),
        *("tr", "ul"),
    }
)
"""Elements that start a new line: "display: block", "list-item" or "table-row" in section 15.3 of
the HTML Standard."""
CELLS = frozenset({"td", "th"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "col", "area", "source"})
# Elements whose content a browser does not render as text of the page (HTML Standard, section
# 15.3.1 "Hidden elements"), and those that embed something else.
_NOT_RENDERED = frozenset(
    {"script", "style", "template", "noscript", "svg", "iframe", "object", "head"}
)
# These elements are always closed: if one of them is hidden, it cannot hide what follows it.
_ALWAYS_CLOSED = frozenset(
    {"article", "aside", "details", "dialog", "div", "form", "ol", "section", "span", "table", "ul"}
)
_HIDING_STYLE = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|content-visibility\s*:\s*hidden)",
    re.IGNORECASE,
)
# Pushed out of the page, cut down to nothing, or of no height.
_GONE = re.compile(
    r"(?:^|[;\s])(?:(?:left|top|margin-left|text-indent)\s*:\s*-(?:\d{4,}(?:px|pt)?|\d{3,}r?em)"
    r"|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01](?:px)?\s*\)"
    r"|transform\s*:\s*scale\(\s*0\s*\))",
    re.IGNORECASE,
)
_NO_HEIGHT = re.compile(r"(?:^|[;\s])(?:max-)?height\s*:\s*0(?:px|%)?\s*(?:[;!]|$)", re.IGNORECASE)
_CUT = re.compile(r"(?:^|[;\s])overflow(?:-y)?\s*:\s*hidden", re.IGNORECASE)
_NO_LINE = re.compile(r"(?:^|[;\s])line-height\s*:\s*0(?![\d.])", re.IGNORECASE)
_NO_FONT = re.compile(r"(?:^|[;\s])font\s*:\s*0/0(?![\d.])", re.IGNORECASE)
_LETTERS = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BEHIND = re.compile(r"(?:^|[;\s])background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_SHORT = re.compile(r"#([0-9a-f]{3})")
_SEEN_WITHOUT_COLOR = re.compile(r"background-clip|text-(?:shadow|stroke|fill)", re.IGNORECASE)
_WHITE = re.compile(r"#f[c-f]f[c-f]f[c-f]|#fff|white|rgba?\(\s*255(?:\s*,\s*255){2}\b.*\)")
# What may put a color or a picture behind letters, of which style sheets elsewhere are one.
_MAY_COLOR = re.compile(
    r"\bbackground(?:-color|-image)?\s*[:=]\s*[\"']?(?!\s*[\"']?(?:#fff(?:fff)?\b|white\b|transparent|none|inherit|initial))"
    r"|\bbgcolor\s*=\s*[\"']?(?!#?fff(?:fff)?\b|white\b)|<link\b[^>]*stylesheet|@import|color-scheme",
    re.IGNORECASE,
)
_TRANSPARENT = re.compile(r"(?:^|[;\s])opacity\s*:\s*0(?:\.0+)?(?![\d.])", re.IGNORECASE)
# What appears by and by is not seen only at first.
_MOVING = re.compile(r"(?:^|[;\s-])(?:animation|transition)\b", re.IGNORECASE)
_STRUCK = frozenset({"del", "s", "strike"})
_STRUCK_STYLE = re.compile(
    r"(?:^|[;\s])text-decoration(?:-line)?\s*:[^;]*\bline-through\b", re.IGNORECASE
)
_LINE_STYLE = re.compile(r"(?:^|[;\s])text-decoration(?:-line)?\s*:", re.IGNORECASE)
_STRUCK_TAG = re.compile(r"(?<![\w.#-])(?:del|s|strike)(?![\w-])", re.IGNORECASE)
_SHOWING_STYLE = re.compile(r"(?:^|[;\s])(?:display|visibility|opacity)\s*:", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"(?:^|[;\s])display\s*:\s*none", re.IGNORECASE)
_VISIBLE = re.compile(r"(?:^|[;\s])visibility\s*:\s*visible", re.IGNORECASE)
_NO_SIZE = re.compile(
    r"(?:^|[;\s])font-size\s*:\s*0+(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)", re.IGNORECASE
)
_SIZE = re.compile(r"(?:^|[;\s])font(?:-size)?\s*:", re.IGNORECASE)
# Containers with letters of no size are common: their parts have sizes of their own.
_CONTAINERS = _ALWAYS_CLOSED - {"span"} | CELLS | {"body", "li", "main", "tbody", "tr"}

# What a browser shows with its scripts has no style sheets in comments and in these elements.
_STYLE_START = re.compile(r"<(?:(style|script|noscript|template)\b|!--)", re.IGNORECASE)
_ENDS = {
    tag: re.compile(f"</{tag}\\b", re.IGNORECASE)
    for tag in ("style", "script", "noscript", "template")
} | {"": re.compile("-->")}
# One that does not end goes on to the end, so that no other is looked for in it.
_COMMENT = re.compile(r"/\*(?:.*?\*/|.*)|<!--|-->", re.DOTALL)
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?([.#][\w-]+)", re.IGNORECASE)
_NAME = re.compile(r"[.#][\w-]+")
_BRACE = re.compile(r"[{}]")
_MEDIA = re.compile(r"\bmedia\s*=\s*(?:\"([^\"]*)|'([^']*)|([^\s>]*))", re.IGNORECASE)
_FOR_SCREENS = re.compile(r"(?:only\s+)?(?:all|screen)?", re.IGNORECASE)
# A page is read as a wide screen shows it.
_NOT_FOR_SCREENS = re.compile(
    r"(?:@media\s*)?(?:print\b[^,]*|[^,]*\bmax-(?:device-)?width\b[^,]*)", re.IGNORECASE
)
_MOST_NESTED = 8
_MOST_STYLE_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What the rules of a page say of simple selectors.

    `hides` has for each that they show or hide whether they hide it, `strikes` for each that they
    speak of lines for whether one goes through it. `is_on_paper` is whether nothing of the page has
    another color behind it than white.
    """

    hides: Mapping[str, bool]
    strikes: Mapping[str, bool]
    is_on_paper: bool = False


@dataclass(frozen=True, slots=True)
class _End:
    """What else ends an element whose end tag may be left out (section 13.1.2.4).

    The start of one of `starts` and the end of one of `ends`, outside of the `nested` in it.
    """

    starts: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    nested: frozenset[str] = frozenset()


_TABLE = frozenset({"table"})
_SECTIONS = frozenset({"tbody", "tfoot", "thead"})
_LISTS = frozenset({"ol", "ul"})
_TERMS = frozenset({"dd", "dt"})
_OPEN_ENDS: Mapping[str, _End] = {
    "p": _End(starts=BLOCKS - {"br", "title"}, ends=BLOCKS | CELLS | {"body"}),
    "li": _End(frozenset({"li"}), _LISTS, _LISTS),
    **dict.fromkeys(_TERMS, _End(_TERMS, frozenset({"dl"}), frozenset({"dl"}))),
    "option": _End(frozenset({"option", "optgroup"}), frozenset({"select", "optgroup"})),
    "tr": _End(_SECTIONS | {"tr"}, _SECTIONS | _TABLE, _TABLE),
    **dict.fromkeys(CELLS, _End(_SECTIONS | CELLS | {"tr"}, _SECTIONS | _TABLE | {"tr"}, _TABLE)),
    **dict.fromkeys(_SECTIONS, _End(_SECTIONS, _TABLE, _TABLE)),
}
# An element within a line ends with the block that it is in, if its own end is missing.
_BLOCK = BLOCKS - {"br", "hr"} | CELLS | {"body"}
_WITHIN_LINE = _End(ends=_BLOCK, nested=_BLOCK)


class HiddenElement:
    """An element that is not shown, while what is in it is parsed."""

    def __init__(
        self, tag: str, *, is_rendered: bool = True, is_kept: bool = False, shown_by: str = ""
    ) -> None:
        self.is_kept = is_kept  # whether its text is read apart
        self._tag = tag
        self.shown_by = shown_by  # what of an element in it shows that one
        self._depth = 1  # how many elements of its name are open
        self._nested = 0
        is_closed = not is_rendered or tag in _ALWAYS_CLOSED
        self._end = _End() if is_closed else _OPEN_ENDS.get(tag, _WITHIN_LINE)

    def holds(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Take a start tag, and say whether its element is in this one and hidden with it."""
        return not self._shows(tag, attributes) and not self._is_before(tag)

    def _shows(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Say whether an element in it is shown, or may be by its class."""
        style = attributes.get("style") or ""
        if tag in _VOID or not self.shown_by:
            return False
        if self.shown_by == "summary":
            return tag == "summary" and self._depth == 1
        if self.shown_by == "visibility":
            return _VISIBLE.search(style) is not None
        if self.shown_by == "color":
            return (
                "class" in attributes or "color" in attributes or _LETTERS.search(style) is not None
            )
        has_size = _SIZE.search(style) is not None and _NO_SIZE.search(style) is None
        return "class" in attributes or has_size

    def _is_before(self, tag: str) -> bool:
        """Say whether the element ended before a start tag."""
        if not self._nested and tag in self._end.starts:
            return True
        if tag in self._end.nested:
            self._nested += 1
        elif tag == self._tag:
            self._depth += 1
        return False

    def is_closed_by(self, tag: str) -> tuple[bool, bool]:
        """Take an end tag; say whether it ends the element, and whether it is of another one."""
        if self._nested and tag in self._end.nested:
            self._nested -= 1
        elif tag == self._tag:
            self._depth -= 1
            return self._depth == 0, False
        elif not self._nested and tag in self._end.ends:
            return True, True
        return False, False


def hidden_element(
    rules: Rules, tag: str, attributes: Mapping[str, str | None]
) -> HiddenElement | None:
    """Return the element that begins if it is not shown, with its text kept if it may be.

    A click or a script may show it, or it is struck through.
    """
    if tag in _NOT_RENDERED:
        return HiddenElement(tag, is_rendered=False)
    if _is_struck(rules.strikes, tag, attributes) or _is_closed(tag, attributes):
        return HiddenElement(tag, is_kept=True, shown_by="summary" if tag == "details" else "")
    if _is_hidden_by(rules.hides, tag, attributes) or _is_gone(tag, attributes):
        return HiddenElement(tag, is_kept=True)
    if _is_in_own_color(rules, tag, attributes):
        return HiddenElement(tag, is_kept=True, shown_by="color")
    if _is_hidden(tag, attributes):
        return HiddenElement(tag, shown_by=_shown_in_it(attributes))
    return None


def _is_hidden(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element hides itself."""
    if tag in _VOID:
        return False
    style = attributes.get("style") or ""
    has_no_size = _NO_FONT.search(style) is not None or (
        _NO_SIZE.search(style) is not None
        and (tag not in _CONTAINERS or _NO_LINE.search(style) is not None)
    )
    return "hidden" in attributes or has_no_size or _hides(style)


def _is_gone(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element is out of the page or of no height by its own style."""
    style = attributes.get("style") or ""
    is_flat = _NO_HEIGHT.search(style) is not None and _CUT.search(style) is not None
    return tag not in _VOID and (is_flat or _GONE.search(style) is not None)


def _is_in_own_color(rules: Rules, tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether the letters of an element have the color behind them, or none."""
    style = attributes.get("style") or ""
    letters = _LETTERS.search(style)
    color = (letters[1] if letters else attributes.get("color") or "").strip().lower()
    if not color or tag in _VOID or _SEEN_WITHOUT_COLOR.search(style):
        return False
    behind = _BEHIND.search(style)
    if color == "transparent" or (behind and _long(behind[1]) == _long(color)):
        return True
    return rules.is_on_paper and _WHITE.fullmatch(color) is not None


def _long(color: str) -> str:
    """Write a color of three digits with six."""
    name = color.strip().lower()
    short = _SHORT.fullmatch(name)
    return f"#{''.join(digit * 2 for digit in short[1])}" if short else name


def _is_struck(rules: Mapping[str, bool], tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether a line goes through what is in an element; its own style counts most."""
    style = attributes.get("style") or ""
    if tag in _VOID:
        return False
    if _LINE_STYLE.search(style):
        return _STRUCK_STYLE.search(style) is not None
    said = _said_by(rules, tag, attributes)
    return all(said) and (bool(said) or tag in _STRUCK)


def _is_closed(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether what is in an element is shown only on a click.

    That is the body of closed details (section 4.11.1), a dialog, a panel of another tab.
    """
    is_panel = attributes.get("role") == "tabpanel" and attributes.get("aria-hidden") == "true"
    return is_panel or (tag in {"details", "dialog"} and "open" not in attributes)


def _shown_in_it(attributes: Mapping[str, str | None]) -> str:
    """Return what of an element within a hidden one shows it: "size", "visibility" or nothing."""
    style = attributes.get("style") or ""
    if "hidden" in attributes or _NOT_SHOWN.search(style) or _TRANSPARENT.search(style):
        return ""
    return "visibility" if _HIDING_STYLE.search(style) else "size"


def _hides(style: str) -> bool:
    is_transparent = _TRANSPARENT.search(style) is not None and not _MOVING.search(style)
    return is_transparent or _HIDING_STYLE.search(style) is not None


def _is_hidden_by(
    rules: Mapping[str, bool], tag: str, attributes: Mapping[str, str | None]
) -> bool:
    """Say whether a rule of the page hides an element; its own style counts more."""
    if not rules or tag in _VOID or _SHOWING_STYLE.search(attributes.get("style") or ""):
        return False
    said = _said_by(rules, tag, attributes)
    return bool(said) and all(said)


def _said_by(
    rules: Mapping[str, bool], tag: str, attributes: Mapping[str, str | None]
) -> list[bool]:
    """Return what the rules say of the name, the classes and the id of an element."""
    names = [f".{name}" for name in (attributes.get("class") or "").split()]
    names += [f"#{attributes['id']}"] if attributes.get("id") else []
    keys = [tag, *(key for name in names for key in (name, f"{tag}{name}"))]
    return [rules[key] for key in keys if key in rules]


def hiding_rules(html: str) -> Rules:
    """Return what a page's own style sheets hide and strike through."""
    sheets = [*_style_sheets(html)]
    if sum(len(sheet) for _, sheet in sheets) > _MOST_STYLE_CHARS:
        return Rules({}, {})
    is_on_paper = _MAY_COLOR.search(html) is None
    styled = [
        ([*media, *within], selectors, style)
        for media, sheet in sheets
        for within, selectors, style in _rules_in(_COMMENT.sub(" ", sheet))
    ]
    hides = [
        (*rule, _hides(rule[2]))
        for rule in styled
        if _hides(rule[2]) or _SHOWING_STYLE.search(rule[2])
    ]
    strikes = [
        (*rule, _STRUCK_STYLE.search(rule[2]) is not None)
        for rule in styled
        if _LINE_STYLE.search(rule[2])
    ]
    return Rules(_said_of_simple(hides), _said_of_simple(strikes), is_on_paper)


def _said_of_simple(rules: Iterable[tuple[list[str], str, str, bool]]) -> dict[str, bool]:
    """Return for each simple selector of rules (conditions, selectors, style) what they say of it.

    A rule that hides or strikes does not count if another one undoes it for what has the same class
    or id: which of the two a browser follows may depend on what an element is in.
    """
    said: dict[str, bool] = {}
    undone: set[str] = set()
    for conditions, selectors, _, is_hiding in rules:
        simple, others = _selectors_in(selectors, has_conditions=bool(conditions))
        said.update(dict.fromkeys(simple, is_hiding))
        if not is_hiding and not any(map(_NOT_FOR_SCREENS.fullmatch, conditions)):
            text = " ".join([*conditions, *others])
            undone.update(_NAME.findall(text))
            said.update((tag.lower(), False) for tag in _STRUCK_TAG.findall(text))
    return {key: is_so for key, is_so in said.items() if undone.isdisjoint(_NAME.findall(key))}


def _selectors_in(selectors: str, *, has_conditions: bool) -> tuple[list[str], list[str]]:
    """Return the simple selectors of a rule without conditions, and the other ones."""
    simple, others = [], []
    for selector in selectors.split(","):
        found = _SELECTOR.fullmatch(selector.strip())
        if found and not has_conditions:
            simple.append(f"{(found[1] or '').lower()}{found[2]}")
        else:
            others.append(selector)
    return simple, others


def _style_sheets(html: str) -> Iterator[tuple[list[str], str]]:
    """Yield the style sheets of a page, each behind its media unless it is for all screens.

    One that does not end is none.
    """
    start = _STYLE_START.search(html)
    while start is not None:
        tag = (start[1] or "").lower()
        end = _ENDS[tag].search(html, start.end())
        if end is None:
            return
        if tag == "style":
            begin = html.find(">", start.end()) + 1
            media = _MEDIA.search(html[start.end() : min(begin, end.start())])
            said = next(filter(None, media.groups()), "").strip() if media else ""
            is_for_screens = _FOR_SCREENS.fullmatch(said) is not None
            yield [] if is_for_screens else [said], html[begin : end.start()]
        start = _STYLE_START.search(html, end.end())


def _rules_in(sheet: str) -> Iterator[tuple[list[str], str, str]]:
    """Yield each rule: what it is within, such as "@media print", its selectors and its style."""
    heads: list[str] = []
    start = 0
    for brace in _BRACE.finditer(sheet):
        text, start = sheet[start : brace.start()], brace.end()
        if brace.group() == "{":
            heads.append(text.rpartition(";")[2].strip())
        elif heads:
            *within, selectors = heads[-_MOST_NESTED:]
            is_near = len(heads) <= _MOST_NESTED
            heads.pop()
            if is_near and not selectors.startswith("@"):
                yield within, selectors, text
