"""Find the dates of a document with the words that announce them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from processors.values.date_text import DateText, MonthNames, dates_in
from processors.values.lines import TextLine, label_pattern
from processors.values.list_words import labels_in
from processors.values.money.due_days import with_due_words
from processors.values.numbers.bill_rows import is_listed_day
from processors.values.numbers.dated import is_of_another, is_of_answered, is_of_paper

KINDS = ("document", "title", "plain", "link", "due", "other")
"""The lists of labels in the section "dates" of words.toml."""
LETTERHEAD, QUOTED, MENTIONED = "letterhead", "quoted", "mentioned"
OF_ANOTHER, OF_PAPER, LISTED, SENT = "of another", "of paper", "listed", "sent"
"""Kinds of dates without a label of their own.

A letterhead has the date alone on its line or after a place: "London, 3 May 2030". Quoted is the
date of something else in a sentence: "your letter of 3 May 2030". A mentioned one may be that of
another document or of this one: "we refer to the invoice dated 3 May 2030". Of another document
is the day that a letter says of an invoice, and of a paper that of one whose number is beside it or
of the bill that a credit note corrects. A listed one is in a row of a list, whose rows have others.
"""
# What is before the date of a letterhead: nothing, or a place and a small word.
_BEFORE_LETTER_DATE = re.compile(
    r"(?:[^\W\d_][^\d,:;]{1,30},)? ?(?:(?:den|le|the|il|el|dne|am|a|op)(?= ))? ?"
)
_AFTER_LETTER_DATE = re.compile(r"[\W_]*")
_NO_LABEL = ("", "")
_OF_ROW = re.compile(
    r"(?:day|week|shift|night|visit|session|lesson|trip|tag|woche|schicht|einsatz|jour|semaine"
    r"|visite|dia|semana|visita|giorno|settimana|dag|uke|vecka)(?: ?(?:no\.?|nr\.?|#)? ?\d{1,3})?"
)
"""The heading of rows, or the first cell of one, in which a date is that of the row."""
# What Japanese and Chinese write behind a birth and behind the end of a validity.
_BEHIND_OTHER = re.compile(r" ?(?:生|まで有効|迄有効|出生|设立|設立|創業)")

_FOREIGN = re.compile(
    r"\W*(?P<words>[a-z]{4,20}(?:[ /-][a-z]{1,20}){0,3}) ?: ?(?:[a-z]{3,10}[,.] ?)?"
)
_MAY_BE_DATE = re.compile(
    r"d[ao]?t|fecha|(?:day|tag|dia|jour|giorno|time|zeit|heure|hora)(?![a-z])|tarih|paiv|kuup"
    r"|ngay|kelt|issu|emi|invoi|bill|rechn|fact|fatt|fatur|fakt|recei|slip|sale|trans|purchas"
)

_NEAR_CHARS = 45
"""Characters between a label and its date on one line: further away is another column."""
_MOST_HEADING_WORDS = 5
"""Words of a heading that ends with a point; more are a sentence."""
_SMALL_WORDS_OF_SENTENCE = 2
_MOST_ROWS = 12
"""Rows of a list that may have the day of the first one; what follows them decides nothing."""
_MOST_LINES_OF_ROW = 3
_NUMBERED = ("invoice", "receipt", "credit")
_MOST_DATES = 400
"""Dates of one document: a long statement has thousands, and the issue date is not among them."""


@dataclass(frozen=True, slots=True)
class Label:
    """Words that announce a date, at these characters; `kind` is one of KINDS."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class LabeledDate:
    """A date in its line, with the kind and the words of its label; both are "" without one."""

    text: DateText
    line: TextLine
    kind: str
    label: str


_SIGNATURE = re.compile(r"(?<![a-z])(?:sign(?:ed|ature)|unterschrift|firma(?:do)?|podpis)\b|/s/")
_OF_EVENT = re.compile(
    r" (?:of|de|du|del|della|dell|do|da|di|der|des|van|d) ?(?:the |this |la |le |el |het |l)?"
    r"(?:accident|incident|loss|damage|injur|birth|death|marriage|travel|departure|arrival|event"
    r"|hearing|contravention|offen[cs]e|violation|infringement|infraction|admission|discharge|treatment|surgery|appointment|employment|joining|leaving|hire"
    r"|siniestro|ingreso|nacimiento|fallecimiento|viaje|alta\b|baja\b|sinistre|naissance|deces"
    r"|depart|arrivee|entree|sortie|voyage|mariage|evenement|sinistro|nascita|decesso|viaggio"
    r"|ricovero|dimission|acidente|nascimento|obito|viagem|internacao|unfall|schaden|geburt"
    r"|ereignis|reise|ongeval|schade|geboorte|overlijden|vertrek|aankomst)[a-z]*"
)
"""What is behind "date" where it is the day of an event: "date of accident", "date of loss"."""
_OF_ANOTHER = re.compile(
    r"effective date of "
    r"(?!(?:(?:the|this) )?(?:agreement|contract|lease|amendment|assignment)\b)[a-z]"
)
"""The day of a termination or of a cover, and not of the contract."""


def _is_of_another(line: TextLine, start: int) -> bool:
    """Return whether the date behind a label is of something else than the document."""
    return is_in_sentence(line, start) or _OF_ANOTHER.match(line.folded, start) is not None


def labeled_dates(lines: Sequence[TextLine], months: MonthNames) -> list[LabeledDate]:
    """Return the dates of a document in reading order."""
    found: list[LabeledDate] = []
    for line in lines:
        # A label belongs to the date after it: labels before an earlier date do not count.
        labels_from = 0
        for column, text in enumerate(dates_in(line.folded, months)):
            known = label_before(line, text, labels_from)
            above = lines[line.number - 1].folded if line.number else ""
            before, behind = line.folded[: text.start], line.folded[text.end :]
            kind, label = with_due_words(known, before, behind, above)
            if not kind:
                kind, label = _label_of_place(lines, line, column, text)
            if kind in {"", "link"}:
                kind = unlabeled_kind(line, text, label)
            if not kind:
                kind, label = _foreign_label(line, text)
            is_next = not kind and _goes_on(found, line, text)
            kind = LISTED if is_next else _kind_of_row(lines, line, text, kind)
            # Eight digits without a label of dates are an account or a number.
            if text.text.isdigit() and kind in {"", "link", "title", QUOTED, LISTED}:
                continue
            kind, label = kind_by_words_behind(line, text, (kind, label))
            kind = _kind_by_owner(lines, line, text, (kind, label))
            found.append(LabeledDate(text=text, line=line, kind=kind, label=label))
            labels_from = text.end
        if len(found) > _MOST_DATES:
            break
    return found


def _kind_by_owner(
    lines: Sequence[TextLine], line: TextLine, text: DateText, known: tuple[str, str]
) -> str:
    """Return the kind of a date, of another document where the line names or lists that one."""
    kind, label = known
    if is_listed_day(lines, line, text, label):
        return LISTED
    if kind in {"due", "other"}:
        return kind
    start = line.folded.rfind(label, 0, text.start) if label else -1
    if is_of_another(lines, line, text.start if start < 0 else start, text.end):
        return OF_ANOTHER
    return OF_PAPER if kind != QUOTED and is_of_paper(lines, line, text, label) else kind


def _foreign_label(line: TextLine, text: DateText) -> tuple[str, str]:
    """Return the words with a colon before a date that no list has: it is the day of something.

    What may be a date in another language, or a misread one, announces nothing.
    """
    start, _ = line.cell(line.cell_at(text.start))
    label = _FOREIGN.fullmatch(line.folded, start, text.start)
    if label is None or _MAY_BE_DATE.search(label["words"]):
        return _NO_LABEL
    return "other", label["words"]


def kind_by_words_behind(line: TextLine, text: DateText, known: tuple[str, str]) -> tuple[str, str]:
    """Return the kind and the words of a date with what is behind it: a birth, an end."""
    behind = _BEHIND_OTHER.match(line.folded, text.end)
    if behind is None or known[0] in {"document", "due"}:
        return known
    return "other", behind.group()


def label_before(line: TextLine, text: DateText, labels_from: int) -> tuple[str, str]:
    """Return the kind and the words of the nearest label before a date on its line."""
    near = [
        label
        for label in _labels_in(line.folded, text.start)
        if label.start >= labels_from and text.start - label.end <= _NEAR_CHARS
    ]
    if not near:
        return _NO_LABEL
    label = _announcing(near)
    words = line.folded[label.start : label.end]
    if label.kind == "plain" and _says_less(line, label.start):
        return _NO_LABEL
    # "On" is no label of its own behind a word: "closed on".
    if words == "on" and line.folded[: label.start].strip():
        return _NO_LABEL
    is_title = label.kind in {"title", "document"}
    # In a subject or in a sentence a title is one of another document.
    if is_title and (is_subject(line) or _is_of_another(line, label.start)):
        return MENTIONED, words
    return label.kind, words


def _says_less(line: TextLine, start: int) -> bool:
    """Return whether "date" is in a sentence or beside a signature, perhaps of a later day."""
    return is_in_sentence(line, start) or bool(_SIGNATURE.search(line.folded, 0, start))


def is_subject(line: TextLine) -> bool:
    """Return whether a line says what a letter is about, which was before the letter."""
    return label_pattern("dates", "subject").match(line.folded) is not None


def _announcing(near: Sequence[Label]) -> Label:
    """Return which of the labels before a date announces it: the last one but for two cases."""
    place = len(near) - 1
    # A small word such as "of" or "vom" joins the date to the label before it.
    is_link = near[place].kind == "link" and place > 0
    if is_link and near[place].start - near[place - 1].end <= _NEAR_CHARS:
        place -= 1
    # "Previous invoice" names another document.
    is_title = near[place].kind == "title" and place > 0
    if is_title and near[place - 1].kind == "other":
        place -= near[place].start - near[place - 1].end <= 1
    return near[place]


def is_in_sentence(line: TextLine, end: int) -> bool:
    """Return whether words of a sentence are before a character: "a shop that opened on".

    One is enough if more of them follow: "the bill of 3 May 2030 was not paid".
    """
    before, after = (
        sum(word.isalpha() and word.islower() and len(word) > 1 for word in text.split())
        for text in (line.text[:end], line.text[end:])
    )
    return before >= _SMALL_WORDS_OF_SENTENCE or (
        before > 0 and before + after > _SMALL_WORDS_OF_SENTENCE
    )


def unlabeled_kind(line: TextLine, text: DateText, link: str) -> str:
    """Return the kind of a date that has no label, or only a small word such as "of"."""
    before, after = line.folded[: text.start], line.folded[text.end :]
    if is_subject(line):
        return QUOTED
    if _BEFORE_LETTER_DATE.fullmatch(before) and _AFTER_LETTER_DATE.fullmatch(after):
        return LETTERHEAD
    # A small word joins the date to the noun before it, which is none of the labels. "As of" does
    # not: it says from when on something holds.
    if link and link != "as of" and len(before.split()) > len(link.split()):
        return QUOTED
    # A day that a sentence is about: "we meet on 9 July 2031."
    is_about = before.endswith((" on ", " is ", " by ")) and is_in_sentence(line, text.start)
    if not link and is_about and line.text.endswith((".", "!", "?")):
        return QUOTED
    return "link" if link else ""


def heading_of(
    lines: Sequence[TextLine], line: TextLine, column: int, position: int
) -> tuple[str, str]:
    """Return the label in the line above that is in the same cell, or else the one of that place.

    The date is the `column`-th one of its line and begins at the character `position`.
    """
    if line.number == 0:
        return _NO_LABEL
    above = lines[line.number - 1].folded
    if above.endswith(".") and len(above.split()) > _MOST_HEADING_WORDS:
        return _NO_LABEL
    # Labels with a date of their own head nothing.
    if dates_in(above, MonthNames(())):
        return _NO_LABEL
    heading = lines[line.number - 1]
    labels = [
        label
        for label in _labels_in(above, len(above), gaps=heading.cells)
        if label.kind not in {"link", "title"}
    ]  # fmt: skip
    if heading.cells and len(heading.cells) == len(line.cells):
        # A heading for each cell: only the one above the date counts.
        cell = line.cell_at(position)
        labels = [label for label in labels if heading.cell_at(label.start) == cell]
        column = 0
    if column >= len(labels):
        return _NO_LABEL
    label = labels[column]
    return _kind_in_heading(heading, label), above[label.start : label.end]


def _kind_in_heading(heading: TextLine, label: Label) -> str:
    return "other" if is_of_answered(heading, label.start, label.end) else label.kind


def _label_of_place(
    lines: Sequence[TextLine], line: TextLine, column: int, text: DateText
) -> tuple[str, str]:
    """Return the label in the line above a date; one that heads a list of dates announces none."""
    # The first date of a line far from its start is in a column without a heading.
    if not (column > 0 or line.cells or text.start <= _NEAR_CHARS):
        return _NO_LABEL
    kind, label = heading_of(lines, line, column, text.start)
    may_be_row = kind == "plain" or (kind in {"", "document", "due"} and line.cells)
    # The head of a bill may be a row, and what was sold be rows below it.
    is_head = kind in {"document", "due"} or (
        kind == "plain" and _has_number(lines[line.number - 1])
    )
    if may_be_row and _is_list(lines, line, column, text, alike=is_head):
        return LISTED, ""
    return kind, label


def _has_number(heading: TextLine) -> bool:
    """Return whether a heading names the number of a bill."""
    return any(labels_in(heading.folded, "numbers", each) for each in _NUMBERED)


def _goes_on(found: Sequence[LabeledDate], line: TextLine, text: DateText) -> bool:
    """Return whether a date is in the next row of the list that the last one is in."""
    last = found[-1] if found else None
    return (
        last is not None
        and last.kind == LISTED
        and 0 < line.number - last.line.number <= _MOST_LINES_OF_ROW
        and last.line.cell_at(last.text.start) == line.cell_at(text.start)
    )


def _kind_of_row(lines: Sequence[TextLine], line: TextLine, text: DateText, kind: str) -> str:
    """Return the kind of a date, LISTED if "day" is in the cell before it or heads its cell."""
    cell = line.cell_at(text.start)
    start, _ = line.cell(cell)
    if kind not in {"", LETTERHEAD} or line.folded[start : text.start].strip():
        return kind
    above = lines[line.number - 1] if line.number else None
    is_table = above is not None and len(above.cells) == len(line.cells)
    head = above.folded[slice(*above.cell(cell))] if above and is_table else ""
    is_of_row = any(_OF_ROW.fullmatch(each.strip()) for each in (head, line.folded[:start]))
    return LISTED if is_of_row else kind


def _is_list(
    lines: Sequence[TextLine], line: TextLine, column: int, text: DateText, *, alike: bool = False
) -> bool:
    """Return whether the rows below have other dates in the same cell: each is that of its row.

    `alike`: only if the other cells of both have digits, letters or both, too.
    """
    cell = line.cell_at(text.start)
    for below in lines[line.number + 1 : line.number + 1 + _MOST_ROWS]:
        others = dates_in(below.folded, MonthNames(()))[column : column + 1]
        if not others or below.cell_at(others[0].start) != cell:
            return False
        if others[0].readings != text.readings:
            return not alike or _are_alike(line, below, cell)
    return False


def _are_alike(one: TextLine, other: TextLine, but: int) -> bool:
    """Return whether two rows have signs of the same kinds in all cells but one."""
    if len(one.cells) != len(other.cells):
        return False
    texts = (
        (one.text[slice(*one.cell(cell))], other.text[slice(*other.cell(cell))])
        for cell in range(len(one.cells) + 1)
        if cell != but
    )
    return all(
        _signs_of(first) == _signs_of(second)
        for first, second in texts
        if first.strip() and second.strip()
    )


def _signs_of(text: str) -> tuple[bool, bool]:
    return any(map(str.isalpha, text)), any(map(str.isdigit, text))


def _labels_in(folded: str, stop: int, *, gaps: Sequence[int] = ()) -> list[Label]:
    """Return the labels that end before `stop`, from left to right; of two that overlap the longer.

    No label goes over one of the `gaps`, at which another column begins.

    Labels may begin within another one: "invoice date due date" has two.
    """
    found: list[Label] = []
    for kind in KINDS:
        pattern = label_pattern("dates", kind)
        match = pattern.search(folded, 0, stop)
        while match:
            start, end = match.span()
            if not any(start < gap < end for gap in gaps):
                found.append(Label(start, end, kind))
            match = pattern.search(folded, match.start() + 1, stop)

    longest_first = sorted(found, key=lambda label: label.start - label.end)
    chosen: list[Label] = []
    for label in longest_first:
        if not any(label.start < other.end and other.start < label.end for other in chosen):
            chosen.append(label)
    return sorted((_as_said(label, folded) for label in chosen), key=lambda label: label.start)


def _as_said(label: Label, folded: str) -> Label:
    """Return a label, "date of loss" as one of another date: that of an event."""
    of_what = _OF_EVENT.match(folded, label.end) if label.kind == "plain" else None
    return replace(label, end=of_what.end(), kind="other") if of_what else label
