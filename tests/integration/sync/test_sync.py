import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.app.sync.run import decide_directly
from pipeline.errors import ArchiveUnavailable, BadSettings, ServiceUnavailable
from pipeline.model.sync import Side
from tests.integration.sync.world import COLUMNS, World, world
from tests.servers.postgres import Postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[World]:
    """An account with three orders, in sync both ways."""
    with world(tmp_path) as made:
        yield made


def settled(orders: World) -> bool:
    """Say whether a run finds nothing to do."""
    return orders.run().document["changes"] == {}


def test_the_first_run_makes_the_mirror(orders: World):
    """The table is created, and has every record with its values."""
    result = orders.run()

    assert result.document["changes"] == {"insert mirror": 3}
    assert orders.here()["c1"]["title"] == "Order 1"
    assert orders.here()["c1"]["note"] == "two\nlines"
    assert orders.here()["c2"]["note"] is None
    assert orders.run().document["rows"] == {"same": 3}


def test_both_sides_carry_over(orders: World):
    """Edits, new rows and values of every column go both ways, and then nothing is left to do."""
    orders.run()
    orders.edit_there("c1", Title="changed there", Paid=False)
    orders.edit_here("c1", "note", "changed here")
    orders.edit_here("c2", "amount", 9.5)
    orders.add_there("c8", Title="new there")
    orders.add_here("c9", title="new here")

    result = orders.run()

    assert result.report.is_green
    assert orders.here()["c1"]["title"] == "changed there"
    assert orders.there()["c1"]["Note"] == "changed here"
    assert orders.there()["c2"]["Amount"] == 9.5
    assert orders.here()["c8"]["title"] == "new there"
    assert orders.there()["c9"]["Title"] == "new here"
    assert settled(orders)


def test_only_what_is_replaced_needs_the_archive(orders: World):
    """Without it rows are inserted, and a row that would be overwritten stays as it is."""
    archive = orders.config.with_name("archive")
    archive.write_text("no folder")

    assert orders.run().document["changes"] == {"insert mirror": 3}
    orders.edit_there("c1", Title="changed there")
    with pytest.raises(ArchiveUnavailable, match="file where a folder is needed"):
        orders.run()
    assert orders.here()["c1"]["title"] == "Order 1"
    archive.unlink()
    orders.run()
    assert orders.here()["c1"]["title"] == "changed there"
    assert (archive / "owner.txt").read_text() == "this machine"


@pytest.mark.parametrize("sweep", [True, pytest.param(False, marks=pytest.mark.full)])
def test_a_plan_forecasts_every_call(orders: World, *, sweep: bool):
    """A plan writes nothing, and a run after it makes exactly the calls that the plan says."""
    orders.settle(changed_column="Changed")
    orders.run()
    orders.edit_there("c1", Title="changed there")
    orders.edit_here("c2", "title", "changed here")
    for number in range(70):
        orders.add_here(f"n{number}", title="new here")
    before = orders.there(), orders.here()

    plan = orders.plan(sweep=sweep)
    untouched = (orders.there(), orders.here()) == before
    run = orders.run(sweep=sweep)

    assert untouched
    assert plan.document["changes"] == run.document["changes"]
    assert plan.document["changes"] == {
        "update mirror": 1,
        "update caspio": 1,
        "insert caspio": 70,
    }
    assert plan.document["forecast_calls"]["total"] == run.document["caspio_calls"]["total"]


def test_an_increment_asks_for_changed_records_only(tmp_path: Path):
    """Between sweeps one call lists what changed, and rows of the mirror are read by PK_ID."""
    with world(tmp_path, records=2_500, changed_column="Changed") as orders:
        first = orders.run()
        orders.edit_here("c7", "title", "changed here")
        second = orders.run()

    assert first.document["caspio_calls"]["by"]["GET /v3/tables/{tableName}/records"] == 3
    assert not second.document["sweep"]
    # The records that the seed has just made are within the overlap of the first increment.
    assert second.document["changes"] == {"update caspio": 1}


def test_a_sweep_finds_what_is_gone(orders: World):
    """Rows that one side deleted are left on the other, or deleted there with the setting for it."""
    orders.run()
    orders.delete_there("c1")
    orders.delete_here("c2")

    left = orders.run(sweep=True)
    orders.settle(deletions="both", max_deletions=1)
    deleted = orders.run(sweep=True)

    assert left.document["rows"] == {"left": 2, "same": 1}
    assert deleted.document["changes"] == {"delete mirror": 1, "delete caspio": 1}
    assert orders.there().keys() == orders.here().keys() == {"c3"}
    assert settled(orders)


def test_many_deletions_need_a_user(orders: World):
    """More deletions than the share allows are not made before somebody has asked for them."""
    orders.settle(deletions="mirror")
    orders.run()
    for code in ("c1", "c2", "c3"):
        orders.delete_there(code)

    stopped = orders.run()
    kept = orders.here()
    asked = orders.run(delete_all=True)

    assert (stopped.report.is_green, stopped.document["deletions"]) == (
        False,
        {"found": 3, "left": 3},
    )
    assert "--delete" in stopped.report.notes[0]
    assert kept.keys() == {"c1", "c2", "c3"}
    assert asked.document["changes"] == {"delete mirror": 3}


def test_a_user_decides_a_conflict(orders: World):
    """Both values stay and are asked about once; what is decided is written by the next run."""
    orders.run()
    orders.edit_there("c1", Title="there")
    orders.edit_here("c1", "title", "here")
    orders.edit_there("c2", Title="there too")
    orders.edit_here("c2", "title", "here too")

    asked = orders.run()
    again = orders.run()
    both = orders.there()["c1"]["Title"], orders.here()["c1"]["title"]
    waiting = orders.status()["conflicts"]
    decide_directly(orders.config, "orders", '["c1"]', Side.MIRROR)
    decide_directly(orders.config, "orders", '["c2"]', Side.CASPIO, column="Title")
    decided = orders.run()

    assert (asked.document["rows"], again.document["rows"]) == (
        {"conflict": 2, "same": 1},
        {"conflict": 2, "same": 1},
    )
    assert not again.report.is_green
    assert both == ("there", "here")
    assert min(waiting, key=str) == {
        "key": '["c1"]',
        "column": "Title",
        "caspio": "there",
        "mirror": "here",
    }
    assert decided.document["changes"] == {"update caspio": 1, "update mirror": 1}
    assert orders.there()["c1"]["Title"] == "here"
    assert orders.here()["c2"]["title"] == "there too"
    assert settled(orders)
    with pytest.raises(BadSettings, match="No conflict"):
        decide_directly(orders.config, "orders", '["c1"]', Side.MIRROR)


def test_the_newest_change_wins(orders: World):
    """With times on both sides, the later of two changes is kept and the other one archived."""
    orders.settle(conflict="newest", changed_column="Changed", mirror_changed_column="changed_at")
    orders.run()
    later = datetime.now(UTC) + timedelta(hours=1)
    orders.edit_there("c1", Title="there")
    orders.edit_here("c1", "title", "here")
    orders.edit_here("c1", "changed_at", later.replace(tzinfo=None).isoformat(" "))
    orders.edit_there("c2", Title="there")
    orders.edit_here("c2", "title", "here")
    orders.edit_here("c2", "changed_at", "2001-01-01 00:00:00.000000")

    result = orders.run(sweep=True)

    assert result.report.is_green
    assert orders.there()["c1"]["Title"] == "here"
    assert orders.here()["c2"]["title"] == "there"
    replaced = (orders.folder / "archive" / "syncs").rglob("*.jsonl")
    rows = [json.loads(line) for file in replaced for line in file.read_text().splitlines()]
    assert {(row["side"], row["row"]["Title"]) for row in rows} == {
        ("caspio", "there"),
        ("mirror", "here"),
    }


def test_a_run_is_undone(orders: World):
    """An undo puts both sides back and stays put back; a later change is carried over again."""
    orders.settle(deletions="both", max_deletions=1)
    orders.run()
    before = orders.there(), orders.here()
    orders.edit_there("c1", Title="there")
    orders.edit_here("c2", "title", "here")
    orders.add_here("c9", title="new")
    orders.delete_there("c3")
    run = orders.run()

    undone = orders.undo(run.document["run_id"])
    quiet = orders.run(sweep=True)

    assert undone.document["changes"] == {
        "update caspio": 1,
        "delete caspio": 1,
        "update mirror": 1,
        "insert mirror": 1,
    }
    assert orders.here()["c1"]["title"] == "Order 1"
    assert orders.there()["c2"]["Title"] == "Order 2"
    assert "c9" not in orders.there()
    assert orders.here()["c3"] == before[1]["c3"]
    assert quiet.document["changes"] == {}

    orders.edit_here("c2", "title", "here again")
    orders.run()
    assert orders.there()["c2"]["Title"] == "here again"


def test_an_undo_leaves_what_has_changed_since(orders: World):
    """What a user typed after the run is neither overwritten nor forgotten in the report."""
    orders.run()
    orders.edit_here("c1", "title", "here")
    run = orders.run()
    orders.edit_there("c1", Title="typed since")

    undone = orders.undo(run.document["run_id"])

    assert undone.document["changes"] == {}
    assert "changed since" in undone.document["refused"][0]["reason"]
    assert orders.there()["c1"]["Title"] == "typed since"


def test_a_change_between_plan_and_write_is_kept(orders: World):
    """A record that changes just before the write to it is not overwritten; the next run looks."""
    orders.run()
    orders.edit_here("c1", "title", "here")
    pk = orders.there()["c1"]["PK_ID"]
    edit = {"table": "Orders", "pk": pk, "values": {"Note": "typed meanwhile"}}
    orders.emulator.control.fault(
        {"kind": "edit", "operation": "UpdateTableRecords", "edits": [edit], "when": "before"}
    )

    overtaken = orders.run()
    orders.run()

    assert overtaken.document["rows"]["overtaken"] == 1
    assert orders.there()["c1"]["Note"] == "typed meanwhile"
    assert orders.there()["c1"]["Title"] == "here"
    assert orders.here()["c1"]["note"] == "typed meanwhile"


@pytest.mark.parametrize(
    "operation", ["UpdateTableRecords", "CreateTableRecord", "DeleteTableRecords"]
)
def test_a_lost_answer_is_looked_up(orders: World, operation: str):
    """A write whose answer is lost is found, recorded as done, and not made a second time."""
    orders.settle(deletions="caspio", max_deletions=1)
    orders.run()
    orders.edit_here("c1", "title", "here")
    orders.add_here("c9", title="new")
    orders.delete_here("c3")
    orders.emulator.control.fault({"kind": "lost", "operation": operation})

    result = orders.run()

    assert result.document["changes"] == {
        "update caspio": 1,
        "insert caspio": 1,
        "delete caspio": 1,
    }
    assert orders.there().keys() == {"c1", "c2", "c9"}
    assert settled(orders)


def test_rows_that_do_not_fit_stay_and_are_named(orders: World):
    """A value that one side cannot hold keeps its row as it is on both, and the others go on."""
    orders.run()
    orders.edit_here("c1", "title", "emoji 😀")
    orders.edit_here("c2", "title", "fits")

    result = orders.run()

    assert not result.report.is_green
    assert result.document["refused"] == [
        {"row": '["c1"]', "reason": "Title at Caspio: Caspio takes no characters beyond U+FFFF, such as emoji"}
    ]  # fmt: skip
    assert orders.there()["c1"]["Title"] == "Order 1"
    assert orders.there()["c2"]["Title"] == "fits"


def test_what_caspio_refuses_keeps_nobody_waiting(orders: World):
    """A record that Caspio refuses is named with what Caspio said; the others are written."""
    orders.run()
    orders.edit_here("c1", "title", "one")
    orders.edit_here("c2", "title", "two")
    body = {"Code": "InvalidInputValue", "Message": "no"}
    orders.emulator.control.fault(
        {"kind": "status", "status": 400, "operation": "UpdateTableRecords", "body": body}
    )

    result = orders.run()

    assert result.document["changes"] == {"update caspio": 1}
    assert len(result.document["refused"]) == 1
    assert orders.run().document["changes"] == {"update caspio": 1}


def test_columns_that_do_not_fit_stop_the_start(orders: World):
    """Everything that is wrong with the columns is listed before anything is read."""
    orders.sql("CREATE TABLE orders (code TEXT, title INTEGER)")
    orders.settle(columns=COLUMNS | {"Nothing": "nothing"})
    with pytest.raises(BadSettings, match="has no column 'Nothing'"):
        orders.run()

    orders.settle(columns={"Code": "code", "Title": "title", "Note": "note"})
    with pytest.raises(BadSettings) as found:
        orders.run()

    problems = "\n".join(found.value.problems)
    assert "no primary key or unique constraint over code" in problems
    assert "'title' of the mirror has values of type int, not str" in problems
    assert "orders has no column 'note'" in problems


def test_one_direction_leaves_the_other_side_alone(orders: World):
    """A pull never writes to Caspio; what was typed in the mirror stays until Caspio changes it."""
    orders.settle(direction="pull", conflict="caspio", columns={**COLUMNS, "Tags": "tags"})
    orders.run()
    orders.edit_here("c1", "title", "typed here")
    kept = orders.run(sweep=True)
    typed = orders.here()["c1"]["title"]
    orders.edit_there("c1", Title="typed there")

    orders.run(sweep=True)

    assert orders.here()["c1"]["tags"] == '["new"]'
    assert (kept.document["changes"], typed) == ({}, "typed here")
    assert orders.here()["c1"]["title"] == "typed there"


def test_postgresql_is_a_mirror(tmp_path: Path, postgres: Postgres):
    """Money, dates, flags and conflicts behave in PostgreSQL as in SQLite."""
    name = postgres.create_database()
    try:
        with world(tmp_path, url=postgres.url(name)) as orders:
            first = orders.run()
            orders.edit_here("c1", "amount", "9.7500")
            orders.edit_there("c2", Day="2026-05-01T00:00:00", Paid=True)
            orders.add_here("c9", title="here", paid=True)
            second = orders.run()
            quiet = orders.run(sweep=True)
            there, here = orders.there(), orders.here()
    finally:
        postgres.drop_database(name)

    assert first.document["changes"] == {"insert mirror": 3}
    assert second.document["changes"] == {
        "update caspio": 1,
        "update mirror": 1,
        "insert caspio": 1,
    }
    assert quiet.document["changes"] == {}
    assert there["c1"]["Amount"] == 9.75
    assert here["c2"]["day"].isoformat() == "2026-05-01T00:00:00"
    assert (here["c2"]["paid"], there["c9"]["Paid"]) == (True, True)


def test_no_password_of_the_mirror_is_shown(tmp_path: Path):
    """A mirror that cannot be reached is named without its password."""
    url = "postgresql+psycopg://user:canary-password@127.0.0.1:1/nothing"
    seed = tmp_path / "w"
    seed.mkdir()
    with world(seed, url=url) as orders, pytest.raises(ServiceUnavailable, match="mirror") as found:
        orders.run()

    assert "canary-password" not in str(found.value)
