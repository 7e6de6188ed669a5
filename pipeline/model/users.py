"""Users of the web page, what they may do, and what they have done."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a user may do; each role may do what those before it may."""

    VIEWER = "viewer"  # look at everything
    REVIEWER = "reviewer"  # decide on suggestions
    MAPPER = "mapper"  # change sources, apply plans, undo runs
    ADMIN = "admin"  # see what everybody did, deploy DataPages

    def may(self, needed: "Role") -> bool:
        """Say whether this role may do what needs another one."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signed in, by the name that the login link was made for."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that a user did.

    Attributes:
        action: A verb, such as `accept`.
        subject: What it was done to: a review, a run, a plan or a user.
        detail: The values before and after, or why it failed.
        at: When; None before the ledger has it.
    """

    user: User
    action: str
    subject: str
    detail: str = ""
    at: datetime | None = None
