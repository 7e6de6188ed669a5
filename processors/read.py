"""Read one document in this process: tell its kind, process it, classify it, find its values, leave derived files.

The files inside it are read the same way, and what they say is added to what it says.
"""

import dataclasses
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from pipeline.model import Child, Finding, Findings, PageText, ReadStatus
from processors import registry
from processors.children import Budget, Taken, take_out
from processors.contract import (
    RENDITIONS,
    Context,
    EngineMissing,
    Page,
    PageReader,
    Reading,
    ReadSettings,
    Unreadable,
    failed,
)
from processors.detect import locked_office, media
from processors.detect.encoding import clean
from processors.detect.file_type import file_type_of
from processors.merge_embedded import together
from processors.renditions import derived_files as derived

TEXT_CHARS = 2_000_000
"""How much text travels with the findings; text.txt has all of it."""
_MOST_PROBLEMS = 20
"""Sentences about the files inside a document; the files themselves have all of theirs."""
_BY_THE_WAY = frozenset({ReadStatus.UNSUPPORTED, ReadStatus.EMPTY})
"""What a file inside a document may be without anything missing: mails carry logos, signatures and calendars."""


class Engines:
    """Keeps the OCR engines of one setting loaded from their first use on."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._reader: PageReader | None = None

    def get(self) -> PageReader:
        """Return what recognizes pictures, loading it when first asked; raises EngineMissing."""
        if self._reader is None:
            self._reader = registry.page_reader(self._settings)
        return self._reader


def read_document(
    path: Path,
    *,
    name: str,
    work_dir: Path,
    settings: ReadSettings,
    engine: Callable[[], PageReader] | None = None,
) -> Findings:
    """Read a file, leaving derived files in `work_dir`. The name appears in sentences only, never decides anything.

    What a document can do wrong becomes a status; anything raised is a bug in a processor.
    """
    context = Context(
        settings=settings, engine=engine or Engines(settings).get, cpu_used_s=stopwatch()
    )
    budget = Budget(settings.limits, upload_bytes=path.stat().st_size)
    return _read(path, name, work_dir, context=context, budget=budget, depth=0)


def _read(
    path: Path, name: str, work_dir: Path, *, context: Context, budget: Budget, depth: int
) -> Findings:
    kind = media.FileType(media.UNKNOWN, "")
    try:
        _check_size(path, context.settings)
        kind = file_type_of(path)
        if kind.media_type == media.LOCKED_OFFICE:
            path = locked_office.unlocked(path, work_dir, context.settings.passwords)
            kind = file_type_of(path)
        processor = registry.processor_for(kind.media_type)
        with derived.PageLog(work_dir, renditions=context.settings.renditions) as log:
            reading = processor.process(path, work_dir, dataclasses.replace(context, keep=log.keep))
            reading = dataclasses.replace(reading, pages=log.keep_rest(reading.pages))
            reading = _with_pdfa(
                reading, path, work_dir, media_type=kind.media_type, settings=context.settings
            )
            files = log.files()
    except Unreadable as exc:
        return failed(kind.media_type, exc.status, f"{name}: {exc}", extension=kind.extension)
    except EngineMissing as exc:
        return failed(
            kind.media_type, ReadStatus.UNSUPPORTED, f"{name}: {exc}", extension=kind.extension
        )
    findings = _findings(reading, kind=kind, name=name, files=files, settings=context.settings)
    taken = take_out(
        reading.children,
        folder=work_dir / "children",
        budget=budget,
        depth=depth,
        read=partial(_read, context=context, budget=budget, depth=depth + 1),
        exhausted=lambda: context.exhausted,
    )
    return with_children(findings, reading, taken, name)


def _with_pdfa(
    reading: Reading, path: Path, work_dir: Path, *, media_type: str, settings: ReadSettings
) -> Reading:
    if "pdfa" not in settings.renditions:
        return reading
    reason = registry.write_pdfa(
        path, work_dir, media_type=media_type, metadata=reading.metadata, settings=settings
    )
    if not reason:
        return reading
    return dataclasses.replace(reading, left_out={**reading.left_out, RENDITIONS["pdfa"]: reason})


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


def stopwatch() -> Callable[[], float]:
    """Count CPU seconds from now on, those of ended child programs included."""

    def used() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    start = used()
    return lambda: used() - start


def _findings(
    reading: Reading,
    *,
    kind: media.FileType,
    name: str,
    files: Mapping[str, Path],
    settings: ReadSettings,
) -> Findings:
    """Return what the document's own pages say."""
    from processors import values

    texts = _capped([page.text for page in reading.pages])
    stated = reading.stated
    doc_type = stated.doc_type if stated else _class_of(reading.pages, kind=kind, settings=settings)
    guessed = {}
    if not (stated and stated.complete):
        guessed = values.find_values(
            reading.pages,
            languages=settings.languages,
            date_order=settings.date_order,
            doc_class=doc_type.value,
        )
    fields = {**guessed, **stated.fields} if stated else guessed
    return Findings(
        media_type=kind.media_type,
        status=_status(texts, reading),
        doc_type=doc_type,
        fields=fields,
        pages=texts,
        text="\f".join(page.text for page in texts)[:TEXT_CHARS],
        problems=tuple(f"{name}: {problem}" for problem in reading.problems),
        derived=files,
        metadata={clean(key): clean(value) for key, value in reading.metadata.items()},
        extension=kind.extension or None,
        left_out={key: clean(reason) for key, reason in reading.left_out.items()},
    )


def _class_of(pages: Sequence[Page], *, kind: media.FileType, settings: ReadSettings) -> Finding:
    from processors.classify import classifier as classify

    return classify.classify(pages, media_type=kind.media_type, own_rules=settings.rules)


def _status(pages: Sequence[PageText], reading: Reading) -> ReadStatus:
    """Empty is a document without a single letter and without a reason; problems make it partial or damaged."""
    written = any(page.text.strip() for page in pages)
    if reading.problems:
        whole = any(page.source != "none" or page.width_pt for page in pages)
        return ReadStatus.PARTIAL if written or whole else ReadStatus.DAMAGED
    return ReadStatus.OK if written else ReadStatus.EMPTY


def with_children(findings: Findings, reading: Reading, taken: Taken, name: str) -> Findings:
    """Add to a document what is in its children: their text, the values of all together, and what is missing."""
    status = whole_status(findings.status, reading, taken)
    missing = [
        problem
        for child in taken.children
        if _missed(child, status)
        for problem in child.findings.problems
    ]
    problems = [*taken.problems, *missing[:_MOST_PROBLEMS]]
    if len(missing) > _MOST_PROBLEMS:
        problems.append(
            f"{len(missing) - _MOST_PROBLEMS} more sentences about the files inside it are left out."
        )
    if status is ReadStatus.EMPTY and not problems:
        problems = [
            "no text was found in it; check that it is the right file and not a blank page."
        ]
    all_problems = (*findings.problems, *(f"{name}: {problem}" for problem in problems))
    if not taken.children:
        return dataclasses.replace(findings, status=status, problems=all_problems)
    append_texts(findings, taken.children)
    doc_type, fields = together(findings.doc_type, findings.fields, taken.children)
    texts = [findings.text, *(child.findings.text for child in taken.children)]
    return dataclasses.replace(
        findings,
        status=status,
        doc_type=doc_type,
        fields=fields,
        text="\f".join(text for text in texts if text)[:TEXT_CHARS],
        problems=all_problems,
        children=_trimmed(taken.children, TEXT_CHARS),
    )


def _missed(child: Child, whole: ReadStatus) -> bool:
    """Say whether something is missing from the whole because of a child."""
    return child.findings.status is not ReadStatus.OK and not (
        whole.readable and _is_by_the_way(child)
    )


def _is_by_the_way(child: Child) -> bool:
    """Say whether nothing is missing though a child was not read: a logo, a calendar, a blank page."""
    findings = child.findings
    unread = findings.status is ReadStatus.UNSUPPORTED and registry.holds_documents(
        findings.media_type
    )
    return findings.status in _BY_THE_WAY and not unread


def whole_status(own: ReadStatus, reading: Reading, taken: Taken) -> ReadStatus:
    """Judge a document by itself and what is in it; one that has no pages of its own is what its children are."""
    statuses = [child.findings.status for child in taken.children]
    readable = own.readable or any(status.readable for status in statuses)
    if readable:
        missed = any(_missed(child, ReadStatus.OK) for child in taken.children)
        lost = missed or bool(taken.problems) or own not in {ReadStatus.OK, ReadStatus.EMPTY}
        return ReadStatus.PARTIAL if lost else ReadStatus.OK
    if reading.pages:
        return own
    reasons = [status for status in statuses if status not in _BY_THE_WAY]
    if reasons:
        return reasons[0]
    if taken.status is not ReadStatus.OK:
        return taken.status
    return ReadStatus.UNSUPPORTED if ReadStatus.UNSUPPORTED in statuses else own


def append_texts(findings: Findings, children: Sequence[Child]) -> None:
    """Let the document's text.txt have its children's texts after its own."""
    whole = findings.derived.get("text.txt")
    if whole is None:
        return
    with whole.open("ab") as target:
        for child in children:
            part = child.findings.derived.get("text.txt")
            if part is None or part.stat().st_size == 0:
                continue
            if target.tell():
                target.write(b"\f")
            with part.open("rb") as source:
                shutil.copyfileobj(source, target)


def _trimmed(children: Sequence[Child], left: int) -> tuple[Child, ...]:
    """Cut the texts that travel with the children, at whatever depth, so that all together stay below the cap."""
    trimmed: list[Child] = []
    for child in children:
        findings = child.findings
        kept = findings.text[: max(left, 0)]
        left -= len(kept)
        pages = findings.pages if len(kept) == len(findings.text) else _without_text(findings.pages)
        deeper = _trimmed(findings.children, 0) if findings.children else ()
        trimmed.append(
            dataclasses.replace(
                child,
                findings=dataclasses.replace(findings, text=kept, pages=pages, children=deeper),
            )
        )
    return tuple(trimmed)


def _without_text(pages: Sequence[PageText]) -> tuple[PageText, ...]:
    return tuple(dataclasses.replace(page, text="") for page in pages)


def _capped(pages: Sequence[PageText]) -> tuple[PageText, ...]:
    """Cut the texts of the last pages so that all of them together stay below the cap."""
    left = TEXT_CHARS
    capped: list[PageText] = []
    for page in pages:
        capped.append(
            page if len(page.text) <= left else dataclasses.replace(page, text=page.text[:left])
        )
        left -= len(capped[-1].text)
    return tuple(capped)
