"""Every page in a real browser, with hostile names on all of them: the policy is kept, and nothing leaves this machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from flows.app.drain import Drain
from flows.http.server import Running, listening, server_of
from flows.web.app import create_app
from flows.web.serve import origins_of
from flows.web.signing.oidc import Provider
from pipeline.model.users import Role, User
from tests.flows.test_web_page import AXE, TAGS
from tests.flows.web.browsed import DrawingReader
from tests.servers.identity_provider import identity_provider
from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.support.browser import PROGRAM, Page, browser
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import HOSTILE, SETTINGS, load, opened
from tests.unit.web.mapping.bills import FakeLooks
from tests.unit.web.security.every_route import NEEDS, Account
from tests.unit.web.signing.test_oidc import settings_for

pytestmark = pytest.mark.integration

WORD = (
    HOSTILE.replace("\x00", "").replace("\ud800", "").replace("/", "")
    + '<img src=x onerror="document.documentElement.dataset.ran=1">'
)
PAGES = [
    name
    for name in NEEDS
    if name.startswith("GET ")
    and not name.startswith(("GET /login/", "GET /files/"))
    and not name.endswith((".webp", "/words"))
]
"""Those that a browser shows as pages: files are only ever saved, and pictures are inside of pages."""


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    """One tab for all tests."""
    if PROGRAM is None:
        skip_or_fail(MissingProgram("Chromium is not installed: apt-get install chromium."))
    with browser() as page:
        yield page


@contextmanager
def _served(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Account, str]]:
    world = World(folder)
    world.caspio.table(
        "Receipts", DocType="STRING", Total="CURRENCY", Scan="ATTACHMENT", Note="TEXT"
    )
    settings = load(folder, monkeypatch, SETTINGS)
    with (
        opened(world, settings, FakeLooks(lambda: settings, world.clock)) as office,
        listening("127.0.0.1:0", what="The page") as door,
    ):
        office.site.pictures.open_reader = DrawingReader
        account = Account(office, "receipts", name=WORD)
        address = "{}:{}".format(*door.getsockname()[:2])
        app = create_app(office.site, origins=origins_of(address, None))
        running = Running(server_of(app, connections=50), door, Drain(), name="web page")
        with running.running():
            yield account, f"http://{address}"


@pytest.fixture
def served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tab: Page
) -> Iterator[tuple[Account, str]]:
    """The page of an account with hostile names, and an admin before it."""
    with _served(tmp_path, monkeypatch) as (account, url):
        tab.errors.clear()
        tab.outside.clear()
        tab.send("Network.clearBrowserCookies")
        link = account.office.site.sessions.link(User(WORD, Role.ADMIN))
        tab.open(f"{url}/login?link={link}")
        tab.click("Sign in", role="button")
        tab.see("Overview")
        yield account, url
        tab.open("about:blank")


def test_no_page_breaks_its_own_policy(served: tuple[Account, str], tab: Page):
    """No page has a style, a script or a picture that its policy refuses, none runs what a name says, and none asks another host."""
    account, url = served
    complaints = {}
    for name in PAGES:
        tab.open(url + account.path(name))
        ran = tab.run("document.documentElement.dataset.ran || ''")
        # A picture that the reader of the tests does not make is missing, which is no complaint.
        errors = [one for one in tab.errors if ".webp" not in one]
        if errors or tab.outside or ran:
            complaints[name] = (errors, tab.outside, ran)
        tab.errors.clear()

    assert complaints == {}


def test_a_broken_policy_would_be_seen(served: tuple[Account, str], tab: Page):
    """A script that is put into a page is refused by the policy, and what the other test reads says so."""
    _, url = served
    tab.open(f"{url}/")
    tab.run("document.body.appendChild(document.createElement('script')).textContent = '1'; 1")
    tab.run("document.body.appendChild(new Image()).src = 'https://example.com/x.png'; 1")
    tab.run("new Promise(done => setTimeout(done, 0)).then(() => 1)")

    assert any("Content Security Policy" in one for one in tab.errors)
    tab.errors.clear()
    tab.outside.clear()


@pytest.mark.parametrize("width", [360, 320])
def test_data_pages_and_signing_in_fit_a_small_screen(
    served: tuple[Account, str], tab: Page, width: int
):
    """Hostile and long names do not make a page wider than the screen."""
    account, url = served
    tab.size(width, 800)
    too_wide = {}
    for name in ("GET /apps", "GET /apps/{key}", "GET /apps/{key}/{page}", "GET /login"):
        tab.open(url + account.path(name))
        needed = tab.run("document.documentElement.scrollWidth")
        if needed > width:
            too_wide[name] = needed
    tab.size(1400, 1000)

    assert too_wide == {}


def test_data_pages_and_signing_in_are_accessible(served: tuple[Account, str], tab: Page):
    """axe-core finds nothing on them, nor on the question before a deployment."""
    account, url = served
    options = json.dumps({"runOnly": {"type": "tag", "values": TAGS}})
    found = {}
    page = account.path("GET /apps/{key}/{page}")
    for name in (
        "GET /apps",
        "GET /apps/{key}",
        "GET /apps/{key}/{page}",
        "question",
        "GET /login",
    ):
        tab.open(url + (page if name == "question" else account.path(name)))
        if name == "question":
            tab.click("Un-deploy…", role="button")
            tab.see("Un-deploy this DataPage?")
        tab.run(f"{AXE}; 1")
        violations = tab.run(
            f"axe.run(document, {options}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 150)).join(' | ')))"
        )
        if violations:
            found[name] = violations

    assert found == {}


def test_a_user_signs_in_and_out_at_a_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tab: Page
):
    """From a page that asks to sign in, to the provider and back to that page; then out at both."""
    world = World(tmp_path)
    world.caspio.table(
        "Receipts", DocType="STRING", Total="CURRENCY", Scan="ATTACHMENT", Note="TEXT"
    )
    settings = load(tmp_path, monkeypatch, SETTINGS)
    with (
        identity_provider() as idp,
        opened(world, settings) as office,
        listening("127.0.0.1:0", what="The page") as door,
    ):
        claims = {"preferred_username": "Ana", "groups": ["ingest-reviewers"]}
        idp.reset(lambda: int(world.clock.now().timestamp()), claims)
        office.site = replace(office.site, provider=Provider(settings_for(idp), world.clock))
        address = "{}:{}".format(*door.getsockname()[:2])
        app = create_app(office.site, origins=origins_of(address, None))
        running = Running(server_of(app, connections=50), door, Drain(), name="web page")
        with running.running():
            tab.send("Network.clearBrowserCookies")
            tab.open(f"http://{address}/plans")
            tab.see("Sign in to see this page")
            tab.errors.clear()  # the answer 401 is one
            tab.click(f"Sign in at {idp.issuer.removeprefix('http://')}", role="a")
            tab.see("Ana", "Plans")
            path = tab.run("location.pathname")
            tab.click("Sign out", role="button")
            tab.see("You are signed out", "Sign out there as well")
            tab.open("about:blank")

    assert path == "/plans"
    assert tab.errors == []
    assert tab.outside == set()
