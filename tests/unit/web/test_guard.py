"""What is refused whatever the page, and what every answer carries."""

import pytest

from flows.web.guard import POLICY
from flows.web.pages import MOST_BODY_BYTES
from pipeline.model.users import Role
from tests.unit.web.conftest import ORIGIN, SAME_SITE, Office


def test_every_route_carries_the_policy(office: Office):
    """Pages, errors, refusals and static files: each answer has the policy, and may not be sniffed."""
    browser = office.signed_in(Role.ADMIN)
    paths = ["/", "/login", "/static/style.css", "/static/page.js", "/nowhere", "/review/nothing"]
    answers = [browser.client.get(path) for path in paths]
    answers += [browser.client.post("/logout"), browser.client.get("/", headers={"host": "evil"})]

    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY, answer.url
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] in {"no-store", "no-cache"}
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{ORIGIN}0"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": ORIGIN},
    ],
)
def test_a_request_of_another_site_changes_nothing(office: Office, headers: dict[str, str]):
    """Whatever a browser says of a request, unless it is our own page's, it is refused."""
    browser = office.signed_in(Role.ADMIN)

    assert browser.client.post("/logout", headers=headers).status_code == 403
    assert browser.client.get("/").status_code == 200


@pytest.mark.parametrize(
    "headers", [SAME_SITE, {"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}]
)
def test_our_own_page_may_send_forms(office: Office, headers: dict[str, str]):
    """Browsers of any age: those that send one of the headers, and those that send both."""
    browser = office.signed_in()

    assert browser.client.post("/logout", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:80", "127.0.0.1", "localhost.evil:8767"]
)
def test_another_name_for_this_address_is_refused(office: Office, host: str):
    """A name that somebody else points at this machine opens nothing."""
    assert office.signed_in().client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_used(office: Office, method: str):
    """Only GET and POST lead anywhere."""
    assert office.signed_in().client.request(method, "/", headers=SAME_SITE).status_code == 405


def test_what_a_role_may_not_do_does_not_exist(office: Office):
    """A viewer who guesses an address of a mapper learns nothing of it."""
    viewer = office.signed_in(Role.VIEWER)

    refused = viewer.post("/examine", status=404)
    unknown = viewer.get("/no-such-page", status=404)

    assert "does not exist" in refused
    assert "does not exist" in unknown
    assert "Examine again" not in viewer.get("/")


def test_a_form_that_is_too_large_is_refused(office: Office):
    """A form beyond the limit is not read to its end."""
    page = office.signed_in().post("/logout", status=413, field="x" * MOST_BODY_BYTES)

    assert "too large" in page


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"\xff", "application/x-www-form-urlencoded", 400),
        (b"a&" * 6_000, "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 200),
    ],
)
def test_only_forms_are_read(office: Office, body: bytes, media_type: str, status: int):
    """What is no form in UTF-8, or has thousands of fields, is refused; nothing at all is a form."""
    headers = {**SAME_SITE, "content-type": media_type}
    answer = office.signed_in().client.post("/logout", content=body, headers=headers)

    assert answer.status_code == status


def test_a_bug_shows_nothing_of_itself(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A page that fails names the entry of the log, and neither the error nor a path."""
    browser = office.signed_in()

    def fail() -> None:
        raise RuntimeError("secret of /srv/app")

    monkeypatch.setattr(office.site.ledger.files, "counts", fail)
    page = browser.get("/", status=500)

    assert "incident" in page
    assert "secret" not in page


def test_a_ledger_that_is_down_is_named(office: Office):
    """Without the ledger the page says what is wrong, and comes back with it."""
    browser = office.signed_in()
    office.world.ledger.down = "The database is away. Start it."
    page = browser.get("/", status=503)
    office.world.ledger.down = ""

    assert "Start it." in page
    assert "Sources" in browser.get("/")


def test_a_probe_learns_only_that_the_page_answers(office: Office):
    """Whatever the probe calls the page, it answers, and nothing else does under that name."""
    client = office.browser().client
    answer = client.get("/health", headers={"host": "10.1.2.3:8767"})

    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["content-security-policy"] == POLICY
    assert client.post("/health", headers={"host": "10.1.2.3:8767"}).status_code == 421
