import pytest

from tests.fakes.clock import RunningClock
from tests.integration.pipeline.accounts import COLUMNS, Source
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import archive_state, texts

pytestmark = pytest.mark.integration

LISTING = {
    "ListTables",
    "ListTableFields",
    "ListTableRecords",
    "GetFileMetadataFromAttachmentTableFields",
    "",
}


def test_every_document_ends_in_a_definite_status(make_workspace: MakeWorkspace):
    """A run leaves no document without a status, and the damaged and the empty one do not keep the others."""
    workspace = make_workspace()

    report = workspace.run()

    assert report.document["documents"] == {
        "done": 6, "unchanged": 0, "partial": 0, "rejected": 2, "conflict": 0, "failed": 0,
    }  # fmt: skip


def test_every_good_document_has_its_text_in_the_archive(make_workspace: MakeWorkspace):
    """A document that was read has text.txt and its original in the archive; a copy has text of its own."""
    workspace = make_workspace()

    workspace.run()

    found = [text for text in texts(workspace.archive) if text.strip()]
    assert len(found) == 6
    assert sum("R-1001" in text for text in found) == 2
    assert sum("2026-118" in text for text in found) == 1
    assert sum(key.startswith("originals/") for key in archive_state(workspace.archive)) == 7


def test_findings_and_names_are_written_back(make_workspace: MakeWorkspace):
    """What a receipt says is in its record afterwards, and its file has the template's name."""
    workspace = make_workspace()

    workspace.run()

    dump = workspace.emulator.control.dump()
    row = next(row for row in dump["tables"]["Uploads"] if row["PK_ID"] == 2)
    assert (row["DocType"], row["Total"], row["DocDate"]) == ("receipt", 2.5, "2026-03-12T00:00:00")
    assert row["Company"] == "Northwind Hardware Ltd"
    names = {one["pk"]: one["name"] for one in dump["attachments"]["Uploads"]}
    assert names[2] == "2026-03-12 Northwind Hardware Ltd receipt.txt"
    assert names[7] == "empty.txt"


@pytest.mark.parametrize("rename", ["", "{{ date }} {{ company }}"])
def test_a_second_run_downloads_and_writes_nothing(make_workspace: MakeWorkspace, rename: str):
    """A second run of an unchanged account lists, and does nothing else."""
    workspace = make_workspace(Source(rename=rename))
    workspace.run()
    workspace.forget_calls()

    again = workspace.run()

    assert again.document["documents"]["unchanged"] == 8
    assert (workspace.downloads(), workspace.writes()) == (0, [])


@pytest.mark.parametrize(("rename", "most"), [("", 2), ("{{ date }} {{ company }}", 3)])
def test_calls_for_each_attachment_are_bounded(
    make_workspace: MakeWorkspace, rename: str, most: int
):
    """Beyond listing a file costs two calls, three with a rename."""
    workspace = make_workspace(Source(rename=rename))
    workspace.clock = RunningClock()  # or the dates of renamed files would leave doubt

    workspace.run()

    beyond = [
        call for call in workspace.emulator.control.call_log() if call["operation"] not in LISTING
    ]
    assert 8 <= len(beyond) <= 8 * most
    assert (
        max(sum(call["path"].endswith(f"/Scan/{pk}") for call in beyond) for pk in range(1, 9)) == 1
    )


def test_a_copy_under_another_name_is_read_once(make_workspace: MakeWorkspace):
    """Equal content is written to both records from one reading."""
    workspace = make_workspace()

    workspace.run()

    rows = workspace.emulator.control.dump()["tables"]["Uploads"]
    assert rows[0]["Total"] == rows[4]["Total"] == 1.5


def test_a_view_as_source_writes_through_the_view(make_workspace: MakeWorkspace):
    """A single-table view lists only its records, writes to them, and a second run does nothing."""
    from tests.integration.pipeline.accounts import documents, uploads

    account = uploads(documents()) | {"views": {"Few": {"table": "Uploads", "where": "PK_ID <= 2"}}}
    workspace = make_workspace(Source({"view": "Few"}), account=account)

    first = workspace.run()
    workspace.forget_calls()
    again = workspace.run()

    rows = workspace.emulator.control.dump()["tables"]["Uploads"]
    assert first.document["documents"]["done"] == 2
    assert [row["PK_ID"] for row in rows if row["DocType"]] == [1, 2]
    assert (again.document["documents"]["unchanged"], workspace.writes()) == (2, [])


def test_a_where_clause_limits_the_records(make_workspace: MakeWorkspace):
    """Only records that meet the source's condition are worked on."""
    workspace = make_workspace(Source(more='where = "PK_ID > 2 AND PK_ID < 5"'))

    report = workspace.run()

    assert sum(report.document["documents"].values()) == 2


def test_a_limit_is_followed_by_the_rest(make_workspace: MakeWorkspace):
    """What a limited run leaves is what the next run finds."""
    workspace = make_workspace(Source(columns=COLUMNS))

    first, second = workspace.run(limit=3), workspace.run()

    assert sum(first.document["documents"].values()) == 3
    assert second.document["documents"]["unchanged"] == 3
    assert sum(second.document["documents"].values()) == 8
