"""Find who agrees with whom in the sentence that opens a contract.

The opening sentence has a grammar: a word such as "between", then for every party a name, perhaps
a description ("a Delaware corporation") and a defined term ('the "Company"'), and "and".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest

from pipeline.model import Finding
from processors.values.contracts.acting import parties_acting
from processors.values.contracts.called import parties_called
from processors.values.contracts.deeds import parties_by_role, parties_declared, parties_speaking
from processors.values.contracts.defined_terms import key_of, labeled, resolved, unique, who_says_we
from processors.values.contracts.party_list import (
    DESCRIBED,
    Party,
    is_same_name,
    parties_from,
)
from processors.values.contracts.party_names import REGISTER, end_of_name, has_form
from processors.values.contracts.signatures import SENT, by_signatures, in_letter, signer
from processors.values.contracts.tokens import BETWEEN, CONTACT
from processors.values.lines import TextLine, fold

_OPENING_CHARS = 8_000
"""Characters among which the opening sentence is: a title page may be before it."""
_TITLE_CHARS = 2_500
"""Characters among which parties count that have no defined terms."""
_LEAST_PARTIES = 2

# Confidence by the kind of evidence. A grammar that was followed to its end says more than names
# that are only where parties usually are.
_DEFINED, _NAMED, _ONLY_ONE = 0.8, 0.65, 0.5

_MORE_CHARS = 20
_LABEL_OF_DATE = re.compile(
    rf"(?:(?:[a-z]+ )?(?:date|term|period)(?: [a-z]+)?|{CONTACT.pattern}) ?: ?\S"
    r"|(?:dated|effective) "
)
_STREET_BELOW = re.compile(
    r"\d{1,5}[a-z]? [A-Z][\w' .]{2,40}$|(?:P\. ?O\. ?|PO )?Box \d|Postfach |Apartado |BP \d"
)
_REPLACED = re.compile(
    r"\b(?:replac|supersed)\w* (?:\w+ ){0,5}?(?:agreement|contract|lease|licen[cs]e|deed)s?"
    r"(?: (?:made|dated|entered into)[^.;]{0,60})? ?$"
)
"""Before "between": an older contract, whose parties may be others."""
_CHARS_OF_REPLACED = 120
_ADDRESS_BEHIND = re.compile(r", [^,]{3,40}\d{1,5}[a-z]?,")
_TOWN_BEHIND = re.compile(r", [A-Z][^\W\d_]{2,}(?:, [A-Z][^\W\d_]{2,})?\W*$")
_PERSON_BEHIND = re.compile(
    r", (?:con (?:dni|nif|nie|cif)|titular|mayor de|domicili|resid|born|geb|nat[oa] |nacid|nee? "
    r"|wohnhaft|demeurant|wonende|zamieszk)"
)


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
    found = [
        parties_acting(lines),
        parties_by_role(lines),
        parties_declared(lines),
        parties_speaking(lines),
        *_called_or_addressed(lines, opening),
    ]
    found.append(by_signatures(lines, opening.text, role=role))
    yield from filter(None, found)
    if any(found):
        return
    signed_alone = [each for each in opening.lists() if _signs_alone(*each)]
    named = [
        opening.finding(lines, match, names, _ONLY_ONE)
        for match, parties in (*with_blank, *signed_alone)
        if (names := opening.names_of(parties))
    ]
    speaker = who_says_we(opening.text)
    if speaker and not named:
        named = [lines[0].finding(speaker, _ONLY_ONE, "calls itself 'we'")]
    yield from named


def _signs_alone(match: re.Match[str], parties: Sequence[Party]) -> bool:
    """Return whether one party with a defined term is all that is named behind "executed by"."""
    return len(parties) == 1 and parties[0].is_defined and match.group().endswith(" by ")


def _role_of_blank(lists: Sequence[Sequence[Party]]) -> str:
    """Return what the first party is called whose name is a blank, "" if none has a term."""
    blanks = (party for parties in lists for party in parties if not party.name)
    return next((party.term for party in blanks if party.term), "")


def _called_or_addressed(lines: Sequence[TextLine], opening: "_Opening") -> list[Finding | None]:
    """Return the parties in the address of a letter, unless others have terms too, and those."""
    called, letter = parties_called(lines), in_letter(lines, opening.text)
    if letter and letter.reason == SENT:
        return [called, letter]
    return [None if called and letter and _is_part(letter, called) else letter, called]


def listed(text: str) -> list[str]:
    """Return the names of a text that is nothing but a list of parties, without descriptions.

    A text that does not begin with a name is returned as it is.
    """
    names = [each.name for each in parties_from(text, fold(text), 0) if each.name]
    names = [name for name in names if resolved(name, "")]
    # "Dr. Ann Fox" is a whole name, too.
    is_one = len(names) == 1 and (has_form(names[0]) or text.endswith(f". {names[0]}"))
    is_whole = names and (len(names) > 1 or is_one or _is_described(text, names[0]))
    # "Employee:" above "Name" is a form to be filled in.
    return names if is_whole else [text] if resolved(text, "") else []


def span_of_list(text: str) -> tuple[int, int]:
    """Return where the first name of a list of parties begins, and the last one ends."""
    names = listed(text) or [text]
    start = text.index(names[0]) if names[0] in text else 0
    return start, text.rindex(names[-1]) + len(names[-1]) if names[-1] in text else len(text)


def _is_described(text: str, name: str) -> bool:
    """Return whether a description or an address is behind the name at the beginning of a text.

    Or its town alone: "Rill Amber Export, Tallinn" is not a name, as "Fox, Ann" is.
    """
    end = text.index(name) + len(name) if name in text else len(text)
    if REGISTER.match(text, end + 1) or (" " in name and _TOWN_BEHIND.match(text, end)):
        return True
    patterns = (DESCRIBED, _PERSON_BEHIND)
    is_described = any(pattern.match(fold(text), end) for pattern in patterns)
    return is_described or _ADDRESS_BEHIND.match(text, end) is not None


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

    def lists(self) -> Iterator[tuple[re.Match[str], list[Party]]]:
        """Yield every list of parties with the word before it.

        Far from the title, "between" is in other sentences too: there only defined terms count.
        """
        for match in BETWEEN.finditer(self.folded):
            before = self.folded[max(0, match.start() - _CHARS_OF_REPLACED) : match.start()]
            if _REPLACED.search(before):
                continue
            parties = list(parties_from(self.text, self.folded, match.end()))
            if match.start() <= _TITLE_CHARS or all(each.is_defined for each in parties):
                yield match, parties

    def names_of(self, parties: Sequence[Party]) -> list[str]:
        """Return the names of parties, without roles and with defined terms spelled out."""
        return unique(name for each in parties for name in self._names_at(each))

    def _names_at(self, party: Party) -> list[str]:
        """Return the name of a party, and all behind the label of its role."""
        name = self._name_of(party)
        named = labeled(fold(party.name or party.term or "").removeprefix("the "), self.text)
        return named if named[:1] == [name] else [name]

    def _name_of(self, party: Party) -> str:
        if not party.name:
            return "".join(labeled(fold(party.term or ""), self.text)[:1])
        name = resolved(party.name, self.text)
        # 'Rill Bank, a subsidiary of Tarn Inc. ("Rill Bank")' is defined as itself.
        is_own = is_same_name(party.name, party.term) and not fold(name).startswith(
            fold(party.name)
        )
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


def _are_both(line: TextLine, below: TextLine) -> bool:
    """Return whether a line is "between Ann Fox and Bob Orr" and the next one a whole sentence."""
    names = line.text.split(" and ")
    is_whole = bool(BETWEEN.match(line.folded)) and len(names) == _LEAST_PARTIES
    if not is_whole or " " not in names[1].strip() or not below.text.endswith("."):
        return False
    # A line that was wrapped is about as long as the next one, and a form may begin that.
    is_longer = len(below.text) > len(line.text) + _MORE_CHARS
    return is_longer and not has_form(below.text[: end_of_name(below.text, below.folded, 0)])


def _pieces(lines: Sequence[TextLine]) -> Iterator[str]:
    """Yield each line with what joins it to the next one: a label ends the sentence before it.

    So does a street below a name, and a line that names both sides ends before a sentence.
    """
    for line, below in zip_longest(lines, lines[1:]):
        is_label = below is not None and (
            _LABEL_OF_DATE.match(below.folded) or _are_both(line, below)
        )
        is_street = below is not None and _STREET_BELOW.match(below.text)
        yield line.text + ("; " if is_label else ", " if is_street else " ")
