from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import BadSettings
from pipeline.model import Findings
from pipeline.ports.ledger import Block
from tests.integration.line.accounts import Line, Source, fields, receipt
from tests.integration.line.conftest import MakeLine

pytestmark = pytest.mark.integration

TWO = {"upload1.txt": receipt(1), "upload2.txt": receipt(2)}


class Meanwhile:
    """A reader during whose work a user acts, once."""

    def __init__(self, line: Line, act: Any) -> None:
        self._inner = line.reader
        self._act = act

    def fingerprint(self) -> str:
        """Return the reader's fingerprint."""
        return self._inner.fingerprint()

    def is_current(self, fingerprint: str) -> bool:
        """Return what the reader returns."""
        return self._inner.is_current(fingerprint)

    def read(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Let the user act, then read."""
        act, self._act = self._act, None
        if act is not None:
            act()
        return self._inner.read(path, name=name, work_dir=work_dir)


def _row(line: Line, pk: int, table: str = "Uploads") -> Mapping[str, Any]:
    row: Mapping[str, Any] = next(
        r for r in line.emulator.control.dump()["tables"][table] if r["PK_ID"] == pk
    )
    return row


def test_a_value_typed_before_the_run_stays(make_line: MakeLine):
    """A user's value is left alone; the other columns are written."""
    line = make_line(files=TWO)
    line.emulator.control.edit("Uploads", 1, {"Company": "Typed by hand"})

    line.run()

    assert (_row(line, 1)["Company"], _row(line, 1)["DocType"]) == ("Typed by hand", "receipt")


def test_a_value_typed_while_the_file_is_read_stays(make_line: MakeLine):
    """A value typed between listing and writing is seen and left alone."""
    line = make_line(files=TWO)
    control = line.emulator.control

    line.run(
        reader=Meanwhile(
            line, lambda: [control.edit("Uploads", pk, {"Company": "Typed"}) for pk in (1, 2)]
        )
    )

    assert [_row(line, pk)["Company"] for pk in (1, 2)] == ["Typed", "Typed"]
    assert [_row(line, pk)["DocType"] for pk in (1, 2)] == ["receipt", "receipt"]


def test_a_value_changed_after_the_run_stays_when_read_again(make_line: MakeLine):
    """What a user corrected is not written over by reading again."""
    from pipeline.source_run.selection import Selection

    line = make_line(Source(more='overwrite = "ours"'), files=TWO)
    line.run()
    line.emulator.control.edit("Uploads", 1, {"Total": 99.5})

    line.run(selection=Selection())

    assert _row(line, 1)["Total"] == 99.5


def test_a_file_replaced_while_it_is_read_is_read_by_the_next_run(
    make_line: MakeLine, tmp_path: Path
):
    """A replaced attachment keeps its bytes, and the next run reads it and names it after itself."""
    line = make_line(files={"upload1.txt": receipt(1)})
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9) + b"\nSee you soon")

    line.run(
        reader=Meanwhile(
            line, lambda: line.emulator.control.replace_attachment("Uploads", "Scan", 1, fresh)
        )
    )
    line.run()

    (kept,) = line.emulator.control.dump()["attachments"]["Uploads"]
    assert kept["size"] == fresh.stat().st_size
    assert kept["name"] == "2026-03-19 Northwind Hardware Ltd receipt.txt"


def test_a_replaced_file_is_new_work(make_line: MakeLine, tmp_path: Path):
    """A file put in place of one that was read is read by the next run, and only it."""
    line = make_line(files=TWO)
    line.run()
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))
    line.emulator.control.replace_attachment("Uploads", "Scan", 1, fresh)

    again = line.run()

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


def test_two_records_that_point_at_one_file_follow_it_together(make_line: MakeLine):
    """A Files-area file gets its name once, and every row that pointed at it points there afterwards."""
    line = make_line(Source({"table": "Papers"}), account=PAPERS, files={"one.txt": receipt(1)})

    line.run()
    line.forget_calls()
    line.run()

    assert [_row(line, pk, "Papers")["File"] for pk in (1, 2)] == [f"/In/{NAMED}"] * 2
    assert list(line.emulator.control.dump()["files"]) == [f"/In/{NAMED}"]
    assert line.writes() == []


def test_a_files_area_file_replaced_while_it_is_read_is_kept(make_line: MakeLine, tmp_path: Path):
    """The bytes a user put in place of a file are never deleted by its renaming."""
    line = make_line(Source({"table": "Papers"}), account=PAPERS, files={"one.txt": receipt(1)})
    fresh = tmp_path / "fresh.txt"
    fresh.write_bytes(receipt(9))

    line.run(
        reader=Meanwhile(line, lambda: line.emulator.control.replace_file("/In/one.txt", fresh))
    )

    sizes = [file["size"] for file in line.emulator.control.dump()["files"].values()]
    assert len(receipt(9)) in sizes


def test_a_taken_name_gets_a_number(make_line: MakeLine):
    """Two different files that should have one name in a folder both keep their bytes."""
    account = {"files": {"/In/one.txt": "one.txt", "/In/two.txt": "two.txt"}, "tables": {}}
    files = {"one.txt": receipt(1), "two.txt": receipt(2, day=11)}
    line = make_line(Source({"folder": "/In"}, columns={}), account=account, files=files)

    line.run()
    line.forget_calls()
    line.run()

    named = sorted(line.emulator.control.dump()["files"])
    assert named == [f"/In/{NAMED.removesuffix('.txt')} (2).txt", f"/In/{NAMED}"]
    assert line.writes() == []


def test_a_folder_with_an_index_table_gets_one_row_a_file(make_line: MakeLine):
    """A file no record refers to gets a row of the index table, which follows its renaming."""
    account = {
        "files": {"/In/one.txt": "one.txt"},
        "tables": {"Found": {"fields": fields(Path="STRING"), "records": []}},
    }
    source = Source({"folder": "/In"}, index={"table": "Found", "path_column": "Path"})
    line = make_line(source, account=account, files={"one.txt": receipt(1)})

    line.run()
    line.forget_calls()
    line.run()

    (row,) = line.emulator.control.dump()["tables"]["Found"]
    assert (row["Path"], row["DocType"]) == (f"/In/{NAMED}", "receipt")
    assert line.writes() == []


@pytest.mark.parametrize(
    "name", ["a b.txt", "Größe.txt", "a+b.txt", "50%.txt", "%41.txt", "O'Neill.txt", "a&b#c.txt"]
)
@pytest.mark.parametrize("place", ["table", "folder"])
def test_odd_names_are_read_and_renamed(make_line: MakeLine, name: str, place: str):
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
    line = make_line(Source(target), account=account, files={"one.txt": receipt(1)})

    report = line.run()
    line.forget_calls()
    line.run()

    assert report.document["documents"]["done"] == 1
    assert _row(line, 1, "My Papers")["The File"] == f"/In box/{NAMED}"
    assert line.writes() == []


def test_what_is_blocked_is_released_by_a_user_alone(make_line: MakeLine):
    """A source that is blocked runs again only after a run with --yes; plain runs and applied plans leave it blocked."""
    line = make_line(Source(columns={"Total": "total"}, rename=""), files={"a.txt": receipt(1)})
    line.plan()
    with line.ledger() as ledger:
        ledger.effects.block("Uploads", Block("2 rows were met", "run-1"))

    with pytest.raises(BadSettings, match="2 rows were met"):
        line.run()
    line.apply()
    with pytest.raises(BadSettings, match="run once with --yes"):
        line.run()
    line.run(yes=True)

    assert line.run().document["documents"]["unchanged"] == 1


def test_what_is_blocked_during_a_users_run_stays_blocked(make_line: MakeLine):
    """A run with --yes releases of what was blocked when it began, not of what another run meets meanwhile."""
    line = make_line(Source(columns={"Total": "total"}, rename=""), files={"a.txt": receipt(1)})

    def meets_two_rows() -> None:
        with line.ledger() as ledger:
            ledger.effects.block("Uploads", Block("2 rows were met", "run-2"))

    line.run(yes=True, reader=Meanwhile(line, meets_two_rows))

    with pytest.raises(BadSettings, match="2 rows were met"):
        line.run()
