"""Signing in and out."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from flows.http.server import require_https
from flows.web.app import create_app
from flows.web.serve import origins_of
from flows.web.signing.sessions import COOKIE, IDLE, LINK_TIME, Sessions
from pipeline.errors import BadSettings
from pipeline.model.users import Role, User
from tests.support.asgi import AsgiClient
from tests.unit.web.conftest import Office, words

ANA = User("Ana", Role.REVIEWER)


def test_a_link_signs_in_once(office: Office):
    """Opening a link changes nothing; its button signs in; the second time it is refused."""
    link = office.site.sessions.link(ANA)
    first, second = office.browser(), office.browser()
    looked_at = first.get(f"/login?link={link}")
    first.post("/login", link=link)

    assert "Sign in" in looked_at
    assert "Ana" in first.get("/")
    assert "no longer works" in second.post("/login", status=403, link=link)
    second.get("/", status=401)


@pytest.mark.parametrize("link", ["", "x", "x" * 43, "\x00", "é" * 5_000])
def test_a_made_up_link_signs_nobody_in(office: Office, link: str):
    """Whatever is sent as a link, without a record in the ledger nobody gets in."""
    assert "no longer works" in office.browser().post("/login", status=403, link=link)


def test_a_link_expires(office: Office):
    """A link that is used too late is refused."""
    link = office.site.sessions.link(ANA)
    office.world.clock.advance(LINK_TIME.total_seconds())

    office.browser().post("/login", status=403, link=link)


def test_an_idle_session_asks_to_sign_in(office: Office):
    """After half an hour without use the page asks to sign in, and leads to where it was."""
    browser = office.signed_in()
    office.world.clock.advance(IDLE.total_seconds() - 1)
    browser.get("/")
    office.world.clock.advance(IDLE.total_seconds())

    page = browser.get("/?source=a%22b", status=401)

    assert 'href="/?source=a%22b"' in page


def test_what_was_sent_after_the_session_ended_is_kept(office: Office):
    """A form that arrives too late comes back, to be sent again after signing in; nothing is lost."""
    browser = office.signed_in(Role.MAPPER)
    office.world.clock.advance(IDLE.total_seconds())

    page = browser.post("/examine", status=401, note='12.5 "<b>', other="1")

    assert '<form method="post" action="/examine">' in page
    assert 'name="note" value="12.5 &#34;&lt;b&gt;"' in page
    assert "Send again" in page


def test_signing_out_ends_the_session(office: Office):
    """After signing out the cookie is worth nothing, even if somebody has kept it."""
    browser = office.signed_in()
    cookies = dict(browser.client.cookies)
    browser.post("/logout")
    browser.client.cookies.update(cookies)

    browser.get("/", status=401)


def test_the_ledger_has_no_secret(office: Office):
    """Neither the link nor the cookie can be read out of the ledger."""
    link = office.site.sessions.link(ANA)
    browser = office.browser()
    known = repr(vars(office.world.ledger.users))
    browser.post("/login", link=link)
    cookie = browser.client.cookies[COOKIE]

    assert len(cookie) == 43  # 256 bits
    assert link not in known
    assert cookie not in repr(vars(office.world.ledger.users))


def test_the_cookie_is_bound_to_https_where_there_is_https(office: Office):
    """With https the cookie has the prefix that binds it to this very host; without, browsers would refuse that."""
    site = replace(office.site, sessions=Sessions(office.world.ledger, is_secure=True))
    url = "https://ingest.example.com"
    client = AsgiClient(create_app(site, origins=frozenset({url})), base_url=url)
    form = {"link": site.sessions.link(ANA)}
    answer = client.post("/login", data=form, headers={"origin": url}, follow_redirects=False)
    plain = office.site.sessions.open(office.site.sessions.link(ANA))

    header = answer.headers["set-cookie"]
    assert header.startswith(f"__Host-{COOKIE}=")
    for part in ("Path=/", "HttpOnly", "Secure", "SameSite=Lax"):
        assert part in header
    assert "Domain" not in header
    assert client.get("/").status_code == 200
    assert plain is not None
    assert plain[1].startswith(f"{COOKIE}=")
    assert "Secure" not in plain[1]


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "caspio-ingest=", "caspio-ingest=x;;;=", "caspio-ingest=" + "x" * 43, "\xff="],
)
def test_a_made_up_cookie_is_nobody(office: Office, cookie: str):
    """Whatever a cookie says, without a session in the ledger it is nobody's."""
    assert office.site.sessions.user(cookie) is None


def test_who_signed_in_is_in_the_audit_trail(office: Office):
    """The link, signing in and signing out are recorded with name and role."""
    office.signed_in(Role.ADMIN, name="Bob").post("/logout")

    trail = office.world.ledger.users.audit_trail()

    assert [(entry.user.name, entry.action) for entry in trail[::-1]] == [
        ("Bob", "login link"),
        ("Bob", "sign in"),
        ("Bob", "sign out"),
    ]


@pytest.mark.parametrize(
    ("address", "url", "in_container", "is_let"),
    [
        ("127.0.0.1:8767", None, False, True),
        ("0.0.0.0:8767", "https://ingest.example.com", False, True),
        ("0.0.0.0:8767", "HTTPS://ingest.example.com", False, True),
        ("0.0.0.0:8767", None, False, False),
        ("0.0.0.0:8767", "http://127.0.0.1:8767", False, False),
        ("0.0.0.0:8767", None, True, False),
        ("0.0.0.0:8767", "http://localhost:8767", True, True),
    ],
)
def test_only_this_machine_may_be_reached_without_https(
    address: str, url: str | None, *, in_container: bool, is_let: bool
):
    """An address for other machines is refused unless a proxy in front of it does https."""
    with nullcontext() if is_let else pytest.raises(BadSettings, match=r"web\.url"):
        require_https(address, url, section="web", in_container=in_container)


def test_the_page_is_reached_by_the_names_of_this_machine():
    """Both names of the loopback address are the page's, and the proxy's address where there is one."""
    assert origins_of("127.0.0.1:1", "https://a.example") == {
        "http://127.0.0.1:1",
        "http://localhost:1",
        "https://a.example",
    }


def test_a_session_page_says_who_it_is(office: Office):
    """Name and role are shown on each page."""
    page = office.signed_in(Role.VIEWER, name="<i>Eve</i>").get("/")

    assert "&lt;i&gt;Eve&lt;/i&gt;" in page
    assert "viewer" in page
    assert "Sign out" not in words(page)


def test_pages_of_one_machine_keep_their_sessions_apart(office: Office):
    """Browsers send a cookie to every port of a host: signing in at one page leaves the other's."""
    ledger = office.world.ledger
    one, other = (Sessions(ledger, is_secure=False, page=name) for name in ("north", "a b;c:81"))
    cookies = [page.admit(ANA, by="link").partition(";")[0] for page in (one, other)]
    both = "; ".join(cookies)

    assert [cookie.partition("=")[0] for cookie in cookies] == [
        f"{COOKIE}-north",
        f"{COOKIE}-a-b-c-81",
    ]
    assert (one.user(both), other.user(both)) == (ANA, ANA)
    assert replace(one, is_secure=True).cookie == f"__Host-{COOKIE}-north"
