"""Find parties by what clauses make them do: "Stallholder: Ann Fox", "The Stallholder shall pay".

No list has every word that contracts call their parties; whoever pays, agrees or grants is one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

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
_ARTICLE = r"(?:der|die|das|dem|den|des|le|la|les|el|los|il|lo|de|het|al|du|aux?) "
_LABEL = re.compile(
    r"\W{0,3}(?:\d{1,2}[.)] )?(?:the )?(?:(?:name of|nom du|nombre del) (?:the )?)?"
    r"(?P<role>[a-z][a-z-]{2,20}(?: [a-z-]{2,14})?)(?:\(e?s\)|/in|\(in\))?(?:'s)?(?: name)?"
    r" ?(?P<mark>:|\.{3,}|$) ?"
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
    word = re.escape(role.removesuffix("s"))
    does = re.search(rf"(?<![a-z]){word}(?:s|\(s\))?{_DUTY}", folded)
    return bool(does or re.search(rf"(?<![a-z]){_ARTICLE}{word}s? [a-z]", folded))


def _is_named(role: str, folded: str) -> bool:
    """Return whether the sentences of a contract have a word for one who has a role."""
    is_role = label_pattern("parties", "roles").fullmatch(role) or _OF_OTHER_SIDE.search(role)
    return bool(is_role and re.search(rf"\bthe {re.escape(role)}(?!\w| ?:)", folded))


def parties_acting(lines: Sequence[TextLine]) -> Finding | None:
    """Find the names beside labels, if the clauses say what two or more of them have to do.

    None if there is no name beside the label of one who has to do something.
    """
    text = " ".join(line.folded for line in lines)[:_SEARCHED_CHARS]
    labeled: dict[str, tuple[TextLine, list[str]]] = {}
    for role, line, names in _labels_in(lines[:_SEARCHED_LINES]):
        if not labeled.get(role, (line, []))[1]:
            labeled[role] = (line, names)
    roles = _roles_acting(labeled, text)
    names = unique(name for role in roles for name in labeled[role][1])
    is_whole = all(labeled[role][1] for role in roles) and len(roles) >= _LEAST_PARTIES
    if not is_whole or not _LEAST_PARTIES <= len(names) <= _MOST_PARTIES:
        return None
    place = labeled[roles[0]][0]
    return place.finding("; ".join(names), _ACTING, f"are after {', '.join(roles)}")


def _roles_acting(labeled: Iterable[str], text: str) -> list[str]:
    """Return the labels of those who have to do something.

    Of two sides one may have nothing to do: "The Grantor grants the Grantee an option".
    """
    roles = [role for role in labeled if not _OTHERS.search(role)]
    acting = [role for role in roles if acts(role, text)]
    others = [role for role in roles if role not in acting and _is_named(role, text)]
    return [*acting, *others] if len(acting) == len(others) == 1 else acting


def _labels_in(lines: Sequence[TextLine]) -> Iterator[tuple[str, TextLine, list[str]]]:
    """Yield each label in small letters, its line, and the names behind it or in the next cell.

    A label without a colon counts only with a name.
    """
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
            names = _names_in(line.text[start:end])
            if names or label["mark"]:
                yield label["role"], line, names


def _names_in(text: str) -> list[str]:
    """Return the names that begin a text and are all of it, but for a description of each."""
    parties = list(parties_from(text, fold(text), 0))
    if not parties or not all(_is_name(each.name) for each in parties):
        return []
    behind = text[parties[-1].end :].strip(_MARKS)
    is_described = _DESCRIBED.match(text, parties[-1].end) or has_form(parties[-1].name)
    return [each.name for each in parties] if not behind or is_described else []


def _is_name(name: str) -> bool:
    """Return whether a name has a legal form, or words that are no street, title or role."""
    if has_form(name):
        return True
    folded = fold(name)
    is_other = any(
        label_pattern(section, kind).search(folded)
        for section, kind in (("parties", "titles"), ("company", "address"))
    )
    is_role = label_pattern("parties", "roles").fullmatch(folded)
    has_words = _LEAST_WORDS <= len(name.split()) <= _MOST_WORDS
    return has_words and not is_other and not is_role and len(key_of(name)) >= _LEAST_LETTERS
