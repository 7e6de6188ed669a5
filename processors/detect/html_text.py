"""Extract the visible text of HTML: words without tags, scripts or styles.

Nothing is run or fetched.
"""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from processors.detect.encoding import clean, decode, decode_declared

# HTML Standard, section 4.2.5.4: a page declares its encoding in its first 1,024 bytes; browsers
# look further.
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE
)
_CHARSET_BYTES = 4096
# Elements whose content a browser does not render as text of the page (HTML Standard, section
# 15.3.1 "Hidden elements"), and those that embed something else.
_NOT_RENDERED = frozenset(
    {"script", "style", "template", "noscript", "svg", "iframe", "object", "head"}
)
# Elements that start a new line: "display: block", "list-item" or "table-row" in section 15.3.
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "title",
        "tr",
        "ul",
    ]
)
_CELLS = frozenset({"td", "th"})
# A hidden element ends with its own closing tag only. These elements are always closed: if one of
# them is hidden, it cannot hide what follows it.
_CLOSED_CONTAINERS = frozenset(
    {"article", "aside", "details", "div", "form", "ol", "section", "span", "table", "ul"}
)
_HIDING_STYLE = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE
)
# Types of <input> whose value a user types; the values of others (hidden, submit, password) are not
# text.
_TEXT_INPUTS = frozenset(
    {"text", "email", "tel", "number", "date", "url", "search", "datetime-local", "month", "time"}
)


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
    parser = _VisibleTextParser(marks_quotes=marks_quotes)
    parser.feed(html)
    parser.close()

    lines = []
    for line in clean("".join(parser.parts)).split("\n"):
        # Tabs stay, for they separate cells; every other run of white space is one space.
        text = re.sub(r"[ \f\v\u00a0]+", " ", line).strip(" ")
        if text.strip() not in {"", ">"}:
            lines.append(text)
    return "\n".join(lines)


class _VisibleTextParser(HTMLParser):
    """Collects visible text in `parts`."""

    def __init__(self, *, marks_quotes: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self._marks_quotes = marks_quotes
        self._quotes: list[bool] = []  # of each open <blockquote>, whether it quotes a mail
        self.parts: list[str] = []
        self._hidden_tag: str | None = None  # the outermost element that hides what is parsed now
        self._depth = 0  # how many elements of that name are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == self._hidden_tag:
            self._depth += 1
        elif tag == "body":
            self._hidden_tag = None  # ends a <head> that was never closed
        elif self._hidden_tag is not None:
            return
        elif tag in _NOT_RENDERED or (tag in _CLOSED_CONTAINERS and _is_hidden(attributes)):
            self._hidden_tag, self._depth = tag, 1
        else:
            if tag == "blockquote":
                self._quotes.append(_quotes_mail(attributes))
            self._separate(tag)
            value = attributes.get("value")
            if tag == "input" and value:
                # Saved forms hold what a user typed as the field's value; text is the default type.
                input_type = (attributes.get("type") or "text").lower()
                if input_type in _TEXT_INPUTS:
                    self.parts.append(f" {value} ")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden_tag:
            self._depth -= 1
            if self._depth == 0:
                self._hidden_tag = None
        elif self._hidden_tag is None:
            if tag == "blockquote" and self._quotes:
                self._quotes.pop()
            self._separate(tag)

    def handle_data(self, data: str) -> None:
        if self._hidden_tag is None:
            self.parts.append(data.replace("\n", " "))

    def _separate(self, tag: str) -> None:
        if tag in _BLOCKS:
            is_quoted = self._marks_quotes and any(self._quotes)
            self.parts.append("\n> " if is_quoted else "\n")
        elif tag in _CELLS:
            self.parts.append("\t")


def _quotes_mail(attributes: Mapping[str, str | None]) -> bool:
    """Say whether a quotation is of a mail, as the large mail programs mark it."""
    css_class = (attributes.get("class") or "").lower()
    return attributes.get("type") == "cite" or "quote" in css_class


def _is_hidden(attributes: Mapping[str, str | None]) -> bool:
    style = attributes.get("style") or ""
    return "hidden" in attributes or _HIDING_STYLE.search(style) is not None
