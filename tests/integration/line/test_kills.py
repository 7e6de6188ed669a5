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
from tests.integration.line.accounts import (
    CREDENTIALS,
    Line,
    Source,
    account_state,
    cli_command,
    fields,
    receipt,
)
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

KILLS = [
    "write 1",
    "write 4",
    "write 9",
    "lost update 3",
    "lost rename 2",
    "random 1",
    "random 2",
    "random 3",
]
LOST = {"update": "UpdateTableRecords", "rename": "UpdateFileMetadataInAttachmentTableFields"}


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """What an undisturbed run ends in, filled by the first test that needs it."""
    return {}


@pytest.mark.parametrize("moment", KILLS)
def test_a_killed_run_ends_as_an_undisturbed_one(
    make_line: MakeLine, undisturbed: dict[str, Any], moment: str
):
    """Killed at any moment and run again, account, archive and ledger are as if nothing had happened."""
    if not undisturbed:
        line = make_line()
        line.run()
        undisturbed.update(line.end_state(), writes=sorted(line.writes()))
    killed = make_line()

    _run_and_kill(killed, moment)
    killed.emulator.control.clear_faults()
    killed.run()

    end = killed.end_state()
    assert (end["account"], end["ledger"]) == (undisturbed["account"], undisturbed["ledger"])
    assert _kept(end["archive"]) == _kept(undisturbed["archive"])
    assert killed.unsettled() == 0
    assert _effects_done_twice(killed) == []
    killed.forget_calls()
    assert killed.run().document["documents"]["unchanged"] == 6 + 2
    assert killed.writes() == []


def _kept(keys: list[str]) -> set[str]:
    """Return originals and the names kept of each document, whichever version of it a listing showed.

    A rename changes a version; where the run died before it saw the new one, the file's folder is there twice.
    """
    ports = [key.split("/") for key in keys]
    return {"/".join(part if part[0] == "originals" else [*part[:4], part[-1]]) for part in ports}


def _effects_done_twice(line: Line) -> list[str]:
    """Return writes the account saw more than once; each names one record, so none may come again."""
    return [write for write, count in Counter(line.writes()).items() if count > 1]


def _run_and_kill(line: Line, moment: str) -> None:
    what, *rest, number = moment.split()
    if what == "lost":
        line.emulator.control.fault(
            {"kind": "lost", "operation": LOST[rest[0]], "after": int(number) - 1}
        )
    log = (line.config.parent / "run.log").open("wb")
    environment = os.environ | CREDENTIALS
    with (
        log,
        subprocess.Popen(
            cli_command(line.config, "run"), env=environment, stdout=log, stderr=log
        ) as process,
    ):
        if what == "random":
            _wait(lambda: line.calls() > 0, process)
            time.sleep(random.Random(int(number)).uniform(0.05, 1.2))  # noqa: S311 - a repeatable moment
        elif what == "write":
            _wait(lambda: len(line.writes()) >= int(number), process)
        else:
            _wait(lambda: _struck(line, int(number)), process)
        process.kill()


def _struck(line: Line, number: int) -> bool:
    return any(fault["matched"] >= number for fault in line.emulator.control.faults())


def _wait(reached: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while not reached() and process.poll() is None:
        assert time.monotonic() < until, "the run never came so far"


def test_a_kill_leaves_no_half_written_original(make_line: MakeLine, tmp_path: Path):
    """Whatever is under a digest in the archive has that digest, also right after a kill."""
    import hashlib

    line = make_line()

    _run_and_kill(line, "write 2")

    originals = [
        path
        for path in line.archive.rglob("originals/**/*")
        if path.is_file() and path.name[0] != "."
    ]
    assert tmp_path in line.archive.parents
    assert originals
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in originals)


def test_a_renamed_source_finishes_what_was_left_open(make_line: MakeLine):
    """A move that a killed run left half-done is finished although its source has another name now."""
    papers = {"fields": fields(File="FILE"), "records": [{"PK_ID": 1, "File": "/In/two.txt"}]}
    account = {"tables": {"Papers": papers}, "files": {"/In/two.txt": "two.txt"}}
    line = make_line(
        Source({"table": "Papers"}, name="papers"), account=account, files={"two.txt": receipt(2)}
    )
    environment = os.environ | CREDENTIALS | {POINT_VARIABLE: "put_file effect after"}
    killed = subprocess.run(
        cli_command(line.config, "run", module="tests.crash.faulty_cli"),
        env=environment,
        capture_output=True,
        check=False,
    )

    text = line.config.read_text(encoding="utf-8")
    line.config.write_text(text.replace('name = "papers"', 'name = "documents"'), encoding="utf-8")
    line.run()

    assert killed.returncode == -signal.SIGKILL
    with line.ledger() as ledger:
        assert ledger.effects.open() == []
    assert list(account_state(line.emulator)["files"]) == [
        "/In/2026-03-12 Northwind Hardware Ltd receipt.txt"
    ]
