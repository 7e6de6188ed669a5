"""The steps that are drawn by the thousand are those of the product."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from pipeline.decide.ladder import Proof, demotion, promotion
from pipeline.model import RecordRef
from pipeline.model.learning import LearnedChoice, Rung, Stratum, Trial, Verdict
from pipeline.model.limits import WRITE_AT, Step
from processors.learning import clopper_pearson_lower, needed
from tests.bench.learning.needed import steps_of
from tests.bench.learning.year import BEGAN


def steps_of_the_product(rights: Sequence[bool], precision: float) -> Iterator[Step]:
    """Yield the step after each choice, by the functions that decide it."""
    proof = Proof(precision, WRITE_AT, clopper_pearson_lower, needed)
    rung, trials = Rung("s", "Company", Stratum.READ_AND_KNOWN), []
    for minute, right in enumerate(rights, 1):
        at = BEGAN + timedelta(minutes=minute)
        made = LearnedChoice("x", 0.99, Stratum.READ_AND_KNOWN, "")
        verdict = Verdict.RIGHT if right else Verdict.WRONG
        trial = Trial("s", RecordRef("s", str(minute)), "Company", "", made, rung.step, ("e",), verdict, at=at)  # fmt: skip
        trials.insert(0, trial)
        moved = demotion(rung, trials, proof) or promotion(rung, trials, proof, highest=Step.WRITE)
        rung = moved or rung
        yield rung.step


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 4])
def test_the_steps_are_those_of_the_product(seed: int):
    """Up, down, and up again: each choice leads to the same step."""
    drawn = random.Random(seed)  # noqa: S311
    rights = [drawn.random() < 0.95 for _ in range(160)]

    found = list(steps_of(rights, 0.9))

    assert found == list(steps_of_the_product(rights, 0.9))
    assert {Step.SHADOW, Step.SUGGEST, Step.WRITE} == set(found)
