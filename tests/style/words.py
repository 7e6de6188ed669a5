"""Find the words that `words.toml` bans: in names, messages, comments, help texts and documentation.

A line is searched as a reader sees it: `SourceRun` and `source_run` are read as "Source Run" and
"source run". A phrase is also found where it continues on the next line.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.style.report import Hit

LIST = Path(__file__).with_name("words.toml")

_CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LINE_START = re.compile(r"^[\s#>*-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A banned word: what to search, what to write instead, and where the word is right.

    `rough` finds it anywhere in a text in lower case. It is much faster than `pattern`, which looks
    at the case and at the ends of the word.
    """

    pattern: re.Pattern[str]
    rough: re.Pattern[str]
    use: str
    allow: re.Pattern[str] | None
    allow_in: tuple[str, ...]
    phrase: bool

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the places in a text, without those inside an allowed expression."""
        allowed = [match.span() for match in self.allow.finditer(text)] if self.allow else []
        for match in self.pattern.finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in allowed):
                yield match


@dataclass(frozen=True, slots=True, kw_only=True)
class WordList:
    """The words, the files they are searched in, and the files that are left out."""

    words: tuple[Word, ...]
    suffixes: frozenset[str]
    skip: tuple[str, ...]

    def covers(self, path: Path) -> bool:
        """Decide whether a file of the repository is searched."""
        suffix = path.suffix or path.name
        return suffix in self.suffixes and not any(path.match(one) for one in self.skip)


def read_list(path: Path = LIST) -> WordList:
    """Read the list; raise KeyError or re.error if it is not valid."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    words = []
    for one in content["word"]:
        allow = "|".join(one.get("allow", []))
        words.append(
            Word(
                pattern=re.compile(rf"\b(?:{one['find']})\b", re.IGNORECASE),
                rough=re.compile(one["find"]),
                use=one["use"],
                allow=re.compile(allow, re.IGNORECASE) if allow else None,
                allow_in=tuple(one.get("allow_in", [])),
                phrase=" " in one["find"],
            )
        )
    files = content["files"]
    return WordList(
        words=tuple(words), suffixes=frozenset(files["suffixes"]), skip=tuple(files["skip"])
    )


def find_words(files: Sequence[Path], word_list: WordList) -> Iterator[Hit]:
    """Search the names and lines of these files, whose paths are relative to the repository."""
    for file in files:
        if not word_list.covers(file):
            continue
        words = [
            word for word in word_list.words if not any(file.match(one) for one in word.allow_in)
        ]
        for word in words:
            for match in word.find(_readable(file.stem)):
                yield Hit(file, 0, _message(match, word))
        lines = [_readable(line) for line in file.read_text(encoding="utf-8").splitlines()]
        yield from _find_in_lines(file, lines, _present(words, lines))


def _present(words: Sequence[Word], lines: Sequence[str]) -> list[Word]:
    """Return the words that may be in a file: to see it once is faster than in every line."""
    text = "\n".join(lines).lower()
    flowing = " ".join(_LINE_START.sub("", line).rstrip() for line in lines).lower()
    return [
        word
        for word in words
        if word.rough.search(text) or (word.phrase and word.rough.search(flowing))
    ]


def _find_in_lines(file: Path, lines: Sequence[str], words: Sequence[Word]) -> Iterator[Hit]:
    previous = ""
    for number, line in enumerate(lines, 1):
        for word in words:
            for match in word.find(line):
                yield Hit(file, number, _message(match, word))
            if word.phrase:
                joined = f"{previous.rstrip()} {_LINE_START.sub('', line)}"
                border = len(previous.rstrip())
                for match in word.find(joined):
                    if match.start() < border < match.end():
                        yield Hit(file, number - 1, _message(match, word))
        previous = line


def _readable(text: str) -> str:
    return _CAMEL_CASE.sub(" ", text).replace("_", " ")


def _message(match: re.Match[str], word: Word) -> str:
    return f'"{match[0]}": write {word.use}'
