"""The files left for the archive. Pages are written as they are read, so that their number costs no memory.

`docs/archive.md` describes pages.json; a change of its meaning raises `PAGES_VERSION`.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from processors.contract import RENDITIONS, USUAL_RENDITIONS, Line, Page, Word
from processors.detect.encoding import clean

PAGES_VERSION = 1
_WORDS_KEPT = 20
"""Pages whose lines stay in memory for finding values in; of later ones the text alone."""

_WORD = '{"text":%s,"box":[%.1f,%.1f,%.1f,%.1f]}'

_text = json.encoder.encode_basestring


class PageLog:
    """Writes text.txt (pages set apart by form feeds) and pages.json page by page. A context manager."""

    def __init__(self, work_dir: Path, *, renditions: Iterable[str] = USUAL_RENDITIONS) -> None:
        self._folder = work_dir
        self._wanted = frozenset(renditions)
        self._texts = self._open("text")
        self._pages = self._open("pages")
        self._count = 0
        if self._pages:
            self._pages.write(
                f'{{"format":"pages","version":{PAGES_VERSION},"unit":"pt","origin":"top left","pages":['
            )

    def keep(self, page: Page) -> Page:
        """Write the next page; return it fit for every reader, without what later steps have no use for."""
        text = clean(page.text.text)
        if text != page.text.text:
            lines = tuple([_cleaned(line) for line in page.lines])
            page = dataclasses.replace(
                page, text=dataclasses.replace(page.text, text=text), lines=lines
            )
        if self._texts:
            self._texts.write(("\f" if self._count else "") + page.text.text)
        if self._pages:
            self._pages.write((",\n" if self._count else "\n") + _page(page))
        self._count += 1
        return page if self._count <= _WORDS_KEPT else dataclasses.replace(page, lines=())

    def keep_rest(self, pages: Sequence[Page]) -> tuple[Page, ...]:
        """Write those of a document's pages that its processor did not hand over one by one; return all."""
        written = pages[: self._count]
        return (*written, *[self.keep(page) for page in pages[self._count :]])

    def files(self) -> Mapping[str, Path]:
        """End the files; return name and path of every rendition asked for that is there."""
        self._close()
        names = (name for kind, name in RENDITIONS.items() if kind in self._wanted)
        return {name: self._folder / name for name in names if (self._folder / name).is_file()}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _open(self, kind: str) -> IO[str] | None:
        if kind not in self._wanted:
            return None
        return (self._folder / RENDITIONS[kind]).open(
            "w", encoding="utf-8", errors="replace", newline="\n"
        )

    def _close(self) -> None:
        if self._pages and not self._pages.closed:
            self._pages.write("\n]}\n")
        for stream in (self._texts, self._pages):
            if stream:
                stream.close()


def _cleaned(line: Line) -> Line:
    text = clean(line.text)
    return line if text == line.text else dataclasses.replace(line, text=text)


def _page(page: Page) -> str:
    value = page.text
    said = {
        "number": value.number,
        "source": value.source,
        "engine": value.engine,
        "reason": value.reason,
        "confidence": value.confidence,
        "width_pt": value.width_pt,
        "height_pt": value.height_pt,
        "turned_deg": page.turned_deg,
        "text": value.text,
    }
    head = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return f'{head[:-1]},"lines":[{",".join(map(_line, page.lines))}]}}'


def _line(line: Line) -> str:
    """Write a line by hand: a document has hundreds of thousands of words, and the encoder takes twice as long."""
    box = "null" if line.box is None else "[{:.2f},{:.2f},{:.2f},{:.2f}]".format(*line.box)
    sure = "null" if line.confidence is None else f"{line.confidence:.4g}"
    return f'{{"text":{_text(line.text)},"box":{box},"confidence":{sure},"words":[{_words(line.words)}]}}'


def _words(words: Sequence[Word]) -> str:
    if any(word.confidence is not None for word in words):
        return ",".join(map(_recognized, words))
    values: list[object] = []
    for word in words:
        values.append(_text(word.text))
        values.extend(word.box)
    return ",".join([_WORD] * len(words)) % tuple(values)


def _recognized(word: Word) -> str:
    sure = "null" if word.confidence is None else f"{word.confidence:.3g}"
    left, top, right, bottom = word.box
    return f'{{"text":{_text(word.text)},"box":[{left:.1f},{top:.1f},{right:.1f},{bottom:.1f}],"confidence":{sure}}}'
