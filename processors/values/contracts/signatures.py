"""Find who agrees with whom in the address of a letter and at signatures."""

import re
from collections.abc import Container, Iterator, Sequence

from pipeline.model import Finding
from processors.values.contracts.called import names_called
from processors.values.contracts.defined_terms import defined_as_role, key_of, unique
from processors.values.contracts.party_names import end_of_name, has_form
from processors.values.contracts.tokens import after_opener
from processors.values.lines import TextLine, fold, label_pattern

_LEAST_PARTIES, _MOST_PARTIES = 2, 12
_IN_LETTER, _SIGNED = 0.55, 0.5

# A signature, and the lines in which a letter addresses someone.
_SIGNED_BY = re.compile(r"(?:by|per|name|its|signature|signed|print name) ?:|/s/|_{6,}|by$")
_SIGNS_FOR = re.compile(
    r"(?:signed|executed|agreed|accepted)? ?(?:for(?: and on behalf of)?|on behalf of) "
)
_ON_BEHALF = re.compile(r"(?:^| )for and on behalf of (?=\S)")
_NAME_OF_SIGNER = re.compile(r"(?:printed |print |employee )?name ?: ?|(?:by ?: ?)?/s/ ?")
_NO_PERSON = re.compile(r"\b(?:name|signature|title|date|print(?:ed)?|address|company)\b")
_TO_SIGN_ON = re.compile(r"(?:_{6,}\s*)+")
_WITNESS = re.compile(
    r"\b(?:witness(?!eth| where)|notar(?!iz)|attest|presence|sworn|before me|zeug(?:e|in)\b|temoin"
    r"|testig)"
)
# What is below the name of someone who signs for another one.
_OFFICER = re.compile(
    r"(?:.* )?(?:director|officer|president|manager|chair\w*|secretary|treasurer|counsel|partner"
    r"|trustee|agent|c[efo]o)\b|authori[sz]ed|title|its |for |by |on behalf"
)
_SALUTATION = re.compile(r"(?:dear\b|ladies and gentlemen|gentlemen|sehr geehrte)")
_LEAST_WORDS, _MOST_WORDS = 2, 4
"""Words of the name of a person."""
_FIRST_PERSON = re.compile(r"\bmy employment\b|\bi (?:hereby )?(?:agree|understand|acknowledge)\b")
_SIGNATURE = re.compile(r"/s/ (?:[^/]*[ .])?([^\W\d_][\w\x27-]+)$")
_TO_OR_FROM = re.compile(r"(?:(to|an|para|aan)|(from|von|de|van)) ?: ?")
AT_SIGNATURES = "are named at signatures"
"""The reason of parties that are only those who sign, perhaps for others."""
SENT = "are after 'From:' and 'To:'"
"""The reason of parties that may only be who sends the agreement of others."""
_LETTER_LINES = 60
_ADDRESS_LINES = 9
_LINES_BEFORE_SIGNATURE = 3


def is_salutation(line: TextLine) -> bool:
    """Return whether a line addresses the reader of a letter."""
    return _SALUTATION.match(line.folded) is not None


def is_of_witness(line: TextLine) -> bool:
    """Return whether a line at a signature is of someone who sees it, such as a notary."""
    return _WITNESS.search(line.folded) is not None


def in_letter(lines: Sequence[TextLine], text: str) -> Finding | None:
    """Find whom a letter of agreement addresses, and whom it calls the company."""
    for line in lines[:_LETTER_LINES]:
        if not is_salutation(line):
            continue
        above = lines[max(0, line.number - _ADDRESS_LINES) : line.number]
        below = {each.folded for each in lines[line.number :]}
        called = [name for name in names_called(lines) if has_form(name)]
        # A letter that defines nobody is of the company that signs it first.
        senders = [defined_as_role(text), *called, *names_signed(lines), *_letterhead(lines, line)]
        addressed = _addressed(above, line)
        senders = [name for name in senders if name and key_of(name) not in addressed]
        defined = "".join(senders[:1])
        names = unique([_addressee(above, line, sender=defined, signed=below), defined])
        if len(names) < _LEAST_PARTIES:
            names = unique([*names, *called])[:_LEAST_PARTIES]
        if len(names) >= _LEAST_PARTIES:
            return line.finding("; ".join(names), _IN_LETTER, "are in the letter and its address")
    return _sent(lines)


def _addressed(above: Sequence[TextLine], salutation: TextLine) -> set[str]:
    """Return the keys of the names below the one that a letter greets, which address it."""
    named = [whole_name(line) for line in above]
    greeted = [
        any(_is_greeted(word, salutation) for word in fold(name).split()) and not has_form(name)
        for name in named
    ]
    return {key_of(name) for name in named[greeted.index(True) :]} if any(greeted) else set()


def _letterhead(lines: Sequence[TextLine], salutation: TextLine) -> Iterator[str]:
    """Yield the names of companies and the like above a letter whose sentences have them, too.

    On the first line any name is that of the sender.
    """
    text = key_of(" ".join(line.text for line in lines[salutation.number + 1 :]))
    for line in lines[: salutation.number]:
        name = whole_name(line)
        is_first = line.number == 0 and not label_pattern("parties", "titles").search(line.folded)
        if name and (is_first or _is_body(name)) and key_of(name) in text:
            yield name


def _sent(lines: Sequence[TextLine]) -> Finding | None:
    """Find who sends and who gets an agreement that names them behind "From:" and "To:".

    Between two people without a company or another body it is a note.
    """
    names: dict[int | None, str] = {}
    for line in lines[:_LETTER_LINES]:
        label = _TO_OR_FROM.match(line.folded)
        if label is None:
            continue
        below = lines[line.number + 1 : line.number + 2]
        has_name = label.end() < len(line.text.rstrip())
        found = [_name_at(line, label.end())] if has_name else [_name_at(each, 0) for each in below]
        names.setdefault(label.lastindex, "".join(found))
        known = [*filter(None, names.values())]
        if len(known) == _LEAST_PARTIES and any(map(_is_body, known)):
            return line.finding("; ".join(known), _IN_LETTER, SENT)
    return None


def _is_body(name: str) -> bool:
    """Return whether a name is of a company or of a city, club or the like."""
    return has_form(name) or label_pattern("company", "institutions").search(fold(name)) is not None


def _name_at(line: TextLine, position: int) -> str:
    start = after_opener(line.text, line.folded, position)
    return line.text[start : end_of_name(line.text, line.folded, start)].strip(" ,;:")


def _addressee(
    above: Sequence[TextLine], salutation: TextLine, *, sender: str, signed: Container[str]
) -> str:
    """Return whom a letter addresses: the company below a person's name, or the person.

    A name above the person is that of the sender, as it is on its paper. A clinic or a
    council that is at a signature as well needs no legal form.
    """
    person, company = "", ""
    for line in above:
        name = whole_name(line)
        is_role = label_pattern("parties", "roles").fullmatch(fold(name))
        if not name or is_role or key_of(name) == key_of(sender):
            continue
        if has_form(name) or (_is_body(name) and line.folded in signed):
            company = name
        elif any(_is_greeted(word, salutation) for word in fold(name).split()):
            person, company = name, ""
    return company or person


def _is_greeted(word: str, salutation: TextLine) -> bool:
    """Return whether a word of a name is in the salutation: the surname or a first name."""
    is_word = len(word.strip(".")) > 1
    return is_word and re.search(rf"\b{re.escape(word)}(?!\w)", salutation.folded) is not None


def whole_name(line: TextLine) -> str:
    """Return the name that fills a line, "" if it has another text."""
    return _whole(line.text, line.folded)


def _whole(text: str, folded: str) -> str:
    start = after_opener(text, folded, 0)
    end = end_of_name(text, folded, start)
    rest = text[end:].strip(" ,.:;")
    if not end or rest:
        return ""
    # In two columns of signatures, the left one may have only the role.
    role = label_pattern("parties", "roles").match(folded)
    if role and role.end() < end and text[: role.end()].isupper():
        start = role.end()
    return text[start:end].strip(" ,;:")


def _names_in_columns(line: TextLine) -> list[str]:
    """Return the names with a legal form that fill a line or the cells of it."""
    whole = whole_name(line)
    if whole or not line.cells:
        return [whole] if has_form(whole) else []
    cells = (line.cell(number) for number in range(len(line.cells) + 1))
    names = (_whole(line.text[start:end], line.folded[start:end]) for start, end in cells)
    return [name for name in names if has_form(name)]


def by_signatures(lines: Sequence[TextLine], text: str, *, role: str = "") -> Finding | None:
    """Find the names with a legal form above signatures, and whom the text calls the company.

    Who signs alone is a party only as the `role` that the opening leaves blank, if any.
    """
    found = unique([defined_as_role(text), *names_signed(lines), *_people_signed(lines)])
    if len(found) < _LEAST_PARTIES:
        person = signer(lines, role=role)
        found = unique([*found, person])
    if len(found) < _LEAST_PARTIES:
        return None
    return lines[-1].finding("; ".join(found[:_MOST_PARTIES]), _SIGNED, AT_SIGNATURES)


def those_who_sign(names: Sequence[str], lines: Sequence[TextLine]) -> list[str]:
    """Return the names that are at signatures, all of them unless two or more sign."""
    signed = {key_of(each) for each in names_signed(lines)}
    signing = [name for name in names if key_of(name) in signed]
    return signing if len(signing) >= _LEAST_PARTIES else list(names)


def names_signed(lines: Sequence[TextLine]) -> list[str]:
    """Return the names with a legal form above signatures."""
    names: list[str] = []
    for line in lines:
        behalf = _ON_BEHALF.search(line.folded)
        if _SIGNS_FOR.match(line.folded):
            names += _names_in_columns(line)
        elif behalf:
            name = _whole(line.text[behalf.end() :], line.folded[behalf.end() :])
            names += [name] if has_form(name) else []
        if not _SIGNED_BY.match(line.folded):
            continue
        above = lines[max(0, line.number - _LINES_BEFORE_SIGNATURE) : line.number]
        named = [found for each in above if (found := _names_in_columns(each))]
        names += named[-1] if named else []
    return names


def _people_signed(lines: Sequence[TextLine]) -> Iterator[str]:
    """Yield who has a name alone below a line to sign on, and signs for no company."""
    for line in lines[1:]:
        signed = lines[line.number - 1]
        if _TO_SIGN_ON.fullmatch(signed.folded) and not _signs_for_other(lines, signed):
            cells = (line.cell(number) for number in range(len(line.cells) + 1))
            names = (line.text[start:end].strip() for start, end in cells)
            yield from (name for name in names if _is_person(name.split()))


def _signs_for_other(lines: Sequence[TextLine], signed: TextLine) -> bool:
    """Return whether a witness signs on a line, or someone for the company above it."""
    above = lines[max(0, signed.number - _LINES_BEFORE_SIGNATURE) : signed.number]
    title = lines[signed.number + 2 : signed.number + 3]
    is_witness = any(_WITNESS.search(each.folded) for each in (*above[-1:], *title))
    is_officer = any(_OFFICER.match(each.folded) for each in title)
    return is_witness or is_officer or _is_below_company(above)


def _is_below_company(above: Sequence[TextLine]) -> bool:
    """Return whether a company is above a signature that nobody has signed for yet."""
    for line in reversed(above):
        if _SIGNED_BY.match(line.folded):
            return False
        if _names_in_columns(line):
            return True
    return False


def signer(lines: Sequence[TextLine], *, role: str = "") -> str:
    """Return who signed below a role such as "Employee" and not for a company.

    With a `role`, who signed below another one does not count.
    """
    wanted = fold(role).removeprefix("the ").strip(" .")
    in_column = _signer_in_column(lines, wanted) or _who_speaks(lines)
    if in_column:
        return in_column
    roles = label_pattern("parties", "roles")
    for line in reversed(lines):
        label = _NAME_OF_SIGNER.match(line.folded)
        words = line.text[label.end() :].split() if label else []
        if not _is_person(words):
            continue
        above = lines[max(0, line.number - _LINES_BEFORE_SIGNATURE) : line.number]
        for each in reversed(above):
            if has_form(whole_name(each)):
                break
            said = each.folded.strip(" :_").removesuffix(" signature").removesuffix("'s")
            if roles.fullmatch(said):
                if wanted in ("", said):
                    return " ".join(words)
                break
    return ""


def _who_speaks(lines: Sequence[TextLine]) -> str:
    """Return the printed name at the signature of someone who writes "I agree …"."""
    head = " ".join(line.folded for line in lines[:_LETTER_LINES])
    if not _FIRST_PERSON.search(head):
        return ""
    for line in lines[_LETTER_LINES // 4 :]:
        signed = _SIGNATURE.search(line.folded)
        below = lines[line.number + 1 : line.number + 1 + _LINES_BEFORE_SIGNATURE] if signed else ()
        for each in below:
            label = _NAME_OF_SIGNER.match(each.folded)
            name = each.text[label.end() if label else 0 :].strip()
            is_same = signed and fold(name).split()[-1:] == [signed.group(1)]
            if is_same and _is_person(name.split()):
                return name
    return ""


def _signer_in_column(lines: Sequence[TextLine], wanted: str) -> str:
    """Return the name beside or below the role of someone who signs for nobody else.

    If a role is wanted, others do not count.
    """
    for line in reversed(lines):
        for number in range(len(line.cells) + 1):
            start, end = line.cell(number)
            role = label_pattern("parties", "signers").match(line.folded, start)
            if role and role.end() <= end and wanted in ("", role.group()):
                name = _name_beside(line, role.end(), number) or _name_below(lines, line, number)
                if name:
                    return name
    return ""


def _name_beside(line: TextLine, start: int, number: int) -> str:
    """Return the name behind a role and its colon, perhaps in the next cell."""
    end = line.cell(number)[1]
    if line.text[start:end].strip() == ":" and number < len(line.cells):
        end = line.cell(number + 1)[1]
    name = line.text[start + 1 : end].strip() if line.text[start:].startswith(":") else ""
    return name if _is_person(name.split()) else ""


def _name_below(lines: Sequence[TextLine], role: TextLine, number: int) -> str:
    """Return the name below a role that is the heading of a column; companies have the others."""
    start, end = role.cell(number)
    if not role.cells or len(role.text[start:end].split()) > 1:
        return ""
    below = lines[role.number + 1 : role.number + 1 + _LINES_BEFORE_SIGNATURE]
    names = (_cell_text(each, number, columns=len(role.cells)) for each in below)
    return next((name for name in names if _is_person(name.split())), "")


def _cell_text(line: TextLine, number: int, *, columns: int) -> str:
    """Return the text in a column of a line with as many columns, without the mark of signing."""
    if len(line.cells) != columns:
        return ""
    start, end = line.cell(number)
    signed = _NAME_OF_SIGNER.match(line.folded, start)
    return line.text[signed.end() if signed else start : end].strip()


def _is_person(words: Sequence[str]) -> bool:
    """Return whether words may be the name of a person."""
    is_short = _LEAST_WORDS <= len(words) <= _MOST_WORDS
    is_name = is_short and all(word[0].isupper() and word[-1] not in ":," for word in words)
    whole = " ".join(words)
    return is_name and not _NO_PERSON.search(fold(whole)) and not has_form(whole)
