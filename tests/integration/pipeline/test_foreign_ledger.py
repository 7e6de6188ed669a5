"""A ledger that belongs to another account: what writes refuses, and what reads goes on."""

import pytest

from flows.doctor.installation import examine
from pipeline.archive_layout import OWNER
from pipeline.errors import ForeignLedger
from tests.integration.pipeline.accounts import receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace, cli

pytestmark = pytest.mark.integration

ONE = {"a.txt": receipt(1)}


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """A workspace with a run, whose ledger is then that of another account."""
    workspace = make_workspace(files=ONE)
    workspace.run()
    with workspace.ledger() as ledger:
        ledger.effects.record_account("sandbox.caspio.com")
    workspace.forget_calls()
    return workspace


def _undo(workspace: Workspace) -> object:
    with workspace.ledger() as ledger:
        run_id = ledger.usage.runs()[-1].id
    return workspace.undo(run_id)


def test_what_writes_refuses(workspace: Workspace):
    """Nothing is written, and no run is recorded."""
    for act in (Workspace.run, Workspace.plan, _undo):
        with pytest.raises(ForeignLedger, match=r"account at sandbox\.caspio\.com"):
            act(workspace)

    assert workspace.writes() == []
    with workspace.ledger() as ledger:
        assert len(ledger.usage.runs()) == 1


def test_what_reads_goes_on(workspace: Workspace):
    """`status` shows what is known, and `doctor` says in one check whose ledger it is."""
    shown = cli(workspace.config, "status", "--json")
    failed = [check for check in examine(workspace.config) if not check.ok]

    assert shown.returncode == 0
    assert [check.name for check in failed] == ["ledger account"]
    assert "caspio.former_url" in failed[0].detail


def test_a_foreign_archive_is_refused_before_anything_is_stored(make_workspace: MakeWorkspace):
    """Nothing is written to Caspio, to the archive or to a rebuilt ledger; no run is recorded."""
    workspace = make_workspace(files=ONE)
    workspace.run()
    (workspace.archive / OWNER).write_text("sandbox.caspio.com")
    before = sorted(workspace.archive.rglob("*"))
    workspace.forget_calls()

    for act in (Workspace.run, Workspace.plan, _undo):
        with pytest.raises(ForeignLedger, match="The archive belongs to the account at sandbox"):
            act(workspace)

    assert workspace.writes() == []
    assert sorted(workspace.archive.rglob("*")) == before
    with workspace.ledger() as ledger:
        assert [run.status for run in ledger.usage.runs()] == ["done"]
    assert cli(workspace.config, "verify", "--rebuild-ledger").returncode == 2
