"""The value every drawer returns: a document's bytes and what a careful reader finds in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sample:
    """One document.

    `fields` holds the values printed on it, normalised (ISO dates, plain decimals). `phrases` are words a reader of the
    text must meet. `status` is what becomes of reading it: ok, encrypted, damaged or empty. `doc_type` is None where
    no class is expected: unreadable files, and papers of no particular kind.
    """

    name: str
    data: bytes
    doc_type: str | None
    fields: Mapping[str, str] = field(default_factory=dict)
    phrases: tuple[str, ...] = ()
    status: str = "ok"
    media_type: str = ""
