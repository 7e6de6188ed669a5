"""Find the dates of a document with the words that announce them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from processors.values.date_text import DateText, MonthNames, dates_in
from processors.values.lines import TextLine, label_pattern

KINDS = ("document", "title", "plain", "link", "due", "other")
"""The lists of labels in the section "dates" of words.toml."""
LETTERHEAD, QUOTED, MENTIONED = "letterhead", "quoted", "mentioned"
OF_ANOTHER, SENT = "of another", "sent"
"""Kinds of dates without a label of their own.

A letterhead has the date alone on its line or after a place: "London, 3 May 2030". Quoted is the
date of something else in a sentence: "your letter of 3 May 2030". A mentioned one may be that of
another document or of this one: "we refer to the invoice dated 3 May 2030". Of another document
is the day that a letter says of an invoice.
"""
# What is before the date of a letterhead: nothing, or a place and a small word.
_BEFORE_LETTER_DATE = re.compile(
    r"(?:[^\W\d_][^\d,:;]{1,30},)? ?(?:(?:den|le|the|il|el|dne|am|a|op)(?= ))? ?"
)
_AFTER_LETTER_DATE = re.compile(r"[\W_]*")
_NO_LABEL = ("", "")
_BY_A_DAY = re.compile(
    r"(?:\W*|.*\b(?:pay|payable|payment (?:is )?due|please .*payment|remit|settle)\b.{0,40} )"
    r"(?:by|before|(?:no|not) later than)\W*(?:[a-z]{3,9}day,? )?"
)
"""What is before the day until which is to be paid."""

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
    r"|hearing|admission|discharge|treatment|surgery|appointment|employment|joining|leaving|hire"
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

_OF_BILL = re.compile(
    r"[a-z' ]*\b(?:invoice|receipt|sale|purchase|document)(?: (?:no|nr|number)\b)?[ .:#]{0,3}"
    r"[\w/.-]*\d[\w/.-]*,? (?:dated|issued(?: on)?)"
)
"""The number of another bill, and what announces its day."""

_CONTRACT = (
    r"agreement|contract|lease|deed|licen[cs]e|vertrag|vereinbarung|contrat|contrato|contratto"
    r"|overeenkomst|umow[ay]"
)
_ORDER = (
    r"order|quotation|quote|proposal|offer|estimate|tender|auftrag|bestellung|angebot|commande"
    r"|devis|pedido|presupuesto|ordine|preventivo|offerte|bestelling|zamowieni[ea]"
)
_AMENDMENT = (
    r"amendment|addendum|assignment|extension|termination|renewal|supplement|nachtrag|avenant"
)
_NAMED = re.compile(
    rf"(?P<name>(?:[^\W\d_][\w&'/-]* ){{0,6}}?\w*(?:{_CONTRACT}|{_ORDER}))"
    r"(?: (?:no|nr|number|ref|reference)\b\.?)?(?P<gap>[ :#,|(]*(?:[\w/.-]*\d[\w/.-]*)?[ :,;|(-]*)"
)
"""What a line is about whose date is that of an agreement or an order."""
_TITLE = re.compile(
    rf"[\w&'/ -]{{0,60}}?\w*\b(?:{_CONTRACT}|{_ORDER}|{_AMENDMENT}|invoice|bill|receipt|statement"
    r"|note|certificate|notice|schedule|\w*rechnung|facture|factura|fattura|factuur|faktura)"
    r"(?: (?:form|no|nr|number|of|for|to)\b.*| ?[#\d].*)?\W*"
)
_DATE = re.compile(r"dat(?:e|um|a)\b")
_MOST_TITLE_WORDS = 8
_WRAPPED_CHARS = 60
"""Characters of a line of running text: its sentence may go on in the next one."""


def is_of_named(lines: Sequence[TextLine], line: TextLine, start: int, end: int) -> bool:
    """Return whether a line names another document than the title, and the day of that one.

    The words that announce the day begin at `start`, and the date ends at `end`: in a call-off,
    "Framework agreement: dated 3 May 2030".
    """
    named = _NAMED.fullmatch(line.folded, 0, start)
    # "Quote date" is a label as a whole.
    if named is None or (named["gap"] == " " and _DATE.match(line.folded, start)):
        return False
    above = lines[: line.number]
    is_row = re.search(r"[:|]", named["gap"]) or line.cell_at(start)
    if not is_row and (_is_wrapped(above) or re.search(r"\w", line.folded[end:])):
        return False
    titles = [each for each in above if _is_title(each)]
    words = set(re.findall(r"[^\W\d_]+", named["name"])) - {"the"}
    return bool(titles) and not _is_title_of(lines, titles, words)


def _is_wrapped(above: Sequence[TextLine]) -> bool:
    return bool(above) and len(above[-1].text) > _WRAPPED_CHARS


def _is_title(line: TextLine) -> bool:
    return len(line.text.split()) <= _MOST_TITLE_WORDS and _TITLE.fullmatch(line.folded) is not None


def _is_title_of(
    lines: Sequence[TextLine], titles: Sequence[TextLine], words: Collection[str]
) -> bool:
    """Return whether the titles have these words, or may mean the same: "agreement", "lease"."""
    said = " ".join(
        each.folded
        for title in titles
        for each in lines[max(0, title.number - 1) : title.number + 1]
    )
    if set(words) <= set(re.findall(r"[^\W\d_]+", said)):
        return True
    is_bare = "this" in words or re.fullmatch(_CONTRACT, " ".join(words)) is not None
    first = titles[0].folded
    return is_bare and re.search(rf"(?:{_CONTRACT})\b", first) is not None


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
            kind, label = label_before(line, text, labels_from)
            # The first date of a line far from its start is in a column without a heading.
            if not kind and (column > 0 or line.cells or text.start <= _NEAR_CHARS):
                kind, label = _heading_of_one(lines, line, column, text)
            if kind in {"", "link"}:
                kind = unlabeled_kind(line, text, label)
            if not kind:
                kind, label = _foreign_label(line, text)
            # Eight digits without a label of dates are an account or a number.
            if text.text.isdigit() and kind in {"", "link", "title", QUOTED}:
                continue
            kind, label = kind_by_words_behind(line, text, (kind, label))
            kind = _kind_by_name(lines, line, text, (kind, label))
            found.append(LabeledDate(text=text, line=line, kind=kind, label=label))
            labels_from = text.end
        if len(found) > _MOST_DATES:
            break
    return found


def _kind_by_name(
    lines: Sequence[TextLine], line: TextLine, text: DateText, known: tuple[str, str]
) -> str:
    """Return the kind of a date, of another document where the line names that one."""
    kind, label = known
    start = line.folded.rfind(label, 0, text.start) if label else -1
    is_other = is_of_named(lines, line, text.start if start < 0 else start, text.end)
    return OF_ANOTHER if is_other and kind not in {"due", "other"} else kind


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
        return _due_by(line, text)
    label = _announcing(near, line.folded)
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


def _due_by(line: TextLine, text: DateText) -> tuple[str, str]:
    """Return the label of a date until which is to be paid: "by" first, or after "pay"."""
    is_due = _BY_A_DAY.fullmatch(line.folded, 0, text.start)
    return ("due", "by") if is_due else _NO_LABEL


def _announcing(near: Sequence[Label], folded: str) -> Label:
    """Return which of the labels before a date announces it: the last one but for three cases."""
    place = len(near) - 1
    # A small word such as "of" or "vom" joins the date to the label before it.
    is_link = near[place].kind == "link" and place > 0
    if is_link and near[place].start - near[place - 1].end <= _NEAR_CHARS:
        place -= 1
    # "Previous invoice" names another document.
    is_title = near[place].kind == "title" and place > 0
    if is_title and near[place - 1].kind == "other":
        place -= near[place].start - near[place - 1].end <= 1
    # "Against invoice 77 dated" is of that invoice.
    of_bill = [_OF_BILL.fullmatch(folded, each.start, near[place].end) for each in near[:place]]
    if any(of_bill) and near[place - 1].kind == "other":
        place -= 1
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
    return label.kind, above[label.start : label.end]


def _heading_of_one(
    lines: Sequence[TextLine], line: TextLine, column: int, text: DateText
) -> tuple[str, str]:
    """Return the label in the line above a date, none if it heads a list of dates."""
    kind, label = heading_of(lines, line, column, text.start)
    is_heading = kind == "plain" or (kind == "document" and len(line.cells) > 0)
    is_of_row = is_heading and _is_list(lines, line, column, text)
    return _NO_LABEL if is_of_row else (kind, label)


def _is_list(lines: Sequence[TextLine], line: TextLine, column: int, text: DateText) -> bool:
    """Return whether the rows below have other dates in the same cell: each is that of its row."""
    cell = line.cell_at(text.start)
    for below in lines[line.number + 1 : line.number + 1 + _MOST_ROWS]:
        others = dates_in(below.folded, MonthNames(()))[column : column + 1]
        if not others or below.cell_at(others[0].start) != cell:
            return False
        if others[0].readings != text.readings:
            return True
    return False


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
