"""Find what is checked in the boxes of a form: "[x] Yes  [ ] No", "☒ Married"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from processors.contract import FormField
from processors.values.fields.pairs import Row

# It begins with one of a few characters, to which a search can jump.
_BOX = re.compile(
    r"[\[(\u2610\u2611\u2612\u25a1\u25a0\u2713\u2714]"
    r"(?:(?<=\[) ?[xX\u2713\u2714\u2717]? ?\]|(?<=\() ?[xX]? ?\)|(?<=[^\[(]))"
)
_CHECKED = re.compile(r"[xX\u2611\u2612\u25a0\u2713\u2714\u2717]")
_QUESTION = re.compile(r"[^\[(]{2,60}[:?]$")
_ANSWERS = {"yes": "Yes", "no": "No", "ja": "Yes", "nein": "No", "oui": "Yes", "non": "No"}
_MOST_OPTIONS = 12


@dataclass(frozen=True, slots=True)
class _Option:
    """The words after a box, and whether it is checked."""

    label: str
    is_checked: bool


def boxes_in(rows: Sequence[Row]) -> Iterator[FormField]:
    """Yield what is checked.

    The options after a question are its value, such as Yes or No. Any other option is a label of
    its own, with the value Yes or No.
    """
    for row in rows:
        text = "  ".join([piece.text for piece in row])
        boxes = list(islice(_BOX.finditer(text), _MOST_OPTIONS))
        if not boxes:
            continue
        question = text[: boxes[0].start()].strip()
        box = row[0].box if len(row) == 1 else None
        for label, value in _answers(question, list(_options(text, boxes))):
            yield FormField(label, value, box, "box")


def _answers(question: str, options: Sequence[_Option]) -> Iterator[tuple[str, str]]:
    """Yield what a question, or else each option, is answered with."""
    if _QUESTION.match(question):
        checked = [each.label for each in options if each.is_checked]
        if checked:
            answer = ", ".join(_ANSWERS.get(each.lower(), each) for each in checked)
            yield question.rstrip("?: "), answer
        return
    # Yes and No without a question say nothing.
    for each in options:
        if each.label.lower() not in _ANSWERS:
            yield each.label, "Yes" if each.is_checked else "No"


def _options(text: str, boxes: Sequence[re.Match[str]]) -> Iterator[_Option]:
    ends = [box.start() for box in boxes[1:]] + [len(text)]
    for box, end in zip(boxes, ends, strict=True):
        label = text[box.end() : end].strip()
        if label:
            yield _Option(label, _CHECKED.search(box.group()) is not None)
