"""Applications and DataPages: what is shown, what is copied, and what is deployed by whom."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from flows.web.app import create_app
from flows.web.apps.account_apps import KEPT, AccountApps
from flows.web.guard import POLICY
from infra.emulator import Emulator
from pipeline.adapters.caspio.client import CaspioClient
from pipeline.model.users import Role, User
from tests.support.asgi import AsgiClient
from tests.unit.web.conftest import ORIGIN, Browser, Office, words

pytestmark = pytest.mark.integration

NAME = "<b>Form</b> \"&'\u202egpj"
PAGES = {
    NAME: {"type": "WEBFORM", "path": "Staff", "note": "<script>alert(1)</script>"},
    "Second": {"type": "WEBFORM", "deployed": True},
}
RIGHTS = {"client_id": "reader", "client_secret": "secret", "objects": {"*": ["read"]}}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An account with an application, and a profile that may only read."""
    seed = tmp_path_factory.mktemp("seed")
    account = {"applications": {"Desk": {"pages": PAGES}}, "profiles": [RIGHTS]}
    (seed / "account.json").write_text(json.dumps(account), encoding="utf-8")
    with Emulator(seed=seed) as running:
        yield running


@dataclass
class Desk:
    """The page over that account."""

    office: Office
    emulator: Emulator
    client_id: str = "id"

    def browser(self, role: Role = Role.ADMIN) -> Browser:
        """Return a browser in which somebody has signed in."""
        office = self.office
        caspio = office.site.settings.caspio.model_copy(update={"url": self.emulator.url})
        settings = office.site.settings.model_copy(update={"caspio": caspio})
        office.site.live.settings = settings
        url, name = self.emulator.url, self.client_id
        apps = AccountApps(
            lambda: CaspioClient(url=url, client_id=name, client_secret="secret"),
            office.world.clock,
        )
        app = create_app(replace(office.site, apps=apps), origins=frozenset({ORIGIN}))
        browser = Browser(AsgiClient(app, base_url=ORIGIN))
        browser.post("/login", link=office.site.sessions.link(User("Ana", role)))
        return browser

    @property
    def app(self) -> str:
        """Return the address of the application."""
        return self._link(self.browser().get("/apps"), "Desk")

    def page(self, name: str = "Second") -> str:
        """Return the address of a DataPage."""
        return self._link(self.browser().get(self.app), name)

    def _link(self, text: str, name: str) -> str:
        escaped = html.escape(name).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
        shown = escaped.replace("\u202e", "\ufffd")  # it would turn the text around
        found = re.search(rf'<a href="(/apps/[^"]*)">{re.escape(shown)}</a>', text)
        assert found is not None, text
        return found[1]

    def calls(self) -> int:
        """Return how many calls the account has had."""
        return sum(self.emulator.control.calls().values())

    def is_deployed(self, path: str) -> bool:
        """Say whether a DataPage answers at its link."""
        key = path.rpartition("/")[2]
        return httpx.get(f"{self.emulator.url}/dp/{key}", trust_env=False).status_code == 200


@pytest.fixture
def desk(office: Office, emulator: Emulator) -> Desk:
    """The page over the account, with its second DataPage deployed and the first one not."""
    made = Desk(office, emulator)
    made.browser().post(f"{made.page()}/deploy", deployed="yes", confirmed="yes")
    made.browser().post(f"{made.page(NAME)}/deploy", deployed="no", confirmed="yes")
    office.world.ledger.users._audit.clear()
    return made


def test_applications_and_data_pages_are_listed(desk: Desk):
    """Each with its count or its kind, folder, note and state; what Caspio does not say is not known."""
    listed = desk.browser(Role.VIEWER).get("/apps")
    shown = desk.browser(Role.VIEWER).get(desk.app)

    assert "Desk" in listed
    assert "WEBFORM" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown
    assert words(shown).count("not known") == 2
    assert "Deploy all" not in shown


def test_the_code_of_each_method_can_be_copied(desk: Desk):
    """Link, frame, script and control are there as text, as Caspio gives them."""
    page = desk.browser(Role.VIEWER).get(desk.page(NAME))
    codes = re.findall(
        r'<textarea readonly[^>]*id="code-(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL
    )

    assert [name for name, _ in codes] == ["URL", "iFrame", "Embedded", "Net"]
    frame = html.unescape(dict(codes)["iFrame"])
    assert frame.startswith("<iframe ")
    assert f"{desk.emulator.url}/dp/" in frame
    assert "<iframe" not in page


def test_a_preview_is_a_sandboxed_frame_of_the_account_only(desk: Desk):
    """It is shown only if somebody asks; only that answer allows a frame, and only of the account's host."""
    browser, path = desk.browser(Role.VIEWER), desk.page()
    before = browser.client.get(path)
    shown = browser.client.get(f"{path}?preview=yes")

    assert before.headers["content-security-policy"] == POLICY
    assert shown.headers["content-security-policy"] == f"{POLICY}; frame-src {desk.emulator.url}"
    frame = re.search(r"<iframe[^>]*>", shown.text)
    assert frame is not None
    assert 'sandbox="allow-scripts allow-forms"' in frame[0]
    assert 'referrerpolicy="no-referrer"' in frame[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/dp/x",
        "https://a.caspio.com.evil.example/dp/x",
        "javascript:alert(1)",
        "https://a.caspio.com@evil.example/x",
        "http://[",
        "https://a.caspio.com/\n; script-src *",
        "",
    ],
)
def test_a_data_page_elsewhere_has_no_preview(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, url: str
):
    """An address that is not at the account's host is never framed, and adds nothing to the policy."""
    path = desk.page()
    monkeypatch.setattr(
        "pipeline.adapters.caspio.client.areas.applications.Applications.deployment_code",
        lambda *_: url,
    )
    answer = desk.browser().client.get(f"{path}?preview=yes")

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == POLICY
    assert "<iframe" not in answer.text


def test_deploying_asks_first_and_is_recorded(desk: Desk):
    """Nothing happens before the question is answered; the trail has it before and after."""
    browser, path = desk.browser(), desk.page(NAME)
    asked = browser.post(f"{path}/deploy", deployed="yes")
    before = desk.is_deployed(path)
    done = browser.post(f"{path}/deploy", deployed="yes", confirmed="yes")

    assert "Deploy this DataPage?" in words(asked)
    assert not before
    assert desk.is_deployed(path)
    assert "deployed Ana," in words(done)
    trail = desk.office.world.ledger.users.audit_trail(limit=2)[::-1]
    assert [entry.action for entry in trail] == ["begin to deploy", "deploy"]
    assert trail[0].detail == NAME


def test_a_data_page_is_un_deployed(desk: Desk):
    """The state is then that it is not deployed, and its link leads to nothing."""
    browser, path = desk.browser(), desk.page()
    page = browser.post(f"{path}/deploy", deployed="no", confirmed="yes")

    assert not desk.is_deployed(path)
    assert "not deployed Ana," in words(page)


def test_all_of_an_application_are_deployed_at_once(desk: Desk):
    """The question names each one, and what was done last counts for each one."""
    browser = desk.browser()
    asked = browser.post(f"{desk.app}/deploy", deployed="yes")
    shown = browser.post(f"{desk.app}/deploy", deployed="yes", confirmed="yes")
    later = browser.post(f"{desk.page()}/deploy", deployed="no", confirmed="yes")

    assert "Deploy 2 DataPages?" in words(asked)
    assert words(shown).count("deployed Ana,") == 2
    assert "not deployed Ana," in words(later)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.MAPPER])
def test_only_an_admin_deploys(desk: Desk, role: Role):
    """For others the address does not exist, and no button leads there."""
    browser, path = desk.browser(role), desk.page(NAME)

    assert "/deploy" not in browser.get(path)
    browser.post(f"{path}/deploy", status=404, deployed="yes", confirmed="yes")
    browser.post(f"{desk.app}/deploy", status=404, deployed="yes", confirmed="yes")
    assert not desk.is_deployed(path)


def test_a_profile_that_may_not_deploy_is_named(desk: Desk):
    """Caspio's refusal is said and recorded; the state is not known then."""
    path = desk.page()
    desk.client_id = "reader"
    browser = desk.browser()
    page = browser.post(f"{path}/deploy", status=403, deployed="no", confirmed="yes")

    assert "The API profile may not do this" in page
    assert desk.office.world.ledger.users.audit_trail(limit=1)[0].action == "fail to un-deploy"
    assert "not known Ana," in words(browser.get(path))


@pytest.mark.parametrize("path", ["/apps/x", "/apps/x/y", "/apps/..%2F..%2Ftables", "/apps/%00"])
def test_what_the_account_does_not_have_does_not_exist(desk: Desk, path: str):
    """Made-up keys, such as those of another account, lead to nothing."""
    desk.browser().get(path, status=404)


def test_a_data_page_that_does_not_exist_is_not_deployed(desk: Desk):
    """A made-up key is not even asked about."""
    desk.browser().post(f"{desk.app}/none/deploy", status=404, deployed="no")


@pytest.mark.parametrize("form", [{}, {"deployed": "maybe", "confirmed": "yes"}])
def test_a_form_that_does_not_say_what_to_do_changes_nothing(desk: Desk, form: dict[str, str]):
    """Only yes and no are answers."""
    path = desk.page()
    desk.browser().post(f"{path}/deploy", status=400, **form)

    assert desk.is_deployed(path)


def test_what_was_read_counts_for_five_minutes(desk: Desk):
    """Reloading costs no calls of the budget; after a while, and after a change, it is read again."""
    browser, path = desk.browser(), desk.page()
    browser.get(path)
    first = desk.calls()
    browser.get(path)
    again = desk.calls()
    desk.office.world.clock.advance(KEPT.total_seconds())
    browser.get(path)

    assert again == first
    assert desk.calls() > first


def test_an_account_without_applications_says_what_to_do(office: Office, tmp_path: Path):
    """An empty list is explained."""
    (tmp_path / "none").mkdir()
    (tmp_path / "none/account.json").write_text("{}", encoding="utf-8")
    with Emulator(seed=tmp_path / "none") as emulator:
        page = Desk(office, emulator).browser().get("/apps")

    assert "sees no applications" in page
