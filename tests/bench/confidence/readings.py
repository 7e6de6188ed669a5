"""Read the documents of a corpus once, and keep their pages as JSON outside the repository.

Recognizing a picture takes a second or more, finding its values a few milliseconds: rules and
weights are measured again and again on the same pages. Delete the folder after a change of OCR.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.model import PageText
from processors import registry
from processors.contract import Code, Context, Line, Page, ReadSettings, Unreadable, Word
from processors.detect.file_type import file_type_of
from processors.read import Engines, start_cpu_clock


def readings(
    corpus: Path, cache: Path, *, kinds: frozenset[str] = frozenset()
) -> Iterator[tuple[dict[str, Any], list[Page]]]:
    """Yield each row of the manifest with the pages of its document; unreadable ones are left out.

    `kinds` are those of the manifest; none means all.
    """
    engines = Engines(ReadSettings())
    for line in (corpus / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if kinds and row["kind"] not in kinds:
            continue
        kept = cache / f"{row['id']}.json"
        if not kept.exists():
            cache.mkdir(parents=True, exist_ok=True)
            write_reading(corpus / row["path"], kept, engines)
        reading = json.loads(kept.read_text(encoding="utf-8"))
        if reading["pages"]:
            yield row | {"media": reading["media_type"]}, [page_of(one) for one in reading["pages"]]


def write_reading(path: Path, kept: Path, engines: Engines) -> None:
    """Read a document and write its pages; one that cannot be read has none."""
    media_type = file_type_of(path).media_type
    pages: tuple[Page, ...] = ()
    with tempfile.TemporaryDirectory() as folder:
        context = Context(ReadSettings(), engines.get, start_cpu_clock())
        try:
            pages = registry.processor_for(media_type).process(path, Path(folder), context).pages
        except Unreadable:
            pages = ()
    whole = {"media_type": media_type, "pages": [asdict(page) for page in pages]}
    # Written beside it first, so that a reading that breaks off leaves no half of a file.
    part = kept.with_suffix(".part")
    part.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    part.replace(kept)


def page_of(one: Mapping[str, Any]) -> Page:
    """Return a page as it was read."""
    return Page(
        text=PageText(**one["text"]),
        lines=tuple(_line_of(line) for line in one["lines"]),
        turned_deg=one["turned_deg"],
        codes=tuple(Code(each["format"], each["text"], _box(each["box"])) for each in one["codes"]),
        problem=one["problem"],
    )


def _line_of(one: Mapping[str, Any]) -> Line:
    words = tuple(Word(text, tuple(box), confidence) for text, box, confidence in one["words"])
    return Line(one["text"], _box(one["box"]), one["confidence"], words, one["angle_deg"])


def _box(box: list[float] | None) -> Any:
    return tuple(box) if box else None
