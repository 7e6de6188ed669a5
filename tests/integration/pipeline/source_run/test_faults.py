from typing import Any

import pytest

from tests.integration.pipeline.accounts import Source, fields, receipt
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.support.samples import sampled

pytestmark = pytest.mark.integration

UPDATE, RENAME = "UpdateTableRecords", "UpdateFileMetadataInAttachmentTableFields"
DOWNLOAD = "DownloadFileFromAttachmentTableField"
RECORDS, INFOS, INSERT = (
    "ListTableRecords",
    "GetFileMetadataFromAttachmentTableFields",
    "CreateTableRecord",
)

HARMLESS: dict[str, dict[str, Any]] = {
    "429 on a listing": {"kind": "rate_limited", "operation": RECORDS, "status": 429},
    "400 with the array on a listing": {"kind": "rate_limited", "operation": INFOS, "status": 400},
    "429 with Retry-After on a write": {
        "kind": "rate_limited",
        "operation": UPDATE,
        "status": 429,
        "retry_after": 7,
    },
    "400 with the array on a rename": {"kind": "rate_limited", "operation": RENAME, "status": 400},
    "503 on a download": {"kind": "status", "operation": DOWNLOAD, "status": 503, "times": 2},
    "500 as HTML on a listing": {
        "kind": "status",
        "operation": RECORDS,
        "status": 500,
        "body": "<html>sorry</html>",
    },
    "502 on fileInfo": {"kind": "status", "operation": INFOS, "status": 502},
    "a download cut with a length": {"kind": "cut", "operation": DOWNLOAD, "declared": True},
    "a download cut without a length": {"kind": "cut", "operation": DOWNLOAD, "declared": False},
    "a download closed without a length": {
        "kind": "cut",
        "operation": DOWNLOAD,
        "declared": False,
        "ending": "close",
    },
    "a listing cut short": {"kind": "cut", "operation": RECORDS, "declared": False},
    "a download that stalls": {"kind": "stall", "operation": DOWNLOAD, "seconds": 5.0, "bytes": 20},
    "a listing that stalls": {"kind": "stall", "operation": RECORDS, "seconds": 5.0},
    "a reset download": {"kind": "reset", "operation": DOWNLOAD, "times": 2},
    "a reset listing": {"kind": "reset", "operation": INFOS},
    "a lost answer to a download": {"kind": "lost", "operation": DOWNLOAD},
    "a lost answer to an update": {"kind": "lost", "operation": UPDATE, "after": 1},
    "lost answers to every update": {"kind": "lost", "operation": UPDATE, "times": 0},
    "a lost answer to a rename": {"kind": "lost", "operation": RENAME, "after": 1},
    "lost answers to every rename": {"kind": "lost", "operation": RENAME, "times": 0},
    "a cut answer to an update": {"kind": "cut", "operation": UPDATE, "declared": True},
    "an update's answer cut without a length": {
        "kind": "cut",
        "operation": UPDATE,
        "declared": False,
    },
    "a token request refused for its number": {
        "kind": "rate_limited",
        "template": "/oauth/token",
        "status": 429,
    },
    "a token request reset": {"kind": "reset", "template": "/oauth/token"},
    "a token that ends before a download": {
        "kind": "expired_token",
        "operation": DOWNLOAD,
        "after": 2,
    },
    "a token that ends before an update": {
        "kind": "expired_token",
        "operation": UPDATE,
        "after": 1,
    },
    "a token that ends before a rename": {"kind": "expired_token", "operation": RENAME, "after": 1},
    "a token that ends twice": {"kind": "expired_token", "operation": INFOS, "times": 1},
}
STALE = {"expired_token": (401, 400)}  # an ended token is answered in two ways


def _small() -> dict[str, bytes]:
    return {f"upload{n}.txt": receipt(n) for n in range(1, 4)}


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What an undisturbed run ends in, filled by the first test that needs it."""
    return {}


def _undisturbed(make_workspace: MakeWorkspace, expected: dict[str, Any]) -> dict[str, Any]:
    if not expected:
        workspace = make_workspace(files=_small())
        workspace.run()
        expected.update(workspace.end_state(), writes=sorted(workspace.writes()))
    return expected


CASES = [
    (name, status)
    for name, fault in HARMLESS.items()
    for status in STALE.get(fault["kind"], (401,))
]


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        pytest.param(*case, marks=[] if number % 3 == 0 else pytest.mark.full)
        for number, case in enumerate(CASES)
    ],
)
def test_a_fault_leaves_no_trace(
    make_workspace: MakeWorkspace, expected: dict[str, Any], name: str, stale: int
):
    """A run that meets a passing fault ends as if nothing had happened, and does nothing twice."""
    fault = HARMLESS[name]
    undisturbed = _undisturbed(make_workspace, expected)
    workspace = make_workspace(files=_small(), quirks={"stale_token": stale})
    workspace.timeout_s = 2.0
    workspace.emulator.control.fault(fault)

    report = workspace.run()

    assert workspace.emulator.control.faults()[0]["matched"] > fault.get("after", 0)
    assert report.document["documents"]["done"] == 3
    assert workspace.end_state() == {
        key: undisturbed[key] for key in ("account", "archive", "ledger")
    }
    assert sorted(workspace.writes(processed=True)) == undisturbed["writes"]


@pytest.mark.parametrize("operation", [UPDATE, RENAME])
def test_a_write_with_an_empty_answer_is_looked_for(
    make_workspace: MakeWorkspace, expected: dict[str, Any], operation: str
):
    """It was answered well, so it may be in effect: an answer that says nothing is no refusal."""
    undisturbed = _undisturbed(make_workspace, expected)
    workspace = make_workspace(files=_small())
    workspace.emulator.control.fault(
        {"kind": "cut", "operation": operation, "bytes": 0, "declared": False, "times": 0}
    )

    workspace.run()

    assert workspace.end_state() == {
        key: undisturbed[key] for key in ("account", "archive", "ledger")
    }
    assert sorted(workspace.writes(processed=True)) == undisturbed["writes"]
    assert workspace.run().document["documents"].get("failed", 0) == 0


def test_retry_after_is_obeyed(make_workspace: MakeWorkspace):
    """What Caspio asks to wait is waited."""
    workspace = make_workspace(files=_small())
    workspace.emulator.control.fault(
        {"kind": "rate_limited", "operation": UPDATE, "status": 429, "retry_after": 7}
    )

    workspace.run()

    assert max(workspace.clock.slept) >= 7


@pytest.mark.parametrize("operation", [UPDATE, RENAME])
def test_an_update_that_never_arrived_is_left_to_the_next_run(
    make_workspace: MakeWorkspace, operation: str
):
    """A write whose connection was reset is not repeated blindly; the next run makes good, once."""
    workspace = make_workspace(files=_small())
    workspace.emulator.control.fault({"kind": "reset", "operation": operation, "times": 1})

    workspace.run()
    workspace.run()

    dump = workspace.emulator.control.dump()
    assert all(row["DocType"] == "receipt" for row in dump["tables"]["Uploads"])
    assert {one["name"] for one in dump["attachments"]["Uploads"]} == {
        f"2026-03-{10 + n} Northwind Hardware Ltd receipt.txt" for n in (1, 2, 3)
    }
    assert workspace.unsettled() == 0


@pytest.mark.parametrize(
    "operation", sampled([RECORDS, INFOS, DOWNLOAD, UPDATE, RENAME], sample=[INFOS, UPDATE])
)
def test_an_outage_is_made_good_by_the_next_run(
    make_workspace: MakeWorkspace, expected: dict[str, Any], operation: str
):
    """A service that stays away fails what it touches; the next run ends as an undisturbed one."""
    undisturbed = _undisturbed(make_workspace, expected)
    workspace = make_workspace(files=_small())
    workspace.emulator.control.fault(
        {"kind": "status", "operation": operation, "status": 503, "times": 0}
    )

    try:
        first = workspace.run().document["documents"]["done"]
    except Exception as error:  # noqa: BLE001 - a listing that fails ends the run
        first = type(error).__name__
    workspace.emulator.control.clear_faults()
    workspace.run()

    assert first in {0, "ServiceUnavailable"}
    assert workspace.end_state()["account"] == undisturbed["account"]
    assert workspace.ends() == undisturbed["ledger"]


FILES_ACCOUNT = {
    "tables": {
        "Papers": {
            "fields": fields(File="FILE"),
            "records": [{"PK_ID": 1, "File": "/In/one.txt"}, {"PK_ID": 2, "File": "/In/two.txt"}],
        },
        "Found": {"fields": fields(Path="STRING"), "records": []},
    },
    "files": {"/In/one.txt": "one.txt", "/In/two.txt": "two.txt", "/In/three.txt": "three.txt"},
}
FOLDER = Source({"folder": "/In"}, index={"table": "Found", "path_column": "Path"})
LOST_AT_FILES = {
    "file POST": {"method": "POST", "template": "/v3/files"},
    "insert": {"operation": INSERT},
    "repoint": {"operation": UPDATE, "contains": "/In/"},
    "delete": {"method": "DELETE"},
    "every write": {"method": "PUT", "times": 0},
}


@pytest.mark.parametrize("name", LOST_AT_FILES)
def test_a_lost_answer_in_the_files_area_leaves_no_trace(make_workspace: MakeWorkspace, name: str):
    """Committed-but-answer-lost on an upload, an insert, a repoint or a delete is noticed, and nothing is repeated."""
    files = {f"{name}.txt": receipt(n) for n, name in enumerate(("one", "two", "three"), start=1)}
    plain = make_workspace(FOLDER, account=FILES_ACCOUNT, files=files)
    plain.run()
    workspace = make_workspace(FOLDER, account=FILES_ACCOUNT, files=files)
    workspace.emulator.control.fault({"kind": "lost", **LOST_AT_FILES[name]})

    report = workspace.run()

    assert workspace.emulator.control.faults()[0]["matched"] > 0
    assert report.document["documents"]["done"] == 3
    assert workspace.end_state() == plain.end_state()
    assert sorted(w.split("?")[0] for w in workspace.writes()) == sorted(
        w.split("?")[0] for w in plain.writes()
    )
