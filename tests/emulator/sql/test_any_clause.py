"""No clause breaks the server, whether it is fine formed or not."""

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from tests.emulator.api import Api
from tests.support.properties import examples

pytestmark = pytest.mark.integration
_PARTS = st.sampled_from(["where", "select", "orderBy", "groupBy"])
_PIECES = [
    "PK_ID", "Name", "Born", "Nope", "'a'", "N'ä'", "''", "1", "-1", "1.5", "0x1F", "NULL", "true",
    "*", "(", ")", ",", ";", "--", "/*", "'", '"', "[", "]", "=", "<>", "<", "+", "%", "AND", "OR",
    "NOT", "IN", "LIKE", "IS", "BETWEEN", "CASE", "WHEN", "THEN", "END", "SELECT", "FROM",
    "TOP (1)", "TOP 'x'", "WHERE", "UNION", "EXISTS", "LEN(", "DATEADD(day,", "DATEADD(soon,",
    "GETDATE()", "CAST(", "AS INT)", "CONVERT(", "COUNT(*)", "SUBSTRING(", "ISNULL(", "YEAR(",
    "DATEDIFF(day,", "DELETE", "DROP TABLE", "EXEC", "@x", "#t", "\0", "\U0001f600",
]  # fmt: skip


@pytest.fixture(scope="module")
def people(shared_api: Api) -> str:
    """Three records: one with values, one with other values, one with nothing set."""
    rows = [
        {"Name": "Anna", "Born": "1990-05-04T08:00:00", "Pay": 10.5, "Open": True},
        {"Name": "O'Neil\0  ", "Born": "2026-01-31", "Pay": -1},
        {},
    ]
    types = {"Name": "STRING", "Born": "DATE/TIME", "Pay": "CURRENCY", "Open": "YES/NO"}
    fields = [{"Name": name, "Type": kind} for name, kind in types.items()]
    return shared_api.table(*fields, name="AnyClause", rows=rows)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(_PIECES), max_size=12), part=_PARTS)
@example(pieces=["CONVERT(", "'", "'"], part="where")
@example(pieces=["YEAR(", ")"], part="where")
@example(pieces=["DATEDIFF(day,", ")"], part="select")
def test_any_pieces_are_answered_or_refused(api: Api, people: str, pieces: list[str], part: str):
    """Any words in any order are answered, or refused with 400, and the records stay."""
    reply = api.get(f"/tables/{people}/records", **{part: " ".join(pieces)})

    assert reply.status_code in {200, 400}, reply.text
    assert len(api.rows(people)) == 3


_LITERALS = st.sampled_from(
    ["'a'", "''", "N'ä'", "'2026-01-31'", "'5'", "0", "3", "-1", "1.5", "NULL", "GETDATE()"]
)
_COLUMNS = st.sampled_from(["PK_ID", "Name", "Born", "Pay", "Open"])
_FUNCTIONS = [
    "LEN({})", "LEFT({}, {})", "RIGHT({}, {})", "SUBSTRING({}, {}, {})", "CHARINDEX({}, {})",
    "CHARINDEX({}, {}, {})", "REPLACE({}, {}, {})", "UPPER({})", "LOWER({})", "RTRIM({})",
    "LTRIM({})", "TRIM({})", "DATALENGTH({})", "ISNULL({}, {})", "NULLIF({}, {})", "ABS({})",
    "ROUND({}, {})", "YEAR({})", "MONTH({})", "DAY({})", "DATEADD(month, {}, {})",
    "DATEDIFF(week, {}, {})", "CAST({} AS INT)", "CAST({} AS VARCHAR(10))", "CAST({} AS DATE)",
    "CONVERT(MONEY, {})", "({} + {})", "({} - {})", "({} * {})", "({} / {})", "({} % {})", "-{}",
    "CASE WHEN {} = {} THEN {} ELSE {} END", "(SELECT MAX({}) FROM AnyClause)",
]  # fmt: skip
_CONDITIONS = [
    "{} = {}", "{} <> {}", "{} < {}", "{} >= {}", "{} LIKE {}", "{} NOT LIKE {}", "{} IN ({}, {})",
    "{} IS NULL", "{} IS NOT NULL", "{} BETWEEN {} AND {}", "NOT ({} = {})", "{} = {} OR {} = {}",
]  # fmt: skip


def _filled(templates: list[str], parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Fill templates with parts."""

    def fill(template: str) -> st.SearchStrategy[str]:
        holes = template.count("{}")
        return st.lists(parts, min_size=holes, max_size=holes).map(
            lambda one: template.format(*one)
        )

    return st.sampled_from(templates).flatmap(fill)


_VALUES = st.recursive(_LITERALS | _COLUMNS, lambda parts: _filled(_FUNCTIONS, parts), max_leaves=6)


@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(condition=_filled(_CONDITIONS, _VALUES), value=_VALUES)
def test_any_expression_is_answered_or_refused(api: Api, people: str, condition: str, value: str):
    """Any well-formed expression is answered, or refused with 400; what it selects are records."""
    clauses = {"where": condition, "select": f"PK_ID, {value}", "orderBy": f"{value} DESC"}

    reply = api.get(f"/tables/{people}/records", **clauses)

    assert reply.status_code in {200, 400}, reply.text
    if reply.status_code == 200:
        assert {row["PK_ID"] for row in reply.json()["Result"]} <= {1, 2, 3}
