"""Every route of the page with the role that it needs, and an address of it in an account."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from pydantic import SecretStr

from flows.web.app import create_app, routes
from flows.web.apps.account_apps import AccountApps
from flows.web.signing.oidc import Provider
from flows.web.signing.proxy import TrustedProxy
from pipeline.adapters.caspio.client import NotFound
from pipeline.adapters.caspio.client.wire.account import Application, Changed, DataPage
from pipeline.model.users import Role, User
from pipeline.settings.web import OidcSettings
from tests.support.asgi import AsgiClient
from tests.unit.web.conftest import ORIGIN, Browser, Office
from tests.unit.web.review.test_document import found, read_as
from tests.unit.web.signing.test_proxy import SETTINGS as PROXY
from tests.unit.web.test_plans import planned

OPEN = None
"""For those who are not signed in as well."""

NEEDS: dict[str, Role | None] = {
    "GET /login": OPEN,
    "POST /login": OPEN,
    "GET /login/oidc": OPEN,
    "GET /login/oidc/callback": OPEN,
    "POST /login/proxy": OPEN,
    "static": OPEN,
    "GET /": Role.VIEWER,
    "GET /audit": Role.ADMIN,
    "POST /logout": Role.VIEWER,
    "POST /examine": Role.MAPPER,
    "GET /records": Role.VIEWER,
    "POST /records/acknowledge": Role.REVIEWER,
    "POST /records/undo": Role.MAPPER,
    "GET /files/{version}/{what}": Role.VIEWER,
    "GET /thumbnails/{version}.webp": Role.VIEWER,
    "GET /runs/{id}": Role.VIEWER,
    "POST /runs/{id}/undo": Role.MAPPER,
    "GET /plans": Role.VIEWER,
    "GET /plans/{id}": Role.VIEWER,
    "POST /plans/{id}/refuse": Role.MAPPER,
    "POST /plans/{id}/apply": Role.MAPPER,
    "GET /apps": Role.VIEWER,
    "GET /apps/{key}": Role.VIEWER,
    "POST /apps/{key}/deploy": Role.ADMIN,
    "GET /apps/{key}/{page}": Role.VIEWER,
    "POST /apps/{key}/{page}/deploy": Role.ADMIN,
    "GET /sources": Role.MAPPER,
    "GET /sources/new": Role.MAPPER,
    "POST /sources/new/look": Role.MAPPER,
    "POST /sources/new/read": Role.MAPPER,
    "POST /sources/new/check": Role.MAPPER,
    "POST /sources/new/review": Role.MAPPER,
    "POST /sources/new/write": Role.MAPPER,
    "GET /sources/{name}": Role.MAPPER,
    "POST /sources/{name}/read": Role.MAPPER,
    "POST /sources/{name}/check": Role.MAPPER,
    "POST /sources/{name}/review": Role.MAPPER,
    "POST /sources/{name}/write": Role.MAPPER,
    "POST /sources/{name}/change": Role.MAPPER,
    "GET /sources/{name}/saved": Role.MAPPER,
    "POST /sources/{name}/plan": Role.MAPPER,
    "GET /review": Role.VIEWER,
    "POST /review/next": Role.REVIEWER,
    "GET /review/table": Role.VIEWER,
    "POST /review/table": Role.REVIEWER,
    "GET /review/{id}/{file:int}/{page:int}/words": Role.VIEWER,
    "GET /review/{id}": Role.VIEWER,
    "GET /review/{id}/{file:int}/{page:int}.webp": Role.VIEWER,
    "POST /review/{id}/claim": Role.REVIEWER,
    "POST /review/{id}/postpone": Role.REVIEWER,
    "POST /review/{id}/decide": Role.REVIEWER,
    "POST /review/{id}/accept-all": Role.REVIEWER,
    "POST /review/{id}/read": Role.REVIEWER,
    "POST /review/{id}/undo": Role.REVIEWER,
}
"""Every route by its name. One that is new is added here, and so to every test of this folder."""


@dataclass
class FakeApplications:
    """One application with one DataPage, as the client shows them."""

    key: str
    name: str
    deployed: list[object] = field(default_factory=list)

    def all(self) -> tuple[Application, ...]:
        """Return the application."""
        return (self.get(self.key),)

    def get(self, key: str) -> Application:
        """Return the application of a key."""
        if key != self.key:
            raise NotFound("There is no such application.", status=404)
        return Application(self.name, key, 1, "", "", has_default_icon=True, icon_file="")

    def data_pages(self, key: str) -> tuple[DataPage, ...]:
        """Return its DataPage."""
        return (self.data_page(key, f"{key}-page"),)

    def data_page(self, key: str, page_key: str) -> DataPage:
        """Return the DataPage of a key."""
        self.get(key)
        if page_key != f"{self.key}-page":
            raise NotFound("There is no such DataPage.", status=404)
        changed = Changed("", "", "", "")
        return DataPage(self.name, page_key, self.name, self.name, "WEBFORM", self.name, changed)

    def deployment_code(self, _key: str, page_key: str, method: str) -> str:
        """Return a code."""
        return f"https://a.caspio.com/dp/{page_key}" if method == "URL" else f"<{self.name}>"

    def deploy(self, *said: object, deployed: bool) -> None:
        """Note what was deployed."""
        self.deployed.append((*said, deployed))

    deploy_all = deploy


@dataclass
class Account:
    """An account with something behind every route; `word` is in its identifiers.

    `name` is what its record, its application and its plan say.
    """

    office: Office
    word: str
    pk: str = "1"
    name: str = ""
    apps: FakeApplications = field(init=False)
    paths: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        office, word = self.office, self.word
        name = self.name or word
        self.apps = FakeApplications(f"app-{word}", name)
        client: Any = SimpleNamespace(applications=self.apps)
        # Nobody answers there: signing in is refused, and does not fail.
        oidc = OidcSettings(
            issuer="http://127.0.0.1:1",
            client_id="page",
            client_secret=SecretStr("secret"),
            roles={"staff": Role.VIEWER},
        )
        apps = AccountApps(lambda: nullcontext(client), office.world.clock)
        provider = Provider(oidc, office.world.clock)
        office.site = replace(office.site, apps=apps, provider=provider, proxy=TrustedProxy(PROXY))
        read_as(office, pages=3, total=found("12.50"))
        office.world.runs = 10 * int(self.pk)
        review = office.suggest(self.pk, Note=name)
        run = f"run-{office.world.runs}"
        (state,) = office.world.ledger.files.states(source="receipts", pk=self.pk)
        version = state.ref.version
        plan = planned(office, f"9{self.pk}", Note=name).id
        self.paths = {
            "GET /records": f"/records?source=receipts&record={self.pk}",
            "GET /files/{version}/{what}": f"/files/{version}/original",
            "GET /thumbnails/{version}.webp": f"/thumbnails/{version}.webp",
            "GET /runs/{id}": f"/runs/{run}",
            "GET /plans/{id}": f"/plans/{plan}",
            "GET /apps/{key}": f"/apps/app-{word}",
            "GET /apps/{key}/{page}": f"/apps/app-{word}/app-{word}-page",
            "GET /review/{id}": review,
            "GET /review/{id}/{file:int}/{page:int}.webp": f"{review}/1/1.webp",
            "GET /review/{id}/{file:int}/{page:int}/words": f"{review}/1/1/words",
            "GET /sources/{name}": f"/sources/{word}",
            "GET /sources/{name}/saved": f"/sources/{word}/saved",
        }

    def path(self, name: str) -> str:
        """Return the address of a route; one that changes something has that of its page."""
        method, _, template = name.partition(" ")
        if name in self.paths:
            return self.paths[name]
        page, _, verb = template.rpartition("/")
        if method == "POST" and f"GET {page}" in self.paths:
            return f"{self.paths[f'GET {page}'].partition('?')[0]}/{verb}"
        return template

    def browser(self, role: Role | None) -> Browser:
        """Return a browser in which somebody with a role is signed in; None for nobody."""
        app = create_app(self.office.site, origins=frozenset({ORIGIN}))
        browser = Browser(AsgiClient(app, base_url=ORIGIN))
        if role is not None:
            browser.post("/login", link=self.office.site.sessions.link(User("Ana", role)))
        return browser


def served(account: Account) -> Iterator[str]:
    """Yield the name of every route."""
    for route in routes(account.office.site):
        yield route.name  # type: ignore[attr-defined]  # each of ours has one
