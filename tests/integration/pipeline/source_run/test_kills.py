import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.crash.faultpoints import POINT_VARIABLE
from tests.integration.pipeline.accounts import Source, fields, receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace, account_state, cli_command
from tests.support.samples import sampled

pytestmark = pytest.mark.integration

LOST = {"update": "UpdateTableRecords", "rename": "UpdateFileMetadataInAttachmentTableFields"}


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What an undisturbed run ends in, filled by the first test that needs it."""
    return {}


MOMENTS = [
    *("write 1", "write 4", "write 9", "lost update 3", "lost rename 2"),
    *("random 1", "random 2", "random 3"),
]


@pytest.mark.parametrize("moment", sampled(MOMENTS, sample=["lost rename 2"]))
def test_a_killed_run_ends_as_an_undisturbed_one(
    make_workspace: MakeWorkspace, undisturbed: dict[str, Any], moment: str
):
    """Killed at any moment and run again, account, archive and ledger are as if nothing had happened."""
    if not undisturbed:
        workspace = make_workspace()
        workspace.run()
        undisturbed.update(workspace.end_state(), writes=sorted(workspace.writes()))
    killed = make_workspace()

    _run_and_kill(killed, moment)
    killed.emulator.control.clear_faults()
    killed.run()

    end = killed.end_state()
    assert (end["account"], end["ledger"]) == (undisturbed["account"], undisturbed["ledger"])
    assert _kept(end["archive"]) == _kept(undisturbed["archive"])
    assert killed.unsettled() == 0
    assert _suspected(killed) == ([], [])
    assert _effects_done_twice(killed) == []
    killed.forget_calls()
    assert killed.run().document["documents"]["unchanged"] == 6 + 2
    assert killed.writes() == []


def _suspected(workspace: Workspace) -> tuple[list[str], list[str]]:
    """Return the files that are quarantined, and the versions that are suspects."""
    states = list(workspace.states().values())
    with workspace.ledger() as ledger:
        suspects = ledger.files.suspects([state.version for state in states], "")
    quarantined = [s.ref.name for s in states if s.outcome is not None and s.outcome.quarantined]
    return quarantined, list(suspects)


def _kept(keys: list[str]) -> set[str]:
    """Return originals and the names kept of each document, whichever version of it a listing showed.

    A rename changes a version; where the run died before it saw the new one, the file's folder is there twice.
    """
    ports = [key.split("/") for key in keys]
    return {"/".join(part if part[0] == "originals" else [*part[:4], part[-1]]) for part in ports}


def _effects_done_twice(workspace: Workspace) -> list[str]:
    """Return writes the account processed more than once; each names one record, so none may come again.

    A call of which the killed run had sent only the head is none.
    """
    writes = workspace.writes(processed=True)
    return [write for write, count in Counter(writes).items() if count > 1]


def _run_and_kill(workspace: Workspace, moment: str) -> None:
    what, *rest, number = moment.split()
    if what == "lost":
        workspace.emulator.control.fault(
            {"kind": "lost", "operation": LOST[rest[0]], "after": int(number) - 1}
        )
    log = (workspace.config.parent / "run.log").open("wb")
    environment = os.environ | CREDENTIALS
    with (
        log,
        subprocess.Popen(
            cli_command(workspace.config, "run"), env=environment, stdout=log, stderr=log
        ) as process,
    ):
        if what == "random":
            _wait(lambda: workspace.calls() > 0, process)
            time.sleep(random.Random(int(number)).uniform(0.05, 1.2))  # noqa: S311 - a repeatable moment
        elif what == "write":
            _wait(lambda: len(workspace.writes()) >= int(number), process)
        else:
            _wait(lambda: _struck(workspace, int(number)), process)
        process.kill()


def _struck(workspace: Workspace, number: int) -> bool:
    return any(fault["matched"] >= number for fault in workspace.emulator.control.faults())


def _wait(reached: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 240
    while not reached() and process.poll() is None:
        assert time.monotonic() < until, "the run never came so far"
        # The local Caspio runs in this process: without a pause the run would wait for this loop.
        time.sleep(0.005)


@pytest.mark.full
def test_a_kill_leaves_no_half_written_original(make_workspace: MakeWorkspace, tmp_path: Path):
    """Whatever is under a digest in the archive has that digest, also right after a kill."""
    import hashlib

    workspace = make_workspace()

    _run_and_kill(workspace, "write 2")

    originals = [
        path
        for path in workspace.archive.rglob("originals/**/*")
        if path.is_file() and path.name[0] != "."
    ]
    assert tmp_path in workspace.archive.parents
    assert originals
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in originals)


def test_a_renamed_source_finishes_what_was_left_open(make_workspace: MakeWorkspace):
    """A move that a killed run left half-done is finished although its source has another name now."""
    papers = {"fields": fields(File="FILE"), "records": [{"PK_ID": 1, "File": "/In/two.txt"}]}
    account = {"tables": {"Papers": papers}, "files": {"/In/two.txt": "two.txt"}}
    workspace = make_workspace(
        Source({"table": "Papers"}, name="papers"), account=account, files={"two.txt": receipt(2)}
    )
    environment = os.environ | CREDENTIALS | {POINT_VARIABLE: "put_file effect after"}
    killed = subprocess.run(
        cli_command(workspace.config, "run", module="tests.crash.faulty_cli"),
        env=environment,
        capture_output=True,
        check=False,
    )

    text = workspace.config.read_text(encoding="utf-8")
    workspace.config.write_text(
        text.replace('name = "papers"', 'name = "documents"'), encoding="utf-8"
    )
    workspace.run()

    assert killed.returncode == -signal.SIGKILL
    with workspace.ledger() as ledger:
        assert ledger.effects.open() == []
    assert list(account_state(workspace.emulator)["files"]) == [
        "/In/2026-03-12 Northwind Hardware Ltd receipt.txt"
    ]
