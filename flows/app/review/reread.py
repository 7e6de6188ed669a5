"""Read the files of one record again as documents of the class that a user says they have."""

from collections.abc import Sequence

from flows.app.direct import work_sources
from flows.app.reading import own_rules
from flows.app.run_report import Report
from flows.app.run_request import RunRequest
from flows.app.wiring import AppContext
from flows.terminal.progress import progress
from pipeline.findings import NO_CLASS
from pipeline.model import FileRef
from pipeline.settings import Settings
from pipeline.source_run.selection import Selection, listing_key


def classes(settings: Settings) -> Sequence[str]:
    """Return the classes that documents can have, in order: ours, or those of the user's rules."""
    from processors.classify.rules import load_rules, parse_rules

    text = own_rules(settings.processing.rules)
    rules = parse_rules(text) if text else load_rules()
    return sorted({NO_CLASS, *(rule.doc_class for rule in rules.rules)})


def reread(context: AppContext, ref: FileRef, as_class: str) -> Report:
    """Read the files of a file's record again, and write what has changed.

    It is the run that `caspio-ingest reprocess --record` makes, with the class in its request. A
    source that was only planned so far is planned.
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
