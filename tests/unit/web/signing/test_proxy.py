"""Signing in through a proxy: its word counts, and nobody else's."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from pydantic import SecretStr, ValidationError
from starlette.types import Receive, Scope, Send

from flows.web.app import create_app
from flows.web.signing.proxy import TrustedProxy
from flows.web.signing.sessions import COOKIE, IDLE
from pipeline.model.users import Role
from pipeline.settings.web import ProxySettings
from tests.support.asgi import AsgiClient
from tests.unit.web.conftest import ORIGIN, SAME_SITE, Office

SECRET = "s" * 32
ANA = (
    ("x-proxy-secret", SECRET),
    ("x-forwarded-user", "Ana"),
    ("x-forwarded-groups", "staff, reviewers"),
)
SETTINGS = ProxySettings(
    peers=("10.0.0.7", "10.1.0.0/24"),
    secret=SecretStr(SECRET),
    roles={"reviewers": Role.REVIEWER, "admins": Role.ADMIN},
)


class Proxied(AsgiClient):
    """A browser behind a proxy, which adds headers to each request."""

    def __init__(self, office: Office, peer: str, headers: Iterable[tuple[str, str]] = ANA) -> None:
        site = replace(office.site, proxy=TrustedProxy(SETTINGS))
        app = create_app(site, origins=frozenset({ORIGIN}))
        self.peer, self.headers = peer, list(headers)

        async def through(scope: Scope, receive: Receive, send: Send) -> None:
            own = [(name.encode(), value.encode("utf-8")) for name, value in self.headers]
            scope = {**scope, "client": (self.peer, 1), "headers": [*scope["headers"], *own]}
            await app(scope, receive, send)

        super().__init__(through, base_url=ORIGIN)

    def sign_in(self, to: str = "/") -> int:
        """Press the button; return the status of the answer."""
        sent = self.post("/login/proxy", data={"to": to}, headers=SAME_SITE, follow_redirects=False)
        return sent.status_code


@pytest.mark.parametrize("peer", ["10.0.0.7", "10.1.0.200"])
def test_whom_the_proxy_names_signs_in_with_a_button(office: Office, peer: str):
    """The page greets the user by name; the button opens a session with the role of the groups."""
    browser = Proxied(office, peer)
    greeted = browser.get("/plans?x=1")
    status = browser.sign_in()

    assert greeted.status_code == 401
    assert "Sign in as Ana" in greeted.text
    assert 'name="to" value="/plans?x=1"' in greeted.text
    assert status == 303
    assert "reviewer" in browser.get("/").text
    (entry, *_) = office.world.ledger.users.audit_trail()
    assert (entry.action, entry.user.name, entry.detail) == ("sign in", "Ana", f"proxy {peer}")


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("10.0.0.8", ANA),
        ("127.0.0.1", ANA),
        ("", ANA),
        ("not an address", ANA),
        ("10.0.0.7", ANA[1:]),
        ("10.0.0.7", (("x-proxy-secret", "s" * 31), *ANA[1:])),
        ("10.0.0.7", (("x-proxy-secret", SECRET + "s"), *ANA[1:])),
        ("10.0.0.7", (("x-proxy-secret", ""), *ANA[1:])),
        ("10.0.0.7", (*ANA, ("x-proxy-secret", SECRET))),
        ("10.0.0.7", (*ANA, ("x-forwarded-user", "Bob"))),
        ("10.0.0.7", (ANA[0], ("x-forwarded-user", ""), ANA[2])),
        ("10.0.0.8", (*ANA, ("x-forwarded-for", "10.0.0.7"))),
        ("10.0.0.8", (*ANA, ("forwarded", "for=10.0.0.7"))),
    ],
)
def test_a_header_of_anybody_else_counts_for_nothing(
    office: Office, peer: str, headers: tuple[tuple[str, str], ...]
):
    """Another address, no secret or a wrong one, or a header that is there twice: nobody is named."""
    browser = Proxied(office, peer, headers)

    assert "Sign in as" not in browser.get("/").text
    assert browser.sign_in() == 403
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        ANA[:2],
        (*ANA[:2], ("x-forwarded-groups", "staff")),
        (*ANA[:2], ("x-forwarded-groups", "reviewers2,REVIEWERS")),
        (*ANA, ("x-forwarded-groups", "admins")),
        (ANA[0], ("x-forwarded-user", "A\u202ena"), ANA[2]),
        (ANA[0], ("x-forwarded-user", "A" * 201), ANA[2]),
    ],
)
def test_who_has_no_group_or_no_usable_name_has_no_way_in(
    office: Office, headers: tuple[tuple[str, str], ...]
):
    """The proxy's users without a role here can read so, and are not signed in."""
    browser = Proxied(office, "10.0.0.7", headers)

    assert "No group of yours may use this page" in browser.get("/").text
    assert browser.sign_in() == 403


def test_names_are_utf8(office: Office):
    """A proxy sends names as UTF-8, and they are shown as they are."""
    headers = (ANA[0], ("x-forwarded-user", "Åsa Łuczak"), ANA[2])
    browser = Proxied(office, "10.0.0.7", headers)
    browser.sign_in()

    assert "Åsa Łuczak" in browser.get("/").text


@pytest.mark.parametrize(
    "changed",
    [
        (ANA[0], ("x-forwarded-user", "Bob"), ANA[2]),
        (*ANA[:2], ("x-forwarded-groups", "admins")),
        (*ANA[:2], ("x-forwarded-groups", "")),
        (*ANA, ("x-forwarded-groups", "admins")),
        (*ANA, ("x-forwarded-user", "Bob")),
        (*ANA, ("x-proxy-secret", SECRET)),
    ],
)
def test_the_latest_word_of_the_proxy_counts(office: Office, changed: tuple[tuple[str, str], ...]):
    """If it names another user, other groups, or anything twice, the session is nobody's."""
    browser = Proxied(office, "10.0.0.7")
    browser.sign_in()
    browser.headers = list(changed)

    assert browser.get("/").status_code == 401


def test_a_session_ends_and_is_not_opened_again_by_itself(office: Office):
    """Without use it ends, although the proxy still names the user: a button is needed again."""
    browser = Proxied(office, "10.0.0.7")
    browser.sign_in()
    office.world.clock.advance(IDLE.total_seconds())

    assert browser.get("/").status_code == 401
    assert browser.sign_in() == 303


def test_signing_out_says_that_the_proxy_remembers(office: Office):
    """The session ends, and the page says where to sign out as well."""
    browser = Proxied(office, "10.0.0.7")
    browser.sign_in()
    page = browser.post("/logout", headers=SAME_SITE)

    assert "signed in at the proxy" in page.text
    assert browser.get("/").status_code == 401


def test_each_sign_in_has_a_secret_of_its_own(office: Office):
    """The session before ends with a new sign-in."""
    browser = Proxied(office, "10.0.0.7")
    browser.sign_in()
    before = browser.cookies[COOKIE]
    browser.sign_in()
    after = browser.cookies[COOKIE]
    browser.cookies.clear()
    browser.cookies.set(COOKIE, before)

    assert before != after
    assert browser.get("/").status_code == 401


def test_without_a_proxy_in_the_settings_its_route_does_not_exist(office: Office):
    """A way to sign in that is not set up is not there."""
    answer = office.browser().client.post("/login/proxy", headers=SAME_SITE)

    assert answer.status_code == 404
    assert office.browser().client.get("/login/oidc").status_code == 404


@pytest.mark.parametrize("peers", [(), ("x",), ("0.0.0.0/0",), ("::/0",), ("10.0.0.1/8",)])
def test_a_proxy_without_an_address_is_refused(peers: tuple[str, ...]):
    """No address, what is no address, and everybody: all are refused with the settings."""
    with pytest.raises(ValidationError):
        ProxySettings(peers=peers, secret=SecretStr(SECRET), roles={"a": Role.VIEWER})
