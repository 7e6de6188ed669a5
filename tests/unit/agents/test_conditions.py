"""Filters become conditions of ours; conditions as text are parsed and written again."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from sqlglot import exp, parse_one
from sqlglot.dialects.tsql import TSQL

from flows.agents.tools.conditions import checked_text, condition, names_text, order_text
from flows.agents.tools.schemas import OPERATORS
from flows.agents.tools.tool import Refusal


@pytest.mark.parametrize(
    ("given_filter", "sql"),
    [
        ({"field": "Total", "op": "gt", "value": 10}, "Total > 10"),
        ({"field": "Total", "op": "eq", "value": None}, "Total IS NULL"),
        ({"field": "Paid", "op": "eq", "value": True}, "Paid = 1"),
        ({"field": "Order", "op": "ne", "value": "it's"}, "[Order] <> 'it''s'"),
        ({"field": "Name", "op": "contains", "value": "50%"}, "CHARINDEX('50%', Name) > 0"),
        ({"field": "Name", "op": "starts_with", "value": "a_"}, "LEFT(Name, 2) = 'a_'"),
        ({"field": "Name", "op": "in", "value": ["a", 1]}, "(Name = 'a') OR (Name = 1)"),
        ({"field": "Name", "op": "not_null"}, "Name IS NOT NULL"),
        ({"field": "Name", "op": "is_null", "value": None}, "Name IS NULL"),
        (
            {
                "and": [
                    {"field": "A", "op": "is_null"},
                    {"or": [{"field": "B", "op": "le", "value": 2}]},
                ]
            },
            "(A IS NULL) AND (B <= 2)",
        ),
    ],
)
def test_a_filter_becomes_a_condition(given_filter: dict[str, Any], sql: str):
    """Names are quoted where they must be, and values are literals."""
    assert condition(given_filter) == sql


@pytest.mark.parametrize(
    "malformed",
    [
        {},
        {"field": "A"},
        {"field": "A", "op": "like", "value": "x"},
        {"field": "A\n", "op": "is_null"},
        {"field": "A", "op": "eq", "value": ["x"]},
        {"field": "A", "op": "eq", "value": "\x07"},
        {"field": "A", "op": "lt", "value": None},
        {"field": "A", "op": "in", "value": []},
        {"field": "A", "op": "eq"},
        {"field": "A", "op": "ne"},
        {"field": "A", "op": "in"},
        {"and": [{"field": "B", "op": "eq", "value": 1}, {"field": "A", "op": "eq"}]},
        {"field": "A", "op": "is_null", "value": False},
        {"field": "A", "op": "not_null", "value": True},
        {"and": []},
        {"and": [{"field": "A", "op": "is_null"}], "or": []},
        {"or": [{"field": "A", "op": "is_null"}] * 101},
    ],
)
def test_a_malformed_filter_is_refused(malformed: dict[str, Any]):
    """What is no condition is refused with a sentence, whatever it is."""
    with pytest.raises(Refusal):
        condition(malformed)


def test_a_deep_filter_is_refused():
    """A filter has a few levels, so that a condition cannot be made without end."""
    filter_: dict[str, Any] = {"field": "A", "op": "is_null"}
    for _ in range(10):
        filter_ = {"and": [filter_]}

    with pytest.raises(Refusal, match="levels"):
        condition(filter_)


@given(
    st.text(min_size=1, max_size=30),
    st.sampled_from(OPERATORS),
    st.one_of(st.text(max_size=40), st.integers(), st.booleans(), st.none(), st.floats()),
)
def test_no_value_gets_out_of_its_literal(field: str, op: str, value: object):
    """Whatever a filter has, the condition is one comparison of one column."""
    try:
        sql = condition({"field": field, "op": op, "value": value})
    except Refusal:
        return

    parsed = parse_one(sql, read=TSQL)
    assert {column.name for column in parsed.find_all(exp.Column)} <= {field}
    assert not list(parsed.find_all(exp.Select, exp.Anonymous))


@pytest.mark.parametrize(
    "text",
    [
        "1 = 1; DROP TABLE Receipts",
        "PK_ID IN (SELECT PK_ID FROM Private)",
        "EXISTS (SELECT 1 FROM Private)",
        "Total = (SELECT MAX(Salary) FROM Private)",
        "1 = 1 UNION SELECT Salary FROM Private",
        "Total > 1 ORDER BY Total",
        "Total > 1 GROUP BY Total",
        "Private.Salary > 1",
        "xp_cmdshell('x') = 1",
        "Total > 1 --\n OR 1 = (SELECT 1)",
        "Total >",
        "'a' = 'a' FOR JSON AUTO",
    ],
)
def test_a_text_that_is_more_than_comparisons_is_refused(text: str):
    """Sub-selects, other clauses, other tables and unknown functions do not get through."""
    with pytest.raises(Refusal):
        checked_text(text)


def test_a_text_is_written_again_from_what_was_parsed():
    """Comments and spelling are gone: what is sent is what was understood."""
    text = "[Order]='it''s' /* x */ AND Total BETWEEN 1 AND 2 or upper(Name) like 'A%' -- end"

    assert checked_text(text) == (
        "[Order] = 'it''s' AND Total BETWEEN 1 AND 2 OR UPPER(Name) LIKE 'A%'"
    )


def test_lists_of_fields_are_quoted():
    """What is selected and sorted by are names, and can be nothing else."""
    hostile = "A] FROM Private --"

    assert names_text(["Total", "Order", hostile]) == "Total,[Order],[A]] FROM Private --]"
    assert order_text([{"field": "Total", "descending": True}, {"field": hostile}]) == (
        "Total DESC,[A]] FROM Private --]"
    )
    with pytest.raises(Refusal):
        names_text(["A\x00"])
