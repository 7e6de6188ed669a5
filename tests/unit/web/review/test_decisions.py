"""Deciding on suggestions: what is written, what is refused, and what others see of it."""

import pytest

from flows.web.review.queue import CLAIM_TIME
from pipeline.model import EffectKind
from pipeline.model.review import ReviewFilter, ReviewState
from pipeline.model.users import Role
from tests.unit.web.conftest import HOSTILE, SAME_SITE, Browser, Office, form_of, words


def decide(browser: Browser, path: str, choice: str, status: int = 200, **more: str) -> str:
    """Decide on the first open suggestion of a document as its form does."""
    form = form_of(browser.get(path), "/decide")
    return browser.post(f"{path}/decide", status=status, **form, choice=choice, **more)


def state(office: Office) -> list[ReviewState]:
    """Return the states of all suggestions for receipts."""
    return [item.state for item in office.world.ledger.effects.review_items("receipts")]


def test_an_accepted_value_is_written_at_once(office: Office):
    """Accepted, a value is in the record, as an effect that can be undone, and the page says so."""
    path = office.suggest()
    page = decide(office.signed_in(), path, "accept")

    (effect,) = [
        one
        for one in office.world.ledger.effects.find(record=("Receipts", "1"))
        if one.kind is EffectKind.APPLY_DECISION
    ]
    assert office.world.record("1")["Total"] == 12.5
    assert (effect.before, effect.after, effect.state) == (
        {"Total": 99.0},
        {"Total": 12.5},
        "verified",
    )
    assert "Total was accepted and written." in words(page)
    assert "In the record before 99.00 Why it waited" in words(page)
    assert state(office) == [ReviewState.ACCEPTED]


def test_a_corrected_value_is_written_in_the_type_of_its_column(office: Office):
    """What is typed becomes a value of the column's type."""
    path = office.suggest()
    decide(office.signed_in(), path, "correct", text="14.25")

    assert office.world.record("1")["Total"] == 14.25


@pytest.mark.parametrize("text", ["a lot", "", HOSTILE.replace("\ud800", ""), "1e999"])
def test_a_value_that_does_not_fit_is_refused_and_kept(office: Office, text: str):
    """What is no number cannot be written to a number; what was typed is still in the form."""
    path = office.suggest()
    page = decide(office.signed_in(), path, "correct", status=409, text=text)

    assert office.world.record("1")["Total"] == 99.0
    assert "Correct the value." in words(page)
    assert "<script>alert" not in page
    assert state(office) == [ReviewState.OPEN]
    if text == "a lot":
        assert 'value="a lot"' in page


@pytest.mark.parametrize("choice", ["reject", "absent"])
def test_a_rejected_value_is_not_suggested_again(office: Office, choice: str):
    """Rejected, or not in the document: the record stays, and the next run does not ask again."""
    path = office.suggest()
    decide(office.signed_in(), path, choice)
    office.world.caspio.attachments["Receipts", "Scan", "1"].date = "2026-05-05"
    (outcome,) = office.world.run(office.spec)

    assert office.world.record("1")["Total"] == 99.0
    assert outcome.suggestions == ()
    assert state(office) == [ReviewState.REJECTED]


def test_a_record_that_has_changed_is_a_conflict_with_both_values(office: Office):
    """Nothing is written over a change that the user has not seen; the page shows it, and asks again."""
    path = office.suggest()
    browser = office.signed_in()
    form = form_of(browser.get(path), "/decide")
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 50.0
    page = browser.post(f"{path}/decide", status=409, **form, choice="accept")
    again = decide(browser, path, "accept")

    said = "Total was 99.00 and is 50.00. Nothing was written. 12.50 was read."
    assert f"The record has changed: {said}" in words(page)
    assert "In the record 50.00 Why" in words(page)
    assert office.world.record("1")["Total"] == 12.5
    assert "was accepted" in again


def test_a_record_that_was_deleted_leaves_the_queue(office: Office):
    """Without its record a suggestion is withdrawn."""
    path = office.suggest()
    browser = office.signed_in()
    form = form_of(browser.get(path), "/decide")
    del office.world.caspio.tables["Receipts"]["1"]
    page = browser.post(f"{path}/decide", status=409, **form, choice="accept")

    assert "The record was deleted." in page
    assert "Decide again" not in page
    assert state(office) == [ReviewState.WITHDRAWN]


def test_a_decision_on_what_has_changed_since_is_refused(office: Office):
    """If something else is suggested than the user saw, nothing is decided."""
    path = office.suggest()
    browser = office.signed_in()
    form = form_of(browser.get(path), "/decide")
    stored = office.world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=13", "2026-05-05"
    office.world.run(office.spec)
    page = browser.post(f"{path}/decide", status=409, **form, choice="accept")

    assert "has changed since the page was loaded" in page
    assert office.world.record("1")["Total"] == 99.0


def test_a_second_click_decides_nothing(office: Office):
    """The same form sent twice is carried out once."""
    path = office.suggest()
    browser = office.signed_in()
    form = form_of(browser.get(path), "/decide")
    browser.post(f"{path}/decide", **form, choice="accept")
    browser.post(f"{path}/decide", status=409, **form, choice="accept")

    effects = office.world.ledger.effects.find(record=("Receipts", "1"))
    assert [one.kind for one in effects].count(EffectKind.APPLY_DECISION) == 1


@pytest.mark.parametrize("choice", ["accept", "reject"])
def test_a_decision_can_be_undone(office: Office, choice: str):
    """Undone, the record has what it had before, and the suggestion waits again."""
    path = office.suggest()
    browser = office.signed_in()
    page = decide(browser, path, choice)
    page = browser.post(f"{path}/undo", **form_of(page, "/undo"))

    assert office.world.record("1")["Total"] == 99.0
    assert state(office) == [ReviewState.OPEN]
    assert "waits for a decision again" in words(page)
    decide(browser, path, "accept")
    assert office.world.record("1")["Total"] == 12.5


def test_a_run_shows_decisions_that_were_taken_back_in_it_once(office: Office):
    """Accepted, taken back and accepted again: what counts is what the record had before the run."""
    path = office.suggest()
    browser = office.signed_in(Role.MAPPER)
    page = decide(browser, path, "accept")
    browser.post(f"{path}/undo", **form_of(page, "/undo"))
    decide(browser, path, "accept")
    address = f"/runs/{office.world.ledger.effects.find(record=('Receipts', '1'))[-1].run_id}"
    page = browser.get(address)

    assert "Total: 12.50 → 99.00 " in words(page)
    assert "Total: 99.00 → 12.50" not in words(page)


def test_an_undo_leaves_what_somebody_has_changed_since(office: Office):
    """A value that a user typed after the decision stays, and the page says so."""
    path = office.suggest()
    browser = office.signed_in()
    page = decide(browser, path, "accept")
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 1.0
    page = browser.post(f"{path}/undo", status=409, **form_of(page, "/undo"))

    assert "left alone" in page
    assert office.world.record("1")["Total"] == 1.0


def test_all_values_are_accepted_at_once(office: Office):
    """One button accepts everything that the page shows, and nothing that came since."""
    path = office.suggest(DocType="typed")
    browser = office.signed_in()
    page = browser.get(path)
    seen = [form_of(page, "/decide", number)["seen"] for number in (0, 1)]
    browser.post(f"{path}/accept-all", seen=seen)

    record = office.world.record("1")
    assert (record["DocType"], record["Total"]) == ("receipt", 12.5)
    assert state(office) == [ReviewState.ACCEPTED] * 2


def test_the_review_table_shows_the_same(table_office: Office):
    """Where a source has a review table, a decision on the page is in its row; one that was made there counts."""
    office = table_office
    paths = [office.suggest("1"), office.suggest("2")]
    rows = office.world.caspio.tables["Suggestions"]
    browser = office.signed_in()
    decide(browser, paths[0], "accept")
    waiting = next(row for row in rows.values() if row["State"] == "open")
    settled = next(row for row in rows.values() if row["State"] != "open")
    waiting["Decision"] = "reject"
    page = decide(browser, paths[1], "accept", status=409)

    assert (settled["State"], settled["RecordID"], bool(settled["DecidedAt"])) == (
        "accepted",
        "1",
        True,
    )
    assert "was decided in Suggestions: reject" in words(page)
    assert office.world.record("2")["Total"] == 99.0


def test_an_undone_decision_opens_the_row_of_the_review_table_again(table_office: Office):
    """The row of the table waits again, too, and can be decided there."""
    path = table_office.suggest()
    browser = table_office.signed_in()
    page = decide(browser, path, "reject")
    browser.post(f"{path}/undo", **form_of(page, "/undo"))
    (row,) = table_office.world.caspio.tables["Suggestions"].values()
    open_again = dict(row)
    row["Decision"] = "accept"
    table_office.world.run(table_office.spec)

    assert (open_again["State"], open_again["Decision"]) == ("open", "")
    assert table_office.world.record("1")["Total"] == 12.5


def test_who_decided_what_is_recorded(office: Office):
    """The audit trail has the decision with both values, and a failed one with its reason; the page shows it."""
    path = office.suggest()
    browser = office.signed_in(name="Ana")
    form = form_of(browser.get(path), "/decide")
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 50.0
    browser.post(f"{path}/decide", status=409, **form, choice="accept")
    page = decide(browser, path, "correct", text="7")

    trail = office.world.ledger.users.audit_trail(subject=path.rpartition("/")[2])
    assert [(entry.user.name, entry.action) for entry in trail[::-1]] == [
        ("Ana", "accept"),
        ("Ana", "accept failed"),
        ("Ana", "correct"),
    ]
    assert trail[0].detail == "receipts, record 1, Total: 50.00 → 7.00"
    assert "Ana corrected" in words(page)


def test_the_next_riskiest_review_is_claimed_and_opened(office: Office):
    """`Review the riskiest` opens what is free; skipping goes on; at the end the page says so."""
    first, second = office.suggest("1"), office.suggest("2")
    ana, bob = office.signed_in(name="Ana"), office.signed_in(name="Bob")
    ana_at = ana.client.post("/review/next", headers=SAME_SITE).url.path
    bob_at = bob.client.post("/review/next", headers=SAME_SITE).url.path
    end = words(ana.post("/review/next", after=ana_at.rpartition("/")[2]))

    assert {ana_at, bob_at} == {first, second}
    assert "Nothing is left to review here" in end


def test_what_somebody_reviews_is_not_decided_by_another(office: Office):
    """While Ana reviews, Bob sees who it is and decides nothing, until he takes it over or her time is up."""
    path = office.suggest()
    ana, bob = office.signed_in(name="Ana"), office.signed_in(name="Bob")
    form = form_of(bob.get(path), "/decide")
    ana.post("/review/next")
    looked_at = bob.get(path)
    refused = bob.post(f"{path}/decide", status=409, **form, choice="accept")
    bob.post(f"{path}/claim")
    too_late = ana.post(f"{path}/decide", status=409, **form, choice="accept")
    taken = [entry.action for entry in office.world.ledger.users.audit_trail()]
    office.world.clock.advance(CLAIM_TIME.total_seconds())
    decide(ana, path, "accept")

    assert "Ana is reviewing this until" in words(looked_at)
    assert "/decide" not in looked_at
    assert "Ana is reviewing this" in words(refused)
    assert "Bob is reviewing this" in words(too_late)
    assert "take over" in taken
    assert office.world.record("1")["Total"] == 12.5


def test_a_postponed_review_comes_back_on_its_day(office: Office):
    """Until its day a review is not in the queue."""
    path = office.suggest()
    browser = office.signed_in()
    browser.post(f"{path}/postpone", until="2026-03-16")
    away = words(browser.get("/review"))
    office.world.clock.advance(2 * 86_400)
    back = words(office.signed_in().get("/review"))

    assert "No record waits for a decision" in away
    assert "1 record waits" in back


@pytest.mark.parametrize("until", ["", "yesterday", "2026-03-14", "1999-01-01", "2999-01-01"])
def test_a_day_that_is_none_is_refused(office: Office, until: str):
    """Only a day within a year can be chosen."""
    path = office.suggest()
    office.signed_in().post(f"{path}/postpone", status=400, until=until)

    assert office.world.ledger.reviews.queue_length(ReviewFilter()) == 1


def test_a_viewer_sees_and_decides_nothing(office: Office):
    """A viewer sees queue and document without buttons, and no address of a decision exists."""
    path = office.suggest()
    viewer = office.signed_in(Role.VIEWER)
    page, listed = viewer.get(path), viewer.get("/review")

    assert "12.5" in page
    for text in ("/decide", "/claim", "/postpone", "/review/next"):
        assert text not in page
        assert text not in listed
    for action in ("decide", "claim", "postpone", "accept-all", "undo"):
        viewer.post(f"{path}/{action}", status=404)


def test_a_record_at_work_is_left_for_later(office: Office):
    """While a run has leased the record, nothing is decided, and the page says when to try again."""
    path = office.suggest()
    leases = office.world.ledger.leases
    leases.join("other-run", ttl_s=60)
    leases.claim("other-run", [["record Receipts 1"]])
    page = decide(office.signed_in(), path, "accept", status=409)

    assert "A run works on this record" in words(page)
    assert office.world.record("1")["Total"] == 99.0


def test_after_its_leases_are_lost_the_desk_begins_again(office: Office):
    """A run that was declared dead meanwhile is replaced; the next decision is written by a new one."""
    path = office.suggest()
    browser = office.signed_in()
    page = decide(browser, path, "accept")
    browser.post(f"{path}/undo", **form_of(page, "/undo"))
    (worker,) = office.world.ledger.leases.live_workers()
    office.world.ledger.memory.lost.add(worker)
    lost = decide(browser, path, "accept", status=409)
    decide(browser, path, "accept")

    assert "expired" in lost
    assert office.world.record("1")["Total"] == 12.5


def test_decisions_are_one_run_with_its_counts(office: Office):
    """All decisions of a page are a run of the kind `review`, which ends with the page."""
    path = office.suggest()
    decide(office.signed_in(), path, "accept")
    running = office.world.ledger.usage.runs()[0]
    office.site.desk.close()
    ended = office.world.ledger.usage.runs()[0]

    assert (running.kind, running.status) == ("review", "running")
    assert (ended.id, ended.status, ended.counts["done"]) == (running.id, "done", 1)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"key": "x", "seen": "y", "choice": "accept"},
        {"choice": "delete everything"},
    ],
)
def test_a_made_up_decision_is_refused(office: Office, form: dict[str, str]):
    """A form that no page has sent decides nothing."""
    path = office.suggest()
    browser = office.signed_in()
    known = form_of(browser.get(path), "/decide") if "choice" in form and len(form) == 1 else {}
    answer = browser.client.post(f"{path}/decide", data={**known, **form}, headers=SAME_SITE)

    assert answer.status_code in {400, 409}
    assert state(office) == [ReviewState.OPEN]


def test_an_unknown_review_does_not_exist(office: Office):
    """Every address of a review that is none answers alike."""
    browser = office.signed_in()
    for path in ("/review/nothing", "/review/nothing/1/1.webp"):
        browser.get(path, status=404)
    for action in ("decide", "claim", "postpone", "accept-all", "undo"):
        browser.post(f"/review/nothing/{action}", status=404)
