"""Every table fits the terminal: nothing is cut off, and no word is broken that fits."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console, RenderableType
from rich.table import Column, Table
from rich.text import Text

from flows.agents.tools.catalog import all_tools
from flows.cli.show.agents import audit_table, tokens_table, tools_table
from flows.cli.show.report import outcome_table
from flows.cli.show.state import (
    counts_table,
    effects_table,
    facts_table,
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


WIDTHS = [60, 80, 100]
_NO_LINES = str.maketrans("│┃", "  ")
LONGEST_WORD = 16
"""Characters of a word that stays whole wherever there is room for it."""


def _words(column: Column) -> set[str]:
    """Return the words that a table has to show of a column, with those of its heading."""
    texts = [cell.plain if isinstance(cell, Text) else str(cell) for cell in column.cells]
    words = {word for text in texts for word in text.split() if len(word) <= LONGEST_WORD}
    # A column that is empty is left out where rows are lines.
    return words | {*str(column.header).split()} if any(texts) else set()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_a_table_breaks_no_words(name: str, width: int):
    """Nothing is cut off, and each word is on one line; only long names go on in the next line."""
    table = TABLES[name]()
    console = Console(file=StringIO(), width=width, record=True)
    console.print(table)
    text = console.export_text()

    assert isinstance(table, Table)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert set().union(*map(_words, table.columns)) - {*text.translate(_NO_LINES).split()} == set()


def test_columns_without_room_become_lines():
    """Many states of many files do not fit side by side in 80 columns: each has a line with its name."""
    console = Console(file=StringIO(), width=WIDTH, record=True)
    console.print(counts_table({"supplier-receipts": COUNTS, "contracts": {"done": 1}}))
    lines = [line.split() for line in console.export_text().splitlines()]

    assert ["Source", "supplier-receipts"] in lines
    assert ["unchanged", "123,456"] in lines
    assert ["Source", "contracts"] in lines


def test_a_digest_can_be_copied_from_explain():
    """The 64 characters of a SHA-256 are on one line of a terminal of 80 columns."""
    nothing = dict.fromkeys(
        ("original_name", "place", "field", "path", "stage", "fingerprint", "run")
    )
    life = {**nothing, "updated_at": "", "archive": "", "original": "", "sha256": "5" * 64}
    life |= {"outcome": None, "findings": {}, "review": [], "learned": []}
    console = Console(file=StringIO(), width=WIDTH, record=True)
    console.print(facts_table({**life, "original_name": NAME}))

    assert "5" * 64 in console.export_text()


def test_a_long_text_is_shown_in_part():
    """The report of a run and `explain` have the beginning of the text of a document, and all of a number."""
    text = f"{WORD}\n" * 2_000
    outcome = Outcome(REF, Status.DONE, written={"Note": text, "Rate": 1.2345})
    console = Console(file=StringIO(), width=WIDTH, record=True)
    console.print(outcome_table((outcome,)))
    console.print(effects_table([{**EFFECT, "after": {"Note": text}}]))
    shown = console.export_text()

    assert len(shown.splitlines()) < 80
    assert WORD in shown
    assert "1.2345" in shown


def test_a_remedy_of_doctor_can_be_copied(capsys: pytest.CaptureFixture[str]):
    """A remedy is one line, as what was found is: a break inside its command would be copied, too."""
    remedy = f"{REASON}: run `caspio-ingest deploy --pool NAME --with-automations`."

    show_checks([Check("lost runs", False, REASON, remedy)])  # noqa: FBT003 - it has failed

    assert f"  → {remedy}" in capsys.readouterr().out.splitlines()
