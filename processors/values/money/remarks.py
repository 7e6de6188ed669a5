"""Recognize words for a sum that announce none: in a sentence, or what is paid only if late."""

import re

from processors.values.lines import TextLine

# "After" such a day, and not after a discount or three payments.
_DAY = (
    r"(?:\d{1,2}[./-]\d|\d{4}-\d\d-"
    r"|\d{1,2}(?:st|nd|rd|th|\.)? (?:of |de )?(?:MONTH)|(?:MONTH)[a-z]*\.? \d)"
).replace(
    "MONTH",
    "jan|feb|fev|mar|apr|avr|abr|may|mai|mag|jun|jui|giu|jul|lug|aug|aou|ago|sep|set|oct|okt|ott"
    "|out|nov|dec|dez|dic|ene|gen",
)
_LATE = re.compile(
    rf"\bafter (?:the )?(?:due|{_DAY})|\bif (?:not paid|unpaid|paid late)|\blate amount"
    rf"|\bnach (?:dem )?(?:falligkeit|{_DAY})|\bapres (?:le )?(?:l'echeance|echeance|{_DAY})"
    rf"|\bdespues (?:de la fecha de|del?|del dia) ?(?:vencimiento|{_DAY})"
    rf"|\bdopo (?:il |la )?(?:scadenza|{_DAY})"
)
_VERBS = frozenset({"to pay"})
_WORDS_OF_SENTENCE = 4
_LONGEST_MARK = 3
"""Letters of the code of a currency."""
_JOINING = re.compile(
    r"\b(?:is|are|was|of|be|been|the|this|that|your|our|their|for|to|in|and|amounts?|amounting|amounted"
    r"|comes?|came|totals?|totall?ing|due|now|payable|paid|pay|sum|price|cost|value|balance|fee"
    r"|charges?|invoices?|bill|order|account|purchase|incl|including|inclusive|excl|excluding|vat"
    r"|gst|tax|taxes|shipping|delivery|only|just|still|will|only|approximately|von|belauft|sich"
    r"|auf|betragt|betragen|ist|hohe|der|die|das|dieser|rechnung|inkl|mwst|ust|zzgl|de|du|la|le"
    r"|est|eleve|cette|facture|s|a|ttc|es|asciende|factura|esta|con|iva|incluido|di|ammonta"
    r"|fattura|questa|e|van|bedraagt|deze|factuur|het|inclusief|btw|o|do|fatura|valor)\b"
)
"""Words of a sentence between a word for a sum and its amount: "the total of this bill is"."""


_ANY_TOTAL = re.compile(r"\ban? (?:grand |sum )?total$")
_TO_PAY = re.compile(
    r"\b(?:due|pay|payable|owed?|owing|charged?|invoiced?|bill(?:ed)?|settle|remit)\b"
)
"""What is to be done with the total of a bill; with "a total of 5.00" it is hers, too."""

_SURCHARGE = re.compile(
    r"penalt|(?<![a-z])late\b|\bfees?\b|surcharge|interest|indemnit|zinsen|gebuhr|pauschale|recargo"
    r"|interes|\bmora\b|\bboete|\brente"
)
"""What is due on top of a bill if something happens: "a late fee of 5.00 is due"."""


def is_paid_late(folded: str) -> bool:
    """Return whether a line names what is due after a day, or if it is not paid until then."""
    return _LATE.search(folded) is not None


def is_sentence(line: TextLine) -> bool:
    """Return whether a line is the end of a sentence: "Invoices are payable within 14 days."."""
    return line.text.endswith((".", "!", "?")) and _small_words(line.text) >= _WORDS_OF_SENTENCE


def is_in_prose(line: TextLine) -> bool:
    """Return whether a line is a sentence, or a part of one."""
    return is_sentence(line) or _small_words(line.text) > _WORDS_OF_SENTENCE


def is_verb(line: TextLine, label: str) -> bool:
    """Return whether "to pay" is in a sentence: "she agrees to pay the owner 5.00 a visit"."""
    start = line.folded.find(label)
    if label not in _VERBS or start < 0:
        return False
    before = _small_words(line.text[:start])
    behind = _small_words(line.text[start + len(label) :])
    return before > 1 or (before > 0 and behind > 1)


def _small_words(text: str) -> int:
    words = (word.strip(".,;:!?") for word in text.split())
    return sum(word.isalpha() and word.islower() and len(word) > 1 for word in words)


def is_about_other(line: TextLine, label: str, start: int) -> bool:
    """Return whether a sentence is about something else between a word for a sum and an amount.

    "The total market grew to 5.00 last year." announces no sum, but "Your total for this bill is
    5.00, payable by June." does.
    """
    at = line.folded.find(label)
    if at < 0 or not is_sentence(line):
        return False
    if at > start and _SURCHARGE.search(line.folded, 0, start):
        return True
    if at > start or _ANY_TOTAL.search(line.folded, 0, at + len(label)):
        return _TO_PAY.search(line.folded) is None
    between = _JOINING.sub(" ", line.folded[at + len(label) : start])
    return any(len(word) > _LONGEST_MARK for word in re.findall(r"[^\W\d_]+", between))
