"""A sample document, and what a reader should find in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sample:
    """One document.

    Attributes:
        doc_type: Expected class. None where no class is expected: unreadable files, and documents
            of no particular kind.
        fields: Values that are printed on it, normalized: ISO dates, plain decimals.
        phrases: Words that the text must contain.
        status: Expected result of reading it: ok, encrypted, damaged or empty.
    """

    name: str
    data: bytes
    doc_type: str | None
    fields: Mapping[str, str] = field(default_factory=dict)
    phrases: tuple[str, ...] = ()
    status: str = "ok"
    media_type: str = ""

    def truth(self, path: str) -> dict[str, object]:
        """Return what `truth.json` says about the document at a path."""
        return {
            "path": path,
            "doc_type": self.doc_type,
            "fields": dict(self.fields),
            "phrases": list(self.phrases),
            "status": self.status,
            "media_type": self.media_type,
        }
