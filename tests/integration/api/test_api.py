"""What the API answers: every operation, pages, files both ways, and problems."""

import json
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from flows.agents.tools.catalog import all_tools
from flows.api.endpoints import endpoints
from flows.api.openapi import document
from pipeline.model.agents import CallState, Scope
from tests.integration.agents.test_tools import ONE, READING, arguments_for
from tests.integration.api.caller import ApiDesk, httpx_json, pieces, request_of

pytestmark = pytest.mark.integration

BY_NAME = {one.tool.name: one for one in endpoints()}


@pytest.mark.parametrize("name", [name for name in READING if "webhook_" not in name])
def test_what_reads_answers_as_the_document_says(api: ApiDesk, name: str):
    """Each operation that reads finds what is there, in the form that the document promises."""
    arguments = arguments_for(name, api.desk)
    if name == "read_document":
        arguments = {"source": "main", "record": "1"}
    endpoint = BY_NAME[name]
    method, path, content = request_of(endpoint, arguments)

    answer = api.send(method, path, **content)

    assert answer.status_code == 200, answer.text
    if endpoint.sends_file:
        assert answer.content.startswith(b"Main Hardware Ltd")
        assert answer.headers["content-disposition"].startswith("attachment")
        return
    described = document()["paths"][f"/api/{{account}}{endpoint.path}"]["get"]["responses"]["200"]
    schema = described["content"]["application/json"]["schema"]
    whole = {**schema, "components": document()["components"]}
    Draft202012Validator(json.loads(json.dumps(whole))).validate(answer.json())


def test_one_kind_of_cursor_pages_everything(api: ApiDesk):
    """Pages by key and by number continue with what `next_cursor` has, until it is null."""
    for n in range(7):
        api.result("POST", "/tables/Private/records", json={"Salary": 1000 + n})
    where = httpx_json({"field": "Salary", "op": "ge", "value": 1000})
    by_key = {"where": where, "page_size": 5}
    by_number = {**by_key, "order_by": json.dumps([{"field": "Salary", "descending": True}])}

    def pages(params: dict[str, Any]) -> list[list[int]]:
        found, cursor = [], None
        while True:
            more = {} if cursor is None else {"cursor": cursor}
            body = api.send("GET", "/tables/Private/records", params={**params, **more}).json()
            found.append([row["Salary"] - 1000 for row in body["result"]])
            cursor = body["next_cursor"]
            if cursor is None:
                return found

    assert pages(by_key) == [[0, 1, 2, 3, 4], [5, 6]]
    assert pages(by_number) == [[6, 5, 4, 3, 2], [1, 0]]


def test_a_cursor_of_another_listing_is_refused(api: ApiDesk):
    """A cursor continues the listing that it was made for, and nothing else."""
    for n in range(6):
        api.result("POST", "/tables/Private/records", json={"Salary": n})
    cursor = api.send("GET", "/tables/Private/records?page_size=5").json()["next_cursor"]

    path = "/tables/Receipts/records"
    assert cursor is not None
    assert api.problem("GET", f"{path}?page_size=5&cursor={cursor}") == (400, "arguments")
    assert api.problem("GET", f"/tables/Private/records?cursor={cursor}") == (400, "arguments")
    assert api.problem("GET", "/tables/Private/records?cursor=2") == (400, "arguments")


def test_a_file_goes_both_ways(api: ApiDesk):
    """A file that is put into a record is sent on as it comes, and downloaded as it was."""
    data = bytes(range(256)) * 2_000
    size = {"Content-Length": str(len(data))}
    (made,) = api.result("POST", "/tables/Receipts/records", json={"Title": "up"})
    path = f"/tables/Receipts/attachments/Scan/{made['PK_ID']}"

    api.result(
        "PUT", f"{path}?name=a b.bin", content=pieces(data[:70_000], data[70_000:]), headers=size
    )
    down = api.send("GET", path)

    assert down.content == data
    assert (
        down.headers["content-disposition"] == f"attachment; filename*=UTF-8''Scan-{made['PK_ID']}"
    )
    assert down.headers["x-content-type-options"] == "nosniff"
    assert api.problem("PUT", f"{path}?name=../x", content=b"x") == (400, "arguments")
    assert api.problem("PUT", path, content=b"x") == (400, "arguments")
    assert api.problem("PUT", f"{path}?name=x", content=pieces(b"x")) == (411, "length")
    many = {"Content-Length": str(2**40)}
    assert api.problem("PUT", f"{path}?name=x", content=pieces(b"x"), headers=many) == (
        413,
        "too_large",
    )


def test_a_file_that_broke_off_changes_nothing(api: ApiDesk):
    """Fewer bytes than declared are no file: the record keeps what it had."""
    path = "/tables/Receipts/attachments/Scan/3"
    before = api.send("GET", path).content

    answer = api.problem(
        "PUT", f"{path}?name=x.txt", content=pieces(b"x"), headers={"Content-Length": "9"}
    )

    assert answer[0] in {400, 503}
    assert api.send("GET", path).content == before


def test_documents_are_downloaded(api: ApiDesk):
    """The original and the text of a document are one address each, which its answer links to."""
    answer = api.send("GET", "/pipeline/read_document?source=main&record=2").json()
    (link,) = answer["links"]

    original = api.send("GET", f"/{link['href']}")
    text = api.send("GET", f"/{link['href'].replace('original', 'text')}")

    assert b"TOTAL GBP   2.50" in original.content
    assert "TOTAL GBP   2.50" in text.text
    assert api.problem("GET", "/documents/none/original") == (404, "not_found")
    assert api.problem("GET", "/documents/none") == (404, "not_found")
    assert api.desk.audit()[0].tool == "documents/original"


RECORDS = "/tables/Receipts/records"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "kind"),
    [
        ("GET", f"{RECORDS}?size=9", {}, 400, "arguments"),
        ("GET", f"{RECORDS}?page_size=many", {}, 400, "arguments"),
        ("GET", f"{RECORDS}?page_size=5&page_size=6", {}, 400, "arguments"),
        ("GET", f"{RECORDS}?where=Total>1", {}, 400, "arguments"),
        ("GET", "/tables/None/records", {}, 404, "not_found"),
        ("GET", "/nothing", {}, 404, "not_found"),
        ("PATCH", RECORDS, {}, 405, "method"),
        ("POST", RECORDS, {"content": b"{}"}, 415, "media_type"),
        ("POST", RECORDS, {"content": b"{", "headers": JSON}, 400, "arguments"),
        ("POST", RECORDS, {"content": b"[" * 9_000, "headers": JSON}, 400, "arguments"),
        ("POST", RECORDS, {"json": {"x": "y" * 5 * 2**20}}, 413, "too_large"),
        ("POST", "/pipeline/plan", {"json": [1]}, 400, "arguments"),
        ("DELETE", RECORDS, {}, 400, "arguments"),
        ("GET", "/pipeline/read_document?source=main&record=1%20OR%201", {}, 400, "arguments"),
    ],
)
def test_a_request_is_refused_with_what_to_do(  # noqa: PLR0917 - by name
    api: ApiDesk, method: str, path: str, content: dict[str, Any], status: int, kind: str
):
    """Every refusal has a status, a kind, a cause and an advice, as problem details."""
    assert api.problem(method, path, **content) == (status, kind)


def test_a_wrong_method_is_answered_with_the_right_ones(api: ApiDesk):
    """The header Allow lists what the address has."""
    assert api.send("PATCH", RECORDS).headers["allow"] == "GET, POST, PUT, DELETE"


def test_writes_are_plans_by_default(api: ApiDesk):
    """The usual token plans, applies and undoes; what would change Caspio at once is refused."""
    usual = api.by(api.desk.token())
    before = usual.result("GET", "/tables/Receipts/records")

    for name, endpoint in BY_NAME.items():
        if all_tools()[name].is_raw:
            method, path, content = request_of(endpoint, arguments_for(name, api.desk))
            assert usual.problem(method, path, **content) == (403, "scope")
    plan = usual.result("POST", "/pipeline/plan", json={"source": "main"})
    applied = usual.result("POST", "/pipeline/apply", json={"digest": plan["digest"]})
    written = usual.result("GET", "/tables/Receipts/records")
    usual.result("POST", "/pipeline/undo", json={"run_id": applied["run_id"]})

    assert plan["records"] >= 3
    assert written != before
    assert usual.result("GET", "/tables/Receipts/records") == before


def test_the_listing_is_what_can_be_called(api: ApiDesk):
    """A token lists the operations that it covers, and any other is refused and in the audit."""
    narrow = api.by(api.desk.token(scope=Scope(methods=("budget",), per_minute=1_000)))

    assert [one["name"] for one in narrow.send("GET", "").json()["result"]] == ["budget"]
    assert narrow.result("GET", "/pipeline/budget")["monthly_calls"] == 500_000
    assert narrow.problem("GET", "/tables") == (403, "scope")
    assert api.desk.audit()[0].state is CallState.REFUSED


def test_a_rate_and_a_run_under_way_ask_to_wait(api: ApiDesk):
    """Both are answered with 503 and the seconds to wait."""
    slow = api.by(api.desk.token(scope=Scope(per_minute=1)))
    slow.result("GET", "/pipeline/budget")

    answer = slow.send("GET", "/pipeline/budget")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    with api.desk.accounts["main"].running:
        assert api.problem("POST", "/pipeline/plan", json={}) == (503, "try_later")


def test_without_an_audit_nothing_is_done(api: ApiDesk, monkeypatch: pytest.MonkeyPatch):
    """If the row cannot be written, Caspio is not called."""
    from pipeline.adapters.sql_ledger.agents import SqlAgents
    from pipeline.errors import LedgerUnavailable

    def fail(*_args: Any, **_kwargs: Any) -> None:
        raise LedgerUnavailable("the disk is full")

    calls = api.desk.emulators["main"].control.calls()
    monkeypatch.setattr(SqlAgents, "begin_call", fail)

    assert api.problem("POST", "/tables/Private/records", json={"Salary": 1}) == (503, "try_later")
    assert api.problem("GET", "/files/path?path=/In/a.txt") == (503, "try_later")
    assert api.desk.emulators["main"].control.calls() == calls


def test_a_condition_guards_what_it_changes(api: ApiDesk):
    """More records than expected are left alone, over HTTP as anywhere."""
    params = {"where": httpx_json({"field": "PK_ID", "op": "gt", "value": 0})}
    one = {"where": httpx_json(ONE)}

    assert api.problem("PUT", "/tables/Receipts/records", params=params, json={"Title": "x"}) == (
        400,
        "arguments",
    )
    answer = api.send("PUT", "/tables/Receipts/records", params=one, json={"Title": "main 1"})
    assert answer.json()["records_affected"] == 1


def test_the_document_and_the_problems_need_no_token(api: ApiDesk):
    """They are constants of the package."""
    nobody = api.by("")

    assert nobody.send("GET", "//openapi.json").json() == json.loads(json.dumps(document()))
    assert "wider scope" in nobody.send("GET", "//problems/scope").text
    assert nobody.send("GET", "//problems/none").status_code == 404
    assert isinstance(nobody.send("GET", "//health"), httpx.Response)
