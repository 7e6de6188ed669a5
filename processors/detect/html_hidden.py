"""Say which elements of HTML a browser does not show, and where each of them ends.

Attributes, styles of elements, and the simple rules of a page's own style sheets count. What
depends on the width of a screen does not, and nothing is fetched.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset"),
        *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
        *("nav", "ol", "p", "pre", "section", "table", "title", "tr", "ul"),
    }
)
"""Elements that start a new line: "display: block", "list-item" or "table-row" in section 15.3 of
the HTML Standard."""
CELLS = frozenset({"td", "th"})
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr", "col", "area", "source"})
# These elements are always closed: if one of them is hidden, it cannot hide what follows it.
_ALWAYS_CLOSED = frozenset(
    {"article", "aside", "details", "div", "form", "ol", "section", "span", "table", "ul"}
)
_HIDING_STYLE = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?(?![\d.]))",
    re.IGNORECASE,
)
_SHOWING_STYLE = re.compile(r"(?:^|[;\s])(?:display|visibility)\s*:", re.IGNORECASE)
# Containers with letters of no size are common: their parts have sizes of their own.
_NO_SIZE = re.compile(
    r"(?:^|[;\s])font-size\s*:\s*0+(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$)", re.IGNORECASE
)
_CONTAINERS = _ALWAYS_CLOSED - {"span"} | CELLS | {"body", "li", "main", "tbody", "tr"}

_STYLE_START, _STYLE_END = (re.compile(f"<{tag}\\b", re.IGNORECASE) for tag in ("style", "/style"))
# One that does not end goes on to the end, so that no other is looked for in it.
_COMMENT = re.compile(r"/\*(?:.*?\*/|.*)|<!--|-->", re.DOTALL)
_SELECTOR = re.compile(r"([a-z][a-z0-9]*)?([.#][\w-]+)", re.IGNORECASE)
_BRACE = re.compile(r"[{}]")
_MOST_STYLE_CHARS = 200_000


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
    "tr": _End(_SECTIONS | {"tr"}, _SECTIONS | _TABLE, _TABLE),
    **dict.fromkeys(CELLS, _End(_SECTIONS | CELLS | {"tr"}, _SECTIONS | _TABLE | {"tr"}, _TABLE)),
    **dict.fromkeys(_SECTIONS, _End(_SECTIONS, _TABLE, _TABLE)),
}
# An element within a line ends with the block that it is in, if its own end is missing.
_BLOCK = BLOCKS - {"br", "hr"} | CELLS | {"body"}
_WITHIN_LINE = _End(ends=_BLOCK, nested=_BLOCK)


class HiddenElement:
    """An element that is not shown, while what is in it is parsed."""

    def __init__(self, tag: str, *, is_rendered: bool = True) -> None:
        self._tag = tag
        self._depth = 1  # how many elements of its name are open
        self._nested = 0
        is_closed = not is_rendered or tag in _ALWAYS_CLOSED
        self._end = _End() if is_closed else _OPEN_ENDS.get(tag, _WITHIN_LINE)

    def is_before(self, tag: str) -> bool:
        """Take a start tag, and say whether the element ended before it."""
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


def is_hidden(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether an element hides itself."""
    if tag in _VOID:
        return False
    style = attributes.get("style") or ""
    has_no_size = tag not in _CONTAINERS and _NO_SIZE.search(style) is not None
    return "hidden" in attributes or has_no_size or _HIDING_STYLE.search(style) is not None


def is_hidden_by(rules: Mapping[str, bool], tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Say whether a rule of the page hides an element; its own style counts more."""
    if not rules or tag in _VOID or _SHOWING_STYLE.search(attributes.get("style") or ""):
        return False
    names = [f".{name}" for name in (attributes.get("class") or "").split()]
    names += [f"#{attributes['id']}"] if attributes.get("id") else []
    said = [rules[key] for name in names for key in (name, f"{tag}{name}") if key in rules]
    return bool(said) and all(said)


def hiding_rules(html: str) -> dict[str, bool]:
    """Return for each simple selector whose rules say so whether they hide what it selects."""
    rules: dict[str, bool] = {}
    sheets = "\n".join(_style_sheets(html))[:_MOST_STYLE_CHARS]
    for selectors, style in _rules_in(_COMMENT.sub(" ", sheets)):
        is_hiding = _HIDING_STYLE.search(style) is not None
        if is_hiding or _SHOWING_STYLE.search(style):
            for selector in selectors.split(","):
                if found := _SELECTOR.fullmatch(selector.strip()):
                    rules[f"{(found[1] or '').lower()}{found[2]}"] = is_hiding
    return rules


def _style_sheets(html: str) -> Iterator[str]:
    """Yield the style sheets of a page; one that does not end is none."""
    start = _STYLE_START.search(html)
    while start is not None:
        end = _STYLE_END.search(html, start.end())
        if end is None:
            return
        yield html[html.find(">", start.end()) + 1 : end.start()]
        start = _STYLE_START.search(html, end.end())


def _rules_in(sheet: str) -> Iterator[tuple[str, str]]:
    """Yield selectors and style of each rule for all screens."""
    depth, start, selectors = 0, 0, ""
    for brace in _BRACE.finditer(sheet):
        text, start = sheet[start : brace.start()], brace.end()
        if brace.group() == "{":
            depth += 1
            selectors = text if depth == 1 else selectors
        else:
            if depth == 1 and not selectors.lstrip().startswith("@"):
                yield selectors, text
            depth = max(0, depth - 1)
