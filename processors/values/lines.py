"""Prepare the lines of a document so that labels can be found in them, and compile the labels.

A line is folded (lower case, no accents), cut to a bounded length and numbered.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from pipeline.model import Finding
from processors.contract import Box, Line, Page, Word
from processors.document_cache import cached_by_identity
from processors.patterns import made, read_packaged
from processors.values.blanks import cells_in, squeezed_blanks

MAX_LINE_CHARS = 400
"""A longer line is cut into pieces: the cost of every pattern grows with its line."""

# Values are on the first pages or in the closing lines. The middle of a very long document is not
# searched: 75,000 characters take about a second, a book would take minutes.
HEAD_CHARS = 60_000
TAIL_CHARS = 15_000


_PARTIES = 2
_WORDS_OF_LABEL = 4
_PAPER = re.compile(r"\b(?:faktur|factur|fattur|fatur|rechnung|szaml|seri[ae]|numar|numer|cislo)")
"""Beginnings of words for a bill or its number, with whatever ending."""
_PARTY_ROWS = 6
"""Rows of a table with the names and addresses of seller and buyer, with their headings."""
_HEADER_LINES = 6
_HEADERS = frozenset({"from", "to", "cc", "date", "subject"})
_DIGIT = re.compile(r"\d")
# A row of a table in a plain text: it begins and ends with a bar. Others are between the parts of
# an address in one line.
_ROW = re.compile(r"\s*[|\u2502\u2551].*[|\u2502\u2551]\s*")
_BAR = re.compile(r"\s*[|\u2502\u2551]\s*")
# Letters that are two in the lists and one in print.
_LIGATURES = {"ss": "(?:ss|ß)", "ae": "(?:ae|æ)", "oe": "(?:oe|œ)"}
_CHARACTER = re.compile("|".join([*_LIGATURES, "."]))


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of a document.

    `folded` has exactly as many characters as `text`, in lower case without accents, so that a
    place in one is the same place in the other. `page` counts from 1, `number` from 0. `gaps` are
    the characters at which a piece begins behind a wide gap, `cells` those behind a gap or a tab.
    """

    text: str
    folded: str
    page: int
    number: int
    box: Box | None = None
    words: tuple[Word, ...] = ()
    gaps: tuple[int, ...] = ()
    cells: tuple[int, ...] = ()

    def cell_at(self, position: int) -> int:
        """Return the number of the cell with a character, from 0."""
        return sum(start <= position for start in self.cells)

    def cell(self, number: int) -> tuple[int, int]:
        """Return where a cell begins and ends."""
        starts = (0, *self.cells, len(self.text) + 1)
        return starts[number], max(starts[number], starts[number + 1] - 1)

    def finding(
        self,
        value: str | None,
        confidence: float,
        reason: str,
        *,
        start: int = 0,
        end: int | None = None,
    ) -> Finding:
        """Return a finding whose box encloses the characters from `start` to `end` of this line.

        If no word is known to be there, the box is that of the whole line.
        """
        end = len(self.text) if end is None else end
        position = 0
        boxes = []
        for word in self.words:
            found = self.text.find(word.text, position) if word.text else -1
            if found < 0:
                continue
            position = found + len(word.text)
            if found < end and position > start:
                boxes.append(word.box)
        box = enclosing_box(boxes) if boxes else self.box
        return Finding(value, round(confidence, 2), reason, self.page, box)


def enclosing_box(boxes: Sequence[Box]) -> Box:
    """Return the smallest box around one or more boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


# Unicode does not decompose letters with a stroke, nor the Turkish dotless i. The Greek sigma has
# another form at the end of a word.
_LETTERS_WITH_STROKE = str.maketrans(
    "\u0142\u0141\u00f8\u00d8\u0111\u0110\u0131\u03c2",
    "lLoOdDi\u03c3",
)
_HYPHENS = str.maketrans("\u2010\u2011", "--")
"""The hyphens of typesetters: the second does not break, so it is in numbers."""
_GREEK = ("\u0370", "\u03ff")
"""The first and the last of the Greek letters: with accents they mean the same as without."""


@lru_cache(maxsize=4096)
def fold_char(char: str) -> str:
    """Fold one character to exactly one character."""
    # The sign of ordinals is no letter: "2º" is not twenty.
    if char in "ºª":
        return char
    char = char.translate(_LETTERS_WITH_STROKE)
    # NFKD puts the base letter first and its accents after it.
    base = unicodedata.normalize("NFKD", char)[:1].lower()
    # So do signs of full width, such as that of the yen in East Asian letters.
    is_greek = _GREEK[0] <= base <= _GREEK[1]
    if base and (base.isascii() or is_greek or unicodedata.east_asian_width(char) == "F"):
        return base
    lower = char.lower()
    return lower if len(lower) == 1 else char


def fold(text: str) -> str:
    """Lower the case and drop the accents of Latin letters; every character keeps its place."""
    if text.isascii():
        return text.lower()
    return "".join(map(fold_char, text))


def text_lines_of(pages: Sequence[Page]) -> Sequence[TextLine]:
    """Return the lines of a document that are not blank, in reading order.

    Of a very long document only the head and the tail are returned.
    """
    return _text_lines_of(*pages)


@cached_by_identity
def _text_lines_of(*pages: Page) -> Sequence[TextLine]:
    found: list[TextLine] = []
    for page_number, line in head_and_tail(pages):
        has_place = line.box is not None
        text = line.text[: HEAD_CHARS + TAIL_CHARS].translate(_HYPHENS)
        if not has_place and _ROW.fullmatch(text):
            # The line below the headings has bars and dashes alone.
            text = _BAR.sub("\t", text).strip("\t") if any(map(str.isalnum, text)) else ""
        squeezed = squeezed_blanks(text, has_place=has_place)
        # The words of a line that is cut cannot be assigned to its pieces by counting characters.
        words = line.words if len(line.text) <= MAX_LINE_CHARS else ()
        is_whole = len(squeezed) <= MAX_LINE_CHARS
        cells = cells_in(text) if is_whole else ()
        for start in range(0, len(squeezed), MAX_LINE_CHARS):
            piece = squeezed[start : start + MAX_LINE_CHARS]
            found.append(
                TextLine(
                    text=piece,
                    folded=fold(piece),
                    page=page_number,
                    number=len(found),
                    box=line.box,
                    words=words,
                    gaps=() if "\t" in text else cells,
                    cells=cells,
                )
            )
    return with_party_columns(found)


def with_party_columns(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines, those of a table below "seller" and "buyer" with its cells as columns.

    Other tables are no columns of a page: their rows belong together.
    """
    found = list(lines)
    for heading in lines:
        below = lines[heading.number + 1 : heading.number + 2]
        is_heading = not heading.gaps and bool(heading.cells)
        if not is_heading or not (_names_parties(heading) or _heads_columns(heading)):
            continue
        if _is_above_label(heading, below):
            continue
        for line in lines[heading.number : heading.number + _PARTY_ROWS]:
            if len(line.cells) != len(heading.cells):
                break
            found[line.number] = replace(line, gaps=tuple(sorted({*line.cells} - {0})))
    return found


def _names_parties(line: TextLine) -> bool:
    """Return whether a cell is a label of the seller, and another one of the buyer.

    The seller may be without a label beside "bill to"; a word alone is the heading of a column.
    """
    bounds = (line.cell(number) for number in range(len(line.cells) + 1))
    texts = [line.folded[start:end].strip(" :") for start, end in bounds]
    named = [text for text in texts if text]
    buyers = [text for text in named if label_pattern("company", "buyer").fullmatch(text)]
    has_seller = any(label_pattern("company", "seller").fullmatch(text) for text in named)
    is_beside = len(named) == _PARTIES and any(" " in text for text in buyers)
    return bool(buyers) and (has_seller or is_beside)


def _heads_columns(line: TextLine) -> bool:
    """Return whether a label of the buyer is beside labels of other values: "Customer | Date"."""
    texts = _cells_of(line)
    buyer = label_pattern("company", "buyer", "buyer_marked")
    others = [text for text in texts if not buyer.fullmatch(text)]
    return all(map(is_label, others)) and 0 < len(others) < len(texts)


def _is_above_label(line: TextLine, below: Sequence[TextLine]) -> bool:
    """Return whether the first cell below one is a label, too: then each is beside its value."""
    cells = [_cells_of(each)[:1] for each in below if len(each.cells) == len(line.cells)]
    parties = label_pattern("company", "buyer", "buyer_marked", "seller")
    return any(is_label(text) or parties.fullmatch(text) for each in cells for text in each)


def _cells_of(line: TextLine) -> list[str]:
    bounds = (line.cell(number) for number in range(len(line.cells) + 1))
    return [text for start, end in bounds if (text := line.folded[start:end].strip(" :"))]


def is_label(text: str) -> bool:
    """Return whether a cell announces a value: "Invoice no", "Date"."""
    labels = list(label_pattern("fields", "labels").finditer(text))
    is_at_end = bool(labels) and labels[-1].end() == len(text)
    is_of_paper = _PAPER.search(text) or label_pattern("company", "never").search(text)
    return len(text.split()) <= _WORDS_OF_LABEL and (is_at_end or is_of_paper is not None)


def head_and_tail(pages: Sequence[Page]) -> Iterator[tuple[int, Line]]:
    """Yield the lines of the head and the tail, each with the number of its page."""
    total = sum(map(_length, pages))
    tail_starts = total - TAIL_CHARS
    seen = 0
    for page in pages:
        length = _length(page)
        if seen >= HEAD_CHARS and seen + length <= tail_starts:
            seen += length
            continue
        for line in page.lines or map(Line, page.text.text.splitlines()):
            for kept in parts_of(line, seen, tail_starts):
                yield page.text.number, kept
            seen += len(line.text)


def parts_of(line: Line, seen: int, tail_starts: int) -> Iterator[Line]:
    """Yield what a line has in the head and in the tail, if `seen` characters are before it."""
    head_ends = max(0, HEAD_CHARS - seen)
    tail_begins = max(0, tail_starts - seen, HEAD_CHARS - seen)
    if len(line.text) <= head_ends or tail_begins <= 0:
        yield line
        return
    parts = (line.text[:head_ends], line.text[tail_begins:])
    for part in filter(None, parts):
        yield Line(part, line.box)


def _length(page: Page) -> int:
    """Count the characters of a page without its line ends."""
    if page.lines:
        return sum([len(line.text) for line in page.lines])
    text = page.text.text
    return len(text) - text.count("\n")


def headers_of_mail(lines: Sequence[TextLine]) -> Sequence[TextLine]:
    """Return the lines of a mail with its headers; none of what is no mail."""
    names = [line.folded.partition(":")[0] for line in lines[:_HEADER_LINES]]
    if "from" not in names or "subject" not in names:
        return ()
    end = 1 + max(names.index(name) for name in _HEADERS if name in names)
    return lines[:end]


def has_digit(text: str) -> bool:
    """Return whether a text has a digit, which is asked before patterns that need one."""
    return _DIGIT.search(text) is not None


def matches_in(
    pattern: re.Pattern[str], lines: Iterable[TextLine], *, needs: str = ""
) -> Iterator[tuple[TextLine, re.Match[str]]]:
    """Yield the first match in the folded text of every line that has one.

    `needs` is a character of every match: looking for it first is much cheaper than the pattern.
    """
    for line in lines:
        match = pattern.search(line.folded) if needs in line.folded else None
        if match:
            yield line, match


@cache
def word_lists() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Read the packaged words.toml: folded words by section and list name."""
    return {
        section: {name: tuple(words) for name, words in lists.items()}
        for section, lists in made("word lists", _read_words).items()
    }


def _read_words() -> dict[str, dict[str, list[str]]]:
    sections = read_packaged(__package__, "words.toml")
    return {
        section: {name: list(map(fold, words)) for name, words in lists.items()}
        for section, lists in sections.items()
    }


def word_parts(word: str) -> tuple[str, ...]:
    """Return the regular expression of a folded word, one part for each character.

    A leading "*" matches any beginning. A blank also matches dots, dashes and an opening
    parenthesis, which scans put between words.
    """
    parts: list[str] = ["[a-z]{0,24}"] if word.startswith("*") else []
    for number, piece in enumerate(word.removeprefix("*").split()):
        if number:
            parts.append(r"[ ._:(\-]{0,3}")
        parts += map(_part_of, _CHARACTER.findall(piece))
    return tuple(parts)


@cache
def _part_of(character: str) -> str:
    """Return the regular expression of a character, which the lists have a thousand times."""
    return _LIGATURES.get(character) or re.escape(character)


def any_of(words: Iterable[Sequence[str]]) -> str:
    """Return the regular expression of the first of some words, given in parts, that matches.

    Words that begin with the same character share it. So a place in a text is compared with a few
    first characters, and not with hundreds of words: that is four times as fast.
    """
    groups: list[tuple[str, list[Sequence[str]]]] = []
    # Words that begin with different characters never match at one place, so that their order does
    # not matter. That of all others decides which of them matches: nothing is moved across them.
    movable: dict[str, list[Sequence[str]]] = {}
    for word in words:
        first, rest = (word[0], word[1:]) if word else ("", ())
        if first in movable:
            movable[first].append(rest)
            continue
        rests = [rest]
        groups.append((first, rests))
        if len(first.removeprefix("\\")) == 1:
            movable[first] = rests
        else:
            movable = {}
    found = [
        part + (any_of(rests) if len(rests) > 1 else "".join(rests[0])) for part, rests in groups
    ]
    return found[0] if len(found) == 1 else f"(?:{'|'.join(found)})"


@cache
def label_pattern(section: str, *names: str) -> re.Pattern[str]:
    """Compile one or more lists of words.toml to a pattern over folded text; the longest word wins.

    Words stand alone: "item" is not found in "items", but "(c)" needs no room around it.
    """
    return re.compile(
        made(f"pattern of {section}: {' '.join(names)}", lambda: _text_of(section, names))
    )


def _text_of(section: str, names: Sequence[str]) -> str:
    plain: list[Sequence[str]] = []
    from_letter: list[Sequence[str]] = []
    from_sign: list[Sequence[str]] = []
    words = [word for name in names for word in word_lists()[section][name]]
    for word in sorted(words, key=len, reverse=True):
        parts = word_parts(word)
        if word[0].isalnum() and word[-1].isalnum():
            plain.append(parts)
            continue
        group = from_letter if word[0].isalnum() or word[0] == "*" else from_sign
        group.append((*parts, r"(?![a-z])") if word[-1].isalnum() else parts)
    # Those with a sign at an end come first. No place is the beginning of a letter and of a sign.
    patterns = [
        rf"(?<![a-z0-9]){any_of(from_letter)}" if from_letter else "",
        any_of(from_sign) if from_sign else "",
        rf"(?<![a-z0-9]){any_of(plain)}(?![a-z])" if plain else "",
    ]
    return "|".join(filter(None, patterns))
