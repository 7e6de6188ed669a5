"""Signing in at an identity provider: who proves to be somebody gets in, and nobody else."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from flows.web.app import create_app
from flows.web.signing.check import provider_check, provider_of
from flows.web.signing.oidc import KEPT, Provider
from flows.web.signing.sessions import COOKIE, IDLE, LONGEST
from pipeline.errors import BadSettings
from pipeline.model.users import Role
from pipeline.settings.web import OidcSettings, WebSettings
from tests.servers.identity_provider import (
    CLIENT_ID,
    CLIENT_SECRET,
    IdentityProvider,
    identity_provider,
    new_key,
)
from tests.support.asgi import AsgiClient
from tests.unit.web.conftest import ORIGIN, SAME_SITE, Office

pytestmark = pytest.mark.integration

ANA = {"preferred_username": "Ana", "groups": ["staff", "ingest-reviewers"]}
Lie = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def running() -> Iterator[IdentityProvider]:
    """A provider for all tests."""
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def idp(office: Office, running: IdentityProvider) -> IdentityProvider:
    """A provider that signs Ana in, with the clock of the page."""
    running.reset(lambda: int(office.world.clock.now().timestamp()), dict(ANA))
    return running


def settings_for(idp: IdentityProvider, **more: Any) -> OidcSettings:
    """Return the settings for a provider."""
    roles = {"ingest-reviewers": Role.REVIEWER, "ingest-admins": Role.ADMIN}
    given = {"issuer": idp.issuer, "client_id": CLIENT_ID, "roles": roles, **more}
    return OidcSettings(**{"client_secret": SecretStr(CLIENT_SECRET), **given})


@pytest.fixture
def browser(office: Office, idp: IdentityProvider) -> AsgiClient:
    """A browser that is not signed in, before a page with the provider."""
    return _browser(office, idp)


def _browser(office: Office, idp: IdentityProvider, **more: Any) -> AsgiClient:
    provider = Provider(settings_for(idp, **more), office.world.clock)
    site = replace(office.site, provider=provider)
    return AsgiClient(create_app(site, origins=frozenset({ORIGIN})), base_url=ORIGIN)


def begin(browser: AsgiClient, to: str = "/") -> str:
    """Begin to sign in, do what the user does at the provider, and return where that leads."""
    begun = browser.get("/login/oidc", params={"to": to}, follow_redirects=False)
    assert begun.status_code == 303, begun.text
    back = httpx.get(begun.headers["location"], trust_env=False).headers["location"]
    assert back.startswith(ORIGIN)
    return back.removeprefix(ORIGIN)


def sign_in(browser: AsgiClient, to: str = "/") -> httpx.Response:
    """Sign in."""
    return browser.get(begin(browser, to), follow_redirects=False)


def test_who_is_in_a_group_is_signed_in_with_its_role(
    browser: AsgiClient, idp: IdentityProvider, office: Office
):
    """The page offers the provider; coming back opens a session, on the page where it began."""
    offered = browser.get("/review?source=receipts")
    answer = sign_in(browser, "/review?source=receipts")

    assert offered.status_code == 401
    assert "/login/oidc?to=%2Freview%3Fsource%3Dreceipts" in offered.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?source=receipts")
    page = browser.get("/").text
    assert "Ana" in page
    assert "reviewer" in page
    (entry, *_) = office.world.ledger.users.audit_trail()
    assert (entry.action, entry.user.role) == ("sign in", Role.REVIEWER)
    assert entry.detail == f"{idp.issuer} subject user-1"


def test_the_provider_is_asked_for_a_code_with_proof(browser: AsgiClient, idp: IdentityProvider):
    """The browser carries state, nonce and the digest of a verifier, each new, and no secret."""
    sign_in(browser)
    sign_in(browser)

    first, second = idp.asked
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert first["scope"] == "openid profile email"
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) == 43
        assert first[name] != second[name]
    assert CLIENT_SECRET not in json.dumps(idp.asked)


def test_the_highest_of_several_roles_counts(office: Office, idp: IdentityProvider):
    """Who is in two groups may do what the higher one may."""
    idp.claims["groups"] = ["ingest-reviewers", "ingest-admins"]
    browser = _browser(office, idp)
    sign_in(browser)

    assert browser.get("/audit").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"groups": ["staff"]},
        {"groups": []},
        {"groups": None},
        {"groups": "ingest-reviewers "},
        {"groups": {"ingest-reviewers": True}},
        {"preferred_username": None},
        {"preferred_username": ""},
        {"preferred_username": "A\u202ena"},
        {"preferred_username": "A" * 201},
        {"preferred_username": ["Ana"]},
    ],
)
def test_who_has_no_name_or_no_group_is_nobody(
    office: Office, idp: IdentityProvider, claims: dict[str, Any]
):
    """Without a group that the settings name, or without a name to record, nobody is signed in."""
    idp.claims.update(claims)
    browser = _browser(office, idp)

    assert sign_in(browser).status_code == 403
    assert browser.get("/").status_code == 401


def _other_key(claims: dict[str, Any]) -> str:
    key = new_key("one that somebody else has")
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)


def _unsigned(claims: dict[str, Any]) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part(claims)}."


def _with_the_secret(claims: dict[str, Any]) -> str:
    key = OctKey.import_key(CLIENT_SECRET.encode() * 2)
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, key)


@pytest.mark.parametrize(
    "signed", [_other_key, _unsigned, _with_the_secret, lambda _: "x", lambda _: ""]
)
def test_a_token_that_the_provider_did_not_sign_is_refused(
    browser: AsgiClient, idp: IdentityProvider, signed: Callable[[dict[str, Any]], str]
):
    """Another key, no signature, a shared secret as the key, or no token at all prove nothing."""
    idp.signed = signed

    assert sign_in(browser).status_code == 403
    assert browser.get("/").status_code == 401


def _set(**values: Any) -> Lie:
    return lambda claims: claims.update(values)


def _drop(name: str) -> Lie:
    def lie(claims: dict[str, Any]) -> None:
        del claims[name]

    return lie


@pytest.mark.parametrize(
    "lie",
    [
        _set(iss="https://elsewhere.example"),
        _set(aud="another-page"),
        _set(aud="another-page", azp=CLIENT_ID),
        _set(aud=["another-page", "a-third"]),
        _set(aud=[CLIENT_ID, "another-page"], azp="another-page"),
        _set(exp=0),
        _set(nbf=4_000_000_000),
        _set(nonce="x"),
        _set(nonce=""),
        _set(at_hash="x"),
        _set(sub=7),
        _set(exp="soon"),
        *(_drop(name) for name in ("iss", "sub", "aud", "exp", "iat", "nonce")),
    ],
)
def test_a_token_for_another_purpose_is_refused(
    browser: AsgiClient, idp: IdentityProvider, lie: Lie
):
    """A token of another provider, for another page, another sign-in or another time is refused."""
    idp.lie = lie

    assert sign_in(browser).status_code == 403
    assert browser.get("/").status_code == 401


def test_only_the_browser_that_began_can_finish(
    browser: AsgiClient, office: Office, idp: IdentityProvider
):
    """The address of the callback is worth nothing in another browser, and nothing a second time."""
    back = begin(browser)
    other = _browser(office, idp)
    stolen = other.get(back)
    begin(other)  # the other one has begun as well, with a state of its own
    crossed = other.get(back)
    mine = browser.get(back, follow_redirects=False)
    again = browser.get(back)

    assert (stolen.status_code, crossed.status_code) == (403, 403)
    assert mine.status_code == 303
    assert again.status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query.replace("state=", "state=x"),
        lambda query: query.replace("state=", "other="),
        lambda query: query.replace("code=", "code=x"),
        lambda query: query.replace("code=", "error=access_denied&other="),
        lambda query: query.replace("iss=", "iss=https://elsewhere"),
        lambda _query: "",
    ],
)
def test_a_changed_answer_signs_nobody_in(browser: AsgiClient, change: Callable[[str], str]):
    """Each part of the answer counts; what it says is not repeated in the page."""
    path, _, query = begin(browser).partition("?")
    answer = browser.get(f"{path}?{change(query)}")

    assert answer.status_code == 403
    assert "access_denied" not in answer.text
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize(
    "to",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "", "x", "/" * 2_000],
)
def test_signing_in_leads_nowhere_else(browser: AsgiClient, to: str):
    """An address that is not this site's is replaced by the overview."""
    answer = sign_in(browser, to)

    assert answer.headers["location"] == "/"


def test_a_provider_with_a_new_key_is_asked_for_it(browser: AsgiClient, idp: IdentityProvider):
    """A token with a key that is not known yet is checked with the provider's present keys."""
    sign_in(browser)
    idp.key = new_key("two")

    assert sign_in(browser).status_code == 303


def test_a_provider_that_is_down_is_named(browser: AsgiClient, idp: IdentityProvider):
    """Without the provider the page says so, and a link signs in all the same."""
    idp.is_down = True
    answer = browser.get("/login/oidc")

    assert answer.status_code == 502
    assert "answered with an error" in answer.text
    assert "caspio-ingest web login" in browser.get("/login").text


def test_signing_in_again_ends_the_session_before(browser: AsgiClient):
    """Each sign-in makes a new secret, and the one before is worth nothing."""
    sign_in(browser)
    before = browser.cookies[COOKIE]
    sign_in(browser)
    after = browser.cookies[COOKIE]
    browser.cookies.clear()
    browser.cookies.set(COOKIE, before)

    assert before != after
    assert browser.get("/").status_code == 401


@pytest.mark.parametrize("pause", [IDLE, LONGEST])
def test_a_session_ends(browser: AsgiClient, office: Office, pause: Any):
    """It ends without use, and after 12 hours even if it is used all the time."""
    sign_in(browser)
    for _ in range(int(pause / IDLE) * 2 - 1):
        office.world.clock.advance(IDLE.total_seconds() / 2)
        answer = browser.get("/") if pause > IDLE else None
        assert answer is None or answer.status_code == 200
    office.world.clock.advance(IDLE.total_seconds() / 2)

    assert browser.get("/").status_code == 401


def test_signing_out_offers_to_sign_out_at_the_provider(browser: AsgiClient, idp: IdentityProvider):
    """The session ends here at once; the provider's page is a link, with the way back."""
    sign_in(browser)
    page = browser.post("/logout", headers=SAME_SITE)

    assert f"{idp.issuer}/end?" in page.text
    assert "post_logout_redirect_uri=" in page.text
    assert browser.get("/").status_code == 401


def test_the_cookies_of_signing_in_are_bound_to_https(office: Office, idp: IdentityProvider):
    """With https both cookies have the prefix that binds them to this host, and scripts see neither."""
    url = "https://ingest.example.com"
    web = {"web": WebSettings(url=url)}
    office.site.live.settings = office.site.settings.model_copy(update=web)
    site = replace(
        office.site,
        provider=Provider(settings_for(idp), office.world.clock),
        sessions=replace(office.site.sessions, is_secure=True),
    )
    client = AsgiClient(create_app(site, origins=frozenset({url})), base_url=url)
    begun = client.get("/login/oidc", follow_redirects=False)
    back = httpx.get(begun.headers["location"], trust_env=False).headers["location"]
    done = client.get(back.removeprefix(url), follow_redirects=False)

    assert urlsplit(back).netloc == "ingest.example.com"
    for header in [begun.headers["set-cookie"], *done.headers.get_list("set-cookie")]:
        assert header.startswith("__Host-caspio-ingest")
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in header
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("lie", "problem"),
    [
        (_set(issuer="https://elsewhere.example"), "names itself"),
        (_set(token_endpoint="ftp://x/token"), "token_endpoint"),
        (_drop("jwks_uri"), "jwks_uri"),
        (_set(code_challenge_methods_supported=["plain"]), "PKCE"),
        (_set(jwks_uri="http://127.0.0.1:1/keys"), "does not answer"),
    ],
)
def test_doctor_says_what_is_wrong_with_a_provider(idp: IdentityProvider, lie: Lie, problem: str):
    """A provider that cannot be used fails its check, with the reason."""
    web = WebSettings(oidc=settings_for(idp))
    found = provider_check(web)
    idp.lie_about_itself = lie

    assert "1 key" in found
    with pytest.raises(BadSettings, match=problem):
        provider_check(web)


def test_without_its_packages_the_page_does_not_start(
    idp: IdentityProvider, office: Office, monkeypatch: pytest.MonkeyPatch
):
    """Settings for a provider without the extra are refused with the command that installs it."""
    monkeypatch.setattr("flows.web.signing.check.find_spec", lambda _name: None)

    with pytest.raises(BadSettings, match=r"caspio-ingest\[oidc\]"):
        provider_of(WebSettings(oidc=settings_for(idp)), office.world.clock)
    assert provider_of(WebSettings(), office.world.clock) is None


def test_what_a_provider_says_of_itself_is_read_once_an_hour(
    browser: AsgiClient, office: Office, idp: IdentityProvider
):
    """Addresses and keys are remembered, and read again after an hour."""
    sign_in(browser)
    idp.is_down = True
    within = browser.get("/login/oidc", follow_redirects=False)
    office.world.clock.advance(KEPT.total_seconds())
    after = browser.get("/login/oidc", follow_redirects=False)

    assert (within.status_code, after.status_code) == (303, 502)
