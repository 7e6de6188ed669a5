"""What a check found, and where."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One place to correct. `line` counts from 1; 0 means the file or folder as a whole."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        """Write it so that editors and terminals make a link of it."""
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.message}"
