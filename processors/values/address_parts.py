"""Cut a line to the address that it has, and recognize postal codes."""

import re
from dataclasses import replace

from processors.values.legal_forms import is_address
from processors.values.lines import TextLine, fold, label_pattern

# Postal codes as the UPU lists them: 4 to 6 digits with a country ("D-10115"), the letters and
# digits of the United Kingdom ("SW1A 1AA") and, at the end, of Ireland ("D02 X285"), a US state
# with its ZIP code ("TX 75001"), five digits in two groups before the town ("111 22 Stockholm"),
# digits with a dash before it ("1000-001 Lisboa"), and letters and digits in turns ("K1A 0B1").
POSTAL_CODE = re.compile(
    r"(?<![\d.,/])(?<!\d-)(?:[a-z]{1,2}-)?(?!19\d\d$)(?!\d{4}-\d)\d{4,6}(?![\d.,/])"
    r"|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b"
    r"|\b[a-z]{2} \d{5}\b"
    r"|(?<!\d)\d{3} \d{2} [a-z]{3}"
    r"|(?<![\d-])(?:(?:\d{4}|\d{2})-\d{3}(?= [a-z])|\d{5}-\d{3}(?![\d-]))"
    r"|\b[a-z]\d[a-z] ?\d[a-z]\d\b"
    r"|\b[ac-fhknprtv-y]\d[\dw] (?=[a-z]*\d)[ac-fhknprtv-y][ac-fhknprtv-y\d]{3}"
    r"(?=\W*(?:(?:republic of )?ireland|eire)?\W*$)"
)
_MISREAD_CODE = re.compile(
    r"(?<![\w/.,-])(?<!(?i:unit|shop) )(?<!(?i:lot) )(?<!(?i:no|nr) )(?<!(?i:no|nr)\. )"
    r"(?=\d*[OIl])(?=(?:[OIl]?\d){3})[\dOIl]{5}(?= [^\W\d_]{3}|\W*$)",
)
_DIGITS = str.maketrans("OIl", "011")
_MARK = re.compile(r" ?[·•⋅|] ?| [*] ")
ADDRESS_LABEL = re.compile(
    r"(?:[a-z]{2,12} )?(?:address|anschrift|adresse|direccion|indirizzo|adres)"
    r"(?: (?:for|of) [a-z]{3,12}(?: [a-z]{3,12})?)?\s?: ?"
    r"|(?:head|registered|main) office\s?: ?"
)
_BOX = re.compile(r"(?:p\.? ?o\.? ?box|postfach|postbus|casilla|apartado)(?: no)?\.? \d+, ")
_SENTENCE_BEHIND = re.compile(
    r"(?<=[a-z\d]{3})\. (?=[a-z]{3,}ed\b|(?:an?|the|all|we|our|please|company|member)\b)"
)
"""Where a sentence begins behind an address: "… BL1 1AA. Registered in England"."""


def address_on(line: TextLine) -> TextLine:
    """Return the address on a line, without the label before it and what is behind it."""
    return _without_label(_without_contact(_between_marks(_with_digits(line))))


def _with_digits(line: TextLine) -> TextLine:
    """Return a line with the misread digits of its postal code corrected; no character moves.

    Among three digits or more, nothing but digits is like that: OCR takes 0 for O and 1 for I.
    What a text layer has is as it was typed.
    """
    if not any(word.confidence is not None for word in line.words):
        return line
    text = _MISREAD_CODE.sub(lambda code: code.group().translate(_DIGITS), line.text)
    return line if text == line.text else replace(line, text=text, folded=fold(text))


def _between_marks(line: TextLine) -> TextLine:
    """Return the parts from street to town of a line with marks: "Solicitors · 1 Mill Row, Ely …".

    The name before them and the telephone number behind them are none.
    """
    parts = _MARK.split(line.text)
    towns = [place for place, part in enumerate(parts) if _has_town(fold(part))]
    if len(parts) < 2 or not towns:  # noqa: PLR2004 - one part is the whole line
        return line
    last = towns[0]
    is_whole = _has_street(fold(parts[last]))
    first = last if is_whole or last == 0 else last - 1
    if not is_whole and not any(map(str.isdigit, parts[first])):
        return line
    text = ", ".join(part.strip() for part in parts[first : last + 1])
    return replace(line, text=text, folded=fold(text), gaps=())


def _has_town(folded: str) -> bool:
    """Return whether a part has a postal code: at the beginning of a street is its house."""
    code = POSTAL_CODE.search(folded)
    is_house = code is not None and code.start() == 0 and is_address(folded)
    return code is not None and (not is_house or POSTAL_CODE.search(folded, code.end()) is not None)


def _has_street(folded: str) -> bool:
    """Return whether something with a number, or a word such as "street", is before the code."""
    code = POSTAL_CODE.search(folded)
    before = folded[: code.start()] if code else ""
    words = label_pattern("company", "address")
    return any(map(str.isdigit, before)) or words.search(before) is not None


def _without_label(line: TextLine) -> TextLine:
    """Return a line without the word for an address before it."""
    label = ADDRESS_LABEL.match(line.folded)
    if label is None:
        return line
    return replace(line, text=line.text[label.end() :], folded=line.folded[label.end() :], gaps=())


def _without_contact(line: TextLine) -> TextLine:
    """Return a line without a telephone number or a sentence behind an address with a code."""
    label = label_pattern("address", "end").search(line.folded)
    code = POSTAL_CODE.search(line.folded)
    sentence = _SENTENCE_BEHIND.search(line.folded, code.end()) if code else None
    ends = [each.start() for each in (label, sentence) if each]
    end = min(ends, default=-1)
    has_place = POSTAL_CODE.search(line.folded, 0, end) or _BOX.match(line.folded)
    if end <= 0 or not has_place:
        return line
    text = line.text[:end].rstrip(" ,;|·•-")
    return replace(line, text=text, folded=line.folded[: len(text)], gaps=())
