"""Pages: a cursor is the number of entries to skip, of a page, or the record that came last."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, TypeVar

from flows.agents.tools.tool import Refusal

T = TypeVar("T")

_DIGITS = 18  # of a PK_ID, which has 64 bits at most


def page_of(
    items: Iterable[T], arguments: Mapping[str, Any], *, size: int
) -> tuple[list[T], str | None]:
    """Return a page, and the cursor of the next one or None.

    Raises:
        Refusal: the cursor is none of ours.
    """
    start = cursor_number(arguments.get("cursor", "0"))
    # One more than a page says whether there is another.
    found = list(islice(items, start, start + size + 1))
    return found[:size], str(start + size) if len(found) > size else None


def cursor_number(cursor: str, *, least: int = 0) -> int:
    """Return the number that a cursor is.

    Raises:
        Refusal: it is none of ours.
    """
    is_number = cursor.isascii() and cursor.isdigit() and len(cursor) <= _DIGITS
    if not is_number or int(cursor) < least:
        raise Refusal("cursor is not the next_cursor of an answer.")
    return int(cursor)


KEY = ">"
"""What a cursor begins with that names the last record of a page."""


def cursor_key(cursor: str) -> int | None:
    """Return the PK_ID of the last record of a page, None for the first page.

    Raises:
        Refusal: the cursor is none of ours.
    """
    if not cursor:
        return None
    if not cursor.startswith(KEY):
        raise Refusal("cursor is not the next_cursor of an answer.")
    return cursor_number(cursor.removeprefix(KEY))
