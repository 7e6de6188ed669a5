"""Decide whether a finding is certain enough to be written, suggested or part of a name. Pure."""

from decimal import ROUND_DOWN, Decimal


def doubt(confidence: float, reason: str, *, limit: float, what: str = "written") -> str:
    """Return "" where a confidence (0 to 1) reaches a limit, otherwise why it does not.

    `reason` is the finding's own; `what` says what happens to a value from the limit on.
    """
    if confidence >= limit:
        return ""
    # 28.999999999999996 would be no limit that anybody has set.
    at = f"{round(100 * limit, 6):g}"
    return f"{percent(confidence)} % sure; {what} at {at} % or more: {reason}"


def percent(confidence: float) -> str:
    """Return a confidence in whole percent, rounded down: 100 % would promise too much."""
    return f"{Decimal(confidence_text(confidence)) * 100:.0f}"


def confidence_text(confidence: float) -> str:
    """Return a confidence with two decimals, rounded down: what is below a limit looks so, too."""
    return str(Decimal(repr(confidence)).quantize(Decimal("0.01"), ROUND_DOWN))
