"""Forecast what comparing a source with Caspio costs, by what the ledger and the schema know."""

import math
import posixpath
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from pipeline.metering.budget import PAGE, calls_to_list
from pipeline.model import Column, SourceSpec
from pipeline.ports import FileState

MOST_STATES = 100_000
"""Files of the ledger whose folders are counted; a source with more is dearer for its pages."""

# The columns of a table are asked for twice: before the run, and by the listing.
_SCHEMA_CALLS = 2


def calls_to_compare(
    spec: SourceSpec,
    *,
    files: int,
    columns: Mapping[str, Column],
    states: Iterable[FileState],
    tables: int,
) -> int:
    """Return about how many calls a source takes.

    Args:
        spec: The source.
        files: How many of its files are compared.
        columns: Those of its table or view; of the index table for a folder.
        states: What the ledger has of its files, for their folders.
        tables: All tables of the account: a folder asks each for FILE fields.
    """
    paths = [one.ref.path for one in islice(states, MOST_STATES) if one.ref.path is not None]
    if spec.folder is not None:
        # The rows of the index table, and of every table that may refer to the files.
        return _SCHEMA_CALLS + 1 + tables + calls_to_list(files, attachment_fields=0) + _walk(paths)
    types = {name: column.type.upper() for name, column in columns.items()}
    wanted = spec.fields or tuple(types)
    attachments = sum(types.get(name) == "ATTACHMENT" for name in wanted)
    return _SCHEMA_CALLS + calls_to_list(files, attachment_fields=attachments) + _walk(paths)


def _walk(paths: Iterable[str]) -> int:
    """Return what finding files of the Files area takes: each folder on the way, and its pages."""
    in_folder = Counter(posixpath.dirname(path) for path in paths)
    on_the_way = {folder for path in in_folder for folder in _with_parents(path)}
    pages = sum(math.ceil(number / PAGE) for number in in_folder.values())
    return len(on_the_way) + pages


def _with_parents(folder: str) -> set[str]:
    found = {folder}
    while folder not in {"", "/"}:
        folder = posixpath.dirname(folder)
        found.add(folder)
    return found
