"""An account with a table of receipts, and what is learned from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.learning.columns import column_states
from pipeline.learning.judge import promote
from pipeline.learning.teach import Taught, teach
from pipeline.model import ConfidenceLimits, SourceSpec
from pipeline.model.limits import Step
from tests.fakes.caspio import FakeCaspio
from tests.fakes.learner import FakeLearner, PagesReader
from tests.fakes.ledger import MemoryLedger
from tests.unit.pipeline.world import World

SPEC = SourceSpec(
    "receipts",
    table="Receipts",
    columns={"Company": "company", "Center": "learned", "Pages": "pages"},
    limits=ConfidenceLimits(write_at=0.95, suggest_at=0.5),
)
PRECISION = 0.9
ENOUGH = 29
"""Right choices in a row that prove 90 %."""


@pytest.fixture
def shop(tmp_path: Path) -> World:
    """An account with a table of receipts, and what learns from it."""
    made = World(tmp_path, FakeCaspio(), reader=PagesReader(confidence=0.6), learner=FakeLearner())
    made.ledger = MemoryLedger(made.clock)
    made.caspio.table(
        "Receipts", Company="STRING", Center="STRING", Pages="INTEGER", Scan="ATTACHMENT"
    )
    return made


def fill(shop: World, first: int, last: int, **values: object) -> None:
    """Add receipts that people have filled."""
    for number in range(first, last + 1):
        typed = {"Company": "Acme", "Center": "C-7", **values}
        shop.receipt(str(number), "company=Acme\nsender=Acme\nn=" + str(number), **typed)


def learn(shop: World, spec: SourceSpec = SPEC, *, auto: bool = False) -> Taught:
    """Learn once, later than everything before."""
    shop.clock.advance(3600)
    folder = shop.folder / f"learn-{shop.runs}"
    folder.mkdir()
    taught = teach(
        shop.source_run(spec),
        precision=PRECISION,
        auto=auto,
        may_read=lambda: True,
        folder=folder,
    )
    shop.clock.advance(3600)
    return taught


def raise_to(shop: World, step: Step, column: str = "Company") -> None:
    """Let a column reach a step, with trials that prove it."""
    fill(shop, 1, 5)
    learn(shop)
    spec = replace(SPEC, learn_columns={} if column == "Company" else {"Company": Step.SHADOW})
    for number in range(1, list(Step).index(step)):
        # Each step takes more records than the one before.
        fill(shop, 100 * number + 1, 100 * number + ENOUGH)
        shop.run(SPEC)
        states = column_states(spec, shop.ledger, FakeLearner(), precision=PRECISION)
        assert promote(states, shop.ledger, by="ada", column=column)
        shop.clock.advance(60)
