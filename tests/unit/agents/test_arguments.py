"""The arguments of a tool become parameters of Caspio."""

from typing import Any

import pytest

from flows.agents.tools.arguments import Arguments
from pipeline.adapters.caspio.client.operations import OPERATIONS

LISTINGS = {"ListTableRecords": "table", "ListViewRecords": "view"}


def parameters(operation: str, **given: Any) -> dict[str, str]:
    """Return the parameters of a listing."""
    return Arguments.of(OPERATIONS[operation]).parameters({LISTINGS[operation]: "T", **given})


@pytest.mark.parametrize("operation", LISTINGS)
def test_groups_show_what_they_are_grouped_by(operation: str):
    """Without fields, those are asked for that a group has; others would be refused."""
    assert parameters(operation, group_by=["A", "B"])["q.select"] == "A,B"
    assert parameters(operation, group_by=["A", "B"], fields=["A"])["q.select"] == "A"


@pytest.mark.parametrize("operation", LISTINGS)
def test_pages_of_groups_have_a_unique_order(operation: str):
    """Groups are ordered by what they are grouped by, so that no page loses or repeats one."""
    descending = [{"field": "B", "descending": True}]

    alone = parameters(operation, group_by=["A", "B"])
    ordered = parameters(operation, group_by=["A", "B"], order_by=descending)

    assert alone["q.orderBy"] == "A,B"
    assert ordered["q.orderBy"] == "B DESC,A"


def test_pages_of_records_end_their_order_with_the_key():
    """Records of a view, and those in an order of their own, are unique by their key."""
    assert parameters("ListViewRecords")["q.orderBy"] == "PK_ID"
    assert parameters("ListTableRecords", order_by=[{"field": "A"}])["q.orderBy"] == "A,PK_ID"


@pytest.mark.parametrize("operation", LISTINGS)
@pytest.mark.parametrize("key", ["PK_ID", "pk_id"])
def test_no_order_names_a_column_twice(operation: str, key: str):
    """SQL Server refuses such an order, whatever the case of its letters."""
    by_key = parameters(operation, order_by=[{"field": key, "descending": True}])
    grouped = parameters(operation, group_by=["A"], order_by=[{"field": "a"}])

    assert by_key["q.orderBy"] == f"{key} DESC"
    assert grouped["q.orderBy"] == "a"
