"""Recognize the names of parties in running text: where a name ends, and whether it has a form."""

import re
from collections.abc import Iterator

from processors.values.legal_forms import form_pattern
from processors.values.lines import fold, label_pattern

_MOST_NAME_CHARS = 200
_MOST_NAME_WORDS = 10
_LEAST_NAME_LETTERS = 3
"""Fewer letters are initials or a mark."""
_ABBREVIATION = re.compile(
    r"(?:ste?|m[tr]|mrs|ms|dr|[sj]r|ft|pt|no|nos|nr|bros?|co|inc|corp|ltd|pty|pte|intl?|natl|assn"
    r"|assoc|mfrs?|dept|dist|div|univ|inst|acad|amer?|elec|eng|ins|mut|sav|tel|trans|hosp|gen|gov"
    r"|rev|hon|wm|geo|chas|jos|thos|jno|robt|alex|edw|sch|twp|cty|ges|gebr?|verw|fa|hr|frl?|prof"
    r"|ing|dipl|sta|sto|cia|hnos|ets|soc|etab|mme|mlle|dna|sig|dott|avv|geom|f\.?lli"
    r"|[bcdfghj-np-tv-z]{2,5})\."
)
"""Words whose point belongs to them: "St.", "Bros.", and those without a vowel, as "Mfg."."""
_SMALL_FORMS = frozenset({"plc", "llc", "llp", "ltd", "inc"})
"""Legal forms that are none of a sentence's words; others in small letters describe."""

_ABBREVIATED_FORMS = frozenset({"inc", "ltd", "corp", "co", "bhd", "pty", "pte", "ltda", "lda"})
_SMALL_WORDS = frozenset(
    {"of", "the", "for", "de", "del", "do", "da", "du", "des", "la", "van", "von", "der", "den"}
    | {
        "zu",
        "y",
        "&",
        "f\u00fcr",
        "zur",
        "di",
        "della",
        "delle",
        "dei",
        "degli",
        "dello",
        "dos",
        "das",
    }
)
_SMALL = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(_SMALL_WORDS)))}|und(?= zu ))(?= |$)")
_BEFORE_NAME = re.compile(
    rf"(?: (?:{'|'.join(map(re.escape, sorted(_SMALL_WORDS)))}|und(?= zu))){{0,2}} "
    r"(?:[dl]['\u2019])?(?:[^\W_a-z]|\d)"
)
"""The rest of a name behind a small word: "der Meer", "la Cruz", "the Library"."""
_OF_A_STATE = re.compile(
    r"(?<=[Cc][Oo][Mm][Pp][Aa][Nn][Yy]) (?:of|OF) [A-Z][A-Za-z]+(?: [A-Z][A-Za-z]+)?"
    r"(?=,? ?\(|,| and\b| AND\b)"
)
"""A place behind the legal form that is a part of the name: "Insurance Company of Ohio"."""
_PARTNERS = re.compile(
    r"(?<=\.[cs]\.) d[ie] [A-Z]\w+(?: [A-Z]\w+)?(?: (?:e|&) (?:C\.|[A-Z]\w+))?(?=[ ,;(])"
)
"""The partners behind the legal form of an Italian partnership: "S.n.c. di Rossi e Neri"."""
_TITLES_AFTER = re.compile(r",? (?:(?:jr|sr)\b\.?|i{2,3}\b|iv\b)")
_CREDENTIALS = re.compile(
    r"(?:, (?:ph\. ?d|m\.? ?d|d\.? ?o|j\. ?d|d\.[dm]\.[sd]|d\.v\.m|r\. ?n|p\. ?e|esq|c\.?p\.?a)"
    r"\b\.?)+"
)
"""What someone has learned, which is no part of the name: "Ann Fox, Ph.D."."""
# In Eastern Europe the name is quoted behind the legal form: 'Limited Liability Company "Rill"'.
_QUOTED_NAME = re.compile(
    r" [\"\u201c\u201e\u00ab][^\"\u201c\u201d\u00bb()]{2,60}[\"\u201d\u201c\u00bb]"
)
_ONLY_FORM = re.compile(
    r"(?:(?:open|closed|public|private|limited|liability|joint|stock|company|llc|[ocp]?jsc|ooo|oao"
    r"|zao|pao)\b ?)+"
)
SENTENCE_STOPS = re.compile(
    r"(?i:whereas|witnesseth|recitals?\b|preamble|background\b|now, therefore)"
)
_OF_A_SENTENCE = re.compile(
    r"(?:Your?|Our|We|Their|THEIR|ITS|Its?|His|Her|This|These|Those|Such|Any|All|Each|Both|If|When|Where|In|On"
    r"|For|As|By|That|There|No|Upon|Section|Article|Schedule|Exhibit)\b"
    r"(?!\.| &| [A-Z][a-z]+,? (?:Inc|LLC|Ltd))"
    r"|(?:January|February|April|June|July|August|September|October|November|December|Januar|Februar"
    r"|März|Mai|Juni|Juli|Oktober|Dezember)\b(?!\.| &| [A-Z][a-z])"
)
"""Capitalized words that begin a sentence or refer to a part of the contract."""
_BEGINS_SENTENCE = re.compile(
    r"(?:The|They|He|She|Now|Hereby|Whereas|Der|Die|Das|Dieser|Diese|Les|Questo)\b"
)
"""Capitalized words that begin a sentence only behind a full stop, and not the name itself."""
_NEVER_IN_NAME = frozenset({"AND", "This", "These", "Dated", "DATED"})
_NICKNAME = re.compile(
    r"\([\"\u201c][^\W\d_]{2,20}[\"\u201d]\) (?=[^\W\d_a-z]\.)"
    r"|[\"\u201c][^\W\d_]{2,20}[\"\u201d] (?=[^\W\d_a-z])"
)
_SMALL_FIRST = re.compile(r"[a-z]{1,2}[A-Z]\w|[a-z][\w-]*\.(?:com|net|org|io)\b")
"""Small letters that begin the name of a company: "eRill, Inc.", "rill.com Ltd"."""
_ELIDED = re.compile(r"(?:d|l|dell|all)['\u2019][^\W\d_a-z]")
"""A word behind a small one that has lost its vowel: "d'Orr"."""
_AND_SONS = re.compile(
    r"(?:et|and|und|y|e|en) (?:Fils|Filles|Cie|Associ\u00e9s|Fr\u00e8res|Sons?|Daughters|Brothers"
    r"|Associates|Partners?|S\u00f6hne|Sohn|Hijos|Figli|Zonen|Zoon)\b"
)
"""The end of the name of a family's firm."""
_OFFICES = (
    r"(?:chancellor|masters?|scholars|fellows|president|provost|wardens?|regents|trustees"
    r"|governors?|dean|chapter|canons|mayor|aldermen|burgesses|commonalty|rector|vestry(?:men)?"
    r"|directors|principal)"
)
_CORPORATE_BODY = re.compile(rf"(?:the )?{_OFFICES}(?:, {_OFFICES})*,? and {_OFFICES}(?= of )")
"""Offices that are one body together: "the Dean and Chapter of Ely"."""
_BEFORE_NUMBER = re.compile(r"\b(?:nos?\.|nr\.|number) $")
_BEFORE_OWN_NUMBER = re.compile(
    r"\b(?:district|local|lodge|post|chapter|union|council|troop|precinct|ward|unit|series"
    r"|fund|trust|branch|station|school) $"
)
"""What has a number behind its name: "Fire District 6"."""
_TRADE = re.compile(r"\.? [A-Z][a-z]{4,}s(?![\w:])")
_PLACE_INSIDE = re.compile(r"\((?:[^\W\d_a-z][\w&-]*\.? ?){1,3}\)(?= [^\W\d_a-z])")
"""A place in parentheses within a name: "Rill (Hong Kong) Co., Limited"."""
REGISTER = re.compile(
    r"(?:A[BC]N|ARBN|NZBN|UEN|CIN|RCS|SIREN|HR[AB]|[CN]IF|VAT)\b[ :]{0,2}(?=\w*\d)"
)
"""The number of a register behind a name: "Rill Shire ABN 12 345"."""
_OF_WHOLE = re.compile(r"of (?:the )?[A-Z]")
"""What follows the number of a branch: "Lodge 12 of the Ely Order"."""
_WORD_CHARS = 20
_BANKING = {"bank": ("trust",), "trust": ("savings", "loan")}
_SECTION = re.compile(r"\d+(?:\.\d+)+\.?")
"""The number of an exhibit or a section before a name."""
_INITIAL = re.compile(r"(?:[^\W\d_]\.){1,4}|[^\W\d_]")


def end_of_name(text: str, folded: str, start: int) -> int:
    """Return where the name ends that begins at a character, 0 if none begins there."""
    body = _CORPORATE_BODY.match(folded, start)
    end = body.end() if body else 0
    for token in _words_of_name(text[start : start + _MOST_NAME_CHARS]):
        word, at = token.group(), start + token.start()
        form = _form_at(text, folded, at) if end else 0
        if form:
            end = max(end, form)
            if not _form_at(text, folded, next_word(text, form)):
                break
        elif at >= end:
            if not _continues_name(word, text, start + token.end(), is_first=end == 0):
                break
            end = at + len(word.rstrip(",;:)")) if word not in _SMALL_WORDS else end
            if _ends_name(word, text, folded, at):
                end -= word.endswith(".")
                break
    if end:
        end = _end_with_additions(text, folded, start, end)
        end = _end_before_role(text, folded, start, end)
    return end if _is_name(text[start:end]) else 0


def _end_with_additions(text: str, folded: str, start: int, end: int) -> int:
    """Return where a name ends with the place, the title and the quoted name behind it."""
    quoted = _QUOTED_NAME.match(text, end)
    if quoted and _ONLY_FORM.fullmatch(folded, start, end):
        return quoted.end()
    place = _OF_A_STATE.match(text, end) or _PARTNERS.match(text, end)
    end = place.end() if place else end
    title = _TITLES_AFTER.match(folded, end)
    return title.end() if title else end


def after_credentials(folded: str, end: int) -> int:
    """Return where the credentials behind a name end, the end of the name if it has none."""
    credentials = _CREDENTIALS.match(folded, end)
    return credentials.end() if credentials else end


def _end_before_role(text: str, folded: str, start: int, end: int) -> int:
    """Return where a name ends before "AS SELLER", which is not the Norwegian legal form."""
    bare = text[start:end].removesuffix(" AS")
    if len(bare) == end - start:
        return end
    is_role = label_pattern("parties", "roles").match(folded, next_word(text, end))
    return start + len(bare) if is_role or has_form(bare) else end


def _is_name(text: str) -> bool:
    """Return whether a text has as many words and letters as a name."""
    letters = sum(map(str.isalpha, text))
    # Small letters begin the names of companies alone.
    if _OF_A_SENTENCE.match(text) or (text[:1].islower() and not has_form(text)):
        return False
    return 0 < len(text.split()) <= _MOST_NAME_WORDS and letters >= _LEAST_NAME_LETTERS


def _ends_name(word: str, text: str, folded: str, at: int) -> bool:
    """Return whether a name ends behind its word: a mark without a legal form, or a full stop."""
    if word.endswith("."):
        following = text[at + len(word) :].lstrip()
        begins = _OF_A_SENTENCE.match(following) or _BEGINS_SENTENCE.match(following)
        is_inside = begins is None or _INITIAL.fullmatch(word) is not None
        return not (_is_abbreviation(word) and is_inside)
    is_mark = word.endswith((",", ";", ":", ")"))
    return is_mark and not _form_at(text, folded, next_word(text, at + len(word)))


def _continues_name(word: str, text: str, end: int, *, is_first: bool) -> bool:
    """Return whether a word is a part of a name: capitalized, or small between such words."""
    if _SMALL.match(f"{word}{text[end : end + len(' zu ')]}"):
        return not is_first and _BEFORE_NAME.match(text, end) is not None
    if (is_first and _SMALL_FIRST.match(word)) or _is_inside(
        text, end - len(word), is_first=is_first
    ):
        return True
    if not is_first and REGISTER.match(text, end - len(word)):
        return False
    if word in _NEVER_IN_NAME or word[0] in '("\u201c\u201e[_' or SENTENCE_STOPS.match(word):
        return False
    start = end - len(word)
    before = text[max(0, start - _WORD_CHARS) : start]
    return word[0].isupper() or _is_number_in_name(
        word, text[end + 1 : end + 12], before, is_first=is_first
    )


def _is_number_in_name(word: str, behind: str, before: str, *, is_first: bool) -> bool:
    """Return whether a word is a number that a name may have, as "3 Rill" and "Rill 2 LLC" do."""
    if not word[0].isdigit():
        return False
    is_last = word[-1] in ",;" or behind.startswith(("(", "and "))
    if _BEFORE_NUMBER.search(fold(before)) or (is_last and _BEFORE_OWN_NUMBER.search(fold(before))):
        return True
    if not is_first and _OF_WHOLE.match(behind):
        return True
    following = behind[:1]
    is_counted = word.endswith((".", ")")) or _SECTION.fullmatch(word) is not None
    return (is_first and "." not in word[1:-1]) or (following.isupper() and not is_counted)


def _is_inside(text: str, start: int, *, is_first: bool) -> bool:
    """Return whether a word begins what is inside a name: its place, or "and" of two trades."""
    if is_first or _ELIDED.match(text, start) or _AND_SONS.match(text, start):
        return not is_first
    place = _PLACE_INSIDE.match(text, start)
    if place:
        # "Ely Town Council (Council) The …": what someone is called is no place.
        bare = fold(place.group()).strip("() ")
        is_called = bare in fold(text[max(0, start - _MOST_NAME_CHARS) : start]).split()
        return not is_called and not label_pattern("parties", "roles").fullmatch(bare)
    if text[start : start + 4].casefold() not in ("and ", "und "):
        return False
    # "Roof- und Wandbau": the first word is only a half of one.
    if text[:start].rstrip().endswith("-"):
        return True
    trades = label_pattern("parties", "joined")
    before = fold(text[max(0, start - _WORD_CHARS) : start]).split()[-1]
    behind = trades.match(fold(text[start + 4 : start + 4 + _WORD_CHARS]))
    is_capital = text[start + 4 : start + 5].isupper()
    if not is_capital or behind is None or not trades.fullmatch(before):
        return False
    # A trust and a bank may be parties themselves: "Harrow Trust and Fire Hill LLC".
    return behind.group() in _BANKING.get(before, (behind.group(),))


def _words_of_name(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of a text without what someone is called: 'Ann ("Annie") B. Fox'."""
    for token in re.finditer(r"\S+", text):
        is_nickname = token.start() and _NICKNAME.match(text, token.start())
        if not is_nickname:
            yield token


def _is_abbreviation(word: str) -> bool:
    """Return whether the point after a word belongs to it: initials, "St.", "Bros."."""
    return bool(_INITIAL.fullmatch(word) or _ABBREVIATION.fullmatch(fold(word)))


def next_word(text: str, position: int) -> int:
    """Return where the word after a character begins, behind a comma."""
    while position < len(text) and text[position] in " ,":
        position += 1
    return position


def _form_at(text: str, folded: str, position: int) -> int:
    """Return where the legal form ends that begins at a character; 0 for none.

    In a contract a form in small letters describes, as in "a Delaware corporation", unless the
    defined term is directly behind it: 'Rill incorporated ("Rill")'.
    """
    patterns = (form_pattern(), label_pattern("parties", "forms"))
    matches = [each for pattern in patterns if (each := pattern.match(folded, position))]
    for match in sorted(matches, key=lambda each: -each.end()):
        if _goes_on(text, match):
            return 0
        is_small = text[match.start() : match.end()].islower()
        is_before_term = text.startswith(" (", match.end())
        if is_small and not is_before_term and match.group().strip(".)") not in _SMALL_FORMS:
            return 0
        is_open = match.group().endswith(")") and "(" not in match.group()
        bare = match.group().rstrip(".)")
        end = match.end() - is_open
        # The point after "Limited" or "LLC" ends the sentence; the one after "Inc." does not.
        if "." not in bare and bare.split()[-1] not in _ABBREVIATED_FORMS:
            return end - match.group().endswith(".")
        return end + (folded[end : end + 1] == ".")
    return 0


def _goes_on(text: str, form: re.Match[str]) -> bool:
    """Return whether a name goes on: "Harrow Trust Bank", "Harrow Trust & Savings Company"."""
    behind = text[form.end() : form.end() + 3]
    is_bank = form.group() in ("trust", "cooperative", "co-operative") and behind[1:2].isupper()
    # "Rill & Co. Surveyors" says behind the form what they do.
    is_firm = text[: form.start()].endswith("& ") and form.group().strip(".") == "co"
    following = text[form.end() :].lstrip(". ")
    is_new = _OF_A_SENTENCE.match(following) or _BEGINS_SENTENCE.match(following)
    if is_firm and _TRADE.match(text, form.end()) and not is_new:
        return True
    is_prefix = behind[:1] == "-" and behind[1:2].isalpha()
    return is_bank or is_prefix or (behind.startswith(" & ") and not form.group().endswith("."))


def has_form(name: str) -> bool:
    """Return whether a name ends with a legal form."""
    folded = fold(name)
    words = list(re.finditer(r"\S+", folded))
    return any(
        _form_at(name, folded, word.start()) >= len(folded.rstrip(". ")) for word in words[1:]
    )
