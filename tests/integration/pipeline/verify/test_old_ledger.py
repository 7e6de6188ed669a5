"""A ledger from a backup knows less than the archive; what only the archive knows is not lost."""

import shutil
from pathlib import Path

import pytest

from flows.app.verify import Verified, rebuild, verify
from pipeline.settings import load_settings
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.verify.receipts import FILES, SOURCE, document, kinds
from tests.integration.pipeline.workspace import Workspace

pytestmark = pytest.mark.integration


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """Four receipts, listed, of which two were read, renamed and written."""
    made = make_workspace(SOURCE, files=FILES)
    made.reader = FakeReader()
    made.run(limit=2)
    return made


def compare(workspace: Workspace) -> Verified:
    """Run `verify`."""
    workspace.clock.advance(1)
    with workspace.context() as context:
        return verify(context, repair=False, limit=None)


def ledger_files(workspace: Workspace) -> list[Path]:
    """Return the files of the ledger."""
    return sorted(workspace.config.parent.glob("ledger.db*"))


def test_what_an_old_ledger_does_not_know_is_a_document_of_the_archive(
    workspace: Workspace, tmp_path: Path
):
    """The only copy of a file that was replaced since is never called a stray, and can be taken into the ledger."""
    backup, newer = tmp_path / "backup", tmp_path / "newer.txt"
    backup.mkdir()
    for path in ledger_files(workspace):
        shutil.copy(path, backup)
    workspace.run()
    newer.write_bytes(document(1234))
    workspace.emulator.control.replace_attachment("Uploads", "Scan", 4, newer)
    for path in ledger_files(workspace):
        path.unlink()
    for path in backup.iterdir():
        shutil.copy(path, workspace.config.parent)
    workspace.run()

    report = compare(workspace)

    assert set(kinds(report)) == {"unknown document in the archive"}
    assert {action for _, action in report.left} == {
        "`verify --rebuild-ledger` takes it into the ledger."
    }
    assert rebuild(load_settings(workspace.config)).documents > 0
    assert kinds(compare(workspace)) == {}


def test_an_empty_ledger_calls_no_original_a_stray(workspace: Workspace):
    """Each document of the archive is named once, as one that can be taken into the ledger."""
    for path in ledger_files(workspace):
        path.unlink()

    report = compare(workspace)

    assert kinds(report) == {"new at the source": 4, "unknown document in the archive": 2}
