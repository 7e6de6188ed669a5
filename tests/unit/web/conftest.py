"""The web page over an account in dictionaries, and a browser that is signed in or not."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.doctor.check import Check
from flows.web.app import create_app
from flows.web.health import Health
from flows.web.sessions import Sessions
from flows.web.site import Site
from pipeline.model.users import Role, User
from pipeline.settings import Settings, load_settings
from tests.support.asgi import AsgiClient
from tests.unit.pipeline.world import World, world

__all__ = ["world"]

ORIGIN = "http://127.0.0.1:8767"
SAME_SITE = {"sec-fetch-site": "same-origin", "origin": ORIGIN}
HOSTILE = "<script>alert(1)</script>\"'&\u202egpj.exe\ud800\x00"
SETTINGS = """
[caspio]
url = "https://a.caspio.com"
monthly_calls = 1000
[[sources]]
name = "receipts"
table = "Receipts"
[sources.columns]
DocType = "doc_type"
Total = "total"
[[sources]]
name = "mail"
folder = "/Mail"
"""


@dataclass
class Browser:
    """One user at the page: `get` and `post` as a browser does them."""

    client: AsgiClient

    def get(self, path: str, status: int = 200) -> str:
        """Open a page and return its text."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:3000]
        return answer.text

    def post(self, path: str, status: int = 200, **form: str | list[str]) -> str:
        """Send a form, follow where it leads, and return the page's text."""
        answer = self.client.post(path, data=form, headers=SAME_SITE)
        assert answer.status_code == status, answer.text[:3000]
        return answer.text


@dataclass
class Office:
    """The site over a world, with the doctor's checks, and people who sign in."""

    world: World
    site: Site
    checks: list[Check] = field(default_factory=list)
    is_secure: bool = False

    def browser(self) -> Browser:
        """Return a browser that is not signed in."""
        app = create_app(self.site, origins=frozenset({ORIGIN}))
        return Browser(AsgiClient(app, base_url=ORIGIN))

    def signed_in(self, role: Role = Role.REVIEWER, name: str = "Ana") -> Browser:
        """Return a browser in which somebody has signed in."""
        browser = self.browser()
        browser.post("/login", link=self.site.sessions.link(User(name, role)))
        return browser


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a table and a folder."""
    for name in ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    path = tmp_path / "caspio-ingest.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return load_settings(path)


@pytest.fixture
def office(world: World, settings: Settings, tmp_path: Path) -> Iterator[Office]:
    """The page over an account with receipts."""
    checks: list[Check] = []
    world.ledger.memory.clock = world.clock
    site = Site(
        settings,
        tmp_path / "caspio-ingest.toml",
        world.ledger,
        world.archive,
        world.clock,
        Sessions(world.ledger, is_secure=False),
        Health(lambda: checks, world.clock),
    )
    yield Office(world, site, checks)
    site.health.wait()


def words(html: str) -> str:
    """Return what a page says, without its tags and with single blanks."""
    body = html.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()
