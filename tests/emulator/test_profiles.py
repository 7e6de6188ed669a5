from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.emulator import Emulator, Quirks, RateLimit
from tests.emulator.api import BASE, connected, seed, serving, token

pytestmark = pytest.mark.integration


def _profile(name: str, **more: object) -> dict[str, object]:
    return {"client_id": name, "client_secret": "secret", **more}


_TABLE = {"fields": [{"Name": "A", "Type": "STRING"}], "records": [{"A": "x"}]}
_FIRST: dict[str, Any] = {
    "name": "first",
    "tables": {"Open": _TABLE, "Closed": _TABLE},
    "tasks": {"Mine": {"kind": "export", "table": "Open", "file": "/o.csv"}},
    "profiles": [
        _profile("reader", objects={"Open": ["read"]}, create_objects=False),
        _profile("off", enabled=False),
        _profile("away", allowed_ips=["10.0.0.1"]),
    ],
}
_SECOND: dict[str, Any] = {
    "name": "second",
    "tables": {"Other": _TABLE},
    "profiles": [_profile("two")],
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One process with two accounts."""
    first = seed(tmp_path_factory.mktemp("first"), _FIRST)
    second = seed(tmp_path_factory.mktemp("second"), _SECOND)
    with Emulator(
        seed=first, more_seeds=[second], rate_limit=RateLimit(calls=60, seconds=3600)
    ) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/tables/Open/records", 200),
        ("GET", "/tables/Closed/records", 403),
        ("DELETE", "/tables/Open/records?q.where=PK_ID=9", 403),
        ("GET", "/files", 403),
        ("GET", "/outgoingWebhooks", 403),
        ("GET", "/tables/Nowhere", 403),
    ],
)
def test_a_profile_has_its_rights_only(both: Emulator, method: str, path: str, status: int):
    """A call without the right is 403, with the code as Caspio spells it."""
    with connected(both, "reader") as api:
        reply = api.call(method, path)

    assert reply.status_code == status
    assert status == 200 or reply.json()["Code"] == "UnsufficientPrivileges"


def test_lists_show_what_may_be_read(both: Emulator):
    """Lists are 200 with the readable objects only, and creating a table is refused."""
    with connected(both, "reader") as api:
        assert api.get("/tables").json() == {"Result": ["Open"]}
        assert api.get("/dataImportExportTasks").json() == {"Result": []}
        assert api.post("/tables", {"Name": "New", "Fields": []}).status_code == 403


@pytest.mark.parametrize(
    ("who", "status", "code"), [("off", 400, "ProfileDisabled"), ("away", 403, "IpForbidden")]
)
def test_a_disabled_profile_is_refused(both: Emulator, who: str, status: int, code: str):
    """A profile that is disabled, or called from a wrong address, is refused."""
    with connected(both, who) as api:
        reply = api.get("/tables")

    assert (reply.status_code, reply.json()["Code"]) == (status, code)


def test_the_profile_selects_the_account(both: Emulator):
    """A token belongs to the account of its client id, and reads nothing of another account."""
    with connected(both, "two") as two, connected(both) as one:
        assert two.get("/tables").json() == {"Result": ["Other"]}
        assert "Other" not in one.get("/tables").json()["Result"]


def test_errors_can_be_xml(both: Emulator):
    """With Accept: application/xml the error is XML, with its members in order."""
    headers = {"Authorization": f"Bearer {token(both.url)}", "Accept": "application/xml"}
    reply = httpx.get(f"{both.url}{BASE}/tables/Nowhere", headers=headers, trust_env=False)

    identity = reply.headers["x-caspio-request-id"]
    assert reply.headers["content-type"].startswith("application/xml")
    assert reply.text == (
        '<Error xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Code>ObjectNotFound</Code>'
        f"<Message>Requested object not found</Message><RequestId>{identity}</RequestId>"
        f"<Resource>{BASE}/tables/Nowhere</Resource></Error>"
    )


def test_records_are_rows_in_xml(both: Emulator):
    """Records in XML are rows of elements."""
    headers = {"Authorization": f"Bearer {token(both.url)}", "Accept": "text/xml"}
    reply = httpx.get(f"{both.url}{BASE}/tables/Open/records", headers=headers, trust_env=False)

    assert reply.text == "<Caspio><Result><Row><PK_ID>1</PK_ID><A>x</A></Row></Result></Caspio>"


def test_a_token_ends(both: Emulator):
    """An access token ends, and a refresh token of another profile is refused."""
    with serving(token_lifetime_s=-1) as api:
        assert api.get("/tables").status_code == 401
    given = httpx.post(
        f"{both.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("two", "secret"),
        trust_env=False,
    ).json()
    form = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}

    assert (
        httpx.post(
            f"{both.url}/oauth/token", data=form, auth=("id", "secret"), trust_env=False
        ).status_code
        == 401
    )
    assert (
        httpx.post(
            f"{both.url}/oauth/token", data=form, auth=("two", "secret"), trust_env=False
        ).status_code
        == 200
    )


def test_unknown_parameters_and_bare_clauses_follow_the_quirks():
    """The quirks decide on unknown parameters and on clauses without their prefix."""
    with serving() as api:
        table = api.table("A", rows=[{"A": "x"}, {"A": "y"}])
        path = f"/tables/{table}/records"
        assert api.call("GET", f"{path}?q.distinct=true").status_code == 200
        assert len(api.call("GET", f"{path}?where=PK_ID=1").json()["Result"]) == 1
    with serving(quirks=Quirks(unknown_parameters="refused", bare_clauses="ignored")) as api:
        table = api.table("A", rows=[{"A": "x"}, {"A": "y"}])
        path = f"/tables/{table}/records"
        assert (
            api.call("GET", f"{path}?q.distinct=true").json()["Code"] == "IncorrectQueryParameter"
        )
        assert len(api.call("GET", f"{path}?where=PK_ID=1").json()["Result"]) == 2
