"""An archive that is not there: nothing begins that needs it, and the rest goes on."""

import pytest

from pipeline.errors import ArchiveUnavailable
from tests.integration.pipeline.accounts import receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace, cli

pytestmark = pytest.mark.integration


def _undo(workspace: Workspace) -> object:
    with workspace.ledger() as ledger:
        run_id = ledger.usage.runs()[-1].id
    return workspace.undo(run_id)


def test_a_disk_that_is_not_mounted_is_no_new_archive(make_workspace: MakeWorkspace):
    """Nothing is stored, written or recorded; once it is back, all goes on as if nothing had been."""
    workspace = make_workspace(files={"a.txt": receipt(1)})
    workspace.run()
    away = workspace.archive.rename(workspace.archive.with_name("away"))
    workspace.forget_calls()

    for act in (Workspace.run, Workspace.plan, _undo):
        with pytest.raises(ArchiveUnavailable, match=r"mount the disk.*Nothing was changed\.$"):
            act(workspace)
    verified = cli(workspace.config, "verify", "--repair")
    shown = cli(workspace.config, "status", "--json")
    examined = cli(workspace.config, "doctor")

    assert (verified.returncode, shown.returncode) == (3, 0)
    assert "mount the disk" in " ".join(examined.stdout.split()), examined.stdout
    assert not workspace.archive.exists()
    assert workspace.writes() == []
    with workspace.ledger() as ledger:
        assert [run.status for run in ledger.usage.runs()] == ["done"]
    away.rename(workspace.archive)
    assert _undo(workspace)


def test_what_is_lost_is_fetched_again_where_a_user_says_so(make_workspace: MakeWorkspace):
    """The owner that a user writes by hand says that this is the archive, and that it is empty."""
    workspace = make_workspace(files={"a.txt": receipt(1)})
    workspace.run()
    lost = workspace.archive.rename(workspace.archive.with_name("lost"))
    workspace.archive.mkdir()
    (workspace.archive / "owner.txt").write_text("this machine\n")

    repaired = cli(workspace.config, "verify", "--repair")

    originals = {path.name for path in lost.glob("originals/**/*") if path.is_file()}
    again = {path.name for path in workspace.archive.glob("originals/**/*") if path.is_file()}
    assert (repaired.returncode, again) == (0, originals), repaired.stderr
