"""What `doctor` says of one thing it looked at."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import IngestError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `remedy` is "" when it is well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def attempt(name: str, look: Callable[[], str], remedy: str) -> Check:
    """Look at something: what it returns is well, what it raises is not."""
    try:
        return Check(name, ok=True, detail=look())
    except (IngestError, OSError) as error:
        return Check(name, ok=False, detail=str(error), remedy=remedy)
