"""One column across documents: its rows, what is left out, and accepting the rest."""

import re

import pytest

from pipeline.model import EffectKind
from pipeline.model.review import ReviewState
from pipeline.model.users import Role
from tests.unit.web.conftest import HOSTILE, Browser, Office, words

TABLE = "/review/table?column=Total"


def rows_of(html: str) -> list[str]:
    """Return what the form sends of each row."""
    return re.findall(r'<input type="hidden" name="row" value="([^"]*)">', html)


def accept(
    office: Office, browser: Browser, rows: list[str], *leave: str, status: int = 200
) -> str:
    """Send rows as the form does, and return the page after they were written."""
    browser.post("/review/table", status=status, column="Total", row=rows, leave=list(leave))
    office.site.jobs.wait()
    return words(browser.get(TABLE))


def totals(office: Office) -> dict[str, object]:
    """Return what the records hold."""
    return {pk: office.world.record(pk)["Total"] for pk in office.world.caspio.tables["Receipts"]}


def test_a_column_is_listed_across_documents(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Each row has its record, both values, how certain and why; the pages follow one another."""
    monkeypatch.setattr("flows.web.review.table.PAGE", 2)
    for pk in "123":
        office.suggest(pk, DocType="typed")
    browser = office.signed_in()
    first = browser.get(TABLE)
    more = first.partition(">Next page<")[0].rpartition('href="')[2].partition('"')[0]
    second = browser.get(more.replace("&amp;", "&"))

    assert "99.00 12.50 99 % the column already holds a value" in words(first)
    # On a narrow screen the last columns are out of sight.
    assert "Record Leave out In the record Read Sure Why it waits" in words(first)
    assert len(rows_of(first)) == 2
    assert len(rows_of(second)) == 1
    assert not set(rows_of(first)) & set(rows_of(second))
    assert "Choose a column" in words(browser.get("/review/table"))
    assert 'href="/review/table?column=Total"' in browser.get("/review/table")
    assert "Nothing waits" in words(browser.get("/review/table?column=Missing"))


def test_rows_are_accepted_without_those_left_out(office: Office):
    """Each row is a decision of its own, with its effect and its entry; what is left out waits on."""
    for pk in "123":
        office.suggest(pk)
    browser = office.signed_in()
    sent = rows_of(browser.get(TABLE))
    page = accept(office, browser, sent, sent[0])

    ledger = office.world.ledger
    waiting = [one for one in ledger.effects.review_items("receipts") if one.state == "open"]
    written = [one for one in ledger.effects.find() if one.kind is EffectKind.APPLY_DECISION]
    assert sorted(map(str, totals(office).values())) == ["12.5", "12.5", "99.0"]
    assert [f"{one.review_id} {one.key}" for one in waiting] == [sent[0].rpartition(" ")[0]]
    assert len(written) == 2
    assert "done 2 of 2 written." in page
    assert [entry.action for entry in ledger.users.audit_trail()].count("accept") == 2


def test_a_conflict_is_listed_and_the_other_rows_are_written(office: Office):
    """A record that has changed is left as it is and named; nothing of it is half done, and the rest is written."""
    for pk in "123":
        office.suggest(pk)
    browser = office.signed_in()
    sent = rows_of(browser.get(TABLE))
    office.world.caspio.tables["Receipts"]["2"]["Total"] = 50.0
    page = accept(office, browser, sent)

    assert totals(office) == {"1": 12.5, "2": 50.0, "3": 12.5}
    assert "in part 2 of 3 written. These records were left as they are:" in page
    assert "Record 2: The record has changed: Total was 99.00 and is 50.00." in page


def test_what_others_review_or_have_changed_is_not_accepted(office: Office):
    """A row that somebody has claimed since, and one that is not any more as it was seen, are left and named."""
    paths = [office.suggest(pk) for pk in "12"]
    browser = office.signed_in()
    sent = rows_of(browser.get(TABLE))
    office.signed_in(name="Bob").post(f"{paths[0]}/claim")
    stored = office.world.caspio.attachments["Receipts", "Scan", "2"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=13", "2026-05-05"
    office.world.run(office.spec)
    page = accept(office, browser, sent)

    assert totals(office) == {"1": 99.0, "2": 99.0}
    assert "Record 1: Bob is reviewing this record." in page
    assert "what is suggested has changed" in page
    assert "claimed by Bob" in page


def test_a_second_click_accepts_nothing_again(office: Office):
    """The same rows sent twice are written once."""
    office.suggest()
    browser = office.signed_in()
    sent = rows_of(browser.get(TABLE))
    accept(office, browser, sent)
    page = accept(office, browser, sent)

    written = [
        one for one in office.world.ledger.effects.find() if one.kind is EffectKind.APPLY_DECISION
    ]
    assert len(written) == 1
    assert "0 of 1 written." in page


@pytest.mark.parametrize(
    "rows", [[], ["x"], ["a b c"], ["é" * 500], [HOSTILE.replace("\ud800", "")]]
)
def test_rows_that_are_none_change_nothing(office: Office, rows: list[str]):
    """A form without rows is refused; made up rows are written nowhere."""
    office.suggest()
    page = accept(office, office.signed_in(), rows, status=200 if rows else 400)

    assert totals(office) == {"1": 99.0}
    assert "<script>alert" not in page


def test_a_viewer_looks_and_accepts_nothing(office: Office):
    """A viewer sees the rows without a button; sending them is an address that does not exist."""
    office.suggest()
    viewer = office.signed_in(Role.VIEWER)
    page = viewer.get(TABLE)
    viewer.post("/review/table", status=404, column="Total", row="x")

    assert "Accept the rows" not in page
    assert "12.5" in words(page)
    assert [one.state for one in office.world.ledger.effects.review_items("receipts")] == [
        ReviewState.OPEN
    ]
