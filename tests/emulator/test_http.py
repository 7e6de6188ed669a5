import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.emulator import Quirks, RateLimit, parse_quirks
from tests.emulator.api import BASE, Api, eventually, serving

pytestmark = pytest.mark.integration
_LIMITED = [{"name": "api-calls-rate", "message": "You have exceeded your API call rate limits."}]


@pytest.fixture(scope="module")
def table(shared_api: Api) -> str:
    """A table with one record and an attachment of 10,000 bytes."""
    name = shared_api.table("A", {"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{"A": "x"}])
    shared_api.attach(name, 1, "a.bin", b"0123456789" * 1000)
    return name


def test_every_answer_has_a_request_id(api: Api):
    """X-Caspio-Request-ID is on every answer and the same as the error's RequestId."""
    good, bad = api.get("/tables"), api.get("/tables/Nowhere")

    assert good.headers["x-caspio-request-id"]
    assert bad.json()["RequestId"] == bad.headers["x-caspio-request-id"]
    assert bad.json()["Resource"] == f"{BASE}/tables/Nowhere"


@pytest.mark.parametrize(("extra", "status"), [(0, 200), (1, 414)])
def test_a_long_uri_is_refused(api: Api, table: str, extra: int, status: int):
    """A URI of 2,047 characters is accepted; one more is 414."""
    path = f"{BASE}/tables/{table}/records?x="

    assert api.http.get(path + "y" * (2047 - len(path) + extra)).status_code == status


def test_an_unknown_method_is_refused(api: Api):
    """A method that the path does not have is 405."""
    assert api.call("PATCH", "/tables").status_code == 405


def test_a_chunked_upload_loses_its_connection(api: Api, table: str):
    """A body without Content-Length gets no answer."""
    with pytest.raises(httpx.TransportError):
        api.call("PUT", f"/tables/{table}/attachments/Scan/1", content=iter([b"x"]))


def test_calls_over_the_rate_limit_are_refused():
    """Calls over the account's rate limit are 429 with an array as body."""
    with serving(rate_limit=RateLimit(calls=2, seconds=60)) as api:
        replies = [api.get("/tables") for _ in range(3)]

    assert [one.status_code for one in replies] == [200, 200, 429]
    assert replies[2].json() == _LIMITED


def test_the_rate_limit_can_be_400_with_retry_after():
    """With the quirks, the same array comes with 400 and Retry-After."""
    quirks = Quirks(rate_limit_status=400, rate_limit_retry_after=7)
    with serving(rate_limit=RateLimit(calls=0, seconds=60), quirks=quirks) as api:
        reply = api.get("/tables")

    assert (reply.status_code, reply.headers["retry-after"], reply.json()) == (400, "7", _LIMITED)


def test_calls_are_counted_by_template(api: Api, table: str):
    """The control interface counts calls by method and path template."""
    api.control.reset_calls()
    api.get(f"/tables/{table}/records")
    api.get(f"/tables/{table}/records")
    api.get("/tables/Nowhere/records")

    assert api.control.calls() == {"GET /v3/tables/{tableName}/records": 3}


def test_a_scripted_status_is_answered(api: Api):
    """A status fault gives the answer it defines, as often as it says."""
    api.control.fault(
        {
            "kind": "status",
            "operation": "ListTables",
            "status": 503,
            "body": {"a": 1},
            "headers": {"X": "y"},
        }
    )

    first, second = api.get("/tables"), api.get("/tables")

    assert (first.status_code, first.json(), first.headers["x"]) == (503, {"a": 1}, "y")
    assert second.status_code == 200


def test_a_fault_lets_calls_pass_first(api: Api):
    """`after` lets matching calls pass first; `times` counts those that meet the fault."""
    api.control.fault(
        {
            "kind": "status",
            "method": "GET",
            "template": "/v3/tables",
            "after": 1,
            "times": 2,
            "status": 500,
        }
    )

    assert [api.get("/tables").status_code for _ in range(4)] == [200, 500, 500, 200]


def test_a_fault_can_require_a_text(api: Api, table: str):
    """`contains` is compared with the decoded path and query."""
    api.control.fault({"kind": "status", "contains": "A = 'y z'", "times": 0, "status": 500})

    statuses = [
        api.get(f"/tables/{table}/records", where=f"A = '{one}'").status_code
        for one in ("x", "y z")
    ]

    assert statuses == [200, 500]


def test_a_malformed_fault_is_refused(api: Api):
    """A fault of an unknown kind is refused, and the error lists the known ones."""
    with pytest.raises(ValueError, match="reset"):
        api.control.fault({"kind": "explode"})


def test_a_reset_comes_before_processing(api: Api, table: str):
    """A reset drops the connection and changes nothing."""
    api.control.fault({"kind": "reset", "method": "POST"})

    with pytest.raises(httpx.TransportError):
        api.post(f"/tables/{table}/records", {"A": "never"})

    assert api.pks(table, "A = 'never'") == []


def test_a_lost_answer_is_committed(api: Api, table: str):
    """A lost answer drops the connection after the call was processed."""
    api.control.fault({"kind": "lost", "operation": "CreateTableRecord"})

    with pytest.raises(httpx.TransportError):
        api.post(f"/tables/{table}/records", {"A": "done"})

    assert len(api.pks(table, "A = 'done'")) == 1


def test_a_call_that_is_cut_off_within_its_body_is_not_processed(api: Api, table: str):
    """A caller that is gone before its body was sent has changed nothing, and the log says so."""
    path = f"{BASE}/tables/{table}/records"
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {api.http.base_url.host}",
        f"Authorization: {api.http.headers['authorization']}",
        "Content-Type: application/json",
        "Content-Length: 99",
    ]
    head = "".join(f"{line}\r\n" for line in [*lines, ""])
    address = (api.http.base_url.host, api.http.base_url.port)

    with socket.create_connection(address) as connection:
        connection.sendall(head.encode() + b'{"A": "half')
        eventually(lambda: api.control.call_log()[-1]["path"] == path)
    eventually(lambda: not api.control.call_log()[-1]["processed"])

    assert api.pks(table, "A LIKE 'half%'") == []


def _download(api: Api, table: str) -> bytes:
    return api.get(f"/tables/{table}/attachments/Scan/1").content


def test_a_cut_body_with_a_declared_length_is_an_error(api: Api, table: str):
    """A body that is shorter than its declared length is a protocol error for the client."""
    api.control.fault({"kind": "cut", "operation": "DownloadFileFromAttachmentTableField"})

    with pytest.raises(httpx.RemoteProtocolError, match="5000"):
        _download(api, table)


@pytest.mark.parametrize("ending", ["chunked", "close"])
def test_a_cut_body_without_a_declared_length_looks_complete(api: Api, table: str, ending: str):
    """A cut body without a declared length raises no error."""
    api.control.fault(
        {
            "kind": "cut",
            "template": "",
            "contains": "/Scan/1",
            "declared": False,
            "ending": ending,
            "bytes": 7,
        }
    )

    assert _download(api, table) == b"0123456"


def test_a_stall_delays_the_answer(api: Api):
    """A stall waits before it answers."""
    api.control.fault({"kind": "stall", "seconds": 0.2})
    begun = time.monotonic()

    assert api.get("/tables").status_code == 200
    assert time.monotonic() - begun >= 0.2


def test_a_stall_can_be_in_the_body(api: Api, table: str):
    """After a stall of some bytes, a client with a short timeout gives up."""
    api.control.fault({"kind": "stall", "seconds": 0.5, "bytes": 100, "contains": "/Scan/1"})
    patience = httpx.Timeout(30, read=0.1)

    with pytest.raises(httpx.ReadTimeout):
        api.call("GET", f"/tables/{table}/attachments/Scan/1", timeout=patience)


def test_a_stalled_body_arrives_in_full(api: Api, table: str):
    """Nothing is lost by a stall."""
    api.control.fault({"kind": "stall", "seconds": 0.01, "bytes": 100, "contains": "/Scan/1"})

    assert len(_download(api, table)) == 10_000


@pytest.fixture
def own() -> Iterator[Api]:
    """A client whose token may end."""
    with serving() as caller:
        yield caller


def test_an_expired_token_stays_expired(own: Api):
    """The fault ends the token for good."""
    own.control.fault({"kind": "expired_token"})

    assert [own.get("/tables").status_code for _ in range(2)] == [401, 401]


@pytest.mark.parametrize("status", [429, 400])
def test_a_rate_limit_can_be_scripted_with_both_statuses(api: Api, status: int):
    """The fault answers the array with either status."""
    api.control.fault({"kind": "rate_limited", "status": status, "retry_after": 3})

    reply = api.get("/tables")

    assert (reply.status_code, reply.headers["retry-after"], reply.json()) == (
        status,
        "3",
        _LIMITED,
    )


def test_an_edit_by_a_user_is_not_an_api_call(api: Api):
    """The control interface changes values, and no call is counted."""
    name = api.table("A", rows=[{"A": "x"}])
    api.control.reset_calls()

    assert api.control.edit(name, 1, {"A": "by hand"}) == {"PK_ID": 1, "A": "by hand"}
    assert api.control.calls() == {}


def test_a_file_from_a_user_replaces_an_attachment(api: Api, tmp_path: Path):
    """The control interface attaches a local file with a name."""
    name = api.table("A", {"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{"A": "x"}])
    (tmp_path / "f").write_bytes(b"by hand")

    api.control.replace_attachment(name, "Scan", 1, tmp_path / "f", "scan.pdf")

    assert (api.info(name)[0]["FileName"], _download(api, name)) == ("scan", b"by hand")


def test_a_dump_shows_everything(tmp_path: Path):
    """The dump has rows, attachments and files, the latter two with digests."""
    (tmp_path / "f").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with serving() as api:
        name = api.table({"Name": "Scan", "Type": "ATTACHMENT"}, rows=[{}])
        api.attach(name, 1, "a.txt", b"abc")
        api.control.replace_file("/In/f.txt", tmp_path / "f")

        dump = api.control.dump()

    assert dump["tables"][name] == [{"PK_ID": 1, "Scan": "a.txt"}]
    assert [(one["pk"], one["name"], one["sha256"]) for one in dump["attachments"][name]] == [
        (1, "a.txt", digest)
    ]
    assert dump["files"]["/In/f.txt"]["sha256"] == digest


def test_quirks_are_read_from_settings():
    """Settings name=value become quirks of the right type."""
    quirks = parse_quirks(
        [
            "stale-token=400",
            "attachment_column=absent",
            "fileinfo_row_cap=1000",
            "attachment_stamps=true",
        ]
    )

    assert quirks == Quirks(
        stale_token=400, attachment_column="absent", fileinfo_row_cap=1000, attachment_stamps=True
    )


@pytest.mark.parametrize(
    ("setting", "said"), [("shade=blue", "stale_token"), ("stale_token=500", "401, 400")]
)
def test_a_wrong_quirk_is_refused(setting: str, said: str):
    """For a wrong name or value, the error lists the right ones."""
    with pytest.raises(ValueError, match=said):
        parse_quirks([setting])
