"""What the review costs: a page of a long queue, and a page of a long document; `make bench-details` prints it."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.adapters.sql_ledger.users.tables import review_items, reviews
from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import ReviewFilter, ReviewItem
from pipeline.source_run.checks import remember_types
from tests.contracts.ledger.builders import a_ref
from tests.fakes.clock import FakeClock
from tests.integration.adapters.test_run_page import fill_run, show_run
from tests.servers.postgres import Postgres
from tests.unit.web.conftest import Office
from tests.unit.web.review.pages import page_of, stored_pages
from tests.unit.web.review.test_document import found, read_as

pytestmark = pytest.mark.bench

RECORDS = 50_000  # with two suggestions each
MOST_MS = 50.0
COLUMNS = ("Total", "DocDate", "Company", "Currency")
CLOCK = FakeClock()
FILTERS = {
    "all": ReviewFilter(user="Ana"),
    "source": ReviewFilter(source="bills", user="Ana"),
    "reason": ReviewFilter(reason="differs", user="Ana"),
    "rare column": ReviewFilter(column="Rare", user="Ana"),
    "column": ReviewFilter(column="Total", user="Ana"),
    "money": ReviewFilter(least_amount=9_990.0, user="Ana"),
    "age": ReviewFilter(since_before=CLOCK.now() - timedelta(days=399), user="Ana"),
}


@pytest.fixture(params=["sqlite", "postgres"])
def long_queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLedger]:
    """A ledger with 100,000 open suggestions, in each kind of database."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.create_database())
    with SqlLedger(url, clock=CLOCK) as ledger:
        _fill(ledger)
        yield ledger


def _fill(ledger: SqlLedger) -> None:
    rows, queued = [], []
    for number in range(RECORDS):
        items = list(_items(number))
        amount, now = items[0].amount, CLOCK.now()
        place = {
            "source": items[0].source,
            "container": "Bills",
            "pk": str(number),
        }
        rows += [
            {
                **place,
                "key": item.key,
                "review": item.review_id,
                "column_name": item.suggestion.column,
                "state": item.state.value,
                "reason": item.reason.value,
                "risk": item.risk,
                "amount": amount,
                "item": asdict(item),
                "run_id": "run-1",
                "updated_at": now,
            }
            for item in items
        ]
        queued.append(
            {
                **place,
                "id": items[0].review_id,
                "is_view": False,
                "open_items": len(items),
                "risk": max(item.risk for item in items),
                "claimed_by": "",
                "since": now - timedelta(days=number % 400),
                "amount": amount,
                "reasons": "".join(sorted({f" {item.reason} " for item in items})),
            }
        )
    session = ledger._session
    with session.writing("fill") as connection:
        connection.execute(review_items.insert(), rows)
        connection.execute(reviews.insert(), queued)
    _analyze(ledger)


def _analyze(ledger: SqlLedger) -> None:
    """Let the database count its rows, as it does by itself in time."""
    with ledger._session.engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()


def _items(number: int) -> Iterator[ReviewItem]:
    record = RecordRef("Bills", str(number))
    source = "bills" if number % 5 else "receipts"
    for place in (0, 1):
        column = COLUMNS[(number + place) % len(COLUMNS)]
        if number % 5_000 == 0 and place:
            column = "Rare"
        confidence = (number * 7_919 % 10_007) / 10_007
        current = None if number % 3 else "typed"
        left = Suggestion(column, current, "read", "it says so" * 5, confidence)
        amount = float(number % 10_000)
        yield ReviewItem(source, record, f"v{number}", left, amount=amount)


def test_a_page_of_a_long_queue(long_queue: SqlLedger):
    """Of 100,000 suggestions a page, its suggestions and its count take at most 50 ms, by indexes that EXPLAIN names."""
    ledger, took = long_queue, {}
    explained = _explain(ledger)
    for name, wanted in FILTERS.items():
        last = ledger.reviews.queue(wanted, limit=5)[-1].id
        took[f"queue, {name}"] = _ms(partial(_page, ledger, wanted, last))
        if wanted.column:
            took[f"table, {name}"] = _ms(partial(ledger.reviews.column_items, wanted))
    took["columns"] = _ms(ledger.reviews.columns)

    dialect = ledger._session.engine.dialect.name
    for name, ms in took.items():
        print(f"\n{dialect} {name}: {ms:.1f} ms", end="")
    print("\n" + "\n".join(dict.fromkeys(explained())))
    assert max(took.values()) <= MOST_MS


def _page(ledger: SqlLedger, wanted: ReviewFilter, after: str) -> None:
    """Do what the page does."""
    found = ledger.reviews.queue(wanted, after=after, limit=51)
    ledger.reviews.open_items([one.id for one in found])
    ledger.reviews.queue_length(wanted)


def _ms(act: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median of five times, by a clock in seconds."""
    times = []
    for _ in range(5):
        began = clock()
        act()
        times.append(1_000 * (clock() - began))
    return sorted(times)[2]


def _explain(ledger: SqlLedger) -> Callable[[], list[str]]:
    """Note how the database carries out each kind of query; return what it says."""
    engine, seen = ledger._session.engine, {}

    def note(
        _conn: object, _cursor: object, statement: str, parameters: object, *_: object
    ) -> None:
        if statement.startswith("SELECT"):
            seen.setdefault(statement, parameters)

    event.listen(engine, "before_cursor_execute", note)

    def said() -> list[str]:
        event.remove(engine, "before_cursor_execute", note)
        how = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        lines = []
        with engine.connect() as connection:
            for statement, parameters in seen.items():
                found = connection.exec_driver_sql(f"{how} {statement}", parameters).all()
                lines += [
                    str(row[-1]).strip()
                    for row in found
                    if "ndex" in str(row[-1]).lower() or "ix_" in str(row[-1])
                ]
        return lines

    return said


@pytest.fixture(params=["sqlite", "postgres"])
def long_run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLedger]:
    """A ledger with a run of 100,000 changes, in each kind of database."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.create_database())
    with SqlLedger(url, clock=CLOCK) as ledger:
        fill_run(ledger, RECORDS)
        _analyze(ledger)
        yield ledger


def test_a_page_of_a_long_run(long_run: SqlLedger):
    """Of a run of 100,000 changes a page takes at most 50 ms, and memory for what it shows."""
    last = long_run.effects.last_id()
    took, most_kib = {}, 0
    for name, after in (("first", 0), ("middle", last // 2), ("last", last - 100)):
        took[name] = _ms(partial(show_run, long_run, after=after))
    tracemalloc.start()
    show_run(long_run)
    most_kib = tracemalloc.get_traced_memory()[1] // 1024
    tracemalloc.stop()

    dialect = long_run._session.engine.dialect.name
    said = ", ".join(f"{name} page {ms:.1f} ms" for name, ms in took.items())
    print(f"\n{dialect} run of {2 * RECORDS:,} changes: {said}, {most_kib:,} KiB")
    assert max(took.values()) <= MOST_MS
    assert most_kib < 4_096


PAGES, CHARS_OF_A_PAGE = 40, 5_000  # 200 KB of text
MOST_CPU_MS = 150.0


def test_a_page_of_a_long_document(office: Office):
    """A document of 40 pages and 200 KB of text is shown within 150 ms of the server's CPU."""
    words = " ".join(f"word{number % 97} 1,{number % 1_000:03}.00" for number in range(1_000))
    lines = [words[at : at + 50] for at in range(0, CHARS_OF_A_PAGE, 50)]
    read_as(office, pages=PAGES, total=found("12.50", page=20))
    path = office.suggest(DocType="typed")
    remember_types(office.spec, target=office.world.caspio, ledger=office.world.ledger)
    objects = office.world.archive.objects
    for key in [key for key in objects if key.endswith(("text.txt", "pages.json"))]:
        one = page_of(*lines)
        objects[key] = stored_pages(*[one] * PAGES)
        if key.endswith("text.txt"):
            objects[key] = "\f".join(["\n".join(lines)] * PAGES).encode()
    browser = office.signed_in()
    took = []
    for number in (1, 20, 40, 20, 1):
        began = time.process_time()
        shown = browser.get(f"{path}?page={number}")
        took.append(1_000 * (time.process_time() - began))
        assert f"Page {number} of {PAGES}" in shown

    ms = sorted(took)[2]
    print(f"\na page of a document of {PAGES} pages: {ms:.0f} ms of CPU, {len(shown):,} characters")
    assert ms <= MOST_CPU_MS


FILES = 100_000


@pytest.fixture(params=["sqlite", "postgres"])
def many_files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlLedger]:
    """A ledger with 100,000 files, in each kind of database."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.url(server.create_database())
    with SqlLedger(url, clock=CLOCK) as ledger:
        refs = [a_ref(str(n), name=f"IMG_{n:06} Łódź.pdf") for n in range(FILES)]
        for begin in range(0, FILES, 5_000):
            ledger.files.seen(refs[begin : begin + 5_000], "run-1")
        _analyze(ledger)
        if request.param == "postgres":
            # As autovacuum does by itself: without it, each entry of an index leads to its row.
            with ledger._session.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("VACUUM files")
        yield ledger


@pytest.mark.parametrize("text", ["img", "099999", "ódź 4711", "nowhere", "77777"])
def test_a_file_among_many_is_found(many_files: SqlLedger, text: str):
    """Of 100,000 files those with a part of a name are found by an index alone, SQLite's in 50 ms of CPU."""
    explained = _explain(many_files)
    dialect = many_files._session.engine.dialect.name
    # SQLite searches in this process, so that its CPU time is all, however busy the machine is. What
    # a server takes is its own, and only the clock shows it.
    sqlite = dialect == "sqlite"
    clock, most_ms = (time.process_time, MOST_MS) if sqlite else (time.perf_counter, 2 * MOST_MS)
    ms = _ms(partial(many_files.files.search, text, limit=51), clock)
    lines = explained()

    print(f"\n{dialect} search {text}: {ms:.1f} ms", end="")
    assert any("ix_files_names" in line for line in lines), lines
    assert ms <= most_ms
