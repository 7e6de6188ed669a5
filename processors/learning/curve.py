"""Say how right the choices of a column are by the number of records that it is learned from.

The newest records judge; models are learned from more and more of those before them.
"""

from dataclasses import replace

from processors.learning.fitting import fit_parts
from processors.learning.learner import Learned
from processors.learning.prepared import Prepared, PreparedRecord, keys_of, likest
from processors.learning.types import ColumnKind

SIZES = (10, 25, 50, 100, 200, 400)
"""Numbers of records to learn from, 785 in all: more would cost more than the model itself."""

FEWEST_JUDGES, MOST_JUDGES = 10, 100
_JUDGES = 5
"""One of so many records judges."""


def curve_of(prepared: Prepared, finding: str | None) -> tuple[tuple[int, float], ...]:
    """Return pairs of a number of records, and the share of choices for others that were right.

    Empty where too few records would judge.
    """
    records = prepared.records
    count = min(len(records) // _JUDGES, MOST_JUDGES)
    if count < FEWEST_JUDGES:
        return ()
    judges = records[-count:]
    # Copies of a document that judges teach nothing here.
    digests = {each.example.digest for each in judges}
    others = [each for each in records if each.example.digest not in digests]
    points = []
    for size in SIZES:
        if size > len(others):
            break
        # The records right before those that judge, as in use.
        known = replace(prepared, records=others[-size:], older=())
        learned, _ = fit_parts(known, finding)
        right = sum(_is_right(learned, each) for each in judges)
        points.append((size, right / count))
    return tuple(points)


def _is_right(learned: Learned, record: PreparedRecord) -> bool:
    choice = learned.choose(record.document, record.example.findings)
    if choice is None:
        return False
    wanted = learned.wanted
    keys = keys_of(choice.value, wanted.kind, wanted.order)
    # In a list, a name is also right if its words are abbreviated otherwise than typed.
    right = record.keys | likest(record) if wanted.kind is ColumnKind.LIST else record.keys
    return len(keys) == len(record.keys) and keys <= right
