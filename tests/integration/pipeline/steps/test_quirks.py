from collections.abc import Mapping
from typing import Any

import pytest

from tests.fakes.reader import FakeReader
from tests.integration.pipeline.accounts import COLUMNS, Source, fields
from tests.integration.pipeline.conftest import MakeWorkspace
from tests.integration.pipeline.workspace import Workspace, account_state
from tests.support.quirks import covering, of_the_pipeline, sample
from tests.support.samples import sampled

pytestmark = pytest.mark.integration

WAYS = ("run", "plan, then run", "plan, then apply")
ROWS = covering({**of_the_pipeline(), "way": WAYS})
SAMPLE = sample(ROWS)


def _text(number: int) -> bytes:
    return f"doc_type=receipt\ntotal={number}.50\ncompany=Northwind\ndate=2026-03-{10 + number}".encode()


FILES = {
    "one.txt": _text(1), "v1.5 final.TXT": _text(2), "bare": _text(3), "empty.txt": b"", "typed.txt": _text(4),
    "claim.txt": _text(5), "closed.txt": _text(6), "paper.txt": _text(7), "mail.txt": _text(8), "same.txt": _text(9),
}  # fmt: skip
MANY = 26
"""Records with an attachment, one more than a capped listing shows; a user has filled them all."""


def _changed(**kinds: str) -> list[dict[str, Any]]:
    return [*fields(**kinds), {"Name": "Changed", "Type": "TIMESTAMP", "OnUpdate": True}]


ACCOUNT: Mapping[str, Any] = {
    "tables": {
        "Uploads": {
            "fields": _changed(Scan="ATTACHMENT"),
            "records": [
                *(
                    {"PK_ID": n, "Scan": name}
                    for n, name in enumerate(["one.txt", "v1.5 final.TXT", "bare"], start=1)
                ),
                {"PK_ID": 4},
                {"PK_ID": 5, "Scan": "empty.txt"},
                {"PK_ID": 6, "Scan": "typed.txt", "Company": "Typed", "DocType": ""},
            ],
        },
        "Claims": {
            "fields": _changed(Scan="ATTACHMENT", Status="STRING"),
            "records": [
                {"PK_ID": 9, "Scan": "claim.txt", "Status": "open"},
                {"PK_ID": 10, "Status": "open"},
                {"PK_ID": 11, "Scan": "closed.txt", "Status": "closed"},
            ],
        },
        "Papers": {
            "fields": fields(File="FILE"),
            "records": [{"PK_ID": 1, "File": "/In/paper.txt"}, {"PK_ID": 2}],
        },
        "Copies": {
            "fields": fields(File="FILE"),
            "records": [{"PK_ID": 1, "File": "/In/paper.txt"}],
        },
        "Found": {"fields": fields(Path="STRING"), "records": []},
        "Many": {
            "fields": fields(Scan="ATTACHMENT"),
            "records": [
                {"PK_ID": n, "Scan": "same.txt", "Company": "Typed"} for n in range(1, MANY + 1)
            ],
        },
    },
    "views": {"Open": {"table": "Claims", "where": "Status = 'open'"}},
    "files": {"/In/paper.txt": "paper.txt", "/Mail/mail.txt": "mail.txt"},
}
SOURCES = (
    Source(),
    Source({"view": "Open"}, name="claims"),
    Source({"table": "Papers"}, name="papers"),
    Source({"folder": "/Mail"}, name="mail", index={"table": "Found", "path_column": "Path"}),
    Source({"table": "Many"}, name="many", rename="", columns={"Company": COLUMNS["Company"]}),
)


def _label(row: Mapping[str, Any]) -> str:
    usual = ROWS[0]
    return (
        ",".join(f"{name}={value}" for name, value in row.items() if value != usual[name])
        or "usual"
    )


def _go(workspace: Workspace, way: str) -> dict[str, Any]:
    """Do the work in one of the ways there are, with a token that ends and a limit that is met on the way."""
    workspace.emulator.control.fault({"kind": "expired_token", "after": 7})
    workspace.emulator.control.fault({"kind": "rate_limited", "after": 11})
    if way != "run":
        workspace.plan()
        assert workspace.writes() == []
    report = workspace.apply() if way.endswith("apply") else workspace.run()
    assert all(fault["matched"] > fault["after"] for fault in workspace.emulator.control.faults())
    workspace.emulator.control.clear_faults()
    return dict(report.document)


def _shown(workspace: Workspace) -> dict[str, Any]:
    """Return the account, without what a record shows for its attachment, when it changed, and kinds of nothing."""
    state = account_state(workspace.emulator)
    rows = {
        table: [
            {k: v or None for k, v in row.items() if k not in {"Scan", "Changed"}} for row in found
        ]
        for table, found in state["tables"].items()
    }
    return {**state, "tables": rows}


def _life(make_workspace: MakeWorkspace, row: Mapping[str, Any]) -> dict[str, Any]:
    """Work, work again, undo, and work once more; return what was there after each."""
    quirks = {name: value for name, value in row.items() if name != "way"}
    workspace = make_workspace(*SOURCES, account=ACCOUNT, files=FILES, quirks=quirks)
    workspace.reader = FakeReader()
    before = _shown(workspace)
    first = _go(workspace, row["way"])
    after, ends = _shown(workspace), workspace.ends()
    workspace.forget_calls()
    again = workspace.run().document["documents"]
    idle = (workspace.downloads(), workspace.writes())
    undone = workspace.undo(first["run_id"]).document["documents"]
    restored, unsettled = _shown(workspace), workspace.unsettled()
    workspace.forget_calls()
    workspace.run()
    return {
        "done": first["documents"]["done"], "after": after, "ends": ends, "again": again, "idle": idle,
        "undone": undone, "restored": restored == before, "unsettled": unsettled,
        "idle again": (workspace.downloads(), workspace.writes()),
    }  # fmt: skip


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    """What a life leaves without odd behavior, filled by the first test that needs it."""
    return {}


@pytest.mark.parametrize(
    "row",
    sampled(ROWS, sample=SAMPLE),
    ids=_label,
)
def test_every_account_ends_alike(
    make_workspace: MakeWorkspace, usual: dict[str, Any], row: dict[str, Any]
):
    """Whatever of Caspio's open questions is answered which way: work, idleness and undoing end alike."""
    if not usual:
        usual.update(_life(make_workspace, ROWS[0]))

    lived = usual if row is ROWS[0] else _life(make_workspace, row)

    assert lived == usual
    assert (lived["done"], lived["again"]["unchanged"], lived["restored"], lived["unsettled"]) == (
        33,
        34,
        True,
        0,
    )
    assert lived["idle"] == lived["idle again"] == (0, [])


def test_a_file_too_large_to_add_keeps_its_name(make_workspace: MakeWorkspace):
    """Where no upload of a file's size is taken, it stays where it is and is reported; no intent or work is left."""
    workspace = make_workspace(
        SOURCES[2], account=ACCOUNT, files=FILES, quirks={"max_upload_bytes": 10}
    )
    workspace.reader = FakeReader()

    (outcome,) = workspace.run().outcomes
    workspace.forget_calls()
    workspace.run()

    assert (outcome.status, "/In/paper.txt" in workspace.emulator.control.dump()["files"]) == (
        "partial",
        True,
    )
    assert "larger than Caspio takes" in outcome.reason
    assert (workspace.unsettled(), workspace.writes()) == (0, [])
