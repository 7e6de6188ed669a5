"""What the pages work with, and what a page gets of one request."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request

from flows.app.drain import Drain
from flows.app.mapping.live_settings import LiveSettings
from flows.app.mapping.look import Looks
from flows.app.review.decisions import shown_types
from flows.app.review.desk import ReviewDesk
from flows.app.wiring import AppContext
from flows.web.health import Health
from flows.web.jobs import Jobs
from flows.web.pictures import Pictures
from flows.web.signing.oidc import Provider
from flows.web.signing.proxy import Proxied, TrustedProxy
from flows.web.signing.sessions import Sessions
from pipeline.model.users import AuditEntry, Role, User
from pipeline.ports import Archive, Clock, Ledger
from pipeline.settings import Settings

if TYPE_CHECKING:
    from flows.web.apps.account_apps import AccountApps


@dataclass(frozen=True, slots=True)
class Ways:
    """How somebody may sign in besides a link.

    `provider` is the name of the identity provider, "" without one; `proxied` what a proxy says.
    """

    provider: str = ""
    proxied: Proxied | None = None


Connect = Callable[[Drain], AbstractContextManager[AppContext]]
"""Connects what a run needs; the drain asks the run to stop."""


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
    looks: Looks
    connect: Connect
    prefect: str = ""
    provider: Provider | None = None
    proxy: TrustedProxy | None = None
    apps: "AccountApps" = field(kw_only=True)

    def ways(self, request: Request) -> Ways:
        """Return how the sender of a request may sign in."""
        provider = self.provider.host if self.provider is not None else ""
        return Ways(provider, self.proxy.says(request) if self.proxy is not None else None)

    def user(self, request: Request) -> User | None:
        """Return who is signed in and sent a request; None for nobody."""
        user = self.sessions.user(request.headers.get("cookie", ""))
        said = self.proxy.says(request) if self.proxy is not None else None
        # The proxy's word is the latest: another user, another role, or none any more.
        return None if said is not None and said.user != user else user

    def origin(self, request: Request) -> str:
        """Return the address of this site, as the sender of a request reaches it."""
        # The guard has checked the host.
        return self.settings.web.url or f"http://{request.headers['host'].lower()}"

    @property
    def settings(self) -> Settings:
        """Return the present settings."""
        return self.live.settings

    def refresh(self) -> None:
        """Work with changed settings from now on; what is decided next connects by them."""
        if self.live.refresh():
            self.desk.close()
            # What was wrong with the settings before says nothing of these.
            self.health.forget()


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a user who may make it.

    `parts` are those of the address, `query` and `form` the last value of each name; `choices` has
    all values of a name in the form. `path` is the address with its query, `cookies` the header,
    `origin` the address of the site.
    """

    site: Site
    user: User
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    cookies: str = field(repr=False)
    origin: str = ""

    def may(self, role: str) -> bool:
        """Say whether the user may do what needs a role."""
        return self.user.role.may(Role(role))

    def column_types(self, sources: Iterable[str]) -> dict[str, Mapping[str, str]]:
        """Return the types of the columns of sources, as far as a run has seen them."""
        known = {name: self.site.ledger.files.column_types(name) for name in dict.fromkeys(sources)}
        return {name: one.types if one is not None else {} for name, one in known.items()}

    def shown_types(self, sources: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return by source as which type the values of each column are shown."""
        specs = self.site.settings.specs()
        return {
            name: shown_types(types, specs.get(name))
            for name, types in self.column_types(sources).items()
        }

    def audit(self, action: str, subject: str, detail: str = "") -> None:
        """Record what the user did."""
        entry = AuditEntry(self.user, action, subject, detail)
        self.site.ledger.users.record_audit(entry)


class RequestRefused(Exception):
    """A request is answered with an error page: status, what happened, and what to do."""

    def __init__(self, status: int, problem: str, remedy: str = "") -> None:
        """Keep what the page says."""
        self.status = status
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem)


def not_found(what: str = "This page") -> RequestRefused:
    """Return the refusal of an address that does not exist, or that this role may not see.

    Both look alike, so that nobody learns what exists.
    """
    return RequestRefused(
        404, f"{what} does not exist.", "Go to the overview, and follow a link there."
    )
