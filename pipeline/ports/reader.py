"""What a reader of documents promises."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

from pipeline.model import Findings

WhileRead = Callable[[], AbstractContextManager[object]]
"""Returns a context that lasts as long as a child process has a document."""


class ReadingTurns(Protocol):
    """Decides when a document may be read, where several programs share a machine."""

    def turn(self) -> AbstractContextManager[object]:
        """Return a context that waits for a place, and keeps it while it lasts.

        Raises:
            TryLater: this was closed while it waited.
        """

    def close(self) -> None:
        """End all waiting, and give up all places."""


class Reader(Protocol):
    """Reads one document. No document makes it raise: what goes wrong is a status with problems."""

    def fingerprint(self) -> str:
        """Identify code, settings, models and language data of all kinds of file.

        It changes whenever any document may be read differently: then a file is released from
        quarantine.
        """

    def is_current(self, fingerprint: str) -> bool:
        """Return whether a document whose findings have this fingerprint would be read alike now.

        A document depends only on what files of its kind pass, and the files in it.
        """

    def read(
        self,
        path: Path,
        *,
        name: str,
        work_dir: Path,
        while_read: WhileRead = nullcontext,
        as_class: str = "",
    ) -> Findings:
        """Read a file, leaving derived files in `work_dir`, an existing empty folder.

        `as_class` is the class that a user says it has; "" leaves that to the reader.

        `while_read` is entered right before a child process takes the document, and left when it
        has answered or ended; again for each further child that tries. Safe from many threads.
        """
