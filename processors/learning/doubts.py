"""List the records whose page probably says something else than what users typed."""

from processors.learning.training import Trained
from processors.learning.types import Doubt

LEAST_PROBABILITY = 0.5
MOST_SHARE = 0.1


def doubts(
    trained: Trained, *, at_least: float = LEAST_PROBABILITY, at_most_share: float = MOST_SHARE
) -> tuple[Doubt, ...]:
    """Return the doubts, the most probable first.

    `at_least` is the probability of the other value; `at_most_share` is the most of all records
    that are listed, rounded up. Nothing is left out of the learning because of a doubt.
    """
    found = [
        Doubt(
            record_id=each.record_id,
            typed=each.typed,
            read=each.choice.value,
            probability=each.choice.probability,
            place=each.choice.place,
        )
        for each in trained.out_of_fold
        if each.choice and not each.right and each.choice.probability >= at_least
    ]
    found.sort(key=lambda doubt: (-doubt.probability, doubt.record_id))
    most = -int(-len(trained.out_of_fold) * at_most_share // 1)
    return tuple(found[:most])
