"""`doctor --deep`: how an account behaves where Caspio's documentation is silent."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flows.app.wiring.account import probe_account
from pipeline.model.probes import PROBE_ROWS, PROBE_TABLE, Examined

if TYPE_CHECKING:
    from pipeline.adapters.caspio.client import CaspioClient


def examine_account(client: "CaspioClient", *, may_write: bool) -> Examined:
    """Probe the account; rows and files that are created for it are removed again."""
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        return probe_account(client, folder=Path(folder), may_write=may_write)


def question(url: str) -> str:
    """Return the question to ask before the account is changed."""
    return (
        f"On {url}, this creates a table {PROBE_TABLE} with about {PROBE_ROWS + 4} small rows, and "
        "one small file in the Files area. Rows and file are removed again; the empty table stays, "
        "since the API cannot delete a table. It takes about 100 calls. Continue?"
    )


def as_document(examined: Examined) -> dict[str, object]:
    """Return what `doctor --deep --json` prints besides the checks."""
    behavior = {
        probed.name: {"value": probed.value, "detail": probed.detail} for probed in examined.probed
    }
    return {
        "behavior": behavior,
        "emulator": " ".join(examined.quirks),
        "left_behind": list(examined.left),
    }
