"""What needs a user keeps runs red, until somebody has dealt with it."""

import pytest

from pipeline.adapters.caspio.client.where import Clause
from pipeline.ports.ledger import Acknowledgement
from pipeline.source_run.selection import Selection
from tests.integration.pipeline.accounts import receipt, uploads
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace

pytestmark = pytest.mark.integration

FILES = {"one.txt": receipt(1), "empty.txt": b""}
EMPTY = "2"


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """An account with a receipt and an empty file, both met by the first runs."""
    made = make_workspace(account=uploads(FILES), files=FILES)
    made.run()
    made.run()
    return made


def test_a_known_reject_keeps_each_run_red(workspace: Workspace):
    """A run that finds nothing new, one for named records and one that reads again all say the same."""
    unchanged = workspace.run()
    again = workspace.run(selection=Selection(records=(EMPTY,)))
    of_others = workspace.run(records=("1",))

    assert (unchanged.failed, unchanged.needs_a_user, unchanged.is_green) == (0, 1, False)
    assert (again.needs_a_user, again.is_green) == (1, False)
    assert (of_others.needs_a_user, of_others.is_green) == (0, True)


def test_an_acknowledged_reject_lets_runs_be_green(workspace: Workspace):
    """Also where the very document is read again and rejected once more."""
    with workspace.ledger() as ledger:
        (state,) = [
            one for one in ledger.files.states() if one.ref.record and one.ref.record.pk == EMPTY
        ]
        by = Acknowledgement("ann", "empty on purpose", workspace.clock.now())
        ledger.files.acknowledge([state.version], by)

    unchanged = workspace.run()
    again = workspace.run(selection=Selection(records=(EMPTY,)))

    assert (unchanged.is_green, unchanged.document["acknowledged"]) == (True, 1)
    assert (again.failed, again.is_green) == (1, True)


def test_a_reject_that_a_user_deleted_needs_nobody(workspace: Workspace):
    """The next run over the whole source notices that it is not listed any more."""
    with workspace.context() as context:
        context.client.tables.delete("Uploads", condition=Clause(f"PK_ID = {EMPTY}"))

    gone = workspace.run()

    assert (gone.needs_a_user, gone.is_green) == (0, True)
