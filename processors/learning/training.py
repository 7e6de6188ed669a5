"""Learn a column from the records that people have filled."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.model import Finding
from processors.contract import Page
from processors.learning.keys import date_order_of, key_of
from processors.learning.model import ColumnModel, TrainedOn
from processors.learning.types import (
    Choice,
    ColumnKind,
    Evidence,
    Example,
    Judged,
    Place,
    Reliability,
    Stratum,
)


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it would have chosen for each record without having seen it.

    `share_found` is the share of the records whose value is on the page. `curve` has the share of
    right choices by the number of records learned from.
    """

    model: ColumnModel
    out_of_fold: tuple[Judged, ...]
    share_found: float
    curve: tuple[tuple[int, float], ...]
    reliability: tuple[Reliability, ...]


def train(examples: Sequence[Example], *, kind: ColumnKind, finding: str | None = None) -> Trained:
    """Learn a column: `kind` is that of its values, `finding` the rules' finding mapped to it."""
    kept = [each for each in examples if each.value.strip()]
    order = date_order_of(each.value for each in kept) if kind is ColumnKind.DATE else ""
    memory: dict[str, Counter[str]] = defaultdict(Counter)
    for each in kept:
        if key := key_of(each.value, kind, order):
            memory[key][each.value.strip()] += 1
    ids = hashlib.sha256("\n".join(sorted(each.record_id for each in kept)).encode())
    trained_on = TrainedOn(
        records=len(kept),
        digest=ids.hexdigest(),
        newest=max((each.when for each in kept), default=""),
    )
    body = {"memory": {key: dict(spelled) for key, spelled in sorted(memory.items())}}
    model = ColumnModel(kind, finding, order, trained_on, body)
    judged = []
    found = 0
    for each in kept:
        choice = choose(model, each.pages, each.findings)
        right = choice is not None and key_of(choice.value, kind, order) == key_of(
            each.value, kind, order
        )
        found += right
        judged.append(Judged(each.record_id, each.value, choice, right))
    return Trained(model, tuple(judged), found / max(len(kept), 1), (), ())


def choose(
    model: ColumnModel, pages: Sequence[Page], findings: Mapping[str, Finding]
) -> Choice | None:
    """Return the value for a column, None where the document has none."""
    del pages
    found = findings.get(model.finding or "")
    if found is None or found.value is None:
        return None
    known = model.body["memory"].get(key_of(found.value, model.kind, model.order), {})
    records = sum(known.values())
    return Choice(
        value=max(known, key=known.get) if known else found.value,
        probability=found.confidence,
        stratum=Stratum.READ_AND_KNOWN if known else Stratum.READ_ONLY,
        place=Place(found.page or 1, 1, found.box),
        evidence=Evidence(known_records=records),
    )
