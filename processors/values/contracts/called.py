"""Find parties by what a contract calls them: 'Rill Ltd (the "Seller") assigns to Ann Fox ("Fox")'.

Such a sentence has no "between": it says who does what to whom.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.model import Finding
from processors.values.contracts.acting import acts
from processors.values.contracts.defined_terms import QUOTED, unique
from processors.values.contracts.party_names import end_of_name, has_form
from processors.values.contracts.places import end_before_place
from processors.values.contracts.tokens import after_opener
from processors.values.lines import TextLine, fold, label_pattern

_SEARCHED_CHARS, _SEARCHED_LINES = 4_000, 160
_MOST_CHARS_BETWEEN = 600
"""Characters from a defined term to the next one: later ones are of the contract's own clauses."""
_MOST_CHARS_BEFORE = 350
"""Characters of a name and its description before a defined term."""
_MOST_TERM_CHARS = 90
_LEAST_PARTIES, _MOST_PARTIES = 2, 12
_LEAST_WORDS, _MOST_WORDS = 2, 5
_CALLED = 0.6

_TERM = re.compile(
    r"\((?=[^()]{0,90}[\"\u201c\u201e\u00ab\u2018]|[a-z' ]{4,30}\))"
    r"|[\u2013\u2014,]? ?(?<![a-z])(?:hereinafter|nachfolgend|nachstehend|im folgenden"
    r"|ci-apres|en adelante|en lo sucesivo|a quien|di seguito|hierna|doravante|adiante"
    r"|zwan[aey]\w{0,2} dalej)"
)
# What may be between a name and its term: a description, which is not another sentence.
_DESCRIPTION = re.compile(
    r"[ ,:]{0,2}|,? ?(?:an? |the |of |with |having |located |whose |organized |incorporated |resid"
    r"|each |individually|as |in its |in his |in her |on behalf |together |acting |doing |formerly "
    r"|[dfa]/[bk]/a |a[bc]n \d|company (?:no|number)|registered|mit sitz|mit der |vertreten|inhaber"
    r"|dont |sis |immatricul|represent|con |domicil|mayor |nat[oa] |nacid|in persona|gevestigd"
    r"|geb\.|geboren |wohnhaft |wonende|statutair|kantoorhoud|com sede|pessoa |inscrit|brasileir"
    r"|portador|z siedzib|zamiesz|ul\.|prowadz|reprez)"
    r"[^;]{0,300}"
)
_ALONE = re.compile(r"(?:the )?parties\W*|dated?\b.{0,30}\d{4}\W*")
_BARE_TERM = re.compile(r"((?:the |il |la |le |der |die )?[a-z' ]{4,26})\)")
_IN_CAPITALS = re.compile(r" (?:called|referred to as|known as) (?:the )?([A-Z]{3,20})(?=[,.; ])")
"""A term that has no quotation marks: "hereinafter called KEEPER"."""
_ARTICLE = re.compile(r"^(?:the|il|la|le|der|die|el) |^l'")
_ADVISER = re.compile(
    r"\b(?:advis(?:ed by|[eo]rs?)|counsel|brokers?|engaged|retained"
    r"|represented by|vertegenwoordigd door|vertreten durch|reprezentowan\w* przez"
    r"|represente?e? par|representad[oa] por|rappresentat[oa] da\w{0,3})\b"
)
"""Words beside the name of someone who acts for a party."""
_MENTIONED_BEFORE = re.compile(
    r"(?:\b(?:accounts?|deposits?|lying) (?:at|with)|\btaken [^.;]{0,40}\b(?:at|in)"
    r"|\b(?:debts?|obligations|indebtedness|liabilities) of"
    r"|\b(?:processed|hosted|operated|manufactured|powered|administered) by) (?:the )?$"
)
"""Words before the name of someone whom a party deals with, or of a place."""
_THROUGH = re.compile(r"\bthrough (?:its |the |their )?$")
"""Words before a part of the party that acts: "the State of Ely, through its Forest Board"."""
_ADDRESS = re.compile(r",? (?:both |each )?(?:of|(?:resid|liv)ing at) (?:no\.? ?)?\d(?!.* and )")
"""Between someone and a town that is no party: "Ann Fox of 3 Fell Row, Ely (Tenant)"."""
_CHARS_AROUND = 60
_TWO = re.compile(r",? and (?:the )?$")
_PLURAL = re.compile(r"[a-z]s$")
"""The end of a term for two parties or more: "Releasees"."""
_FIRST_PERSON = re.compile(r"(?<![a-z.])i, (?=[^\W\d])")
_ENDS = re.compile(r"[a-z)\"\u201d]{4}\. [A-Z]")
"""The end of a sentence: the words before it do not describe a party after it."""


@dataclass(frozen=True, slots=True)
class _Called:
    """A name of the text, and where its defined term begins."""

    name: str
    position: int


def parties_called(lines: Sequence[TextLine]) -> Finding | None:
    """Find two or more names with defined terms in the first sentences of a contract."""
    found = _found_in(lines)
    names = unique(each.name for each in found)
    if not _LEAST_PARTIES <= len(names) <= _MOST_PARTIES:
        return None
    position = 0
    place = lines[0]
    for line in lines[:_SEARCHED_LINES]:
        if position <= found[0].position:
            place = line
        position += len(line.text) + 1 + _is_heading(line)
    return place.finding("; ".join(names), _CALLED, "are the names with defined terms")


def names_called(lines: Sequence[TextLine]) -> list[str]:
    """Return the names with defined terms in the first sentences of a contract."""
    return unique(each.name for each in _found_in(lines))


def _found_in(lines: Sequence[TextLine]) -> list[_Called]:
    head = lines[:_SEARCHED_LINES]
    pieces = (line.text + ("; " if _is_heading(line) else " ") for line in head)
    text = "".join(pieces)[:_SEARCHED_CHARS]
    return list(_names_in(text, fold(text)))


def _is_heading(line: TextLine) -> bool:
    """Return whether a line is the title of a contract, which is no part of the name below it.

    Or it is a date, or the heading of the parties.
    """
    if _ALONE.fullmatch(line.folded):
        return True
    if not line.text.isupper():
        return False
    return label_pattern("parties", "titles").search(line.folded) is not None


def _names_in(text: str, folded: str) -> Iterator[_Called]:
    """Yield each name before a defined term, and the one who says "I, Ann Fox, agree"."""
    last, since = 0, 0
    for term in _TERM.finditer(folded):
        if last and term.start() - last > _MOST_CHARS_BETWEEN:
            return
        floor = max(since, term.start() - _MOST_CHARS_BEFORE)
        said = _said(text, folded, term.end())
        if said is None:
            continue
        name = _name_before(text, folded, (floor, term.start()), said)
        since = term.end()
        if name:
            speaker = _FIRST_PERSON.search(folded, last, term.start())
            if speaker and not last:
                yield from _speaker(text, folded, speaker)
            yield from (_Called(each, term.start()) for each in name.split("; "))
            last = term.end()
    speaker = _FIRST_PERSON.search(folded, last, last + _MOST_CHARS_BETWEEN)
    if last and speaker:
        yield from _speaker(text, folded, speaker)


def _said(text: str, folded: str, position: int) -> str | None:
    """Return the term whose marks begin at a character, "" without quotation marks.

    None if it is none: "(the seller)" is a term, "(together)" is not.
    """
    capitals = _IN_CAPITALS.match(text, position)
    if capitals:
        return capitals.group(1)
    quoted = QUOTED.search(text, position - 1, position + _MOST_TERM_CHARS)
    bare = _BARE_TERM.match(folded, position)
    if quoted is None and bare and not _is_role(bare.group(1), folded):
        return None
    return quoted.group(1) if quoted else bare.group(1) if bare else ""


def _speaker(text: str, folded: str, speaker: re.Match[str]) -> Iterator[_Called]:
    end = end_of_name(text, folded, speaker.end())
    if end and _is_person(text[speaker.end() : end]):
        yield _Called(text[speaker.end() : end].strip(" ,;:"), speaker.start())


def _name_before(text: str, folded: str, window: tuple[int, int], term: str) -> str:
    """Return the name from whose end to a defined term there is only a description.

    A name without legal form counts only where its term is a role or a part of the name. Two names
    that "and" joins are returned with "; " between them.
    """
    floor, stop = window
    floor = _start_of_sentence(text, floor, stop)
    found, end, found_end = "", 0, stop
    for word in re.finditer(r"(?<![^\s(\"\u201c\u00ab])[^\W_a-z]", text[floor:stop]):
        start = floor + word.start()
        if start < end:
            continue
        start = after_opener(text, folded, start)
        name_end = end_of_name(text, folded, start)
        if not name_end or name_end > stop:
            continue
        start = _after_title(text, folded, start, name_end)
        name_end = end_before_place(text, folded, start, name_end)
        name = text[start:name_end].strip(" ,;:")
        before = folded[max(floor, start - _CHARS_AROUND) : start]
        is_bare = not has_form(name)
        is_less = has_form(found) or not _is_called_so(name, term, folded)
        is_less = is_less or _ADDRESS.match(folded[found_end:start]) is not None
        if (is_bare and is_less) or _is_part(found, before):
            continue
        end = name_end
        if _DESCRIPTION.fullmatch(folded, name_end, stop):
            first = _joined_before(text, folded, (floor, start), term)
            found = "" if _is_other(before, folded[name_end:stop]) else f"{first}{name}"
            found_end = name_end
    return found


def _start_of_sentence(text: str, floor: int, stop: int) -> int:
    """Return where the last sentence of a part of a text begins."""
    return max([floor, *(match.start() + 5 for match in _ENDS.finditer(text, floor, stop))])


def _is_part(found: str, before: str) -> bool:
    """Return whether the words before a name say that another one acts through it."""
    return bool(found) and _THROUGH.search(before) is not None


def _joined_before(text: str, folded: str, window: tuple[int, int], term: str) -> str:
    """Return the name that "and" joins to another one whose term is for both, and "; "."""
    floor, stop = window
    joined = _TWO.search(folded, floor, stop)
    if joined is None or not _PLURAL.search(term):
        return ""
    for word in re.finditer(r"(?<![^\s(\"\u201c\u00ab])[^\W_a-z]", text[floor : joined.start()]):
        start = floor + word.start()
        if end_of_name(text, folded, start) == joined.start():
            name = text[start : joined.start()]
            return f"{name}; " if has_form(name) or _is_person(name) else ""
    return ""


def _is_other(before: str, behind: str) -> bool:
    """Return whether the words around a name say that it is of no party."""
    is_adviser = _ADVISER.search(before + behind) is not None
    return is_adviser or _MENTIONED_BEFORE.search(before) is not None


def _after_title(text: str, folded: str, start: int, end: int) -> int:
    """Return where a name begins behind the title of the contract, which may be before it."""
    titles = list(label_pattern("parties", "titles").finditer(folded, start, end))
    return after_opener(text, folded, titles[-1].end() + 1) if titles else start


def _is_called_so(name: str, term: str, folded: str) -> bool:
    """Return whether a term is a role or a part of a name that has no legal form."""
    if not _is_person(name) and not label_pattern("company", "institutions").search(fold(name)):
        return False
    bare = fold(term).strip(" .")
    words = fold(name).split()
    return _is_role(term, folded) or bare in words or bare == "".join(word[0] for word in words)


def _is_role(term: str, folded: str) -> bool:
    """Return whether a term is what contracts call their parties, or this one does: "the Buyer"."""
    bare = _ARTICLE.sub("", fold(term)).strip(" .")
    roles = label_pattern("parties", "roles")
    is_listed = roles.fullmatch(bare) or roles.fullmatch(bare.removesuffix("s"))
    return bool(is_listed) or (bare.isalpha() and acts(bare, folded))


def _is_person(name: str) -> bool:
    """Return whether a name is of some words, none of which is a role or of a title."""
    folded = fold(name)
    is_short = _LEAST_WORDS <= len(name.split()) <= _MOST_WORDS and " of " not in folded
    is_other = any(
        label_pattern(section, kind).search(folded)
        for section, kind in (("parties", "titles"), ("parties", "roles"), ("company", "address"))
    )
    return is_short and not is_other and not any(map(str.isdigit, name))
