"""Compose the names that go over several lines, and cut those that share theirs with an address."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from processors.values.issuer.blocks import piece_below, pieces_of
from processors.values.issuer.name_text import clean_name, is_no_name, is_town_with_code
from processors.values.legal_forms import end_of_form, is_address, is_form_alone
from processors.values.lines import TextLine, enclosing_box, fold, has_digit, label_pattern

# A sign at the head of a receipt whose words are below each other.
_SIGN_LINES = 6
_LEAST_SIGN_WORDS = 3
_LEAST_SIGN_CHARS = 8

_MOST_WORDS_JOINED = 4
"""Words of a line whose name may go on in the next."""
_ENDS_WITH_AND = re.compile(r"[a-z]{2}[^:]* (?:&|and|und|et|og|och)$")
_BEGINS_WITH_AND = re.compile(r"(?:&|and|und) [a-z]{3}")

# A name in large letters over two lines.
_LARGE = 1.5
"""Height of letters, in heights of the usual ones, that is a heading's or a logo's."""
_LARGE_LINES = 8
_LARGE_CAPITALS = 1.1
"""The same for capitals, which OCR encloses closely: no letter goes below the line."""
_LEAST_STEP = 0.85
"""Height of the line below a name in capitals, in heights of the name, at most."""
_SAME_HEIGHT = 0.12
"""Share by which the heights of two lines of one name differ at most."""
_MOST_LEADING = 0.9
"""Room between two lines of one name, in heights of a line."""

# The block of a signature, below the words that end a letter.
_SIGNATURE_LINES = 4
_PERSON = re.compile(
    r"(?:(?:dr|mr|mrs|ms|prof|i\. ?a|i\. ?v|ppa|p\.p)\.? )*"
    r"[^\W\d_]\S{0,20}(?: [^\W\d_]\S{0,20}){1,2}"
)
_SHORT_CLOSING = re.compile(r"(?:(?:all the )?best|cheers|(?:many )?thanks|thank you)[,.!]*")
_LETTER = re.compile(r"[^\W\d_]")
_DOMAIN = re.compile(r"(?:@|www\.)[a-z0-9.-]+")
_TITLE_OF_PERSON = re.compile(
    r"\b(?:head|chair\w*|president\w*|secretary|treasurer|officer|ceo|cfo|owner|leader|supervisor)\b"
)
_OFFICE_OF = re.compile(r"([a-z]{4,20}) (?:to|of|for) ")
_UNIT = re.compile(
    r"\b(?:department|dept\.?|team|division|desk|services?|office|buro|ufficio|[a-z]*abteilung)$"
)
"""The end of the name of a part of a company: "Claims Department"."""

_OFFICE = re.compile(
    r"\b(?:accounts?|payables?|finance|counsel|manager|director|treasurer|secretary|bookkeep\w+"
    r"|purchasing|procurement|billing|administration|office|dep(?:artmen)?t|team|owner|resident"
    r"|homeowner|buchhaltung|\w*verwaltung|einkauf|comptabilite|contabilidad|contabilita"
    r"|amministrazione|administratie|inkoop)\b"
)
"""Words of an office that reads a letter, and of nobody's name."""

_BETWEEN_TRADES = re.compile(r" [-\u2013|·•*/] ")
_LEAST_TRADES = 3
_BETWEEN_PARTS = re.compile(r" ?[·•⋅|*\u2013\u2014] ?| - |, ?")
_LEAST_PARTS, _MOST_PARTS = 3, 9


def with_forms_joined(lines: Sequence[TextLine]) -> Iterator[tuple[int, TextLine]]:
    """Yield the lines with their places; a legal form alone on its line joins the line before."""
    are_forms = [
        is_form_alone(line, fold(clean_name(line.folded.strip("() .,")))) for line in lines
    ]
    joined_to = -1
    for place, line in enumerate(lines):
        has_form_below = place + 1 < len(lines) and are_forms[place + 1]
        if joined_to == place:
            continue
        goes_on = place < _SIGN_LINES and _goes_on(line, lines[place + 1 : place + 2])
        joined_to = place + 1 if goes_on else joined_to
        if goes_on or (has_form_below and not end_of_form(line.text, line.folded)):
            form = lines[place + 1]
            joined = replace(
                line,
                text=f"{line.text} {form.text}",
                folded=f"{line.folded} {form.folded}",
            )
            yield place, joined
        elif place == 0 or not are_forms[place]:
            yield place, line


def _goes_on(line: TextLine, following: Sequence[TextLine]) -> bool:
    """Return whether a name goes on below a line that ends with "and", or begins with it there."""
    is_plain = not line.gaps and not any(each.gaps or has_digit(each.text) for each in following)
    # "Otter Ltd and" is the first of two.
    is_short = len(line.text.split()) <= _MOST_WORDS_JOINED
    is_other = end_of_form(line.text, line.folded) or is_no_name(line.folded, has_form=False)
    if not is_short or is_other:
        return False
    return is_plain and any(
        _ENDS_WITH_AND.search(line.folded)
        or (_BEGINS_WITH_AND.match(each.folded) and not _is_sentence(each))
        for each in following
    )


def _is_sentence(line: TextLine) -> bool:
    """Return whether a word behind the first one is small: "& bakery of the year"."""
    return any(word[0].islower() for word in line.text.split()[1:])


def sign_at_head(lines: Sequence[TextLine]) -> TextLine | None:
    """Join the words of a sign that are below each other at the head of a receipt."""
    words: list[str] = []
    for line in lines[:_SIGN_LINES]:
        first, _, rest = line.text.partition(" ")
        # The last word of the sign may have a number after it.
        is_last = bool(words and rest) and not any(map(str.isalpha, rest[:4]))
        if first.isalpha() and (is_last or not rest):
            words.append(first)
            if is_last:
                break
        elif words:
            break
    if len(words) < _LEAST_SIGN_WORDS or sum(map(len, words)) < _LEAST_SIGN_CHARS:
        return None
    text = " ".join(words)
    return replace(lines[0], text=text, folded=fold(text))


def signers(lines: Sequence[TextLine]) -> Iterator[int]:
    """Yield the numbers of lines with who signs a letter, and with the title below."""
    domains = [_letters_of(each) for line in lines for each in _DOMAIN.findall(line.folded)]

    def is_person(line: TextLine) -> bool:
        is_body = names_a_body(line.folded) or end_of_form(line.text, line.folded)
        is_domain = any(_letters_of(line.folded) in domain for domain in domains)
        return bool(_PERSON.fullmatch(line.folded)) and not (is_body or is_domain)

    for place, closing in enumerate(lines):
        end = label_pattern("company", "closings").match(closing.folded)
        rest = closing.folded[end.end() :] if end else closing.folded
        if rest.strip(" ,.!") and not _SHORT_CLOSING.fullmatch(closing.folded):
            continue
        below = lines[place + 1 : place + 3]
        signing = [line.number for line in below if is_person(line)]
        # Below a name is a title, and below a company who signs for it.
        yield from range(signing[0], below[-1].number + 1) if signing else ()


def signed_below(lines: Sequence[TextLine]) -> Iterator[TextLine]:
    """Yield the lines of signatures that are for whom a letter was signed, not by whom."""
    for closing in lines:
        end = label_pattern("company", "closings").match(closing.folded)
        # A mark may be behind the words, or nothing: "best regards from us all" is a sentence.
        if end is None or closing.folded[end.end() :].strip(" ,.!"):
            continue
        # A mark such as "--" may be above the address of who signed.
        signed = (each for each in lines[closing.number + 1 :] if _LETTER.search(each.folded))
        below = list(islice(signed, _SIGNATURE_LINES))
        for line in below[:1]:
            is_body = names_a_body(line.folded) and not _UNIT.search(line.folded)
            if is_body or end_of_form(line.text, line.folded):
                yield line
        yield from _below_signer(below, lines)


def _below_signer(below: Sequence[TextLine], lines: Sequence[TextLine]) -> Iterator[TextLine]:
    """Yield the lines of a signature that are the company of who signed above it, or a body."""
    for above, line in pairwise(below):
        is_title = _is_office(line.folded) or label_pattern("parties", "no_name").search(
            line.folded
        )
        if is_title or any(map(str.isdigit, line.folded)):
            continue
        # Below the name of a person there may be a profession that no list has.
        is_known = end_of_form(line.text, line.folded) or is_elsewhere(line, lines)
        if _PERSON.fullmatch(above.folded) and is_known:
            yield line
            return
        if names_a_body(line.folded):
            yield line


def _is_office(folded: str) -> bool:
    """Return whether a line says what somebody is: "Head of Sales", "Clerk to the Council"."""
    first = _OFFICE_OF.match(folded)
    is_body = first is not None and names_a_body(first.group(1))
    return _TITLE_OF_PERSON.search(folded) is not None or (first is not None and not is_body)


def is_elsewhere(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Return whether another line has the letters of this one, as text or in a web address."""
    name = _letters_of(line.folded)
    return any(name in _letters_of(other.folded) for other in lines if other.number != line.number)


def is_spelled_out(logo: str, folded: str) -> bool:
    """Return whether a name begins with the word of a logo, and goes on: "otter", "Otter Tiles"."""
    return logo.isalpha() and folded.startswith(f"{logo} ")


def _letters_of(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))


def names_a_body(folded: str) -> bool:
    """Return whether a text has a word of trades or institutions, or joins two names."""
    words = label_pattern("company", "trades", "institutions")
    return bool(words.search(folded) or " & " in folded)


def names_an_office(folded: str) -> bool:
    """Return whether a text is an office or a department, and no name: "Accounts Payable"."""
    return _OFFICE.search(folded) is not None


def is_large(line: TextLine, usual_height_pt: float) -> bool:
    """Return whether the letters of a line are a heading's; the usual height 0 is unknown."""
    if line.box is None or not usual_height_pt:
        return False
    return line.box[3] - line.box[1] >= _LARGE * usual_height_pt


def large_names_joined(
    lines: Sequence[TextLine], usual_height_pt: float
) -> Iterator[tuple[int, TextLine]]:
    """Yield two lines as one if both are as large as a logo and are below each other.

    So is a name of other letters that is whole in another line.
    """
    for place, (line, below) in enumerate(pairwise(lines[:_LARGE_LINES])):
        both = (line, below)
        following = lines[place + 2 : place + 3]
        are_large = all(is_large(each, usual_height_pt) for each in both)
        if not are_large and not _are_large_capitals(both, following, usual_height_pt):
            continue
        if any(each.gaps for each in both):
            continue
        if _is_title_or_town(below, lines):
            continue
        if line.text.isupper() == below.text.isupper() and _are_one_block(line, below):
            yield place, _joined(line, below)
    yield from _wrapped_in_columns(lines)


def _wrapped_in_columns(lines: Sequence[TextLine]) -> Iterator[tuple[int, TextLine]]:
    """Yield a name that goes on in the next line of its column, if another line has it whole."""
    for place, (line, below) in enumerate(pairwise(lines[:_LARGE_LINES])):
        for piece in pieces_of(line, place):
            rest = piece_below(piece, pieces_of(below, place + 1))
            is_name = rest.text[:1].isupper() and not has_digit(rest.text)
            if not is_name or is_address(rest.folded) or is_no_name(rest.folded, has_form=False):
                continue
            whole = f"{piece.line.folded} {rest.folded}"
            if any(whole in each.folded for each in lines if each not in (line, below)):
                yield place, _joined(piece.line, rest)


def _joined(line: TextLine, below: TextLine) -> TextLine:
    """Return two lines of a name as one."""
    boxes = [each.box for each in (line, below) if each.box]
    return replace(
        line,
        text=f"{line.text} {below.text}",
        folded=f"{line.folded} {below.folded}",
        box=enclosing_box(boxes) if boxes else None,
        words=(*line.words, *below.words),
    )


def _are_large_capitals(
    both: Sequence[TextLine], following: Sequence[TextLine], usual_height_pt: float
) -> bool:
    """Return whether two lines are capitals that are larger than the usual and the next line."""
    boxes = [each.box for each in (*both, *following) if each.box]
    if not usual_height_pt or len(boxes) <= len(both) or not all(e.text.isupper() for e in both):
        return False
    *heights, below = (box[3] - box[1] for box in boxes)
    least = min(heights)
    return least >= _LARGE_CAPITALS * usual_height_pt and below <= _LEAST_STEP * least


def _is_title_or_town(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Return whether a line is a title or the town of an address: large, but no part of a name."""
    is_town = any(
        other.folded.startswith(line.folded) and is_town_with_code(other.folded) for other in lines
    )
    return is_town or is_no_name(line.folded, has_form=False)


def _are_one_block(line: TextLine, below: TextLine) -> bool:
    """Return whether two lines are equally large, and aligned without room between them."""
    one, other = line.box, below.box
    if one is None or other is None:
        return False
    height, height_below = one[3] - one[1], other[3] - other[1]
    if abs(height - height_below) > _SAME_HEIGHT * height:
        return False
    is_left = abs(one[0] - other[0]) < height
    is_centered = abs(one[0] + one[2] - other[0] - other[2]) < 2 * height
    return (is_left or is_centered) and 0 <= other[1] - one[3] + height / 2 < (
        _MOST_LEADING + 0.5
    ) * height


def before_address(line: TextLine) -> TextLine | None:
    """Return the name before the street and the town on its line, None if there is no such line.

    So does small print at the foot name the issuer, and the window of an envelope its sender.
    """
    parts = _BETWEEN_PARTS.split(line.folded, maxsplit=_MOST_PARTS)
    first, rest = parts[0], parts[1:]
    if len(parts) < _LEAST_PARTS or any(map(str.isdigit, first)) or ":" in first:
        return None
    towns = [*rest[1:], *(f"{one}, {other}" for one, other in pairwise(rest[1:]))]
    has_street = any(any(map(str.isdigit, part)) for part in rest)
    if not has_street or not any(map(is_town_with_code, towns)):
        return None
    if is_address(first) or end_of_form(line.text, line.folded):
        return None
    return replace(line, text=line.text[: len(first)], folded=first, gaps=())


def is_list_of_trades(text: str) -> bool:
    """Return whether a text lists what somebody does: "Brakes - Tires - Exhausts"."""
    parts = _BETWEEN_TRADES.split(text.strip(" *|"))
    return len(parts) >= _LEAST_TRADES and not any(map(str.isdigit, text))
