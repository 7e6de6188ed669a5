"""Say what a count of right choices proves.

The bound is the exact one of Clopper and Pearson (Biometrika 26, 1934): with it, a promise is
broken in at most one of twenty cases, however few choices there were.
"""

import math

CERTAINTY = 0.95
_STEPS = 60
"""Halvings of an interval: more than a double has binary digits."""
_MOST_NEEDED = 100_000


def clopper_pearson_lower(right: int, asked: int, certainty: float = CERTAINTY) -> float:
    """Return the lower bound of the share of right choices, one-sided, 0 if nothing was asked.

    Raises:
        ValueError: the counts are negative, or more were right than asked.
    """
    if not 0 <= right <= asked:
        raise ValueError(f"{right} of {asked} choices cannot be right")
    if right == 0:
        return 0.0
    low, high = 0.0, right / asked
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _at_least(right, asked, middle) > 1 - certainty:
            high = middle
        else:
            low = middle
    return low


def needed(right: int, asked: int, target: float, certainty: float = CERTAINTY) -> int | None:
    """Return how many more choices must all be right until the bound reaches the target.

    0 if it does already; None if 100,000 are not enough.
    """

    def is_proven(more: int) -> bool:
        return clopper_pearson_lower(right + more, asked + more, certainty) >= target

    if is_proven(0):
        return 0
    if target >= 1 or not is_proven(_MOST_NEEDED):
        return None
    low, high = 0, _MOST_NEEDED
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_proven(middle) else (middle, high)
    return high


def _at_least(right: int, asked: int, share: float) -> float:
    """Return the chance of `right` or more out of `asked`, if each is right with this chance.

    The fewer of the two tails is summed; logarithms keep the binomials of large counts finite.
    """
    if share <= 0 or share >= 1:
        return float(share >= 1)
    logs = (math.log(share), math.log1p(-share))

    def chance(count: int) -> float:
        ways = math.lgamma(asked + 1) - math.lgamma(count + 1) - math.lgamma(asked - count + 1)
        return math.exp(ways + count * logs[0] + (asked - count) * logs[1])

    if asked - right < right:
        return min(1.0, math.fsum(map(chance, range(right, asked + 1))))
    return max(0.0, 1.0 - math.fsum(map(chance, range(right))))
