"""One check of `doctor`."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import IngestError


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check. `remedy` is "" if it succeeded, or if `detail` says what to do."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the result for --json."""
        return {
            "check": self.name,
            "ok": self.ok,
            "detail": self.detail,
            "remedy": self.remedy,
        }


def attempt(name: str, check: Callable[[], str], remedy: str) -> Check:
    """Run a check: a text that it returns is a success, an error that it raises a failure."""
    try:
        return Check(name, ok=True, detail=check())
    except (IngestError, OSError) as error:
        return Check(name, ok=False, detail=str(error), remedy=remedy)
