"""Reading a document again as another class."""

from flows.web.review.queue import CLAIM_TIME
from pipeline.decide.fingerprint import settings_hash
from pipeline.model.users import Role
from tests.unit.web.conftest import Office, words


def test_a_document_is_read_again_as_the_class_that_a_user_says(office: Office):
    """The request carries the class, the reader obeys it, and its value waits beside the one that is there; the page says how it ended."""
    path = office.suggest()
    confirmed = settings_hash(office.spec)
    office.world.ledger.files.confirm_source("receipts", confirmed)
    before = office.world.record("1")["DocType"]
    browser = office.signed_in()
    browser.post(f"{path}/read", **{"class": "contract"})
    office.site.jobs.wait()
    page = words(browser.get(path))
    office.world.clock.advance(CLAIM_TIME.total_seconds())
    later = words(browser.get(path))

    (entry,) = [one for one in office.site.ledger.users.audit_trail() if one.action == "read again"]
    assert before == "receipt"
    assert office.world.record("1")["DocType"] == "receipt"
    assert "read again Read as contract: 1 done" in page
    assert "Read as contract" not in later
    assert "DocType Read contract 100 % sure In the record receipt Why it waits" in page
    assert entry.detail == "as contract"


def test_an_unknown_class_is_refused(office: Office):
    """Only classes that the rules have can be asked for; nothing is read."""
    path = office.suggest()
    office.signed_in().post(f"{path}/read", status=400, **{"class": "<b>"})
    office.signed_in().post(f"{path}/read", status=400)

    assert office.world.reader.reads == 1


def test_reading_again_needs_a_reviewer_and_the_claim(office: Office):
    """For a viewer the address does not exist; while somebody else reviews the record, it is refused."""
    path = office.suggest()
    office.signed_in(name="Bob").post(f"{path}/claim")
    office.signed_in(Role.VIEWER).post(f"{path}/read", status=404, **{"class": "contract"})
    page = office.signed_in().post(f"{path}/read", status=409, **{"class": "contract"})

    assert "Bob is reviewing this" in page
    assert office.world.reader.reads == 1
