"""Dates that users type: where two days may be meant, the page asks before it writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.web.review import document
from flows.web.review.words import PageWord, date_order_of
from pipeline.model import RecordRef
from pipeline.model.review import review_id
from pipeline.settings import Settings
from pipeline.source_run.checks import remember_types
from tests.unit.pipeline.world import World
from tests.unit.web.conftest import SETTINGS, Office, form_of, load, opened, words
from tests.unit.web.review.test_decisions import decide
from tests.unit.web.review.test_document import found, read_as


def _month_first() -> str:
    """Return settings of an account that writes the month first."""
    text = SETTINGS.replace('DocType = "doc_type"\nTotal = "total"', 'DocDate = "date"')
    return text + '[processing]\ndate_order = "mdy"\n'


@contextmanager
def _reviewed(world: World, settings: Settings) -> Iterator[tuple[Office, str]]:
    """Open the review of a receipt whose page writes the day first; yield it with its path."""
    world.caspio.table("Receipts", DocDate="DATE_TIME", Scan="ATTACHMENT")
    world.receipt("1", "date=2026-05-05", DocDate="2026-01-01T00:00:00")
    with opened(world, settings) as office:
        read_as(office, pages=1, lines=("printed on 31/05/2026",))
        world.run(office.spec)
        remember_types(office.spec, target=world.caspio, ledger=world.ledger)
        yield office, f"/review/{review_id('receipts', RecordRef('Receipts', '1'))}"


@pytest.mark.parametrize(
    ("order", "first"), [("dmy", "3 April 2026"), ("mdy", "4 March 2026"), ("", "")]
)
def test_a_date_that_is_two_is_asked_about_before_it_is_written(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, first: str
):
    """The page says which day it takes it for, by the account's order, and offers both; a button writes."""
    world.caspio.table("Receipts", DocDate="DATE_TIME", Scan="ATTACHMENT")
    world.receipt("1", "date=2026-05-05", DocDate="2026-01-01T00:00:00")
    text = SETTINGS.replace('DocType = "doc_type"\nTotal = "total"', 'DocDate = "date"')
    text += f'[processing]\ndate_order = "{order}"\n'
    with opened(world, load(tmp_path, monkeypatch, text)) as office:
        world.run(office.spec)
        remember_types(office.spec, target=world.caspio, ledger=world.ledger)
        path = f"/review/{review_id('receipts', RecordRef('Receipts', '1'))}"
        browser = office.signed_in()
        page = decide(browser, path, "correct", text="03/04/2026")

        assert "03/04/2026 is two dates. Nothing is written yet." in words(page)
        assert (f"In the order of this account it is {first}" in words(page)) == bool(order)
        assert world.record("1")["DocDate"] == "2026-01-01T00:00:00"
        assert {f'value="{day}"' in page for day in ("2026-03-04", "2026-04-03")} == {True}
        browser.post(f"{path}/decide", **form_of(page, "/decide"), pick="2026-03-04")
        assert world.record("1")["DocDate"] == "2026-03-04T00:00:00"


def test_the_order_of_the_document_is_before_that_of_the_account(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A page that has 31/05/2026 writes the day first, whatever the account does."""
    with _reviewed(world, load(tmp_path, monkeypatch, _month_first())) as (office, path):
        page = decide(office.signed_in(), path, "correct", text="03/04/2026")

    assert "In the order of this document it is 3 April 2026" in words(page)


def test_a_date_that_is_two_is_asked_about_while_the_archive_is_away(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The page of the document cannot be asked for its order, so that of the account is named."""
    with _reviewed(world, load(tmp_path, monkeypatch, _month_first())) as (office, path):
        browser = office.signed_in()
        before = browser.get(path)
        world.archive.down = "The archive does not answer. Start it."
        form = form_of(before, "/decide")
        page = browser.post(f"{path}/decide", **form, choice="correct", text="03/04/2026")

    assert "In the order of this account it is 4 March 2026" in words(page)


@pytest.mark.parametrize(
    ("printed", "order"),
    [
        ("31/05/2026", "dmy"),
        ("05-31-2026", "mdy"),
        ("05/05/2026", ""),
        ("31/05/2026 05/31/2026", ""),
    ],
)
def test_a_day_after_the_12th_shows_the_order(printed: str, order: str):
    """What could be read both ways, and a page with both orders, decide nothing."""
    page = [PageWord(text, 0, (0.0, 0.0, 1.0, 1.0)) for text in printed.split()]

    assert date_order_of(page) == order


@pytest.mark.parametrize(
    "printed", ["12-34-56", "08-92-99", "11.45.30", "10/50/2026", "00/13/2026", "05/31-2026"]
)
def test_what_is_no_date_shows_no_order(printed: str):
    """Sort codes, times and impossible days put no date on the main button."""
    assert date_order_of([PageWord(printed, 0, (0.0, 0.0, 1.0, 1.0))]) == ""


def test_the_order_is_that_of_the_page_that_the_value_was_read_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Another page that is shown meanwhile, such as one of another document, decides nothing."""
    world.caspio.table("Receipts", DocDate="DATE_TIME", Scan="ATTACHMENT")
    world.receipt("1", "date=2026-05-05", DocDate="2026-01-01T00:00:00")
    text = SETTINGS.replace('DocType = "doc_type"\nTotal = "total"', 'DocDate = "date"')
    box = (0.0, 0.0, 1.0, 1.0)
    pages = {1: [PageWord("05/31/2026", 0, box)], 2: [PageWord("31/05/2026", 0, box)]}
    with opened(world, load(tmp_path, monkeypatch, text)) as office:
        read_as(office, date=found("2026-05-05", page=2))
        world.run(office.spec)
        remember_types(office.spec, target=world.caspio, ledger=world.ledger)
        monkeypatch.setattr(document, "words_of", lambda *place: pages[place[-1]])
        path = f"/review/{review_id('receipts', RecordRef('Receipts', '1'))}"
        browser = office.signed_in()
        form = {**form_of(browser.get(path), "/decide"), "page": "1"}
        page = browser.post(f"{path}/decide", **form, choice="correct", text="03/04/2026")

    assert "In the order of this document it is 3 April 2026" in words(page)
