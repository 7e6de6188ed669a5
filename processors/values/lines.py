"""Lines of text in a form that labels can be looked for in: folded, cut to a bounded length and numbered."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from pipeline.model import Finding
from processors.contract import Box, Line as PageLine, Page, Word

MAX_LINE = 400
"""Characters; a longer line is cut into pieces, because every pattern's cost grows with its line."""
HEAD_CHARS = 60_000
TAIL_CHARS = 15_000
"""Values stand on the first pages or in the closing lines; what lies between is left out of a very long document."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `folded` has as many characters as `text`, in lower case without accents. `page` counts from 1."""

    text: str
    folded: str
    page: int
    number: int
    box: Box | None = None
    words: tuple[Word, ...] = ()

    def finding(
        self,
        value: str | None,
        confidence: float,
        reason: str,
        *,
        start: int = 0,
        end: int | None = None,
    ) -> Finding:
        """Return a finding that stands on this line, between two places in its text."""
        box = self._box_between(start, len(self.text) if end is None else end)
        return Finding(value, round(confidence, 2), reason, self.page, box)

    def _box_between(self, start: int, end: int) -> Box | None:
        """Return the box round the words between two places; the line's own where its words are not known."""
        at = 0
        boxes = []
        for word in self.words:
            found = self.text.find(word.text, at) if word.text else -1
            if found < 0:
                continue
            at = found + len(word.text)
            if found < end and at > start:
                boxes.append(word.box)
        return around(boxes) if boxes else self.box


def around(boxes: Sequence[Box]) -> Box:
    """Return the box round several."""
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


_STROKED = str.maketrans("\u0142\u0141\u00f8\u00d8\u0111\u0110\u0131", "lLoOdDi")
"""Letters with a stroke, and the Turkish i without its dot: Unicode takes none of them apart."""


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    char = char.translate(_STROKED)
    base = unicodedata.normalize("NFKD", char)[:1].lower()
    lower = char.lower()
    return base if base.isascii() and base else lower if len(lower) == 1 else char


def fold(text: str) -> str:
    """Lower the case and drop the accents of Latin letters, keeping every character's place."""
    return text.lower() if text.isascii() else "".join(map(_fold_char, text))


def _pieces(text: str) -> Iterator[str]:
    squeezed = " ".join(text[: HEAD_CHARS + TAIL_CHARS].split())
    for start in range(0, len(squeezed), MAX_LINE):
        yield squeezed[start : start + MAX_LINE]


def _shorten(pages: Sequence[Page]) -> Iterator[tuple[int, PageLine]]:
    """Yield the lines of the head and the tail with their pages; one that lies across a border is cut there."""
    total, seen = sum(_length(page) for page in pages), 0
    for page in pages:
        length = _length(page)
        if seen >= HEAD_CHARS and seen + length <= total - TAIL_CHARS:
            seen += length
            continue
        for line in page.lines or [PageLine(line) for line in page.text.text.splitlines()]:
            size = len(line.text)
            head, tail = (
                max(0, HEAD_CHARS - seen),
                max(0, total - TAIL_CHARS - seen, HEAD_CHARS - seen),
            )
            if size <= head or tail <= 0:
                yield page.text.number, line
            else:
                parts = (line.text[:head], line.text[tail:])
                yield from ((page.text.number, PageLine(part, line.box)) for part in parts if part)
            seen += size


def _length(page: Page) -> int:
    """Count a page's characters, the ends of its lines left out."""
    text = page.text.text
    return (
        sum([len(line.text) for line in page.lines]) if page.lines else len(text) - text.count("\n")
    )


def lines_of(pages: Sequence[Page]) -> list[Line]:
    """Return the document's lines that are not blank, in reading order."""
    found: list[Line] = []
    for number, line in _shorten(pages):
        for piece in _pieces(line.text):
            words = line.words if len(line.text) <= MAX_LINE else ()
            found.append(Line(piece, fold(piece), number, len(found), line.box, words))
    return found


@cache
def words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Read the packaged words once."""
    raw = tomllib.loads(
        resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    )
    return {
        part: {name: tuple(fold(w) for w in ws) for name, ws in names.items()}
        for part, names in raw.items()
    }


def word_pattern(word: str) -> str:
    """Return the expression for a folded word; a leading "*" stands for any beginning.

    A blank also matches dots, dashes and an opening bracket.
    """
    start = r"[a-z]{0,24}" if word.startswith("*") else ""
    pieces = (
        re.escape(piece).replace("ss", "(?:ss|ß)") for piece in word.removeprefix("*").split()
    )
    return start + r"[ ._:(\-]{0,3}".join(pieces)


def _guarded(word: str) -> str:
    """Keep letters from touching a word: "item" is not found in "items", but "(c)" needs no room."""
    before = r"(?<![a-z0-9])" if word[0].isalnum() or word[0] == "*" else ""
    after = r"(?![a-z])" if word[-1].isalnum() else ""
    return f"{before}{word_pattern(word)}{after}"


@cache
def pattern(part: str, name: str) -> re.Pattern[str]:
    """Compile one list of words to a pattern over folded text; the longest word wins."""
    chosen = sorted(words()[part][name], key=len, reverse=True)
    plain = [word_pattern(word) for word in chosen if word[0].isalnum() and word[-1].isalnum()]
    special = [_guarded(word) for word in chosen if not (word[0].isalnum() and word[-1].isalnum())]
    return re.compile("|".join([*special, r"(?<![a-z0-9])(?:" + "|".join(plain) + r")(?![a-z])"]))
