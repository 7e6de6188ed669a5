"""A cache folder of the benchmark's own, with all that a reader process loads from it made before.

The user's cache keeps few versions of each network. Copies of the project on one machine push each
other's out of it, and a measured process would then compile them again.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.family import used
from tests.bench.table import documents

_VARIABLE = "XDG_CACHE_HOME"
_PROGRAM = "caspio-ingest"


@contextmanager
def own_cache() -> Iterator[Path]:
    """Let every process that is started from here on use a new cache folder; yield it."""
    before = os.environ.get(_VARIABLE)
    with tempfile.TemporaryDirectory(prefix="bench-cache-") as name:
        os.environ[_VARIABLE] = name
        try:
            yield Path(name)
        finally:
            os.environ.pop(_VARIABLE)
            if before is not None:
                os.environ[_VARIABLE] = before


def prepare(cache: Path) -> frozenset[str]:
    """Compile models and patterns, as the first reading of all does; return the files made."""
    command = Path(sys.executable).with_name(_PROGRAM)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        (receipt,) = documents.receipts(Path(folder), 1)
        used([str(command), "read", str(receipt.path)])
    return files(cache)


def files(cache: Path) -> frozenset[str]:
    """Return the names of what this program keeps in the cache."""
    return frozenset(path.name for path in (cache / _PROGRAM).glob("*"))
