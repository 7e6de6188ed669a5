"""Find the day from which a contract is in force, in the sentence that opens it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from pipeline.model import Finding
from processors.values.contracts.recitals import is_of_the_past, spans_of_recitals
from processors.values.contracts.signatures import is_of_witness, is_salutation
from processors.values.contracts.spelled import in_digits
from processors.values.date_text import DateText, MonthNames, dates_in
from processors.values.lines import TextLine
from processors.values.numbers.dated import is_of_named

_OPENING_CHARS = 3_000
"""Characters among which the opening sentence is: a title and an address may be before it."""
_CHARS_QUOTED = 31
_CHARS_TO_DATE = 24
"""Characters between the words and the date: "the", "this", a blank."""
_CHARS_WITH_DATE = 110

# An amendment may have the date of what it amends beside its own.
_AMENDED = re.compile(
    r"date of (?:(?:this|the) )?(?:amendment|addendum|extension|renewal|supplement) ?:"
    r"|(?:amendment|addendum|extension|renewal) date ?:"
)
# "Effective" says most: a contract may be signed on one day and be in force from another one.
_EFFECTIVE = re.compile(
    r"effective date(?: of (?:(?:the|this) )?(?:agreement|contract|lease|amendment|assignment))? ?:"
    r"|effective(?: date)?(?: as)? (?:of|on|upon|from)|effective"
    r"|(?:enters?|comes?) into (?:force|effect) (?:on|from)|commencement date ?:|tritt (?:am|zum)"
    r"|(?:takes? effect|with effect)(?: as)? (?:on|from|of)"
    r"|mit wirkung (?:vom|zum|ab)|gilt ab|met ingang van|gaat in op|prend effet|a effet au"
    r"|entra(?:ra)? en vigor|con efectos? (?:desde|del?)|com inicio em|entra em vigor"
    r"|con decorrenza|wchodzi w zycie"
)
# A term that begins on another day than the contract is in one that has its own date as well.
_BEGINS = re.compile(
    r"commencing(?: on| from)?"
    r"|(?:agreement|lease|contract|tenancy|employment|position|post|appointment|engagement)"
    r"(?:(?! that )[^.;]){0,40}? (?:begin|start|commence)s? on"
    # Who was employed until another one began is in the agreement that ends it.
    r"|(?:(?:post|position) (?:of|as)|(?<!been )(?<!was )(?:employed|appointed|engaged|let))"
    r"(?:(?! (?:that|who) )[^.;]){0,60}? from(?= (?:the )?\d| [a-z]+ \d)"
    r"|(?:wird|werden) (?:ab|zum)(?: dem)?(?=[^;]{6,40} (?:vermietet|verpachtet|eingestellt"
    r"|beschaftigt|uberlassen|angestellt))"
    r"|(?:engage|embauche|recrute|loue)e?s?(?:(?! que )[^.;]){0,60}? a (?:compter|partir) d[ue]"
    r"|(?<![a-z])(?:start|begin(?:ning|s)?|starts|commencement|inception)(?: date)? ?:"
    r"|(?:verhaltnis|vertrag|vereinbarung|laufzeit)(?: beginnt| startet)(?: am| mit dem)"
    r"|(?<![a-z])(?:vertrags|miet|arbeits)?beginn ?:"
    r"|(?:consentie?e?|conclue?|bail|contrat|location)(?:(?! que )[^.;]){0,60}? a compter d[ue]"
    r"|(?:vary|amend|modify|extend)(?:(?! that )[^.;]){0,60}?(?: with effect)? from"
    r"(?= \d| [a-z]+ \d)"
)
_AS_OF = re.compile(
    r"(?:made|entered into|executed|dated|agreement|agreed)\b[^.;]{0,60}? as of"
    r"|(?:made|entered into|executed|agreement|agreed?|dated)\b(?:(?! that )[^.;]){0,40}?"
    r" (?:this|on|the)|granted (?:this|on|the)"
    r"|hereby\b[^.;]{0,60}? as of"
    r"|zawart[aey] (?:w )?dni[au]|stipulato in data|celebra(?:do)? (?:el|em|a)|geschlossen am"
    r"|(?:vertrag|vereinbarung) (?:wird |wurde )?am(?=[^;]{6,28} (?:ab)?geschlossen)"
    r"|(?:gesloten|aangegaan) op"
    r"|(?:conclu|sign)e?e? le"
    r"|this [a-z ]{2,40}(?: \([^()]{0,60}\))? is dated"
)
# Where a contract ends with its place and day: "Fait à Lyon, le …", "Aldus getekend te Delft op …".
_SIGNED_AT = re.compile(
    r"(?:given|done|signed|executed) (?:at|in) [^.;:]{2,40}?,? (?:on|this)(?= \d| [a-z]+ \d)|"
    r"(?:fait a|getekend te|se firma en|firmado en|assinado em|podpisano w)\b[^.;:]{2,50}?"
    r"[, ] ?(?:le|op|el|a|em|dnia)(?= \d)"
    r"|(?:verhandelt|geschehen|beurkundet) (?:zu|in) [^.;:]{2,40}?,?(?: heute)?,? (?:am|den|dem)"
    r"(?= \d)"
)
# "That certain Lease dated as of …", "which amends the agreement dated …": another contract.
_OF_ANOTHER = re.compile(
    r"(?<!this is )(?<!enter into )\b(?:the|that|an?|its|their|certain|existing|under|prior"
    r"|previous) (?:(?!this\b)[\w&\x27-]+ ){0,6}"
    r"(?:agreement|contract|lease|note|deed|amendment|plan|indenture|licen[cs]e"
    r"|(?:letter|memorandum|statement|request|notice)(?: (?:of|for) [a-z]+)?|proposal|offer"
    r"|sheet|policy|bond|mortgage|resolution|order|settlement|ordinance|msa|mou|nda|rfp)s?,?"
    r"(?: \([^()]{0,60}\),?)?"
    r"(?:,? (?:dated|made|signed|executed|entered into)(?: as of| on)? [a-z0-9 ,]{6,26}? and)?"
    r"(?:,? (?:which|that)(?= ))?"
    r"(?: (?:was|were|became|previously|originally|first|entered|made|executed|and)){0,2} $"
)
_ENDED = re.compile(r"\b(?:end|terminat|expir|laps|cancel|resign)[a-z]*,? $")
"""Before "effective": what is no more in force from that day on."""
_DEFINED = re.compile(r"\W{0,4}\((?:the )?[\"\u201c\u201e\x27\u2018]?(?:the )?effective date\b")
"""Behind a date that the contract calls its effective date."""
_AMENDS = re.compile(r"\W*(?:\w+ ){0,3}(?:amendment|addendum|supplement|extension|renewal)\b")
_OF_AMENDED = re.compile(r"effective date of (?:the )?(?:agreement|contract|lease)")
_DATED = re.compile(r".*\b(dated|made|entered|executed)\b")
_NOUN = re.compile(r"(?:agreement|contract),?(?: effective)?( )(?=as of)")
"""A label that begins with the end of another one: "the Mill Agreement, effective as of"."""
_REPLACED = re.compile(r"\b(?:supersed|replac)\w* [^.;]{3,100}$")
_CHARS_OF_ANOTHER = 120
_DATED_BEFORE = re.compile(r"(?:dated|made|entered into|executed)(?: as)?(?: of| on)? $")
# A day that a sentence names: "obtained a patent on", "met in".
_MENTIONED = re.compile(r"[a-z] [a-z]+ on $")
# The birthday of a party, which many preambles have.
_BORN = re.compile(
    r"\b(?:nat[oa]|nacid[oa]|nascid[oa]|nee?(?:\(e\))? (?:le|a)|born|geb(?:oren)?|ur)\b"
    r"[^;]{0,40}$"
)
_SIGNED_ON = re.compile(
    r"\b(?:signed|executed|dated|made|agree[ds]?|granted|given|delivered)\b[^.;]{0,40}$"
)
_MOST_CHARS = 30_000
_BLANK_DAY = re.compile(r"[^\w.;]{0,3}(?:the |this )?_{2,}[^.;]{0,60}")
# "Effective as of the date of the last signature": the date is at the signatures.
_LAST_SIGNED = re.compile(
    r"(?:date|day) (?:of (?:the )?)?(?:last|final|later|latest)(?:[- ]dated)?"
    r" (?:signature|signed|party)"
    r"|last (?:party|of the parties) to (?:sign|execute)"
    r"|last (?:signed|executed|signature|party signs|date (?:set forth|of signature))"
    r"|(?:date|day) (?:that is )?(?:last|latest) (?:signed|written|shown|set forth|appearing)"
    r"|lat(?:er|est) of the (?:\w+ )?(?:dates|days)"
)
_DATE_LABEL = re.compile(
    r"(?<![a-z])(?:date(?:d| signed)?|datum) ?: ?$"
    r"|^(?:signed|executed|accepted|by|/s/)\b[^;]{0,60}[ ,]$"
)
_SIGNS = re.compile(r"(?:by|signed|executed|/s/|date)\b|_{6}")
"""What begins the lines at another signature."""
_LINES_OF_SIGNATURE = 4
_USUAL_RANK = 2
_LATEST, _LETTERED, _UNSIGNED = 0.8, 0.75, 0.4
IN_OPENING, OF_LETTER = "in the opening sentence", "is the date of the letter"
OF_TERM = "in the sentence about a term"
"""The reasons of dates that rules for contracts find, and not those for all documents."""
_LETTER_LINES = 40
"""Lines in which a letter addresses someone."""
# Behind the defined term of the last party: 'and Rill Inc. ("Rill"), on May 3, 2030.'
_BEHIND_PARTIES = re.compile(
    r"[\"\u201d]\),? (?:on|as of|dated(?: as of)?|this|effective(?: as of)?)(?= )"
)
_CONFIDENCE = {
    _AMENDED: 0.85,
    _EFFECTIVE: 0.88,
    _AS_OF: 0.85,
    _BEHIND_PARTIES: 0.75,
    _BEGINS: 0.7,
    _SIGNED_AT: 0.7,
}

# Raised letters are read as words of their own: "9 th", "the 10 day of th January".
_RAISED = re.compile(r"(?<=\d) ?(?:st|nd|rd|th)(?= )|(?<= of) (?:st|nd|rd|th)(?= )")
_BEFORE_COMMA = re.compile(r" (?=,)")
# "A.D. 2030", "twenty-first (21st)": the same once more, or nothing.
_SAID_TWICE = re.compile(
    r" ?\(\d{1,4}(?:st|nd|rd|th)?\)|,? a\. ?d\.(?=,? \d)"
    r"|,? in the year(?: of our lord)?,?(?= )|(?<=\d{4}):(?= |$)"
    r"|(?<= )\d{1,2}:\d\d ?[ap]\.?m\.?,?(?: [a-z]+){0,3} time,?(?: on)? "
)
# Words that may be between a label and its date; others begin another clause.
_BETWEEN = re.compile(
    r"(?:[^a-z]|\b(?:the|this|on|upon|as|of|from|day|date|del?|le|el|il|am|vom|dnia|[a-z]+day"
    r"|dal|dall|all?|du|dem|ab|em|en|op|z dniem|a (?:partir|compter))\b)*"
)
# The day from which something holds, whatever it is.
_STARTS = re.compile(
    r"\b(?:from|starting|(?:begin|start|commence)(?:s|ning)?|commencing|effective|with effect|ab"
    r"|beginn\w*|startet|wirkung vom|vanaf|met ingang van|desde|(?:a|em) (?:partir|compter) d\w+"
    r"|dal|(?:start|begin(?:ning)?|commencement) date)"
    r"(?: (?:on|as|of|from|the|el|dem|am|zum|den|mit))*"
    r"[ :]{1,3}(?:[a-z]{3,9}day,? )?$"
)

# What begins or ends is somebody's work: "your position begins on", "your retirement is effective".
_OF_POST = re.compile(
    r"\b(?:employment|retirement|resignation|separation|termination|promotion|appointment|position"
    r"|post|role|employed|appointed|hired|promoted|retire[sd]?|resign(?:s|ed)?|(?:first|last) day"
    r"|arbeitsverhaltnis|anstellung|emploi|poste|empleo|puesto)\b"
    r"(?! (?:agreement|contract|letter|deed|and (?:general )?release)\b)"
    r"(?:(?!\b(?:agreement|contract)\b)[^.;:]){0,70}?"
    r"\b(?:effective|from|as of|start(?:s|ing)?|begin(?:s|ning)?|commenc(?:es?|ing)|effect"
    r"|beginnt|ab|du|le|desde|el|(?:a|em) (?:partir|compter) d\w+)\b[^.;:]{0,20}$"
)
# What is before the date of a letter on its line: nothing, a label, or the place.
_BEFORE_LETTERED = re.compile(r"(?:dated? ?:? ?|[a-z][a-z .'-]{1,30}, ?(?:den |le |el )?)?")


def starts_of_post(before: str) -> bool:
    """Return whether the words before a date say that somebody's work begins or ends on it."""
    return _OF_POST.search(before) is not None


def announces_start(before: str) -> bool:
    """Return whether the words before a date say that something holds or begins from it on."""
    return _STARTS.search(before) is not None


def find_contract_date(
    lines: Sequence[TextLine], languages: Sequence[str], *, otherwise: Finding | None
) -> Finding | None:
    """Find the day from which a contract is in force, or else the date that other documents have.

    That one is open if the contract mentions the day in sentences only: "the lease of May 3".
    """
    letter = _date_of_letter(lines, MonthNames(languages))
    found = find_effective_date(lines, languages, is_letter=letter is not None) or letter
    if found is not None or otherwise is None or otherwise.value is None:
        return found or otherwise
    if _is_only_mentioned(otherwise.value, lines, MonthNames(languages)):
        return replace(otherwise, value=None, reason=f"{otherwise.reason}, where it is mentioned")
    return otherwise


def _date_of_letter(lines: Sequence[TextLine], months: MonthNames) -> Finding | None:
    """Return the date on a line above the salutation of a letter, perhaps behind its place."""
    head = lines[:_LETTER_LINES]
    salutation = next((line.number for line in head if is_salutation(line)), 0)
    for line in lines[:salutation]:
        date = next(iter(dates_in(line.folded, months)), None)
        if date is None or len(date.readings) != 1 or line.folded[date.end :].strip(" .,"):
            continue
        if _BEFORE_LETTERED.fullmatch(line.folded, 0, date.start):
            day = date.readings[0].isoformat()
            return line.finding(day, _LETTERED, OF_LETTER)
    return None


def _is_only_mentioned(day: str, lines: Sequence[TextLine], months: MonthNames) -> bool:
    """Return whether sentences of a contract name a day, and nothing else does."""
    text = " ".join(line.folded for line in lines)[:_MOST_CHARS]
    places = [
        text[max(0, date.start - _CHARS_OF_ANOTHER) : date.start]
        for date in dates_in(text, months)
        if day in {each.isoformat() for each in date.readings}
    ]
    return bool(places) and all(
        _BORN.search(before)
        or (_MENTIONED.search(before) and not _SIGNED_ON.search(before))
        or _OF_ANOTHER.search(_DATED_BEFORE.sub("", before))
        for before in places
    )


def find_effective_date(
    lines: Sequence[TextLine], languages: Sequence[str], *, is_letter: bool = False
) -> Finding | None:
    """Find the date after "effective as of", or else after "made as of", "dated as of".

    None if it has two readings. A letter that has its own date may offer a post from another one.
    """
    opening = " ".join(line.folded for line in lines)[:_OPENING_CHARS]
    months = MonthNames(languages)
    last = _LAST_SIGNED.search(opening)
    if last:
        return _last_signature(lines, months, last.group())
    found = list(_days_in(lines, opening, months, is_letter=is_letter))
    return max(found, key=lambda each: each.rank).finding if found else None


@dataclass(frozen=True, slots=True)
class _Day:
    """A day, or a blank for one, that a contract may be in force from.

    Days that the contract calls its effective date have the highest rank, those on which somebody's
    work begins a low one, and that of the signatures the lowest.
    """

    finding: Finding
    rank: int


def _days_in(
    lines: Sequence[TextLine], opening: str, months: MonthNames, *, is_letter: bool
) -> Iterator[_Day]:
    """Yield the days behind the words that announce one; those that say most come first."""
    for pattern, label in _labels_in(lines, opening):
        # In digits, without raised letters and blanks before commas.
        once = _SAID_TWICE.sub("", opening[label.end() : label.end() + _CHARS_WITH_DATE])
        following = in_digits(_BEFORE_COMMA.sub("", _RAISED.sub("", once)))
        where = OF_TERM if pattern is _BEGINS else IN_OPENING
        reason = f"is after '{_last_words(label.group())}' {where}"
        place = _line_at(lines, label.end())
        if _BLANK_DAY.match(following):
            yield _Day(place.finding(None, _UNSIGNED, f"a blank {reason}"), _USUAL_RANK)
            return
        date = _date_at_start(following, months)
        is_of_post = starts_of_post(opening[: label.end()])
        if date is None or (is_of_post and is_letter) or _is_of_another(lines, opening, label):
            continue
        day = date.readings[0].isoformat()
        is_defined = _DEFINED.match(following, date.end) is not None
        finding = place.finding(day, _CONFIDENCE[pattern], f"'{date.text}' {reason}")
        is_less = is_of_post or _REPLACED.search(opening[: label.start()])
        rank = 0 if pattern is _SIGNED_AT else 1 if is_less else _USUAL_RANK
        yield _Day(finding, _USUAL_RANK + 1 if is_defined else rank)


def _labels_in(
    lines: Sequence[TextLine], opening: str
) -> Iterator[tuple[re.Pattern[str], re.Match[str]]]:
    """Yield the words that announce a day, without those of recitals, each with its pattern."""
    recitals = spans_of_recitals(lines)
    for pattern in _CONFIDENCE:
        for label in pattern.finditer(opening):
            if not is_of_the_past(opening, label.end(), recitals):
                yield pattern, label


def _date_at_start(following: str, months: MonthNames) -> DateText | None:
    """Return the date behind a label if it has one reading, and nothing else is before it.

    Points are used in countries that write the day first.
    """
    date = next(iter(dates_in(following, months)), None)
    if date is None or date.start > _CHARS_TO_DATE:
        return None
    if len(date.readings) != 1 and not date.dotted:
        return None
    return date if _BETWEEN.fullmatch(following, 0, date.start) else None


def _last_words(text: str) -> str:
    """Return the end of a label, from the beginning of a word on."""
    end = text[-_CHARS_QUOTED:]
    return end if end == text else end.partition(" ")[2]


def _line_at(lines: Sequence[TextLine], position: int) -> TextLine:
    """Return the line of a character; blanks join the lines, so each ends one after its text."""
    ends = accumulate(len(line.text) + 1 for line in lines)
    return next(line for line, end in zip(lines, ends, strict=True) if end >= position)


def _is_of_another(lines: Sequence[TextLine], opening: str, label: re.Match[str]) -> bool:
    """Return whether a date is that of a contract which this one amends or mentions."""
    if _is_of_named(lines, label) or _ENDED.search(opening[: label.start()]):
        return True
    if _OF_AMENDED.match(label.group()) and _AMENDS.match(opening):
        return True
    dated = _DATED.match(label.group()) or _NOUN.match(label.group())
    end = label.start() + (dated.start(1) if dated else 0)
    return _OF_ANOTHER.search(opening[max(0, end - _CHARS_OF_ANOTHER) : end]) is not None


def _is_of_named(lines: Sequence[TextLine], label: re.Match[str]) -> bool:
    """Return whether a date is in a row about a contract that is not the one of the title."""
    line = _line_at(lines, label.end())
    begin = sum(len(each.text) + 1 for each in lines[: line.number])
    dated = _DATED.match(label.group())
    start = label.start() + (dated.start(1) if dated else 0) - begin
    return start > 0 and is_of_named(lines, line, start, start)


def _last_signature(lines: Sequence[TextLine], months: MonthNames, words: str) -> Finding | None:
    """Return the latest of the dates at signatures, open where none is filled in."""
    signed = [
        (date.readings[0], line)
        for line in lines
        for date in dates_in(line.folded, months)
        if len(date.readings) == 1
        and _DATE_LABEL.search(line.folded[: date.start])
        and not _is_of_witness(lines, line)
    ]
    if not signed:
        reason = f"it is in force from '{words}', and no signature has a date"
        return lines[0].finding(None, _UNSIGNED, reason) if lines else None
    day, line = max(signed, key=lambda each: each[0])
    return line.finding(day.isoformat(), _LATEST, f"is the latest one, and '{words}' counts")


def _is_of_witness(lines: Sequence[TextLine], line: TextLine) -> bool:
    """Return whether a date at a signature is of someone who saw it, and not of a party."""
    for above in reversed(lines[max(0, line.number - _LINES_OF_SIGNATURE) : line.number + 1]):
        if is_of_witness(above):
            return True
        if above is not line and _SIGNS.match(above.folded):
            return False
    return False
