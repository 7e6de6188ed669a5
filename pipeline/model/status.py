"""How far a file has come, and how it ended."""

from enum import StrEnum


class Status(StrEnum):
    """How one file ended in one run."""

    DONE = "done"  # read, archived and written back
    UNCHANGED = "unchanged"  # nothing to do since the last run
    PARTIAL = "partial"  # some of it was not read or not written
    REJECTED = "rejected"  # this file cannot be processed: unreadable, gone, or quarantined
    CONFLICT = "conflict"  # the record changed, and its values stay
    FAILED = "failed"  # an error; the next run tries again


class Stage(StrEnum):
    """How far a file version has come, as the ledger has it."""

    SEEN = "seen"  # listed
    ARCHIVED = "archived"  # the original is stored and confirmed
    PLANNED = "planned"  # read, and decided what to write
    FINISHED = "finished"  # needs no more work
