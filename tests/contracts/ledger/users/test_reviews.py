"""What every ledger promises about reviews: the queue, claims, and what is postponed."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from pipeline.adapters.sql_ledger import SqlLedger
from pipeline.model import RecordRef, Suggestion, Value
from pipeline.model.review import ReviewFilter, ReviewItem, ReviewReason, ReviewState, review_id
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

ANY = ReviewFilter()
TEN = timedelta(minutes=10)


def _item(
    pk: str,
    column: str = "Total",
    *,
    current: Value = None,
    confidence: float = 0.4,
    source: str = "receipts",
) -> ReviewItem:
    suggestion = Suggestion(column, current, 12.5, "it says so", confidence)
    return ReviewItem(source, RecordRef("Receipts", pk), f"v{pk}", suggestion)


def _save(ledger: Ledger, *items: ReviewItem) -> None:
    for item in items:
        ledger.effects.save_review_item(item, "run-1")


def _pks(ledger: Ledger, wanted: ReviewFilter = ANY, **options: str | int) -> list[str]:
    return [one.record.pk for one in ledger.reviews.queue(wanted, **options)]  # type: ignore[arg-type]


def _id(pk: str) -> str:
    return review_id("receipts", RecordRef("Receipts", pk))


def test_the_riskiest_comes_first(ledger: Ledger):
    """A certain finding beside another value is riskier than an uncertain one beside nothing; of several items the worst counts."""
    _save(
        ledger,
        _item("1", confidence=0.4),
        _item("2", confidence=0.2),
        _item("3", current=9.0, confidence=0.98),
        _item("4", confidence=0.45),
        _item("4", "Date", current="2026-01-01", confidence=0.7),
    )

    first, *_ = ledger.reviews.queue(ANY)

    assert _pks(ledger) == ["3", "2", "4", "1"]
    assert (first.source, first.open_items, first.risk) == ("receipts", 1, 0.98)
    assert ledger.reviews.queue_length(ANY) == 4


def test_a_page_goes_on_behind_a_review(ledger: Ledger):
    """Pages follow one another without a gap, also behind a review that was decided meanwhile."""
    _save(ledger, *(_item(str(number), confidence=number / 10) for number in range(1, 6)))
    first = _pks(ledger, limit=2)
    _save(ledger, replace(_item("2", confidence=0.2), state=ReviewState.ACCEPTED))

    assert first == ["1", "2"]
    assert _pks(ledger, after=_id("2"), limit=2) == ["3", "4"]
    assert _pks(ledger, after=_id("5")) == []
    assert _pks(ledger, after="unknown", limit=1) == ["1"]


def test_a_decision_does_not_move_the_place_in_the_queue(ledger: Ledger):
    """Behind a record of two values is what was behind it when it was opened, after one decision and after both; a run moves it."""
    risky = _item("1", "Date", current="2026-01-01", confidence=0.9)
    _save(ledger, risky, _item("1", confidence=0.7), _item("2", confidence=0.2))
    _save(ledger, replace(risky, state=ReviewState.ACCEPTED))
    after_one = _pks(ledger, after=_id("1"))
    _save(ledger, replace(_item("1", confidence=0.7), state=ReviewState.REJECTED))
    after_both = _pks(ledger, after=_id("1"))
    _save(ledger, _item("1", confidence=0.7))

    assert (after_one, after_both, _pks(ledger)) == (["2"], ["2"], ["2", "1"])


def test_what_is_decided_leaves_the_queue(ledger: Ledger):
    """A review waits as long as one of its suggestions is open; a new one brings it back."""
    _save(ledger, _item("1"), _item("1", "Date"))
    _save(ledger, replace(_item("1"), state=ReviewState.REJECTED))
    half = _pks(ledger)
    _save(ledger, replace(_item("1", "Date"), state=ReviewState.ACCEPTED))
    none = _pks(ledger)
    _save(ledger, _item("1"))

    assert (half, none, _pks(ledger)) == (["1"], [], ["1"])


def test_the_queue_can_be_narrowed(ledger: Ledger):
    """Source, column and reason each narrow it; only open suggestions count."""
    _save(
        ledger,
        _item("1"),
        _item("2", "Date", current="2026-01-01", confidence=0.3),
        _item("3", source="bills"),
        replace(_item("3", "Date", source="bills"), state=ReviewState.ACCEPTED),
    )

    assert _pks(ledger, ReviewFilter(source="bills")) == ["3"]
    assert _pks(ledger, ReviewFilter(column="Date")) == ["2"]
    assert sorted(_pks(ledger, ReviewFilter(reason="unsure"))) == ["1", "3"]
    assert _pks(ledger, ReviewFilter(reason="differs", column="Total")) == []
    assert ledger.reviews.queue_length(ReviewFilter(column="Date")) == 1
    assert ledger.reviews.columns() == ["Date", "Total"]


def test_the_queue_can_be_narrowed_by_money_and_age(ledger: Ledger, clock: FakeClock):
    """Less money than asked for, none at all, and what began to wait later are left out; a record that was decided begins to wait again."""
    old = clock.now()
    _save(ledger, replace(_item("1"), amount=500.0), replace(_item("1", "Date"), amount=700.0))
    _save(ledger, replace(_item("2"), amount=99.5), _item("3"))
    clock.advance(86_400)
    _save(ledger, _item("4"))
    rich, aged = ReviewFilter(least_amount=100.0), ReviewFilter(since_before=old)
    before = [_pks(ledger, rich), sorted(_pks(ledger, aged))]
    _save(ledger, replace(_item("2"), state=ReviewState.REJECTED))
    _save(ledger, _item("2"))

    first = ledger.reviews.review(_id("1"))
    assert first is not None
    assert (first.amount, first.since) == (700.0, old)
    assert before == [["1"], ["1", "2", "3"]]
    assert sorted(_pks(ledger, aged)) == ["1", "3"]


def test_the_open_suggestions_of_reviews_come_at_once(ledger: Ledger):
    """Those of the named reviews, the riskiest first, without what is decided; why one was asked is kept."""
    doubt = replace(_item("1", "Date", current="2026-01-01"), given=ReviewReason.DOUBT)
    decided = replace(_item("2", "Date"), state=ReviewState.REJECTED)
    _save(ledger, _item("1", confidence=0.9), doubt, _item("2"), decided, _item("3"))

    found = ledger.reviews.open_items([_id("1"), _id("2")])

    assert [(one.record.pk, one.suggestion.column, one.reason) for one in found] == [
        ("2", "Total", "unsure"),
        ("1", "Date", "doubt"),
        ("1", "Total", "unsure"),
    ]
    assert found[1] == doubt
    assert ledger.reviews.open_items([]) == []
    assert _pks(ledger, ReviewFilter(reason="doubt")) == ["1"]


def test_one_column_is_listed_across_records(ledger: Ledger):
    """The table of a column has its open suggestions in pages, and the queue's other filters narrow it."""
    _save(
        ledger,
        *(_item(str(number), confidence=number / 10) for number in range(1, 6)),
        _item("6", "Date"),
        replace(_item("7", confidence=0.1), state=ReviewState.ACCEPTED),
        _item("8", current=9.0, confidence=0.95, source="bills"),
    )
    ledger.reviews.claim(_id("2"), "Bob", lasts=TEN)
    ledger.reviews.postpone(_id("4"), until=ledger.reviews.review(_id("4")).since + TEN)  # type: ignore[union-attr,operator]  # it was just saved

    def pks(wanted: ReviewFilter, **more: object) -> list[str]:
        found = ledger.reviews.column_items(replace(wanted, column="Total"), **more)  # type: ignore[arg-type]
        return [one.record.pk for one in found]

    last = ledger.reviews.column_items(ReviewFilter(column="Total"), limit=3)[-1]
    assert pks(ANY) == ["8", "1", "2", "3", "5"]
    assert pks(ANY, after=last.key, limit=2) == ["3", "5"]
    assert pks(ReviewFilter(source="receipts", user="Ana")) == ["1", "3", "5"]
    assert pks(ReviewFilter(reason="differs")) == ["8"]


def test_a_claim_lasts_for_its_time(ledger: Ledger, clock: FakeClock):
    """What Ana has claimed is not Bob's until the time is over; her own claim she may renew."""
    _save(ledger, _item("1"))
    claims = [ledger.reviews.claim(_id("1"), "Ana", lasts=TEN)]
    clock.advance(300)
    claims += [ledger.reviews.claim(_id("1"), name, lasts=TEN) for name in ("Ana", "Bob")]
    clock.advance(600)
    claims.append(ledger.reviews.claim(_id("1"), "Bob", lasts=TEN))

    assert [claim.claimed_by for claim in claims if claim] == ["Ana", "Ana", "Ana", "Bob"]


def test_a_claim_can_be_taken_over_and_released(ledger: Ledger):
    """Taking over is asked for; only who has claimed it releases it."""
    _save(ledger, _item("1"))
    ledger.reviews.claim(_id("1"), "Ana", lasts=TEN)
    taken = ledger.reviews.claim(_id("1"), "Bob", lasts=TEN, take_over=True)
    ledger.reviews.release(_id("1"), "Ana")
    kept = ledger.reviews.review(_id("1"))
    ledger.reviews.release(_id("1"), "Bob")
    free = ledger.reviews.review(_id("1"))

    assert [one.claimed_by for one in (taken, kept, free) if one] == ["Bob", "Bob", ""]


def test_what_others_have_claimed_is_left_out_for_a_user(ledger: Ledger, clock: FakeClock):
    """The queue of a user has what is free and what is theirs; of everybody it has all."""
    _save(ledger, _item("1"), _item("2"))
    ledger.reviews.claim(_id("1"), "Ana", lasts=TEN)
    before = [sorted(_pks(ledger, ReviewFilter(user=name))) for name in ("", "Ana", "Bob")]
    clock.advance(600)

    assert before == [["1", "2"], ["1", "2"], ["2"]]
    assert sorted(_pks(ledger, ReviewFilter(user="Bob"))) == ["1", "2"]


def test_what_is_postponed_comes_back(ledger: Ledger, clock: FakeClock):
    """Until its moment a review is not in the queue but among what is postponed, and its column is in no list; its claim has ended."""
    _save(ledger, _item("1"))
    ledger.reviews.claim(_id("1"), "Ana", lasts=TEN)
    ledger.reviews.postpone(_id("1"), until=clock.now() + timedelta(days=1))
    known = ledger.reviews.review(_id("1"))
    later = ReviewFilter(is_postponed=True)
    away = [_pks(ledger), _pks(ledger, later), ledger.reviews.columns()]
    clock.advance(86_400)

    assert known is not None
    assert (known.claimed_by, away) == ("", [[], ["1"], []])
    assert (_pks(ledger), _pks(ledger, later), ledger.reviews.columns()) == (["1"], [], ["Total"])


def test_what_does_not_exist_cannot_be_claimed(ledger: Ledger):
    """An unknown review is nobody's."""
    assert ledger.reviews.claim("nothing", "Ana", lasts=TEN) is None
    assert ledger.reviews.review("nothing") is None


def test_of_many_who_claim_at_once_one_gets_it(empty_url: str, clock: FakeClock):
    """Two reviewers cannot both have a review."""
    with SqlLedger(empty_url, clock=clock) as ledger, ThreadPoolExecutor(8) as pool:
        _save(ledger, _item("1"))
        claims = pool.map(
            lambda name: ledger.reviews.claim(_id("1"), name, lasts=TEN), map(str, range(8))
        )

    assert len({claim.claimed_by for claim in claims if claim}) == 1


@pytest.mark.parametrize("source", ["", "receipts"])
def test_a_page_of_the_queue_is_one_range_of_an_index(
    tmp_path: object, clock: FakeClock, source: str
):
    """The queue is read in the order of an index, not sorted: its length does not matter."""
    with SqlLedger(f"sqlite:///{tmp_path}/ledger.db", clock=clock) as ledger:
        _save(ledger, _item("1"))
        chosen = f"AND source = '{source}'" if source else ""
        query = f"EXPLAIN QUERY PLAN SELECT * FROM reviews WHERE open_items > 0 {chosen} "  # noqa: S608 - a test's own words
        with ledger._session.engine.connect() as connection:
            plan = str(
                connection.execute(text(query + "ORDER BY risk DESC, id DESC LIMIT 50")).all()
            )

    assert "ix_reviews_source" in plan if source else "ix_reviews_queue" in plan
    assert "TEMP B-TREE" not in plan
