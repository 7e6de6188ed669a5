"""Find the parties of what one side alone declares: a release, a power of attorney, a note, a deed.

Such a sentence has no "between": "Ann Fox hereby appoints Bob Orr", "promises to pay Rill Bank".
"""

import re
from collections.abc import Iterator, Sequence

from pipeline.model import Finding
from processors.values.contracts.defined_terms import resolved, unique
from processors.values.contracts.party_list import parties_from
from processors.values.contracts.party_names import end_of_name, has_form
from processors.values.contracts.tokens import after_opener
from processors.values.lines import TextLine, fold, label_pattern

_SEARCHED_CHARS = 4_000
_CHARS_BEFORE = 500
"""Characters from who declares something to the word that says what."""
_LEAST_PARTIES = 2
_LEAST_WORDS, _MOST_WORDS = 2, 5
"""Words of the name of a person."""
_DECLARED = 0.6

_LINK = r"(?:,? (?:and|do(?:es)? hereby|hereby|forever|fully))*,? "
_RELEASE = r"(?:remise|release|acquit|waive|discharge)s?" + _LINK
_APPOINT = r"(?:make|constitute|appoint|designate|nominate|ordain|name)s?" + _LINK
_CONVEY = (
    r"(?:grant|bargain|sell|convey|quitclaim|assign|transfer|deliver|warrant|set over)s?" + _LINK
)
_SAYS = re.compile(
    r"(?<![a-z])(?:(?:hereby|do(?:es)?) (?:(?:and|hereby|forever|fully|irrevocably|unconditionally"
    r"|absolutely|jointly|severally),? )*"
    rf"(?:(?:{_RELEASE})+|(?:{_APPOINT})+|guarant(?:ee|ie)s? (?:un)?to |(?:{_CONVEY})+(?:un)?to )"
    rf"|(?:{_RELEASE}){{2,}}|(?:{_APPOINT}){{2,}}|(?:{_CONVEY}){{2,}}(?:un)?to "
    r"|appoints? (?=[^.;]{3,120}? (?:as|to be) (?:my|our|his|her|its|their) )"
    r"|(?:have |has )?borrow(?:ed|s)? (?:[^.;]{2,60}? )?from "
    r"|(?:agrees?|undertakes?|promises?) to (?:lend|loan|sell|let|lease)(?=[ (\u00a3$\u20ac])"
    r"[^.;]{0,90}? to (?=[^\W\d_])"
    r"|promises? (?:and agrees? )?to pay (?:to )?(?:the order of )?)"
)
"""The verbs of a declaration, behind which the other side is named."""
_RELATIVE = re.compile(
    r"(?:my|his|her|our|their) (?:[a-z]+ )?(?:wife|husband|spouse|son|daughter|brother|sister"
    r"|mother|father|nephew|niece|cousin|friend|partner|attorney)(?:-in-law)?,? "
)
_OTHERS_END = re.compile(
    r",? (?:from|as|all|any|with|for|whose|or order|residing|of \d"
    r"|to (?:be|act|sign|sell|manage|do)|the (?:sum|principal|payment|full|following|prompt)"
    r"|(?:and )?each of them|(?:and )?(?:his|her|its|my|our|their) )"
)
"""What follows the names of the other side."""
_MAKER = re.compile(
    r"(?:presents|received|consideration)[^;.]{0,80}?[,:]?(?: that)?,? |undersigned(?: [a-z]+)?,? "
    r"|(?<![a-z])(?:i|we), |(?<![a-z])(?:grantor|principal|releasor|guarantor|maker)s?[,:] "
)
"""What announces who declares something."""
_SENTENCE = re.compile(r"(?<=\. )(?=[a-z])")
_DESCRIBED = re.compile(
    r",? \((?:the |[\"\u201c\u201e])|, (?:an? |of |as |being |born |residing |who |his |her |the )"
)
"""What follows the name of a person: "Ann Fox, of Ely". A town has its state there."""
_WE = re.compile(r"(?<![a-z])(?:we|i|wir|ich|nous), (?=[^\W\d_])")
_YOU = re.compile(r"(?<![a-z])(?:you|sie|ihnen|vous), (?=[^\W\d_])")
_IS = re.compile(r"(?<!\w)[Tt]he (\w{4,14}(?: [a-z]{4,10})?) (?:is|are) (?=[^\W\d_a-z][^\W\d_A-Z])")
_END_OF_NAMES = re.compile(r" \(|, (?:husband|whose|which|an? )")
_CAPITAL = re.compile(r"[^\W\d_a-z]")


def parties_declared(lines: Sequence[TextLine]) -> Finding | None:
    """Find who declares something and to whom, if the text names both."""
    text = " ".join(line.text for line in lines)[:_SEARCHED_CHARS]
    folded = fold(text)
    starts = _starts_of(lines)
    for said in _SAYS.finditer(folded):
        maker = _maker_before(text, folded, starts, said.start())
        others = list(_others_behind(text, folded, said.end()))
        names = unique(filter(None, (resolved(name, text) for name in (maker, *others))))
        if maker and len(names) >= _LEAST_PARTIES:
            line = max((each for each in starts if each <= said.start()), default=0)
            place = lines[starts.index(line)] if line in starts else lines[0]
            reason = f"are around '{said.group().strip()}'"
            return place.finding("; ".join(names), _DECLARED, reason)
    return None


def parties_speaking(lines: Sequence[TextLine]) -> Finding | None:
    """Find the names behind "we" and "you": "We, Rill Ltd, agree to paint for you, Ann Fox"."""
    text = " ".join(line.text for line in lines)[:_SEARCHED_CHARS]
    folded = fold(text)
    sides = [
        [name for said in side.finditer(folded) for name in _apposed(text, folded, said.end())]
        for side in (_WE, _YOU)
    ]
    if not all(sides):
        return None
    names = unique(name for side in sides for name in side)
    return lines[0].finding("; ".join(names), _DECLARED, "are named behind 'we' and 'you'")


def _apposed(text: str, folded: str, position: int) -> list[str]:
    """Return the names between a pronoun with its comma and the next comma."""
    start = after_opener(text, folded, position)
    comma = text.find(",", end_of_name(text, folded, start) or len(text))
    if comma < 0:
        return []
    parties = list(parties_from(text[:comma], folded[:comma], position))
    is_whole = bool(parties) and not text[parties[-1].end : comma].strip(" .")
    return (
        [each.name for each in parties] if is_whole and all(each.name for each in parties) else []
    )


def parties_by_role(lines: Sequence[TextLine]) -> Finding | None:
    """Find the names in sentences that say who has a role: "The trustee is Rill, Inc."."""
    text = " ".join(line.text for line in lines)[:_SEARCHED_CHARS]
    folded = fold(text)
    roles = label_pattern("parties", "roles")
    names: list[str] = []
    for said in _IS.finditer(text):
        if roles.fullmatch(fold(said[1])):
            stop = _END_OF_NAMES.search(text, said.end())
            ends = stop.start() if stop else len(text)
            parties = parties_from(text[:ends], folded[:ends], said.end())
            # "The tenant is Responsible" names nobody.
            names += [
                each.name
                for each in parties
                if _CAPITAL.match(each.name) and (has_form(each.name) or " " in each.name)
            ]
    names = unique(filter(None, (resolved(name, text) for name in names)))
    if len(names) < _LEAST_PARTIES:
        return None
    return lines[0].finding("; ".join(names), _DECLARED, "are who the sentences say has a role")


def _starts_of(lines: Sequence[TextLine]) -> list[int]:
    """Return where each line begins in the text of all."""
    starts, position = [], 0
    for line in lines:
        starts.append(position)
        position += len(line.text) + 1
    return starts


def _maker_before(text: str, folded: str, starts: Sequence[int], stop: int) -> str:
    """Return who declares something: the last name at the start of a line, or behind "I, "."""
    floor = max(0, stop - _CHARS_BEFORE)
    announced = {each.end() for each in _MAKER.finditer(folded, floor, stop)}
    begun = {each.start() for each in _SENTENCE.finditer(folded, floor, stop)}
    begun |= {each for each in starts if floor <= each < stop}
    for place in sorted(announced | begun, reverse=True):
        start = after_opener(text, folded, place)
        end = end_of_name(text, folded, start)
        name = text[start:end].strip(" ,;:")
        if not end or end > stop:
            continue
        # A line or sentence may begin with anything, such as the town of an address.
        may_be_person = place in announced or _DESCRIBED.match(folded, end) is not None
        if _is_party(name, text[end : end + 2], may_be_person=may_be_person):
            return name
    return ""


def _is_party(name: str, behind: str, *, may_be_person: bool) -> bool:
    """Return whether a name is of a company or of someone, and not the end or a title of a line."""
    folded = fold(name)
    is_title = label_pattern("parties", "titles").search(folded) is not None
    if is_title or label_pattern("parties", "roles").fullmatch(folded):
        return False
    if has_form(name):
        return True
    has_words_of_person = _LEAST_WORDS <= len(name.split()) <= _MOST_WORDS
    return may_be_person and has_words_of_person and not name.isupper() and behind[:1] in ", ("


def _others_behind(text: str, folded: str, position: int) -> Iterator[str]:
    """Yield the names of the other side."""
    relative = _RELATIVE.match(folded, position)
    start = relative.end() if relative else position
    first = end_of_name(text, folded, after_opener(text, folded, start))
    ends = _OTHERS_END.search(folded, first) if first else None
    stop = ends.start() if ends else len(text)
    for party in parties_from(text[:stop], folded[:stop], start):
        if party.name and _CAPITAL.match(party.name):
            yield party.name
