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
