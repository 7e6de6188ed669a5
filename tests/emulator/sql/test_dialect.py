# ruff: noqa: S608  the conditions are the subject
import pytest

from tests.emulator.api import Api

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def people(shared_api: Api) -> str:
    """Three records: one with values, one with blanks and a quote, one with nothing set."""
    rows = [
        {"Name": "Anna", "Born": "1990-05-04T08:00:00", "Pay": 10.5, "Open": True, "Size": 3},
        {"Name": "O'Neil  ", "Born": "2026-01-31", "Pay": -1, "Open": False, "Size": 20},
        {},
    ]
    return shared_api.table(
        "Name", {"Name": "Born", "Type": "DATE/TIME"}, {"Name": "Pay", "Type": "CURRENCY"},
        {"Name": "Open", "Type": "YES/NO"}, {"Name": "Size", "Type": "INTEGER"}, rows=rows,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("where", "pks"),
    [
        ("Name = 'ANNA'", [1]),
        ("name = 'anna'", [1]),
        ("NAME = 'Anna   '", [1]),
        ("Name = N'Anna'", [1]),
        ("Name = 'O''Neil'", [2]),
        ("Name <> 'Anna'", [2]),
        ("[Name] = 'Anna'", [1]),
        ("Name IN ('anna', 'nobody')", [1]),
        ("Name NOT IN ('anna')", [2]),
        ("Name LIKE 'AN%'", [1]),
        ("Name LIKE '_nna'", [1]),
        ("Name LIKE '[a-c]%'", [1]),
        ("Name LIKE '[^a-c]%'", [2]),
        ("Name NOT LIKE 'A%'", [2]),
        ("Name LIKE '%!%%' ESCAPE '!'", []),
        ("LEN(Name) = 6", [2]),
        ("DATALENGTH(Name) = 16", [2]),
        ("DATALENGTH(RTRIM(Name)) = 12", [2]),
        ("DATALENGTH(LTRIM(Name)) = 16", [2]),
        ("Name IS NULL", [3]),
        ("Name IS NOT NULL", [1, 2]),
        ("Name = NULL", []),
        ("ISNULL(Name, '') = ''", [3]),
        ("UPPER(Name) = 'anna'", [1]),
        ("LEFT(Name, 2) = 'an'", [1]),
        ("Name + '!' = 'ANNA!'", [1]),
        ("Open = 1", [1]),
        ("Open = 0", [2, 3]),
        ("Size > 5", [2]),
        ("Size = '20'", [2]),
        ("Size BETWEEN 1 AND 5", [1]),
        ("Size % 2 = 1", [1]),
        ("Pay < 0 OR Pay > 10", [1, 2]),
        ("NOT (Pay < 0)", [1]),
        ("Born = '2026-01-31'", [2]),
        ("Born >= '1/31/2026'", [2]),
        ("Born < '1990-05-04T08:00:01Z'", [1]),
        ("Born < GetDate()", None),
        ("Born < DATEADD(year, -20, GETDATE())", [1]),
        ("DATEDIFF(day, Born, '1990-05-05') = 1", [1]),
        ("DATEDIFF(week, '2026-01-31', '2026-02-01') = 1", [1, 2, 3]),
        ("DATEDIFF(week, '2026-02-01', '2026-02-07') = 0", [1, 2, 3]),
        ("DATEADD(month, 1, '2026-01-31') = '2026-02-28'", [1, 2, 3]),
        ("YEAR(Born) = 2026", [2]),
        ("CAST(Size AS VARCHAR(10)) = '3'", [1]),
        ("CASE WHEN Size = 3 THEN 'a' ELSE 'b' END = 'A'", [1]),
        ("-'-1' = 1", [1, 2, 3]),
        ("1 - -1 = 2", [1, 2, 3]),
        ("1 = 1", [1, 2, 3]),
        ("'a' = 'A '", [1, 2, 3]),
    ],
)
def test_conditions_mean_what_they_mean_in_sql_server(
    api: Api, people: str, where: str, pks: list[int] | None
):
    """Text compares without case and trailing blanks, dates compare as dates, NULL as unknown."""
    found = api.pks(people, where)

    assert found == pks if pks is not None else 1 in found


@pytest.mark.parametrize(
    "where",
    [
        "Nope = 1",
        "Open = true",
        'Name = "Anna"',
        "Name",
        "1",
        "Name = ",
        "Name = 'x' Anna",
        "Size = 'many'",
        "Name = 3",
        "Born > 'soon'",
        "1 = 1; DELETE FROM t_People",
        "1 = 1) OR (1 = 1",
        "1 = 1 UNION SELECT 1",
        "1 = 1 ORDER BY PK_ID",
        "1 = 1 GROUP BY Name",
        "1 = 1 HAVING 1 = 1",
        "Name COLLATE Latin1_General_BIN = 'Anna'",
        "Nobody.Name = 'Anna'",
        "LOAD_EXTENSION('x') = 1",
        "XP_CMDSHELL('x') = 1",
        "EXISTS (DELETE FROM X)",
        "PK_ID IN (SELECT key FROM files)",
        "PK_ID IN (SELECT pk FROM sqlite_master)",
        "(" * 300 + "1 = 1" + ")" * 300,
    ],
    ids=lambda where: where[:30],
)
def test_what_sql_server_refuses_is_refused(api: Api, people: str, where: str):
    """Unknown names, wrong syntax and further statements are 400 and change nothing."""
    reply = api.get(f"/tables/{people}/records", where=where)

    assert (reply.status_code, reply.json()["Code"]) == (400, "SqlServerError")
    assert len(api.rows(people)) == 3


@pytest.mark.parametrize(
    "params",
    [
        {"orderBy": "PK_ID; DROP TABLE x"},
        {"orderBy": "Nope"},
        {"orderBy": "1 UNION SELECT 2"},
        {"select": "PK_ID FROM files"},
        {"select": "Nope"},
        {"select": "PK_ID; DELETE FROM files"},
        {"groupBy": "Name HAVING 1 = 1"},
    ],
    ids=str,
)
def test_other_clauses_are_refused_in_the_same_way(api: Api, people: str, params: dict[str, str]):
    """A clause cannot contain more than that clause."""
    reply = api.get(f"/tables/{people}/records", **params)

    assert (reply.status_code, reply.json()["Code"]) == (400, "SqlServerError")


def test_a_comment_ends_a_condition(api: Api, people: str):
    """What follows a comment mark is ignored."""
    assert api.pks(people, "PK_ID = 1 -- OR 1 = 1") == [1]


def test_a_sub_select_reads_another_table(api: Api, people: str):
    """IN, EXISTS and scalar sub-selects see other tables, and the outer record."""
    other = api.table("Who", rows=[{"Who": "ANNA"}])

    assert api.pks(people, f"Name IN (SELECT Who FROM {other})") == [1]
    assert api.pks(people, f"EXISTS (SELECT 1 FROM {other} o WHERE o.Who = Name)") == [1]
    assert api.pks(people, f"Size = (SELECT MAX(Size) FROM {people})") == [2]


def test_order_ignores_case_and_puts_null_first(api: Api):
    """Text is ordered without case; NULL comes first, and last if the order is descending."""
    name = api.table(
        "A", {"Name": "N", "Type": "NUMBER"}, rows=[{"A": "b"}, {"A": "A"}, {"A": "C", "N": 1}]
    )

    assert [row["A"] for row in api.rows(name, orderBy="A")] == ["A", "b", "C"]
    assert [row["A"] for row in api.rows(name, orderBy="N DESC, A DESC")] == ["C", "b", "A"]


def test_values_with_quotes_are_unchanged(api: Api):
    """Values with quotes and brackets are read as they were written."""
    hostile = 'x\'); DROP TABLE "t"; -- [%]'
    name = api.table("A", rows=[{"A": hostile}])

    quoted = hostile.replace("'", "''")
    assert api.rows(name, f"A = '{quoted}'") == [{"PK_ID": 1, "A": hostile}]
