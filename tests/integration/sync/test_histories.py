import random
from collections.abc import Iterator

import pytest

from flows.app.wiring import AppContext
from tests.integration.sync.histories import History, Plan
from tests.integration.sync.world import World, world

pytestmark = pytest.mark.integration

IN_SUITE, IN_FULL = 6, 150


@pytest.fixture(scope="module")
def connected(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[World, AppContext]]:
    """One world for all histories: each begins where the last one has ended, in agreement."""
    folder = tmp_path_factory.mktemp("histories")
    options = {"changed_column": "Changed", "deletions": "both", "max_deletions": 1}
    with world(folder, records=4, **options) as made, made.context() as context:
        yield made, context


def rng(seed: int) -> random.Random:
    """Random numbers that a seed repeats."""
    return random.Random(seed)  # noqa: S311 - not for secrets


SEEDS = [
    pytest.param(seed, marks=[pytest.mark.full] if seed >= IN_SUITE else [])
    for seed in range(IN_FULL)
]


@pytest.mark.parametrize("seed", SEEDS)
def test_histories_converge_and_lose_nothing(connected: tuple[World, AppContext], seed: int):
    """Whatever is killed or lost: both sides end up equal, and no typed value was replaced unseen."""
    history = History(*connected, rng(seed), number=1000 * (seed + 1))
    history.run(Plan())
    history.share()
    for _ in range(3):
        for _ in range(history.rng.randrange(1, 5)):
            history.edit()
        history.disturbed_run()

    converged = history.converge()

    story = "\n".join(history.events)
    assert history.losses == [], story
    assert converged, story
    assert history.there() == history.here(), story
    assert history.world.there().keys() == history.world.here().keys(), story


def test_the_oracle_sees_a_loss(connected: tuple[World, AppContext]):
    """A write that replaces what only one side has is a loss to the oracle."""
    made, _ = connected
    history = History(*connected, rng(0), number=999_000)
    history.run(Plan())
    made.add_there("oracle", Title="typed here only")

    history.watch(lambda: made.edit_there("oracle", Title="other"))

    assert history.losses == ["typed here only of ('oracle', 'Title') at caspio"]
    assert history.converge()
