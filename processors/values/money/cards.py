"""Recognize what is left on a gift card or a loyalty card, which nobody has to pay."""

import re
from collections.abc import Sequence

from processors.values.lines import TextLine

_CARD = re.compile(
    r"gift ?card|gift certificate|stored value|store credit card|prepaid card|loyalty|rewards? card"
    r"|geschenkkarte|geschenkgutschein|gutscheinkarte|carte[- ]cadeau|tarjeta (?:de )?regalo"
    r"|carta regalo|cadeaukaart|presentkort|gavekort"
)
_REST = re.compile(r"balance|rest|saldo|solde|guthaben|remaining|value")
_OWED = re.compile(r"due|ow(?:ed|ing|e)\b|outstanding|payable|unpaid|offen")
_LINES_ABOVE = 4
"""Lines between the name of a card and what is left on it."""


def is_left_on_card(lines: Sequence[TextLine], line: TextLine, label: str) -> bool:
    """Return whether an amount that is called a rest is that of a card, named there or above."""
    if not _REST.search(label) or _OWED.search(label):
        return False
    near = lines[max(0, line.number - _LINES_ABOVE) : line.number + 1]
    return any(_CARD.search(each.folded) for each in near)
