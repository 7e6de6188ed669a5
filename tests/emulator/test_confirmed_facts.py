"""What was observed at the real Caspio: each fact is one request and its answer."""

from typing import Any

import pytest

from infra.emulator import Quirks
from tests.emulator.api import Api, serving

pytestmark = pytest.mark.integration
_FIELDS = [
    {"Name": "Code", "Type": "STRING", "Unique": True},
    {"Name": "Text", "Type": "STRING"},
    {"Name": "Amount", "Type": "NUMBER"},
    {"Name": "Due", "Type": "DATE/TIME"},
    {"Name": "Done", "Type": "YES/NO"},
    {"Name": "Tags", "Type": "LIST-STRING", "ListField": ["Dog", "Cat"]},
    {"Name": "Pass", "Type": "PASSWORD"},
    {"Name": "Stamp", "Type": "TIMESTAMP", "OnInsert": True},
    {"Name": "Guid", "Type": "GUID", "Unique": True},
    {
        "Name": "Random",
        "Type": "RANDOM ID",
        "Unique": True,
        "Format": "0",
        "Length": 8,
        "Prefix": "R",
    },
    {"Name": "Auto", "Type": "AUTONUMBER", "Unique": True},
    {"Name": "Scan", "Type": "ATTACHMENT"},
]
_ROWS = [
    {"Code": "one", "Text": "first", "Amount": 1.5},
    {"Code": "two", "Due": "2026-01-02T03:04:05"},
]


@pytest.fixture
def table(api: Api) -> str:
    """A table with fields of most types, and two records."""
    return api.table(*_FIELDS, rows=_ROWS)


_WRITES: list[tuple[str, object, int, str]] = [
    (
        "a second blank in a unique field counts as a value",
        [{"Code": ""}, {"Code": ""}],
        400,
        "SqlServerError",
    ),
    ("a value twice in a unique field", {"Code": "ONE"}, 400, "SqlServerError"),
    (
        "more than 255 characters in a STRING",
        {"Code": "x", "Text": "y" * 256},
        400,
        "InvalidInputValue",
    ),
    ("a 4-byte emoji", {"Code": "x", "Text": "\U0001f600"}, 500, "AlterReadOnlyData"),
    ("a blank for a date", {"Code": "x", "Due": ""}, 400, "InvalidInputValue"),
    ("an unknown item of a LIST field", {"Code": "x", "Tags": [9]}, 400, "InvalidInputValue"),
    ("a plain text for a LIST field", {"Code": "x", "Tags": "Dog"}, 400, "InvalidInputValue"),
    ("a TIMESTAMP", {"Code": "x", "Stamp": "2026-01-01"}, 400, "AlterReadOnlyData"),
    ("a GUID", {"Code": "x", "Guid": "y"}, 400, "AlterReadOnlyData"),
    ("an AUTONUMBER", {"Code": "x", "Auto": 9}, 400, "AlterReadOnlyData"),
    ("an ATTACHMENT", {"Code": "x", "Scan": "a.pdf"}, 400, "AlterReadOnlyData"),
    ("PK_ID", {"Code": "x", "PK_ID": 9}, 400, "AlterReadOnlyData"),
    ("an unknown field", {"Code": "x", "Nope": 1}, 404, "FieldNotFound"),
    ("a number for a text", {"Code": 5}, 400, "InvalidInputValue"),
    ("a text for a number", {"Code": "x", "Amount": "many"}, 400, "InvalidInputValue"),
]


@pytest.mark.parametrize(
    ("body", "status", "code"), [one[1:] for one in _WRITES], ids=[one[0] for one in _WRITES]
)
def test_a_write_is_refused(api: Api, table: str, body: Any, status: int, code: str):
    """A value that cannot be written is refused with Caspio's status and code."""
    bodies = body if isinstance(body, list) else [body]

    reply = [api.post(f"/tables/{table}/records", one) for one in bodies][-1]

    assert (reply.status_code, reply.json()["Code"]) == (status, code)


_READS: list[tuple[str, dict[str, Any], int, str]] = [
    ("pages below five", {"pageSize": 4}, 400, "IncorrectQueryParameter"),
    ("pages above a thousand", {"pageSize": 1001}, 400, "IncorrectQueryParameter"),
    ("a page that is no number", {"pageNumber": "one"}, 400, "IncorrectQueryParameter"),
    ("an unknown column in select", {"select": "Nope"}, 400, "SqlServerError"),
    ("an unknown column in where", {"where": "Nope=1"}, 400, "SqlServerError"),
    ("a PASSWORD in select", {"select": "Pass"}, 400, "SqlServerError"),
    ("a PASSWORD in where", {"where": "Pass='x'"}, 400, "SqlServerError"),
    ("a LIST field in where", {"where": "Tags='Dog'"}, 400, "SqlServerError"),
    ("a Yes/No compared with true", {"where": "Done=true"}, 400, "SqlServerError"),
    ("double quotes round a text", {"where": 'Code="one"'}, 400, "SqlServerError"),
    ("a column beside an aggregate", {"select": "Code, COUNT(*)"}, 400, "SqlServerError"),
    ("a limit of one", {"limit": 1}, 200, ""),
    ("a Yes/No compared with zero", {"where": "Done=0"}, 200, ""),
    ("a doubled quote", {"where": "Code='O''Neil'"}, 200, ""),
    ("a function of SQL Server", {"where": "Due < DATEADD(day, 1, GetDate())"}, 200, ""),
    ("an aggregate", {"select": "COUNT(*) AS n"}, 200, ""),
]


@pytest.mark.parametrize(
    ("query", "status", "code"), [one[1:] for one in _READS], ids=[one[0] for one in _READS]
)
def test_a_read_is_answered_or_refused(
    api: Api, table: str, query: dict[str, Any], status: int, code: str
):
    """What Caspio allows is answered; anything else is refused with its code."""
    reply = api.get(f"/tables/{table}/records", **query)

    assert reply.status_code == status, reply.text
    assert not code or reply.json()["Code"] == code


_SCAN = "/tables/{}/attachments/Scan"
_FILE = f"{_SCAN}/1"
_PASSWORD = "/tables/{}/passwordFields/No"
_INFO = f"{_SCAN}/fileInfo"
_NUMBERED = {"Name": "N", "Type": "AUTONUMBER"}
_CALLS: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("an array as body", "POST", "/tables/{}/records", {"json": [{"Code": "x"}]}, 400),
    ("a multipart record", "POST", "/tables/{}/records", {"files": {"File": b"x"}}, 415),
    ("an update without a condition", "PUT", "/tables/{}/records", {"json": {"Text": "x"}}, 400),
    ("a deletion without a condition", "DELETE", "/tables/{}/records", {}, 400),
    ("Columns of version 2", "POST", "/tables", {"json": {"Name": "Old", "Columns": []}}, 400),
    ("a name with a digit first", "POST", "/tables", {"json": {"Name": "1st", "Fields": []}}, 400),
    ("deleting the Files area", "DELETE", "/files", {}, 405),
    ("a file that is not attached", "GET", _FILE, {}, 404),
    ("a missing record", "GET", f"{_SCAN}/99", {}, 404),
    ("removing attachments without a condition", "DELETE", _SCAN, {}, 400),
    ("an upload with another part name", "PUT", _FILE, {"files": {"Other": b"x"}}, 400),
    ("a rename to nothing", "PUT", f"{_INFO}?q.where=PK_ID=1", {"json": {"FileName": ""}}, 400),
    ("a missing PASSWORD field", "PUT", f"{_PASSWORD}?q.where=1=1", {"json": {"Value": "x"}}, 404),
    ("an AUTONUMBER that is not unique", "POST", "/tables/{}/fields", {"json": _NUMBERED}, 400),
]  # fmt: skip


@pytest.mark.parametrize("call", [one[1:] for one in _CALLS], ids=[one[0] for one in _CALLS])
def test_a_call_has_its_status(api: Api, table: str, call: tuple[str, str, dict[str, Any], int]):
    """Each call has the status that was observed or is documented."""
    method, path, more, status = call

    assert api.call(method, path.format(table), **more).status_code == status


def test_values_read_back_in_caspios_shapes(api: Api, table: str):
    """Lists, unset text, booleans, dates and generated values have Caspio's forms."""
    api.put(
        f"/tables/{table}/records", {"Tags": [2, 1], "Due": "2026-05-06T07:08:09Z"}, where="PK_ID=1"
    )

    row = api.rows(table, "PK_ID=1")[0]

    assert (row["Tags"], row["Due"]) == ({"2": "Cat", "1": "Dog"}, "2026-05-06T07:08:09")
    assert (row["Done"], api.rows(table, "PK_ID=2")[0]["Text"]) == (False, "")
    assert (row["Random"][0], len(row["Random"]), row["Auto"], "Pass" in row) == ("R", 9, 1, False)


def test_an_update_counts_all_records(api: Api, table: str):
    """An update has one count, `Result: []` without rows, and the records with rows."""
    path = f"/tables/{table}/records"

    plain = api.put(path, {"Text": "x"}, where="PK_ID > 0").json()
    shown = api.put(path, {"Text": "y"}, where="PK_ID > 0", response="rows").json()
    none = api.put(path, {"Text": "z"}, where="PK_ID = 99").json()

    assert plain == {"RecordsAffected": 2, "Result": []}
    assert (shown["RecordsAffected"], len(shown["Result"]), none["RecordsAffected"]) == (2, 2, 0)


def test_an_update_of_lists_alone_can_be_uncounted():
    """With the quirk, an update of lists alone counts no record, and rows are 500."""
    with serving(quirks=Quirks(list_update="uncounted")) as api:
        name = api.table(
            {"Name": "Tags", "Type": "LIST-STRING", "ListField": ["Dog", "Cat"]},
            rows=[{"Tags": [1]}],
        )
        path = f"/tables/{name}/records"

        counted = api.put(path, {"Tags": [2]}, where="PK_ID=1").json()["RecordsAffected"]
        failed = api.put(path, {"Tags": [2]}, where="PK_ID=1", response="rows").status_code

        assert (counted, failed, api.rows(name)[0]["Tags"]) == (0, 500, {"2": "Cat"})


def test_a_limit_is_ignored_with_a_page_number(api: Api):
    """With a page number the size is 25, for any `q.limit`."""
    name = api.table("A", rows=[{"A": str(n)} for n in range(30)])

    assert len(api.rows(name, limit=3)) == 3
    assert len(api.rows(name, limit=3, pageNumber=1)) == 25


def test_pages_without_an_order_lose_rows(api: Api):
    """Pages without q.orderBy lose records and repeat others; pages by PK_ID do not."""
    name = api.table("A", rows=[{"A": str(n)} for n in range(40)])
    path = f"/tables/{name}/records"

    def all_pages(**order: str) -> list[int]:
        pages = [
            api.get(path, pageSize=10, pageNumber=n, **order).json()["Result"] for n in range(1, 5)
        ]
        return [row["PK_ID"] for page in pages for row in page]

    assert len(set(all_pages())) < 40
    assert all_pages(orderBy="PK_ID") == list(range(1, 41))


def test_a_files_listing_with_the_wrong_prefix_has_25_rows():
    """The Files area ignores `q.pageSize` and answers 25 files; with `pageSize` it answers all."""
    with serving() as api:
        for number in range(30):
            api.call("POST", "/files", files={"Files": (f"f{number}.txt", b"x")})

        wrong = api.call("GET", "/files", params={"q.pageSize": "1000"}).json()
        right = api.call("GET", "/files", params={"pageSize": "1000"}).json()
        clash = api.call("POST", "/files", files={"Files": ("f1.txt", b"x")})

    assert (len(wrong["Result"]), wrong["Pagination"]["TotalCount"], len(right["Result"])) == (
        25,
        30,
        30,
    )
    assert clash.status_code == 409


@pytest.mark.parametrize("value", ["atomic", "partial"])
def test_an_upload_of_several_files_with_a_clash_stores_some_or_none(value: str):
    """If one name is taken, either nothing is stored or the other files are."""
    with serving(quirks=Quirks(files_upload=value)) as api:  # type: ignore[arg-type]  # one of the two
        api.call("POST", "/files", files={"Files": ("a.txt", b"x")})
        several = [("Files", ("a.txt", b"y")), ("Files", ("b.txt", b"y"))]

        reply = api.call("POST", "/files", files=several)
        stored = [one["Name"] for one in api.get("/files").json()["Result"]]

    assert (reply.status_code, stored) == (
        (409, ["a.txt"]) if value == "atomic" else (201, ["a.txt", "b.txt"])
    )


def test_the_files_area_can_differ_in_case_keys_and_dates():
    """With the quirks, case counts, overwriting gives a new key, and dates are American."""
    with serving(
        quirks=Quirks(files_case="sensitive", overwrite_key="new", files_dates="us")
    ) as api:
        first = api.call("POST", "/files", files={"Files": ("a.txt", b"x")}).json()["Result"][0][
            "ExternalKey"
        ]
        other = api.call("POST", "/files", files={"Files": ("A.txt", b"x")})
        again = api.call("PUT", "/files", files={"File": ("a.txt", b"y")})
        item = api.get("/files").json()["Result"][0]

    assert (other.status_code, again.status_code) == (201, 200)
    assert again.json()["Result"]["ExternalKey"] != first
    assert item["LastModified"].endswith((" AM", " PM"))
