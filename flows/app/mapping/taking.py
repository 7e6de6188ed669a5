"""Say who works with which settings: a program that has loaded a changed file records it."""

import socket
from collections.abc import Sequence

from pipeline.model.users import AuditEntry, Role, User
from pipeline.ports import Ledger

TAKEN, REFUSED = "settings taken", "settings refused"
"""What is recorded of changed settings, by their digest: they are loaded, or cannot be."""


def record_taken(ledger: Ledger, digest: str, *, program: str) -> None:
    """Record that this program works with the settings of a digest from now on."""
    ledger.users.record_audit(AuditEntry(_who(program), TAKEN, digest))


def record_refused(ledger: Ledger, digest: str, why: str, *, program: str) -> None:
    """Record why this program keeps its settings, and does not take those of a digest."""
    ledger.users.record_audit(AuditEntry(_who(program), REFUSED, digest, why))


def takers(ledger: Ledger, digest: str) -> Sequence[AuditEntry]:
    """Return each program's latest entry: that it loaded the settings of a digest, or could not."""
    latest: dict[str, AuditEntry] = {}
    for entry in ledger.users.audit_trail(subject=digest):
        if entry.action in {TAKEN, REFUSED}:
            latest.setdefault(entry.user.name, entry)
    return list(latest.values())


def _who(program: str) -> User:
    return User(f"{program} at {socket.gethostname()}", Role.ADMIN)
