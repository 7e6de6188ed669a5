"""Every table fits a terminal of 80 columns: nothing is cut off, and no column is too narrow to read."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console, RenderableType

from flows.agents.tools.catalog import all_tools
from flows.cli.show.agents import audit_table, tokens_table, tools_table
from flows.cli.show.report import outcome_table
from flows.cli.show.state import (
    counts_table,
    effects_table,
    findings_table,
    problems_table,
    runs_table,
    show_checks,
)
from flows.doctor.check import Check
from pipeline.model import FileRef, Outcome, Place, RecordRef, Stage, Status
from pipeline.model.agents import AgentCall, CallState
from pipeline.ports import FileState, RunState
from pipeline.ports.ledger import Acknowledgement

WIDTH = 80
NARROWEST = 4  # the heading "Page"
RUN = "20261124-105019-b985aa01"
NAME = "order-confirmation-of-the-seventeenth-of-april-signed.pdf"
WORD = "unmistakable"
REASON = f"the file is {WORD}ly damaged behind its second page, and nothing of it could be read"
AT = datetime(2026, 11, 24, 10, 50, tzinfo=UTC)
REF = FileRef(
    "supplier-receipts", Place.ATTACHMENT, "SupplierReceipts", "ScanOfReceipt",
    RecordRef("SupplierReceipts", "1234567"), NAME, 9, "",
)  # fmt: skip
OUTCOME = Outcome(REF, Status.REJECTED, REASON, written={"TotalAmount": 12.5}, new_name=NAME)
STATE = FileState(
    "v1", REF, Stage.FINISHED, None, None, OUTCOME, 1, RUN, AT, NAME,
    acknowledged=Acknowledgement("administrator", REASON, AT),
)  # fmt: skip
EFFECT = {
    "id": 123, "kind": "rename_attachment", "state": "verified", "before": {"Name": NAME}, "after": {"Name": NAME},
    "note": REASON, "undoes": 122, "run": RUN,
}  # fmt: skip
CALL = AgentCall(
    "0123456789abcdef", "update_records", "digest", AT, CallState.REFUSED, REASON, 123_456, 123_456, RUN
)  # fmt: skip
TOKEN = {
    "id": "e868407e", "name": "the desk of the accountants", "valid": True, "expires_at": str(AT),
    "last_used_at": str(AT), "scope": {"methods": ("read", "write"), "budget_share": 0.1},
}  # fmt: skip
COUNTS = {status.value: 123_456 for status in Status} | {"planned": 123_456}
FINDING = {
    "value": NAME,
    "confidence": 0.9,
    "page": 12,
    "reason": REASON,
    "others": [{"value": NAME}],
}

TABLES: dict[str, Callable[[], RenderableType]] = {
    "outcomes": lambda: outcome_table((OUTCOME,)),
    "counts": lambda: counts_table({"supplier-receipts": COUNTS}),
    "runs": lambda: runs_table(
        [RunState(RUN, "plan-and-apply", AT, None, "partly failed", COUNTS, {"a": 1})]
    ),
    "needs a user": lambda: problems_table([STATE], title="Needs a user"),
    "findings": lambda: findings_table({"account_number": FINDING}),
    "effects": lambda: effects_table([EFFECT]),
    "calls of agents": lambda: audit_table([CALL]),
    "tools of agents": lambda: tools_table(list(all_tools().values())),
    "tokens of agents": lambda: tokens_table([TOKEN]),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_fits_a_terminal_of_80_columns(name: str):
    """Long names, numbers and reasons go on in the next line, in columns that are wide enough for words."""
    console = Console(file=StringIO(), width=WIDTH, record=True)
    console.print(TABLES[name]())
    lines = console.export_text().splitlines()

    top = next(line for line in lines if line.startswith("┏"))
    assert max(map(len, lines)) <= WIDTH
    assert "…" not in "".join(lines)
    assert min(len(column) - 2 for column in top.strip("┏┓").split("┳")) >= NARROWEST, lines


def test_a_remedy_of_doctor_can_be_copied(capsys: pytest.CaptureFixture[str]):
    """A remedy is one line, as what was found is: a break inside its command would be copied, too."""
    remedy = f"{REASON}: run `caspio-ingest deploy --pool NAME --with-automations`."

    show_checks([Check("lost runs", False, REASON, remedy)])  # noqa: FBT003 - it has failed

    assert f"  → {remedy}" in capsys.readouterr().out.splitlines()
