"""Lines of text in a form that labels can be looked for in: folded, cut to a bounded length and numbered."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from pipeline.model import PageText

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


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    base = unicodedata.normalize("NFKD", char)[:1].lower()
    lower = char.lower()
    return base if base.isascii() and base else lower if len(lower) == 1 else char


def fold(text: str) -> str:
    """Lower the case and drop the accents of Latin letters, keeping every character's place."""
    return text.lower() if text.isascii() else "".join(map(_fold_char, text))


def _pieces(text: str) -> Iterator[str]:
    for raw in text.splitlines():
        squeezed = " ".join(raw[: HEAD_CHARS + TAIL_CHARS].split())
        for start in range(0, len(squeezed), MAX_LINE):
            yield squeezed[start : start + MAX_LINE]


def _shorten(pages: Sequence[PageText]) -> Iterator[tuple[int, str]]:
    left = HEAD_CHARS
    total = sum(len(page.text) for page in pages)
    seen = 0
    for page in pages:
        head = page.text[: max(left, 0)]
        left -= len(page.text)
        tail_from = max(total - TAIL_CHARS - seen, len(head))
        seen += len(page.text)
        yield page.number, head
        yield page.number, page.text[tail_from:]


def lines_of(pages: Sequence[PageText]) -> list[Line]:
    """Return the document's lines that are not blank, in reading order."""
    found: list[Line] = []
    for number, text in _shorten(pages):
        for piece in _pieces(text):
            found.append(Line(text=piece, folded=fold(piece), page=number, number=len(found)))
    return found


@cache
def words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Read the packaged words once."""
    raw = tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
    return {part: {name: tuple(fold(w) for w in ws) for name, ws in names.items()} for part, names in raw.items()}


def word_pattern(word: str) -> str:
    """Return the expression for a folded word; a leading "*" stands for any beginning.

    A blank also matches dots, dashes and an opening bracket.
    """
    start = r"[a-z]{0,24}" if word.startswith("*") else ""
    pieces = (re.escape(piece).replace("ss", "(?:ss|ß)") for piece in word.removeprefix("*").split())
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
