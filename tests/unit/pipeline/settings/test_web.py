"""Ways to sign in that are set up by half stop the start."""

import pytest

from pipeline.model.users import Role
from pipeline.settings import load_settings
from tests.unit.pipeline.settings.conftest import MINIMAL, Write
from tests.unit.pipeline.settings.test_settings import problems

OIDC = """
[web.oidc]
issuer = "https://id.example.com"
client_id = "page"
[web.oidc.roles]
reviewers = "reviewer"
"""
PROXY = """
[web]
url = "https://ingest.example.com"
[web.proxy]
peers = ["10.0.0.7"]
[web.proxy.roles]
reviewers = "reviewer"
"""
OIDC_SECRET = "CASPIO_INGEST_WEB__OIDC__CLIENT_SECRET"
PROXY_SECRET = "CASPIO_INGEST_WEB__PROXY__SECRET"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets, where they belong."""
    monkeypatch.setenv(OIDC_SECRET, "canary-oidc")
    monkeypatch.setenv(PROXY_SECRET, "canary-proxy-of-32-characters-or-more")


@pytest.mark.parametrize(("text", "name"), [(OIDC, OIDC_SECRET), (PROXY, PROXY_SECRET)])
def test_a_whole_way_to_sign_in_is_read(
    text: str, name: str, written: Write, monkeypatch: pytest.MonkeyPatch
):
    """File and environment together make it; the secret is shown nowhere."""
    monkeypatch.delenv(PROXY_SECRET if name == OIDC_SECRET else OIDC_SECRET)
    web = load_settings(written(MINIMAL + text)).web
    way = web.oidc or web.proxy

    assert way is not None
    assert way.roles == {"reviewers": Role.REVIEWER}
    assert "canary" not in repr(web)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (OIDC.replace('issuer = "https://id.example.com"', ""), "issuer is missing"),
        (OIDC.replace("https://id", "http://id"), "must begin with https"),
        (OIDC.replace("example.com", "example.com?x=1"), "without a query"),
        (OIDC.replace('client_id = "page"', ""), "client_id is missing"),
        (OIDC.replace('reviewers = "reviewer"', ""), "at least 1 item"),
        (OIDC.replace('"reviewer"', '"boss"'), "should be 'viewer'"),
        (OIDC.replace("[web.oidc.roles]", 'scopes = ["profile"]\n[web.oidc.roles]'), "openid"),
        (OIDC.replace("client_id", 'client_secret = "canary"\nclient_id'), "is a secret"),
        (PROXY.replace('peers = ["10.0.0.7"]', ""), "peers is missing"),
        (PROXY.replace('url = "https://ingest.example.com"', ""), "url is missing"),
        (PROXY.replace("peers", 'user_header = "x-proxy-secret"\npeers'), "must differ"),
        (PROXY.replace("peers", 'secret = "canary"\npeers'), "is a secret"),
        (PROXY.replace("peers", 'user_header = "X User"\npeers'), "user_header"),
    ],
)
def test_half_of_a_way_to_sign_in_is_refused(
    text: str, problem: str, written: Write, monkeypatch: pytest.MonkeyPatch
):
    """Whatever is missing or wrong is named, without the secret."""
    monkeypatch.delenv(PROXY_SECRET if "oidc" in text else OIDC_SECRET)
    said = "\n".join(problems(written(MINIMAL + text)))

    assert problem in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (OIDC, (OIDC_SECRET, "web-oidc-client-secret")),
        (PROXY, (PROXY_SECRET, "web-proxy-secret")),
    ],
)
@pytest.mark.parametrize("value", ["", "  "])
def test_a_secret_that_is_missing_is_asked_for(
    text: str, asked: tuple[str, str], value: str, written: Write, monkeypatch: pytest.MonkeyPatch
):
    """It is named with its variable, and with the command for one of several accounts."""
    monkeypatch.setenv(OIDC_SECRET, "")
    monkeypatch.setenv(PROXY_SECRET, "")
    monkeypatch.setenv(asked[0], value)

    said = "\n".join(problems(written(MINIMAL + text)))

    assert "secret is missing" in said
    assert all(name in said for name in asked)


@pytest.mark.parametrize("name", [OIDC_SECRET, PROXY_SECRET])
def test_a_secret_alone_is_half_a_way(name: str, written: Write, monkeypatch: pytest.MonkeyPatch):
    """A secret in the environment without the section in the file is refused, not ignored."""
    monkeypatch.delenv(PROXY_SECRET if name == OIDC_SECRET else OIDC_SECRET)

    assert "roles is missing" in "\n".join(problems(written(MINIMAL)))


def test_a_short_secret_of_a_proxy_is_refused(written: Write, monkeypatch: pytest.MonkeyPatch):
    """A secret that could be guessed is none, and is not repeated."""
    monkeypatch.delenv(OIDC_SECRET)
    monkeypatch.setenv(PROXY_SECRET, "canary")

    said = "\n".join(problems(written(MINIMAL + PROXY)))

    assert "at least 32" in said
    assert "canary" not in said
