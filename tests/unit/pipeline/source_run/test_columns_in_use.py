"""A column that a source works by takes no value, whatever a view calls it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from typing_extensions import override

from pipeline.errors import BadSettings, Unauthorized
from pipeline.model import Column, IndexTable, SourceSpec
from pipeline.model.sources import UsedColumn
from pipeline.source_run.checks import refuse_source
from pipeline.steps.write_back import ReviewChoice, decide_on_page, table_context
from tests.fakes.caspio import FakeCaspio
from tests.unit.pipeline.world import RECEIPTS, World

# The flag is Again in table Shop; view Shown calls it Now, and view Other calls it Later.
FLAG = UsedColumn("shop", "reprocess_column", "Now", "Shown", is_view=True, table=None)
DECISION = UsedColumn("desk", "review.table", "Decision", "Reviews", is_view=False, table="Reviews")
PATH = UsedColumn("mail", "path_column", "Place", "Mail", is_view=False, table="Mail")


@dataclass
class WithViews(FakeCaspio):
    """An account whose views have a schema, or an error in its place."""

    views: dict[str, dict[str, Column] | Exception] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)

    @override
    def columns(self, container: str, *, is_view: bool) -> Mapping[str, Column]:
        found = self.views[container] if is_view else self.columns_of[container]
        if not is_view and container in self.unseen:
            raise Unauthorized(f"not allowed: {container}")
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
def caspio() -> WithViews:
    """An account with two tables, and views that call their columns otherwise."""
    made = WithViews()
    made.table("Shop", Again="YES_NO", Now="YES_NO", Scan="FILE")
    made.table("Mail", Place="STRING", Firm="STRING")
    made.table("Reviews", Decision="STRING")
    made.table("Poll", Decision="STRING")
    made.table("Desk", Place="STRING", Firm="STRING", Again="YES_NO", Now="YES_NO")
    made.views["Answers"] = {"Answer": Column("Answer", "STRING", table_field="Decision")}
    made.views["Shown"] = {
        "now": Column("now", "YES/NO", table_field="Again"),
        "Again": Column("Again", "YES/NO", table_field="Now"),
    }
    made.views["Other"] = {"Later": Column("Later", "YES/NO", table_field="AGAIN")}
    made.views["Firms"] = {
        "Firm": Column("Firm", "STRING", table_field="Place"),
        "Place": Column("Place", "STRING", table_field="Firm"),
    }
    return made


def _problems(caspio: WithViews, column: str, used: UsedColumn, **place: object) -> list[str]:
    kind = "is_paid" if used is FLAG else "company"
    spec = SourceSpec("third", columns={column: kind}, columns_in_use=(used,), **place)  # type: ignore[arg-type]
    return [problem for problem in refuse_source(spec, caspio) if "take a finding" in problem]


@pytest.mark.parametrize(
    ("used", "place", "column"),
    [
        (FLAG, {"table": "Shop"}, "Again"),
        (FLAG, {"view": "Shown"}, "now"),
        (FLAG, {"view": "Other"}, "Later"),
        (FLAG, {"view": "Other", "webhook_table": "Shop"}, "Later"),
        (replace(FLAG, table="shop"), {"view": "Other", "webhook_table": "Shop"}, "Later"),
        (replace(FLAG, table="Shop"), {"folder": "/In"}, "Again"),
        (FLAG, {"folder": "/In", "index": IndexTable("Mail", "Place")}, "Again"),
        (DECISION, {"view": "Answers"}, "Answer"),
        (PATH, {"view": "Firms"}, "Firm"),
        (PATH, {"view": "Firms", "webhook_table": "mail"}, "Firm"),
        (PATH, {"folder": "/In", "index": IndexTable("Mail", "Firm")}, "Place"),
    ],
)
def test_what_a_source_works_by_takes_no_value(
    caspio: WithViews, used: UsedColumn, place: dict[str, object], column: str
):
    """A third source reaches it through its table, through a view, or as the file of a folder."""
    (problem,) = _problems(caspio, column, used, **place)

    assert f"it is {used.column!r} of {used.container!r}, the {used.setting} of" in problem


@pytest.mark.parametrize(
    ("used", "place", "column"),
    [
        (FLAG, {"table": "Shop"}, "Now"),
        (FLAG, {"view": "Shown"}, "Again"),
        (replace(FLAG, table="Desk"), {"table": "Shop"}, "Again"),
        (FLAG, {"folder": "/In", "index": IndexTable("Mail", "Place")}, "Firm"),
        (DECISION, {"view": "Answers", "webhook_table": "Poll"}, "Answer"),
        (PATH, {"view": "Firms"}, "Place"),
        (PATH, {"view": "Firms", "webhook_table": "Desk"}, "Firm"),
    ],
)
def test_another_column_takes_a_value(
    caspio: WithViews, used: UsedColumn, place: dict[str, object], column: str
):
    """What counts is the column of the table, not its name in a view."""
    assert _problems(caspio, column, used, **place) == []


@pytest.mark.parametrize(
    ("columns", "is_joined"),
    [
        ({"Seen": "Again"}, False),
        ({"Seen": "Again", "Sum": "Total"}, False),
        ({"Seen": "Again", "Name": "Client"}, True),
        ({"Seen": "Again", "Mine": "Again"}, True),
    ],
)
@pytest.mark.parametrize("is_behind", [False, True])
def test_a_view_that_joins_tables_is_of_more_than_the_one_it_names(
    caspio: WithViews, columns: Mapping[str, str], *, is_joined: bool, is_behind: bool
):
    """It has a column that the named table lacks, or one of them twice: one may be the other table's."""
    caspio.table("Bills", Again="YES_NO", Total="NUMBER")
    caspio.table("Visits", Again="YES_NO", Client="STRING")
    caspio.views["Both"] = {
        name: Column(name, "YES/NO", table_field=field) for name, field in columns.items()
    }
    flag = UsedColumn("shop", "reprocess_column", "Again", "Visits", is_view=False, table="Visits")
    place: dict[str, object] = {"view": "Both", "webhook_table": "Bills"}
    column = "Seen"
    if is_behind:
        flag = replace(flag, column="Seen", container="Both", is_view=True, table="Bills")
        place, column = {"table": "Visits"}, "Again"

    assert bool(_problems(caspio, column, flag, **place)) is is_joined


@pytest.mark.parametrize("fields", [("Again",), ("Again", "Again")])
def test_a_table_that_the_profile_cannot_see_makes_no_view_a_joined_one(
    caspio: WithViews, fields: tuple[str, ...]
):
    """A profile often sees the view alone: `webhook_table` counts, unless a column is there twice."""
    caspio.table("Bills", Again="YES_NO")
    caspio.unseen = {"Bills", "Shop"}
    caspio.views["Open"] = {
        f"Seen{i}": Column(f"Seen{i}", "YES/NO", table_field=name) for i, name in enumerate(fields)
    }
    flag = replace(FLAG, table="Shop")

    problems = _problems(caspio, "Seen0", flag, view="Open", webhook_table="Bills")

    assert len(problems) == len(fields) - 1


@pytest.mark.parametrize("error", [BadSettings(["there is no view"]), Unauthorized("not yours")])
def test_a_view_that_is_gone_stops_no_other_source(caspio: WithViews, error: Exception):
    """Its own source is stopped; then the column counts by the name that the settings have."""
    caspio.views["Shown"] = error

    assert _problems(caspio, "Again", FLAG, table="Shop") == []
    assert len(_problems(caspio, "Now", FLAG, table="Shop")) == 1


def test_no_decision_is_written_to_it(world: World, tmp_path: Path):
    """A suggestion may wait from a time when its column was mapped, and nothing worked by it."""
    world.receipt("1", "total=12.5", Total=99.0)
    world.run()
    (item,) = world.ledger.effects.review_items("receipts")
    used = UsedColumn("mail", "path_column", "Total", "Receipts", is_view=False, table="Receipts")
    spec = replace(RECEIPTS, columns={"DocType": "doc_type"}, columns_in_use=(used,))
    context = table_context(world.source_run(spec), tmp_path)

    said = decide_on_page(item, ReviewChoice.ACCEPT, "", context, now=world.clock.now())

    assert "no column 'Total' that can be written" in said
    assert world.record("1")["Total"] == 99.0
