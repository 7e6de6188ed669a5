"""The log of API calls."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Call:
    """One API call; `template` is the raw path if no operation has it.

    `processed` reports whether the operation ran: the call was neither refused nor dropped, and
    its body came whole.
    `status` is 0 if the call was dropped. `columns` are those that an update of records names.
    """

    method: str
    template: str
    operation: str
    path: str
    query: str
    processed: bool = False
    status: int = 0
    columns: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The method and the template, as in "GET /v3/tables"."""
        return f"{self.method} {self.template}"


class CallLog:
    """The calls in order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def counts(self) -> dict[str, int]:
        """Return the number of calls by "METHOD /template"."""
        return dict(Counter(call.key for call in self.calls))
