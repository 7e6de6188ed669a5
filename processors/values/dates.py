"""Find the date of a document, the day its payment is due, and the period it is about."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.country import Hints
from processors.values.date_labels import (
    LETTERHEAD,
    LISTED,
    MENTIONED,
    OF_ANOTHER,
    OF_PAPER,
    QUOTED,
    SENT,
    LabeledDate,
    is_in_sentence,
    is_subject,
    labeled_dates,
)
from processors.values.date_order import (
    DAY_FIRST,
    OPEN,
    DateOrder,
    OrderEvidence,
    decide_date_order,
)
from processors.values.date_text import DateText, MonthNames
from processors.values.lines import TextLine, headers_of_mail, label_pattern
from processors.values.money.amounts import money_in

# Points by the kind of label. "Invoice date" says more than "date", and a date of something else,
# such as an order, is worse than one without a label (0 points). A date that a sentence quotes is
# not sure enough to be written if it is the only one.
_POINTS = {
    "document": 6.0,
    "title": 5.0,
    "plain": 3.0,
    "link": 0.5,
    LETTERHEAD: 1.0,
    MENTIONED: 0.5,
    OF_PAPER: 0.4,
    SENT: 0.5,
    LISTED: -1.0,
    QUOTED: -3.0,
    OF_ANOTHER: -3.0,
    "due": -5.0,
    "other": -4.0,
}
# A date that is repeated is more likely the document's; two repeats say all.
_REPEAT_POINTS = 0.5
_MOST_REPEATS = 2
# Tills print the time of day after the date of the receipt.
_TIME_POINTS = 1.0
_TIME = re.compile(r"\d{1,2}[:.]\d\d(?:[:.]\d\d)? ?(?:[ap]m)?")
_TIME_CHARS = 16
# Of dates that are equal otherwise, the upper one wins: it loses a point in 200 lines.
_LINES_PER_POINT = 200
_MOST_LINES = 400
# A date is often printed more than once, and the same day is one candidate.
_MOST_RANKED = 12

# Confidence: a labeled date (6 points) has 0.97, one without a label 0.62.
_BASE_CONFIDENCE = 0.62
_CONFIDENCE_PER_POINT = 0.06
_LEAST_CONFIDENCE, _MOST_CONFIDENCE = 0.35, 0.97
_ORDER_DECIDED = 0.05
"""What the confidence loses if the order of day and month was decided by a rule."""
_LEAST_LISTED = 2
"""Documents with different dates that make a list."""
_DUE_CONFIDENCE = 0.85
_PERIOD_CONFIDENCE = 0.8
_OPEN_CONFIDENCE = 0.4
_SMALL_WORDS_BEHIND = 3
"""Words behind a date that begins a sentence: "On 3 May 2030 we open the hall"."""

# Labels of dates that are never the document's: births, and ends of validity.
_PERSONAL = re.compile(
    r"birth|born|dob|naissance|ne[e]? le|naci|nasc|geb|lahir|exp|valid|gultig"
    r"|生|有効|有效|생년|유효|วัน"
)
# What begins a file of bookings in IIF, whose rows have dates of their own.
_JOURNAL = re.compile(r"![A-Z]{3,}\b")
# Nor is the day on which a list was taken out of a program, or a company founded.
_TAKEN_OUT = re.compile(
    r"export|generat|download|since|next|previous|maturity|renewal|closing|copyright|設立|創業|설립"
)
# The title of a document that says which bills were paid.
_ADVICE = re.compile(r"\W*(?:remittance|payment|settlement) advice\b")
_TITLE_LINES = 15
# What begins a line of a document that says what was paid already: a title, or an amount.
_IS_PAID = re.compile(
    r"\W*(?:(?:(?:payment|official|sales|rent|donation|your) )?receipt(?! ?(?:of|by|for))"
    r"\W*(?:no|nr|number|#|$)"
    r"|payment (?:confirmation|received|receipt)\W*$|paid in full"
    r"|(?:total )?amount paid\W*[^\W\d_]{0,4} ?[$€£]? ?[1-9]"
    r"|quittung\W*$|zahlungsbestatigung|zahlungseingang|betalningsbekraftelse|kvitto\W*$|kvittering\W*$"
    r"|recu(?: de paiement)?\W*$|confirmation de paiement|recibo de pago|comprobante de pago"
    r"|comprovante de pagamento|ricevuta(?: di pagamento)?\W*$|betalingsbewijs|kwitancja)"
)
_PAYMENT_DATES = frozenset({"payment date", "betalingsdato", "zahlungstermin"})
"""Words for the day until which is to be paid, or on which was paid."""
# What joins the two dates of a period.
_UNTIL = re.compile(
    r" ?(?:[-\u2013\u2014]|to|until|through|thru|bis(?: zum)?|au|al?|tot|till) ?(?:[a-z]{3,9} )?"
)


@dataclass(frozen=True, slots=True)
class _Calendar:
    """How to read the dates of one document: the order, and the days that can be read one way."""

    order: DateOrder
    certain: frozenset[date]

    def read(self, text: DateText) -> tuple[date | None, str]:
        """Return the day that a date means and why; None if nothing decides."""
        readings = text.readings
        if len(readings) == 1:
            return readings[0], ""
        known = self.certain.intersection(readings)
        if len(known) == 1:
            (day,) = known
            return day, "; the same day is elsewhere in a form with one meaning"
        # Points are used in countries that write the day first.
        if text.dotted and self.order.order == OPEN:
            return readings[0], "; dates with points have the day first"
        if self.order.order == OPEN:
            return None, self.order.reason

        day = readings[0] if self.order.order == DAY_FIRST else readings[1]
        reason = f"; day and month are in the order {self.order.order}: {self.order.reason}"
        return day, reason


def find_dates(
    lines: Sequence[TextLine],
    *,
    hints: Hints,
    languages: Sequence[str],
    usual_order: str = "",
    currency: str | None = None,
    letter: bool = False,
) -> dict[str, Finding | None]:
    """Find `date`, `due_date` and `period`.

    `usual_order` (dmy, mdy) decides where the document itself does not. `currency` is the code of
    one that is printed beside amounts. A personal paper, with a birth or an end of validity, has
    no due date. What a `letter` says of an invoice is not its own date.
    """
    # Bookings have dates of their own.
    is_journal = bool(lines) and _JOURNAL.match(lines[0].text) is not None
    found = _unlisted(labeled_dates(() if is_journal else lines, MonthNames(languages)))
    found = list(map(_in_letter, found)) if letter else _sent(_paid(found, lines), lines)
    evidence = OrderEvidence(
        dates=found,
        hints=hints,
        languages=languages,
        setting=usual_order,
        currency=currency,
    )
    calendar = _Calendar(
        order=decide_date_order(evidence),
        certain=frozenset(each.text.readings[0] for each in found if len(each.text.readings) == 1),
    )

    by_kind: dict[str, list[LabeledDate]] = defaultdict(list)
    issued: list[LabeledDate] = []
    for each in found:
        by_kind[each.kind].append(each)
        if each.kind not in {"due", "other"}:
            issued.append(each)
    impersonal = _unless(_PERSONAL, by_kind["other"])
    is_personal = len(impersonal) < len(by_kind["other"])

    return {
        "date": _best(issued, calendar) or _of_something(impersonal, calendar),
        "due_date": None if is_personal else _due_date(by_kind["due"], calendar),
        "period": period(lines, found, calendar),
    }


def _of_something(dates: Sequence[LabeledDate], calendar: _Calendar) -> Finding | None:
    """Return the only day of something that a document without a date of its own names.

    Of several, such as those of an arrival and a departure, none is the document's.
    """
    possible = _unless(_TAKEN_OUT, dates)
    best = _best(possible, calendar)
    if best is None or len({each.text.readings for each in possible}) == 1:
        return best
    reason = f"{best.reason}; the document names other days, too, and none of its own"
    return replace(best, value=None, confidence=_OPEN_CONFIDENCE, reason=reason)


def _in_letter(each: LabeledDate) -> LabeledDate:
    """Return a date of a letter: that of an invoice is of another document."""
    is_of_invoice = label_pattern("dates", "title").search(each.label) is not None
    is_mentioned = each.kind in {MENTIONED, OF_PAPER} or (
        each.kind in {"title", "document"} and is_of_invoice
    )
    # A sentence says when something else is: "On 3 May 2030 we open at nine".
    is_in_text = each.kind not in {"document", LETTERHEAD} and (
        is_in_sentence(each.line, each.text.start) or _goes_on(each)
    )
    return replace(each, kind=OF_ANOTHER) if is_mentioned or is_in_text else each


def _goes_on(each: LabeledDate) -> bool:
    """Return whether a date begins a sentence: small words are behind it, and no label before."""
    words = each.line.text[each.text.end :].split()
    small = sum(word.isalpha() and word.islower() and len(word) > 1 for word in words)
    return each.text.start > 0 and small >= _SMALL_WORDS_BEHIND


def _due_date(due: Sequence[LabeledDate], calendar: _Calendar) -> Finding | None:
    """Return the day until which is to be paid, open where each of several is that of a part."""
    found = _best(due, calendar)
    if found is None or found.value is None:
        return found
    if _are_installments(due):
        reason = "there are several days on which a part is to be paid"
        return with_others(replace(found, value=None, reason=reason), [found])
    return replace(found, confidence=_DUE_CONFIDENCE)


def _are_installments(due: Sequence[LabeledDate]) -> bool:
    """Return whether two days behind the same words have an amount each on their lines."""
    days = defaultdict[str, set[tuple[date, ...]]](set)
    for each in due:
        amounts = money_in(each.line.folded[each.text.end :])
        if any(amount.cents or amount.marked for amount in amounts):
            days[each.label].add(each.text.readings)
    return any(len(different) > 1 for different in days.values())


def _paid(dates: Sequence[LabeledDate], lines: Sequence[TextLine]) -> Sequence[LabeledDate]:
    """Return the dates of who says what was paid: the day of the payment is the document's.

    Where another date is the document's own, that day is the one until which is to be paid, but for
    a receipt.
    """
    has_own = any(each.kind == "document" for each in dates)
    is_receipt = any(_IS_PAID.match(line.folded) for line in lines)
    is_advice = any(_ADVICE.match(line.folded) for line in lines[:_TITLE_LINES])
    if not is_receipt and (has_own or not is_advice):
        return dates
    kind = "other" if has_own else "document"
    return [replace(each, kind=kind) if each.label in _PAYMENT_DATES else each for each in dates]


def _sent(dates: Sequence[LabeledDate], lines: Sequence[TextLine]) -> Sequence[LabeledDate]:
    """Return the dates of a bill that is a mail: where its text has a date, that counts.

    A mail is sent on the day of its bill, or days later.
    """
    headers = len(headers_of_mail(lines))
    if not any(each.kind == "plain" and each.line.number >= headers for each in dates):
        return dates
    return [
        replace(each, kind=SENT) if each.kind == "plain" and each.line.number < headers else each
        for each in dates
    ]


def _unless(labels: re.Pattern[str], dates: Sequence[LabeledDate]) -> Sequence[LabeledDate]:
    """Return the dates without those after some labels."""
    return [each for each in dates if not labels.search(each.label)]


def _unlisted(dates: Sequence[LabeledDate]) -> Sequence[LabeledDate]:
    """Return the dates, those of several documents that a statement lists as mentioned ones."""
    titled = [each for each in dates if each.kind == "title"]
    if len({each.text.readings for each in titled}) < _LEAST_LISTED:
        return dates
    return [replace(each, kind=MENTIONED) if each.kind == "title" else each for each in dates]


def _best(dates: Sequence[LabeledDate], calendar: _Calendar) -> Finding | None:
    """Return the date with the most points, the upper one of several."""
    repeats = Counter(each.text.readings for each in dates)

    def points(each: LabeledDate) -> float:
        folded, end = each.line.folded, each.text.end
        times = min(repeats[each.text.readings] - 1, _MOST_REPEATS)
        # A letter names again and again the day of what it answers.
        times = 0 if each.kind in {QUOTED, MENTIONED, OF_PAPER, LISTED} else times
        has_time = _TIME.search(folded[end : end + _TIME_CHARS])
        return (
            _POINTS.get(each.kind, 0.0)
            + times * _REPEAT_POINTS
            + (_TIME_POINTS if has_time else 0.0)
            - min(each.line.number, _MOST_LINES) / _LINES_PER_POINT
        )

    ranked = sorted(dates, key=lambda each: (-points(each), each.line.number))
    if not ranked:
        return None
    best, *others = (_finding(each, points(each), calendar) for each in ranked[:_MOST_RANKED])
    readings = _open_readings(ranked[0]) if best.value is None else ()
    return with_others(best, [*readings, *others])


def _finding(each: LabeledDate, points: float, calendar: _Calendar) -> Finding:
    """Return a printed date as a finding, open where nothing decides how to read it."""
    text, place = each.text, _place_of(each)
    if each.kind == QUOTED and (is_subject(each.line) or is_in_sentence(each.line, text.start)):
        where = "subject" if is_subject(each.line) else "sentence"
        reason = f"'{text.text}' is quoted in a {where}, and there is no other date"
        return each.line.finding(None, _OPEN_CONFIDENCE, reason, start=text.start, end=text.end)
    if each.kind == OF_ANOTHER:
        reason = f"'{text.text}' {place} is of what the letter is about"
        return each.line.finding(None, _OPEN_CONFIDENCE, reason, start=text.start, end=text.end)
    day, reason = calendar.read(text)
    if day is None:
        first, second = (reading.isoformat() for reading in text.readings)
        reason = f"'{text.text}' {place} may be {first} or {second}: {reason}"
        confidence = _OPEN_CONFIDENCE
    else:
        confidence = _BASE_CONFIDENCE + points * _CONFIDENCE_PER_POINT
        confidence = min(_MOST_CONFIDENCE, max(_LEAST_CONFIDENCE, confidence))
        confidence -= _ORDER_DECIDED if reason else 0.0
        reason = f"'{text.text}' is {place}{reason}"
    return each.line.finding(
        day.isoformat() if day else None,
        confidence,
        reason,
        start=text.start,
        end=text.end,
    )


def _open_readings(each: LabeledDate) -> Iterator[Finding]:
    """Yield what a printed date may mean, as findings."""
    text, place = each.text, _place_of(each)
    for day in text.readings:
        reason = f"'{text.text}' {place} may be this day"
        yield each.line.finding(
            day.isoformat(), _OPEN_CONFIDENCE, reason, start=text.start, end=text.end
        )


def _place_of(each: LabeledDate) -> str:
    if each.label:
        return f"after '{each.label}'"
    return f"on line {each.line.number + 1}, without a label"


def period(
    lines: Sequence[TextLine],
    dates: Sequence[LabeledDate],
    calendar: _Calendar,
) -> Finding | None:
    """Find two dates of one line that are joined, after a word for a period or below one."""
    labels = label_pattern("dates", "period")
    for first, last in pairwise(dates):
        line = first.line
        between = line.folded[first.text.end : last.text.start]
        if line is not last.line or not _UNTIL.fullmatch(between):
            continue
        above = lines[line.number - 1].folded if line.number else ""
        label = labels.search(line.folded, 0, first.text.start) or labels.search(above)
        start, _ = calendar.read(first.text)
        end, _ = calendar.read(last.text)
        if label and start and end and start <= end:
            return line.finding(
                f"{start.isoformat()}/{end.isoformat()}",
                _PERIOD_CONFIDENCE,
                f"two dates are after '{label.group()}'",
                start=first.text.start,
                end=last.text.end,
            )
    return None
