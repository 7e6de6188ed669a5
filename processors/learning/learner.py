"""Choose the value of a document for a column, with the parts that were learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.model import Finding
from pipeline.model.learning import Stratum
from processors.confidence.logistic import probabilities
from processors.learning.candidates import (
    PrintedCandidate,
    Wanted,
    known_candidates,
    printed_candidates,
)
from processors.learning.certainty import certainty, certainty_features
from processors.learning.classes import Classes
from processors.learning.features import (
    ALIKE,
    INDEX,
    NAMES as FEATURES,
    Asked,
    Usual,
    alike,
    plain_features,
    with_learned,
)
from processors.learning.lists import Cut, Names, names_of, written as list_written
from processors.learning.memory import Memory
from processors.learning.prepared import LEAST_RECORDS, LOOKED_UP
from processors.learning.presence import Presence
from processors.learning.ranking import shares
from processors.learning.rounding import Habit, differs_by_rounding
from processors.learning.text import date_form, number_form
from processors.learning.text.currency import is_of_page, marks_beside
from processors.learning.text.document import Document
from processors.learning.text.shape import Shape
from processors.learning.types import (
    Alternative,
    Choice,
    ChoiceEvidence,
    ColumnKind,
    PrintedPlace,
)
from processors.learning.words import WordScores

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_MOST_ALTERNATIVES = 3
_BINS = 10


@dataclass(frozen=True, slots=True)
class Scale:
    """Which features count, and by what they are divided so that one penalty suits all."""

    spread: Vector

    def of(self, rows: Matrix) -> Matrix:
        """Return scaled features; those that hardly vary are 0."""
        return rows * np.where(self.spread > 0, 1 / np.maximum(self.spread, 1e-9), 0.0)


@dataclass(frozen=True, slots=True)
class Picked:
    """The candidates of a document with their features and shares, and which one was chosen.

    `memory` is the one they were compared with, which may not know the document.
    """

    memory: Memory | None
    candidates: Sequence[PrintedCandidate]
    rows: Matrix
    chances: Vector
    chosen: int

    @property
    def features(self) -> Vector:
        """Return the features of the choice's certainty."""
        return certainty_features(self.rows, self.chances, self.chosen)

    @property
    def may_be_rounded(self) -> bool:
        """Say whether another amount is printed that differs from the chosen one by rounding."""
        own = self.candidates[self.chosen].key
        return any(each.spots and differs_by_rounding(own, each.key) for each in self.candidates)


@dataclass(frozen=True, slots=True)
class Learned:
    """The parts of a model. `judged` counts choices and right ones by stratum and probability."""

    wanted: Wanted
    finding: str | None
    usual: Usual
    scores: WordScores
    memory: Memory | None
    classes: Classes | None
    scale: Scale
    weights: Vector
    certain: Vector
    cut: Cut
    judged: Mapping[str, Sequence[Sequence[int]]]
    habit: Habit
    presence: Presence = field(default_factory=Presence)

    def asked(self, document: Document, findings: Mapping[str, Finding]) -> Asked:
        """Return the question for a document."""
        return Asked(
            document, findings, self.finding, self.wanted.kind, self.wanted.shape, self.usual
        )

    def choose(self, document: Document, findings: Mapping[str, Finding]) -> Choice | None:
        """Return the likeliest value with its probability, None without any candidate."""
        asked = self.asked(document, findings)
        found = printed_candidates(document, findings, self.wanted)
        candidates = list(with_known(found, document, self.memory, self.wanted.kind).values())
        if not candidates:
            return None
        rows = with_learned(
            plain_features(asked, candidates),
            asked,
            candidates,
            scores=self.scores,
            memory=self.memory,
            classes=self.classes,
        )
        if self.wanted.kind is ColumnKind.LIST:
            scaled = self.scale.of(rows)
            names = names_of(candidates, scaled, self.weights, self.cut, self.finding)
            return self.list_choice(document, candidates, names)
        chances = shares(self.scale.of(rows), self.weights)
        picked = Picked(self.memory, candidates, rows, chances, best_of(chances))
        return self.choice(document, picked, findings)

    def choice(self, document: Document, picked: Picked, findings: Mapping[str, Finding]) -> Choice:
        """Return what was picked as a choice."""
        of_page = [self._has_its_currency(document, each, findings) for each in picked.candidates]
        candidate = picked.candidates[picked.chosen]
        records = picked.memory.records(candidate.key) if picked.memory else 0
        stratum = stratum_of(candidate, records)
        chance = certainty(picked.features, self.certain)
        if self.wanted.kind is ColumnKind.DATE:
            chance = min(chance, self.usual.most_certain(candidate.key[:4]))
        if self.wanted.kind is ColumnKind.AMOUNT and picked.may_be_rounded:
            chance = min(chance, self.habit.most_certain)
        chance *= self.presence.of(document)
        asked, agreed = self._such(stratum, chance)
        order = sorted(range(len(picked.chances)), key=lambda each: -picked.chances[each])
        rest = [each for each in order if each != picked.chosen][:_MOST_ALTERNATIVES]
        around = candidate.around[0] if candidate.around else {}
        return Choice(
            value=self.written(candidate, picked.memory, has_currency=of_page[picked.chosen]),
            probability=round(chance, 4),
            stratum=stratum,
            place=self._place(document, candidate),
            evidence=ChoiceEvidence(
                known_records=records,
                asked=asked,
                agreed=agreed,
                words=self.scores.strongest(around),
            ),
            is_sure_of_currency=of_page[picked.chosen] is True,
            alternatives=tuple(
                Alternative(
                    self.written(
                        picked.candidates[each], picked.memory, has_currency=of_page[each]
                    ),
                    round(float(picked.chances[each]), 3),
                    self._place(document, picked.candidates[each]),
                )
                for each in rest
            ),
        )

    def list_choice(
        self, document: Document, candidates: Sequence[PrintedCandidate], names: Names
    ) -> Choice | None:
        """Return the names of a document as one choice, None if there is no name."""
        if not names.chosen:
            return None
        chosen = [candidates[at] for at in names.chosen]
        chance = float(probabilities(names.features[None, :], self.certain)[0])
        chance *= self.presence.of(document)
        asked, agreed = self._such(Stratum.READ_ONLY, chance)
        return Choice(
            value=list_written(each.text for each in chosen),
            probability=round(chance, 4),
            stratum=Stratum.READ_ONLY,
            place=self._place(document, chosen[0]),
            evidence=ChoiceEvidence(asked=asked, agreed=agreed),
        )

    def _has_its_currency(
        self, document: Document, candidate: PrintedCandidate, findings: Mapping[str, Finding]
    ) -> bool | None:
        """Say whether an amount is printed in the currency that people type beside amounts.

        None where the page does not say; it always is where none is typed.
        """
        is_amount = self.wanted.kind is ColumnKind.AMOUNT
        mark = number_form.currency_of(self.wanted.form) if is_amount else ""
        if not mark:
            return True
        beside = [
            each
            for spot in candidate.spots
            if spot.first == spot.last
            for each in marks_beside(document.lines[spot.first].folded, spot.start, spot.end)
        ]
        return is_of_page(mark, beside, findings.get("currency"))

    def written(
        self, candidate: PrintedCandidate, memory: Memory | None, *, has_currency: bool | None
    ) -> str:
        """Return a value as it is to be written: in the commonest spelling where it is known."""
        if self.wanted.kind is ColumnKind.DATE:
            return date_form.typed(date.fromisoformat(candidate.key), self.wanted.form)
        if self.wanted.kind is ColumnKind.AMOUNT and self.wanted.form:
            form = self.wanted.form
            # Of another currency the number alone is suggested.
            own = number_form.without_currency(form) if has_currency is False else form
            return number_form.typed(Decimal(candidate.key), own)
        known = memory.values.get(candidate.key) if memory else None
        return known.spelled if known else candidate.text

    def _place(self, document: Document, candidate: PrintedCandidate) -> PrintedPlace | None:
        """Return where a value is printed; a known value may be printed with misread letters."""
        if candidate.spots:
            spot = candidate.spots[0]
            line = document.lines[spot.first]
            end = spot.end if spot.last == spot.first else len(line.text)
            box = document.box_of(spot.first, spot.start, end)
            return PrintedPlace(line.page, document.line_on_page(spot.first), box)
        if candidate.like:
            return self._place(document, candidate.like)
        share, index = alike(candidate.text, document)
        if share < ALIKE:
            return None
        line = document.lines[index]
        return PrintedPlace(line.page, document.line_on_page(index), line.box)

    def _such(self, stratum: Stratum, chance: float) -> tuple[int, int]:
        """Return how many choices of at least about this probability there were, and right ones."""
        bins = self.judged.get(stratum.value, ())
        such = bins[min(int(chance * _BINS), _BINS - 1) :]
        return sum(each[0] for each in such), sum(each[1] for each in such)

    def to_body(self) -> dict[str, Any]:
        """Return the parts as JSON has them."""
        kept = [
            [name, round(float(weight), 4), round(float(spread), 4)]
            for name, weight, spread in zip(FEATURES, self.weights, self.scale.spread, strict=True)
            if spread > 0
        ]
        return {
            "form": self.wanted.form,
            "shape": self.wanted.shape.to_body(),
            "years": dict(sorted(self.usual.years.items())),
            "records": self.usual.records,
            "words": self.scores.to_body(),
            "memory": self.memory.to_body() if self.memory else None,
            "classes": self.classes.to_body() if self.classes else None,
            "ranking": kept,
            "certainty": [round(float(weight), 4) for weight in self.certain],
            "cut": [self.cut.threshold, self.cut.by_rules],
            "judged": {name: [list(pair) for pair in bins] for name, bins in self.judged.items()},
            "rounded": [self.habit.asked, self.habit.right],
            "presence": self.presence.to_body(),
        }

    @classmethod
    def from_body(
        cls, body: Mapping[str, Any], *, kind: ColumnKind, finding: str | None, order: str
    ) -> "Learned":
        """Load the parts."""
        weights, spread = np.zeros(len(FEATURES)), np.zeros(len(FEATURES))
        for name, weight, size in body["ranking"]:
            weights[INDEX[name]], spread[INDEX[name]] = weight, size
        return cls(
            wanted=Wanted(kind, order, body["form"], Shape(**body["shape"])),
            finding=finding,
            usual=Usual(body["years"], body["records"]),
            scores=WordScores(body["words"]),
            memory=None if body["memory"] is None else Memory.from_body(body["memory"]),
            classes=None if body["classes"] is None else Classes.from_body(body["classes"]),
            scale=Scale(spread),
            weights=weights,
            certain=np.array(body["certainty"]),
            cut=Cut(*body["cut"]),
            judged=body["judged"],
            habit=Habit(*body["rounded"]),
            presence=Presence.from_body(body["presence"]),
        )


def with_known(
    found: dict[str, PrintedCandidate],
    document: Document,
    memory: Memory | None,
    kind: ColumnKind,
    hidden: str | None = None,
) -> dict[str, PrintedCandidate]:
    """Return candidates together with known values; of a closed set these are all there are."""
    if memory is None:
        return found
    if kind in LOOKED_UP:
        twice = [key for key in sorted(memory.values) if memory.records(key) >= LEAST_RECORDS]
        printed = {key: each for key, each in found.items() if key in twice}
        return known_candidates(printed, memory, twice) if len(twice) > 1 else {}
    return known_candidates(found, memory, memory.search(document, hidden=hidden))


def best_of(chances: Vector) -> int:
    """Return the likeliest candidate, the first of equal ones."""
    return int(np.argmax(chances))


def stratum_of(candidate: PrintedCandidate, records: int) -> Stratum:
    """Return the kind of evidence for a candidate."""
    if not candidate.spots and records:
        return Stratum.KNOWN_ONLY
    return Stratum.READ_AND_KNOWN if records else Stratum.READ_ONLY
