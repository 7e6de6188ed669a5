"""What the settings of one account among several get besides its own file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class MachineQueue:
    """The queue in which the runs of all accounts on a machine wait to read a document.

    Attributes:
        documents: read at the same time by all of them; None for one for each CPU core.
        folder: where they agree on whose turn it is; None for the default of this user.
    """

    documents: int | None = None
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class AmongOthers:
    """What the settings of one account among several get besides its own file.

    Such settings take nothing from the environment, which all accounts may have in common.

    Attributes:
        name: of the account.
        folder: where relative paths start.
        shared: what its file does not set, nested as in the file.
        secrets: nested as in the file; they come before everything else.
    """

    name: str
    folder: Path
    shared: Mapping[str, Any]
    secrets: Mapping[str, Any] = field(repr=False)
    queue: MachineQueue = MachineQueue()

    def advice(self, setting: str) -> str:
        """Say how to give the account a credential that it lacks."""
        kind = setting.removeprefix("CASPIO_").lower().replace("_", "-")
        return f"Run `caspio-ingest secrets set {kind} --account {self.name}`."
