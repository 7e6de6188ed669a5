"""What the pages of the documentation say, taken apart for the tests."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
OUTSIDE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PAGES = (
    *(ROOT / name for name in OUTSIDE),
    *sorted(path for path in (ROOT / "docs").rglob("*.md")),
)
"""Every page, those at the root of the repository first."""

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A block of code: its language ("" if none) and its text, without the page's indentation."""

    language: str
    text: str


def name_of(path: Path) -> str:
    """Name a page in a test's id."""
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    """Return a page as it is written."""
    return path.read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    """Return a page without its blocks of code."""
    return _FENCE.sub("", text_of(path))


def blocks_of(path: Path) -> list[Block]:
    """Return the blocks of code of a page."""
    return [
        Block(language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE))
        for indent, language, text in _FENCE.findall(text_of(path))
    ]


def spans_of(path: Path) -> list[str]:
    """Return everything that a page sets in code type inside its prose."""
    return [span.strip() for span in _SPAN.findall(prose_of(path))]


def links_of(path: Path) -> list[str]:
    """Return the targets of the links and pictures of a page."""
    return _LINK.findall(prose_of(path))


def invocations_of(path: Path) -> Iterator[list[str]]:
    """Yield each command line of this program that a page shows, as words after its name."""
    for span in spans_of(path):
        if span.startswith("caspio-ingest "):
            yield words_of(span)
    for block in blocks_of(path):
        if block.language in {"", "bash", "sh"}:
            # A command may go on in the next line.
            for line in block.text.replace("\\\n", " ").splitlines():
                if line.strip().startswith("caspio-ingest "):
                    yield words_of(line)


def words_of(line: str) -> list[str]:
    """Return the words of a command line after the program's name, without what a shell takes."""
    words = shlex.split(line, comments=True)[1:]
    end = next((number for number, word in enumerate(words) if word in {"<", ">", "|"}), None)
    return words[:end]


def anchors_of(path: Path) -> set[str]:
    """Return what links can point at in a page: its headings and the anchors it sets itself."""
    text = prose_of(path)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {
        re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())
        for heading in headings
    }
    return slugs | set(re.findall(r'<a id="([^"]+)"', text))
