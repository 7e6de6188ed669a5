"""`doctor --deep`: how an account behaves where Caspio's documentation is silent."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.probes import Examined


def examine_account(client: "CaspioClient", *, may_write: bool) -> "Examined":
    """Probe the account; rows and files that are created for it are removed again."""
    from pipeline.adapters.caspio.probes import probe_account

    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        return probe_account(client, clock=SystemClock(), folder=Path(folder), may_write=may_write)


def question(url: str) -> str:
    """Return the question to ask before the account is changed."""
    from pipeline.adapters.caspio.probes import ROWS, TABLE

    return (
        f"On {url}, this creates a table {TABLE} with about {ROWS + 4} small rows, and one small "
        "file in the Files area. Rows and file are removed again; the empty table stays, since the "
        "API cannot delete a table. It takes about 100 calls. Continue?"
    )


def as_document(examined: "Examined") -> dict[str, object]:
    """Return what `doctor --deep --json` prints besides the checks."""
    from pipeline.adapters.caspio.probes import as_quirks

    behavior = {
        probed.name: {"value": probed.value, "detail": probed.detail} for probed in examined.probed
    }
    return {
        "behavior": behavior,
        "emulator": " ".join(as_quirks(examined.probed)),
        "left_behind": list(examined.left),
    }
