"""Every error this project raises on purpose, grouped by what the runner must do.

    IngestError
    ├── TryLater                the service is busy or unavailable for now; a later run may succeed
    │   ├── ServiceUnavailable  retries are used up
    │   ├── AtWorkElsewhere     another run works on the same; it ends by itself
    │   ├── TooLate             a write would have left later than what was looked at counts
    │   └── EffectInDoubt       a write was sent and its answer lost; look before doing anything
    ├── RejectFile              this file cannot be handled; the others go on
    │   ├── CutShort            fewer or more bytes arrived than were listed
    │   ├── Quarantined         the program died several times while it read this file alone
    │   ├── FileGone            the file or record is no longer there
    │   └── ArchiveConflict     the archive holds other bytes under this key
    └── StopRun                 nothing more can be done until an operator acts
        ├── BadSettings         settings are missing, unknown or contradict the account
        │   └── ForeignLedger   the ledger belongs to another account
        ├── Unauthorized        credentials refused, profile disabled, permission missing
        ├── ArchiveUnavailable  the archive cannot be reached or written
        ├── LedgerUnavailable   the ledger cannot be reached or written
        ├── DiskFull            the work folder cannot be written
        ├── UnusableFolder      the work folder has room, and does not work
        ├── BudgetExhausted     the calls this run may use are used up
        ├── PausedByCaspio      Caspio asks for a longer pause than a run waits
        ├── LeaseLost           another worker treated this run as dead and has its files
        └── StopRequested       this process was asked to stop; the next run continues
    RefusedByCaspio (IngestError)  Caspio refused a well-formed request; has status and code

Anything else is a bug. A message names file, record and step where it can, and says what to do.
"""

import errno

# What the operating system reports when nothing more can be written: no space, quota, file size
# limit, or a file system that was mounted read-only after an error.
_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


class IngestError(Exception):
    """Base of every error raised on purpose."""


class TryLater(IngestError):
    """The service is busy or unavailable for now."""


class ServiceUnavailable(TryLater):
    """Retries are used up; the next run continues here."""


class AtWorkElsewhere(TryLater):
    """Another run works on the same, and only one may; it ends by itself."""


class TooLate(TryLater):
    """A write would have left later than what was looked at before it counts; nothing was sent."""


class EffectInDoubt(TryLater):
    """A write was sent and its answer lost; the caller must look before it decides."""


class RejectFile(IngestError):
    """This file cannot be handled; the others go on."""


class CutShort(RejectFile):
    """Fewer or more bytes arrived than were listed or declared."""


class Quarantined(RejectFile):
    """The program died several times while it read this file and no other one."""


class FileGone(RejectFile):
    """The file or its record is no longer there."""


class ArchiveConflict(RejectFile):
    """The archive already holds other bytes under this key."""


class StopRun(IngestError):
    """Nothing more can be done until an operator acts."""


class BadSettings(StopRun):
    """Settings are missing, unknown or contradict the account; `problems` lists all of them."""

    def __init__(self, problems: list[str]) -> None:
        """Keep every problem and show them together."""
        self.problems = problems
        super().__init__("\n".join(problems))


def raise_problems(problems: list[str]) -> None:
    """Raise BadSettings with all of these problems, if there are any."""
    if problems:
        raise BadSettings(problems)


class ForeignLedger(BadSettings):
    """The ledger or the archive belongs to another account, and says nothing of these records."""


class Unauthorized(StopRun):
    """Credentials are refused, the profile is disabled or a permission is missing."""


class ArchiveUnavailable(StopRun):
    """The archive cannot be reached or written."""


class LedgerUnavailable(StopRun):
    """The ledger cannot be reached or written."""


class DiskFull(StopRun):
    """The work folder cannot be written."""


class UnusableFolder(StopRun):
    """The work folder has room, and does not work."""


class BudgetExhausted(StopRun):
    """The calls this run may use are used up."""


class PausedByCaspio(StopRun):
    """Caspio asks for a longer pause than a run waits; the next run continues after it."""


class LeaseLost(StopRun):
    """Another worker treated this run as dead and has its files; nothing more may be written."""


class StopRequested(StopRun):
    """This process was asked to stop: what has started is finished, and the next run continues."""


class RefusedByCaspio(IngestError):
    """Caspio refused a well-formed request.

    Attributes:
        status: HTTP status code.
        code: Caspio's error code, "" where the body had none.
        resource: What was being done, in words, with the objects in it.
        request_id: Value of X-Caspio-Request-ID, for a support case.
    """

    def __init__(
        self, message: str, *, status: int, code: str = "", resource: str = "", request_id: str = ""
    ) -> None:
        """Keep what callers decide by, next to the message."""
        self.status = status
        self.code = code
        self.resource = resource
        self.request_id = request_id
        super().__init__(message)


def full_work_folder(error: Exception) -> DiskFull | None:
    """Return what to raise where an error says that the work folder cannot be written."""
    if not isinstance(error, OSError) or error.errno not in _DISK_FULL:
        return None
    return DiskFull(
        f"The work folder cannot be written: {error}. Free space there, or set TMPDIR to a "
        "larger disk. Then run again: the run continues where it stopped."
    )


def unusable_file(error: OSError) -> str:
    """Say which file the machine does not let us use, and what to do.

    Raises:
        OSError: again, if it names no file and no disk is full: such an error is a bug or the
            network's.
    """
    reason = error.strerror or type(error).__name__
    if error.filename is None:
        if error.errno not in _DISK_FULL:
            raise error
        # What fails while it is written, and not as it is opened, has no name.
        return (
            f"A file could not be written to its end: {reason}. Free space where this command "
            "writes: TMPDIR, the folder of the settings, the files that the command names and what "
            "its output is led to. Then run again."
        )
    return (
        f"{error.filename} cannot be used: {reason}. Correct the path, the rights of this user or "
        "the free space there, and run again."
    )
