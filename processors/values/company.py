"""The company that issued the document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.model import Finding
from processors.values.lines import TextLine, fold, label_pattern, word_lists

_TOP = 14
"""Lines from the top among which an issuer introduces itself."""
_SEARCHED = 160
"""Lines of the first page in which a name with a legal form is looked for."""
_BLOCK = 4
"""Lines of an address under "seller" or "bill to"."""
_MOST_WORDS = 8
_MOSTLY_DIGITS = 0.3
_LONG_FORM = 3
"""Letters of a legal form that can stand alone on its line."""
_FORM = "legal form"
_REGISTRATION = re.compile(
    r" ?\(? ?(?:co\.? ?(?:reg\.?)? ?no\.? ?:? ?)?[A-Z]{0,3}\d{4,}[ .\-]?[A-Z0-9]{0,2} ?\)?\.?$",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^\W{0,2}(?:(?:co|company)?\W{0,2}(?:reg|registration)\W{0,2}no|roc|co no)\W{0,5}[a-z0-9\-]{4,20}\W{1,3}(?=[a-z])"
)
_CUT = re.compile(r" [|·•●*\u2013\u2014] |, ?(?=\d)| - (?=\d)|[•·●|]")
_BETWEEN = re.compile(r"[ .,&]{0,3}(?:\([a-z .]{1,12}\))?[ .,&]{0,3}")
"""What may stand between two legal forms, as in "Co. (M) Bhd"."""
_NAME_LABEL = re.compile(
    r"^(?:name|firma|company|company name|nom|nombre|ragione sociale|naam)\s?:\s?"
)
_EDGES = " \t,;:|*_~=#\"'`\u00b4\u2018\u2019\u201c\u201d«»<>{}[]\\/"
_DOMAIN = re.compile(r"(?:@|www\.|https?://(?:www\.)?)([a-z0-9][a-z0-9\-]{2,40})\.[a-z]{2,10}")


@dataclass(frozen=True, slots=True)
class Name:
    """A possible name with the points that speak for it."""

    text: str
    score: float
    reason: str
    line: TextLine


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rest of the document says about its parties: line numbers, web names, and all its text folded."""

    buyers: frozenset[int]
    sellers: frozenset[int]
    domains: frozenset[str]
    text: str
    buyer_text: str


@cache
def _suffix() -> re.Pattern[str]:
    found = sorted(word_lists()["company"]["suffixes"], key=len, reverse=True)
    body = "|".join(r"[ .]{0,2}".join(map(re.escape, word.rstrip(".").split())) for word in found)
    return re.compile(rf"(?<![a-z0-9.])(?:{body})(?![a-z0-9])\.?\)?")


def _clean(text: str) -> str:
    name = _CUT.split(text.strip(_EDGES), maxsplit=1)[0]
    name = _REGISTRATION.sub("", name).strip(_EDGES + "-")
    return name[:-1].rstrip() if name.endswith("(") else name


def _is_form(text: str, folded: str, match: re.Match[str]) -> bool:
    """Tell a legal form from a word or unit that looks like one: short forms are capitals after a word."""
    if match.start() < 2 or sum(char.isalpha() for char in folded[: match.start()]) < 2:  # noqa: PLR2004 - no name before it
        return False
    form = match.group().strip(".)")
    before = folded[: match.start()].rstrip(" .,")[-1:]
    capitals = text[match.start() : match.start() + 2].isupper() and not (
        before.isdigit() or before == "("
    )
    return len(form) >= _LONG_FORM or capitals


def _cut_after_suffix(text: str, folded: str) -> tuple[str, bool]:
    """End a name at its legal form, or at the last of several in a row; say whether it has one."""
    end = 0
    street = folded[:1].isdigit() and _is_address(folded)
    for match in () if street else _suffix().finditer(folded):
        long = len(match.group().strip(".)")) >= _LONG_FORM
        another = end > 0 and long and _BETWEEN.fullmatch(folded, end, match.start()) is not None
        if another or (not end and _is_form(text, folded, match)):
            end = match.end()
    return (text[:end], True) if end else (text, False)


def _is_suffix_alone(line: TextLine) -> bool:
    bare = line.folded.strip("() .,")
    match = _suffix().match(bare)
    whole = bool(
        match
        and match.end() >= len(fold(_clean(bare)))
        and len(match.group().strip(".")) >= _LONG_FORM
    )
    return bare not in {"company", "enterprise", "limited liability"} and (
        whole or _is_bracketed_form(line)
    )


def _is_bracketed_form(line: TextLine) -> bool:
    """Recognise the second half of a name: "(PLACE) SDN BHD"."""
    close = line.folded.find(")")
    rest = line.folded[close + 1 :].strip()
    return line.folded.startswith("(") and close > 0 and bool(_suffix().match(rest))


def _refused(folded: str, *, has_suffix: bool) -> bool:
    if (folded.startswith("(") or "@" in folded or folded.endswith(":")) and not has_suffix:
        return True
    if any(
        label_pattern("company", kind).fullmatch(folded.strip(" :."))
        for kind in ("seller", "buyer")
    ):
        return True
    if label_pattern("company", "never").search(folded) and not (
        has_suffix and "(c)" not in folded
    ):
        return True
    letters = sum(char.isalpha() for char in folded)
    digits = sum(char.isdigit() for char in folded)
    too_long = len(folded.split()) > _MOST_WORDS
    return letters < 3 or too_long or digits > _MOSTLY_DIGITS * (letters + digits)  # noqa: PLR2004 - shorter than a name


def _is_prose(text: str) -> bool:
    """Recognise a piece of a sentence: names are capitalised."""
    said = [word for word in text.split() if word[:2].isalpha()]
    small = [word for word in said if word[0].islower()]
    return len(small) > 2 or (len(small) > 1 and len(small) == len(said))  # noqa: PLR2004 - "and", "of" and the like


def _is_address(folded: str) -> bool:
    match = label_pattern("company", "address").search(folded)
    return bool(match and (match.start() == 0 or any(char.isdigit() for char in folded)))


def _score(folded: str, *, has_suffix: bool, place: int) -> tuple[float, str]:
    score, reason = 2.0 - 0.22 * min(place, _TOP), f"line {place + 1} from the top"
    if has_suffix:
        score, reason = score + 3.0, f"{reason}, with a {_FORM}"
    elif label_pattern("company", "trades").search(folded):
        score, reason = score + 0.8, f"{reason}, with a trade's word"
    if _is_address(folded) and not has_suffix:
        score -= 2.5
    if "," in folded and not has_suffix:
        score -= 0.7
    return score, reason


def _support(name: str, around: Surroundings) -> tuple[float, str]:
    """Count what the rest of the document adds: the same name again, or in a web or e-mail address."""
    folded = fold(name)
    compact = re.sub(r"[^a-z0-9]", "", folded)
    score, reason = 0.35 * min(around.text.count(folded) - 1, 2), ""
    head = re.sub(r"[^a-z0-9]", "", folded.split()[0])
    if len(head) > 3 and re.search(rf"\b{head}\b", around.buyer_text):  # noqa: PLR2004 - shorter words are in any address
        return score - 2.0, ", but the receiver has that name"
    for domain in around.domains:
        bare = domain.replace("-", "")
        if bare in compact or (len(head) > 3 and head in bare):  # noqa: PLR2004 - shorter words are in any address
            return score + 1.0, f", and its web address is {domain}"
    return score, reason


def _start_of(line: TextLine) -> tuple[int, str]:
    """Return where a name begins behind a label, and the label."""
    within = label_pattern("company", "owned").search(line.folded)
    label = (
        within
        or _NAME_LABEL.match(line.folded)
        or label_pattern("company", "seller").match(line.folded)
    )
    rest = line.folded[label.end() :] if label else ""
    if (
        label
        and rest.strip(" :.")
        and (within or label.group().rstrip().endswith(":") or rest.lstrip().startswith(":"))
    ):
        return label.end(), label.group().strip(" :")
    title = label_pattern("dates", "title").match(line.folded)
    if title and line.folded[title.end() : title.end() + 2].strip() in {".", ":", "-", "|"}:
        return title.end(), ""
    leading = _LEADING.match(line.folded)
    return (leading.end() if leading else 0), ""


def _name_of(line: TextLine, place: int, around: Surroundings) -> Name | None:
    start, label = _start_of(line)
    start += len(line.text[start:]) - len(line.text[start:].lstrip(" :.-|"))
    text, folded = line.text[start:], line.folded[start:]
    cut, has_suffix = _cut_after_suffix(text, folded)
    name = _clean(cut)
    if not name or _is_prose(name) or _refused(fold(name), has_suffix=has_suffix):
        return None
    if not (has_suffix or place < _TOP or label):
        return None
    score, reason = _score(fold(name), has_suffix=has_suffix, place=place)
    more, why = _support(name, around)
    if label or line.number in around.sellers:
        more, why = more + 1.5, f"{why}, named as the seller"
    return Name(text=name, score=score + more, reason=reason + why, line=line)


def _blocks(lines: Sequence[TextLine]) -> tuple[frozenset[int], frozenset[int]]:
    """Return the numbers of the lines that tell who receives the document, and of those that tell who sends it."""
    found: dict[str, set[int]] = {"buyer": set(), "seller": set()}
    left, kind = 0, "buyer"
    for line in lines:
        for each in ("seller", "buyer"):
            match = label_pattern("company", each).match(line.folded)
            ends = {"", ":"} if each == "seller" else {"", ":", " ", ".", "/"}
            if match and line.folded[match.end() : match.end() + 1] in ends:
                alone = len(line.folded[match.end() :].strip(" :.")) <= 3  # noqa: PLR2004 - the name stands below
                kind, left = each, (_BLOCK + 1 if alone else 1)
        if left > 0:
            found[kind].add(line.number)
            left -= 1
    return frozenset(found["buyer"] - {0}), frozenset(found["seller"])


def _surroundings(lines: Sequence[TextLine]) -> Surroundings:
    text = "\n".join(line.folded for line in lines)
    buyers, sellers = _blocks(lines)
    buyer_text = "\n".join(line.folded for line in lines if line.number in buyers)
    return Surroundings(
        buyers=buyers,
        sellers=sellers,
        domains=frozenset(_DOMAIN.findall(text)),
        text=text,
        buyer_text=buyer_text,
    )


def _joined(lines: Sequence[TextLine]) -> Iterator[tuple[int, TextLine]]:
    """Yield the lines, a legal form alone on its line joined to the line before."""
    for place, line in enumerate(lines):
        follower = lines[place + 1] if place + 1 < len(lines) else None
        if (
            follower
            and _is_suffix_alone(follower)
            and not _cut_after_suffix(line.text, line.folded)[1]
        ):
            yield (
                place,
                replace(
                    line,
                    text=f"{line.text} {follower.text}",
                    folded=f"{line.folded} {follower.folded}",
                ),
            )
        elif place == 0 or not _is_suffix_alone(line):
            yield place, line


def _stacked(lines: Sequence[TextLine]) -> TextLine | None:
    """Join the words of a sign set one to a line, as at the head of some receipts."""
    stack: list[str] = []
    for line in lines[:6]:
        first, _, rest = line.text.partition(" ")
        if stack and first.isalpha() and rest and not any(char.isalpha() for char in rest[:4]):
            stack.append(first)
            break
        if rest or not first.isalpha():
            if stack:
                break
            continue
        stack.append(first)
    if len(stack) < 3 or sum(map(len, stack)) < 8:  # noqa: PLR2004 - no more than scattered words
        return None
    text = " ".join(stack)
    return replace(lines[0], text=text, folded=fold(text))


def _has_long_form(name: Name) -> bool:
    """Say whether a name ends in a legal form that no ordinary abbreviation looks like."""
    last = fold(name.text).split()[-1].strip(".()")
    return _FORM in name.reason and len(last) >= _LONG_FORM


def find_company(lines: Sequence[TextLine], *, commercial: bool) -> Finding | None:
    """Find who issued the document; where it is not `commercial`, only a name with a legal form counts."""
    first_page = [line for line in lines if line.page == lines[0].page][:_SEARCHED]
    around = _surroundings(first_page)
    names = [
        _name_of(line, p, around)
        for p, line in _joined(first_page)
        if line.number not in around.buyers
    ]
    stacked = _stacked(first_page)
    names += [_name_of(stacked, 0, around)] if stacked else []
    usable = [
        name for name in names if name and name.score > 0 and (commercial or _has_long_form(name))
    ]
    if not usable:
        return None
    best = max(usable, key=lambda name: name.score)
    confidence = min(0.92, 0.4 + 0.1 * best.score)
    start = max(0, best.line.text.find(best.text))
    return best.line.finding(
        best.text, confidence, best.reason, start=start, end=start + len(best.text)
    )
