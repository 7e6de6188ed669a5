"""Conflicts of a sync on the review page: a side is chosen, and the next run carries it out."""

from html import unescape

import pytest

from pipeline.model import RecordRef, Suggestion
from pipeline.model.review import ReviewItem, ReviewState, review_id
from pipeline.model.users import Role
from tests.unit.web.conftest import SAME_SITE, Browser, Office, form_of, words

SOURCE = "sync:customers"
ROW = RecordRef("Customers", "C-7")


@pytest.fixture
def path(office: Office) -> str:
    """The address of a conflict that waits."""
    suggestion = Suggestion("City", "Lyon", "Paris", "both sides changed it")
    item = ReviewItem(SOURCE, ROW, version="", suggestion=suggestion)
    office.world.ledger.effects.save_review_item(item, "run-1")
    return f"/review/{review_id(SOURCE, ROW)}"


def decide(browser: Browser, path: str, choice: str, status: int = 200) -> str:
    """Decide on the conflict as its form does."""
    form = form_of(browser.get(path), "/decide")
    return browser.post(f"{path}/decide", status=status, **form, choice=choice, text="Rome")


def state(office: Office) -> ReviewState:
    """Return the state of the conflict."""
    (item,) = office.world.ledger.effects.review_items(SOURCE)
    return item.state


@pytest.mark.parametrize(
    ("choice", "found", "said"),
    [
        ("accept", ReviewState.ACCEPTED, "City takes the mirror's value with the next run"),
        ("reject", ReviewState.REJECTED, "City keeps Caspio's value; the next run of the sync"),
    ],
)
def test_a_side_is_chosen(
    office: Office, path: str, choice: str, found: ReviewState, said: str
) -> None:
    """Nothing is written by the page, and it does not say so."""
    browser = office.signed_in(Role.REVIEWER)

    assert "Lyon" in words(browser.get("/review"))
    assert said in unescape(words(decide(browser, path, choice)))
    assert state(office) is found


def test_another_value_is_not_taken(office: Office, path: str) -> None:
    """It says what to do instead, and the conflict still waits."""
    page = decide(office.signed_in(Role.REVIEWER), path, "correct", status=409)

    assert "correct the row on one side" in words(page)
    assert state(office) is ReviewState.OPEN


def test_a_decision_is_taken_back(office: Office, path: str) -> None:
    """Until the next run, the conflict waits again."""
    browser = office.signed_in(Role.REVIEWER)
    page = decide(browser, path, "accept")

    browser.post(f"{path}/undo", **form_of(page, "/undo"))

    assert state(office) is ReviewState.OPEN


def test_there_is_no_document_to_read_again(office: Office, path: str) -> None:
    """A row of a sync has no file, and a forged request for one changes nothing."""
    browser = office.signed_in(Role.REVIEWER)

    form = form_of(browser.get(path), "/decide")
    answer = browser.client.post(
        f"{path}/read", data={**form, "class": "receipt"}, headers=SAME_SITE
    )

    assert 400 <= answer.status_code < 500, answer.text[:1000]
    assert state(office) is ReviewState.OPEN
