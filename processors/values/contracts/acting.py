"""Find parties by what clauses make them do: "Stallholder: Ann Fox", "The Stallholder shall pay".

No list has every word that contracts call their parties; whoever pays, agrees or grants is one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.model import Finding
from processors.values.contracts.defined_terms import key_of, unique
from processors.values.contracts.party_list import parties_from
from processors.values.contracts.party_names import has_form
from processors.values.lines import TextLine, fold, label_pattern

_SEARCHED_LINES = 60
_SEARCHED_CHARS = 20_000
_LEAST_PARTIES, _MOST_PARTIES = 2, 6
_LEAST_WORDS, _MOST_WORDS = 2, 9
_LEAST_LETTERS = 4
_ACTING = 0.6

# "Rent shall be paid" and "the Term will end" say what happens, and not who has to do something.
_DUTY = (
    r"(?: [a-z]+ly)? (?:(?:shall|will|must|may|can|does|do)(?: not| at all times| also| promptly)?"
    r" (?!be |begin|start|commence|end\b|expire|include|mean|consist|continue|become"
    r"|take (?:place|ef)|apply|remain|have (?:the|no) (?:meaning|effect)|survive|constitute|cover"
    r"|prevail|inure|bind)"
    r"[a-z]|agrees? |undertakes? |warrants? |grants? |covenants? |acknowledges? |promises? |hires? "
    r"|appoints? |engages? |lets |rents? |sells |buys |waives? |releases? |desires? |wishes "
    r"|represents (?:and|that)|(?:is|are) (?:entitled|liable|responsible|obliged|engaged|willing) )"
)
_DOES = (
    r" (?:pays|keeps|delivers|supplies|provides|receives|advises|invoices|gives|takes|makes"
    r"|maintains|insures|returns|bears|owns|works|performs|lends|borrows|confirms|guarantees) "
)
_ARTICLE = r"(?:der|die|das|dem|den|des|le|la|les|el|los|il|lo|de|het|al|du|aux?) "
# Made once, and not for each role: to compile them takes some milliseconds.
_HAS_TO = re.compile(rf"(?:s|\(s\))?(?:{_DUTY}|(?<!s){_DOES})")
_GOES_ON = re.compile(r"s? [a-z]")
_AFTER_ARTICLE = re.compile(rf"(?<![a-z]){_ARTICLE}\Z")
_SMALL_LETTER = re.compile(r"[a-z]")
_LABEL = re.compile(
    r"\W{0,3}(?:\d{1,2}[.)] )?(?:the )?(?:(?:name of|nom du|nombre del) (?:the )?)?"
    r"(?P<role>[a-z][a-z-]{2,20}(?: [a-z-]{2,14})?)(?:\(e?s\)|/in|\(in\))?(?:'s)?(?: name)?"
    r" ?(?P<mark>:|\.{3,}|$|(?<= )[-\u2013\u2014](?= )) ?"
)
_OTHERS = re.compile(
    r"\b(?:architects?|engineers?|surveyors?|witness(?:es)?|notar\w*|solicitors?|attorneys?|counsel"
    r"|superintendents?|inspectors?|certifiers?|brokers?|mediators?|arbitrators?|auditors?|insurers?|makler\w*|zeug\w*|temoins?|testigos?)\b"
)
"""Those who act beside the parties: an architect certifies, a mediator decides."""
_OF_OTHER_SIDE = re.compile(r"[a-z]{3}(?:ee|or)$")
_DESCRIBED = re.compile(r" ?[,(;]| (?:of \d|A[BC]N|[A-Z]{3,4} )")
"""What follows a name: its address, a term, the number of a register."""
_MARKS = " .,;:_|"


def acts(role: str, folded: str) -> bool:
    """Return whether the sentences of a contract say what a role, in small letters, has to do."""
    word = role.removesuffix("s")
    start = folded.find(word)
    while start >= 0:
        end = start + len(word)
        is_word = not _SMALL_LETTER.match(folded, start - 1) if start else True
        if is_word and _HAS_TO.match(folded, end):
            return True
        if _GOES_ON.match(folded, end) and _AFTER_ARTICLE.search(folded, max(0, start - 6), start):
            return True
        start = folded.find(word, start + 1)
    return False


def _is_named(role: str, folded: str) -> bool:
    """Return whether the sentences of a contract have a word for one who has a role."""
    is_role = label_pattern("parties", "roles").fullmatch(role) or _OF_OTHER_SIDE.search(role)
    return bool(is_role and re.search(rf"\bthe {re.escape(role)}(?!\w| ?:)", folded))


def parties_acting(lines: Sequence[TextLine]) -> Finding | None:
    """Find the names beside labels, if the clauses say what two or more of them have to do."""
    found = acting_in(lines)
    names = unique(name for _, each in found.values() for name in each)
    if not _LEAST_PARTIES <= len(names) <= _MOST_PARTIES:
        return None
    place = next(iter(found.values()))[0]
    return place.finding("; ".join(names), _ACTING, f"are after {', '.join(found)}")


def acting_in(lines: Sequence[TextLine]) -> dict[str, tuple[TextLine, list[str]]]:
    """Return the labels of two or more who have to do something, each with its line and names.

    None of them if there is no name beside one.
    """
    text = " ".join(line.folded for line in lines)[:_SEARCHED_CHARS]
    places: dict[str, list[_Label]] = {}
    for label in _labels_in(lines[:_SEARCHED_LINES]):
        places.setdefault(label.role, []).append(label)
    found = {}
    for role in _roles_acting(places, text):
        named = [(each, _names_in(each.text)) for each in places[role]]
        label, names = next((each for each in named if each[1]), named[0])
        found[role] = (label.line, names)
    is_whole = len(found) >= _LEAST_PARTIES and all(names for _, names in found.values())
    return found if is_whole else {}


def _roles_acting(labeled: Mapping[str, Sequence["_Label"]], text: str) -> list[str]:
    """Return the labels of those who have to do something.

    Of two sides one may have nothing to do: "The Grantor grants the Grantee an option".
    """
    roles = [role for role, places in labeled.items() if _counts(role, places, text)]
    sides = _without_others([role for role in roles if acts(role, text) or _is_named(role, text)])
    acting = [role for role in sides if acts(role, text)]
    return sides if len(acting) == 1 and len(sides) == _LEAST_PARTIES else acting


def _without_others(roles: Sequence[str]) -> list[str]:
    """Return the roles without those who act beside the parties, as an architect does.

    Of two he is one of the parties.
    """
    is_more = len(roles) > _LEAST_PARTIES
    return [role for role in roles if not (is_more and _OTHERS.search(role))]


def _counts(role: str, places: Sequence["_Label"], text: str) -> bool:
    """Return whether sentences may have a label, which has a colon or at least a name beside it."""
    is_label = any(each.is_marked or _names_in(each.text) for each in places)
    return is_label and text.count(role.removesuffix("s")) > len(places)


@dataclass(frozen=True, slots=True)
class _Label:
    """A label in small letters, its line, and the text behind it or in the next cell."""

    role: str
    line: TextLine
    text: str
    is_marked: bool


def _labels_in(lines: Sequence[TextLine]) -> Iterator[_Label]:
    for line in lines:
        last = len(line.cells)
        for number in range(last + 1):
            start, end = line.cell(number)
            label = _LABEL.match(line.folded, start, end)
            if label is None:
                continue
            start = label.end()
            if start >= end and number < last:
                start, end = line.cell(number + 1)
            yield _Label(label["role"], line, line.text[start:end], bool(label["mark"]))


def _names_in(text: str) -> list[str]:
    """Return the names that begin a text and are all of it, but for a description of each."""
    parties = list(parties_from(text, fold(text), 0))
    if len(parties) == _LEAST_PARTIES and " " not in parties[0].name:
        # "Ann and Bob Fox" are two with one surname.
        whole = text[: parties[1].end].strip(_MARKS)
        parties = [replace(parties[1], name=whole)] if " and " in whole else parties
    if not parties or not all(_is_name(each.name) for each in parties):
        return []
    behind = text[parties[-1].end :].strip(_MARKS)
    is_described = _DESCRIBED.match(text, parties[-1].end) or has_form(parties[-1].name)
    return [each.name for each in parties] if not behind or is_described else []


def _is_name(name: str) -> bool:
    """Return whether a name has a legal form, or words that are no street, title or role."""
    folded = fold(name)
    if has_form(name) or label_pattern("company", "institutions").search(folded):
        return True
    is_other = any(
        label_pattern(section, kind).search(folded)
        for section, kind in (("parties", "titles"), ("company", "address"))
    )
    is_role = label_pattern("parties", "roles").fullmatch(folded)
    has_words = _LEAST_WORDS <= len(name.split()) <= _MOST_WORDS
    return has_words and not is_other and not is_role and len(key_of(name)) >= _LEAST_LETTERS
