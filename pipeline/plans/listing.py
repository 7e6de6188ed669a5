"""Records as their source lists them now, and the files in them that are where others were."""

from collections.abc import Iterable, Mapping

from pipeline.context import SourceRun
from pipeline.model import FileRef, Place, RecordWork


def list_by_key(run: SourceRun, keys: Iterable[str]) -> Mapping[str, RecordWork]:
    """List records as they are now, by what was asked for: PK_IDs, or paths of a folder's files.

    A key whose record or file is gone is left out.
    """
    found: dict[str, RecordWork] = {}
    # Each once and in order, so that the same plan makes the same calls.
    for work in run.ports.source.records(run.spec, sorted(set(keys))):
        if run.spec.folder is not None or work.record is None:
            found[str(work.files[0].path)] = work
        else:
            found[work.record.pk] = work
    return found


def is_in_place_of(now: FileRef, earlier: FileRef) -> bool:
    """Say whether a listed file is where an earlier one of its record was.

    A file of a folder may have moved within it.
    """
    if now.place is not earlier.place:
        return False
    return now.place is Place.FOLDER or now.field == earlier.field
