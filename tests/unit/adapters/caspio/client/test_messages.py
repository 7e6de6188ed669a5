"""What a user reads of a failed call has words, and no methods, paths and status numbers of HTTP."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipeline.adapters.caspio import client
from pipeline.adapters.caspio.client.http.call import _in_words
from pipeline.adapters.caspio.client.http.refusals import BY_CODE, BY_STATUS, error_for, judge
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.operations import OPERATIONS

HTTP_WORDS = re.compile(
    r"HTTP|\b(?:GET|POST|PUT|DELETE)\b|/v3|[{}]|\b[1-5]\d\d\b|Bad Request|Not Found|Forbidden|"
    r"\w+(?:Error|Timeout)\b"
)


def network_errors(kind: type[httpx.TransportError]) -> Iterator[type[httpx.TransportError]]:
    """Yield every kind of failure that httpx has below a kind."""
    for one in kind.__subclasses__():
        yield one
        yield from network_errors(one)


def test_no_message_speaks_for_a_run() -> None:
    """Programs and agents use the client as well: none reads that a run looks after its call."""
    modules = Path(client.__file__).parent.rglob("*.py")

    assert [path.name for path in modules if "next run" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_is_named_in_words(name: str) -> None:
    """A message says what was being done, with the objects in it; a log has the request line."""
    operation = OPERATIONS[name]
    call = Call(operation, dict.fromkeys(operation.path_names, "Receipts"))

    assert re.match(r"[A-Z][a-z]+ing( [a-z]+)+", call.what)
    assert call.what.count("'Receipts'") == len(operation.path_names)
    assert not HTTP_WORDS.search(call.what)
    assert call.request_line == f"{operation.method} {operation.template}"


def test_objects_are_named_as_users_name_them() -> None:
    """The table, the field and the record are called so."""
    names = {"tableName": "Receipts", "attachmentFieldName": "Scan", "recordPkId": "17"}
    call = Call(OPERATIONS["DownloadFileFromAttachmentTableField"], names)

    assert call.what == (
        "Downloading file from attachment table field "
        "(table 'Receipts', attachment field 'Scan', record '17')"
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [*((status, "") for status in (*BY_STATUS, 302, 500, 502, 503)), *((400, c) for c in BY_CODE)],
)
def test_no_refusal_speaks_http(status: int, code: str) -> None:
    """Whatever Caspio or a proxy refuses is said in a sentence with a way out; the log has the number."""
    body = {"Code": code, "RequestId": "R"} if code else None
    what = Call(OPERATIONS["ListTables"]).what
    answer = judge(httpx.Response(status, json=body))

    error = error_for(answer, what=what, request_line="GET /v3/tables")

    said = str(error).replace(code, "")
    assert said.startswith("Listing tables: ")
    assert said.endswith(".")
    assert not HTTP_WORDS.search(said)
    assert error.__notes__ == [f"GET /v3/tables answered {status}"]


@pytest.mark.parametrize("kind", sorted(network_errors(httpx.TransportError), key=str))
def test_no_failure_of_the_network_is_named_like_a_class(kind: type[httpx.TransportError]) -> None:
    """A user reads what happened, and the system's own detail."""
    said = _in_words(kind("[Errno 111] Connection refused"))

    assert "Connection refused" in said
    assert not HTTP_WORDS.search(said.replace("111", ""))
    if kind is not httpx.UnsupportedProtocol:
        assert said != "[Errno 111] Connection refused"
