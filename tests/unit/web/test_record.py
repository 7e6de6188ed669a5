"""The page of a record: versions, events, downloads, and undo for one run."""

from dataclasses import replace

import pytest

from flows.app.explain import AcknowledgeRequest, acknowledge
from flows.web import record
from pipeline.archive_layout import original_key
from pipeline.errors import BadSettings
from pipeline.model import SourceSpec
from pipeline.model.review import Decider
from pipeline.model.users import Role
from tests.unit.web.conftest import GOOD, HOSTILE, Office, form_of, words
from tests.unit.web.review.test_decisions import decide

ADDRESS = "/records?source=receipts&record=1"


def test_a_record_shows_versions_and_events_in_order(office: Office):
    """Each version with its state, each change with both values and its run, each decision with who made it."""
    office.world.receipt("1", GOOD, DocType="typed")
    office.world.run(replace(office.spec, rename="{{ doc_type }}"))
    review = office.world.ledger.effects.review_items("receipts")[0].review_id
    decide(office.signed_in(name="Ana"), f"/review/{review}", "accept")

    text = words(office.signed_in().get(ADDRESS))

    assert "scan.txt done" in text
    assert "receipt.txt done" in text
    assert "Uploaded as scan.txt" in text
    written = text.index("wrote values")
    assert "done wrote values 2026-03-14 09:00 UTC · run run-1 Total: empty → 12.5" in text
    assert written < text.index("renamed the file") < text.index("Ana: accepted")
    assert "DocType: typed → receipt" in text


def test_a_name_reads_as_it_is_stored(office: Office):
    """A character that turns the text around makes no picture of a program; what is sent keeps it."""
    turned = "scan\u202egnp.exe"
    office.world.receipt("1", GOOD, name=turned, DocType="typed \u2067around")

    office.world.run(office.spec)
    review = office.world.ledger.effects.review_items("receipts")[0].review_id
    page = office.signed_in().get(f"/review/{review}")

    assert "scan\ufffdgnp.exe" in page
    assert turned not in page
    assert "typed \ufffdaround" in page


def test_a_moved_file_is_deleted_last(office: Office):
    """Its old name is deleted once the record refers to the new one, though it was intended before."""
    office.world.caspio.table("Docs", File="FILE", Kind="STRING")
    office.world.caspio.files["/In/a.txt"] = b"doc_type=letter"
    office.world.caspio.tables["Docs"]["7"] = {"PK_ID": 7, "File": "/In/a.txt", "Kind": None}
    spec = SourceSpec("mail", table="Docs", rename="{{ doc_type }}", columns={"Kind": "doc_type"})
    office.world.run(spec)

    text = words(office.signed_in().get("/records?source=mail&record=7"))
    steps = (
        "stored the file under its new name",
        "made the record refer",
        "deleted the file under",
    )

    assert sorted(steps, key=text.index) == list(steps)
    assert text.count("This program renamed it") == 1


def test_a_run_is_undone_for_one_record(office: Office):
    """The button undoes the run for this record, and leaves others alone; who pressed it is recorded."""
    for pk in "12":
        office.world.receipt(pk, GOOD)
    office.world.run(office.spec)
    browser = office.signed_in(Role.MAPPER)
    page = browser.post("/records/undo", **form_of(browser.get(ADDRESS), "/records/undo"))

    assert "was undone for this record" in words(page)
    assert [office.world.record(pk)["Total"] for pk in "12"] == [None, 12.5]
    assert office.world.ledger.users.audit_trail()[0].action == "undo run"
    assert "Undo run run-1" not in words(page)


def test_an_undo_says_what_it_left_alone(office: Office):
    """A value that a user changed since stays, and the page says which."""
    office.world.receipt("1", GOOD)
    office.world.run(office.spec)
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 7.0
    browser = office.signed_in(Role.MAPPER)
    page = browser.post("/records/undo", **form_of(browser.get(ADDRESS), "/records/undo"))

    assert "left alone" in words(page)
    assert office.world.record("1")["Total"] == 7.0


def test_what_cannot_be_processed_is_acknowledged_with_a_note(office: Office):
    """A reviewer says why it stays as it is; the overview lists it no more, and it is in the audit trail."""
    office.world.receipt("1", "!")
    office.world.run(office.spec)
    browser = office.signed_in()
    form = form_of(browser.get(ADDRESS), "/acknowledge")
    browser.post("/records/acknowledge", status=400, **form, note=" ")
    page = words(browser.post("/records/acknowledge", **form, note="torn <b>"))
    overview = words(browser.get("/"))

    assert "acknowledged by Ana, 2026-03-14 09:00 UTC: torn &lt;b&gt;" in page
    assert "Acknowledge" not in browser.get(ADDRESS).partition("Acknowledged")[0]
    assert "No document needs anybody. 1 more" in overview
    entry = office.world.ledger.users.audit_trail()[0]
    assert (entry.action, entry.subject, entry.detail) == ("acknowledge", "receipts 1", "torn <b>")


def test_what_was_done_in_part_is_acknowledged_as_well(office: Office):
    """A file that keeps its name since a value is missing is listed no more once somebody knows it."""
    office.world.receipt("1", "doc_type=receipt")
    office.world.run(replace(office.spec, rename="{{ company }} {{ doc_type }}"))
    browser = office.signed_in()
    before = words(browser.get("/"))
    form = form_of(browser.get(ADDRESS), "/acknowledge")
    page = words(browser.post("/records/acknowledge", **form, note="no company is printed"))

    assert "1 document was done in part" in before
    assert "the name stays: it needs the company, which was not found" in before
    assert "each run says" not in words(browser.get(ADDRESS))
    assert "acknowledged by Ana" in page
    assert "No document needs anybody. 1 more" in words(browser.get("/"))


def test_all_that_was_acknowledged_of_a_source_is_taken_back(office: Office):
    """Also what was done in part, which is acknowledged only by name."""
    office.world.receipt("1", "doc_type=receipt")
    office.world.receipt("2", "!")
    office.world.run(replace(office.spec, rename="{{ company }} {{ doc_type }}"))
    ledger, now = office.world.ledger, office.world.clock.now()
    known = AcknowledgeRequest("receipts", ("1", "2"), "ann", "no company")
    acknowledge(office.site.settings, ledger, known, now=now)

    all_of_it = AcknowledgeRequest("receipts", (), "ann", "", withdraw=True)
    done = acknowledge(office.site.settings, ledger, all_of_it, now=now)

    assert {state.ref.holder for state in done.documents} == {"1", "2"}
    assert all(state.acknowledged is None for state in ledger.files.states())


def test_who_acknowledges_is_recorded_first(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Whatever happens in between, it is known who wanted it; what was refused says so."""
    office.world.receipt("1", "!")
    office.world.run(office.spec)
    form = form_of(office.signed_in().get(ADDRESS), "/acknowledge")
    trail = office.world.ledger.users.audit_trail
    seen: list[str] = []

    def looked(*_: object, **__: object) -> None:
        seen.append(trail()[0].action)
        raise BadSettings(["gone"])

    monkeypatch.setattr(record, "acknowledge", looked)
    office.signed_in().post("/records/acknowledge", status=409, **form, note="torn")

    assert seen == ["acknowledge"]
    assert trail()[0].action == "acknowledge failed"


def test_a_decision_that_met_its_value_is_no_conflict(office: Office):
    """Somebody wrote the value between the look and the decision: it is accepted, and shown as that."""
    path = office.suggest()
    browser = office.signed_in()
    form = form_of(browser.get(path), "/decide")
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 12.5
    page = words(browser.post(f"{path}/decide", **form, choice="accept"))
    event = words(browser.get(ADDRESS)).partition("wrote what a user decided")

    assert "Total was accepted; the record had this value already" in page
    assert event[0].endswith("already there ")
    assert "the record had this value already" in event[2]


def test_only_what_the_page_showed_is_acknowledged(office: Office):
    """A file that has taken the place of the damaged one meanwhile, and is damaged too, stays open."""
    office.world.receipt("1", "!")
    office.world.run(office.spec)
    browser = office.signed_in()
    form = form_of(browser.get(ADDRESS), "/acknowledge")
    office.world.receipt("1", "!!", name="new.txt")
    office.world.run(office.spec)

    page = browser.post("/records/acknowledge", status=409, **form, note="old scanner, known")

    assert "Load the page of the record again." in words(page)
    assert "acknowledged" not in browser.get(ADDRESS)
    del form["version"]
    browser.post("/records/acknowledge", status=409, **form, note="of no page")
    assert "acknowledged" not in browser.get(ADDRESS)


def test_nothing_is_acknowledged_that_needs_nobody(office: Office):
    """A record that was written, an unknown one, and a viewer find no such page."""
    office.world.receipt("1", GOOD)
    office.world.run(office.spec)
    form = {"source": "receipts", "note": "x"}

    page = office.signed_in().post("/records/acknowledge", status=409, record="1", **form)
    assert "Nothing of this record waits for it" in words(page)
    office.signed_in().post("/records/acknowledge", status=404, record="9", **form)
    office.signed_in(Role.VIEWER).post("/records/acknowledge", status=404, record="1", **form)


def test_a_file_that_was_replaced_by_a_good_one_needs_nobody(office: Office):
    """The damaged file of before stays in the list; nothing is to be acknowledged about it."""
    office.world.receipt("1", "!")
    office.world.run(office.spec)
    office.world.receipt("1", GOOD, name="better.txt")
    office.world.run(office.spec)

    page = office.signed_in().get(ADDRESS)

    assert "scan.txt rejected" in words(page)
    assert "/acknowledge" not in page


def test_an_unknown_run_undoes_nothing(office: Office):
    """A run that did nothing here is refused, with the reason."""
    office.world.receipt("1", GOOD)
    office.world.run(office.spec)
    browser = office.signed_in(Role.MAPPER)
    page = browser.post("/records/undo", status=409, source="receipts", record="1", run="nothing")

    assert "Nothing was undone." in words(page)
    browser.post("/records/undo", status=404, source="receipts", record="9", run="run-1")


def test_what_users_decided_is_undone_in_the_review(office: Office):
    """The record offers no undo that would leave the suggestion as decided."""
    path = office.suggest()
    browser = office.signed_in(Role.MAPPER)
    decide(browser, path, "accept")
    run = str(office.site.desk.run_id)

    assert f"Undo run {run}" not in browser.get(ADDRESS)
    browser.post("/records/undo", status=409, source="receipts", record="1", run=run)
    assert office.world.record("1")["Total"] == 12.5


def test_what_an_agent_decided_is_not_called_a_users(office: Office):
    """The record says whose decision it was, and the run does not contradict it."""
    path = office.suggest()
    office.site.desk.decider = Decider.AGENT
    browser = office.signed_in(Role.MAPPER, "agent Ana")
    decide(browser, path, "accept")
    shown = words(browser.get(ADDRESS))
    run = words(browser.get(f"/runs/{office.site.desk.run_id}"))

    assert "wrote what an agent decided" in shown
    assert "review agent Ana: accepted" in shown
    assert "user agent Ana" not in shown
    assert "sers decided" not in run


def test_a_reviewer_cannot_undo_runs(office: Office):
    """Undoing a run needs a mapper; the button is not shown to others."""
    office.world.receipt("1", GOOD)
    office.world.run(office.spec)
    browser = office.signed_in()

    assert "/records/undo" not in browser.get(ADDRESS)
    browser.post("/records/undo", status=404, source="receipts", record="1", run="run-1")


def test_original_and_text_are_saved_and_never_opened(office: Office):
    """What strangers uploaded comes as a file to save, under its name, whatever that is."""
    office.world.receipt("1", GOOD, name=f"{HOSTILE}\r\nSet-Cookie: x.txt")
    office.world.run(office.spec)
    browser = office.signed_in()
    (state,) = office.world.ledger.files.states()
    original = browser.client.get(f"/files/{state.version}/original")
    text = browser.client.get(f"/files/{state.version}/text")

    assert (original.content, text.content) == (GOOD.encode(), GOOD.encode())
    for answer in (original, text):
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%3C")
        assert "set-cookie" not in answer.headers
    for other in ("searchable", "manifest", ".."):
        browser.get(f"/files/{state.version}/{other}", status=404)
    browser.get("/files/unknown/original", status=404)


def test_only_what_the_archive_has_is_offered(office: Office):
    """A link leads to something: what was not made, or is gone, has none."""
    office.world.receipt("1", GOOD)
    office.world.run(office.spec)
    (state,) = office.world.ledger.files.states()
    before = office.signed_in().get(ADDRESS)
    del office.world.archive.objects[original_key(str(state.sha256))]
    after = office.signed_in().get(ADDRESS)

    assert "/original" in before
    assert "/searchable" not in before
    assert "/original" not in after
    assert "/text" in after


def test_a_file_without_a_record_is_found_by_its_path(office: Office):
    """A path of the Files area is as good as a PK_ID, also the one before a rename."""
    office.world.caspio.files["/Mail/a.txt"] = b"doc_type=letter"
    office.world.run(SourceSpec("mail", folder="/Mail", rename="{{ doc_type }}"))

    text = words(office.signed_in().get("/records?source=mail&record=/Mail/a.txt"))

    assert "letter.txt" in text
    assert text.index("stored the file under its new name") < text.index("deleted the file")


def test_what_is_not_known_is_said(office: Office):
    """Without a record the page asks which one; an unknown one is named, as text."""
    browser = office.signed_in()

    assert "PK_ID" in browser.get("/records")
    page = browser.get(
        "/records?source=receipts&record=%3Cscript%3Ealert(1)%3C/script%3E", status=404
    )
    assert "No run has seen a file of" in page
    assert "<script>alert" not in page


def test_problems_of_the_overview_lead_to_their_record(office: Office):
    """From a document that needs somebody it is one click to its record."""
    office.world.receipt("1", "!")
    office.world.run(office.spec)

    assert 'href="/records?source=receipts&amp;record=1"' in office.signed_in().get("/")


def test_hostile_records_stay_text(office: Office):
    """Names, values and reasons of a record are text on its page."""
    bad = HOSTILE.replace("\ud800", "").replace("\x00", "")
    office.world.receipt("1", f"doc_type={bad}\ntotal=1\nnote={bad * 5_000}", name=HOSTILE)
    office.world.run(office.spec)
    page = office.signed_in(Role.ADMIN).get(ADDRESS)

    assert "<script>alert" not in page
    assert len(page) < 60_000
