import pytest

from tests.crash.faultpoints import Act
from tests.integration.pipeline.accounts import COLUMNS, Source, fields, receipt, uploads
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import SlowlyChanged, Workspace
from tests.support.samples import sampled

pytestmark = pytest.mark.integration

FILES = {f"upload{n}.txt": receipt(n) for n in range(1, 4)}
REPROCESS = 'reprocess_column = "Again"'


def _account() -> dict[str, object]:
    account = uploads(FILES)
    account["tables"]["Uploads"]["fields"] = fields(Scan="ATTACHMENT", Again="YES/NO")
    return account


@pytest.fixture
def workspace(make_workspace: MakeWorkspace) -> Workspace:
    """A workspace whose three records were written once, with a column that users set to request reprocessing."""
    workspace = make_workspace(Source(more=REPROCESS, rename=""), account=_account(), files=FILES)
    workspace.run()
    workspace.forget_calls()
    return workspace


def _request_reprocessing(workspace: Workspace, *pks: int, value: bool = True) -> None:
    for pk in pks:
        workspace.emulator.control.edit("Uploads", pk, {"Again": value})


def _flagged(workspace: Workspace) -> list[int]:
    return [
        row["PK_ID"]
        for row in workspace.emulator.control.dump()["tables"]["Uploads"]
        if row["Again"]
    ]


def test_a_flagged_record_is_read_again_and_the_reprocess_flag_is_cleared(workspace: Workspace):
    """The next run of the source reads it again from the archive, without a download, and the others not at all."""
    _request_reprocessing(workspace, 2)
    reader = SlowlyChanged(workspace.reader)

    report = workspace.run(reader=reader)

    assert (report.document["documents"]["done"], report.document["documents"]["unchanged"]) == (
        1,
        2,
    )
    assert reader.read_names == ["upload2.txt"]
    assert (workspace.downloads(), _flagged(workspace)) == (0, [])


def test_clearing_the_flag_leaves_nothing_to_do(workspace: Workspace):
    """The run after it finds nothing to do and writes nothing, and undoing that run does not set the flag again."""
    _request_reprocessing(workspace, 2)
    first = workspace.run()
    workspace.forget_calls()

    again = workspace.run()

    assert (again.document["documents"]["unchanged"], workspace.writes()) == (3, [])
    workspace.undo(str(first.document["run_id"]))
    assert _flagged(workspace) == []


def test_looking_for_reprocess_flags_costs_one_call(make_workspace: MakeWorkspace):
    """A run with nothing flagged makes one call more than without such a column."""
    with_column = make_workspace(Source(more=REPROCESS, rename=""), account=_account(), files=FILES)
    without = make_workspace(Source(rename=""), account=_account(), files=FILES)
    costs = []
    for one in (with_column, without):
        one.run()
        one.forget_calls()
        one.run()
        costs.append(one.calls())

    assert costs[0] - costs[1] == 1


def test_a_record_that_failed_stays_flagged(workspace: Workspace):
    """Where Caspio fails in the middle, the reprocess flag is there for the next run, which clears it."""
    _request_reprocessing(workspace, 2)
    workspace.emulator.control.edit("Uploads", 2, {"DocType": ""})
    workspace.emulator.control.fault(
        {"kind": "status", "operation": "UpdateTableRecords", "status": 500, "times": 20}
    )

    failed = workspace.run()

    assert (failed.document["documents"]["failed"], _flagged(workspace)) == (1, [2])
    workspace.emulator.control.clear_faults()
    workspace.run()
    assert _flagged(workspace) == []


def test_a_record_in_conflict_stays_flagged(make_workspace: MakeWorkspace):
    """A record left alone because it changes over and over keeps its reprocess flag; once it changes no more, the next run does it."""
    workspace = make_workspace(
        Source(more=f"{REPROCESS}\nmax_writes = 1", rename=""), account=_account(), files=FILES
    )
    workspace.run()
    workspace.emulator.control.edit("Uploads", 2, {"DocType": ""})
    _request_reprocessing(workspace, 2)

    met = workspace.run()

    assert (met.document["documents"]["conflict"], _flagged(workspace)) == (1, [2])
    workspace.clock.advance(90_000)
    done = workspace.run()
    assert (done.document["documents"]["done"], _flagged(workspace)) == (1, [])


class Killed(BaseException):
    """Represents the end of the process."""


def _stop_at(point: str) -> Act:
    def act(reached: str) -> None:
        if reached == point:
            raise Killed

    return act


@pytest.mark.parametrize(
    "point",
    sampled(
        [
            "ledger finish after",
            "clear_reprocess_flag intent after",
            "clear_reprocess_flag effect before",
            "clear_reprocess_flag effect after",
        ],
        sample=["ledger finish after", "clear_reprocess_flag effect after"],
    ),
)
def test_a_run_that_dies_round_the_clearing_leaves_nothing_open(workspace: Workspace, point: str):
    """Whatever it was in the middle of, the next run clears the reprocess flag once and settles what was open."""
    _request_reprocessing(workspace, 2)
    workspace.act = _stop_at(point)
    workspace.one_at_a_time = True
    with pytest.raises(Killed):
        workspace.run()
    workspace.act = None

    workspace.run()

    assert (_flagged(workspace), workspace.unsettled()) == ([], 0)
    workspace.forget_calls()
    workspace.run()
    assert workspace.writes() == []


def test_a_user_who_takes_the_reprocess_flag_back_is_no_conflict(workspace: Workspace):
    """Cleared while the record was read again, nothing is written over it, and the document is done."""
    _request_reprocessing(workspace, 2)
    workspace.act = lambda point: (
        _request_reprocessing(workspace, 2, value=False)
        if point == "clear_reprocess_flag effect before"
        else None
    )

    report = workspace.run()

    assert report.document["documents"]["done"] == 1
    assert _flagged(workspace) == []


def test_a_new_source_only_plans_and_leaves_the_flag(make_workspace: MakeWorkspace):
    """Nothing is cleared by a run that may not write."""
    workspace = make_workspace(
        Source(more=REPROCESS, confirm="first"), account=_account(), files=FILES
    )
    _request_reprocessing(workspace, 1)

    workspace.run()

    assert (_flagged(workspace), workspace.writes()) == ([1], [])


def test_a_named_record_is_looked_at_for_its_reprocess_flag(workspace: Workspace):
    """A run for a few records, as a webhook asks for it, reads a flagged one of them again, and only of them."""
    _request_reprocessing(workspace, 1, 2)

    report = workspace.run(records=["2", "3"])

    assert (report.document["documents"]["done"], report.document["documents"]["unchanged"]) == (
        1,
        1,
    )
    assert _flagged(workspace) == [1]


def test_reprocess_flags_outside_the_source_are_not_touched(make_workspace: MakeWorkspace):
    """A record that does not meet the source's condition keeps its reprocess flag."""
    workspace = make_workspace(
        Source(more=f'{REPROCESS}\nwhere = "PK_ID > 1"', rename=""), account=_account(), files=FILES
    )
    _request_reprocessing(workspace, 1, 2)

    workspace.run()

    assert _flagged(workspace) == [1]


def test_views_and_index_tables_can_be_flagged(make_workspace: MakeWorkspace):
    """A view is cleared through the view; a folder's file is asked for in its row of the index table."""
    account = _account() | {
        "views": {"Few": {"table": "Uploads", "where": "PK_ID <= 2"}},
        "files": {"/In/a.txt": "upload3.txt"},
    }
    account["tables"]["Papers"] = {"fields": fields(Path="STRING", Again="YES/NO"), "records": []}
    view = Source({"view": "Few"}, name="few", more=REPROCESS, rename="")
    folder = Source(
        {"folder": "/In"}, name="inbox", more=REPROCESS, rename="", index={"table": "Papers"}
    )
    workspace = make_workspace(view, folder, account=account, files=FILES)
    workspace.run()
    workspace.forget_calls()
    _request_reprocessing(workspace, 2)
    workspace.emulator.control.edit("Papers", 1, {"Again": True})

    report = workspace.run()

    papers = workspace.emulator.control.dump()["tables"]["Papers"]
    assert report.document["documents"]["done"] == 2
    assert (_flagged(workspace), papers[0]["Again"], workspace.downloads()) == ([], False, 0)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("Nowhere", "has no column 'Nowhere'"),
        ("again", "did you mean 'Again'"),
        ("Note", "is STRING; make it YES/NO"),
    ],
)
def test_a_column_that_cannot_be_flagged_stops_the_source(
    make_workspace: MakeWorkspace, column: str, said: str
):
    """Missing, misspelt or of another type: the source is stopped with the reason, and `doctor` says the same."""
    from pipeline.errors import BadSettings

    account = _account()
    account["tables"]["Uploads"]["fields"] = fields(
        Scan="ATTACHMENT", Again="YES/NO", Note="STRING"
    )
    workspace = make_workspace(
        Source(more=f'reprocess_column = "{column}"'), account=account, files=FILES
    )

    with pytest.raises(BadSettings, match=said):
        workspace.run()


def test_a_mapped_column_is_no_reprocess_column(make_workspace: MakeWorkspace):
    """One column cannot take a finding and be flagged."""
    from pipeline.errors import BadSettings

    with pytest.raises(BadSettings, match="take a finding"):
        make_workspace(
            Source(more=f'reprocess_column = "{next(iter(COLUMNS))}"'), files=FILES
        ).run()
