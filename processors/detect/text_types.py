"""Detect what a text is: mail, markup, a delimited table, or plain text."""

import itertools
import re
from collections.abc import Sequence
from functools import partial

from processors.detect import media
from processors.detect.encoding import decode, looks_like_text
from processors.detect.markup_types import markup_type
from processors.detect.media import FileType

_PLAIN = FileType("text/plain", ".txt")

# RFC 5322, section 3.6, RFC 2045, section 3, and header fields that servers and programs add.
_MAIL_FIELDS = frozenset(
    [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "delivered-to",
        "reply-to",
        "content-type",
        "x-mailer",
        "content-transfer-encoding",
    ]
)
# RFC 5322, section 2.2: a field name, which has no spaces, and a colon.
_HEADER_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60}):")
_PART_HEADER = re.compile(r"content-type:\s*[\w-]{1,40}/[\w.+-]{1,80}\s*(?:;|$)", re.IGNORECASE)
_FEWEST_MAIL_FIELDS = 2  # one alone ("Subject: …") starts many a note
_HEADER_CHARS = 8192
_HEADER_LINES = 60

_DELIMITERS = ",;\t|"
# Excel writes a first line that names the delimiter of the table that follows.
SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=([,;\t|])"?[ \t]*\r?\n', re.IGNORECASE)
_QUOTED_CELL = re.compile(r'(?<![^,;\t|\n])"(?:[^"]|"")*"(?![^,;\t|\r\n])')
_QUOTED = re.compile(r'"[^"]*"')
# Below a heading the rows of a table have other commas, too.
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d\d(?:[^\d,]|$))", re.MULTILINE)
_TABLE_CHARS = 16384
_TABLE_LINES = 20
_MOST_TITLES = 5
_FEWEST_BELOW_TITLES = 2  # delimiters in each line of a table that is not the whole text
_SHORT_TABLE_LINES = 3  # with fewer lines, one sign in each may be chance, so two are needed


def text_type(head: bytes) -> FileType | None:
    """Detect the type of a text from its beginning; None if it is not a text."""
    if not looks_like_text(head):
        return None
    text = decode(head).lstrip("\ufeff \t\r\n")
    if is_mail(text):
        return FileType(media.MAIL, ".eml")
    if text.startswith("<"):
        return markup_type(text) or _PLAIN
    if table_delimiter(text) is not None:
        return FileType("text/csv", ".csv")
    return _PLAIN


def table_delimiter(text: str) -> str | None:
    """Return the delimiter that occurs equally often in each of the first lines.

    None if the text is not a table.
    """
    named = SEPARATOR_LINE.match(text)
    if named is not None:
        return named[1]
    head, is_cut = text[:_TABLE_CHARS], len(text) > _TABLE_CHARS
    by_line = [_QUOTED.sub("", line) for line in head.splitlines()]
    # A quoted cell may hold line breaks.
    by_cell = _QUOTED_CELL.sub("", head).splitlines()
    # Remarks above a table may have delimiters of their own; a heading may begin with "#", too.
    for lines in (by_line, by_cell, _below_remarks(by_line), _below_remarks(by_cell)):
        delimiter = _delimiter_of(lines, is_cut=is_cut)
        if delimiter is not None:
            return delimiter
    return None


def _below_remarks(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines behind those that begin with "#" and the empty ones between them."""
    below = itertools.dropwhile(lambda line: line.startswith("#") or not line.strip(), lines)
    return [*below]


def _delimiter_of(unquoted: Sequence[str], *, is_cut: bool) -> str | None:
    lines = [line for line in unquoted[: _TABLE_LINES + 1] if line.strip()]
    if is_cut or len(lines) > _TABLE_LINES:
        lines = lines[:-1]  # it may be cut
    if len(lines) < 2:  # noqa: PLR2004 - one line says nothing about columns
        return None

    is_short = len(lines) < _SHORT_TABLE_LINES
    for delimiter in filter(partial(_is_border, lines), _DELIMITERS):
        counts = [line.count(delimiter) for line in lines]
        # A semicolon of a sentence has a blank behind it, and a comma is in numbers, too.
        may_be_chance = delimiter != ";" or "; " in "\n".join(lines)
        fewest = 2 if is_short and may_be_chance else 1
        if _is_table(counts, fewest=fewest):
            return delimiter
    return None


def _is_border(lines: Sequence[str], delimiter: str) -> bool:
    """Return whether a sign may be between cells: a comma not if all are before decimals."""
    return delimiter != "," or "," in _DECIMAL_COMMA.sub("", "\n".join(lines))


def _is_table(counts: Sequence[int], *, fewest: int) -> bool:
    """Say whether lines with so many delimiters are a table, perhaps below a title or remarks."""
    titles = next((at for at, count in enumerate(counts[:_MOST_TITLES]) if count), 0)
    least = fewest if titles == 0 else max(fewest, _FEWEST_BELOW_TITLES)
    table = counts[titles:]
    return len(set(table)) == 1 and table[0] >= least and len(table) >= least


def is_mail(text: str, *, whole: bool = False) -> bool:
    """Say whether a text starts with a mail's header: known fields before the first empty line.

    With `whole`, the headers of a part alone are not enough.
    """
    lines = text[:_HEADER_CHARS].splitlines()
    # The line that starts a message in the mbox format (RFC 4155), and that with the length of a
    # mail that Apple Mail keeps (.emlx).
    if lines and (lines[0].startswith("From ") or lines[0].strip().isdigit()):
        lines = lines[1:]
    if not lines or not _HEADER_FIELD.match(lines[0]):
        return False

    # What a mail signs or encrypts has the headers of a part (RFC 8551, section 3.1), maybe one.
    if not whole and _PART_HEADER.match(lines[0]):
        return True
    fields = _header_fields(lines[:_HEADER_LINES])
    return "received" in fields or len(fields & _MAIL_FIELDS) >= _FEWEST_MAIL_FIELDS


def _header_fields(lines: Sequence[str]) -> set[str]:
    """Return the names of the fields before the first empty line, in small letters."""
    fields: set[str] = set()
    for line in lines:
        if not line.strip():
            break
        field = _HEADER_FIELD.match(line)
        if field:
            fields.add(field.group(1).lower())
    return fields
