"""A proxy that sends a request twice: the answer is that to the second. Nothing of a user is lost."""

import pytest

from tests.integration.pipeline.accounts import Source, fields, receipt
from tests.integration.pipeline.conftest import MakeWorkspace

pytestmark = pytest.mark.integration

NAME = "2026-03-11 Northwind Hardware Ltd receipt"


def test_columns_and_a_name_that_are_sent_twice_stay(make_workspace: MakeWorkspace):
    """They are there once; values count as a user's, so that nothing overwrites them."""
    source = Source(more='overwrite = "ours"')
    workspace = make_workspace(source, files={"a.txt": receipt(1), "b.txt": receipt(2)})
    for operation in ("UpdateTableRecords", "UpdateFileMetadataInAttachmentTableFields"):
        workspace.emulator.control.fault({"kind": "duplicate", "operation": operation})
    workspace.run()
    first = workspace.emulator.control.dump()
    workspace.forget_calls()

    rested = workspace.run().document

    assert [row["Total"] for row in first["tables"]["Uploads"]] == [1.5, 2.5]
    assert f"{NAME}.txt" in [one["name"] for one in first["attachments"]["Uploads"]]
    assert (workspace.writes(), rested["documents"]["unchanged"]) == ([], 2)
    with workspace.ledger() as ledger:
        assert ledger.effects.open() == []


def test_a_copy_and_a_row_that_are_sent_twice_are_there_twice(make_workspace: MakeWorkspace):
    """The record names a file that is there; what is too many is left and refers to nothing."""
    rows = [{"PK_ID": 1, "File": "/In/one.txt"}]
    account = {
        "tables": {
            "Papers": {"fields": fields(File="FILE"), "records": rows},
            "Found": {"fields": fields(Path="STRING"), "records": []},
        },
        "files": {"/In/one.txt": "one.txt", "/In/two.txt": "two.txt"},
    }
    index = {"table": "Found", "path_column": "Path"}
    source = Source({"folder": "/In"}, index=index)
    files = {"one.txt": receipt(1), "two.txt": receipt(2)}
    workspace = make_workspace(source, account=account, files=files)
    control = workspace.emulator.control
    for operation in ("UploadFiles", "CreateTableRecord"):
        control.fault({"kind": "duplicate", "operation": operation})
    for _ in range(3):
        workspace.forget_calls()
        workspace.run()

    found = control.dump()
    assert workspace.writes() == []
    assert len(found["files"]) == 3
    assert all("Northwind" in path for path in found["files"])
    assert found["tables"]["Papers"][0]["File"] in found["files"]
    paths = [row["Path"] for row in found["tables"]["Found"]]
    assert set(paths) <= found["files"].keys()
    assert len(paths) == len(set(paths)) + 1
