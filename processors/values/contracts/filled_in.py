"""Read the blanks of a form that are filled in: "this _4th_ day of _May_, 20_31_"."""

import re
from collections.abc import Sequence
from dataclasses import replace

from processors.values.lines import TextLine, fold

# The year has two digits before its blank. What is between two blanks is no entry: "__ day of __",
# and "By: ____ Name: ____" has another label there.
_ENTRY = re.compile(
    r"(?:(?<!\w)|(?<=\b19)|(?<=\b20))_+"
    r"(?!(?:day|and|und|et|at|of|in|on|to|by|between|this|the|name|title|date|signature|its)\b)"
    r"(?=[^\W_])(?P<entry>[^_:;]{0,60}[^\W_][.)]?)_+(?!\w)",
    re.IGNORECASE,
)


def filled_in(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return the lines with what is entered into their blanks, without the lines below it."""
    return [_filled_in(line) if "_" in line.text else line for line in lines]


def _filled_in(line: TextLine) -> TextLine:
    text = _ENTRY.sub(r"\g<entry>", line.text)
    if text == line.text:
        return line
    starts = (len(_ENTRY.sub(r"\g<entry>", line.text[:start])) for start in line.cells)
    cells = tuple(starts)
    gaps = tuple(new for old, new in zip(line.cells, cells, strict=True) if old in line.gaps)
    return replace(line, text=text, folded=fold(text), cells=cells, gaps=gaps)
