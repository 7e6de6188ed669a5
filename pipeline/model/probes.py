"""What capability probes find out: how an account behaves where the documentation is silent."""

from dataclasses import dataclass

PROBE_TABLE = "caspio_ingest_probe"
"""Table that probing creates. It stays, since the API cannot delete a table."""

PROBE_ROWS = 26
"""Rows that one of the probes inserts; all of them are deleted again."""


@dataclass(frozen=True, slots=True)
class Probed:
    """One behavior of the account.

    `name` and `value` are those of the local Caspio's quirk that imitates it; the value is None if
    it could not be found out. `detail` says what was seen, or why nothing was.
    """

    name: str
    value: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Examined:
    """Every behavior, also those that could not be found out.

    `left` says, a sentence each, what is still there of the probes and what to do about it.
    """

    probed: tuple[Probed, ...]
    left: tuple[str, ...]

    @property
    def quirks(self) -> list[str]:
        """Return the options with which the local Caspio behaves like the account."""
        return [
            f"--quirk {one.name}={one.value}"
            for one in self.probed
            if one.value is not None and not one.name.startswith("error_")
        ]
