"""Find what is checked in the boxes of a form: "[x] Yes  [ ] No", "☒ Married"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from processors.contract import Box, FormField
from processors.values.fields.pairs import Row

# It begins with one of a few characters, to which a search can jump.
_BOX = re.compile(
    r"[\[(\u2610\u2611\u2612\u25a1\u25a0\u2713\u2714]"
    r"(?:(?<=\[) ?[xX\u2713\u2714\u2717]? ?\]|(?<=\() ?[xX]? ?\)|(?<=[^\[(]))"
)
_CHECKED = re.compile(r"[xX\u2611\u2612\u25a0\u2713\u2714\u2717]")
_QUESTION = re.compile(r".{2,60}(?:[:?]|\((?:check|mark|circle|select)\b[^)]*\))$", re.IGNORECASE)
_CHECKED_BLANK = re.compile(r"(?<!\w)_{1,4}[xX\u2713\u2714]_{1,4}(?!\w)")
_OPEN_BLANK = re.compile(r"(?<![\w_])_{2,6}(?![\w_])")
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
    above = ""
    waiting: list[_Option] = []
    for row in [*rows, ()]:
        text = with_box_characters("  ".join([piece.text for piece in row]))
        groups = _groups(text)
        # A question may be on the line above its options, which may be below each other.
        if above and len(groups) == 1 and not groups[0][0]:
            waiting += groups[0][1]
            continue
        box = row[0].box if len(row) == 1 else None
        yield from _answers_of([(above, waiting), *groups], box)
        is_question = len(row) == 1 and not groups and _QUESTION.match(text.strip())
        above, waiting = text.strip() if is_question else "", []


def _answers_of(
    groups: Sequence[tuple[str, Sequence[_Option]]], box: Box | None
) -> Iterator[FormField]:
    for question, options in groups:
        for label, value in _answers(question, options):
            yield FormField(label, value, box, "box")


def has_boxes(text: str) -> bool:
    """Return whether a text has boxes to check, which are no value."""
    return _BOX.search(with_box_characters(text)) is not None


def with_box_characters(text: str) -> str:
    """Write blanks that are checked with an X as boxes, with those beside them: "_X_ Yes __ No"."""
    if not _CHECKED_BLANK.search(text):
        return text
    return _OPEN_BLANK.sub("\u2610", _CHECKED_BLANK.sub("\u2612", text))


def _groups(text: str) -> list[tuple[str, list[_Option]]]:
    """Return each question of a row with its options; a question begins behind a wide gap."""
    boxes = list(islice(_BOX.finditer(text), _MOST_OPTIONS))
    if not boxes:
        return []
    groups: list[tuple[str, list[_Option]]] = []
    groups.append((text[: boxes[0].start()].rstrip().rpartition("  ")[2].strip(), []))
    for option in _options(text, boxes):
        label, _, rest = option.label.partition("  ")
        groups[-1][1].append(_Option(label, option.is_checked))
        following = rest.rpartition("  ")[2].strip()
        if _QUESTION.match(following):
            groups.append((following, []))
    return groups


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
