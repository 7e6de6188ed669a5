"""Extract the visible text of HTML: words without tags, scripts or styles.

Nothing is run or fetched.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from processors.detect.encoding import clean, decode, decode_declared
from processors.detect.html.sight import HtmlPage, Sight
from processors.detect.html.tree import BLOCKS, CELLS, VOID, Node

# HTML Standard, section 4.2.5.4: a page declares its encoding in its first 1,024 bytes; browsers
# look further.
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_CHARSET_BYTES = 4096  # browsers look for a declaration in the first 1,024 bytes
# Types of <input> whose value a user types; the values of others (hidden, submit, password) are not
# text.
_TEXT_INPUTS = frozenset(
    {"text", "email", "tel", "number", "date", "url", "search", "datetime-local", "month", "time"}
)


_BEYOND_LIMITS = "its style sheets are too long to follow, so what they hide is read as text"


def decode_html(data: bytes) -> str:
    """Decode HTML by the encoding it declares, as browsers understand it, else by its content."""
    declared = _CHARSET.search(data[:_CHARSET_BYTES])
    # Zero bytes mean UTF-16, in which no declaration can be read as ASCII.
    label = declared.group(1).decode("ascii") if declared and b"\0" not in data[:64] else ""
    # HTML Standard, section 13.2.3.2: a page that was read as ASCII up to here is not in UTF-16.
    return decode(data) if label.lower().startswith("utf-16") else decode_declared(data, label)


def visible_text(html: str, *, marks_quotes: bool = False) -> str:
    """Return the visible text of HTML, one line per block, the cells of a row separated by tabs.

    With `marks_quotes`, the lines of older mail that is quoted begin with "> ", as in plain text.
    """
    return texts_of_html(html, marks_quotes=marks_quotes)[0]


class HtmlTexts(NamedTuple):
    """The visible text of a page, what is read apart, and what a reader of both has to know."""

    shown: str
    apart: str
    reason: str


def texts_of_html(html: str, *, marks_quotes: bool = False) -> HtmlTexts:
    """Return the visible text of HTML, and what is struck through, hidden at first or not seen.

    A script or a click may show what is hidden at first.
    """
    page = HtmlPage(html)
    texts = _Texts(page, marks_quotes=marks_quotes)
    reason = _BEYOND_LIMITS if page.is_beyond_limits else ""
    return HtmlTexts(_lines_of(texts.shown), _lines_of(texts.apart), reason)


def _lines_of(parts: Sequence[str]) -> str:
    lines = []
    # A browser shows a soft hyphen only where it breaks a line.
    for line in clean("".join(parts).replace("\u00ad", "")).split("\n"):
        # Tabs stay, for they separate cells; every other run of white space is one space.
        text = re.sub(r"[ \f\v\u00a0]+", " ", line).strip(" ")
        if text.strip() not in {"", ">"}:
            lines.append(text)
    return "\n".join(lines)


class _Texts:
    """Collects the texts of a page in `shown`, and in `apart` those that are read apart."""

    def __init__(self, page: HtmlPage, *, marks_quotes: bool = False) -> None:
        self.shown: list[str] = []
        self.apart: list[str] = []
        self._page = page
        self._marks_quotes = marks_quotes
        self._quotes: list[bool] = []  # of each open <blockquote>, whether it quotes a mail
        self._options = -1  # how many of an open list there were; -1 outside, or if it shows all
        self._is_left_out = False  # whether this is an entry that a closed list does not show
        self._is_in_apart = False
        self._collect()

    def _collect(self) -> None:
        root = self._page.tree.root
        waiting: list[tuple[Node, Iterator[Node | str]]] = [(root, iter(root.parts))]
        while waiting:
            node, parts = waiting[-1]
            part = next(parts, None)
            if part is None:
                waiting.pop()
                self._end(node)
            elif isinstance(part, str):
                self._add(node, part)
            else:
                self._start(part)
                waiting.append((part, iter(part.parts)))

    def _start(self, node: Node) -> None:
        attributes = node.attrib
        if node.name == "blockquote":
            # The large mail programs mark a quotation from a mail in one of these ways.
            css_class = attributes.get("class", "").lower()
            self._quotes.append(attributes.get("type") == "cite" or "quote" in css_class)
        if node.name == "select":
            self._options = -1 if {"multiple", "size"} & attributes.keys() else 0
        if node.name == "option" and self._options >= 0:
            self._options += 1
            self._is_left_out = self._options > 1 and "selected" not in attributes
        self._separate(node)
        # Saved forms hold what a user typed as the field's value; text is the default type.
        is_text = (attributes.get("type") or "text").lower() in _TEXT_INPUTS
        if node.name == "input" and is_text and attributes.get("value"):
            self._add(node, f" {attributes['value']} ")

    def _end(self, node: Node) -> None:
        if node.name in {"option", "select"}:
            self._is_left_out = False
        if node.name == "select":
            self._options = -1
        if node.name == "blockquote":
            self._quotes.pop()
        if node.name not in VOID:
            self._separate(node)

    def _add(self, node: Node, text: str) -> None:
        sight = self._page.looks[node].sight
        if sight is Sight.SHOWN and self._is_left_out:
            sight = Sight.APART
        if sight is Sight.NONE or (sight is Sight.APART and not text.strip()):
            return
        is_apart = sight is Sight.APART
        if is_apart and not self._is_in_apart:
            self.apart.append("\n")
        self._is_in_apart = is_apart
        (self.apart if is_apart else self.shown).append(text.replace("\n", " "))

    def _separate(self, node: Node) -> None:
        if node.is_repeated:
            return
        look = self._page.looks[node]
        is_quoted = self._marks_quotes and any(self._quotes)
        if node.name in BLOCKS:
            separator = "\n> " if is_quoted else "\n"
        elif node.name in CELLS:
            separator = "\t"
        else:
            return
        if look.box is Sight.SHOWN:
            self.shown.append(separator)
        if look.sight is Sight.APART:
            self.apart.append(separator)
