"""Read one document in this process: detect its type, process, classify, find values, derive files.

The files inside it are read in the same way, and what they say is merged into what it says.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.labels import SAID
from pipeline.model import Child, Finding, Findings, PageText, ReadStatus
from processors import registry
from processors.children import ReadChildren, UnpackBudget, read_children
from processors.contract import (
    RENDITIONS,
    Context,
    EngineMissing,
    PageReader,
    Reading,
    ReadSettings,
    Unreadable,
    failed,
)
from processors.detect import locked_office, media
from processors.detect.encoding import clean
from processors.detect.file_type import file_type_of
from processors.document_cache import document_cache
from processors.merge_embedded import TEXT_CHARS, append_texts, merge_values, trim_texts
from processors.renditions import derived_files

if TYPE_CHECKING:
    from processors.page_documents import File

_MOST_PROBLEMS = 20
"""Sentences about the files inside a document; the files themselves have all of theirs."""

# Mails contain logos, signatures and calendars: if these are not read, nothing is missing.
_MAY_BE_UNREAD = frozenset({ReadStatus.UNSUPPORTED, ReadStatus.EMPTY})


class Engines:
    """Keeps the OCR engines of some settings loaded from their first use on."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._reader: PageReader | None = None

    def get(self) -> PageReader:
        """Return the OCR, which is loaded at the first call; raises EngineMissing."""
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
    as_class: str = "",
) -> Findings:
    """Read a file, leaving derived files in `work_dir`.

    `as_class` is the class that a user says it has: values are looked for as in such a document.
    The name appears in messages only; it decides nothing. What can be wrong with a document becomes
    a status; an exception is a bug in a processor.
    """
    context = Context(
        settings=settings,
        engine=engine or Engines(settings).get,
        cpu_used_s=start_cpu_clock(),
    )
    budget = UnpackBudget(settings.limits, upload_bytes=path.stat().st_size)
    said = Finding(as_class, 1.0, SAID) if as_class else None
    findings = _read(path, name, work_dir, context=context, budget=budget, depth=0, said=said)
    # Files inside it may have a class of their own, and none of them is the class of the whole.
    if said is not None and findings.status.readable:
        return replace(findings, doc_type=said)
    return findings


def start_cpu_clock() -> Callable[[], float]:
    """Return a function that counts CPU seconds from now on, with those of ended child programs."""

    def used() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    start = used()
    return lambda: used() - start


def _read(
    path: Path,
    name: str,
    work_dir: Path,
    *,
    context: Context,
    budget: UnpackBudget,
    depth: int,
    said: Finding | None = None,
) -> Findings:
    """Read a file and the files in it; `depth` is how many documents this one is inside of.

    `said` is its class, where a user says it.
    """
    settings = context.settings
    file_type = media.FileType(media.UNKNOWN, "")
    try:
        check_size(path, settings)
        file_type = file_type_of(path)
        if file_type.media_type == media.LOCKED_OFFICE:
            path = locked_office.unlocked(path, work_dir, settings.passwords)
            file_type = file_type_of(path)
        processor = registry.processor_for(file_type.media_type)
        with derived_files.PageLog(work_dir, renditions=settings.renditions) as log:
            reading = processor.process(path, work_dir, replace(context, keep=log.keep))
            reading = replace(reading, pages=log.keep_rest(reading.pages))
            if "pdfa" in settings.renditions:
                reading = _with_pdfa(reading, path, work_dir, file_type.media_type, settings)
            files = log.files()
    except (Unreadable, EngineMissing) as exc:
        status = exc.status if isinstance(exc, Unreadable) else ReadStatus.UNSUPPORTED
        problem = f"{name}: {exc}"
        return failed(file_type.media_type, status, problem, extension=file_type.extension)

    from processors.page_documents import File

    file = File(
        name=name,
        media_type=file_type.media_type,
        folder=work_dir / "children",
        most_documents=budget.documents_left,
        exhausted=lambda: context.exhausted,
        said=said,
        derived=files,
    )
    findings = findings_of(reading, file, extension=file_type.extension, settings=settings)
    budget.documents_left -= len(findings.children)
    children = read_children(
        reading.children,
        folder=file.folder,
        budget=budget,
        depth=depth,
        read=partial(_read, context=context, budget=budget, depth=depth + 1),
        exhausted=lambda: context.exhausted,
    )
    return with_children(findings, reading, children, name)


def _with_pdfa(
    reading: Reading, path: Path, work_dir: Path, media_type: str, settings: ReadSettings
) -> Reading:
    """Write the PDF/A copy, or say in the reading why there is none."""
    reason = registry.write_pdfa(
        path, work_dir, media_type=media_type, metadata=reading.metadata, settings=settings
    )
    left_out = {RENDITIONS["pdfa"]: reason} if reason else {}
    return replace(reading, left_out={**reading.left_out, **left_out})


def check_size(path: Path, settings: ReadSettings) -> None:
    """Refuse an empty file and one that is too large.

    Raises:
        Unreadable: EMPTY or TOO_BIG.
    """
    size_bytes = path.stat().st_size
    limit_mib = settings.limits.file_mib
    if size_bytes == 0:
        raise Unreadable(ReadStatus.EMPTY, "the file is empty; upload it again.")
    if size_bytes > limit_mib * 2**20:
        raise Unreadable(
            ReadStatus.TOO_BIG,
            f"the file has {size_bytes / 2**20:.0f} MiB, more than the limit of {limit_mib}; "
            "split it or raise the limit.",
        )


def findings_of(
    reading: Reading, file: "File", *, extension: str, settings: ReadSettings
) -> Findings:
    """Return what the pages of a document say, without the files in it.

    If they are several documents, those are its children.
    """
    from processors.page_documents import Said, read_pages
    from processors.values.einvoice.page_check import with_page_checked

    structured = reading.structured
    with document_cache():
        if structured and structured.complete:
            said = Said(file.said or structured.doc_type, {})
        else:
            said = read_pages(reading.pages, file, settings)
    doc_type, fields = said.doc_type, said.fields
    if structured:
        doc_type = file.said or structured.doc_type
        fields = {**fields, **with_page_checked(structured.fields, fields, reading.pages)}

    pages = trim_pages([page.text for page in reading.pages])
    problems = (*reading.problems, *said.problems)
    return Findings(
        media_type=file.media_type,
        status=status_of(pages, problems),
        doc_type=doc_type,
        fields=fields,
        pages=pages,
        text="\f".join(page.text for page in pages)[:TEXT_CHARS],
        problems=tuple(f"{file.name}: {problem}" for problem in problems),
        derived=file.derived,
        children=said.children,
        metadata={clean(key): clean(value) for key, value in reading.metadata.items()},
        extension=extension or None,
        left_out={key: clean(reason) for key, reason in reading.left_out.items()},
    )


def status_of(pages: Sequence[PageText], problems: Sequence[str]) -> ReadStatus:
    """Return the status of a document by its own pages.

    It is empty without any text and without a problem. With problems it is partial if there is text
    or a page that could be shown, else damaged.
    """
    has_text = any(page.text.strip() for page in pages)
    if not problems:
        return ReadStatus.OK if has_text else ReadStatus.EMPTY
    is_shown = any(page.source != "none" or page.width_pt for page in pages)
    return ReadStatus.PARTIAL if has_text or is_shown else ReadStatus.DAMAGED


def trim_pages(pages: Sequence[PageText]) -> tuple[PageText, ...]:
    """Cut the texts of the last pages so that all together have at most TEXT_CHARS characters."""
    chars = TEXT_CHARS
    trimmed: list[PageText] = []
    for page in pages:
        text = page.text[: max(chars, 0)]
        chars -= len(text)
        trimmed.append(page if text == page.text else replace(page, text=text))
    return tuple(trimmed)


def with_children(
    findings: Findings,
    reading: Reading,
    read: ReadChildren,
    name: str,
) -> Findings:
    """Add the files in a document: their text, the values of all together, and what is missing."""
    status = status_with_children(findings.status, reading, read)
    missing: list[str] = []
    for child in read.children:
        if is_missing(child, status):
            missing += child.findings.problems
    problems = [*read.problems, *missing[:_MOST_PROBLEMS]]
    if len(missing) > _MOST_PROBLEMS:
        more = len(missing) - _MOST_PROBLEMS
        problems.append(f"{more} more sentences about the files inside it are left out.")
    if status is ReadStatus.EMPTY and not problems:
        problems = [
            "no text was found in it; check that it is the right file and not a blank page."
        ]
    findings = replace(
        findings,
        status=status,
        problems=(*findings.problems, *(f"{name}: {problem}" for problem in problems)),
    )
    if not read.children:
        return replace(findings, children=trim_texts(findings.children))

    append_texts(findings, read.children)
    doc_type, fields = merge_values(findings.doc_type, findings.fields, read.children)
    texts = [findings.text, *(child.findings.text for child in read.children)]
    return replace(
        findings,
        doc_type=doc_type,
        fields=fields,
        text="\f".join(filter(None, texts))[:TEXT_CHARS],
        children=trim_texts((*findings.children, *read.children)),
    )


def is_missing(child: Child, whole: ReadStatus) -> bool:
    """Return whether something is missing from a document because of a file in it.

    In a document that can be read, a file may be blank or of a type that contains no documents.
    """
    status = child.findings.status
    if status is ReadStatus.OK:
        return False
    if not whole.readable or status not in _MAY_BE_UNREAD:
        return True
    is_unsupported = status is ReadStatus.UNSUPPORTED
    return is_unsupported and registry.holds_documents(child.findings.media_type)


def status_with_children(own: ReadStatus, reading: Reading, read: ReadChildren) -> ReadStatus:
    """Return the status of a document by itself and the files in it.

    One that has no pages of its own, such as an archive, has the status of its files.
    """
    statuses = [child.findings.status for child in read.children]
    if not own.readable and not any(status.readable for status in statuses):
        return own if reading.pages else status_of_files(own, statuses, read.status)

    is_whole = own in {ReadStatus.OK, ReadStatus.EMPTY} and not read.problems
    if is_whole and not any(is_missing(child, ReadStatus.OK) for child in read.children):
        return ReadStatus.OK
    return ReadStatus.PARTIAL


def status_of_files(
    own: ReadStatus,
    statuses: Sequence[ReadStatus],
    extraction: ReadStatus,
) -> ReadStatus:
    """Return why nothing in an archive could be read: the first file's reason counts."""
    for status in statuses:
        if status not in _MAY_BE_UNREAD:
            return status
    if extraction is not ReadStatus.OK:
        return extraction
    return ReadStatus.UNSUPPORTED if ReadStatus.UNSUPPORTED in statuses else own
