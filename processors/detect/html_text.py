"""Extract the visible text of HTML: words without tags, scripts or styles.

Nothing is run or fetched.
"""

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from processors.detect.encoding import clean, decode, decode_declared
from processors.detect.html_hidden import (
    BLOCKS,
    CELLS,
    HiddenElement,
    Rules,
    hidden_element,
    hiding_rules,
)

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


def texts_of_html(html: str, *, marks_quotes: bool = False) -> tuple[str, str]:
    """Return the visible text of HTML, and what is struck through or hidden at first.

    A script or a click may show the latter.
    """
    parser = _VisibleTextParser(hiding_rules(html), marks_quotes=marks_quotes)
    parser.feed(html)
    parser.close()
    return _lines_of(parser.parts), _lines_of(parser.unseen)


def _lines_of(parts: Sequence[str]) -> str:
    lines = []
    # A browser shows a soft hyphen only where it breaks a line.
    for line in clean("".join(parts).replace("\u00ad", "")).split("\n"):
        # Tabs stay, for they separate cells; every other run of white space is one space.
        text = re.sub(r"[ \f\v\u00a0]+", " ", line).strip(" ")
        if text.strip() not in {"", ">"}:
            lines.append(text)
    return "\n".join(lines)


class _VisibleTextParser(HTMLParser):
    """Collects visible text in `parts`, and in `unseen` what is read apart."""

    def __init__(self, rules: Rules, *, marks_quotes: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self._rules = rules
        self._marks_quotes = marks_quotes
        self._quotes: list[bool] = []  # of each open <blockquote>, whether it quotes a mail
        self.parts: list[str] = []
        self.unseen: list[str] = []
        self._hidden: HiddenElement | None = None  # the outermost one that hides what is parsed now
        self._is_in_summary = False  # what closed details show
        self._options = -1  # how many of an open list there were; -1 outside, or if it shows all

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if self._is_unseen(tag, attributes):
            self._separate(tag, self.unseen)
            return
        if tag == "blockquote":
            # The large mail programs mark a quotation from a mail in one of these ways.
            css_class = (attributes.get("class") or "").lower()
            self._quotes.append(attributes.get("type") == "cite" or "quote" in css_class)
        self._separate(tag, self.parts)
        value = attributes.get("value")
        if tag == "input" and value:
            # Saved forms hold what a user typed as the field's value; text is the default type.
            input_type = (attributes.get("type") or "text").lower()
            if input_type in _TEXT_INPUTS:
                self.parts.append(f" {value} ")

    def _is_not_chosen(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Say whether an entry of a list begins that the closed list does not show."""
        if tag == "select":
            self._options = -1 if {"multiple", "size"} & attributes.keys() else 0
        if tag != "option" or self._options < 0:
            return False
        self._options += 1
        return self._options > 1 and "selected" not in attributes

    def _is_unseen(self, tag: str, attributes: Mapping[str, str | None]) -> bool:
        """Say whether an element begins that is hidden, or is in one that is."""
        # A <head> may never be closed.
        if self._hidden is not None and tag != "body" and self._hidden.holds(tag, attributes):
            return True
        if self._hidden is not None and self._hidden.shown_by == "summary":
            self._is_in_summary = tag == "summary"
        self._hidden = hidden_element(self._rules, tag, attributes)
        if self._hidden is None and self._is_not_chosen(tag, attributes):
            self._hidden = HiddenElement(tag, is_kept=True)
        if self._hidden is not None and self._hidden.is_kept:
            self.unseen.append("\n")
        return self._hidden is not None

    def handle_endtag(self, tag: str) -> None:
        if self._hidden is not None:
            is_ended, is_of_other = self._hidden.is_closed_by(tag)
            self._separate(tag, self.unseen)
            self._hidden = None if is_ended else self._hidden
            if not is_of_other:
                return
        if tag == "summary" and self._is_in_summary:
            self._is_in_summary = False
            self._hidden = HiddenElement("details", is_kept=True)
        if tag == "blockquote" and self._quotes:
            self._quotes.pop()
        self._separate(tag, self.parts)

    def handle_data(self, data: str) -> None:
        if self._hidden is None:
            self.parts.append(data.replace("\n", " "))
        elif self._hidden.is_kept:
            self.unseen.append(data.replace("\n", " "))

    def _separate(self, tag: str, parts: list[str]) -> None:
        if tag in BLOCKS:
            is_quoted = self._marks_quotes and any(self._quotes)
            parts.append("\n> " if is_quoted else "\n")
        elif tag in CELLS:
            parts.append("\t")
