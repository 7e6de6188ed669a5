"""Say what carrying out a plan will cost, before anything is sent. Pure."""

from collections.abc import Mapping

from pipeline.decide.mapping import is_empty
from pipeline.model import FileRef, Place, Plan
from pipeline.plans.plan_file import Cost

_INSERT_CALLS = 2  # look for the row, insert it
_RENAME_CALLS = 2  # look which file is there, rename it
_MOVE_CALLS = 6  # look for the name, put, digest of the new, twice that of the old, delete
_MOVE_PASSES = 4  # the new name's bytes up and down, the old one's down twice


def cost_of(plan: Plan, sizes: Mapping[str, int], *, look_calls: int, review_calls: int) -> Cost:
    """Add up the calls of a record's write, renames, moves and review rows.

    `sizes` has bytes by file version; `look_calls` is what asking for every row that names a path takes.
    """
    cost = Cost(review_calls)
    if plan.after:
        cost += Cost(1 + _writes_over_text(plan) if plan.work.record else _INSERT_CALLS)
    for ref in plan.work.files:
        if ref.version in plan.new_names:
            cost += _renaming(ref, sizes.get(ref.version, 0), look_calls=look_calls)
    return cost


def _writes_over_text(plan: Plan) -> bool:
    """Say whether a text is written over, which is looked at once more before."""
    return any(isinstance(value, str) and not is_empty(value) for value in plan.before.values())


def _renaming(ref: FileRef, size_bytes: int, *, look_calls: int) -> Cost:
    if ref.place is Place.ATTACHMENT:
        return Cost(_RENAME_CALLS)
    rows = 1 if ref.record else 0
    return Cost(3 * look_calls + _MOVE_CALLS + rows, _MOVE_PASSES * size_bytes)
