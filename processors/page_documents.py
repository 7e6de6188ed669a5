"""Read the documents that the pages of one file are: each has its class and its values.

They have no bytes of their own. Text and pages of each are kept in a folder of its own, as those of
a file inside are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.model import Child, Finding, Findings, ReadStatus
from processors.classify.classifier import classify
from processors.confidence import with_probabilities
from processors.contract import RENDITIONS, Page, ReadSettings
from processors.split import Part, documents_in
from processors.split.main import merge_documents
from processors.split.rivals import without_rivals
from processors.values import find_values

_OPEN_CONFIDENCE = 0.3
_END_OF_PAGES = "\n]}\n"


@dataclass(frozen=True, slots=True)
class File:
    """The file that is read.

    `name` is for messages; `said` is its class, where a user says it. `most_documents` is how many
    are kept apart, in numbered folders in `folder`. `derived` are its own text and pages.
    `exhausted` says whether the time for it is used up.
    """

    name: str
    media_type: str
    folder: Path
    most_documents: int
    exhausted: Callable[[], bool]
    said: Finding | None = None
    derived: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What the pages of a file say; `children` are its documents, none if it is one."""

    doc_type: Finding
    fields: Mapping[str, Finding]
    children: tuple[Child, ...] = ()
    problems: tuple[str, ...] = ()


def read_pages(pages: Sequence[Page], file: File, settings: ReadSettings) -> Said:
    """Return the class and the values of pages; of several documents, never those of two.

    Where a user says the class, the documents of that class alone fill the record. If there is none
    of it, the user means all pages, and they are one document.
    """
    parts = documents_in(pages, media_type=file.media_type, own_rules=settings.rules)
    if len(parts) <= 1:
        doc_type = file.said or _class_of(pages, file, settings)
        return Said(doc_type, _values_on(pages, doc_type, settings, parts))

    children: list[Child] = []
    for part in parts[: file.most_documents]:
        if children and file.exhausted():
            break
        children.append(_child_of(part, file, settings))
    meant = [each for each in children if _is_meant(each, file.said)]
    if file.said and not meant and len(children) == len(parts):
        return Said(file.said, _values_on(pages, file.said, settings))

    kept = _with_files(children, pages, file)
    doc_type, fields = merge_documents(meant)
    if len(children) == len(parts):
        return Said(doc_type, fields, kept)
    # One that was left out could say something else, so nothing is certain.
    why = f"it has {len(parts)} documents, of which only {len(children)} were read one by one"
    unsure = Finding(None, _OPEN_CONFIDENCE, why)
    return Said(unsure, dict.fromkeys(fields, unsure), kept, (f"{why}; split the file.",))


def _is_meant(document: Child, said: Finding | None) -> bool:
    return said is None or document.findings.doc_type.value == said.value


def _class_of(pages: Sequence[Page], file: File, settings: ReadSettings) -> Finding:
    return classify(pages, media_type=file.media_type, own_rules=settings.rules)


def _values_on(
    pages: Sequence[Page],
    doc_type: Finding,
    settings: ReadSettings,
    parts: Sequence[Part] = (),
) -> dict[str, Finding]:
    """Return the values of one document, each with the probability that it is right.

    What may be of another bill in its part of the file is left open.
    """
    found = find_values(
        pages,
        languages=settings.languages,
        date_order=settings.date_order,
        doc_class=doc_type.value,
    )
    values = with_probabilities(found, pages, doc_type=doc_type, languages=settings.languages)
    for part in parts:
        values = without_rivals(values, part.own) if part.own else values
    return values


def _child_of(part: Part, file: File, settings: ReadSettings) -> Child:
    doc_type = _class_of(part.pages, file, settings)
    if part.place:
        texts = tuple(
            replace(page.text, text="\n".join(line.text for line in page.lines))
            for page in part.pages
        )
    else:
        texts = tuple(page.text for page in part.pages)
    has_text = any(page.text.strip() for page in texts)
    findings = Findings(
        media_type=file.media_type,
        status=ReadStatus.OK if has_text else ReadStatus.EMPTY,
        doc_type=doc_type,
        fields=_values_on(part.pages, doc_type, settings, [part]),
        pages=texts,
        text="\f".join(page.text for page in texts),
        metadata={"reason": "; ".join(part.reasons)} if part.reasons else {},
    )
    return Child(f"{file.name}, {part.named}", findings, page_range=part.page_range)


def _with_files(children: Sequence[Child], pages: Sequence[Page], file: File) -> tuple[Child, ...]:
    """Write the text and the pages of each document, where the file itself has them."""
    kept: list[Child] = []
    slices = _page_slices(children, pages, file)
    for number, child in enumerate(children, start=1):
        folder = file.folder / f"pages-{number:03d}"
        folder.mkdir(parents=True)
        derived = {}
        if RENDITIONS["text"] in file.derived:
            derived[RENDITIONS["text"]] = folder / RENDITIONS["text"]
            derived[RENDITIONS["text"]].write_text(
                child.findings.text, encoding="utf-8", errors="replace", newline="\n"
            )
        if (slice_of_pages := next(slices, None)) is not None:
            derived[RENDITIONS["pages"]] = folder / RENDITIONS["pages"]
            derived[RENDITIONS["pages"]].write_text(
                slice_of_pages, encoding="utf-8", errors="replace", newline="\n"
            )
        kept.append(replace(child, findings=replace(child.findings, derived=derived)))
    return tuple(kept)


def _page_slices(children: Sequence[Child], pages: Sequence[Page], file: File) -> Iterator[str]:
    """Yield the pages.json of each document: the lines of its pages in that of the file."""
    whole = file.derived.get(RENDITIONS["pages"])
    if whole is None:
        return
    places = {page.text.number: place for place, page in enumerate(pages)}
    # One page is on each line, after the line of the head. They are read once, from first to last.
    with whole.open(encoding="utf-8", newline="\n") as source:
        head, place, line = next(source), -1, ""
        for child in children:
            assert child.page_range
            first, last = (places[number] for number in child.page_range)
            taken = [line] if place == first else []
            while place < last:
                place, line = place + 1, next(source).rstrip(",\n")
                if place >= first:
                    taken.append(line)
            yield head + ",\n".join(taken) + _END_OF_PAGES
