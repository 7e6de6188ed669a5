"""Text from documents and records as Prefect's UI shows it: in markdown, in table cells, cut."""

import re

MOST_CHARACTERS = 300
"""Characters of one text in an artifact. The server keeps them all; a value may have a million."""


def one_line(text: str) -> str:
    """Return a text on one line, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1] + "…"


def quoted(text: str) -> str:
    """Return a text that markdown shows as it is: nothing in it becomes a link, image or HTML."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", one_line(text))


def cell(text: str) -> str:
    """Return a text for a table cell.

    Prefect's older UI renders a cell as markdown, the newer one shows it as it is. So nothing is
    escaped; a space breaks whatever would become a link, an image or HTML.
    """
    line = one_line(text).replace("](", "] (").replace("][", "] [")
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", line)
