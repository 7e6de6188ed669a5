"""Learn columns and choose their values, as `pipeline.ports.learner` promises.

What documents say is a stranger's text here as well: of each at most some pages and lines are
looked at, and none of it is anything but text.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from pipeline.finding_kinds import ValueType
from pipeline.findings import FINDINGS
from pipeline.labels import LEARNED
from pipeline.model import Column, Finding, PageText
from pipeline.model.learning import LearnedChoice, PrintedAt
from pipeline.ports.learner import FoundDoubt, LearningExample, Lesson
from processors.contract import Box, Line, Page, Word
from processors.learning import (
    BadModel,
    Choice,
    ColumnKind,
    ColumnModel,
    Example,
    PrintedPlace,
    Trained,
    clopper_pearson_lower,
    doubts,
    kind_of_values,
    needed,
    train,
)
from processors.learning.learner import Learned
from processors.learning.model import FORMAT
from processors.learning.text.document import Document
from processors.learning.training import learned_of

FEWEST = 3
"""Filled records of a column from which on it is learned."""

MOST_PAGES = 10
MOST_LINES = 2_000
MOST_PAGE_CHARS = 2 * 2**20
"""What is looked at of a document: pages, lines of each, and characters of one in pages.json."""

# A document may say anything, and a model may be of any age: neither may end the work on a record.
_FAULTS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)

_PERIOD = 20
"""Records, in the order of time, among which some must be filled for the empty ones to count."""

_log = structlog.get_logger()

_KINDS = {
    "DATE/TIME": ColumnKind.DATE,
    "CURRENCY": ColumnKind.AMOUNT,
    "NUMBER": ColumnKind.NUMBER,
    "INTEGER": ColumnKind.NUMBER,
    "YES/NO": ColumnKind.YES_NO,
}
_KINDS_OF_FINDINGS = {ValueType.DATE: ColumnKind.DATE, ValueType.AMOUNT: ColumnKind.AMOUNT}
_LISTS = frozenset({"parties"})
_CLASSES = frozenset({"doc_type", "language", "currency"})


class ColumnLearner:
    """Learns with logistic regression over what is printed on the pages."""

    format = str(FORMAT)

    def learn(
        self, column: Column, finding: str, records: Sequence[LearningExample]
    ) -> Lesson | None:
        """Learn a column from its filled records; None where there are too few."""
        examples = [_example(record) for record in records if record.value]
        empty = [_example(record) for record in left_empty(records)]
        if len(examples) < FEWEST:
            return None
        kind = kind_of(column, finding, [example.value for example in examples])
        known = None if finding == LEARNED else finding
        trained = train(examples, kind=kind, finding=known, empty=empty, with_curve=True)
        found = tuple(
            FoundDoubt(one.record_id, one.typed, one.read, one.probability, _place(one.place))
            for one in doubts(trained)
        )
        return Lesson(trained.model.to_json(), _report(trained, kind), found)

    def choose(
        self, models: Mapping[str, str], pages: Path, findings: Mapping[str, Finding]
    ) -> Mapping[str, LearnedChoice]:
        """Choose the values of a document by column, with a model in JSON for each."""
        chosen: dict[str, LearnedChoice] = {}
        try:
            read = Document.of(load_pages(pages))
        except _FAULTS as error:
            _log.warning("pages cannot be learned from", error=repr(error))
            return chosen
        for name, document in models.items():
            try:
                choice = _learned_of(document).choose(read, findings)
            except BadModel:
                continue  # of another version of the program: the next `learn` makes a new one
            except _FAULTS as error:
                _log.warning("a model chose nothing", column=name, error=repr(error))
                continue
            if choice is not None:
                chosen[name] = _learned(choice)
        return chosen

    def lower_bound(self, right: int, asked: int) -> float:
        """Return what share of choices is right at least, with 95 % certainty."""
        return clopper_pearson_lower(right, asked)

    def needed(
        self, right: int, asked: int, target: float, *, at_every_look: bool = False
    ) -> int | None:
        """Return how many more right choices prove a target; None for too many."""
        return needed(right, asked, target, at_every_look=at_every_look)


def left_empty(records: Sequence[LearningExample]) -> Sequence[LearningExample]:
    """Return the records whose column people left empty while they filled it for others.

    Before somebody began to fill it, and once most is written for them, it is empty whatever the
    document is.
    """
    periods = (records[at : at + _PERIOD] for at in range(0, len(records), _PERIOD))
    return [
        one
        for period in periods
        if any(other.value for other in period)
        for one in period
        if not one.value
    ]


def kind_of(column: Column, finding: str, values: Sequence[str]) -> ColumnKind:
    """Return how the values of a column are compared: its type, its finding or they say it."""
    if column.type in _KINDS:
        return _KINDS[column.type]
    if finding in _LISTS:
        return ColumnKind.LIST
    if finding in _CLASSES:
        return ColumnKind.CHOICE
    known = FINDINGS.get(finding)
    if known is not None and known.type in _KINDS_OF_FINDINGS:
        return _KINDS_OF_FINDINGS[known.type]
    return kind_of_values(values)


def load_pages(path: Path) -> tuple[Page, ...]:
    """Load the first pages of a pages.json, which has one page on each line."""
    return tuple(_load_pages(path))


def _load_pages(path: Path) -> Iterator[Page]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in islice(lines, 1, MOST_PAGES + 1):
            if line.startswith('{"number"') and len(line) <= MOST_PAGE_CHARS:
                # A page that is none costs its document that page, and no other document anything.
                with suppress(*_FAULTS):
                    yield _page(json.loads(line.rstrip().rstrip(",")))


def _page(page: Mapping[str, Any]) -> Page:
    text = PageText(
        number=int(page["number"]),
        source=str(page["source"]),
        engine=str(page["engine"]) if page["engine"] else None,
        confidence=_number(page["confidence"]),
        text=str(page["text"]),
        width_pt=_number(page["width_pt"]),
        height_pt=_number(page["height_pt"]),
    )
    lines = tuple(
        Line(
            str(line["text"]),
            _box(line["box"]),
            _number(line["confidence"]),
            tuple(
                Word(str(word["text"]), box, _number(word.get("confidence")))
                for word in line["words"]
                if (box := _box(word["box"])) is not None
            ),
        )
        for line in page["lines"][:MOST_LINES]
    )
    return Page(text, lines, int(page["turned_deg"]))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _box(value: Any) -> Box | None:
    if value is None:
        return None
    left, top, right, bottom = map(float, value)
    return left, top, right, bottom


class _PagesOf(Sequence[Page]):
    """The pages of a document, loaded when they are looked at: thousands do not fit in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __len__(self) -> int:
        return len(load_pages(self._path))

    def __getitem__(self, index: Any) -> Any:
        return load_pages(self._path)[index]

    def __iter__(self) -> Iterator[Page]:
        return iter(load_pages(self._path))


def _example(record: LearningExample) -> Example:
    return Example(
        record_id=record.key,
        digest=record.digest,
        pages=() if record.pages is None else _PagesOf(record.pages),
        findings=record.findings,
        value=record.value,
        weight=record.weight,
        when=record.when,
    )


# As many as the columns of a few sources: a model is loaded once a run, not once a document.
@lru_cache(maxsize=64)
def _learned_of(document: str) -> Learned:
    return learned_of(ColumnModel.from_json(document))


def _learned(choice: Choice) -> LearnedChoice:
    return LearnedChoice(
        choice.value,
        choice.probability,
        choice.stratum,
        choice.reason,
        _place(choice.place),
        may_be_written=choice.may_be_written,
    )


def _place(place: PrintedPlace | None) -> PrintedAt | None:
    return None if place is None else PrintedAt(place.page, place.line, place.box)


def _report(trained: Trained, kind: ColumnKind) -> Mapping[str, object]:
    """Return how a model did on records that it had not learned from."""
    judged = [one for one in trained.out_of_fold if one.choice is not None]
    strata: dict[str, dict[str, int]] = {}
    for one in judged:
        assert one.choice is not None
        counts = strata.setdefault(one.choice.stratum.value, {"asked": 0, "right": 0})
        counts["asked"] += 1
        counts["right"] += one.right
    return {
        "kind": kind.value,
        "records": len(trained.out_of_fold),
        "right": sum(one.right for one in trained.out_of_fold),
        "chosen": len(judged),
        "share_found": round(trained.share_found, 4),
        "curve": [[records, round(share, 4)] for records, share in trained.curve],
        "reliability": [asdict(each) for each in trained.reliability],
        "by_evidence": strata,
    }
