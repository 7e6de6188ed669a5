"""Find who agrees with whom: in the sentence that opens a contract, in a letter, by signatures.

The opening sentence has a grammar: a word such as "between", then for every party a name, perhaps
a description ("a Delaware corporation") and a defined term ('the "Company"'), and "and".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipeline.model import Finding
from processors.values.lines import TextLine, fold, label_pattern
from processors.values.party_names import SENTENCE_STOPS, end_of_name, has_form, next_word

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
_DEFINED, _NAMED, _IN_LETTER, _SIGNED, _ONLY_ONE = 0.8, 0.65, 0.55, 0.5, 0.5

_BETWEEN = re.compile(
    r"(?<![a-z])(?:between|among(?:st)?|zwischen|entre|tra|tussen)"
    r"(?: and among)?(?![a-z])[ :]{0,2}"
    r"|(?<![a-z])parties(?: ?: ?| (?=\(?1[.)] ))"
    # "Made this 3rd day of May 2030 by …": without "between" the names follow the date.
    r"|(?<=[12]\d\d\d),? by (?!and |an? )"
)
# What may be before a name: a number of the party, "each of", an article, a title.
_OPENER = re.compile(
    r"(?:\(?(?:\d{1,2}|[ivx]{1,4}|[a-h])[.)] ?|each of |the following parties:? "
    r"|(?:company )?name ?: ?"
    r"|(?:the|der|die|das) "
    r"|(?:mr|mrs|ms|dr|messrs|herrn?|frau)\.? )*"
)
_AND = re.compile(
    r"[,;]?(?: ?[-\u2013\u2014])? ?(?<![a-z])(?:and|und|et|y|e|en)(?![a-z])[ ,\u2013\u2014-]{1,3}"
)
_NEXT_NUMBER = re.compile(r"[;,]? \(?[2-9][.)] (?=[^\W\d_])")
"""The number of a party in a list of them, without "and" before it."""
_BLANK = re.compile(
    r"[ _.\[\]\u25cf\u2022-]*(?:\(|the (?:person|undersigned|individual|\w+ signatory)|_{2,}|\[)"
)
_QUOTED = re.compile(r"[\"\u201c\u201e]([^\"\u201c\u201d\u201e]{1,40}?),?[\"\u201d\u201c]")
_SENTENCE_ENDS = re.compile(
    r"(?:[a-z]{5,}(?<!str)\.|(?:follows|agree|parties):|(?:[)\"\u201d]|\d)[.:])$"
)
_DESCRIBED = re.compile(r",? (?:an? |\(.{0,12}[\"\u201c\u201e])")
_ARTICLE = re.compile(r"(?<!\S)an? $")
_OF_A_PLACE = re.compile(r"\b(?:of|under|at|in|near) (?:the )?\S+$")

# A signature, and the lines in which a letter addresses someone.
_SIGNED_BY = re.compile(r"(?:by|per|name|its) ?:|/s/|_{6,}|by$")
_NAME_OF_SIGNER = re.compile(r"(?:printed |print |employee )?name ?: ?|(?:by ?: ?)?/s/ ?")
_SALUTATION = re.compile(r"(?:dear\b|ladies and gentlemen|gentlemen|sehr geehrte)")
_LEAST_WORDS, _MOST_WORDS = 2, 4
"""Words of the name of a person."""
_LETTER_LINES = 60
_ADDRESS_LINES = 9
_LINES_BEFORE_SIGNATURE = 3


@dataclass(frozen=True, slots=True)
class _Party:
    """A name at these characters of the text; an empty one is a blank to fill in."""

    name: str
    end: int
    is_defined: bool


def parties_in_opening(lines: Sequence[TextLine]) -> Iterator[Finding]:
    """Yield two or more parties of a sentence that opens a contract, joined by "; ".

    If the contract leaves the second one blank, it may be named at its signature.
    """
    opening = _Opening.of(lines)
    for match, parties in opening.lists():
        names = opening.names_of(parties)
        is_blank = any(not each.name for each in parties)
        if is_blank and len(names) == 1:
            names = unique([*names, _signer(lines)])
        if len(names) >= _LEAST_PARTIES:
            is_defined = all(each.is_defined for each in parties)
            yield opening.finding(lines, match, names, _DEFINED if is_defined else _NAMED)


def parties_elsewhere(lines: Sequence[TextLine]) -> Finding | None:
    """Find parties in the address of a letter or at signatures.

    One name is enough where the opening sentence leaves the other one blank.
    """
    opening = _Opening.of(lines)
    found = _in_letter(lines, opening.text) or _by_signatures(lines, opening.text)
    if found:
        return found
    for match, parties in opening.lists():
        names = opening.names_of(parties)
        if names and any(not each.name for each in parties):
            return opening.finding(lines, match, names, _ONLY_ONE)
    return None


@dataclass(frozen=True, slots=True)
class _Opening:
    """The first lines as one text."""

    text: str
    folded: str

    @classmethod
    def of(cls, lines: Sequence[TextLine]) -> "_Opening":
        text = " ".join(line.text for line in lines)[:_OPENING_CHARS]
        return cls(text, fold(text))

    def lists(self) -> Iterator[tuple[re.Match[str], list[_Party]]]:
        """Yield every list of parties with the word before it.

        Far from the title, "between" is in other sentences too: there only defined terms count.
        """
        for match in _BETWEEN.finditer(self.folded):
            parties = list(_parties_from(self.text, self.folded, match.end()))
            if match.start() <= _TITLE_CHARS or all(each.is_defined for each in parties):
                yield match, parties

    def names_of(self, parties: Sequence[_Party]) -> list[str]:
        """Return the names of parties, without roles and with defined terms spelled out."""
        return unique(_resolved(each.name, self.text) for each in parties)

    def finding(
        self, lines: Sequence[TextLine], match: re.Match[str], names: Sequence[str], sure: float
    ) -> Finding:
        """Return a finding in the line of the word before the names."""
        # Blanks join the lines, so each ends one character after its text.
        ends = accumulate(len(line.text) + 1 for line in lines)
        after = zip(lines, ends, strict=True)
        place = next(line for line, end in after if end > match.start())
        reason = f"are named after '{match.group().strip(' :')}'"
        return place.finding("; ".join(names), sure, reason)


def _parties_from(text: str, folded: str, start: int) -> Iterator[_Party]:
    """Yield the parties that are named from a character on."""
    position: int | None = start
    for _ in range(_MOST_PARTIES):
        if position is None:
            return
        party = _party_at(text, folded, position)
        if party is None:
            return
        yield party
        position = _start_of_next(text, folded, party.end)


def _party_at(text: str, folded: str, position: int, *, may_join: bool = True) -> _Party | None:
    """Return the party whose name begins at a character, None if no name does."""
    opener = _OPENER.match(folded, position)
    start = opener.end() if opener else position
    end = end_of_name(text, folded, start)
    if end and may_join and folded.startswith(" and ", end) and not has_form(text[start:end]):
        # "Smith and Jones Company, a partnership, and …": only the second "and" joins parties.
        joined = end_of_name(text, folded, end + len(" and "))
        if has_form(text[start:joined]) and _start_of_next(text, folded, joined):
            end = joined
    if end:
        # "Smith Bros of Mill Lane": what is behind "of" may be the address.
        place = text.find(" of ", start, end)
        if place > 0 and label_pattern("company", "address").search(folded, place, end):
            end = place
        following = _MOST_DESCRIPTION_CHARS + end
        term = re.search(r"\([^()]{0,80}[\"\u201c\u201e]", text[end:following])
        return _Party(text[start:end].strip(" ,;:"), end, term is not None)
    blank = _BLANK.match(folded, position)
    return _Party("", blank.end() - 1, is_defined=False) if blank else None


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
        if start is None and (char == ";" or (char == "," and is_behind)):
            start = _after_comma(text, folded, position)
        if start is not None:
            return start
    return None


def _after_number(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind its number, None if none does."""
    number = _NEXT_NUMBER.match(folded, position) if text[position] in ",; " else None
    is_party = number is not None and _begins_party(text, folded, number.end())
    return number.end() if number is not None and is_party else None


def _ends_list(text: str, before: str, position: int) -> bool:
    """Return whether a sentence ends here, or a word such as "whereas" begins."""
    if text[position] == " ":
        return _SENTENCE_ENDS.search(before) is not None
    return before[-1:] == " " and SENTENCE_STOPS.match(text, position) is not None


def _after_and(text: str, folded: str, position: int, end: int) -> int | None:
    """Return where a party begins behind "and", None if none does: "the laws of X and Y"."""
    link = _AND.match(folded, position)
    if link is None or _OF_A_PLACE.search(text[max(end, position - _PLACE_CHARS) : position]):
        return None
    return link.end() if _begins_party(text, folded, link.end()) else None


def _after_comma(text: str, folded: str, position: int) -> int | None:
    """Return where a party begins behind a comma: a name with a legal form or a description."""
    start = next_word(text, position + 1)
    end = end_of_name(text, folded, start)
    is_party = end and (_DESCRIBED.match(folded, end) or has_form(text[start:end]))
    return start if is_party else None


def _begins_party(text: str, folded: str, position: int) -> bool:
    """Return whether a name or a blank for one follows, and not a street."""
    party = _party_at(text, folded, position, may_join=False)
    if party is None:
        return False
    return not label_pattern("company", "address").search(fold(party.name))


def _resolved(name: str, text: str) -> str:
    """Return the name that a defined term means; "" if it means nobody named."""
    if not name:
        return ""
    bare = fold(name).removeprefix("the ").strip(" .")
    is_role = label_pattern("parties", "roles").fullmatch(bare)
    for term in _QUOTED.finditer(text):
        if fold(term.group(1)).removeprefix("the ").strip(" .") == bare:
            named = _name_before(text, term.start())
            if named and has_form(named):
                return named
            break
    return "" if is_role else name


def _name_before(text: str, position: int) -> str:
    """Return the last name with a legal form in the sentence before a character."""
    start = max(0, position - 300)
    sentence = text[start:position]
    folded = fold(sentence)
    found = ""
    end = 0
    for word in re.finditer(r"(?<!\S)[A-Z0-9]", sentence):
        if word.start() < end:
            continue
        stop = end_of_name(sentence, folded, word.start())
        if stop:
            end = stop
            titles = list(label_pattern("parties", "titles").finditer(folded, word.start(), stop))
            name = sentence[titles[-1].end() if titles else word.start() : stop].strip()
            is_description = _ARTICLE.search(sentence[: word.start()])
            found = name if has_form(name) and not is_description else found
    return found.strip(" ,;:")


def unique(names: Iterable[str]) -> list[str]:
    """Return the names that are not empty, each once, however it is spelled."""
    found: dict[str, str] = {}
    for name in names:
        key = re.sub(r"\W", "", name.casefold())
        if key:
            found.setdefault(key, name)
    return list(found.values())


def _in_letter(lines: Sequence[TextLine], text: str) -> Finding | None:
    """Find whom a letter of agreement addresses, and whom it calls the company."""
    for line in lines[:_LETTER_LINES]:
        if not _SALUTATION.match(line.folded):
            continue
        above = lines[max(0, line.number - _ADDRESS_LINES) : line.number]
        names_above = [name for each in above if (name := whole_name(each))]
        addressee = next(
            (
                name
                for name in names_above
                if has_form(name)
                or re.search(rf"\b{re.escape(fold(name).split()[-1])}\b", line.folded)
            ),
            "",
        )
        defined = _defined_as_role(text)
        names = unique([addressee, defined])
        if len(names) >= _LEAST_PARTIES:
            return line.finding("; ".join(names), _IN_LETTER, "are in the letter and its address")
    return None


def _defined_as_role(text: str) -> str:
    """Return the name that the text calls "the Company" or a similar role."""
    for term in _QUOTED.finditer(text):
        role = fold(term.group(1)).removeprefix("the ").strip(" .")
        if label_pattern("parties", "roles").fullmatch(role):
            name = _name_before(text, term.start())
            if name:
                return name
    return ""


def whole_name(line: TextLine) -> str:
    """Return the name that fills a line, "" if it has another text."""
    opener = _OPENER.match(line.folded)
    start = opener.end() if opener else 0
    end = end_of_name(line.text, line.folded, start)
    rest = line.text[end:].strip(" ,.:;")
    if not end or rest:
        return ""
    # Of two columns of signatures the left one may have only the role.
    role = label_pattern("parties", "roles").match(line.folded)
    if role and role.end() < end and line.text[: role.end()].isupper():
        start = role.end()
    return line.text[start:end].strip(" ,;:")


def _by_signatures(lines: Sequence[TextLine], text: str) -> Finding | None:
    """Find the names with a legal form above signatures, and whom the text calls the company."""
    names = [_defined_as_role(text)]
    for line in lines:
        if not _SIGNED_BY.match(line.folded):
            continue
        above = lines[max(0, line.number - _LINES_BEFORE_SIGNATURE) : line.number]
        named = [name for each in above if (name := whole_name(each)) and has_form(name)]
        names += named[-1:]
    found = unique(names)
    if len(found) < _LEAST_PARTIES:
        person = _signer(lines)
        found = unique([*found, person])
    if len(found) < _LEAST_PARTIES:
        return None
    return lines[-1].finding("; ".join(found[:_MOST_PARTIES]), _SIGNED, "are named at signatures")


def _signer(lines: Sequence[TextLine]) -> str:
    """Return who signed below a role such as "Employee" and not for a company."""
    roles = label_pattern("parties", "roles")
    for line in reversed(lines):
        label = _NAME_OF_SIGNER.match(line.folded)
        words = line.text[label.end() :].split() if label else []
        if not (
            _LEAST_WORDS <= len(words) <= _MOST_WORDS and all(word[0].isupper() for word in words)
        ):
            continue
        above = lines[max(0, line.number - _LINES_BEFORE_SIGNATURE) : line.number]
        for each in reversed(above):
            if has_form(whole_name(each)):
                break
            if roles.fullmatch(each.folded.strip(" :")):
                return " ".join(words)
    return ""
