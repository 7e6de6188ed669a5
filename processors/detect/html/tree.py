"""Build the tree of a page as browsers do, near enough to know what each text is in.

Where a page is not well-formed, an element ends rather too early than too late: what it hides ends
with it. Rules of the HTML Standard, section 13.2.6.
"""

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

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
VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta"),
        *("param", "source", "track", "wbr"),
    }
)
NOT_RENDERED = frozenset(
    {"script", "style", "template", "noscript", "svg", "iframe", "object", "head"}
)
"""Elements whose content a browser does not render as text of the page (HTML Standard, section
15.3.1 "Hidden elements"), and those that embed something else."""

_NAMESPACE = "{http://www.w3.org/1999/xhtml}"
_SECTIONS = frozenset({"tbody", "tfoot", "thead"})
_OF_HEAD = frozenset(
    {"base", "link", "meta", "noscript", "script", "style", "template", "title", "head", "html"}
)
# What is in one of these ends nothing outside of it.
_CLOSED = NOT_RENDERED - {"style", "script", "head"}
_SCOPE = _CLOSED | CELLS | {"table", "caption", "button", "html", "body"}
_SPECIAL = _SCOPE | BLOCKS | _SECTIONS | {"option", "select"} - {"br", "hr"}
# What of them a browser opens again in the next block, if it is not closed (section 13.2.4.3).
_FORMATTING = frozenset(
    {
        *("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong"),
        *("tt", "u"),
    }
)
_TABLE = _CLOSED | {"table"}
# The start of the first ends one of the second, if none of the third is between them.
_ENDED_BY_START = {
    "li": (frozenset({"li"}), _SCOPE | {"ol", "ul"}),
    **dict.fromkeys(("dd", "dt"), (frozenset({"dd", "dt"}), _SCOPE | {"dl"})),
    "option": (frozenset({"option"}), _SCOPE | {"select"}),
    "optgroup": (frozenset({"optgroup", "option"}), _SCOPE | {"select"}),
    "tr": (frozenset({"tr"}), _TABLE),
    **dict.fromkeys(CELLS, (CELLS, _TABLE)),
    **dict.fromkeys(_SECTIONS, (_SECTIONS, _TABLE)),
}
# What the rows, cells and sections of a table are in.
_ROWS_IN = _SECTIONS | {"table"}
_PARENTS = {
    **dict.fromkeys(_SECTIONS, frozenset({"table"})),
    "tr": _ROWS_IN,
    **dict.fromkeys(CELLS, _ROWS_IN | {"tr"}),
}
# Browsers do the same: what is nested deeper is beside what it is in.
_MOST_NESTED = 512
_USUAL_CHARS = 1_000  # in the attributes of an element
_CHARS_OF_A_LOOK = 20  # that are split into words in the time of a look at an element
_MOST_REPEATED = 8  # elements; each of many tags would repeat all that are open


class Node:
    """An element, with the interface of ElementTree that selectors are matched against."""

    def __init__(self, name: str, attrib: dict[str, str], *, is_repeated: bool = False) -> None:
        self.name = name
        self.tag = f"{_NAMESPACE}{name}"
        self.attrib = attrib
        self.parts: list[Node | str] = []  # its elements and texts
        self.is_repeated = is_repeated  # opened again because its block ended before it
        # How many times the work of an ordinary element it is to look at its attributes.
        chars = sum(map(len, attrib.values()))
        self.weight = 1 + max(0, chars - _USUAL_CHARS) // _CHARS_OF_A_LOOK

    def __iter__(self) -> Iterator["Node"]:
        return (part for part in self.parts if isinstance(part, Node))

    @property
    def text(self) -> str:
        """The texts in it; only whether there is one matters."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def iter(self, tag: str) -> Iterator["Node"]:
        """Yield itself and the elements in it that have a tag, in order."""
        left = [self]
        while left:
            node = left.pop()
            if node.tag == tag:
                yield node
            left += [*node][::-1]

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return an attribute."""
        return self.attrib.get(name, default)


class Tree(HTMLParser):
    """The elements and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("html", {})
        self.has_doctype = False
        self.unended = False  # whether a style sheet has no end
        self._stack = [self.root]
        self._open = Counter({"html": 1})
        self.feed(html)
        self.close()
        self.unended = self._open["style"] > 0

    def handle_decl(self, decl: str) -> None:
        """Take a document type."""
        self.has_doctype = self.has_doctype or decl.lower().startswith("doctype")

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if data.strip():
            self._end_head("")
        self._stack[-1].parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a start tag."""
        attributes = {name: value or "" for name, value in reversed(attrs)}
        if tag in {"html", "body"} and self._open[tag]:
            known = (
                self.root
                if tag == "html"
                else next(node for node in self._stack if node.name == tag)
            )
            known.attrib = attributes | known.attrib
            return
        self._end_before(tag)
        self._push(Node(tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        """Take an end tag."""
        if tag == "br":
            self._stack[-1].parts.append(Node("br", {}))
        if tag in VOID or tag == "html":
            return
        if tag == "p" and not self._find({"p"}, _SCOPE):
            while self._stack[-1].is_repeated and self._stack[-1].name in _FORMATTING:
                self._pop(len(self._stack) - 1)
            return
        if tag in _FORMATTING:
            self._end_formatting(tag)
        else:
            self._end(tag)

    def _end(self, tag: str) -> None:
        if tag in {"table", "body"} | _CLOSED:
            bounds = _CLOSED
        elif tag in _PARENTS:
            bounds = _TABLE
        else:
            bounds = _SCOPE if tag in _SPECIAL else _SPECIAL
        at = self._find({tag}, bounds)
        if at:
            self._pop(at + 1 if tag == "body" else at)

    def _end_formatting(self, tag: str) -> None:
        """End an element, and open again the blocks that began in it."""
        at = self._find({tag}, _SCOPE)
        if at:
            within = self._stack[at + 1 :][-_MOST_REPEATED:]
            self._pop(at)
            if any(node.name in _SPECIAL for node in within):
                for node in within:
                    self._push(Node(node.name, node.attrib, is_repeated=True))

    def _end_before(self, tag: str) -> None:
        """End what ends before an element starts."""
        self._end_head(tag)
        if tag in _ENDED_BY_START:
            at = self._find(*_ENDED_BY_START[tag])
            if at:
                self._pop(at)
        if tag in _PARENTS and self._open["table"]:
            at = self._find(_PARENTS[tag], _CLOSED)
            if at:
                self._pop(at + 1)
        if tag == "a":
            self._end_formatting(tag)
        at = self._find({"p"}, _SCOPE) if tag in BLOCKS - {"br", "title"} else 0
        if at:
            within = self._stack[at + 1 :][-_MOST_REPEATED:] if tag != "p" else []
            self._pop(at)
            for node in within:
                if node.name in _FORMATTING:
                    self._push(Node(node.name, node.attrib, is_repeated=True))

    def _end_head(self, tag: str) -> None:
        """Begin the body with what cannot be in the head; the tags of both may be left out."""
        if tag in _OF_HEAD:
            return
        if self._stack[-1].name == "head":
            self._pop(len(self._stack) - 1)
        if self._stack[-1] is self.root and tag != "body":
            self._push(Node("body", {}))

    def _find(self, names: set[str] | frozenset[str], bounds: frozenset[str]) -> int:
        """Return where the last one of these is open, or 0 if it is not, or out of bounds."""
        if not any(self._open[name] for name in names):
            return 0
        for at in range(len(self._stack) - 1, 0, -1):
            name = self._stack[at].name
            if name in names:
                return at
            if name in bounds:
                return 0
        return 0

    def _push(self, node: Node) -> None:
        self._stack[-1].parts.append(node)
        if node.name not in VOID and len(self._stack) < _MOST_NESTED:
            self._stack.append(node)
            self._open[node.name] += 1

    def _pop(self, length: int) -> None:
        for node in self._stack[length:]:
            self._open[node.name] -= 1
        del self._stack[length:]
