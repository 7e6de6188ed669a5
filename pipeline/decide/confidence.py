"""Decide whether a finding is sure enough to be written or to be part of a name. Pure."""


def doubt(confidence: float, reason: str, *, minimum: float) -> str:
    """Return "" where a confidence (0 to 1) reaches the minimum, otherwise why it does not.

    `reason` is the finding's own. What is in doubt becomes a suggestion; it is not written.
    """
    if confidence >= minimum:
        return ""
    return f"confidence {confidence:.2f} is below {minimum:.2f}: {reason}"
