"""Decide from the papers that a line names, by a number or a title, whose day a date is."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from processors.values.date_text import DateText
from processors.values.lines import TextLine
from processors.values.list_words import labels_in
from processors.values.money.amounts import money_in
from processors.values.numbers.context import doubt_of, gives_money_back

_PAPERS = ("invoice", "credit", "receipt")
_NUMBER = re.compile(
    r"(?: ?(?:no|nr|num|number|nummer|n|c)(?![a-z]))?[ .:#°|-]{0,4}"
    r"(?P<number>[a-z]{0,6}[ /.-]?\d[\w/.-]*|[a-z]{1,6}[/.-][\w/.-]*\d[\w/.-]*)"
)
"""The number right behind the name of a paper: "R-8", "OF 881", "2030/17"."""
_UNTIL_DATE = re.compile(r"\W*(?:[^\W\d_]+\W+){0,3}")
"""What joins a number to its day: "dated", "of", "issued on", or the label of a column."""
_DATED = re.compile(r"dated|issued|vom|du|del?(?![a-z])|z dnia|of|av|van|fra|ze dne")
"""What joins a number to its day so that no other one can be meant."""
_DAY_OF = re.compile(r"(?:dat\w*|day|tag|jour|dia|giorno|fecha)(?: \w{1,4})?")
"""What is before the name of a paper where all of it is a label: "date of invoice 8"."""
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
_TITLE_LINES = 25
_OF_BILL = re.compile(r"inv|bill|rechnung|rg\b|fact?ur|fattur|faktur")
_YOUR = (
    r"(?:your|ihre?[nrs]?|ihres|votre|vos|sus?|vuestr[ao]|uw|deres|ert|din|sua|vostra|suo|vossa)"
)
_SENT_BY_READER = (
    r"(?:letter|message|e-?mail|mail|enquiry|inquiry|request|order|ref|communication|fax|call"
    r"|application|complaint|claim|schreiben|nachricht|zeichen|anfrage|bestellung|auftrag|brief"
    r"|courrier|lettre|commande|demande|carta|escrito|pedido|oficio|solicitud|lettera|ordine|rif"
    r"|richiesta|kenmerk|bericht|bestelling|brev|ordre|henvendelse|skrivelse|bestallning)"
)
_ANSWERED = re.compile(
    rf"\W{{0,3}}(?:(?:date|dat[eou]\w?|fecha|data) )?(?:(?:of|for|du|de|van|der|da) )?{_YOUR}"
    rf" [^\d:]{{0,20}}?\b{_SENT_BY_READER}"
)
"""What begins the label of a paper that the reader has sent: "your letter dated"."""
_TO_DAY = re.compile(r"[^\W\d_]{0,8}[ /.,&-]{0,3}(?:(?:and|und|et|y|e|en|og|och) )?")


@dataclass(frozen=True, slots=True)
class _Paper:
    """A paper that a line names, by the label and the number behind it, which may be ""."""

    label: re.Match[str]
    number: str
    end: int


def is_of_paper(lines: Sequence[TextLine], line: TextLine, text: DateText, label: str) -> bool:
    """Return whether a date is that of another paper, or of the bill that a credit note corrects.

    `label` is what announces it.
    """
    return is_of_other_paper(lines, line, text) or is_of_corrected(lines, line, label, text.start)


def is_of_other_paper(lines: Sequence[TextLine], line: TextLine, text: DateText) -> bool:
    """Return whether a line names another paper right before a date, which is that one's day.

    It is another one if words before it say so ("replaces invoice 8 dated"), if the document gives
    money back and the paper is a bill, or if the document has a number of its own that is not this
    one.
    """
    paper = _paper_before(line, text)
    if paper is None:
        return False
    if doubt_of(line, paper.label):
        before = line.folded[: paper.label.start()].split()
        return not _DAY_OF.fullmatch(" ".join(before[-2:]).strip(" .:"))
    if not paper.number:
        return False
    if _OF_BILL.search(paper.label.group()) and gives_money_back(lines):
        return True
    if not _DATED.match(line.folded[paper.end : text.start].strip(" ,;:(|-")):
        return False
    # A reminder says what is not paid: "Invoice 8 of 3 May 2030   5.00".
    has_sum = any(each.start >= text.end for each in money_in(line.folded))
    own = _own_numbers(lines)
    is_known = not own or any(is_same_number(paper.number, each) for each in own)
    return has_sum or not is_known


def is_of_corrected(lines: Sequence[TextLine], line: TextLine, label: str, start: int) -> bool:
    """Return whether a label before the character `start` is that of a bill in a credit note."""
    if not label or not _OF_BILL.search(label) or not gives_money_back(lines):
        return False
    found = line.folded.rfind(label, 0, start)
    end = found + len(label)
    credits_ = labels_in(line.folded, "numbers", "credit")
    return not any(each.start() < end and found < each.end() for each in credits_)


def is_of_answered(line: TextLine, start: int, end: int) -> bool:
    """Return whether the label at a character is that of a day on which the reader has written.

    In the head of a letter, "Your letter dated:" is beside the date of this one. The label and what
    belongs to it end before `end`.
    """
    first, last = line.cell(line.cell_at(start))
    sent = _ANSWERED.match(line.folded, first, max(last, end))
    if sent is None:
        return False
    # "Your ref: A7 Date: 3 May 2030" has two labels.
    return _TO_DAY.fullmatch(line.folded, sent.end(), max(sent.end(), start)) is not None


def is_same_number(one: str, other: str) -> bool:
    """Return whether two spellings may be of the same number: "INV-0081", "INV 81", "81"."""
    first, second = (re.sub(r"[\W_]|(?<!\d)0+(?=\d)", "", each.casefold()) for each in (one, other))
    longer, shorter = sorted((first, second), key=len, reverse=True)
    return longer.startswith(shorter) or longer.endswith(shorter)


def _paper_before(line: TextLine, text: DateText) -> _Paper | None:
    """Return the last paper that is named before a date, if nothing else is between them."""
    papers = [each for each in _papers_of(line) if each.end <= text.start]
    last = max(papers, key=lambda each: (each.end, -each.label.start()), default=None)
    if last is None or not _UNTIL_DATE.fullmatch(line.folded, last.end, text.start):
        return None
    return last


def _papers_of(line: TextLine) -> Iterator[_Paper]:
    for kind in _PAPERS:
        for label in labels_in(line.folded, "numbers", kind):
            number = _NUMBER.match(line.folded, label.end())
            if number:
                yield _Paper(label, number["number"], number.end())
            if doubt_of(line, label):
                yield _Paper(label, "", label.end())


def _own_numbers(lines: Sequence[TextLine]) -> frozenset[str]:
    """Return the numbers behind the name of a paper that begins a cell near the top."""
    return frozenset(
        paper.number
        for line in lines[:_TITLE_LINES]
        for paper in _papers_of(line)
        if paper.number
        and paper.label.start() in {0, *line.cells}
        and not re.search(r"[^\W\d_]{2,}", line.folded[paper.end :])
    )


def is_of_another(lines: Sequence[TextLine], line: TextLine, start: int, end: int) -> bool:
    """Return whether a line names another document, or what it answers, and the day of that one."""
    return is_of_answered(line, start, end) or is_of_named(lines, line, start, end)


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
    is_wrapped = bool(above) and len(above[-1].text) > _WRAPPED_CHARS
    if not is_row and (is_wrapped or re.search(r"\w", line.folded[end:])):
        return False
    titles = [each for each in above if _is_title(each)]
    words = set(re.findall(r"[^\W\d_]+", named["name"])) - {"the"}
    return bool(titles) and not _is_title_of(lines, titles, words)


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
