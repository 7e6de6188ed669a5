"""What a record costs in calls to Caspio, counted by the local Caspio."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.emulator import Emulator
from tests.bench.pipeline import run_apart
from tests.bench.table import documents
from tests.bench.table.rows import Family, Options, Pair, Row
from tests.integration.pipeline.accounts import (
    Source,
    fields,
    uploads,
    write_account,
    write_settings,
)

_UNIT = "calls a record"
_FEWEST = "the fewest calls that can do it"
_BATCH = (10, 30)
"""Records of two runs: the difference leaves out what a run costs once, such as its listing."""
SHARED_SPREAD = 0.2
"""How many records share a call depends on how fast they follow each other: more on an idle machine."""

PLAIN = Row(
    key="calls.attachment",
    title="an attachment: read, and its columns written",
    peer=_FEWEST,
    unit=_UNIT,
    limit=2,
    least_spread=0,
    about="Download and update.",
)
RENAMED = Row(
    key="calls.renamed",
    title="an attachment that is renamed as well",
    peer=_FEWEST,
    unit=_UNIT,
    limit=3.2,
    least_spread=SHARED_SPREAD,
    about="Download, update and rename; in addition the look at name, size and date before the "
    "rename, which several records share.",
)
MOVED = Row(
    key="calls.files-area",
    title="a file of the Files area that is renamed, with the row that refers to it",
    peer=_FEWEST,
    unit=_UNIT,
    limit=6.5,
    least_spread=SHARED_SPREAD,
    about="Download, new copy, row, and deletion of the old file; in addition the checks that the "
    "new copy is complete and that nobody has changed file or row.",
)
DOWNLOADS = Row(
    key="calls.downloads",
    title="downloads of a file's bytes in the Files area",
    peer="one",
    unit="downloads a file",
    limit=2,
    least_spread=SHARED_SPREAD,
    about="One to read the file; a second one only where the listing cannot confirm the new copy.",
)
FEWEST = {PLAIN.key: 2, RENAMED.key: 3, MOVED.key: 4, DOWNLOADS.key: 1}


def measured(options: Options) -> Iterator[Pair]:
    """Yield each row once in each run."""
    # Calls are counted: one run says what three would, give or take a shared call.
    for _ in range(1 if options.quick else options.runs):
        for key, calls in _calls(options).items():
            yield Pair(key, calls, FEWEST[key])


def _calls(options: Options) -> dict[str, float]:
    """Return the calls of each kind of record."""
    found: dict[str, float] = {}
    kinds = {
        PLAIN.key: (_attachments, Source(rename="")),
        RENAMED.key: (_attachments, Source()),
        MOVED.key: (_files_area, Source({"folder": "/In"})),
    }
    for key, (account, source) in kinds.items():
        downloads = key == MOVED.key and options.wants(DOWNLOADS.key)
        if not (options.wants(key) or downloads):
            continue
        few, many = (_counted(account(count), count, source) for count in _BATCH)
        more = _BATCH[1] - _BATCH[0]
        if options.wants(key):
            found[key] = (sum(many.values()) - sum(few.values())) / more
        if downloads:
            bytes_read = "GET /v3/files/path"
            found[DOWNLOADS.key] = (many.get(bytes_read, 0) - few.get(bytes_read, 0)) / more
    return found


def _counted(account: Mapping[str, Any], count: int, source: Source) -> dict[str, int]:
    """Run over an account and return its calls by operation."""
    with tempfile.TemporaryDirectory(prefix="bench-calls-") as name:
        folder = Path(name)
        seed = write_account(folder / "seed", account, dict(documents.text_receipts(count)))
        with Emulator(seed=seed) as emulator:
            ran = run_apart(write_settings(folder, emulator.url, source))
            calls = emulator.control.calls()
    done = ran.report["documents"]
    if done["done"] != count:
        raise RuntimeError(f"{count} documents were to be done, but this was: {done}")
    return calls


def _attachments(count: int) -> dict[str, Any]:
    return uploads(dict(documents.text_receipts(count)))


def _files_area(count: int) -> dict[str, Any]:
    names = [name for name, _ in documents.text_receipts(count)]
    records = [{"PK_ID": n, "File": f"/In/{name}"} for n, name in enumerate(names, start=1)]
    return {
        "tables": {"Papers": {"fields": fields(File="FILE"), "records": records}},
        "files": {f"/In/{name}": name for name in names},
    }


CALLS = Family("calls", (PLAIN, RENAMED, MOVED, DOWNLOADS), measured)
