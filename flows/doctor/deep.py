"""`doctor --deep`: what an account does where the documents are silent."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient
    from pipeline.adapters.caspio.probes import Examined


def examine_account(client: "CaspioClient", *, may_write: bool) -> "Examined":
    """Probe the account; rows and files that are made for it are removed again."""
    from pipeline.adapters.caspio.probes import probe_account

    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        return probe_account(client, clock=SystemClock(), folder=Path(folder), may_write=may_write)


def question(url: str) -> str:
    """Say what will be done to the account."""
    from pipeline.adapters.caspio.probes import ROWS, TABLE

    return (
        f"On {url} a table {TABLE} will be made, with about {ROWS + 4} small rows, and one small file in the Files "
        "area; rows and file are removed again, the empty table stays, since the API cannot delete one. It takes about "
        "100 calls. Go on?"
    )


def as_document(examined: "Examined") -> dict[str, object]:
    """Return what `doctor --deep --json` prints beside the checks."""
    from pipeline.adapters.caspio.probes import as_quirks

    return {
        "behaviour": {
            one.name: {"value": one.value, "detail": one.detail} for one in examined.probed
        },
        "emulator": " ".join(as_quirks(examined.probed)),
        "left_behind": list(examined.left),
    }
