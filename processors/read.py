"""Read one document in this process: tell its kind, process it, classify it, find its values, leave derived files."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.model import Finding, Findings, PageText, ReadStatus
from processors import derived, media, ocr, registry
from processors.contract import Context, EngineMissing, OcrEngine, Page, Reading, ReadSettings, Unreadable
from processors.encoding import clean

TEXT_CHARS = 2_000_000
"""How much text travels with the findings; text.txt has all of it."""


class Engines:
    """Keeps the OCR engine of one setting loaded from its first use on."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._engine: OcrEngine | None = None

    def get(self) -> OcrEngine:
        """Return the engine, loading it when first asked; raises EngineMissing."""
        if self._engine is None:
            self._engine = ocr.engine_for(self._settings)
        return self._engine


def read_document(
    path: Path,
    *,
    name: str,
    work_dir: Path,
    settings: ReadSettings,
    engine: Callable[[], OcrEngine] | None = None,
) -> Findings:
    """Read a file, leaving derived files in `work_dir`. The name appears in sentences only, never decides anything.

    What a document can do wrong becomes a status; anything raised is a bug in a processor.
    """
    kind = media.Kind(media.UNKNOWN, "")
    try:
        _check_size(path, settings)
        kind = media.kind_of(path)
        context = Context(settings=settings, engine=engine or Engines(settings).get, cpu_used_s=_stopwatch())
        reading = registry.processor_for(kind.media_type).process(path, work_dir, context)
    except Unreadable as exc:
        return failed(kind.media_type, exc.status, f"{name}: {exc}", extension=kind.extension)
    except EngineMissing as exc:
        return failed(kind.media_type, ReadStatus.UNSUPPORTED, f"{name}: {exc}", extension=kind.extension)
    return _findings(reading, kind=kind, name=name, work_dir=work_dir, settings=settings)


def failed(media_type: str, status: ReadStatus, problem: str, *, extension: str = "") -> Findings:
    """Return findings of a document that gave nothing."""
    nothing = Finding(value=None, confidence=0.0, reason=f"the document was not read: {status.value}")
    return Findings(
        media_type=media_type, status=status, doc_type=nothing, problems=(problem,), extension=extension or None
    )


def _check_size(path: Path, settings: ReadSettings) -> None:
    size = path.stat().st_size
    if size == 0:
        raise Unreadable(ReadStatus.EMPTY, "the file is empty; upload it again.")
    limit = settings.limits.file_mib
    if size > limit * 2**20:
        raise Unreadable(
            ReadStatus.TOO_BIG,
            f"the file has {size / 2**20:.0f} MiB, more than the limit of {limit}; split it or raise the limit.",
        )


def _stopwatch() -> Callable[[], float]:
    """Count CPU seconds from now on, those of ended child programs included."""

    def used() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    start = used()
    return lambda: used() - start


def _findings(reading: Reading, *, kind: media.Kind, name: str, work_dir: Path, settings: ReadSettings) -> Findings:
    from processors import classify, values

    pages = [_cleaned(page) for page in reading.pages]
    files = derived.write(pages, work_dir)
    texts = _capped([page.text for page in pages])
    status = _status(texts, reading)
    problems = [f"{name}: {problem}" for problem in reading.problems]
    if status is ReadStatus.EMPTY:
        problems.append(f"{name}: no text was found in it; check that it is the right file and not a blank page.")
    return Findings(
        media_type=kind.media_type,
        status=status,
        doc_type=classify.classify(texts, media_type=kind.media_type),
        fields=values.find_values(texts, languages=settings.languages),
        pages=texts,
        text="\f".join(page.text for page in texts)[:TEXT_CHARS],
        problems=tuple(problems),
        derived=files,
        metadata={clean(key): clean(value) for key, value in reading.metadata.items()},
        children=tuple(clean(child).replace("\n", " ") for child in reading.children),
        extension=kind.extension or None,
    )


def _status(pages: Sequence[PageText], reading: Reading) -> ReadStatus:
    """Empty is a document without a single letter and without a reason; problems make it partial or damaged."""
    written = any(page.text.strip() for page in pages)
    if reading.problems:
        whole = any(page.source != "none" or page.width_pt for page in pages)
        return ReadStatus.PARTIAL if written or whole else ReadStatus.DAMAGED
    return ReadStatus.OK if written else ReadStatus.EMPTY


def _cleaned(page: Page) -> Page:
    lines = tuple(dataclasses.replace(line, text=clean(line.text)) for line in page.lines)
    return Page(dataclasses.replace(page.text, text=clean(page.text.text)), lines)


def _capped(pages: Sequence[PageText]) -> tuple[PageText, ...]:
    """Cut the texts of the last pages so that all of them together stay below the cap."""
    left = TEXT_CHARS
    capped: list[PageText] = []
    for page in pages:
        capped.append(page if len(page.text) <= left else dataclasses.replace(page, text=page.text[:left]))
        left -= len(capped[-1].text)
    return tuple(capped)
