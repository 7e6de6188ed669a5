"""Text functions and comparisons read a whole text: SQLite's own stop at NUL."""

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from tests.emulator.api import Api
from tests.support.properties import examples

pytestmark = pytest.mark.integration
_LONG = "x\0y'Z  "


@pytest.fixture(scope="module")
def texts(shared_api: Api) -> str:
    """Three records whose texts are equal up to a NUL, and one with a blank text."""
    rows = [{"A": _LONG, "B": "X\0Y'z"}, {"A": "x\0z", "B": "x"}, {"A": "x", "B": "x\0"}, {"A": ""}]
    return shared_api.table("A", "B", rows=rows)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("LEN(A)", [5, 3, 1, 0]),
        ("DATALENGTH(A)", [14, 6, 2, 0]),
        ("LEFT(A, 3)", ["x\0y", "x\0z", "x", ""]),
        ("RIGHT(A, 4)", ["'Z  ", "x\0z", "x", ""]),
        ("RIGHT(A, 0)", ["", "", "", ""]),
        ("SUBSTRING(A, 2, 3)", ["\0y'", "\0z", "", ""]),
        ("SUBSTRING(A, -1, 3)", ["x", "x", "x", ""]),
        ("SUBSTRING(A, 9, 3)", ["", "", "", ""]),
        ("CHARINDEX('z', A)", [5, 3, 0, 0]),
        ("CHARINDEX('X', A, 2)", [0, 0, 0, 0]),
        ("CHARINDEX('', A)", [0, 0, 0, 0]),
        ("REPLACE(A, 'Z', '\\1')", ["x\0y'\\1  ", "x\0\\1", "x", ""]),
        ("REPLACE(A, '', 'q')", [_LONG, "x\0z", "x", ""]),
        ("UPPER(A)", ["X\0Y'Z  ", "X\0Z", "X", ""]),
        ("LOWER(A)", ["x\0y'z  ", "x\0z", "x", ""]),
        ("RTRIM(A)", ["x\0y'Z", "x\0z", "x", ""]),
        ("A + '!'", [f"{_LONG}!", "x\0z!", "x!", "!"]),
        ("CAST(A AS VARCHAR(10))", [_LONG, "x\0z", "x", ""]),
        ("ISNULL(A, 'q')", [_LONG, "x\0z", "x", ""]),
        ("NULLIF(A, 'x')", [_LONG, "x\0z", None, ""]),
        ("CASE WHEN A = 'x' THEN 1 ELSE 0 END", [0, 0, 1, 0]),
    ],
)
def test_a_function_reads_past_a_nul(api: Api, texts: str, expression: str, values: list[object]):
    """A function reads its text to the end, counts from 1, and ignores case."""
    rows = api.rows(texts, select=f"{expression} AS V")

    assert [row["V"] for row in rows] == values


@pytest.mark.parametrize(
    ("where", "pks"),
    [
        ("A = B", [1]),
        ("A <> B", [2, 3]),
        ("A > B", [2]),
        ("A = 'x'", [3]),
        ("A IN ('x', 'nothing')", [3]),
        ("A LIKE 'x'", [3]),
        ("A LIKE 'x_Y%'", [1]),
        ("A LIKE '%[y-z]'", [2]),
        ("A LIKE '[a--b]'", []),
        ("A LIKE '[z-a]%'", []),
        ("A BETWEEN 'x' AND 'xz'", [1, 2, 3]),
        ("LEFT(A, 3) = LEFT(B, 3)", [1]),
        ("REPLACE(A, 'y', 'q') = B", []),
    ],
)
def test_a_comparison_reads_past_a_nul(api: Api, texts: str, where: str, pks: list[int]):
    """Two texts are equal if they are equal up to their ends."""
    assert api.pks(texts, where) == pks


@pytest.mark.parametrize(
    "expression",
    ["LEFT(A, -1)", "RIGHT(A, -1)", "SUBSTRING(A, 1, -1)", "SUBSTRING(A, 1)", "TRIM('x' FROM A)"],
)
def test_wrong_arguments_are_refused(api: Api, texts: str, expression: str):
    """A negative length, a missing argument and an unknown one are an error of SQL Server."""
    reply = api.get(f"/tables/{texts}/records", select=expression)

    assert (reply.status_code, reply.json()["Code"]) == (400, "SqlServerError")


@pytest.mark.parametrize(
    "expression", ["LEFT(B, 1)", "RIGHT(B, 1)", "SUBSTRING(B, 1, 1)", "CHARINDEX('x', B)", "LEN(B)"]
)
def test_a_function_of_null_is_null(api: Api, texts: str, expression: str):
    """A function of a text that was never set is NULL."""
    assert api.pks(texts, f"{expression} IS NULL") == [4]


def test_groups_and_unique_fields_read_past_a_nul(api: Api):
    """Texts that differ behind a NUL are two groups, and two values of a unique field."""
    name = api.table(
        {"Name": "A", "Type": "STRING", "Unique": True}, rows=[{"A": "x\0y"}, {"A": "x"}]
    )

    assert len(api.rows(name, select="A, COUNT(*)", groupBy="A", orderBy="A")) == 2
    assert api.rows(name, select="MAX(A) AS M, COUNT(DISTINCT A) AS N", orderBy="M") == [
        {"M": "x\0y", "N": 2}
    ]
    assert api.post(f"/tables/{name}/records", {"A": "X\0Y"}).json()["Code"] == "SqlServerError"


@pytest.fixture(scope="module")
def written(shared_api: Api) -> str:
    """A record whose text the examples replace."""
    return shared_api.table("A", rows=[{"A": ""}])


_TEXTS = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_TEXTS, start=st.integers(-3, 12), length=st.integers(0, 12))
@example(text="\x00'", start=2, length=1)
def test_parts_of_any_text_are_its_characters(
    api: Api, written: str, text: str, start: int, length: int
):
    """LEN, LEFT, RIGHT and SUBSTRING agree with the text that was written."""
    api.put(f"/tables/{written}/records", {"A": text}, where="PK_ID = 1")
    ends = f"LEFT(A, {length}) AS L, RIGHT(A, {length}) AS R"
    select = f"LEN(A) AS N, {ends}, SUBSTRING(A, {start}, {length}) AS S"

    (row,) = api.rows(
        written, "PK_ID = 1 AND A = LEFT(A, 20) + SUBSTRING(A, 21, 100)", select=select
    )

    places = range(start, start + length)
    assert row == {
        "N": len(text.rstrip(" ")),
        "L": text[:length],
        "R": text[max(0, len(text) - length) :],
        "S": "".join(one for place, one in enumerate(text, start=1) if place in places),
    }
