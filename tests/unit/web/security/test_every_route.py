"""The table of routes, walked through: who gets in where, from which page, and with whose identifiers."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest

from flows.web.guard import POLICY
from pipeline.model.users import Role
from pipeline.settings import Settings
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import HOSTILE, SAME_SITE, SETTINGS, load, opened
from tests.unit.web.mapping.bills import FakeLooks
from tests.unit.web.security.every_route import NEEDS, OPEN, Account, served

pytestmark = pytest.mark.slow

ROLES = [None, *Role]
PLACED = re.compile(r"\{(\w+)(:int)?\}")
PAGES = [name for name in NEEDS if name.startswith("GET ")]
ACTIONS = [name for name in NEEDS if name.startswith("POST ")]
OF_THE_ACCOUNT = [name for name in NEEDS if "{" in name]


@pytest.fixture
def account(world: World, settings: Settings) -> Iterator[Account]:
    """An account with something behind every route."""
    yield from _account(world, settings, "receipts", "1")


@dataclass(frozen=True)
class Two:
    """Two accounts for all tests that nothing comes of, each with a ledger, records and identifiers of its own."""

    ours: Account
    other: Account


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Open both."""
    folder = tmp_path_factory.mktemp("two")
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack:

        def opened_account(word: str, pk: str) -> Account:
            (folder / word).mkdir()
            world = World(folder / word)
            kinds = {"Total": "CURRENCY", "Scan": "ATTACHMENT", "Note": "TEXT"}
            world.caspio.table("Receipts", DocType="STRING", **kinds)
            settings = load(world.folder, environment, SETTINGS)
            return stack.enter_context(contextmanager(_account)(world, settings, word, pk))

        yield Two(opened_account("receipts", "1"), opened_account("globex", "77"))


def _account(world: World, settings: Settings, word: str, pk: str) -> Iterator[Account]:
    looks = FakeLooks(lambda: settings, world.clock)
    with opened(world, settings, looks) as office:
        yield Account(office, word, pk)


def ask(
    account: Account, name: str, role: Role | None, path: str = "", **form: str
) -> httpx.Response:
    """Call a route as a browser of our own page does, without following where it leads."""
    client = account.browser(role).client
    method = name.partition(" ")[0]
    sent = {"data": form or {"x": "1"}} if method == "POST" else {}
    path = path or account.path(name)
    return client.request(method, path, headers=SAME_SITE, follow_redirects=False, **sent)


def test_no_route_is_forgotten(account: Account):
    """Every route of the page is in the table of these tests, and nothing else is."""
    assert sorted(served(account)) == sorted(NEEDS)


@pytest.mark.parametrize("name", [name for name in NEEDS if name != "static"])
def test_each_role_gets_in_where_it_may_and_nowhere_else(account: Account, name: str):
    """A stranger is asked to sign in; a role too low finds what somebody finds where nothing is."""
    needed = NEEDS[name]
    nothing = ask(account, "GET /", Role.VIEWER, "/no-such-page")
    for role in ROLES:
        answer = ask(account, name, role)
        if needed is OPEN:
            assert answer.status_code not in {401, 404, 500}, (name, role)
        elif role is None:
            assert answer.status_code == 401, name
        elif not role.may(needed):
            assert answer.status_code == 404, (name, role)
            assert "This page does not exist." in answer.text
            assert answer.headers.keys() == nothing.headers.keys()
        else:
            assert answer.status_code not in {401, 405, 500}, (name, role, answer.text[:2_000])
        assert answer.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("name", PAGES)
def test_the_addresses_of_these_tests_lead_to_pages(two: Two, name: str):
    """What the tests open is there, for somebody who may see it: otherwise they would prove nothing."""
    expected = {
        "GET /login/oidc": 502,  # no provider answers
        "GET /login/oidc/callback": 403,
        "GET /thumbnails/{version}.webp": 204,  # the reader of the tests makes none
        "GET /review/{id}/{file:int}/{page:int}/words": 400,  # it asks for a place on the page
        "GET /sources/{name}/saved": None,
    }.get(name, 200)
    status = ask(two.ours, name, Role.ADMIN).status_code

    assert status == expected or (expected is None and status < 500), name


@pytest.mark.parametrize("name", OF_THE_ACCOUNT)
def test_nothing_of_another_account_is_reached(two: Two, name: str):
    """With the identifiers of another account each route answers an admin as if it were not there."""
    here = ask(two.ours, name, Role.ADMIN, two.other.path(name), deployed="yes", confirmed="yes")
    unknown = ask(two.ours, name, Role.ADMIN, _made_up(name), deployed="yes", confirmed="yes")

    assert here.status_code == 404, (name, here.text[:2_000])
    assert unknown.status_code == 404, name
    assert "globex" not in here.text
    assert two.ours.apps.deployed == two.other.apps.deployed == []


@pytest.mark.parametrize("query", ["/records?source=receipts&record=77", "/review?source=globex"])
def test_nothing_of_another_account_is_found_by_searching(two: Two, query: str):
    """Names and keys of another account in a query find nothing."""
    there = two.other.browser(Role.ADMIN).client.get("/records?source=receipts&record=77")
    here = two.ours.browser(Role.ADMIN).client.get(query)

    assert "/files/" in there.text
    assert "/files/" not in here.text
    assert here.status_code in {200, 404}


def _made_up(name: str) -> str:
    template = name.partition(" ")[2]
    return PLACED.sub(lambda part: "1" if part[2] else "made-up", template)


FOREIGN: list[dict[str, str]] = [
    {},
    {"origin": "https://evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"origin": "null"},
]


@pytest.mark.parametrize("name", ACTIONS)
def test_another_site_causes_no_action(two: Two, name: str):
    """A request that our page did not make is refused before anything looks at it, also for an admin."""
    browser = two.ours.browser(Role.ADMIN)
    before = len(two.ours.office.world.ledger.users._audit)
    form = {"deployed": "yes", "confirmed": "yes"}
    for headers in FOREIGN:
        answer = browser.client.post(two.ours.path(name), data=form, headers=headers)
        assert answer.status_code == 403, (name, headers)

    assert len(two.ours.office.world.ledger.users._audit) == before
    assert two.ours.apps.deployed == []


FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--x--\r\n'
MULTIPART = "multipart/form-data; boundary=x"
EMPTY: list[tuple[bytes, dict[str, str]]] = [
    (b"", {}),
    (b"", {"content-type": "application/x-www-form-urlencoded"}),
    (b"", {"content-type": MULTIPART}),
    (b"--x--\r\n", {"content-type": MULTIPART}),
    (FILE, {"content-type": MULTIPART}),
    (b"=&=&&&", {"content-type": "application/x-www-form-urlencoded"}),
]


@pytest.mark.parametrize("name", ACTIONS)
def test_an_upload_of_nothing_breaks_nothing(account: Account, name: str):
    """Empty bodies, forms and files are refused or do nothing; no page fails."""
    for body, media_type in EMPTY:
        client = account.browser(Role.ADMIN).client
        headers = {**SAME_SITE, **media_type}
        answer = client.post(account.path(name), content=body, headers=headers)
        assert answer.status_code < 500, (name, body, answer.text[:2_000])

    assert account.apps.deployed == []


NASTY = [
    HOSTILE.encode("utf-8", "replace").decode(),
    "../../../../etc/passwd",
    "%00",
    "' OR 1=1 --",
    "{{ 7 * 7 }}",
    "\u202egpj.exe",
    "a" * 3_000,
]


@pytest.mark.parametrize("name", [name for name in NEEDS if name not in {"static", "POST /logout"}])
def test_hostile_names_are_only_names(account: Account, name: str):
    """In an address, a query and a form: nothing fails, nothing is run, and nothing comes back as markup."""
    browser = account.browser(Role.ADMIN)
    method, _, template = name.partition(" ")
    for text in NASTY:
        part = quote(text, safe="")
        path = PLACED.sub(lambda one, part=part: "1" if one[2] else part, template)  # type: ignore[misc]
        names = (
            "source",
            "record",
            "column",
            "reason",
            "said",
            "link",
            "text",
            "table",
            "key",
            "to",
        )
        if method == "GET":
            query = str(httpx.QueryParams(dict.fromkeys(names, text)))
            answer = browser.client.get(f"{path}?{query}", follow_redirects=False)
        else:
            form = dict.fromkeys(names, text)
            answer = browser.client.post(path, data=form, headers=SAME_SITE, follow_redirects=False)
        assert answer.status_code < 500 or answer.status_code == 502, (text, answer.text[:2_000])
        assert "<script>alert" not in answer.text, (name, text)
        assert "49" not in re.findall(r">\s*(49)\s*<", answer.text)
        assert "root:" not in answer.text
        assert "\n" not in answer.headers.get("location", "")
