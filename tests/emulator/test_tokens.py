import httpx
import pytest

from infra.emulator import Emulator, Quirks
from tests.emulator.api import Api, serving

pytestmark = pytest.mark.integration


def _ask(emulator: Emulator, auth: tuple[str, str] | None = None, **form: str) -> httpx.Response:
    return httpx.post(f"{emulator.url}/oauth/token", data=form, auth=auth, trust_env=False)


def test_credentials_in_the_body_give_a_token(shared_emulator: Emulator):
    """Client id and secret in the body are answered with a bearer token and its lifetime."""
    reply = _ask(
        shared_emulator, grant_type="client_credentials", client_id="id", client_secret="secret"
    )

    assert reply.status_code == 200
    assert (reply.json()["token_type"], reply.json()["expires_in"]) == ("bearer", 86399)


def test_basic_credentials_give_a_token(shared_emulator: Emulator):
    """Client id and secret as HTTP Basic work as well."""
    assert (
        _ask(shared_emulator, ("id", "secret"), grant_type="client_credentials").status_code == 200
    )


def test_wrong_credentials_are_refused(shared_emulator: Emulator):
    """A wrong secret is 400 invalid_client."""
    reply = _ask(
        shared_emulator, grant_type="client_credentials", client_id="id", client_secret="other"
    )

    assert (reply.status_code, reply.json()) == (400, {"error": "invalid_client"})


def test_a_refresh_token_gives_a_new_access_token(shared_emulator: Emulator):
    """A refresh token of 64 hex digits is exchanged for another access token."""
    first = _ask(shared_emulator, ("id", "secret"), grant_type="client_credentials").json()

    again = _ask(
        shared_emulator,
        ("id", "secret"),
        grant_type="refresh_token",
        refresh_token=first["refresh_token"],
    ).json()

    assert len(first["refresh_token"]) == 64
    assert again["access_token"] != first["access_token"]


def test_an_unknown_refresh_token_is_refused(shared_emulator: Emulator):
    """A refresh token that was never issued is 401."""
    reply = _ask(
        shared_emulator, ("id", "secret"), grant_type="refresh_token", refresh_token="0" * 64
    )

    assert reply.status_code == 401


def test_a_call_without_a_token_is_refused(shared_emulator: Emulator):
    """A call without a token is 401 with the error object."""
    reply = httpx.get(f"{shared_emulator.url}/integrations/rest/v3/tables", trust_env=False)

    assert reply.status_code == 401
    assert set(reply.json()) == {"Code", "Message", "Resource", "RequestId"}


def test_a_token_ends_after_its_lifetime():
    """A token that has ended is answered with 401."""
    with serving(token_lifetime_s=0) as api:
        assert api.get("/tables").status_code == 401


def test_a_stale_token_can_look_like_a_bad_query():
    """With the quirk, a stale token is 400 IncorrectQueryParameter, as one account observed."""
    with serving(token_lifetime_s=0, quirks=Quirks(stale_token=400)) as api:
        reply = api.get("/tables")

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectQueryParameter")


def test_an_older_token_stays_valid(api: Api, shared_emulator: Emulator):
    """Asking for a new token leaves earlier ones valid."""
    _ask(shared_emulator, ("id", "secret"), grant_type="client_credentials")

    assert api.get("/tables").status_code == 200
