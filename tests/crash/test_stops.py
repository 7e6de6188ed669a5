"""What takes the ground from under a run stops it with a sentence, and the next run goes on."""

import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from infra.emulator import Emulator
from pipeline.errors import ArchiveUnavailable, LedgerUnavailable
from tests.crash.cells import SCENES, comparable, staged, undisturbed, writes
from tests.integration.pipeline.accounts import Source, uploads, write_account, write_settings
from tests.integration.pipeline.workspace import CREDENTIALS, Workspace, cli, cli_command

pytestmark = [pytest.mark.integration, pytest.mark.full]

SCENE = "attachments"


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """Four uploads, not worked on yet."""
    with staged(SCENES[SCENE]) as made:
        made.one_at_a_time = True  # so that nothing else is under way where the ground gives way
        yield made


def assert_made_good(workspace: Workspace) -> None:
    """Run again and find everything as after an undisturbed run, no write twice."""
    workspace.act = None
    workspace.run()

    assert comparable(workspace) == undisturbed(SCENE).end
    assert writes(workspace) == undisturbed(SCENE).writes


def once(point: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Return what does something the second time a point is reached."""
    reached: list[str] = []

    def look(name: str) -> None:
        if name == point:
            reached.append(name)
            if len(reached) == 2:
                act()

    return look


def test_a_lost_archive_stops_the_run(workspace: Workspace, tmp_path: Path):
    """An archive that is gone in the middle of a run stops it before anything more is written to Caspio."""
    away = tmp_path / "away"

    def lose() -> None:
        shutil.move(workspace.archive, away)
        workspace.archive.write_text("no folder")

    workspace.act = once("archive put originals before", lose)

    with pytest.raises(ArchiveUnavailable, match=r"archive.*move it away or name another folder"):
        workspace.run()

    written = writes(workspace)
    workspace.archive.unlink()
    shutil.move(away, workspace.archive)
    assert len(written) < len(undisturbed(SCENE).writes)
    assert_made_good(workspace)


def test_a_bucket_that_became_read_only_stops_the_run(workspace: Workspace):
    """A store that refuses to take anything stops the run; no record was written whose original is not stored."""
    refusal = ArchiveUnavailable("s3://bucket refuses to write (AccessDenied). Grant s3:PutObject.")

    def refuse(point: str) -> None:
        if point.startswith("archive put") and point.endswith("before"):
            raise refusal

    workspace.act = refuse

    with pytest.raises(ArchiveUnavailable, match="Grant"):
        workspace.run()

    assert writes(workspace) == ()
    assert_made_good(workspace)


def test_a_full_disk_stops_the_run(tmp_path: Path):
    """Where this machine cannot take a document's bytes, the command ends with 3 and says where to free space."""
    big = {"generate": {"name": "big.bin", "size": 24 << 20, "byte": 65}}
    account = uploads({})
    account["tables"]["Uploads"]["records"] = [{"PK_ID": 1, "Scan": big}]
    with Emulator(seed=write_account(tmp_path / "seed", account, {})) as emulator:
        config = write_settings(tmp_path, emulator.url, Source(rename=""))

        done = subprocess.run(
            cli_command(config, "run"), env=os.environ | CREDENTIALS, capture_output=True, text=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8 << 20, 8 << 20)), timeout=120,
        )  # fmt: skip
        freed = cli(config, "run", "--json")

    assert done.returncode == 3, done.stderr
    assert "Free space there" in " ".join(done.stderr.split())
    assert freed.returncode in {0, 1}
    assert '"failed": 0' in freed.stdout


def test_a_full_archive_disk_stops_the_run(workspace: Workspace):
    """An archive without room stops the run, and leaves nothing half stored."""

    def full(point: str) -> None:
        if point == "archive put text.txt before":
            raise ArchiveUnavailable(
                "The archive cannot store x: No space left on device. Free space there."
            )

    workspace.act = full

    with pytest.raises(ArchiveUnavailable, match="Free space"):
        workspace.run()

    assert_made_good(workspace)


@pytest.mark.full
def test_a_locked_ledger_stops_the_run(tmp_path: Path):
    """A ledger that another process holds ends the command with 3 and says so; released, the next run does the work."""
    files = dict(SCENES[SCENE].files)
    with Emulator(seed=write_account(tmp_path / "seed", uploads(files), files)) as emulator:
        ledger = f"sqlite:///{tmp_path / 'ledger.db'}?timeout=0.2"
        config = write_settings(tmp_path, emulator.url, Source(rename=""), ledger=ledger)
        assert cli(config, "status", "--json").returncode == 0
        holder = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")

        stopped = cli(config, "run", "--json")
        holder.execute("ROLLBACK")
        holder.close()
        done = cli(config, "run", "--json")

    assert (stopped.returncode, stopped.stdout) == (3, "")
    assert "Another process has the file locked" in " ".join(stopped.stderr.split())
    assert '"failed": 0' in done.stdout


def test_a_ledger_that_goes_away_stops_the_run(workspace: Workspace):
    """A database that fails in the middle of a run stops it; what was sent is settled by the next."""

    def fail() -> None:
        raise LedgerUnavailable(
            "The ledger failed to record: server closed the connection. Start the database server."
        )

    workspace.act = once("update_columns applied before", fail)

    with pytest.raises(LedgerUnavailable, match="Start the database server"):
        workspace.run()

    assert_made_good(workspace)


def test_a_clock_that_goes_back_harms_nothing(workspace: Workspace):
    """A clock set back by an hour in the middle of a run changes nothing: no wait, no repetition, no lost file."""
    workspace.act = once(
        "update_columns intent after",
        lambda: workspace.clock.set(workspace.clock.now() - timedelta(hours=1)),
    )

    workspace.run()

    assert sum(workspace.clock.slept) < 60
    assert comparable(workspace) == undisturbed(SCENE).end
    assert_made_good(workspace)
