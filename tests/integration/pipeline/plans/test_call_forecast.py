"""A plan says how many calls applying it makes, and applying it makes as many."""

from dataclasses import replace

import pytest

from tests.crash.cells import SCENES, staged
from tests.fakes.clock import RunningClock

pytestmark = pytest.mark.integration

ONCE = frozenset({"POST /oauth/token", "GET /v3/tables", "GET /v3/files/folders"})
"""Asked for once a run, however many records it has: what an account is made of."""


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

        calls = workspace.emulator.control.calls()
        made = {
            name: times
            for name, times in calls.items()
            if name not in ONCE and not name.endswith("/fields")
        }
        assert sum(made.values()) == forecast, made
