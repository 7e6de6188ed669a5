"""What the pages work with, and what a page gets of one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flows.app.mapping.live_settings import LiveSettings
from flows.web.health import Health
from flows.web.jobs import Jobs
from flows.web.pictures import Pictures
from flows.web.review.desk import ReviewDesk
from flows.web.sessions import Sessions
from pipeline.model.users import AuditEntry, Role, User
from pipeline.ports import Archive, Clock, Ledger
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Site:
    """One account's pages. `prefect` is the address of Prefect's UI, "" where none is known."""

    live: LiveSettings
    config: Path
    ledger: Ledger
    archive: Archive
    clock: Clock
    sessions: Sessions
    health: Health
    desk: ReviewDesk
    pictures: Pictures
    jobs: Jobs
    prefect: str = ""

    @property
    def settings(self) -> Settings:
        """Return the present settings."""
        return self.live.settings

    def refresh(self) -> None:
        """Work with changed settings from now on; what is decided next connects by them."""
        if self.live.refresh():
            self.desk.close()


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a user who may make it.

    `parts` are those of the address, `query` and `form` the last value of each name; `choices` has
    all values of a name in the form. `path` is the address with its query, `cookies` the header.
    """

    site: Site
    user: User
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    cookies: str = field(repr=False)

    def may(self, role: str) -> bool:
        """Say whether the user may do what needs a role."""
        return self.user.role.may(Role(role))

    def audit(self, action: str, subject: str, detail: str = "") -> None:
        """Record what the user did."""
        entry = AuditEntry(self.user, action, subject, detail)
        self.site.ledger.users.record_audit(entry)


class Refused(Exception):
    """A request is answered with an error page: status, what happened, and what to do."""

    def __init__(self, status: int, problem: str, remedy: str = "") -> None:
        """Keep what the page says."""
        self.status = status
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem)


def not_found(what: str = "This page") -> Refused:
    """Return the refusal of an address that does not exist, or that this role may not see.

    Both look alike, so that nobody learns what exists.
    """
    return Refused(404, f"{what} does not exist.", "Go to the overview, and follow a link there.")
