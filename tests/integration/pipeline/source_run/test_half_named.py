"""The first name in a field may take two calls: whatever is lost between them, the extension stays."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.adapters.caspio.target import CaspioRecordTarget
from tests.crash.boundaries import Killed
from tests.crash.cells import COLUMNS, RENAME, document
from tests.fakes.clock import RunningClock
from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import Source
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace

pytestmark = pytest.mark.integration

TAKES_TWO_CALLS = (
    {"fileinfo_filename": "base", "rename_filename": "full"},
    {"fileinfo_filename": "with-extension", "rename_filename": "base"},
)
RENAMING = "UpdateFileMetadataInAttachmentTableFields"
WHOLE = ["receipt 1.50.txt", "receipt 2.50.txt"]


class DyingTarget(CaspioRecordTarget):
    """Dies right before it sends the n-th new name, and does nothing any more."""

    left = 1

    def _rename(self, *args: Any, **options: Any) -> Any:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return super()._rename(*args, **options)


class DyingWorkspace(Workspace):
    """A workspace whose runs die once between two calls, as long as `is_mortal`."""

    is_mortal = True

    def _connect(self, stack: Any, reader: Any) -> Any:
        context = super()._connect(stack, reader)
        if not self.is_mortal:
            return context
        return replace(context, ports=replace(context.ports, target=DyingTarget(context.client)))


def prepared(make_workspace: MakeWorkspace, quirks: dict[str, Any]) -> Workspace:
    """Return an account with two documents."""
    files = {"one.txt": document(1), "two.txt": document(2)}
    workspace = make_workspace(Source(rename=RENAME, columns=COLUMNS), files=files, quirks=quirks)
    workspace.reader, workspace.clock = FakeReader(), RunningClock()
    workspace.one_at_a_time = True
    return workspace


def names(workspace: Workspace) -> list[str]:
    """Return the names of the attachments."""
    return sorted(
        one["name"] for one in workspace.emulator.control.dump()["attachments"]["Uploads"]
    )


@pytest.mark.parametrize("quirks", TAKES_TWO_CALLS, ids=["whole names", "base names"])
def test_a_run_that_dies_between_the_two_calls_loses_no_extension(
    make_workspace: MakeWorkspace, quirks: dict[str, Any]
):
    """The next run finds the name that is half given, and gives it whole; then nothing is left to do."""
    made = prepared(make_workspace, quirks)
    workspace = DyingWorkspace(made.config, made.emulator, made.reader, made.clock)
    workspace.one_at_a_time = True
    with pytest.raises(Killed):
        workspace.run(yes=True)
    half = names(workspace)
    workspace.is_mortal = False

    workspace.run(yes=True)

    assert not set(half) & set(WHOLE), "it died elsewhere"
    assert names(workspace) == WHOLE
    assert workspace.unsettled() == 0
    workspace.forget_calls()
    workspace.run(yes=True)
    assert workspace.writes() == []
    assert workspace.downloads() == 0


@pytest.mark.parametrize("quirks", TAKES_TWO_CALLS, ids=["whole names", "base names"])
@pytest.mark.parametrize("fault", [{"kind": "lost"}, {"kind": "reset", "after": 1}])
def test_a_lost_answer_loses_no_extension(
    make_workspace: MakeWorkspace, quirks: dict[str, Any], fault: dict[str, Any]
):
    """The first answer is lost, or the second call: the same run gives the whole name."""
    workspace = prepared(make_workspace, quirks)
    workspace.emulator.control.fault({"operation": RENAMING, "times": 1, **fault})

    workspace.run(yes=True)

    assert names(workspace) == WHOLE
    assert workspace.unsettled() == 0
