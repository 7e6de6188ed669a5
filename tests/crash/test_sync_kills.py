"""`sync run`, killed as a process at each of its boundaries, is made good by the next run."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.app.sync.run import run_directly, run_one
from tests.crash.killing import killed_at, points_of
from tests.integration.sync.world import World, world

pytestmark = pytest.mark.integration

SCENES = {
    "first load": ["SqlMirror write after#1"],
    "both sides": [
        "CaspioRecordTable insert after#1",
        "CaspioRecordTable delete after#1",
    ],
}
"""What is killed in `make test`, by what there is to do; the marker `full` has every boundary."""


@contextmanager
def scene(folder: Path, name: str) -> Iterator[World]:
    """Set up a mirror without a table, or two sides that have gone apart since their last run."""
    folder.mkdir()
    options = {"changed_column": "Changed", "deletions": "both", "max_deletions": 1}
    with world(folder, records=6, **options) as orders:
        if name == "both sides":
            orders.run()
            orders.edit_there("c1", Title="typed there")
            orders.add_there("t1", Title="new there")
            orders.delete_there("c2")
            orders.edit_here("c3", "title", "typed here")
            orders.edit_here("c4", "note", "typed here")
            orders.add_here("h1", "new here")
            orders.add_here("h2", "new here", paid=True)
            orders.delete_here("c5")
            orders.emulator.control.reset_calls()
        yield orders


def sync(config: Path) -> None:
    """Run the sync as the command does."""
    run_directly(config, "orders", sweep=True, delete_all=False)


@dataclass(frozen=True)
class End:
    """Both sides, and how often Caspio was written to."""

    there: dict[str, dict[str, Any]]
    here: dict[str, dict[str, Any]]
    writes: Counter[str]


def end_of(orders: World) -> End:
    """Return how a scene has ended, without what Caspio sets itself."""
    there = {
        code: {name: value for name, value in row.items() if name not in {"PK_ID", "Changed"}}
        for code, row in orders.there().items()
    }
    writes = Counter(
        call["operation"]
        for call in orders.emulator.control.call_log()
        if call["method"] != "GET" and "records" in call["path"]
    )
    return End(there, orders.here(), writes)


@dataclass(frozen=True)
class Undisturbed:
    """The end of a scene that nobody disturbs, and the points that its run passes."""

    end: End
    points: list[str]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Undisturbed]:
    """Play every scene once."""
    found = {}
    for name in SCENES:
        folder = tmp_path_factory.mktemp("undisturbed")
        with scene(folder / "world", name) as orders:
            points = points_of(folder / "points", sync, orders.config)
            found[name] = Undisturbed(end_of(orders), points)
    return found


def problem_of(expected: Undisturbed, folder: Path, name: str, point: str) -> str:
    """Kill a run at a point and run again; return "" if all is as if nothing had happened."""
    with scene(folder, name) as orders:
        if not killed_at(point, sync, orders.config):
            return "the run was not killed"
        with orders.context() as context:
            _, after = (run_one(context, "orders", sweep=True) for _ in range(2))
        found = end_of(orders)
        if found != expected.end:
            return f"{found} instead of {expected.end}"
        # What nobody knows the end of, an undo could not take back.
        if left := orders.status()["open_effects"]:
            return f"{left} effects are open"
        return f"a later run wrote {after.report.written}" if after.report.written else ""


@pytest.mark.parametrize(
    ("name", "point"), [(name, point) for name, points in SCENES.items() for point in points]
)
def test_a_killed_sync_is_made_good_by_the_next(
    undisturbed: dict[str, Undisturbed], tmp_path: Path, name: str, point: str
):
    """Both sides end as without the kill, and no call that writes came twice."""
    assert problem_of(undisturbed[name], tmp_path / "world", name, point) == ""


@pytest.mark.full
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SCENES)
def test_a_sync_may_be_killed_at_every_boundary(
    undisturbed: dict[str, Undisturbed], tmp_path: Path, name: str
):
    """There is no boundary after which something is lost or done twice."""
    expected = undisturbed[name]

    problems = {
        point: problem
        for number, point in enumerate(expected.points)
        if (problem := problem_of(expected, tmp_path / str(number), name, point))
    }

    assert len(expected.points) > 10
    assert problems == {}


def test_every_point_that_is_tried_is_passed(undisturbed: dict[str, Undisturbed]):
    """No test is green because its point is never reached."""
    for name, points in SCENES.items():
        assert set(points) <= set(undisturbed[name].points), undisturbed[name].points
