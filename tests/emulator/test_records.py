import pytest

from infra.emulator import Quirks
from tests.emulator.api import Api, serving

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def many(shared_api: Api) -> str:
    """A table of 130 records."""
    name = shared_api.table("A", {"Name": "N", "Type": "INTEGER"})
    for number in range(1, 131):
        shared_api.post(f"/tables/{name}/records", {"A": f"row {number}", "N": number % 3})
    return name


def _listed(api: Api, table: str, **params: object) -> list[int]:
    return [row["PK_ID"] for row in api.get(f"/tables/{table}/records", **params).json()["Result"]]


def test_a_listing_has_100_records_by_default(api: Api, many: str):
    """Without a limit, 100 records are listed."""
    assert len(_listed(api, many, orderBy="PK_ID")) == 100


def test_a_limit_is_the_number_of_records(api: Api, many: str):
    """q.limit is the number of records."""
    assert _listed(api, many, orderBy="PK_ID", limit=3) == [1, 2, 3]


def test_a_limit_is_ignored_when_paging(api: Api, many: str):
    """With q.pageNumber, the limit does not count and a page has 25 records."""
    assert _listed(api, many, orderBy="PK_ID", limit=3, pageNumber=2) == list(range(26, 51))


def test_a_page_size_alone_means_page_one(api: Api, many: str):
    """q.pageSize without q.pageNumber lists the first page."""
    assert _listed(api, many, orderBy="PK_ID", pageSize=5) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", ["4", "1001", "many", "-5"])
def test_page_sizes_outside_the_limits_are_refused(api: Api, many: str, size: str):
    """A page size below 5 or above 1,000, or not a number, is 400 IncorrectQueryParameter."""
    reply = api.get(f"/tables/{many}/records", pageSize=size)

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectQueryParameter")


def test_pagination_is_shown_on_request(api: Api, many: str):
    """q.getPaginationInfo adds the total, the page and its size."""
    reply = api.get(
        f"/tables/{many}/records",
        pageNumber=2,
        pageSize=50,
        getPaginationInfo="true",
        where="N = 1",
    )

    assert reply.json()["Pagination"] == {"TotalCount": 44, "PageNumber": 2, "PageSize": 50}


def test_pagination_is_not_shown_by_default(api: Api, many: str):
    """Without q.getPaginationInfo there is no Pagination."""
    assert "Pagination" not in api.get(f"/tables/{many}/records", pageNumber=2).json()


def test_parameter_names_do_not_distinguish_case(api: Api, many: str):
    """Q.PAGESIZE is q.pageSize."""
    reply = api.call(
        "GET", f"/tables/{many}/records", params={"Q.PAGESIZE": "5", "q.orderBY": "PK_ID"}
    )

    assert len(reply.json()["Result"]) == 5


def test_the_prefix_may_be_left_out(api: Api, many: str):
    """A bare `where` counts if no parameter has the prefix."""
    reply = api.call("GET", f"/tables/{many}/records", params={"where": "PK_ID = 7"})

    assert [row["PK_ID"] for row in reply.json()["Result"]] == [7]


def test_a_bare_name_is_ignored_beside_the_prefix(api: Api, many: str):
    """A bare `where` does not count if another parameter has the prefix."""
    reply = api.call(
        "GET", f"/tables/{many}/records", params={"where": "PK_ID = 7", "q.limit": "5"}
    )

    assert len(reply.json()["Result"]) == 5


def test_pages_without_an_order_lose_records(api: Api, many: str):
    """All pages without q.orderBy have the right count, but repeat some records and lose others."""
    pages = [_listed(api, many, pageSize=50, pageNumber=page) for page in (1, 2, 3)]

    seen = [pk for page in pages for pk in page]
    assert len(seen) == 130
    assert 0 < 130 - len(set(seen)) < 20


def test_pages_ordered_by_a_column_with_equal_values_lose_records(api: Api, many: str):
    """Pages by a column that is not unique lose records too."""
    pages = [_listed(api, many, pageSize=50, pageNumber=page, orderBy="N") for page in (1, 2, 3)]

    assert len({pk for page in pages for pk in page}) < 130


def test_pages_ordered_by_pk_id_are_complete(api: Api, many: str):
    """Pages by PK_ID have every record once."""
    pages = [
        _listed(api, many, pageSize=50, pageNumber=page, orderBy="PK_ID") for page in (1, 2, 3)
    ]

    assert [pk for page in pages for pk in page] == list(range(1, 131))


def test_select_names_expressions_and_aliases(api: Api):
    """q.select takes columns, expressions and aliases."""
    name = api.table("A", rows=[{"A": "x"}])

    assert api.rows(name, select="A AS B, LEN(A) + 1 AS L") == [{"B": "x", "L": 2}]


def test_groups_are_counted(api: Api, many: str):
    """q.groupBy with COUNT(*) and an order by the alias counts groups."""
    rows = api.rows(many, select="N, COUNT(*) AS Rows", groupBy="N", orderBy="Rows DESC, N")

    assert rows == [{"N": 1, "Rows": 44}, {"N": 0, "Rows": 43}, {"N": 2, "Rows": 43}]


def test_an_ungrouped_column_is_refused(api: Api, many: str):
    """A column outside GROUP BY is an error of SQL Server."""
    reply = api.get(f"/tables/{many}/records", select="A, COUNT(*)", groupBy="N")

    assert (reply.status_code, reply.json()["Code"]) == (400, "SqlServerError")


def test_an_insert_has_an_empty_answer(api: Api):
    """Without response=rows, an insert is 201 and empty."""
    name = api.table("A")

    reply = api.post(f"/tables/{name}/records", {"A": "x"})

    assert (reply.status_code, reply.content) == (201, b"")


def test_an_insert_answers_the_row_on_request(api: Api):
    """With response=rows, the answer has the new row with its PK_ID."""
    name = api.table("A")

    reply = api.post(f"/tables/{name}/records", {"A": "x"}, response="rows")

    assert (reply.status_code, reply.json()) == (201, {"Result": [{"PK_ID": 1, "A": "x"}]})


def test_an_update_counts_records(api: Api):
    """Without response=rows, an update answers the count and an empty Result."""
    name = api.table("A", rows=[{"A": "x"}, {"A": "y"}])

    reply = api.put(f"/tables/{name}/records", {"A": "z"}, where="A = 'x'")

    assert (reply.status_code, reply.json()) == (200, {"RecordsAffected": 1, "Result": []})
    assert [row["A"] for row in api.rows(name)] == ["z", "y"]


def test_an_update_without_a_match_is_no_error(api: Api):
    """Without a matching record, the answer is 200 and a count of 0."""
    name = api.table("A")

    assert (
        api.put(f"/tables/{name}/records", {"A": "z"}, where="PK_ID = 9").json()["RecordsAffected"]
        == 0
    )


def test_an_update_can_hide_its_rows():
    """With the quirk, the answer has no rows although a record was changed."""
    with serving(quirks=Quirks(empty_result_after_put=True)) as api:
        name = api.table("A", rows=[{"A": "x"}])
        reply = api.put(f"/tables/{name}/records", {"A": "z"}, where="PK_ID = 1", response="rows")

    assert reply.json() == {"RecordsAffected": 1, "Result": []}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_change_needs_a_condition(api: Api, method: str):
    """Update and delete without q.where are 400 and change nothing."""
    name = api.table("A", rows=[{"A": "x"}])

    reply = api.call(method, f"/tables/{name}/records", json={"A": "y"})

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectQueryParameter")
    assert api.rows(name) == [{"PK_ID": 1, "A": "x"}]


def test_a_delete_counts_records(api: Api):
    """Delete answers the number of records that it removed."""
    name = api.table("A", rows=[{"A": "x"}, {"A": "y"}])

    assert api.delete(f"/tables/{name}/records", where="A = 'x'").json() == {"RecordsAffected": 1}
    assert [row["PK_ID"] for row in api.rows(name)] == [2]


def test_an_array_is_refused(api: Api):
    """A batch insert is 400 IncorrectBodyParameter."""
    reply = api.post(f"/tables/{api.table('A')}/records", [{"A": "x"}])

    assert (reply.status_code, reply.json()["Code"]) == (400, "IncorrectBodyParameter")


def test_another_media_type_is_refused(api: Api):
    """A body that is not application/json is 415."""
    reply = api.call("POST", f"/tables/{api.table('A')}/records", content="A=x")

    assert reply.status_code == 415


def test_an_unknown_field_is_named(api: Api):
    """A field that does not exist is 404 FieldNotFound with its name."""
    reply = api.post(f"/tables/{api.table('A')}/records", {"Foo": "x"})

    assert (reply.status_code, reply.json()["Code"]) == (404, "FieldNotFound")
    assert "'Foo'" in reply.json()["Message"]
