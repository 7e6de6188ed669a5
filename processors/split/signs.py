"""Read from one page what says whether a document begins on it: its number, head, foot and title.

All of it is taken from the first and the last lines: it must cost next to nothing, since most pages
continue a document.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial

from processors.contract import Page
from processors.patterns import made, read_packaged
from processors.values.lines import MAX_LINE_CHARS, any_of, fold, has_digit, word_parts

_TOP_LINES, _BOTTOM_LINES = 12, 3
_NUMBER_LINES = 6
"""Lines at the top in which the number of a page may be: it may be below a letterhead."""
_HEAD_LINES = 3
_HEADING_LINES = 4
_TITLE_WORDS = 7
_LONGEST_TITLE, _LONGEST_HEADING = 60, 80
_LEAST_HEAD_CHARS = 5

# Each begins with its letter, to which a search can jump, and looks behind it from there.
_WORD = (
    r"(?:p(?<![a-z0-9]p)(?:age|g|ag|agina|)|blatt(?<![a-z0-9]blatt)"
    r"|s(?<![a-z0-9]s)(?:eite|heet|ide|ida|trona|tr|ivu))"
)
_OF = r"(?:of|von|out of|/|de|sur|di|do|van|av|af|z|ze)"
_NUMBERED = re.compile(
    rf"{_WORD} ?[.:]{{0,2}} ?(?:no|nr)?[.:]? ?(\d{{1,3}})"
    rf"(?: ?{_OF} ?(\d{{1,3}}))?(?![\d.,/-]*\d)"
)
_BARE_OF = re.compile(rf"\W{{0,3}}(\d{{1,3}}) ?{_OF} ?(\d{{1,3}})\W{{0,3}}")
_COUNTED = re.compile(rf"\d ?{_OF} ?\d")  # begins with a digit, to which a search can jump
_BARE = re.compile(r"(?:[-\u2013\u2014] ?)?(\d{1,3})(?: ?[-\u2013\u2014])?")
# Running text goes on from the page before: in the middle of a sentence or of a list.
_GOES_ON = re.compile(r"[a-zß-öø-ÿ,;)]|\(?(?:[b-hj-z]|[ivx]{2,4}|[2-9]|\d\d)[.)] ?\D|\d{1,2}\.\d")


@dataclass(frozen=True, slots=True)
class Numbering:
    """The number that a page prints of itself, of how many, and whether a word says so."""

    number: int
    of: int | None = None
    is_worded: bool = True

    @property
    def is_last(self) -> bool:
        """Return whether it is the number of the last page."""
        return self.number == self.of

    @property
    def kind(self) -> str:
        """Return the sign that it is: the first page or a later one."""
        if self.number > 1:
            return "later" if self.is_worded else "later_bare"
        if self.of is not None and not self.is_last:
            return "one_of"
        return "one" if self.is_worded else "one_bare"


@dataclass(frozen=True, slots=True)
class Signs:
    """What the first and the last lines of a page say.

    `has_title`: one of the first lines names a kind of document. `belongs` is why the page is part
    of another one: annex, terms or continued. `goes_on`: it begins in the middle of a text. `head`
    and `foot` are its first and last lines, which other pages may repeat, `upper` more of the
    first.
    """

    page: int
    numbering: Numbering | None
    has_title: bool
    belongs: str
    has_salutation: bool
    goes_on: bool
    is_blank: bool
    head: frozenset[str]
    upper: frozenset[str]
    foot: frozenset[str]


def signs_of(page: Page) -> Signs:
    """Return the signs of a page."""
    texts = [line.text for line in page.lines] or page.text.text.splitlines()
    printed = [text for text in map(str.strip, texts) if text]
    # The cost of every pattern grows with its line.
    top = [fold(" ".join(text[:MAX_LINE_CHARS].split())) for text in printed[:_TOP_LINES]]
    bottom = [fold(" ".join(text[:MAX_LINE_CHARS].split())) for text in printed[-_BOTTOM_LINES:]]
    upper = list(map(_repeatable, top))
    return Signs(
        page=page.text.number,
        numbering=numbering_in(top, bottom),
        has_title=any(
            _is_title(line)
            for text, line in zip(printed, top, strict=False)
            if not text[0].islower()
        ),
        belongs=_belongs(top),
        has_salutation=any(_pattern("letter", "salutation").match(line) for line in top),
        goes_on=bool(printed and _GOES_ON.match(printed[0])),
        is_blank=not printed,
        head=_without_blanks(upper[:_HEAD_LINES]),
        upper=_without_blanks(upper),
        foot=_without_blanks(map(_repeatable, bottom)),
    )


def numbering_in(top: Sequence[str], bottom: Sequence[str]) -> Numbering | None:
    """Return the number of a page from its folded first and last lines."""
    places = list(filter(has_digit, [*bottom[::-1], *top[:_NUMBER_LINES]]))
    named = [
        _numbering(found, is_worded=True) for line in places for found in _NUMBERED.finditer(line)
    ]
    named += [_numbering(found, is_worded=True) for found in map(_BARE_OF.fullmatch, places)]
    usable = [each for each in named if each is not None]
    # "Page 2 of 3" says more than "page 2", such as that of another document.
    if usable:
        return next((each for each in usable if each.of), usable[0])
    alone = map(_BARE.fullmatch, [*bottom[::-1], *top[:1]])
    return next((_numbering(found, is_worded=False) for found in alone if found), None)


def _numbering(found: re.Match[str] | None, *, is_worded: bool) -> Numbering | None:
    if found is None:
        return None
    number, of = (int(group) if group else None for group in (*found.groups(), None)[:2])
    if not number or (of is not None and of < number):
        return None
    return Numbering(number, of, is_worded)


def _is_title(line: str) -> bool:
    """Return whether a line begins or ends with what documents call themselves."""
    if len(line) > _LONGEST_TITLE or line.endswith((".", ",")) or line.count(" ") >= _TITLE_WORDS:
        return False
    # "Acme Ltd  INVOICE", "SALES AGREEMENT"
    found = _pattern("titles", "document").search(line)
    return found is not None and (found.start() == 0 or found.end() == len(line))


def _belongs(top: Sequence[str]) -> str:
    """Return why a page is a part of the document before it, "" if nothing says so."""
    for kind, lines in (
        ("continued", top),
        ("annex", top[:_HEADING_LINES]),
        ("terms", top[:_HEADING_LINES]),
    ):
        pattern = _pattern("belongs", kind)
        for line in lines:
            found = pattern.search(line) if len(line) <= _LONGEST_HEADING else None
            if found and (found.start() == 0 or kind == "continued"):
                return kind
    return ""


def _repeatable(line: str) -> str:
    """Return a line that the pages of one document repeat, without the numbers of pages, or "".

    A title is on every bill, whoever wrote it; a customer and a day are on bills of many.
    """
    bare = _NUMBERED.sub("", line)
    if _COUNTED.search(bare):
        bare = _BARE_OF.sub("", bare)
    bare = bare.strip()
    is_repeatable = (
        len(bare) >= _LEAST_HEAD_CHARS
        and not _pattern("titles", "document").fullmatch(bare)
        and not _pattern("labels", "of_others").match(bare)
    )
    return bare if is_repeatable else ""


def _without_blanks(lines: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, lines))


def is_quoted(line: str) -> bool:
    """Return whether a folded line announces a bill that another one quotes."""
    return _pattern("belongs", "quotes").search(line) is not None


@cache
def _words() -> Mapping[str, Mapping[str, list[str]]]:
    read = partial(read_packaged, __package__, "words.toml")
    return made("words of borders", read)  # type: ignore[no-any-return]  # as it is in TOML


@cache
def _pattern(section: str, name: str) -> re.Pattern[str]:
    return re.compile(
        made(f"pattern of borders: {section} {name}", lambda: _text_of(section, name))
    )


def _text_of(section: str, name: str) -> str:
    words = sorted(_words()[section][name], key=len, reverse=True)
    return rf"(?<![a-z0-9])(?:{any_of(map(word_parts, words))})(?![a-z0-9])"
