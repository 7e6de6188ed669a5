"""Say what carrying out a plan will cost, before anything is sent. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.decide.column_values import is_empty
from pipeline.model import Place, Plan

_INSERT_CALLS = 2  # look for the row, insert it
_RENAME_CALLS = 1  # the looks before renames are shared: see the forecast of a plan
# Look for the new name, put, digest of the new, look at the old twice, delete. Only where size and
# date of the old leave doubt, its bytes are read again.
_MOVE_CALLS = 6
_MOVE_PASSES = 2  # the new name's bytes up and down
_REFERRER_LOOKS = 2  # before the move, and after the rows were repointed


@dataclass(frozen=True, slots=True)
class Cost:
    """What carrying out a plan takes: Caspio calls, and bytes sent to and fetched from Caspio."""

    calls: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.calls + other.calls, self.size_bytes + other.size_bytes)


def cost_of(plan: Plan, sizes: Mapping[str, int], *, look_calls: int, review_calls: int) -> Cost:
    """Add up the calls of a record's write, renames, moves and review rows.

    `sizes` has bytes by file version; `look_calls` is what asking for every row that names a path
    takes.
    """
    cost = Cost(review_calls)
    if plan.after and plan.work.record is None:
        cost += Cost(_INSERT_CALLS)
    elif plan.after:
        # A text that is overwritten is read once more before the write.
        texts = any(
            isinstance(value, str) and not is_empty(value) for value in plan.before.values()
        )
        cost += Cost(1 + texts)
    for ref in plan.work.files:
        if ref.version not in plan.new_names:
            continue
        if ref.place is Place.ATTACHMENT:
            cost += Cost(_RENAME_CALLS)
        else:
            # A file without a record has one by then, if it gets a row of the index table.
            rows = 1 if ref.record or plan.after else 0
            calls = _REFERRER_LOOKS * look_calls + _MOVE_CALLS + rows
            cost += Cost(calls, _MOVE_PASSES * sizes.get(ref.version, 0))
    return cost
