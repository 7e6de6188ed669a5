"""Recognize the legal forms of companies ("Ltd", "GmbH", "Sdn Bhd") in a line of text."""

import re
from functools import cache

from processors.values.lines import TextLine, label_pattern, word_lists

_LONG_FORM_CHARS = 3
"""Letters of a legal form that no ordinary abbreviation looks like: "Ltd", but not "SA"."""
_LEAST_LETTERS_BEFORE = 2
"""Letters of the name before a legal form."""

# What may be between two legal forms, as in "Co. (M) Bhd".
_BETWEEN_FORMS = re.compile(r"[ .,&]{0,3}(?:\([a-z .]{1,12}\))?[ .,&]{0,3}")
_MISREAD_SB = re.compile(r"(?<=[A-Za-z] )(?:[5S]/[8B](?= ?\(\d{4})|(?:5/B|S/8)$)")
_MISREAD_SDN = re.compile(r"(?<=[A-Za-z)] )(?:(?:5DN|SON|SDM|S0N) BHD|SDN (?:8HD|BHO|BH0|8HO))\b")
_MISREAD_INITIAL = re.compile(r"(?<=[A-Z]\.)1(?=\.[A-Z])")
_MISREAD_CLOSING = re.compile(r"(?<=\([A-Z])([A-Z]?)[IlJ1](?= (?:SDN|BHD|LTD|CO)\b)")
_LEAST_PARTS_ALONE, _MOST_CHARS_ALONE = 2, 40
"""Legal forms and trades on a line that has no name of its own."""
_INCLUDING = re.compile(
    r"\([^()]*\||(?<![a-z])(?:tax|gst|vat|iva|total|amount|price|ex|excl) ?\|"
    r"|\| ?\(?(?:gst|vat|tax|iva|\d)"
)
"""What is around "inc" where it means "including"; a bar is where the word is."""
_STATE_AND_ZIP = re.compile(
    r"^[a-z .'-]{3,30}, ?[a-z]{2},? \d{5}(?:-\d{4})?$"
    r"|^[a-z .'-]{3,30},? (?:ab,? [a-z]\d[a-z] ?\d[a-z]\d|sa,? \d{4})$"
)
"""A town with its state; AB and SA are those of Alberta and South Australia, too."""
_PLACE = re.compile(r"\([a-z .]{1,12}\)?|\b(?:and|und|et|y|e)\b")
# Berhad is written like the dinars of Bahrain: "Subtotal BHD 4.500", and "Total BHD" in a heading.
_MONEY = frozenset({"bhd"})
_SUM = re.compile(r"\W*\d[\d.,' ]*[.,]\d{3}\W*")
_FORM_BEFORE = re.compile(
    r"(?:株式会社|有限会社|合同会社|合資会社|주식회사|유한회사|\(주\)|\(株\)|㈱|㈜)"
    r" ?[^\s()\d:,]{2,20}"
)
"""In Japan and Korea the legal form may be before the name."""
_OF_FIRMS = re.compile(
    r"\b(?:betriebs|handels|vertriebs|verwaltungs|beteiligungs|besitz|gastronomie)[a-z]*"
    r"|\b(?:holding|management|international|operations?|exploitatie|exploitation|gestion|gestione)\b"
)
"""Words that the law or custom puts before a legal form: "Betriebs GmbH" is no name by itself."""
_REST_OF_NUMBER = re.compile(r"[/-]\d")
_OF_REGISTER = re.compile(
    r"(?:company|co)[ .]{0,2}(?:reg(?:istration|istered|istry|n|d)?\b|n[ro][.:°º]?(?=[ :\d])|n[°º]"
    r"|num(?:ber)?\b|#|id\b|(?:vat|tax|gst)\b)"
)
"""Behind another legal form, what announces a number: "Fox Ltd, Company no. 7"."""
_WORD = re.compile(r"[^\W_]")
_HOUSE_AND_STREET = re.compile(
    r"\d{1,5}[a-z]?,? (?:[a-z.'-]{1,20} ){1,3}"
    r"(?:way|l(?:ane|n)|court|ct|parkway|pkwy|crescent|terrace|quay|close|square|row|hill|dr|walk)\b"
)
"""A street with its number, by words that begin names, too: "Court & Sons"."""
# Words that end many names and are no legal form when they are alone on a line.
_NEVER_ALONE = frozenset({"company", "enterprise", "limited liability"})


@cache
def form_pattern() -> re.Pattern[str]:
    """Compile the legal forms of words.toml, the longest first; dots in them are optional.

    The first letters of "Co-op" are none.
    """
    forms = sorted(word_lists()["company"]["suffixes"], key=len, reverse=True)
    spelled = [r"[ .]{0,2}".join(map(re.escape, form.rstrip(".").split())) for form in forms]
    return re.compile(rf"(?<![a-z0-9.])(?!co-op)(?:{'|'.join(spelled)})(?![a-z0-9])\.?\)?")


def is_long_form(text: str) -> bool:
    """Return whether a legal form is so long that it cannot be an ordinary abbreviation."""
    return len(text.strip(".()")) >= _LONG_FORM_CHARS


def repair_form(text: str) -> str:
    """Return a line with the misread letters of a legal form corrected; no character moves.

    OCR takes S for 5, B for 8 and D for O. A number of the register behind the form proves it, or
    the other half of the form. So do the initials around a 1, and the parenthesis before a letter
    that closes it: "(KLI SDN BHD".
    """
    # Few lines have what each of the patterns needs.
    if "/" in text:
        text = _MISREAD_SB.sub("S/B", text)
    if ".1." in text:
        text = _MISREAD_INITIAL.sub("I", text)
    if "(" in text:
        text = _MISREAD_CLOSING.sub(r"\1)", text)
    if "SDN" in text or "BHD" in text:
        text = _MISREAD_SDN.sub("SDN BHD", text)
    return text


def end_of_form(text: str, folded: str) -> int:
    """Return where the legal form of a name ends, or the last of several in a row; 0 for none."""
    # In "12 Jalan AG 3" the letters are part of a street, in "Denver, CO 80218" a state.
    if (folded[:1].isdigit() and is_address(folded)) or _STATE_AND_ZIP.search(folded):
        return 0
    before = _FORM_BEFORE.match(folded)
    if before:
        return before.end()
    end = 0
    for match in form_pattern().finditer(folded):
        if end == 0 and is_form(text, folded, match):
            end = match.end()
        elif end and _BETWEEN_FORMS.fullmatch(folded, end, match.start()):
            is_label = _OF_REGISTER.match(folded, match.start()) is not None
            is_another = is_long_form(match.group()) and not is_label
            end = match.end() if is_another else end
    return end


def is_form(text: str, folded: str, match: re.Match[str]) -> bool:
    """Return whether a match is a legal form and not a word or unit that looks like one.

    Short forms count only in capitals and after a word: "5 ag" is a weight.
    """
    before = folded[: match.start()]
    if sum(map(str.isalpha, before)) < _LEAST_LETTERS_BEFORE:
        return False
    if match.group().startswith("inc") and _INCLUDING.search(before + "|" + folded[match.end() :]):
        return False
    if match.group() in _MONEY and _SUM.fullmatch(folded[match.end() :]):
        return False
    if is_long_form(match.group()):
        return True
    # The beginning of a number: "SE/12-7".
    if _REST_OF_NUMBER.match(folded, match.end()):
        return False
    previous = before.rstrip(" .,")[-1:]
    is_capitals = text[match.start() : match.start() + 2].isupper()
    return is_capitals and previous != "(" and not previous.isdigit()


def is_form_alone(line: TextLine, rest_of_name: str) -> bool:
    """Return whether a line is only the legal form of the name in the line before it.

    `rest_of_name` is what remains of the line if it is cleaned like a name. The form may come
    after a place in parentheses: "(Penang) Sdn Bhd".
    """
    bare = line.folded.strip("() .,")
    if bare in _NEVER_ALONE:
        return False
    if _is_rest_of_name(bare):
        return True
    form = form_pattern().match(bare)
    is_whole = form is not None and form.end() >= len(rest_of_name)
    if form and is_whole and len(form.group().strip(".")) >= _LONG_FORM_CHARS:
        return True
    place, closing, after = line.folded.partition(")")
    return bool(place.startswith("(") and closing and form_pattern().match(after.strip()))


def _is_rest_of_name(folded: str) -> bool:
    """Return whether a line has only legal forms and trades: "Co. (M) Ltd", "Restaurant Ltd"."""
    if len(folded) > _MOST_CHARS_ALONE:
        return False
    rest, forms = form_pattern().subn(" ", folded)
    rest, trades = label_pattern("company", "trades").subn(" ", rest)
    rest, words = _OF_FIRMS.subn(" ", rest)
    rest = _PLACE.sub(" ", rest)
    trades += words
    return forms + trades >= _LEAST_PARTS_ALONE and not _WORD.search(rest)


def is_address(folded: str) -> bool:
    """Return whether a line begins with a word of addresses, or has one beside a number."""
    if _HOUSE_AND_STREET.match(folded):
        return True
    words = label_pattern("company", "address")
    match = words.search(folded)
    # At the beginning of a name it is a saint.
    if match and match.start() == 0 and match.group() == "st":
        match = words.search(folded, match.end())
    return bool(match and (match.start() == 0 or any(map(str.isdigit, folded))))
