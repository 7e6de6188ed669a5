"""What the page of a run costs in a database: it grows with what is shown, not with the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import event

from flows.web import runs
from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.sql_ledger.rows import dump_effect
from pipeline.adapters.sql_ledger.tables import effects
from pipeline.model import Effect, EffectKind, EffectState
from tests.contracts.ledger.builders import a_ref
from tests.fakes.clock import FakeClock

CLOCK = FakeClock()


def fill_run(ledger: SqlLedger, records: int) -> None:
    """Have a run that wrote values to so many records and renamed their files."""
    refs = [a_ref(str(number)) for number in range(records)]
    ledger.files.seen(refs, "run-1")
    rows = []
    for ref in refs:
        for kind, before, after in (
            (EffectKind.UPDATE_COLUMNS, {"Total": None}, {"Total": 12.5}),
            (EffectKind.RENAME_ATTACHMENT, {"name": "scan.pdf"}, {"name": "receipt.pdf"}),
        ):
            assert ref.record is not None
            effect = Effect(kind, ref.version, "Receipts", ref.record.pk, before, after)
            state = EffectState.VERIFIED
            rows.append(
                dump_effect(effect) | {"state": state, "run_id": "run-1", "at": CLOCK.now()}
            )
    with ledger._session.writing("fill") as connection:
        connection.execute(effects.insert(), rows)


@contextmanager
def statements(ledger: SqlLedger) -> Iterator[list[str]]:
    """Note the statements that are carried out."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(ledger._session.engine, "before_cursor_execute", note)
    yield seen
    event.remove(ledger._session.engine, "before_cursor_execute", note)


def show_run(ledger: SqlLedger, *, after: int = 0) -> int:
    """Do what the page does; return how many records it shows."""
    site: Any = SimpleNamespace(ledger=ledger)
    runs.seen_of(site)
    looked = runs.next_page(site, "run-1", after=after)
    return len(runs.rows_of(site, runs.undoable(looked.effects)))


def test_the_page_of_a_run_asks_as_much_of_a_long_run_as_of_a_short_one(tmp_path: Path):
    """Statements do not grow with the run, nor with the records of the page."""
    counted = []
    for records in (60, 600):
        with SqlLedger(f"sqlite:///{tmp_path / str(records)}.db", clock=CLOCK) as ledger:
            fill_run(ledger, records)
            with statements(ledger) as seen:
                count = show_run(ledger)
            counted.append((count, sum(one.startswith("SELECT") for one in seen)))

    assert counted == [(50, counted[0][1])] * 2
    assert counted[0][1] <= 8
