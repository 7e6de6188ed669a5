"""The undo of a decision: what the trail says of it, and when nothing is left to decide."""

from flows.app.review.decisions import seen_of
from pipeline.model.review import ReviewState
from tests.unit.web.conftest import Office, form_of, words
from tests.unit.web.review.test_decisions import decide, state


def test_the_trail_says_what_an_undo_puts_back(office: Office):
    """It names the value that comes back, and not the same one twice."""
    path = office.suggest()
    browser = office.signed_in()
    page = decide(browser, path, "accept")
    browser.post(f"{path}/undo", **form_of(page, "/undo"))

    trail = office.world.ledger.users.audit_trail(subject=path.rpartition("/")[2])
    assert trail[0].detail == "receipts, record 1, Total: back to 99.00"


def test_a_value_that_somebody_else_wrote_waits_for_nobody(office: Office):
    """Where the record holds what was read without our doing, an undo asks nobody about it again."""
    path = office.suggest()
    browser = office.signed_in()
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 12.5
    decided = decide(browser, path, "accept")
    (item,) = office.world.ledger.effects.review_items("receipts")
    page = browser.post(f"{path}/undo", status=409, key=item.key, seen=seen_of(item))

    assert "/undo" not in decided
    assert "the record had this value already, so nothing was written" in words(decided)
    trail = office.world.ledger.users.audit_trail(subject=item.review_id)
    assert ("accept wrote nothing", "receipts, record 1, Total: the record had 12.50 already") in {
        (entry.action, entry.detail) for entry in trail
    }
    assert "there is nothing to decide again" in words(page)
    assert state(office) == [ReviewState.ACCEPTED]
    assert office.world.record("1")["Total"] == 12.5


def test_a_decision_needs_no_archive_and_its_undo_does(office: Office):
    """What is taken back is noted in the manifest: without it nothing is changed."""
    path = office.suggest()
    browser = office.signed_in()
    office.world.archive.down = "The archive cannot be reached. Check the network."
    page = browser.get(path)
    decided = browser.post(f"{path}/decide", choice="accept", **form_of(page, "/decide"))
    undo = form_of(browser.get(path), "/undo")
    assert "The page cannot be shown. The archive cannot be reached. Check the network." in words(
        page
    )
    assert "<image" not in page
    assert "Total was accepted and written." in words(decided)
    assert state(office) == [ReviewState.ACCEPTED]
    assert office.world.record("1")["Total"] == 12.5

    refused = browser.post(f"{path}/undo", status=409, **undo)
    assert "Nothing was changed." in words(refused)

    assert state(office) == [ReviewState.ACCEPTED]
    assert office.world.record("1")["Total"] == 12.5
    office.world.archive.down = ""
    browser.post(f"{path}/undo", **undo)
    assert office.world.record("1")["Total"] == 99
