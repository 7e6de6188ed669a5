"""Decisions that are refused: the page stays, and what was typed is kept."""

import pytest

from tests.unit.web.conftest import Office, form_of, words


def test_what_was_typed_is_kept_where_somebody_else_has_taken_over(office: Office):
    """Whose record it is, is said beside the document, with the value that was not written."""
    path = office.suggest()
    ana, bob = office.signed_in(name="Ana"), office.signed_in(name="Bob")
    form = form_of(ana.get(path), "/decide")
    bob.post(f"{path}/claim")

    page = ana.post(f"{path}/decide", status=409, **form, choice="correct", text="77.77")

    assert "not done Bob is reviewing this. Nothing was written." in words(page)
    assert "What you typed 77.77" in words(page)
    assert "/decide" not in page
    assert 'id="panel"' in page
    assert office.world.record("1")["Total"] == 99.0


def test_what_was_typed_is_kept_where_something_else_is_suggested_now(office: Office):
    """Nothing is decided beside a picture of the file before; what was typed can be copied."""
    path = office.suggest()
    browser = office.signed_in()
    form = form_of(browser.get(path), "/decide")
    stored = office.world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=13", "2026-05-05"
    office.world.run(office.spec)

    page = browser.post(f"{path}/decide", status=409, **form, choice="correct", text="77.77")

    assert "Load the page again" in words(page)
    assert "What you typed 77.77" in words(page)
    assert "/decide" not in page
    assert office.world.record("1")["Total"] == 99.0


@pytest.mark.parametrize("action", ["accept-all", "undo"])
def test_whose_record_it_is_is_said_beside_the_document(office: Office, action: str):
    """Whatever button is pressed on a record that somebody else reviews, its page stays."""
    path = office.suggest()
    ana, bob = office.signed_in(name="Ana"), office.signed_in(name="Bob")
    bob.post(f"{path}/claim")

    page = ana.post(f"{path}/{action}", status=409)

    assert "Bob is reviewing this. Nothing was written." in words(page)
    assert 'id="panel"' in page
