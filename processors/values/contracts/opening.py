"""Find who agrees with whom in the sentence that opens a contract.

The opening sentence has a grammar: a word such as "between", then for every party a name, perhaps
a description ("a Delaware corporation") and a defined term ('the "Company"'), and "and".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, zip_longest

from pipeline.model import Finding
from processors.values.contracts.called import parties_called
from processors.values.contracts.defined_terms import QUOTED, key_of, labeled, resolved, unique
from processors.values.contracts.party_names import (
    SENTENCE_STOPS,
    end_of_name,
    has_form,
    next_word,
)
from processors.values.contracts.signatures import by_signatures, in_letter, signer
from processors.values.contracts.tokens import (
    BETWEEN,
    NEXT_NUMBER,
    after_opener,
    bare_names,
    is_spaniard,
    link_at,
)
from processors.values.lines import TextLine, fold, label_pattern

_OPENING_CHARS = 8_000
"""Characters among which the opening sentence is: a title page may be before it."""
_TITLE_CHARS = 2_500
"""Characters among which parties count that have no defined terms."""
_MOST_DESCRIPTION_CHARS = 600
"""Characters between two names: an address, a register, a defined term."""
_WORD_CHARS, _PLACE_CHARS = 12, 40
"""Characters that are looked back at: a word at the end of a sentence, a place."""
_LEAST_PARTIES, _MOST_PARTIES = 2, 12

# Confidence by the kind of evidence. A grammar that was followed to its end says more than names
# that are only where parties usually are.
_DEFINED, _NAMED, _ONLY_ONE = 0.8, 0.65, 0.5

_BLANK = re.compile(
    r"[ _.\[\]\u25cf\u2022-]*(?:\(|_{2,}|\["
    r"|the (?:person|undersigned|individual|\w+ signatory)"
    r"|the [a-z]+ (?:of [^(;]{3,60} )?(?:named|identified|set forth|listed|whose)\b)"
)
_SENTENCE_ENDS = re.compile(
    r"(?:[a-z]{5,}(?<!str)\.|(?:follows|agree|parties|terms|conditions):|(?:[)\"\u201d]|\d)[.:])$"
)
_LABEL_OF_DATE = re.compile(r"(?:[a-z]+ )?(?:date|term|period)(?: [a-z]+)?: ?\S")
_STREET_BELOW = re.compile(r"\d{1,5}[a-z]? [A-Z][\w' .]{2,40}$")
_HOUSE = re.compile(
    r" of (?:(?:no\.? ?)?\d{1,5}[a-z]?|the (?:city|county|state|town|village|parish))\b"
)
_REGION = re.compile(r", [A-Z]\w+(?: [A-Z]\w+)?(?:[,;(]| and\b| \()")
"""The state or country behind the town of a person: "Ely, Maine, and"."""
_TERM = re.compile(r"\([^()]{0,80}?[\"\u201c\u201e]")
_DESCRIBED = re.compile(
    r",? (?:an? |\(.{0,12}[\"\u201c\u201e])|, (?:as |in (?:its|his|her) |not in its |individually)"
)
_REPLACED = re.compile(
    r"\b(?:replac|supersed)\w* (?:\w+ ){0,5}?(?:agreement|contract|lease|licen[cs]e|deed)s?"
    r"(?: (?:made|dated|entered into)[^.;]{0,60})? ?$"
)
"""Before "between": an older contract, whose parties may be others."""
_CHARS_OF_REPLACED = 120
_ADDRESS_BEHIND = re.compile(r", [^,]{3,40}\d{1,5}[a-z]?,")
_OF_A_PLACE = re.compile(r"\b(?:of|under|at|in|near) (?:the )?\S+$")


@dataclass(frozen=True, slots=True)
class _Party:
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


def parties_in_opening(lines: Sequence[TextLine]) -> Iterator[Finding]:
    """Yield two or more parties of a sentence that opens a contract, joined by "; ".

    If the contract leaves the second one blank, it may be named at its signature.
    """
    opening = _Opening.of(lines)
    for match, parties in opening.lists():
        names = opening.names_of(parties)
        blank = next((each for each in parties if not each.name), None)
        if blank and len(names) == 1:
            names = unique([*names, signer(lines, role=blank.term or "")])
        if len(names) >= _LEAST_PARTIES:
            is_defined = all(each.is_defined for each in parties)
            yield opening.finding(lines, match, names, _DEFINED if is_defined else _NAMED)


def parties_elsewhere(lines: Sequence[TextLine]) -> Iterator[Finding]:
    """Yield the parties with defined terms, in the address of a letter and at signatures.

    One name is enough where the opening sentence leaves the other one blank.
    """
    opening = _Opening.of(lines)
    with_blank = [each for each in opening.lists() if not all(party.name for party in each[1])]
    role = _role_of_blank([parties for _, parties in with_blank])
    found = [*_called_or_addressed(lines, opening), by_signatures(lines, opening.text, role=role)]
    yield from filter(None, found)
    for match, parties in with_blank if not any(found) else ():
        names = opening.names_of(parties)
        if names:
            yield opening.finding(lines, match, names, _ONLY_ONE)


def _role_of_blank(lists: Sequence[Sequence[_Party]]) -> str:
    """Return what the first party is called whose name is a blank, "" if none has a term."""
    blanks = (party for parties in lists for party in parties if not party.name)
    return next((party.term for party in blanks if party.term), "")


def _called_or_addressed(lines: Sequence[TextLine], opening: "_Opening") -> list[Finding | None]:
    """Return the parties in the address of a letter, unless others have terms too, and those."""
    called, letter = parties_called(lines), in_letter(lines, opening.text)
    return [None if called and letter and _is_part(letter, called) else letter, called]


def listed(text: str) -> list[str]:
    """Return the names of a text that is nothing but a list of parties, without descriptions.

    A text that does not begin with a name is returned as it is.
    """
    names = [each.name for each in _parties_from(text, fold(text), 0) if each.name]
    names = [name for name in names if resolved(name, "")]
    is_whole = names and (len(names) > 1 or has_form(names[0]) or _is_described(text, names[0]))
    # "Employee:" above "Name" is a form to be filled in.
    return names if is_whole else [text] if resolved(text, "") else []


def end_of_list(text: str) -> int:
    """Return where the last name of a list of parties ends, before its description."""
    last = (listed(text) or [text])[-1]
    return text.rindex(last) + len(last) if last in text else len(text)


def _is_described(text: str, name: str) -> bool:
    """Return whether a description or an address is behind the name at the beginning of a text."""
    end = text.index(name) + len(name) if name in text else len(text)
    return bool(_DESCRIBED.match(fold(text), end) or _ADDRESS_BEHIND.match(text, end))


def _is_part(some: Finding, others: Finding) -> bool:
    """Return whether all parties of a finding are in another one."""
    names, known = (unique(each.value.split("; ")) for each in (some, others) if each.value)
    return {key_of(each) for each in names} <= {key_of(each) for each in known}


@dataclass(frozen=True, slots=True)
class _Opening:
    """The first lines as one text."""

    text: str
    folded: str

    @classmethod
    def of(cls, lines: Sequence[TextLine]) -> "_Opening":
        text = "".join(_pieces(lines))[:_OPENING_CHARS]
        return cls(text, fold(text))

    def lists(self) -> Iterator[tuple[re.Match[str], list[_Party]]]:
        """Yield every list of parties with the word before it.

        Far from the title, "between" is in other sentences too: there only defined terms count.
        """
        for match in BETWEEN.finditer(self.folded):
            before = self.folded[max(0, match.start() - _CHARS_OF_REPLACED) : match.start()]
            if _REPLACED.search(before):
                continue
            parties = list(_parties_from(self.text, self.folded, match.end()))
            if match.start() <= _TITLE_CHARS or all(each.is_defined for each in parties):
                yield match, parties

    def names_of(self, parties: Sequence[_Party]) -> list[str]:
        """Return the names of parties, without roles and with defined terms spelled out."""
        return unique(name for each in parties for name in self._names_at(each))

    def _names_at(self, party: _Party) -> list[str]:
        """Return the name of a party, and all behind the label of its role."""
        name = self._name_of(party)
        named = labeled(fold(party.name or party.term or "").removeprefix("the "), self.text)
        return named if named[:1] == [name] else [name]

    def _name_of(self, party: _Party) -> str:
        if not party.name:
            return "".join(labeled(fold(party.term or ""), self.text)[:1])
        name = resolved(party.name, self.text)
        # 'Rill Bank, a subsidiary of Tarn Inc. ("Rill Bank")' is defined as itself.
        is_own = _is_same(party.name, party.term) and not fold(name).startswith(fold(party.name))
        return party.name if is_own else name

    def finding(
        self, lines: Sequence[TextLine], match: re.Match[str], names: Sequence[str], sure: float
    ) -> Finding:
        """Return a finding in the line of the word before the names."""
        ends = accumulate(map(len, _pieces(lines)))
        after = zip(lines, ends, strict=True)
        place = next(line for line, end in after if end > match.start())
        reason = f"are named after '{match.group().strip(' :')}'"
        return place.finding("; ".join(names), sure, reason)


def _pieces(lines: Sequence[TextLine]) -> Iterator[str]:
    """Yield each line with what joins it to the next one: a label ends the sentence before it.

    So does a street below a name.
    """
    for line, below in zip_longest(lines, lines[1:]):
        is_label = below is not None and _LABEL_OF_DATE.match(below.folded)
        is_street = below is not None and _STREET_BELOW.match(below.text)
        yield line.text + ("; " if is_label else ", " if is_street else " ")


def _parties_from(text: str, folded: str, start: int) -> Iterator[_Party]:
    """Yield the parties that are named from a character on, without what counts or introduces all.

    Neither the letters of a list are of the names nor the roles: "Licensor Orr and Licensee Fox".
    """
    parties = list(_whole_parties(text, folded, start))
    names = bare_names([each.name for each in parties], text[start:])
    yield from (replace(each, name=name) for each, name in zip(parties, names, strict=True))


def _whole_parties(text: str, folded: str, start: int) -> Iterator[_Party]:
    """Yield the parties as they are written."""
    position: int | None = start
    for _ in range(_MOST_PARTIES):
        if position is None:
            return
        party = _party_at(text, folded, position)
        terms = QUOTED.finditer(text, start, position)
        # "…, and Party-2 is employed by Party-1": a sentence about those who were named.
        if party is None or any(_is_same(party.name, term.group(1)) for term in terms):
            return
        yield party
        position = _start_of_next(text, folded, party.end)


def _party_at(text: str, folded: str, position: int, *, may_join: bool = True) -> _Party | None:
    """Return the party whose name begins at a character, None if no name does."""
    start = after_opener(text, folded, position)
    # "The Fells of Ely University" has an article of its own; "the Company" and "THE COMPANY" not.
    start -= len("The ") * (text[position:start].endswith("The "))
    end = end_of_name(text, folded, start)
    start += len("D. ") * (end > 0 and is_spaniard(folded, start, end))
    if not end:
        blank = _BLANK.match(folded, position)
        if blank is None:
            return None
        return _Party("", blank.end() - 1, _term_behind(text, blank.end() - 1))
    is_word = " " not in text[start:end]
    if may_join and is_word and folded.startswith(" and ", end):
        # "Smith and Jones Company, a partnership, and …": only the second "and" joins parties.
        joined = end_of_name(text, folded, end + len(" and "))
        if has_form(text[start:joined]) and _start_of_next(text, folded, joined):
            end = joined
    end = _end_before_place(text, folded, start, end)
    return _Party(text[start:end].strip(" ,;:"), end, _term_behind(text, end))


def _end_before_place(text: str, folded: str, start: int, end: int) -> int:
    """Return where a name ends before its place: "Ann Fox of 2 Mill Lane", "of Ely, Maine".

    Institutions have places in their names: "City of Ely", "Fox Club of Ely".
    """
    place = text.find(" of ", start, end)
    if place < 0:
        return end
    if label_pattern("company", "address").search(folded, place, end) or _HOUSE.match(
        folded, place
    ):
        return place
    named = folded[start:place]
    is_person = len(named.split()) > 1 and not label_pattern("company", "institutions").search(
        named
    )
    has_region = _REGION.match(text, end) is not None
    return place if is_person and has_region and not has_form(text[start:end]) else end


def _term_behind(text: str, end: int) -> str | None:
    """Return the defined term in the description behind a name, None without one."""
    opened = _TERM.search(text, end, end + _MOST_DESCRIPTION_CHARS)
    if opened is None:
        return None
    term = QUOTED.match(text, opened.end() - 1)
    return term.group(1) if term else ""


def _is_same(name: str, term: str | None) -> bool:
    """Return whether a defined term is the name itself."""
    return bool(term) and fold(name).strip(" .,") == fold(term or "").strip(" .,")


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
        numbered = _after_number(text, folded, position)
        if numbered is not None:
            return numbered
        before = text[max(0, position - _WORD_CHARS) : position]
        if _ends_list(text, before, position):
            return None
        start = _after_and(text, folded, position, end) if char in ",; " else None
        is_behind = position == end or before.rstrip(",;")[-1:] == ")"
        if start is None and char in ",;":
            is_near = char == ";" or is_behind
            after = _after_comma if is_near else _after_description
            start = after(text, folded, position)
        if start is not None:
            return start
    return None


def _after_number(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind its number, None if none does."""
    number = NEXT_NUMBER.match(folded, position) if text[position] in ",; " else None
    is_party = number is not None and _begins_party(text, folded, number.end())
    return number.end() if number is not None and is_party else None


def _ends_list(text: str, before: str, position: int) -> bool:
    """Return whether a sentence ends here, or a word such as "whereas" begins."""
    if text[position] == " ":
        # A title has no full stop before the first sentence: "… and Town Council This Lease".
        is_next = text.startswith((" This ", " These "), position)
        return is_next or _SENTENCE_ENDS.search(before) is not None
    return before[-1:] == " " and SENTENCE_STOPS.match(text, position) is not None


def _after_and(text: str, folded: str, position: int, end: int) -> int | None:
    """Return where a party begins behind "and", None if none does: "the laws of X and Y"."""
    link = link_at(folded, position, since=end)
    if link is None or _OF_A_PLACE.search(text[max(end, position - _PLACE_CHARS) : position]):
        return None
    return link.end() if _begins_party(text, folded, link.end()) else None


def _after_comma(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind a comma: a name with a legal form or a description."""
    begin = next_word(text, position + 1)
    start = after_opener(text, folded, begin)
    end = end_of_name(text, folded, start)
    is_party = end and (_DESCRIBED.match(folded, end) or has_form(text[start:end]))
    # "Ann Fox, Bob Marten and …": the last of several people is behind "and".
    is_person = end and folded.startswith((" and ", ", and "), end) and " " in text[start:end]
    is_street = label_pattern("company", "address").search(folded, start, end or start)
    return begin if is_party or (is_person and not is_street) else None


def _after_description(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind a comma that ends the description of the one before.

    There only a name with a legal form counts that has a description of its own.
    """
    begin = next_word(text, position + 1)
    start = after_opener(text, folded, begin)
    end = end_of_name(text, folded, start)
    is_party = end and has_form(text[start:end]) and _DESCRIBED.match(folded, end)
    return begin if is_party else None


def _begins_party(text: str, folded: str, position: int) -> bool:
    """Return whether a name or a blank for one follows, and not a street."""
    party = _party_at(text, folded, position, may_join=False)
    if party is None:
        return False
    is_street = label_pattern("company", "address").search(fold(party.name))
    return not is_street or has_form(party.name)
