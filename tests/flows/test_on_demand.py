import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import Emulator
from tests.flows.conftest import Prefect
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import cli

pytestmark = pytest.mark.integration

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}


@dataclass(frozen=True)
class Day:
    """What a plan, its application, its undoing and a comparison said, and how the account was in between."""

    applied: dict[str, Any]
    undone: dict[str, Any]
    verified: dict[str, Any]
    classes_applied: list[str]
    classes_undone: list[str]


@pytest.fixture(scope="module")
def day(prefect_server: Prefect, tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Apply a plan, verify, and undo, each through the command line with PREFECT_API_URL set."""
    folder = tmp_path_factory.mktemp("day")

    def said(*command: str) -> dict[str, Any]:
        done = cli(config, *command, "--json", **prefect_server.environment)
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def classes() -> list[str]:
        return [row["DocType"] or "" for row in emulator.control.dump()["tables"]["Uploads"]]

    with Emulator(seed=write_account(folder / "seed", uploads(FILES), FILES)) as emulator:
        config = write_settings(folder, emulator.url, Source(name="day"), workers=1)
        plan = folder / "plan.jsonl"
        said("plan", "-o", str(plan))
        applied = said("apply", str(plan))
        standing, verified = classes(), said("verify")
        undone = said("undo", applied["run_id"])
        return Day(applied, undone, verified, standing, classes())


def test_apply_and_undo_are_flow_runs(prefect_server: Prefect, day: Day):
    """Both run as flows with descriptive names, end green, and do what the commands do without Prefect."""
    (undo,) = prefect_server.runs_of(f"undo {day.applied['run_id']}")
    (apply,) = prefect_server.find("flow_runs", flow_runs={"name": {"like_": "apply "}})

    assert (apply["state"]["message"], undo["state"]["message"]) == ("3 done", "3 done")
    assert (day.classes_applied, day.classes_undone) == (["receipt"] * 3, [""] * 3)
    assert day.undone["undoes"] == day.applied["run_id"]


def test_a_comparison_is_a_flow_run_with_its_differences(prefect_server: Prefect, day: Day):
    """`verify` runs as a flow, says in its state what differs, and leaves the table of it."""
    (run,) = prefect_server.runs_of("verify")

    assert day.verified["differences"] == {}
    assert (run["state"]["name"], run["state"]["message"]) == ("Completed", "no differences")
    assert json.loads(prefect_server.artifacts(run["id"])["differences"]["data"]) == []


def test_a_run_that_cannot_begin_says_why_and_shows_no_traceback(
    prefect_server: Prefect, tmp_path: Path
):
    """The command ends with 2; the run is Failed with the reason as its message, and its log has no traceback."""
    with Emulator(seed=write_account(tmp_path / "seed", uploads({}), {})) as emulator:
        config = write_settings(tmp_path, emulator.url, Source(name="planless"))
        done = cli(config, "undo", "never-was", **prefect_server.environment)

    (run,) = prefect_server.runs_of("undo never-was")
    logged = "\n".join(prefect_server.logged(run["id"], until="Finished in state"))
    assert (done.returncode, "Traceback" in done.stderr, "Traceback" in logged) == (
        2,
        False,
        False,
    ), done.stderr
    assert (run["state"]["type"], run["state"]["name"]) == ("FAILED", "Failed")
    assert run["state"]["message"].startswith(
        "The ledger knows of nothing that run 'never-was' changed"
    )


def test_an_empty_plan_name_is_refused_before_a_run_starts(prefect_server: Prefect):
    """A form filled in wrongly is refused by the flow's parameters, with the field's name."""
    from prefect.exceptions import ParameterTypeError

    from flows.prefect.apply_plan import apply_plan

    assert prefect_server.api
    with pytest.raises(ParameterTypeError, match="plan"):
        apply_plan.validate_parameters({"plan": "", "records": [], "config": "x"})
