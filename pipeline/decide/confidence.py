"""Decide whether a finding is certain enough to be written, suggested or part of a name. Pure."""

from decimal import ROUND_DOWN, Decimal


def doubt(confidence: float, reason: str, *, limit: float, setting: str = "write_at") -> str:
    """Return "" where a confidence (0 to 1) reaches a limit, otherwise why it does not.

    `reason` is the finding's own; `setting` names what the limit comes from.
    """
    if confidence >= limit:
        return ""
    return f"confidence {confidence_text(confidence)} is below {setting} {limit:g}: {reason}"


def confidence_text(confidence: float) -> str:
    """Return a confidence with two decimals, rounded down: what is below a limit looks so, too."""
    return str(Decimal(repr(confidence)).quantize(Decimal("0.01"), ROUND_DOWN))
