"""The company that issued the document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.model import Finding
from processors.values.lines import Line, pattern, words

_TOP = 14
"""Lines from the top among which an issuer introduces itself."""
_REGISTRATION = re.compile(
    r" ?\(? ?(?:co\.? ?(?:reg\.?)? ?no\.? ?:? ?)?[A-Z]{0,3}\d{4,}[ .\-]?[A-Z0-9]{0,2} ?\)?\.?$", re.IGNORECASE
)
_CUT = re.compile(r" [|·•–—*] |, ?(?=\d)| - (?=\d)|[•·|]")
_EDGES = " \t,;:|*_~=#\"'`´‘’“”«»<>{}[]\\/"
_MOSTLY_DIGITS = 0.3


@dataclass(frozen=True, slots=True)
class Name:
    """A possible name with the points that speak for it."""

    text: str
    score: float
    reason: str
    line: Line


@cache
def _suffix() -> re.Pattern[str]:
    found = sorted(words()["company"]["suffixes"], key=len, reverse=True)
    body = "|".join(r"[ .]{0,2}".join(map(re.escape, word.rstrip(".").split())) for word in found)
    return re.compile(rf"(?<![a-z0-9.])(?:{body})(?![a-z0-9])\.?\)?")


def _clean(text: str) -> str:
    name = _CUT.split(text.strip(_EDGES), maxsplit=1)[0]
    name = _REGISTRATION.sub("", name).strip(_EDGES + "-")
    return name[:-1].rstrip() if name.endswith("(") else name


def _cut_after_suffix(text: str, folded: str) -> tuple[str, bool]:
    """End a name at its legal form; say whether it has one."""
    for match in _suffix().finditer(folded):
        if match.start() > 1:
            return text[: match.end()], True
    return text, False


def _is_suffix_alone(line: Line) -> bool:
    match = _suffix().match(line.folded)
    return bool(match and match.end() >= len(_clean(line.text)))


def _refused(folded: str, *, has_suffix: bool) -> bool:
    if pattern("company", "never").search(folded) and not has_suffix:
        return True
    letters = sum(char.isalpha() for char in folded)
    digits = sum(char.isdigit() for char in folded)
    return letters < 3 or digits > _MOSTLY_DIGITS * (letters + digits)  # noqa: PLR2004 - shorter than any name


def _is_address(folded: str) -> bool:
    return bool(pattern("company", "address").search(folded) and any(char.isdigit() for char in folded))


def _score(text: str, folded: str, *, has_suffix: bool, place: int) -> tuple[float, str]:
    score, reason = 2.0 - 0.22 * place, f"line {place + 1} from the top"
    if has_suffix:
        score, reason = score + 3.0, f"{reason}, with a legal form"
    elif pattern("company", "trades").search(folded):
        score, reason = score + 0.8, f"{reason}, with a trade's word"
    if _is_address(folded) and not has_suffix:
        score -= 2.5
    if len(text) < 4 or len(text) > 70:  # noqa: PLR2004 - lengths no ordinary name has
        score -= 1.0
    return score, reason


def _name_of(line: Line, place: int) -> Name | None:
    label = pattern("company", "seller").match(line.folded)
    start = label.end() if label and line.folded[label.end() :].strip(" :") else 0
    text, folded = line.text[start:].lstrip(" :."), line.folded[start:].lstrip(" :.")
    cut, has_suffix = _cut_after_suffix(text, folded)
    name = _clean(cut)
    if _refused(folded[: len(cut)], has_suffix=has_suffix) or not name:
        return None
    score, reason = _score(name, folded[: len(cut)], has_suffix=has_suffix, place=place)
    if start:
        score, reason = score + 1.5, f"{reason}, after '{label.group()}'" if label else reason
    return Name(text=name, score=score, reason=reason, line=line)


def _buyers(lines: Sequence[Line]) -> set[int]:
    """Return the numbers of lines that tell who receives the document."""
    found: set[int] = set()
    for line in lines:
        match = pattern("company", "buyer").match(line.folded)
        if match:
            found.add(line.number)
            rest = line.folded[match.end() :].strip(" :.")
            found.update(() if len(rest) > 3 else (line.number + 1,))  # noqa: PLR2004 - the name follows below
    return found


def _joined(lines: Sequence[Line]) -> Iterator[tuple[int, Line]]:
    """Yield the upper lines, a legal form alone on its line joined to the line before."""
    top = [line for line in lines if line.page == lines[0].page][:_TOP]
    for place, line in enumerate(top):
        follower = top[place + 1] if place + 1 < len(top) else None
        if follower and _is_suffix_alone(follower) and not _suffix().search(line.folded):
            yield place, replace(line, text=f"{line.text} {follower.text}", folded=f"{line.folded} {follower.folded}")
        else:
            yield place, line


def _elsewhere(lines: Sequence[Line], buyers: set[int]) -> Iterator[Name]:
    """Yield names announced as the seller's below the top."""
    for line in lines[_TOP:400]:
        label = pattern("company", "seller").match(line.folded)
        if label and line.number not in buyers:
            found = _name_of(line, _TOP)
            if found and ("legal form" in found.reason):
                yield found


def find_company(lines: Sequence[Line], *, commercial: bool) -> Finding | None:
    """Find who issued the document; where it is not `commercial`, only a name with a legal form counts."""
    if not lines:
        return None
    buyers = _buyers(lines)
    names = [name for place, line in _joined(lines) if line.number not in buyers and (name := _name_of(line, place))]
    names += _elsewhere(lines, buyers)
    if not names:
        return None
    best = max(names, key=lambda name: name.score)
    if not commercial and "legal form" not in best.reason:
        return None
    if best.score <= 0:
        return None
    confidence = min(0.92, 0.4 + 0.1 * best.score)
    return Finding(best.text, round(confidence, 2), best.reason, best.line.page)
