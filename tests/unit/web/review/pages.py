"""Pages with words, as a reader writes them into pages.json."""

import json

LINES = (
    "INVOICE 4711",
    "Date 31 March 2026",
    "Net 1,000.00",
    "Total: £1,234.56",
    "Acme Ltd",
)


def page_of(*lines: str) -> dict[str, object]:
    """Return a page as pages.json has it: each letter 10 points wide, each line 20 points high."""
    shown = []
    for number, line in enumerate(lines):
        found, left, top = [], 0.0, 20.0 * number
        for word in line.split():
            right = left + 10.0 * len(word)
            found.append({"text": word, "box": [left, top, right, top + 10.0]})
            left = right + 10.0
        shown.append({"text": line, "box": [0, top, left, top + 10.0], "words": found})
    return {"number": 1, "lines": shown}


def stored_pages(*pages: object) -> bytes:
    """Return pages.json: a head, and each page on a line of its own."""
    text = '{"format":"pages","pages":[\n' + ",\n".join(map(json.dumps, pages)) + "\n]}\n"
    return text.encode()
