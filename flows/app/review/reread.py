"""Read the files of one record again as documents of the class that a user says they have."""

from flows.app.direct import work_sources
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.wiring import AppContext
from flows.terminal.progress import progress
from pipeline.model import FileRef
from pipeline.source_run.selection import Selection, listing_key


def reread(context: AppContext, ref: FileRef, as_class: str) -> Report:
    """Read the files of a file's record again, and write what has changed.

    It is the run that `caspio-ingest reprocess --record --as` makes: a source that was never
    confirmed is only planned.
    """
    spec = context.settings.specs()[ref.source]
    key = listing_key(ref, spec)
    selection = Selection(records=(key,) if key is not None else (), as_class=as_class)
    return work_sources(
        context,
        sources=[ref.source],
        request=RunRequest(selection=selection),
        watch=progress(shown=False),
    )
