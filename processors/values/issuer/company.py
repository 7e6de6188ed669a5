"""Find the company that issued a document.

Every line of the first page that may be a name collects points: for its place, for a legal form,
and for what the rest of the page says about the name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from pipeline.model import Finding
from processors.values.legal_forms import (
    end_of_form,
    is_address,
    is_form_alone,
    is_long_form,
    repair_form,
)
from processors.values.lines import TextLine, fold, label_pattern

_TOP_LINES = 14
"""Lines from the top among which an issuer introduces itself."""
_SEARCHED_LINES = 160
"""Lines of the first page in which a name with a legal form is looked for."""
_BLOCK_LINES = 4
"""Lines of an address under "seller" or "bill to"."""
_LONE_LABEL_CHARS = 3
"""Characters after a label that is alone on its line."""

# What no name exceeds or falls short of.
_MOST_WORDS = 8
_LEAST_LETTERS = 3
_MOST_SHARE_OF_DIGITS = 0.3
_MOST_SMALL_WORDS = 2
"""Words that are not capitalized, such as "and" and "of"; more are a sentence."""

# Points. They are fitted to receipts and invoices whose issuer is known.
_AT_THE_TOP = 2.0
_PER_LINE = 0.22
_WITH_LEGAL_FORM = 3.0
_WITH_TRADE = 0.8
_LIKE_AN_ADDRESS = -2.5
_WITH_COMMA = -0.7
_REPEATED = 0.35
_MOST_REPEATS = 2
_NAME_OF_RECEIVER = -2.0
_NAME_IN_DOMAIN = 1.0
_NAMED_AS_SELLER = 1.5
_SHORTEST_FIRST_WORD = 4
"""Letters of a first word that is compared with domains: shorter ones are in any of them."""

_BASE_CONFIDENCE = 0.4
_CONFIDENCE_PER_POINT = 0.1
_MOST_CONFIDENCE = 0.92

# A sign at the head of a receipt whose words are below each other.
_SIGN_LINES = 6
_LEAST_SIGN_WORDS = 3
_LEAST_SIGN_CHARS = 8

# What is around a name on its line.
_NAME_LABEL = re.compile(
    r"^(?:name|firma|company|company name|nom|nombre|ragione sociale|naam)\s?:\s?"
)
_REGISTRATION_BEFORE = re.compile(
    r"^\W{0,2}(?:(?:co|company)?\W{0,2}(?:reg|registration)\W{0,2}no|roc|co no)"
    r"\W{0,5}[a-z0-9\-]{4,20}\W{1,3}(?=[a-z])"
)
_REGISTRATION_AFTER = re.compile(
    r" ?\(? ?(?:co\.? ?(?:reg\.?)? ?no\.? ?:? ?)?[A-Z]{0,3}\d{4,}[ .\-]?[A-Z0-9]{0,2} ?\)?\.?$",
    re.IGNORECASE,
)
_END_OF_NAME = re.compile(r" [|·•●*\u2013\u2014] |, ?(?=\d)| - (?=\d)|[•·●|]")
_SHEET = re.compile(
    r"(?:work)?(?:sheet|tabelle|feuil|feuille|hoja|foglio|blad|ark|arkusz|sep) ?\d{0,3}"
)
"""The name that a program gives to a sheet, and the word that names a separator ("sep=;")."""
_EDGES = " \t,;:|*_~=#\"'`\u00b4\u2018\u2019\u201c\u201d«»<>{}[]\\/"
_DOMAIN = re.compile(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9][a-z0-9\-]{2,40})\.[a-z]{2,10}")
_NO_LETTERS_OR_DIGITS = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A possible name with its points and the reasons for them."""

    name: str
    points: float
    reason: str
    line: TextLine
    has_long_form: bool


@dataclass(frozen=True, slots=True)
class _Page:
    """What the first page says about the parties: line numbers, domains, and folded texts."""

    lines: Sequence[TextLine]
    buyer_lines: frozenset[int]
    seller_lines: frozenset[int]
    domains: Sequence[str]
    text: str
    buyer_text: str


def find_company(lines: Sequence[TextLine], *, commercial: bool) -> Finding | None:
    """Find who issued the document.

    If it is not `commercial`, a name counts only with a legal form that nothing else looks like.
    """
    first_page = [line for line in lines if line.page == lines[0].page][:_SEARCHED_LINES]
    page = describe(first_page)
    candidates: list[_Candidate | None] = []
    for place, line in with_forms_joined(first_page):
        if line.number not in page.buyer_lines:
            candidates.append(_candidate_in(line, place, page))
    sign = sign_at_head(first_page)
    if sign:
        candidates.append(_candidate_in(sign, 0, page))

    usable = [
        each
        for each in candidates
        if each and each.points > 0 and (commercial or each.has_long_form)
    ]
    best = max(usable, key=lambda each: each.points, default=None)
    if best is None:
        return None
    start = max(0, best.line.text.find(best.name))
    return best.line.finding(
        best.name,
        min(_MOST_CONFIDENCE, _BASE_CONFIDENCE + _CONFIDENCE_PER_POINT * best.points),
        best.reason,
        start=start,
        end=start + len(best.name),
    )


def _candidate_in(line: TextLine, place: int, page: _Page) -> _Candidate | None:
    """Return the name in a line, with its points; None if the line has none."""
    start, label = start_of_name(line)
    start += len(line.text[start:]) - len(line.text[start:].lstrip(" :.-|"))
    text = repair_form(line.text[start:])
    folded = fold(text)
    form_end = end_of_form(text, folded)
    has_form = form_end > 0
    name = _clean(text[:form_end] if has_form else text)
    if not name or _is_prose(name) or is_no_name(fold(name), has_form=has_form):
        return None
    if not (has_form or place < _TOP_LINES or label):
        return None

    points, reason = points_of_line(fold(name), has_form=has_form, place=place)
    more, why = points_of_page(name, page)
    if label or line.number in page.seller_lines:
        more += _NAMED_AS_SELLER
        why += ", named as the seller"
    return _Candidate(
        name=name,
        points=points + more,
        reason=reason + why,
        line=line,
        has_long_form=has_form and is_long_form(fold(name).split()[-1]),
    )


def start_of_name(line: TextLine) -> tuple[int, str]:
    """Return the character at which a name begins, and the label before it, "" for none."""
    # "Owned by …" is within a line; "company name: …" and "seller: …" begin one.
    owner = label_pattern("company", "owned").search(line.folded)
    label = (
        owner
        or _NAME_LABEL.match(line.folded)
        or label_pattern("company", "seller").match(line.folded)
    )
    if label:
        rest = line.folded[label.end() :]
        has_colon = label.group().rstrip().endswith(":") or rest.lstrip().startswith(":")
        if rest.strip(" :.") and (owner or has_colon):
            return label.end(), label.group().strip(" :")

    # "Invoice: Smith Ltd": the title of the document is before the name.
    title = label_pattern("dates", "title").match(line.folded)
    if title and line.folded[title.end() : title.end() + 2].strip() in {".", ":", "-", "|"}:
        return title.end(), ""
    registration = _REGISTRATION_BEFORE.match(line.folded)
    return (registration.end() if registration else 0), ""


def _clean(text: str) -> str:
    """Return a name without marks around it, and without the number or address after it."""
    name = _END_OF_NAME.split(text.strip(_EDGES), maxsplit=1)[0]
    name = _REGISTRATION_AFTER.sub("", name).strip(_EDGES + "-")
    return name[:-1].rstrip() if name.endswith("(") else name


def _is_prose(text: str) -> bool:
    """Return whether a text is a piece of a sentence: names are capitalized."""
    words = [word for word in text.split() if word[:2].isalpha()]
    small = [word for word in words if word[0].islower()]
    is_all_small = len(small) > 1 and len(small) == len(words)
    return is_all_small or len(small) > _MOST_SMALL_WORDS


def is_no_name(folded: str, *, has_form: bool) -> bool:
    """Return whether a text cannot be the name of the issuer."""
    is_remark = folded.startswith("(") or "@" in folded or folded.endswith(":")
    if is_remark and not has_form:
        return True
    bare = folded.strip(" :.")
    labels = map(partial(label_pattern, "company"), ("seller", "buyer"))
    if any(pattern.fullmatch(bare) for pattern in chain(labels, (_SHEET,))):
        return True
    # A copyright line has a legal form, and is not about the issuer.
    is_exempt = has_form and "(c)" not in folded
    if not is_exempt and label_pattern("company", "never").search(folded):
        return True

    letters = sum(map(str.isalpha, folded))
    digits = sum(map(str.isdigit, folded))
    is_number = digits > _MOST_SHARE_OF_DIGITS * (letters + digits)
    return is_number or letters < _LEAST_LETTERS or len(folded.split()) > _MOST_WORDS


def points_of_line(folded: str, *, has_form: bool, place: int) -> tuple[float, str]:
    """Return the points for the place and the words of a name, and the reasons."""
    points = _AT_THE_TOP - _PER_LINE * min(place, _TOP_LINES)
    reason = f"line {place + 1} from the top"
    if has_form:
        return points + _WITH_LEGAL_FORM, f"{reason}, with a legal form"
    if label_pattern("company", "trades").search(folded):
        points += _WITH_TRADE
        reason += ", with the name of a trade"
    if is_address(folded):
        points += _LIKE_AN_ADDRESS
    if "," in folded:
        points += _WITH_COMMA
    return points, reason


def points_of_page(name: str, page: _Page) -> tuple[float, str]:
    """Return the points for what the rest of the page says about a name, and the reason."""
    folded = fold(name)
    compact = _NO_LETTERS_OR_DIGITS.sub("", folded)
    first_word = _NO_LETTERS_OR_DIGITS.sub("", folded.split()[0])
    is_long = len(first_word) >= _SHORTEST_FIRST_WORD
    points = _REPEATED * min(page.text.count(folded) - 1, _MOST_REPEATS)
    if is_long and re.search(rf"\b{first_word}\b", page.buyer_text):
        return points + _NAME_OF_RECEIVER, ", but the receiver has that name"
    for domain in page.domains:
        bare = domain.replace("-", "")
        if bare in compact or (is_long and first_word in bare):
            return points + _NAME_IN_DOMAIN, f", and its web address is {domain}"
    return points, ""


def describe(lines: Sequence[TextLine]) -> _Page:
    """Collect what the first page says about the parties."""
    numbers: dict[str, set[int]] = {"buyer": set(), "seller": set()}
    # A label is followed by its block of lines; the name may be on the line of the label.
    lines_left, kind = 0, "buyer"
    for line in lines:
        for each, separators in (("seller", {"", ":"}), ("buyer", {"", ":", " ", ".", "/"})):
            label = label_pattern("company", each).match(line.folded)
            if label and line.folded[label.end() : label.end() + 1] in separators:
                rest = line.folded[label.end() :].strip(" :.")
                kind = each
                lines_left = _BLOCK_LINES + 1 if len(rest) <= _LONE_LABEL_CHARS else 1
        if lines_left > 0:
            numbers[kind].add(line.number)
            lines_left -= 1

    # The first line is the issuer's, whatever it is called.
    buyer_lines = frozenset(numbers["buyer"] - {0})
    text = "\n".join(line.folded for line in lines)
    return _Page(
        lines=lines,
        buyer_lines=buyer_lines,
        seller_lines=frozenset(numbers["seller"]),
        domains=tuple(dict.fromkeys(_DOMAIN.findall(text))),
        text=text,
        buyer_text="\n".join(line.folded for line in lines if line.number in buyer_lines),
    )


def with_forms_joined(lines: Sequence[TextLine]) -> Iterator[tuple[int, TextLine]]:
    """Yield the lines with their places; a legal form alone on its line joins the line before."""
    are_forms = [is_form_alone(line, fold(_clean(line.folded.strip("() .,")))) for line in lines]
    for place, line in enumerate(lines):
        has_form_below = place + 1 < len(lines) and are_forms[place + 1]
        if has_form_below and not end_of_form(line.text, line.folded):
            form = lines[place + 1]
            joined = replace(
                line,
                text=f"{line.text} {form.text}",
                folded=f"{line.folded} {form.folded}",
            )
            yield place, joined
        elif place == 0 or not are_forms[place]:
            yield place, line


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
