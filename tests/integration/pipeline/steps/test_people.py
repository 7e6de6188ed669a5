from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.ports.ledger import Block
from tests.fakes.reader import acting_once
from tests.integration.pipeline.accounts import Source, fields, receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace
from tests.support.samples import sampled

pytestmark = pytest.mark.integration

TWO = {"upload1.txt": receipt(1), "upload2.txt": receipt(2)}


def _row(workspace: Workspace, pk: int, table: str = "Uploads") -> Mapping[str, Any]:
    row: Mapping[str, Any] = next(
        r for r in workspace.emulator.control.dump()["tables"][table] if r["PK_ID"] == pk
    )
    return row


def test_a_value_typed_before_the_run_stays(make_workspace: MakeWorkspace):
    """A user's value is left alone; the other columns are written."""
    workspace = make_workspace(files=TWO)
    workspace.emulator.control.edit("Uploads", 1, {"Company": "Typed by hand"})

    workspace.run()

    assert (_row(workspace, 1)["Company"], _row(workspace, 1)["DocType"]) == (
        "Typed by hand",
        "receipt",
    )


def test_a_value_typed_while_the_file_is_read_stays(make_workspace: MakeWorkspace):
    """A value typed between listing and writing is seen and left alone."""
    workspace = make_workspace(files=TWO)
    control = workspace.emulator.control

    workspace.run(
        reader=acting_once(
            workspace.reader,
            lambda: [control.edit("Uploads", pk, {"Company": "Typed"}) for pk in (1, 2)],
        )
    )

    assert [_row(workspace, pk)["Company"] for pk in (1, 2)] == ["Typed", "Typed"]
    assert [_row(workspace, pk)["DocType"] for pk in (1, 2)] == ["receipt", "receipt"]


def test_a_value_changed_after_the_run_stays_when_read_again(make_workspace: MakeWorkspace):
    """What a user corrected is not written over by reading again."""
    from pipeline.source_run.selection import Selection

    workspace = make_workspace(Source(more='overwrite = "ours"'), files=TWO)
    workspace.run()
    workspace.emulator.control.edit("Uploads", 1, {"Total": 99.5})

    workspace.run(selection=Selection())

    assert _row(workspace, 1)["Total"] == 99.5


def test_a_file_replaced_while_it_is_read_is_read_by_the_next_run(
    make_workspace: MakeWorkspace, tmp_path: Path
):
    """A replaced attachment keeps its bytes, and the next run reads it and names it after itself."""
    workspace = make_workspace(files={"upload1.txt": receipt(1)})
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9) + b"\nSee you soon")

    workspace.run(
        reader=acting_once(
            workspace.reader,
            lambda: workspace.emulator.control.replace_attachment("Uploads", "Scan", 1, fresh),
        )
    )
    workspace.run()

    (kept,) = workspace.emulator.control.dump()["attachments"]["Uploads"]
    assert kept["size"] == fresh.stat().st_size
    assert kept["name"] == "2026-03-19 Northwind Hardware Ltd receipt.txt"


def test_a_replaced_file_is_new_work(make_workspace: MakeWorkspace, tmp_path: Path):
    """A file put in place of one that was read is read by the next run, and only it."""
    workspace = make_workspace(files=TWO)
    workspace.run()
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))
    workspace.emulator.control.replace_attachment("Uploads", "Scan", 1, fresh)

    again = workspace.run()

    assert (again.document["documents"]["done"], again.document["documents"]["unchanged"]) == (1, 1)


PAPERS = {
    "tables": {
        "Papers": {
            "fields": fields(File="FILE"),
            "records": [{"PK_ID": 1, "File": "/In/one.txt"}, {"PK_ID": 2, "File": "/In/one.txt"}],
        }
    },
    "files": {"/In/one.txt": "one.txt"},
}
NAMED = "2026-03-11 Northwind Hardware Ltd receipt.txt"


def test_two_records_that_point_at_one_file_follow_it_together(make_workspace: MakeWorkspace):
    """A Files-area file gets its name once, and every row that pointed at it points there afterwards."""
    workspace = make_workspace(
        Source({"table": "Papers"}), account=PAPERS, files={"one.txt": receipt(1)}
    )

    workspace.run()
    workspace.forget_calls()
    workspace.run()

    assert [_row(workspace, pk, "Papers")["File"] for pk in (1, 2)] == [f"/In/{NAMED}"] * 2
    assert list(workspace.emulator.control.dump()["files"]) == [f"/In/{NAMED}"]
    assert workspace.writes() == []


def test_a_files_area_file_replaced_while_it_is_read_is_kept(
    make_workspace: MakeWorkspace, tmp_path: Path
):
    """The bytes a user put in place of a file are never deleted by its renaming."""
    workspace = make_workspace(
        Source({"table": "Papers"}), account=PAPERS, files={"one.txt": receipt(1)}
    )
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))

    workspace.run(
        reader=acting_once(
            workspace.reader, lambda: workspace.emulator.control.replace_file("/In/one.txt", fresh)
        )
    )

    sizes = [file["size"] for file in workspace.emulator.control.dump()["files"].values()]
    assert len(receipt(9)) in sizes


def test_a_taken_name_gets_a_number(make_workspace: MakeWorkspace):
    """Two different files that should have one name in a folder both keep their bytes."""
    account = {"files": {"/In/one.txt": "one.txt", "/In/two.txt": "two.txt"}, "tables": {}}
    files = {"one.txt": receipt(1), "two.txt": receipt(2, day=11)}
    workspace = make_workspace(Source({"folder": "/In"}, columns={}), account=account, files=files)

    workspace.run()
    workspace.forget_calls()
    workspace.run()

    named = sorted(workspace.emulator.control.dump()["files"])
    assert named == [f"/In/{NAMED.removesuffix('.txt')} (2).txt", f"/In/{NAMED}"]
    assert workspace.writes() == []


def test_a_folder_with_an_index_table_gets_one_row_a_file(make_workspace: MakeWorkspace):
    """A file no record refers to gets a row of the index table, which follows its renaming."""
    account = {
        "files": {"/In/one.txt": "one.txt"},
        "tables": {"Found": {"fields": fields(Path="STRING"), "records": []}},
    }
    source = Source({"folder": "/In"}, index={"table": "Found", "path_column": "Path"})
    workspace = make_workspace(source, account=account, files={"one.txt": receipt(1)})

    workspace.run()
    workspace.forget_calls()
    workspace.run()

    (row,) = workspace.emulator.control.dump()["tables"]["Found"]
    assert (row["Path"], row["DocType"]) == (f"/In/{NAMED}", "receipt")
    assert workspace.writes() == []


ODD_NAMES = ["a b.txt", "Größe.txt", "a+b.txt", "50%.txt", "%41.txt", "O'Neill.txt", "a&b#c.txt"]


@pytest.mark.parametrize("name", sampled(ODD_NAMES, sample=["Größe.txt", "%41.txt", "O'Neill.txt"]))
@pytest.mark.parametrize("place", ["table", "folder"])
def test_odd_names_are_read_and_renamed(make_workspace: MakeWorkspace, name: str, place: str):
    """Blanks, umlauts, plus, percent and apostrophe in names hinder neither reading nor renaming."""
    account = {
        "tables": {
            "My Papers": {
                "fields": fields(**{"The File": "FILE"}),
                "records": [{"The File": f"/In box/{name}"}],
            }
        },
        "files": {f"/In box/{name}": "one.txt"},
    }
    target = {"table": "My Papers"} if place == "table" else {"folder": "/In box"}
    workspace = make_workspace(Source(target), account=account, files={"one.txt": receipt(1)})

    report = workspace.run()
    workspace.forget_calls()
    workspace.run()

    assert report.document["documents"]["done"] == 1
    assert _row(workspace, 1, "My Papers")["The File"] == f"/In box/{NAMED}"
    assert workspace.writes() == []


def test_what_is_blocked_is_released_by_a_user_alone(make_workspace: MakeWorkspace):
    """A source that is blocked runs again only after a run with --yes; plain runs and applied plans leave it blocked."""
    workspace = make_workspace(
        Source(columns={"Total": "total"}, rename=""), files={"a.txt": receipt(1)}
    )
    workspace.plan()
    with workspace.ledger() as ledger:
        ledger.effects.block("Uploads", Block("2 rows were met", "run-1"))

    with pytest.raises(BadSettings, match="2 rows were met"):
        workspace.run()
    workspace.apply()
    with pytest.raises(BadSettings, match="run once with --yes"):
        workspace.run()
    workspace.run(yes=True)

    assert workspace.run().document["documents"]["unchanged"] == 1


def test_what_is_blocked_during_a_users_run_stays_blocked(make_workspace: MakeWorkspace):
    """A run with --yes releases of what was blocked when it began, not of what another run meets meanwhile."""
    workspace = make_workspace(
        Source(columns={"Total": "total"}, rename=""), files={"a.txt": receipt(1)}
    )

    def meets_two_rows() -> None:
        with workspace.ledger() as ledger:
            ledger.effects.block("Uploads", Block("2 rows were met", "run-2"))

    workspace.run(yes=True, reader=acting_once(workspace.reader, meets_two_rows))

    with pytest.raises(BadSettings, match="2 rows were met"):
        workspace.run()
