"""Read a list of parties: for each a name, perhaps a description and a defined term, and "and".

A description is "a Delaware corporation with offices at …", a defined term '(the "Company")'.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from processors.values.contracts.defined_terms import QUOTED
from processors.values.contracts.party_names import (
    SENTENCE_STOPS,
    after_credentials,
    end_of_name,
    has_form,
    next_word,
)
from processors.values.contracts.places import end_before_place, is_institution, is_place
from processors.values.contracts.tokens import (
    ACTS_BY,
    CONTACT,
    NEXT_NUMBER,
    OTHER_SIDE,
    after_opener,
    bare_names,
    is_spaniard,
    link_at,
)
from processors.values.lines import fold, label_pattern

_MOST_PARTIES = 12
_MOST_DESCRIPTION_CHARS = 600
"""Characters between two names: an address, a register, a defined term."""
_WORD_CHARS, _PLACE_CHARS = 12, 80
"""Characters that are looked back at: a word at the end of a sentence, a place."""

_BLANK = re.compile(
    r"[ _.\[\]\u25cf\u2022-]*(?:\(|_{2,}|\["
    r"|the (?:person|undersigned|individual|\w+ signatory)"
    r"|the [a-z]+ (?:of [^(;]{3,60} )?(?:named|identified|set forth|listed|whose)\b"
    r"|you\b)"
)
_GROUP = re.compile(
    r"(?:(?:each (?:of )?)?(?:the |certain )?(?:other |several |various |undersigned )*"
    r"(?:person(?:s)?|part(?:y|ies)|individuals?|entit(?:y|ies)|(?:share|stock|note|security)?holders?"
    r"|investors?|purchasers?|buyers?|sellers?|lenders?|subsidiar(?:y|ies)|guarantors?|members?)"
    r" (?:(?:who|that|which) (?:is|are) )?(?:from time to time )?"
    r"(?:part(?:y|ies)|signator(?:y|ies)|named|listed|identified|set forth|whose|executing)\b)"
)
"""Those who are on a list: "each of the holders named in …", "the several lenders party hereto"."""
_SENTENCE_ENDS = re.compile(
    r"(?:[a-z]{5,}(?<!str)\.|(?:follows|agree|parties|terms|conditions"
    r"|geschlossen|vereinbart|folgendes|(?:qui|que) suit|segue|siguiente|seguinte|overeen|volgt) ?:"
    r"|(?:[)\"\u201d]|\d)[.:])$"
)
_NEXT_LABEL = re.compile(
    r"(?<!,)(?<! and) (?!And:|Und:|Et:)([A-Z][a-z]{2,14}(?: [A-Z]?[a-z]{2,12})?): "
)
"""The label of another line, which is no part of a description."""
_TITLE = re.compile(
    r"(?:agreement|contract|lease|deed|plan|exhibit|schedule|annex|appendix|amendment|addendum"
    r"|release|covenant)(?: (?:of|to|and|for|dated|no)\b|$)"
)
"""The title of a contract, which may be below the names of a title page."""
_TERM = re.compile(r"\([^()]{0,80}?[\"\u201c\u201e]")
DESCRIBED = re.compile(
    r",? (?:an? |\(.{0,12}[\"\u201c\u201e])"
    r"|, (?:as |here(?:in)?after |in (?:its|his|her) |not in its |individually)"
)
_OF_A_PLACE = re.compile(
    # "Domiciliada en Faro" has the Dutch word for "and".
    r"\b(?:domicilia|residen|establec|inscri|constitui|naci)\w+$|\bsit[ao]$"
    r"|\b(?:of|under|at|in|near) (?:the )?\S+$|\b(?:composed|comprised|consisting) of [^,;()]+$"
    r"|\b(?:affiliate|subsidiary|division|parent|successor|assignee)s? (?:of|to) [^,;()]+$"
)
_NEXT_SENTENCE = (" This ", " These ", " Dated ", " DATED ", " hereby ", " does hereby ")
_COUNTED = re.compile(r"\(?(?:[b-h2-9]|i{2,3}|i?v)[.)] ")
_AS_ROLE = re.compile(r", as [A-Z]\w+(?: [A-Z]\w+){0,2}$")
"""The end of a description, behind which the next party may be: ", as Issuer, …"."""
_CAPACITY = re.compile(
    r"(?:(?:the )?(?:sole|successor|managing|general|surviving) )?"
    r"(?:(?:co-?)?trustee|executor|executrix|administrat(?:or|rix)|guardian|conservator|receiver"
    r"|nominee|custodian|personal representative|partner|member|agent|attorney-in-fact)s?"
    r" (?:of|for|under) "
)
"""For whom a party acts: "Ann Fox, Trustee of the Fox Trust"."""
_PART = re.compile(
    r"(?:the )?(?:department|dept\.?|division|office|bureau|faculty|section) (?:of|for) "
)
"""A part of the party before it: "Weir County, Department of Mills"."""
_COUPLE = re.compile(r"[A-Z][a-z]+ and [A-Z][a-z]+(?: [A-Z]\.)? [A-Z][a-z]+")
"""Two with one surname: "Ann and Bob Fox"."""
_KIND = re.compile(
    r", an? (?:[\w-]+ ){0,4}(?:company|corporation|partnership|trust|association|individual)"
)
_OFFICERS = re.compile(r", (?:its |their |(?!individuals|spouses|residents)[^\W\d_A-Z]{5,}s[ ,.;])")
_FOR_ANOTHER = re.compile(
    r",? (?:(?:actuando |quien actua )?en (?:nombre y )?(?:representacion|nombre) de(?= |l )l?"
    r"|agissant (?:au nom (?:et pour le compte )?de|pour le compte de)"
    r"|in rappresentanza d[ie]l?l?a?|handelnd (?:fur|im namen der?)|namens"
    r"|acting (?:for and )?on behalf of|for and on behalf of|on behalf of) "
)
"""Between the name of someone and the party that he signs for."""
_RELATED = re.compile(
    r"\b(?:pursuant to|in connection with|relat(?:ing|ed|es) to|with respect to|in accordance with"
    r"|regarding|concerning|under the terms of|as (?:amended|defined|contemplated) )"
)
"""Words of the sentence behind the parties: who is named there is described, or is no party."""


@dataclass(frozen=True, slots=True)
class Party:
    """A name and where it ends; an empty one is a blank to fill in.

    `term` is what the contract calls the party, None without a defined term.
    """

    name: str
    end: int
    term: str | None = None

    @property
    def is_defined(self) -> bool:
        """Whether a defined term is behind the name."""
        return self.term is not None


def parties_from(text: str, folded: str, start: int) -> Iterator[Party]:
    """Yield the parties that are named from a character on, without what counts or introduces all.

    Neither the letters of a list are of the names nor the roles: "Licensor Orr and Licensee Fox".
    """
    parties = list(_whole_parties(text, folded, start))
    names = bare_names([each.name for each in parties], text[start:])
    yield from (replace(each, name=name) for each, name in zip(parties, names, strict=True))


def _whole_parties(text: str, folded: str, start: int) -> Iterator[Party]:
    """Yield the parties as they are written."""
    position: int | None = start
    for _ in range(_MOST_PARTIES):
        if position is None:
            return
        party = _party_at(text, folded, position)
        terms = QUOTED.finditer(text, start, position)
        # "…, and Party-2 is employed by Party-1": a sentence about those who were named.
        if party is None or any(is_same_name(party.name, term.group(1)) for term in terms):
            return
        # "(Council) The Hirer and the Council agree …": so may terms without quotation marks.
        if party.name and f"({fold(party.name)})" in folded[start:position]:
            return
        yield party
        position = _start_of_next(text, folded, party.end)


def _party_at(text: str, folded: str, position: int, *, may_join: bool = True) -> Party | None:
    """Return the party whose name begins at a character, None if no name does."""
    start = after_opener(text, folded, position)
    is_group = _GROUP.match(folded, position) is not None
    start, end = (start, 0) if is_group else _whole_name(text, folded, (position, start))
    start += len("D. ") * (end > 0 and is_spaniard(folded, start, end))
    if not end:
        blank = _BLANK.match(folded, position) or _GROUP.match(folded, position)
        return Party("", blank.end() - 1, _term_behind(text, blank.end() - 1)) if blank else None
    principal = _principal_of(text, folded, (start, end))
    return principal or _party_of(text, folded, (start, end), may_join=may_join)


def _party_of(text: str, folded: str, name: tuple[int, int], *, may_join: bool) -> Party:
    """Return the party of a name, whose place, credentials and term are no part of it."""
    start, end = name
    is_word = " " not in text[start:end]
    if may_join and is_word and folded.startswith(" and ", end):
        # "Smith and Jones Company, a partnership, and …": only the second "and" joins parties.
        joined = end_of_name(text, folded, end + len(" and "))
        is_whole = has_form(text[start:joined]) or _COUPLE.fullmatch(text, start, joined)
        if is_whole and _start_of_next(text, folded, joined):
            end = joined
    end = end_before_place(text, folded, start, end)
    whole = text[start:end].strip(" ,;:")
    return Party(whole, after_credentials(folded, end), _term_behind(text, end))


def _principal_of(text: str, folded: str, name: tuple[int, int]) -> Party | None:
    """Return the party for which someone signs: "Ann Fox, on behalf of Rill Ltd"."""
    start, end = name
    link = _FOR_ANOTHER.match(folded, end)
    party = _party_at(text, folded, link.end()) if link and not has_form(text[start:end]) else None
    return party if party and has_form(party.name) else None


def _whole_name(text: str, folded: str, window: tuple[int, int]) -> tuple[int, int]:
    """Return where a name begins, with an article of its own, and ends; 0 if there is none.

    "The Fells of Ely University" has such an article, and so has "THE RILL COMPANY", which is no
    role; "the Company" and "THE COMPANY" have none.
    """
    position, start = window
    before = text[position:start]
    start -= len("The ") * before.endswith("The ")
    end = end_of_name(text, folded, start)
    if before.endswith("THE ") and has_form(text[start:end].partition(" OF ")[0]):
        start -= len("THE ")
    return start, end


def _term_behind(text: str, end: int) -> str | None:
    """Return the defined term in the description behind a name, None without one."""
    opened = _TERM.search(text, end, end + _MOST_DESCRIPTION_CHARS)
    if opened is None:
        return None
    term = QUOTED.match(text, opened.end() - 1)
    return term.group(1) if term else ""


def is_same_name(name: str, term: str | None) -> bool:
    """Return whether a defined term is the name itself."""
    return bool(term) and fold(name).strip(" .,") == fold(term or "").removeprefix("the ").strip(
        " .,"
    )


def _start_of_next(text: str, folded: str, end: int) -> int | None:
    """Return where the next party begins after the description of one, None after the last.

    Words in parentheses are skipped. "And" joins parties where a name or a blank follows it, a
    comma or semicolon only behind a name or a defined term.
    """
    depth = 0
    last = min(len(text), end + _MOST_DESCRIPTION_CHARS)
    for position in range(end, last):
        char = text[position]
        depth = max(0, depth + (char == "(") - (char == ")"))
        if depth:
            continue
        marked = _after_mark(text, folded, position)
        if marked is not None:
            return marked
        before = text[max(0, position - _WORD_CHARS) : position]
        if _ends_list(text, before, position):
            return None
        start = _after_and(text, folded, position, end) if char in ",; " else None
        if start is None and char in ",;":
            is_near = char == ";" or _ends_description(text, folded, (end, position))
            after = _after_comma if is_near else _after_description
            start = after(text, folded, position)
        if start is not None:
            return start
    return None


def _ends_description(text: str, folded: str, window: tuple[int, int]) -> bool:
    """Return whether a name ends at a character, or its term or role: '("Rill")', ", as Issuer".

    Or all that is said of it is what kind of company it is.
    """
    end, position = window
    if position == end or _KIND.fullmatch(folded, end, position):
        return True
    before = text[max(0, position - _PLACE_CHARS) : position]
    return before.rstrip(",;")[-1:] == ")" or _AS_ROLE.search(before) is not None


def _after_mark(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind its number or "of the other part", None if none does.

    The number before it is that of the party before: "the flat on the 2. Etage" counts nothing.
    """
    other = OTHER_SIDE.match(folded, position)
    if other and _begins_party(text, folded, other.end()):
        return other.end()
    number = NEXT_NUMBER.match(folded, position) if text[position] in ",; " else None
    if number is None or not _begins_party(text, folded, number.end()):
        return None
    before = folded[max(0, position - _MOST_DESCRIPTION_CHARS) : position]
    digit = number.group(1)
    is_counted = not digit or re.search(rf"(?<![\w.]){int(digit) - 1} ?\u00b0?[.)]", before)
    return number.end() if is_counted else None


def _ends_list(text: str, before: str, position: int) -> bool:
    """Return whether a sentence ends here, or a word such as "whereas" begins."""
    if text[position] == " ":
        # A title has no full stop before the first sentence: "… and Town Council This Lease".
        # "The undersigned, Ann Fox, hereby releases …": who follows is on the other side.
        is_next = text.startswith(_NEXT_SENTENCE, position) or _is_other_label(text, position)
        return is_next or _SENTENCE_ENDS.search(before) is not None
    return before[-1:] == " " and SENTENCE_STOPS.match(text, position) is not None


def _is_other_label(text: str, position: int) -> bool:
    """Return whether a label begins at a blank that neither is of a party nor describes one."""
    label = _NEXT_LABEL.match(text, position)
    if label is None:
        return False
    said = fold(label[1])
    is_party = label_pattern("parties", "roles").fullmatch(said)
    return not is_party and not CONTACT.fullmatch(said)


def _after_and(text: str, folded: str, position: int, end: int) -> int | None:
    """Return where a party begins behind "and", None if none does: "the laws of X and Y"."""
    link = link_at(folded, position, since=end)
    if link is None:
        return None
    # "… a firm registered in Italy, and (d) Rill": what is counted is no second place.
    is_counted = _COUNTED.match(folded, link.end()) is not None
    is_apart = is_counted or (text[position] == "," and _is_sure(text, folded, link.end()))
    before = text[max(end, position - _PLACE_CHARS) : position]
    if _OF_A_PLACE.search(before) and not is_apart:
        return None
    if _RELATED.search(folded, end, position) and not _is_described(text, folded, link.end()):
        return None
    if not _begins_party(text, folded, link.end()):
        return None
    acts = ACTS_BY.search(folded, end, position)
    is_officer = acts and ")" not in text[acts.end() : position]
    return None if is_officer and _is_followed(text, folded, link.end()) else link.end()


def _is_sure(text: str, folded: str, position: int) -> bool:
    """Return whether a name with a legal form or with a description begins at a character."""
    start = after_opener(text, folded, position)
    end = end_of_name(text, folded, start)
    return bool(end) and (has_form(text[start:end]) or DESCRIBED.match(folded, end) is not None)


def _is_followed(text: str, folded: str, position: int) -> bool:
    """Return whether a name is only the second of those who act for a party, as another follows."""
    party = _party_at(text, folded, position, may_join=False)
    if party is None or not party.name or _is_sure(text, folded, position):
        return False
    if _OFFICERS.match(text, party.end):
        return True
    return _start_of_next(text, folded, party.end) is not None


def _is_described(text: str, folded: str, position: int) -> bool:
    """Return whether a description is behind the name at a character, or no name is there."""
    end = end_of_name(text, folded, after_opener(text, folded, position))
    return not end or DESCRIBED.match(folded, end) is not None


def _after_comma(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind a comma: a name with a legal form or a description."""
    begin = next_word(text, position + 1)
    start = after_opener(text, folded, begin)
    end = end_of_name(text, folded, start)
    is_nobody = any(each.match(folded, begin) for each in (_CAPACITY, _GROUP, _PART))
    if not end or is_nobody or is_place(text, folded, position, (start, end)):
        return None
    is_party = DESCRIBED.match(folded, end) or has_form(text[start:end])
    return begin if is_party or _is_one_of_several(text, folded, (start, end)) else None


def _is_one_of_several(text: str, folded: str, name: tuple[int, int]) -> bool:
    """Return whether a name is in a list of people up to "and": "Ann Fox, Bob Orr and …"."""
    start, end = name
    for _ in range(_MOST_PARTIES):
        is_street = label_pattern("company", "address").search(folded, start, end)
        if not end or " " not in text[start:end] or is_street:
            return False
        if folded.startswith((" and ", ", and "), end):
            return True
        if text[end : end + 1] != ",":
            return False
        start = after_opener(text, folded, next_word(text, end))
        end = end_of_name(text, folded, start)
    return False


def _after_description(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind a comma that ends the description of the one before.

    There only a name with a legal form counts that has a description of its own.
    """
    begin = next_word(text, position + 1)
    start = after_opener(text, folded, begin)
    end = end_of_name(text, folded, start)
    is_party = end and has_form(text[start:end]) and DESCRIBED.match(folded, end)
    return begin if is_party else None


def _begins_party(text: str, folded: str, position: int) -> bool:
    """Return whether a name or a blank for one follows, and not a street."""
    party = _party_at(text, folded, position, may_join=False)
    if party is None:
        return False
    name = fold(party.name)
    is_street = label_pattern("company", "address").search(name)
    is_other = is_street or _TITLE.match(name)
    return not is_other or has_form(party.name) or is_institution(name)
