"""The columns of the corpora that are learned."""

from dataclasses import dataclass

from processors.learning import ColumnKind


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the corpus, the kind of its values, and the finding that it is mapped to."""

    name: str
    kind: ColumnKind
    finding: str | None
