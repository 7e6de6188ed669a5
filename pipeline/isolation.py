"""Turn errors into outcomes: no file can stop the run."""

from collections.abc import Callable, Sequence

import structlog

from pipeline.errors import IngestError, Quarantined, RejectFile, StopRun, full_work_folder
from pipeline.model import FileRef, Outcome, Status

_log = structlog.get_logger()

_MOST_REASON_CHARS = 500


def isolated(refs: Sequence[FileRef], act: Callable[[], list[Outcome]]) -> list[Outcome]:
    """Call `act` and return its outcomes; an error becomes an outcome of each of these files.

    Raises:
        StopRun: nothing more can be done until an operator acts.
        DiskFull: the work folder cannot be written. No file is to blame, and no other file would
            get through.
    """
    try:
        return act()
    except StopRun:
        raise
    except RejectFile as error:
        quarantined = isinstance(error, Quarantined)
        return [Outcome(ref, Status.REJECTED, str(error), quarantined=quarantined) for ref in refs]
    except IngestError as error:
        return [Outcome(ref, Status.FAILED, f"{error} The next run tries again.") for ref in refs]
    except Exception as error:
        full = full_work_folder(error)
        if full is not None:
            raise full from error
        _log.exception("file failed", files=[f"{ref.location} ({ref.name})" for ref in refs])
        # Not the error's repr: that of a UnicodeEncodeError has the whole text that it is about.
        said = f"{type(error).__name__}: {error}"[:_MOST_REASON_CHARS].rstrip(": ")
        reason = f"an error in caspio-ingest itself: {said}"
        return [Outcome(ref, Status.FAILED, reason) for ref in refs]
