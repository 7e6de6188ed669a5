"""Find the parties of a document: who agrees with whom, and whose paper it is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from pipeline.model import Finding
from processors.values.candidates import with_others
from processors.values.contracts.opening import (
    listed,
    parties_elsewhere,
    parties_in_opening,
    span_of_list,
)
from processors.values.contracts.signatures import those_who_sign
from processors.values.lines import TextLine, label_pattern
from processors.values.receiver.labeled_names import (
    LINES_BELOW,
    LONE_LABEL_CHARS,
    NAME_LABEL,
    NUMBER_OF_PARTY,
    SEARCHED_LINES,
    LabeledName,
    is_name,
    label_in,
    name_below,
    name_up_to_label,
)

_LEAST_PARTIES = 2
_MOST_LABELED = 6

# The name at the head of a resume.
_HEAD_LINES = 6
_LEAST_WORDS, _MOST_WORDS = 2, 4
_PERSON_WORD = re.compile(r"[^\W\d_][^\W\d_.'\u2019\-]{0,24}\.?")


def find_parties(lines: Sequence[TextLine]) -> Finding | None:
    """Find the parties of a contract: "between … and …", or the names after roles like tenant."""
    ranked = _ranked_parties(lines)
    best = next(ranked, None)
    return with_others(best, ranked) if best else None


def _ranked_parties(lines: Sequence[TextLine]) -> Iterator[Finding]:
    yield from parties_in_opening(lines)

    titles = label_pattern("parties", "titles")
    named = [
        each
        for each in (*_names_after(lines, "contract"), *_names_below_roles(lines))
        # Who signs for a party is not the party.
        if not titles.search(each.folded) and not each.line.folded.startswith("signed")
    ][:_MOST_LABELED]
    names = list(dict.fromkeys(name for each in named for name in listed(each.text)))
    roles = list(dict.fromkeys(each.label for each in named))
    # "Tenant: Ann Fox and Bob Orr" names one side alone.
    if min(len(names), len(roles)) >= _LEAST_PARTIES:
        parties = "; ".join(those_who_sign(names, lines))
        yield named[0].line.finding(parties, 0.65, f"are after {', '.join(roles)}")
    yield from parties_elsewhere(lines)


def find_person(lines: Sequence[TextLine], *, resume: bool) -> Finding | None:
    """Find whose paper it is: the name after "name", or after "surname" and "given names".

    The name of its owner is at the head of a resume.
    """
    at_head = name_at_head(lines) if resume else None
    if at_head:
        return at_head
    full = next(_names_after(lines, "person"), None)
    if full:
        return full.finding(0.65)

    surname = next(_names_after(lines, "surname"), None)
    given = next(_names_after(lines, "given"), None)
    if surname is None or given is None:
        return None
    return surname.line.finding(
        f"{given.text} {surname.text}",
        0.7,
        f"is after '{given.label}' and '{surname.label}'",
    )


def _names_after(lines: Sequence[TextLine], kind: str) -> Iterator[LabeledName]:
    """Yield the names after labels of a kind, on the same line or below."""
    for line in lines[:SEARCHED_LINES]:
        label = label_in(line, kind)
        if label is None:
            continue
        name = name_up_to_label(line, label.end(), label.group())
        if kind == "contract":
            # "Club: Rill Association Incorporated (no. 11) of 2 Fell Row": the names are enough.
            start, end = span_of_list(name.text)
            name = replace(name, start=name.start + start, end=name.start + end)
        if is_name(name.text):
            yield name
        elif len(name.text) <= LONE_LABEL_CHARS and not line.text.endswith("."):
            below = lines[line.number + 1 : line.number + 1 + LINES_BELOW]
            named = next((each for each in below if not NUMBER_OF_PARTY.match(each.folded)), None)
            found = name_below(named, label.group()) if named else None
            if found:
                yield found


def _names_below_roles(lines: Sequence[TextLine]) -> Iterator[LabeledName]:
    """Yield the names behind "Name:" below a line that is nothing but a role."""
    roles = label_pattern("parties", "roles")
    for line, below in pairwise(lines[:SEARCHED_LINES]):
        role = line.folded.strip(" :.").removeprefix("the ")
        if roles.fullmatch(role) and NAME_LABEL.match(below.folded):
            name = name_below(below, role)
            yield from [name] if name else []


def name_at_head(lines: Sequence[TextLine]) -> Finding | None:
    """Find a line of two to four capitalized words at the head of a resume."""
    no_names = label_pattern("parties", "no_name")
    for line in lines[:_HEAD_LINES]:
        words = line.text.split()
        if not _LEAST_WORDS <= len(words) <= _MOST_WORDS:
            continue
        is_name = all(_PERSON_WORD.fullmatch(word) and word[0].isupper() for word in words)
        if is_name and not no_names.search(line.folded):
            reason = f"line {line.number + 1} of a resume is a name"
            return line.finding(line.text, 0.75, reason)
    return None
