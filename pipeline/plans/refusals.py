"""Records of a plan that users refuse. They are kept in the audit trail: a user's last word counts.

Whatever applies the plan leaves them as they are.
"""

from collections.abc import Collection, Mapping, Sequence

from pipeline.model.users import AuditEntry, User
from pipeline.plans.plan_file import PlanFile, PlannedRecord
from pipeline.ports import Ledger

REFUSE, ALLOW = "refuse record", "allow record"
_MOST_ENTRIES = 100_000
"""Decisions kept for one plan: more than users make."""


def name_of(record: PlannedRecord) -> str:
    """Name a record of a plan: two sources may have records with the same PK_ID.

    A path may have characters that a browser or the ledger changes, such as a line break: they are
    escaped, so that a name comes back as it was given.
    """
    return "".join(map(_escaped, f"{record.source} {record.key}"))


def _escaped(char: str) -> str:
    if char.isprintable() and char != "\\":
        return char
    return char.encode("unicode_escape").decode()


def refusals(plan: PlanFile, ledger: Ledger) -> Mapping[str, AuditEntry]:
    """Return what is refused of a plan, by `name_of`, each with who said so and when."""
    latest: dict[str, AuditEntry] = {}
    for entry in ledger.users.audit_trail(subject=plan.id, limit=_MOST_ENTRIES):
        if entry.action in {REFUSE, ALLOW}:
            latest.setdefault(entry.detail, entry)
    return {name: entry for name, entry in latest.items() if entry.action == REFUSE}


class CurrentRefusals:
    """What is refused of a plan at each moment, read again only after a change. Safe from threads.

    A long plan asks before each of its records, and all that was decided on them may be as long.
    """

    def __init__(self, plan: PlanFile, ledger: Ledger) -> None:
        """Take the plan; nothing is read yet."""
        self._plan, self._ledger = plan, ledger
        self._known: tuple[Sequence[AuditEntry], Mapping[str, AuditEntry]] = ((), {})

    def now(self) -> Mapping[str, AuditEntry]:
        """Return what `refusals` returns, for one row of the ledger if nothing has changed."""
        latest = self._ledger.users.audit_trail(subject=self._plan.id, limit=1)
        known, found = self._known
        if latest != known:
            # The latest entry is the older of the two: what comes in between is read the next time.
            found = refusals(self._plan, self._ledger)
            self._known = latest, found
        return found


def save_refusals(plan: PlanFile, names: Collection[str], user: User, ledger: Ledger) -> None:
    """Refuse these records of a plan, and allow all others again."""
    before = refusals(plan, ledger)
    for name in (name_of(record) for record in plan.each()):
        if (name in names) != (name in before):
            action = REFUSE if name in names else ALLOW
            ledger.users.record_audit(AuditEntry(user, action, plan.id, name))
