"""Say what a count of right choices proves.

The bound is the exact one of Clopper and Pearson (Biometrika 26, 1934): with it, a promise is
broken in at most one of twenty cases, however few choices there were. That is so at one look. Who
looks again after every choice takes the test of Robbins (Annals of Mathematical Statistics 41,
1970): over all looks together its promise is broken in at most one of twenty cases.
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


def needed(right: int, asked: int, target: float, *, at_every_look: bool = False) -> int | None:
    """Return how many more choices must all be right until the target is proved.

    0 if it is already; None if 100,000 are not enough. `at_every_look` asks for a proof that
    lasts however often it is looked for.
    """

    def is_proven(more: int) -> bool:
        if at_every_look:
            return _holds_at_every_look(right + more, asked + more, target)
        return clopper_pearson_lower(right + more, asked + more) >= target

    if target < 1 and is_proven(0):
        return 0
    if target >= 1 or not is_proven(_MOST_NEEDED):
        return None
    low, high = 0, _MOST_NEEDED
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_proven(middle) else (middle, high)
    return high


def _holds_at_every_look(right: int, asked: int, target: float) -> bool:
    """Say whether choices prove a share, even if that is asked after each of them.

    The chance of the choices is compared, if their precision is the target, with their mean chance
    under precisions drawn from a beta distribution around it. By Ville's inequality a column whose
    precision is no more than the target ever makes the second twenty times the first with a chance
    of 5 % at most. Its parameters are a choice: with these a column that is always right needs
    hardly more choices than at one look, and one wrong choice is made up for.
    """
    wrong = asked - right
    if right < target * asked:
        return False
    drawn = 1 / (1 - target), 0.5
    mean = _log_beta(drawn[0] + right, drawn[1] + wrong) - _log_beta(*drawn)
    at_target = right * math.log(target) + wrong * math.log1p(-target)
    return mean - at_target >= -math.log(1 - CERTAINTY)


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


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
