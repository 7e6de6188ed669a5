import json
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect import State, flow
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Completed

from flows.app.mapping.settings_file import read_settings_file
from flows.app.mapping.taking import REFUSED, TAKEN, takers
from flows.app.settings import load_settings
from flows.app.wiring.ports import open_ledger, system_clock
from flows.prefect import plan_and_apply as approval
from flows.prefect.ui.states import PLANNED
from infra.emulator import Emulator
from pipeline.model.users import AuditEntry
from pipeline.plans.plan_file import PlanFile, open_plan
from pipeline.ports import Ledger
from tests.flows.conftest import Prefect
from tests.flows.serving import WAIT_S, Served, serving
from tests.integration.pipeline.accounts import (
    Source,
    receipt,
    uploads,
    write_account,
    write_settings,
)
from tests.integration.pipeline.workspace import cli

pytestmark = pytest.mark.integration

NAMES = ("chosen", "moved", "slept")
FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}


@dataclass
class World:
    """A served account with three tables of three receipts each, for a test each: a plan is made of what is new."""

    served: Served
    emulator: Emulator
    folder: Path
    config: Path

    def classes(self, table: str) -> list[str]:
        """Return the class written to each record, "" where none was."""
        return [row["DocType"] or "" for row in self.emulator.control.dump()["tables"][table]]

    def names(self) -> set[str]:
        """Return the names of the deployments at the server, without that of the settings."""
        found = self.served.prefect.find("deployments")
        return {str(one["name"]).partition("@")[0] for one in found}

    def taken(self, ledger: Ledger, *, after: datetime | None) -> AuditEntry:
        """Wait until `serve` has taken the settings file as it is now, or has refused it."""
        digest, until = read_settings_file(self.config).digest, time.monotonic() + WAIT_S
        while not (found := [one for one in takers(ledger, digest) if one.at != after]):
            assert time.monotonic() < until, "serve has not looked at the settings"
            time.sleep(0.3)
        return found[0]


@pytest.fixture(scope="module")
def world(prefect_server: Prefect, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One served account for all tests."""
    folder = tmp_path_factory.mktemp("approval")
    table = uploads(FILES)["tables"]["Uploads"]
    account = {"tables": {name.title(): table for name in NAMES}}
    with Emulator(seed=write_account(folder / "seed", account, FILES)) as emulator:
        sources = [Source(name=name, place={"table": name.title()}) for name in NAMES]
        config = write_settings(folder, emulator.url, *sources, workers=1)
        with serving(prefect_server, config, deployments=5 + 4 * len(NAMES)) as served:
            yield World(served, emulator, folder, config)


def test_an_approved_plan_is_applied_without_what_was_left_out(world: World):
    """The plan is an artifact of the paused run; an answer that does not fit is asked for again; the rest is applied."""
    run = world.served.start("plan-and-apply", sources=["chosen"])
    paused = world.served.wait(run, "PAUSED")
    shown = world.served.prefect.artifacts(run)["plan"]
    planned = world.classes("Chosen")
    world.served.answer(run, decision="apply", leave_out=["77"])
    again = world.served.wait_for_another_pause(run, paused)

    world.served.answer(run, decision="apply", leave_out=["2"], note="two is mine")
    end = world.served.wait(run)

    assert (paused["name"], again["name"]) == ("Paused", "Paused")
    assert sorted(row["record"] for row in json.loads(shown["data"])) == [
        "Chosen 1",
        "Chosen 2",
        "Chosen 3",
    ]
    assert "Caspio calls**" in shown["description"]
    assert planned == ["", "", ""]
    assert (end["name"], end["message"]) == ("Completed", "2 done")
    assert world.classes("Chosen") == ["receipt", "", "receipt"]


def test_what_moved_while_people_thought_is_refused(world: World):
    """A record changed after the plan was made is a conflict, and the run is not green."""
    run = world.served.start("plan-and-apply", sources=["moved"], limit=2)
    world.served.wait(run, "PAUSED")
    world.emulator.control.edit("Moved", 1, {"Company": "typed by a user"})

    world.served.answer(run, decision="apply")
    end = world.served.wait(run)

    assert (end["type"], end["message"]) == ("FAILED", "1 done, 1 conflict")
    assert world.classes("Moved") == ["", "receipt", ""]


def test_a_suspended_run_goes_on_in_a_new_process(world: World):
    """While nobody has decided there is no process; the one that goes on decides on the plan that was seen."""
    run = world.served.start("plan-and-apply", sources=["slept"], suspend=True)
    suspended = world.served.wait(run, "PAUSED")
    plan = world.served.prefect.artifacts(run)["plan"]["description"]

    world.served.answer(run, decision="refuse", note="not today")
    end = world.served.wait(run)

    (kept,) = (world.folder / "plans").glob(f"*{run}*")
    assert suspended["name"] == "Suspended"
    assert (end["name"], end["message"]) == (
        "Refused",
        "3 planned records refused, nothing was written: not today",
    )
    assert opened(world, kept).id in plan
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert world.classes("Slept") == ["", "", ""]


@pytest.mark.full
@pytest.mark.parametrize("suspend", [False, True])
def test_a_plan_that_took_the_place_of_the_shown_one_is_refused(world: World, suspend: bool):  # noqa: FBT001 - a parameter
    """What was approved is applied or nothing is, even if the other plan was sealed here."""
    run = world.served.start("plan-and-apply", sources=["slept"], suspend=suspend)
    world.served.wait(run, "PAUSED")
    (shown,) = (world.folder / "plans").glob(f"*{run}*")
    other = world.folder / "other.jsonl"
    made = cli(world.config, "plan", "--source", "slept", "--limit", "2", "-o", str(other))
    other.replace(shown)

    world.served.answer(run, decision="apply")
    end = world.served.wait(run)

    assert made.returncode == 0, made.stderr
    assert end["type"] == "FAILED"
    assert "is not the plan that" in end["message"]
    assert "Nothing was written" in end["message"]
    assert world.classes("Slept") == ["", "", ""]


def opened(world: World, file: Path) -> PlanFile:
    """Open a plan with the key of the installation."""
    settings = load_settings(world.config, credentials=False)
    with open_ledger(settings, clock=system_clock()) as ledger:
        return open_plan(file, ledger.effects.plan_key())


def asked_for(world: World) -> set[str]:
    """Return the runs that somebody asked for: the server plans those of schedules whenever it likes."""
    return {
        run["id"] for run in world.served.prefect.find("flow_runs") if not run["auto_scheduled"]
    }


@pytest.mark.parametrize(
    ("deployment", "parameters"),
    [
        ("plan-and-apply", {"wait_hours": 0}),
        ("plan-and-apply", {"sources": ["unknown"]}),
        ("ingest-chosen", {"limit": 0}),
        ("ingest-chosen", {"source": "another"}),
        ("reprocess-chosen", {"since": "yesterday"}),
        ("reprocess-chosen", {"as_class": "no class"}),
        ("reprocess-chosen", {"config": "/etc/passwd"}),
        ("apply-plan", {"plan": ""}),
    ],
)
def test_what_is_out_of_range_is_refused_before_a_run_is_made(
    world: World, deployment: str, parameters: dict[str, Any]
):
    """The server answers with the field's name, and there is no run."""
    before = asked_for(world)

    with pytest.raises(httpx.HTTPStatusError, match="409") as refused:
        world.served.start(deployment, **parameters)

    assert next(iter(parameters)) in refused.value.response.text
    assert asked_for(world) == before


def test_every_parameter_of_every_form_is_described(world: World):
    """Each field says what it is for; sources are there to choose from; what the deployment decides is fixed."""
    schemas = {
        name: one["parameter_openapi_schema"]["properties"]
        for name, one in world.served.deployments.items()
    }
    silent = [
        f"{name}.{field}"
        for name, fields in schemas.items()
        for field in fields
        if not _described(fields[field])
    ]

    assert silent == []
    assert schemas["verify"]["sources"]["items"]["enum"] == list(NAMES)
    assert schemas["ingest-chosen"]["source"]["readOnly"]
    assert all(fields["config"]["readOnly"] for fields in schemas.values())


def test_a_plan_waits_outside_of_any_limit(world: World):
    """Its deployment has no concurrency limit, for which Prefect would kill a paused run minutes later; others have."""
    limited = {
        name for name, one in world.served.deployments.items() if one["global_concurrency_limit"]
    }

    assert set(world.served.deployments) - limited == {"plan-and-apply"}


def _described(field: dict[str, Any]) -> bool:
    return len(field.get("description", "")) > len("Only these.")


@dataclass
class _Plan:
    """A plan that nobody decides on."""

    seal: str = "0123456789abcdef" * 4
    records: tuple[Any, ...] = field(default=())

    def each(self) -> Iterator[Any]:
        """Yield nothing."""
        yield from self.records


@flow(name="nobody decides")
def _undecided() -> State:
    question = approval.PlanQuestion(_Plan(), "a plan", wait_s=2, suspend=False)  # type: ignore[arg-type]
    return Completed(name=PLANNED if approval.decide(question) is None else "decided")


def test_a_run_nobody_decides_on_ends_as_planned(prefect_server: Prefect):
    """When the time is up the run ends as what it is, planned, and not as a failure."""
    with temporary_settings(
        {PREFECT_API_URL: prefect_server.api, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    ):
        state = _undecided(return_state=True)

    (run,) = prefect_server.find("flow_runs", flows={"name": {"any_": ["nobody decides"]}})
    assert (state.name, run["state"]["name"]) == (PLANNED, PLANNED)


def test_changed_settings_are_taken_while_it_runs(world: World):
    """A new source gets its deployments and loses them again; what does not load is refused; all of it is recorded."""
    before = world.config.read_text(encoding="utf-8")
    late = f'{before}\n[[sources]]\nname = "late"\ntable = "Late"\n'
    said: list[tuple[str, bool]] = []
    with open_ledger(
        load_settings(world.config, credentials=False), clock=system_clock()
    ) as ledger:
        (began,) = takers(ledger, read_settings_file(world.config).digest)
        for text, after in ((late, None), (f"{before}\n[[", None), (before, began.at)):
            world.config.write_text(text, encoding="utf-8")
            action = world.taken(ledger, after=after).action
            said.append((action, {"ingest-late", "reprocess-late"} <= world.names()))

    assert began.action == TAKEN
    assert said == [(TAKEN, True), (REFUSED, True), (TAKEN, False)]
    assert world.served.process.poll() is None
