"""Say what carrying out a plan will cost, before anything is sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.decide.column_values import is_empty
from pipeline.metering import prices
from pipeline.model import Place, Plan


@dataclass(frozen=True, slots=True)
class Cost:
    """What carrying out a plan takes: Caspio calls, and bytes sent to and fetched from Caspio."""

    calls: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.calls + other.calls, self.size_bytes + other.size_bytes)


def cost_of(plan: Plan, sizes: Mapping[str, int], *, review_calls: int) -> Cost:
    """Add up the calls of a record's write, renames, moves and review rows.

    `sizes` has bytes by file version. What renames and moves share with those of other records is
    not part of it (`prices`).
    """
    record, cost = plan.work.record, Cost(review_calls + _column_calls(plan))
    takes_path_along = bool(plan.after) and record is not None and not record.is_view
    for ref in plan.work.files:
        if ref.version not in plan.new_names:
            continue
        if ref.place is Place.ATTACHMENT:
            cost += Cost(prices.RENAME)
            continue
        # A file without a record has one by then, if it gets a row of the index table.
        has_row = ref.record is not None or bool(plan.after)
        repoint = prices.REPOINT * (has_row and not takes_path_along)
        takes_path_along = False  # that of one file
        cost += Cost(prices.MOVE + repoint, prices.MOVE_PASSES * sizes.get(ref.version, 0))
    return cost


def _column_calls(plan: Plan) -> int:
    if not plan.after:
        return 0
    if plan.work.record is None:
        return prices.INSERT
    texts = any(isinstance(value, str) and not is_empty(value) for value in plan.before.values())
    return prices.UPDATE + prices.LOOK * texts
