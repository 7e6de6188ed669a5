"""A stranger's text as Prefect's UI shows it: in markdown, in a table's cell, and cut to a length."""

import re

MOST_CHARACTERS = 300
"""Characters of one text in an artifact: the server keeps them all, and a value may have a million."""


def one_line(text: str, *, most: int = MOST_CHARACTERS) -> str:
    """Return a text on one line, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def quoted(text: str) -> str:
    """Return a text that markdown shows as it is: nothing in it becomes a link, a picture or HTML."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one_line(text))


def cell(text: str) -> str:
    """Return a text for a table's cell.

    The older UI takes a cell for markdown, the newer one as it is: what would be a link, a picture or HTML is broken by
    a blank, and nothing is escaped.
    """
    return re.sub(
        r"<(?=[A-Za-z/!?])", "< ", one_line(text).replace("](", "] (").replace("][", "] [")
    )
