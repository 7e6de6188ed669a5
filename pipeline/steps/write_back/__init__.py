"""Write findings and names back to the record, so that nothing a user did is lost.

`plan` decides, `columns`, `attachments` and `move` write, each through the table in `effects`;
`recover` settles what a killed run left open, `undo` takes a run back.
"""

from pipeline.steps.write_back.columns import changed_values
from pipeline.steps.write_back.context import (
    WriteContext,
    known_columns,
    table_context,
    write_context,
)
from pipeline.steps.write_back.cost import Cost, cost_of
from pipeline.steps.write_back.decisions import ALREADY_THERE, DELETED, carry_out_decisions
from pipeline.steps.write_back.learned import (
    Doubted,
    effects_on,
    keep_choices,
    keep_doubts,
    with_choices,
)
from pipeline.steps.write_back.page_decisions import (
    NotDecided,
    ReviewChoice,
    decide_on_page,
    open_again,
)
from pipeline.steps.write_back.plan import plan_record
from pipeline.steps.write_back.recover import recover
from pipeline.steps.write_back.reprocess_flag import clear_reprocess_flag
from pipeline.steps.write_back.result import WriteResult, outcomes_of, planned_outcomes
from pipeline.steps.write_back.review_table import refuse_review
from pipeline.steps.write_back.suggestions import add_missing_rows, withdraw_typed
from pipeline.steps.write_back.undo import UNDOABLE, Undone, undo_effects
from pipeline.steps.write_back.write import write_back, write_record

__all__ = [
    "ALREADY_THERE",
    "DELETED",
    "UNDOABLE",
    "Cost",
    "Doubted",
    "NotDecided",
    "ReviewChoice",
    "Undone",
    "WriteContext",
    "WriteResult",
    "add_missing_rows",
    "carry_out_decisions",
    "changed_values",
    "clear_reprocess_flag",
    "cost_of",
    "decide_on_page",
    "effects_on",
    "keep_choices",
    "keep_doubts",
    "known_columns",
    "open_again",
    "outcomes_of",
    "plan_record",
    "planned_outcomes",
    "recover",
    "refuse_review",
    "table_context",
    "undo_effects",
    "with_choices",
    "withdraw_typed",
    "write_back",
    "write_context",
    "write_record",
]
