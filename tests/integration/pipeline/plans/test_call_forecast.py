"""A plan says how many calls applying it makes, and applying it makes as many."""

from dataclasses import replace

import pytest

from pipeline.looks import LOOKED_AT_ONCE
from tests.bench.calls import KINDS, counted, measure, staged as batch
from tests.crash.cells import SCENES, staged
from tests.fakes.clock import RunningClock

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("scene", ["attachments", "files area", "suggestion"])
@pytest.mark.parametrize("renames", [True, False])
def test_as_many_calls_are_made_as_were_forecast(scene: str, renames: bool):  # noqa: FBT001 - a parameter of the test
    """Columns, names of attachments, moves in the Files area, rows of index and review tables: each costs what it said."""
    played = SCENES[scene]
    if not renames:
        played = replace(played, source=replace(played.source, rename=""))
    with staged(played) as workspace:
        # The dates of files fit this clock: in doubt, a file would be downloaded once more.
        workspace.clock, workspace.one_at_a_time = RunningClock(), True
        forecast = workspace.plan().document["plan"]["caspio_calls"]
        workspace.forget_calls()

        workspace.apply()

        made = counted(workspace, 1).calls
        assert sum(made.values()) == forecast, made


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "attachment"])
def test_a_batch_makes_as_many_calls_as_were_forecast(kind: str):
    """Renames share their looks, files of a folder their listing, and the forecast knows how many do."""
    records = 2 * LOOKED_AT_ONCE + 1  # two groups and one record more
    with batch(KINDS[kind], records) as workspace:
        workspace.one_at_a_time = True
        forecast = workspace.plan().document["plan"]["caspio_calls"]
        workspace.forget_calls()

        workspace.apply()

        made = counted(workspace, records).calls
        assert sum(made.values()) == forecast, made


@pytest.mark.parametrize(("kind", "most"), [("attachment", 2.0), ("attachment, renamed", 3.2)])
def test_a_record_takes_few_calls(kind: str, most: float):
    """What a batch takes on top of its records, such as a listing, is left out."""
    records = 5 * LOOKED_AT_ONCE

    made = measure(KINDS[kind], records)

    listed = 2 * sum(
        name.endswith(("/records", "/fileInfo")) for name in made.calls if name.startswith("GET")
    )
    first_name = 2 if "renamed" in kind else 0
    assert sum(made.calls.values()) - listed - first_name <= most * records, made
