"""What sharing costs: leases, permits and budget, beside the entry that every effect costs in any case."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.system_clock import SystemClock
from pipeline.model import Effect, EffectKind, EffectState
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.bench

ROUNDS = 200
CLAIMED = 12
"""Records claimed at once: twice the threads of a machine with two cores."""

EFFECT = Effect(EffectKind.UPDATE_COLUMNS, "v", "T", "1", before={}, after={"A": "1"})


def cost_s(act: Callable[[int], object]) -> float:
    """Return the CPU seconds of this process a round takes."""
    act(0)
    before = os.times()
    for number in range(1, ROUNDS + 1):
        act(number)
    after = os.times()
    return (after.user + after.system - before.user - before.system) / ROUNDS


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_sharing_costs_little_beside_an_effect(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
):
    """A record's share of claiming, permits and budget is below one effect's entry in the ledger."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if kind == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.create_database())
    with SqlLedger(url, clock=SystemClock()) as ledger:
        ledger.leases.join("w", ttl_s=600)

        def claim(number: int) -> None:
            keys = [[f"{number} {one}"] for one in range(CLAIMED)]
            ledger.leases.claim(
                "w", keys, release=[f"{number - 1} {one}" for one in range(CLAIMED)]
            )

        effect = cost_s(
            lambda _: ledger.effects.settle(
                ledger.effects.intend(EFFECT, "w"), EffectState.VERIFIED
            )
        )
        claimed = cost_s(claim) / CLAIMED
        permits = cost_s(lambda _: ledger.usage.reserve_permits("a", 10, per_second=1e9)) / 10
        budget = cost_s(lambda _: ledger.usage.spend("a", "new", calls=50, size_bytes=0)) / 50

    record = claimed + 3 * (permits + budget)
    print(
        f"\n{kind}: effect {effect * 1e3:.2f} ms; a record's lease {claimed * 1e3:.2f} ms, permits and budget of its "
        f"three calls {3 * (permits + budget) * 1e3:.2f} ms: {record / effect:.2f} of one effect"
    )
    assert record < effect
