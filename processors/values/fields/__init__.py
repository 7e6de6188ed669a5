"""Find the fields of a form: labels as they are printed, and what is entered beside or below them.

Documents are hostile: the number and the length of what is kept are bounded.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from pipeline.labels import LABEL, fold_label
from pipeline.model import Finding
from processors.contract import NOTHING_DRAWN, FormField, Page
from processors.layout.plain_page import text_page
from processors.values.fields.check_boxes import boxes_in, has_boxes
from processors.values.fields.drawn import drawn_fields, rows_with_boxes
from processors.values.fields.pairs import pairs_in, pieces_of
from processors.values.lines import fold, label_pattern

_MOST_FIELDS_OF_PAGE = 100
_MOST_FINDINGS = 200
_MOST_LINES = 300
"""Lines of a page in which fields are looked for; a table of thousands is no form."""
_MOST_LABEL_CHARS, _MOST_VALUE_CHARS = 60, 300
_LEAST_LABEL_LETTERS = 2

_CONFIDENCES = {"interactive": 0.95, "line": 0.8, "frame": 0.8, "box": 0.75}
"""By the place of the value. Nothing is as certain as what is entered into the field itself."""
_UNFRAMED_CONFIDENCE = 0.6
"""Beside or below a label, where nothing that is drawn says that the value belongs to it."""
_REASONS = {
    "interactive": "is entered into the field '{}'",
    "line": "is beside the label '{}'",
    "frame": "is in the frame of the label '{}'",
    "box": "is what is checked at '{}'",
    "beside": "is beside the label '{}'",
    "below": "is below the label '{}'",
}
_SEVERAL_CONFIDENCE = 0.4
_LABELS_OF_BILLS = (
    *(("numbers", name) for name in ("invoice", "receipt")),
    *(("dates", name) for name in ("document", "due", "plain", "title")),
    *(("totals", name) for name in ("strong", "plain", "due")),
    ("due", "amount"),
    ("currency", "codes"),
)
_OTHER_WORD = re.compile(r"(?!(?:the|no|nr|number|your|our|of|in|de|required)\b)\b[^\W\d_]{2,}")
_GRID = frozenset({"beside", "below"})
_PROSE = frozenset({"contract", "letter", "resume"})
"""Classes whose short lines are addresses and headings, and no labels with values around them."""


def with_fields(page: Page) -> Page:
    """Return a page with the fields that are printed on it, after the interactive ones.

    What is drawn on it is not kept.
    """
    lines = page.lines[:_MOST_LINES]
    entered = tuple(each.box for each in page.fields if each.box)
    drawing = replace(page.drawing, frames=(*page.drawing.frames, *entered))
    drawn: list[FormField] = []
    if drawing != NOTHING_DRAWN:
        lines = tuple(rows_with_boxes(lines, drawing))
        drawn = list(drawn_fields(lines, drawing))
    rows = [pieces_of(line) for line in lines]
    printed = chain(boxes_in(rows), drawn, _not_drawn(pairs_in(rows), drawn))
    fields: dict[tuple[str, str], FormField] = {}
    # One line, and more in the text: the headings of a list, whose rows are kept apart.
    is_heading = len(rows) == 1 and "\n" in page.text.text.strip()
    for field in chain(page.fields, printed):
        if is_heading and field.place in _GRID:
            continue
        kept = _bounded(field)
        if kept:
            fields.setdefault((fold_label(kept.label), kept.value), kept)
        if len(fields) >= _MOST_FIELDS_OF_PAGE:
            break
    kept_fields = tuple(fields.values()) or page.fields
    return replace(page, fields=kept_fields, drawing=NOTHING_DRAWN)


def _not_drawn(fields: Iterable[FormField], drawn: Sequence[FormField]) -> Iterator[FormField]:
    """Yield the fields of which lines and frames say nothing else, and no boxes to check."""
    labels = {fold_label(field.label) for field in drawn}
    for field in fields:
        is_known = not labels.isdisjoint({fold_label(field.label), fold_label(field.value)})
        if not is_known and not has_boxes(field.value):
            yield field


def field_findings(pages: Sequence[Page], *, doc_class: str | None = None) -> dict[str, Finding]:
    """Return the fields as findings named `label:` and the label, as `fold_label` writes it.

    The first value of a label counts. If there are others, it is unsure. `doc_class` is the class
    of the document, where it is known.
    """
    found: dict[str, Finding] = {}
    for page in pages:
        for field in page.fields:
            if doc_class in _PROSE and field.place in _GRID:
                continue
            name = LABEL + fold_label(field.label)
            reason = _REASONS[field.place].format(field.label)
            confidence = _CONFIDENCES.get(field.place, _UNFRAMED_CONFIDENCE)
            finding = Finding(field.value, confidence, reason, page.text.number, field.box)
            first = found.get(name)
            if first is None and len(found) < _MOST_FINDINGS:
                found[name] = finding
            elif first and first.value != finding.value and finding.confidence >= first.confidence:
                reason = f"'{field.label}' is there more than once, with other values"
                found[name] = replace(first, confidence=_SEVERAL_CONFIDENCE, reason=reason)
    return found


def _is_of_bill(label: str) -> bool:
    """Return whether a label is one of a bill as a whole: "original invoice number" is none."""
    rest = fold(label)
    for section, name in _LABELS_OF_BILLS:
        rest = label_pattern(section, name).sub(" ", rest)
    return rest != fold(label) and not _OTHER_WORD.search(rest)


def entered_pages(pages: Sequence[Page]) -> list[Page]:
    """Return what is entered into interactive fields as pages of lines, each behind its label.

    The label may be the tooltip of a field, which no page shows.
    """
    found: list[Page] = []
    for page in pages:
        fields = [
            each for each in page.fields if each.place == "interactive" and _is_of_bill(each.label)
        ]
        if fields:
            text = "\n".join(f"{field.label}: {' '.join(field.value.split())}" for field in fields)
            found.append(text_page(text, number=page.text.number, engine="fields"))
    return found


def _bounded(field: FormField) -> FormField | None:
    label = " ".join(field.label.split()).strip(" :_")
    value = " ".join(field.value.split())[:_MOST_VALUE_CHARS]
    has_letters = sum(map(str.isalpha, label)) >= _LEAST_LABEL_LETTERS
    if not has_letters or len(label) > _MOST_LABEL_CHARS or not any(map(str.isalnum, value)):
        return None
    return replace(field, label=label, value=value)
