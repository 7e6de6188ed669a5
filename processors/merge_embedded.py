"""Merge what a document and the files in it say: one class, one value for each name, one text.

The record has room for one value. If several files of the same class are different documents, only
what all of them say is taken, and every other value stays open.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.labels import LABEL
from pipeline.model import Child, Finding, Findings
from processors.values.candidates import with_others

TEXT_CHARS = 2_000_000
"""Characters of text in the findings of one upload; text.txt has all of it."""

_MOST_NAMED = 4
"""Files in a reason; more would hide the important ones."""
_OPEN_CONFIDENCE = 0.3
_NO_CLASS = frozenset({None, "other"})
_OF_NO_DOCUMENT = frozenset({"language", "email", "phone"})
"""Values in which two files about the same thing may differ."""


@dataclass(frozen=True, slots=True)
class _Source:
    """What one file says; `name` is "" for the document itself."""

    name: str
    doc_type: Finding
    fields: Mapping[str, Finding]

    @property
    def weight(self) -> float:
        """Return how much the file says: its values, weighted by their confidence."""
        # A form has a hundred labels, and is not worth more than an invoice for that.
        return sum(
            finding.confidence
            for name, finding in self.fields.items()
            if finding.value is not None and not name.startswith(LABEL)
        )

    @property
    def has_values(self) -> bool:
        """Return whether the file has a value that another document has of its own."""
        return any(_is_of_one(name) and self.value(name) is not None for name in self.fields)

    def value(self, name: str) -> str | None:
        """Return a value, None if the file does not have it or leaves it open."""
        finding = self.fields.get(name)
        return finding.value if finding else None

    def differs(self, name: str, value: str | None) -> bool:
        """Return whether the file has another value."""
        return self.value(name) not in {None, value}

    def is_other_document(self, other: "_Source") -> bool:
        """Return whether another file of the same class is about something else, or is its copy."""
        if other is self or other.doc_type.value != self.doc_type.value:
            return False
        return any(
            self.value(name) is not None and other.differs(name, self.value(name))
            for name in self.fields
            if _is_of_one(name)
        )

    def is_unlike(self, other: "_Source", name: str) -> bool:
        """Return whether another file has another value, or none and is about something else."""
        if other.value(name) is None:
            return self.is_other_document(other)
        return other.differs(name, self.value(name))

    def mark(self, finding: Finding) -> Finding:
        """Add to a finding which file it is from."""
        if not self.name:
            return finding
        # A finding from deeper inside names its own file in the reason already.
        if finding.child:
            return replace(finding, child=f"{self.name} / {finding.child}")
        return replace(finding, child=self.name, reason=f"{finding.reason} (in {self.name})")


def merge_values(
    doc_type: Finding,
    fields: Mapping[str, Finding],
    children: Sequence[Child],
) -> tuple[Finding, dict[str, Finding]]:
    """Return the class and the values of a document together with its files.

    The file that says most leads: its values are taken together, so that no total meets the date of
    another invoice. What it does not say is taken from the others if they agree, but never from a
    second document of the same class.
    """
    own = _Source("", doc_type, fields)
    readable = [child for child in children if child.findings.status.readable]
    sources = [
        own,
        *(_Source(each.name, each.findings.doc_type, each.findings.fields) for each in readable),
    ]
    leading = max(sources, key=lambda source: (source.weight, source.doc_type.value is not None))
    names = dict.fromkeys(name for source in sources for name in source.fields)
    classified = _classified_of(leading, sources)
    merged = {name: merge_value(name, leading, sources) for name in names}
    merged |= _values_of_one(names, leading, classified, sources)
    return classified.mark(classified.doc_type), merged


def _values_of_one(
    names: Iterable[str], leading: _Source, classified: _Source, sources: Sequence[_Source]
) -> dict[str, Finding]:
    """Return the values that are those of one document, where a file is it or several may be."""
    of_one = filter(_is_of_one, names)
    if _has_class(classified):
        return {name: _value_of(name, classified, sources) for name in of_one}
    if _are_several(sources):
        return {name: _value_of_leading(name, leading, sources) for name in of_one}
    return {}


def _has_class(source: _Source) -> bool:
    """Return whether a file in a document has a class."""
    return bool(source.name) and source.doc_type.value not in _NO_CLASS


def _are_several(sources: Sequence[_Source]) -> bool:
    """Return whether two files or more in a document have values of their own."""
    return sum(bool(each.name) and each.has_values for each in sources) > 1


def _classified_of(leading: _Source, sources: Sequence[_Source]) -> _Source:
    """Return the source that says the class: the leading one, or else the first with a class."""
    if leading.doc_type.value is not None:
        return leading
    return next((source for source in sources if source.doc_type.value), leading)


def _is_of_one(name: str) -> bool:
    """Say whether a value is of one document, and another one has its own."""
    return name not in _OF_NO_DOCUMENT and not name.startswith(LABEL)


def _value_of(name: str, classified: _Source, sources: Sequence[_Source]) -> Finding:
    """Return a value of a file that has the class of the whole.

    The day of the mail that it came with is not its own, nor the company, the total, or the number
    of a paper of another class beside it.
    """
    alike = [each for each in sources if each.doc_type.value == classified.doc_type.value]
    if any(name in each.fields for each in alike):
        return merge_value(name, classified, alike)
    return _value_beside(name, classified, [])


def _value_of_leading(name: str, leading: _Source, sources: Sequence[_Source]) -> Finding:
    """Return a value of the file that says most among several, none of which has a class.

    They may be different papers: none of them completes another, and where they differ, nothing
    says which of them the record is about.
    """
    if leading.value(name) is None:
        having = [each for each in sources if each.value(name) is not None]
        return (
            leading.mark(leading.fields[name]) if not having else _value_beside(name, leading, [])
        )
    return _unless_differing(name, leading, sources)


def merge_value(name: str, leading: _Source, sources: Sequence[_Source]) -> Finding:
    """Return the value of a name that at least one file has or leaves open."""
    value = leading.value(name)
    if value is not None:
        # Another embedded file of the same class is, say, a second invoice. What a document says of
        # the files in it, or of another class, does not count against them.
        alike = [each for each in sources if each.doc_type.value == leading.doc_type.value]
        return _unless_differing(name, leading, alike)

    having = [source for source in sources if source.value(name) is not None]
    if having:
        return _value_beside(name, leading, having)
    # All leave it open: the leading file says why, or else the first one that mentions it.
    mentioning = [source for source in (leading, *sources) if name in source.fields]
    return mentioning[0].mark(mentioning[0].fields[name])


def _value_beside(name: str, leading: _Source, having: Sequence[_Source]) -> Finding:
    """Return a value that the leading file does not have but others do.

    A second invoice does not complete the first one: a record has the values of one document.
    """
    joining = [source for source in having if not leading.is_other_document(source)]
    if joining:
        best = max(joining, key=lambda source: source.fields[name].confidence)
        return _unless_differing(name, best, joining)
    if not having:
        return Finding(None, _OPEN_CONFIDENCE, f"{leading.name or 'the text'} has no {name}")
    reason = f"only another document inside it has one: {having[0].value(name)}"
    return Finding(None, _OPEN_CONFIDENCE, f"{reason} in {having[0].name or 'the text'}")


def _unless_differing(name: str, source: _Source, others: Sequence[_Source]) -> Finding:
    """Return the value of a source, or an open one if other embedded files differ from it."""
    embedded = [each for each in others if each.name and each is not source]
    differing = [each for each in embedded if source.is_unlike(each, name)]
    if not differing or not source.name:
        return source.mark(source.fields[name])
    named = [
        f"{each.value(name) or 'none'} in {each.name}"
        for each in [source, *differing][:_MOST_NAMED]
    ]
    reason = f"the documents inside it differ: {'; '.join(named)}"
    # Pages and places would be those of another file.
    said = (
        replace(each.mark(each.fields[name]), page=None, box=None)
        for each in [source, *differing]
        if name in each.fields
    )
    return with_others(Finding(None, _OPEN_CONFIDENCE, reason), said)


def append_texts(findings: Findings, children: Sequence[Child]) -> None:
    """Append the texts of its files to the document's text.txt, each after a form feed."""
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


def trim_texts(children: Sequence[Child], chars: int = TEXT_CHARS) -> tuple[Child, ...]:
    """Cut the texts of files so that all together have at most so many characters.

    Files inside of them keep none: their text is part of the text of the file they are in.
    """
    trimmed: list[Child] = []
    for child in children:
        findings = child.findings
        text = findings.text[: max(chars, 0)]
        chars -= len(text)
        pages = findings.pages
        if len(text) < len(findings.text):
            pages = tuple(replace(page, text="") for page in pages)
        kept = replace(
            findings,
            text=text,
            pages=pages,
            children=trim_texts(findings.children, 0),
        )
        trimmed.append(replace(child, findings=kept))
    return tuple(trimmed)
