"""The web page over an account in dictionaries, and a browser that is signed in or not."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.app.drain import Drain
from flows.app.mapping.live_settings import LiveSettings
from flows.app.mapping.look import Looks
from flows.app.review.desk import ReviewDesk
from flows.app.wiring import AppContext
from flows.doctor.check import Check
from flows.web.app import create_app
from flows.web.apps.account_apps import AccountApps
from flows.web.health import Health
from flows.web.jobs import Jobs
from flows.web.pictures import Pictures
from flows.web.signing.sessions import Sessions
from flows.web.site import Site
from pipeline.metering.budget import Spending
from pipeline.model import Finding, Findings, ReadStatus, RecordRef, SourceSpec
from pipeline.model.review import review_id
from pipeline.model.users import Role, User
from pipeline.settings import Settings, load_settings
from pipeline.steps.write_back.review_table import REVIEW_COLUMNS
from tests.fakes.reader import FakeReader
from tests.support.asgi import AsgiClient
from tests.unit.pipeline.world import World, world

__all__ = ["world"]

ORIGIN = "http://127.0.0.1:8767"
SAME_SITE = {"sec-fetch-site": "same-origin", "origin": ORIGIN}
GOOD = "doc_type=receipt\ntotal=12.50"
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
SYNC = """
[[sync]]
name = "orders"
table = "Orders"
url = "sqlite:///mirror.db"
mirror = "orders"
direction = "pull"
[sync.columns]
PK_ID = "id"
Title = "title"
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
class FakePageReader(FakeReader):
    """Draws pages: each is the bytes of a picture with its number."""

    drawn: list[str] = field(default_factory=list)

    def findings(self, path: Path, *, name: str, work_dir: Path) -> Findings:
        """Draw a page."""
        self.drawn.append(name)
        target = work_dir / "thumbnail.webp"
        target.write_bytes(b"RIFF....WEBP" + name.encode() if path.stat().st_size else b"<svg>")
        nothing = Finding(None, 0.0, "")
        return Findings("image/png", ReadStatus.OK, nothing, derived={"thumbnail.webp": target})


@dataclass
class Office:
    """The site over a world, with the doctor's checks, and people who sign in."""

    world: World
    site: Site
    checks: list[Check] = field(default_factory=list)
    reader: FakePageReader = field(default_factory=FakePageReader)

    @property
    def spec(self) -> SourceSpec:
        """Return the source of receipts."""
        return self.site.settings.specs()["receipts"]

    def suggest(self, pk: str = "1", *, text: str = GOOD, **values: object) -> str:
        """Have a receipt whose total differs from the record's; return the address of its review."""
        self.world.receipt(pk, text, **{"Total": 99.0, **values})
        self.world.run(self.spec)
        return f"/review/{review_id('receipts', RecordRef('Receipts', pk))}"

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
    return load(tmp_path, monkeypatch, SETTINGS)


def load(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Settings:
    """Write and load settings."""
    for name in ("CASPIO_CLIENT_ID", "CASPIO_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    path = folder / "caspio-ingest.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


@pytest.fixture
def office(world: World, settings: Settings) -> Iterator[Office]:
    """The page over an account with receipts."""
    with opened(world, settings) as made:
        yield made


@pytest.fixture
def table_office(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The same, with a review table."""
    kinds = {name: min(types).replace("/", "_") for name, types in REVIEW_COLUMNS.items()}
    world.caspio.table("Suggestions", **kinds)
    text = SETTINGS.replace(
        "[sources.columns]", '[sources.review]\ntable = "Suggestions"\n[sources.columns]'
    )
    with opened(world, load(tmp_path, monkeypatch, text)) as made:
        yield made


@contextmanager
def opened(world: World, settings: Settings, looks: Looks | None = None) -> Iterator[Office]:
    """Open the page over a world."""
    checks: list[Check] = []
    world.ledger.memory.clock = world.clock
    reader = FakePageReader()
    config = world.folder / "caspio-ingest.toml"
    live = LiveSettings(config, settings, partial(load_settings, sources=False))
    no_client: Any = SimpleNamespace(applications=SimpleNamespace(all=tuple))
    site = Site(
        live,
        config,
        world.ledger,
        world.archive,
        world.clock,
        Sessions(world.ledger, is_secure=False),
        Health(lambda: checks, world.clock),
        ReviewDesk(lambda: connected(world, live.settings)),
        Pictures(world.archive, lambda: reader),
        Jobs(world.clock),
        looks or Looks(lambda: live.settings, world.clock),
        lambda drain: connected(world, live.settings, drain),
        apps=AccountApps(lambda: nullcontext(no_client), world.clock),
    )
    yield Office(world, site, checks, reader=reader)
    site.jobs.close()
    site.desk.close()
    site.health.wait()


@contextmanager
def connected(world: World, settings: Settings, drain: Drain | None = None) -> Iterator[AppContext]:
    """Connect the account in dictionaries as `connect` does the real one."""
    ports = world.source_run(settings.specs()["receipts"]).ports
    spending = Spending(world.ledger, settings.caspio.account, settings.caspio.allowance, block=1)
    client: Any = SimpleNamespace(calls={})
    yield AppContext(settings, ports, client, spending, drain or Drain())


def form_of(html: str, action: str, number: int = 0) -> dict[str, str]:
    """Return the hidden values of a form of a page, by the end of its address."""
    forms = re.findall(rf'<form[^>]*action="[^"]*{action}"[^>]*>(.*?)</form>', html, re.DOTALL)
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', forms[number])
    return dict(inputs)


def words(html: str) -> str:
    """Return what a page says, without its tags and with single blanks.

    What isolates the direction of a value, tags and marks, takes no room.
    """
    body = html.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    body = re.sub("</?bdi>|\u200e", "", body)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()
