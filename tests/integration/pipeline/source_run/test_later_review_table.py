import pytest

from tests.crash.cells import review_fields
from tests.integration.pipeline.accounts import Source, receipt, uploads, write_settings
from tests.integration.pipeline.conftest import MakeWorkspace

pytestmark = pytest.mark.integration


def test_a_review_table_that_is_added_later_is_filled(make_workspace: MakeWorkspace):
    """The run after a review table was added gives it the suggestions of runs before, unread."""
    files = {"upload1.txt": receipt(1)}
    account = uploads(files)
    account["tables"]["Uploads"]["records"][0]["Company"] = "Typed by a user"
    account["tables"]["Suggestions"] = {"fields": review_fields(), "records": []}
    workspace = make_workspace(Source(rename=""), files=files, account=account)
    workspace.run()
    workspace.forget_calls()
    folder, url = workspace.config.parent, workspace.emulator.url
    write_settings(folder, url, Source(rename="", review="Suggestions"))

    report = workspace.run()

    rows = workspace.emulator.control.dump()["tables"]["Suggestions"]
    assert [(row["RecordID"], row["ColumnName"], row["State"]) for row in rows] == [
        ("1", "Company", "open")
    ]
    assert report.document["documents"]["unchanged"] == 1
    assert workspace.downloads() == 0
