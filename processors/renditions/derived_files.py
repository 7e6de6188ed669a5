"""Write the text files for the archive.

Pages are written as they are read, so their number costs no memory. `docs/archive.md` describes
pages.json; a change of its meaning raises `PAGES_VERSION`.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from processors.contract import RENDITIONS, USUAL_RENDITIONS, FormField, Line, Page, Word
from processors.detect.encoding import clean

PAGES_VERSION = 1
# Pages whose lines stay in memory, to find values in; of later pages only the text stays.
_PAGES_WITH_LINES = 20
_MOST_LATER_FIELDS = 1000
"""Fields of forms on those pages, whose values are findings, too."""

# Pages, lines and words are formatted by hand: a document has hundreds of thousands of words, for
# which json.dumps takes twice as long. This is the function by which it escapes strings.
_json_string = json.encoder.encode_basestring
_WORD = '{"text":%s,"box":[%.1f,%.1f,%.1f,%.1f]}'


class PageLog:
    """Writes text.txt (a form feed between pages) and pages.json page by page.

    A context manager.
    """

    def __init__(self, work_dir: Path, *, renditions: Iterable[str] = USUAL_RENDITIONS) -> None:
        self._folder = work_dir
        self._requested = frozenset(renditions)
        self._text_file = self._open("text")
        self._pages_file = self._open("pages")
        self._count = 0
        self._later_fields = 0
        if self._pages_file:
            head = {"format": "pages", "version": PAGES_VERSION, "unit": "pt", "origin": "top left"}
            text = json.dumps(head, separators=(",", ":"))
            self._pages_file.write(text.removesuffix("}") + ',"pages":[')

    def keep(self, page: Page) -> Page:
        """Write the next page.

        Return it with clean text and its fields, and without the lines that later steps do not use.
        """
        from processors.values.fields import with_fields

        text = clean(page.text.text)
        if text != page.text.text:
            page = dataclasses.replace(
                page,
                text=dataclasses.replace(page.text, text=text),
                lines=tuple(
                    [dataclasses.replace(line, text=clean(line.text)) for line in page.lines]
                ),
            )
        self._count += 1
        is_kept_whole = self._count <= _PAGES_WITH_LINES
        left = _MOST_LATER_FIELDS - self._later_fields
        if is_kept_whole or self._pages_file or left:
            page = with_fields(page)
        if self._text_file:
            separator = "\f" if self._count > 1 else ""
            self._text_file.write(separator + page.text.text)
        if self._pages_file:
            separator = ",\n" if self._count > 1 else "\n"
            self._pages_file.write(separator + _page_json(page))
        if not is_kept_whole:
            page = dataclasses.replace(page, lines=(), fields=page.fields[:left])
            self._later_fields += len(page.fields)
        return page

    def keep_rest(self, pages: Sequence[Page]) -> tuple[Page, ...]:
        """Write the pages that the processor did not pass one by one; return all."""
        written = pages[: self._count]
        rest = [self.keep(page) for page in pages[self._count :]]
        return (*written, *rest)

    def files(self) -> Mapping[str, Path]:
        """Finish the files; return name and path of every requested rendition that exists."""
        self._close()
        found = {}
        for kind, name in RENDITIONS.items():
            path = self._folder / name
            if kind in self._requested and path.is_file():
                found[name] = path
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._close()

    def _open(self, kind: str) -> IO[str] | None:
        if kind not in self._requested:
            return None
        path = self._folder / RENDITIONS[kind]
        return path.open("w", encoding="utf-8", errors="replace", newline="\n")

    def _close(self) -> None:
        if self._pages_file and not self._pages_file.closed:
            self._pages_file.write("\n]}\n")
        for file in (self._text_file, self._pages_file):
            if file:
                file.close()


def _page_json(page: Page) -> str:
    text = page.text
    fields = {
        "number": text.number,
        "source": text.source,
        "engine": text.engine,
        "reason": text.reason,
        "confidence": text.confidence,
        "width_pt": text.width_pt,
        "height_pt": text.height_pt,
        "turned_deg": page.turned_deg,
        "text": text.text,
    }
    head = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    lines = ",".join(map(_line_json, page.lines))
    form = f',"fields":[{",".join(map(_field_json, page.fields))}]' if page.fields else ""
    return f'{head.removesuffix("}")},"lines":[{lines}]{form}}}'


def _line_json(line: Line) -> str:
    box = "null" if line.box is None else "[{:.2f},{:.2f},{:.2f},{:.2f}]".format(*line.box)
    confidence = "null" if line.confidence is None else f"{line.confidence:.4g}"
    if any(word.confidence is not None for word in line.words):
        words = ",".join(map(_recognized_word_json, line.words))
    else:
        # All words of a line at once, which is faster still.
        values: list[object] = []
        for word in line.words:
            values.append(_json_string(word.text))
            values.extend(word.box)
        words = ",".join([_WORD] * len(line.words)) % tuple(values)
    text = _json_string(line.text)
    return f'{{"text":{text},"box":{box},"confidence":{confidence},"words":[{words}]}}'


def _field_json(field: FormField) -> str:
    box = [round(place, 2) for place in field.box] if field.box else None
    entries = {"label": field.label, "value": field.value, "place": field.place, "box": box}
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":"))


def _recognized_word_json(word: Word) -> str:
    text = _json_string(word.text)
    left, top, right, bottom = word.box
    box = f"[{left:.1f},{top:.1f},{right:.1f},{bottom:.1f}]"
    confidence = "null" if word.confidence is None else f"{word.confidence:.3g}"
    return f'{{"text":{text},"box":{box},"confidence":{confidence}}}'
