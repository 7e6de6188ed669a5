"""Write findings and names back to the record, so that nothing a person did is lost.

`plan` decides, `columns`, `attachments` and `move` act, `settle` looks at what a killed run left open.
"""

from pipeline.steps.write_back.columns import moved_since
from pipeline.steps.write_back.context import WriteContext, hold_name, write_context
from pipeline.steps.write_back.cost import cost_of
from pipeline.steps.write_back.reprocess_flag import clear_tick
from pipeline.steps.write_back.result import Written, outcome_of, planned_outcome
from pipeline.steps.write_back.review import refuse_review, take_decisions
from pipeline.steps.write_back.settle import recognise_echo, recover
from pipeline.steps.write_back.undo import PutBack, put_back
from pipeline.steps.write_back.write import plan_now, write_back

__all__ = [
    "PutBack",
    "WriteContext",
    "Written",
    "clear_tick",
    "cost_of",
    "hold_name",
    "moved_since",
    "outcome_of",
    "plan_now",
    "planned_outcome",
    "put_back",
    "recognise_echo",
    "recover",
    "refuse_review",
    "take_decisions",
    "write_back",
    "write_context",
]
