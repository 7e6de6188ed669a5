"""What came of writing one record back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.model import RecordRef, Status, Suggestion, Value


@dataclass(frozen=True, slots=True)
class Written:
    """The worst that happened, why, and what stands now. `new_names` is by file version."""

    status: Status = Status.DONE
    reason: str = ""
    written: Mapping[str, Value] = field(default_factory=dict)
    suggestions: tuple[Suggestion, ...] = ()
    new_names: Mapping[str, str] = field(default_factory=dict)
    record: RecordRef | None = None
