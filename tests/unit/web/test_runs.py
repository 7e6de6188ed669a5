"""The page of a run: what an undo would put back, and the undo of the whole."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain

import pytest

from flows.web import jobs, runs
from pipeline.model import Effect, EffectKind, EffectState, IndexTable, RecordWork, SourceSpec
from pipeline.model.users import Role
from pipeline.source_run.leases import leased_worker
from tests.unit.web.conftest import GOOD, Office, form_of, words
from tests.unit.web.review.test_decisions import decide

ADDRESS = "/runs/run-1"


def wrote(office: Office, *pks: str, rename: str = "") -> None:
    """Have a run that wrote these records."""
    for pk in pks:
        office.world.receipt(pk, GOOD)
    office.world.run(replace(office.spec, rename=rename) if rename else office.spec)


def undone(office: Office) -> str:
    """Press the button, and return what the page says once it is done."""
    browser = office.signed_in(Role.MAPPER)
    browser.post(f"{ADDRESS}/undo", **form_of(browser.get(ADDRESS), "/undo"))
    office.site.jobs.wait()
    return words(browser.get(ADDRESS))


def test_a_run_shows_what_an_undo_puts_back(office: Office):
    """Each record has its values and names as they are and as they were; nothing is undone yet."""
    wrote(office, "1", "2", rename="{{ doc_type }}")

    text = words(office.signed_in(Role.MAPPER).get(ADDRESS))

    assert "2 records." in text
    assert "receipts · 1 DocType: receipt → empty Total: 12.50 → empty" in text
    assert "name: receipt.txt → scan.txt" in text
    assert office.world.record("1")["Total"] == 12.5


def test_a_file_that_was_moved_shows_both_paths(office: Office):
    """What an undo puts back of a file of a folder is its path, with the one that it has now."""
    office.world.caspio.files["/Mail/a.txt"] = b"doc_type=letter"
    office.world.run(SourceSpec("mail", folder="/Mail", rename="{{ doc_type }}"))

    assert "path: /Mail/letter.txt → /Mail/a.txt" in words(office.signed_in().get(ADDRESS))


def test_a_whole_run_is_undone(office: Office):
    """Every record is put back; the page says so, and who asked for it is recorded."""
    wrote(office, "1", "2")

    text = undone(office)

    assert [office.world.record(pk)["Total"] for pk in "12"] == [None, None]
    assert "undone 2 done." in text
    assert "everything was put back already" in text
    entry = office.world.ledger.users.audit_trail()[0]
    assert (entry.action, entry.subject, entry.detail) == ("undo run", "run-1", "all of it")


def test_what_was_put_back_before_is_not_counted_again(office: Office):
    """The undo of the rest counts only the records that it put back."""
    wrote(office, "1", "2")
    browser = office.signed_in(Role.MAPPER)
    browser.post("/records/undo", source="receipts", record="1", run="run-1")

    text = undone(office)

    assert "undone 1 done." in text
    assert "unchanged" not in text


def test_what_a_killed_run_left_open_is_undone(office: Office):
    """The undo looks whether it is there first, and puts it back at once, a name as well as values."""
    wrote(office, "1", rename="{{ doc_type }}")
    for effect in office.world.ledger.effects.find():
        office.world.ledger.effects.settle(effect, EffectState.INTENT)

    assert "Total: 12.50 → empty" in words(office.signed_in().get(ADDRESS))
    assert "undone 1 done." in undone(office)
    assert office.world.record("1")["Total"] is None
    assert office.world.caspio.attachments["Receipts", "Scan", "1"].name == "scan.txt"


def test_what_somebody_has_changed_since_is_left_alone(office: Office):
    """The other records are put back, and the page names what was left."""
    wrote(office, "1", "2")
    office.world.caspio.tables["Receipts"]["1"]["Total"] = 7.0

    text = undone(office)

    assert [office.world.record(pk)["Total"] for pk in "12"] == [7.0, None]
    assert "in part 1 done, 1 partial" in text
    assert "Receipts 1: left alone: Total holds 7.00 now" in text


def test_of_many_records_left_alone_the_page_counts_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    """Each line names its record; those beyond the limit are counted, none is dropped."""
    monkeypatch.setattr(jobs, "_MOST_REASONS", 1)
    wrote(office, "1", "2", "3")
    for row in office.world.caspio.tables["Receipts"].values():
        row["Total"] = 7.0

    text = undone(office)

    assert text.count("left alone") == 2  # once in what is said, once in the words of the page
    assert "and 2 more files" in text


@contextmanager
def leased_to_another_run(office: Office) -> Iterator[None]:
    """Have another worker that has leased every record."""
    refs = [state.ref for state in office.world.ledger.files.states()]
    with leased_worker(office.world.ledger, "other") as leases:
        leases.acquire([RecordWork(ref.source, ref.record, {}, (ref,)) for ref in refs])
        yield


def test_what_another_run_has_is_not_called_undone(office: Office):
    """The page of the run and that of the record say that it was left, and nothing is put back."""
    wrote(office, "1")
    with leased_to_another_run(office):
        text = undone(office)
        browser = office.signed_in(Role.MAPPER)
        record = words(browser.post("/records/undo", source="receipts", record="1", run="run-1"))

    assert office.world.record("1")["Total"] == 12.5
    for page in (text, record):
        assert "Nothing was done" in page
        assert "1 file was left: another run works on that" in page
        assert "undone" not in page.partition("What an undo puts back")[0].replace("put", "")


def test_an_undo_is_of_what_was_seen(office: Office):
    """A run that has changed more since, and a run that is none, are refused."""
    wrote(office, "1")
    browser = office.signed_in(Role.MAPPER)

    browser.post(f"{ADDRESS}/undo", status=409, seen="of another day")
    browser.post(f"{ADDRESS}/undo", status=409, seen="\u0669" * 4)
    browser.post("/runs/none/undo", status=404, seen="")
    browser.get("/runs/none", status=404)
    assert office.world.record("1")["Total"] == 12.5


def test_a_page_from_before_an_undo_undoes_nothing(office: Office):
    """A run that was undone and done again is not undone by a form that was loaded before."""
    wrote(office, "1")
    browser = office.signed_in(Role.MAPPER)
    before = form_of(browser.get(ADDRESS), "/undo")
    undone(office)
    browser.post(f"{ADDRESS}/undo", status=409, **before)
    undo_id = office.world.ledger.usage.runs(1)[0].id
    browser.post(f"/runs/{undo_id}/undo", **form_of(browser.get(f"/runs/{undo_id}"), "/undo"))
    office.site.jobs.wait()

    page = browser.post(f"{ADDRESS}/undo", status=409, **before)

    office.site.jobs.wait()
    assert "was undone, since the page was loaded" in words(page)
    assert office.world.record("1")["Total"] == 12.5


def test_what_is_put_back_already_is_not_undone_again(office: Office):
    """No run begins that would do nothing."""
    wrote(office, "1")
    undone(office)
    browser = office.signed_in(Role.MAPPER)

    page = browser.post(f"{ADDRESS}/undo", status=409, seen=runs.seen_of(office.site))

    assert "already put back" in words(page)


def test_a_reviewer_sees_a_run_and_cannot_undo_it(office: Office):
    """An undo needs a mapper; the button is not shown to others."""
    wrote(office, "1")
    browser = office.signed_in()
    shown = browser.get(ADDRESS)

    assert "Total: 12.5" in words(shown)
    assert "/undo" not in shown
    browser.post(f"{ADDRESS}/undo", status=404, seen="")


def test_a_long_run_is_shown_page_by_page(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Each record is on one page, with all that was done to it; an undo is of all of them."""
    monkeypatch.setattr(runs, "MOST_EFFECTS", 2)
    wrote(office, "1", "2", "3", rename="{{ doc_type }}")
    browser = office.signed_in()
    pages = [browser.get(ADDRESS)]
    while more := re.search(r'href="(/runs/run-1\?after=\d+)"', pages[-1]):
        pages.append(browser.get(more[1]))
    shown = [re.findall(r"receipts · (\d)", words(page)) for page in pages]

    text = undone(office)

    assert sorted(chain(*shown)) == ["1", "2", "3"]
    assert len(pages) > 2
    assert "on this page; an undo is of all that the run changed" in words(pages[0])
    assert "undone 3 done." in text
    assert "Nothing on this page is left to put back" in text
    assert "The whole run is what it changed for 3 files, on all pages." in words(
        office.signed_in(Role.MAPPER).get(ADDRESS)
    )


def intended(office: Office, kind: EffectKind, pk: str) -> None:
    """Have the run begin with a change of another kind."""
    effect = Effect(kind, f"v{pk}", "Receipts", pk, {"Note": None}, {"Note": "x"})
    ledger = office.world.ledger.effects
    ledger.settle(ledger.intend(effect, "run-1"), EffectState.VERIFIED)


def test_a_long_run_that_begins_with_rows_for_the_review_is_undone(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    """What no undo takes back fills no page, so that the button finds what there is."""
    monkeypatch.setattr(runs, "MOST_EFFECTS", 2)
    for pk in "6789":
        intended(office, EffectKind.INSERT_REVIEW_ROW, pk)
    wrote(office, "1")

    assert "receipts · 1" in words(office.signed_in().get(ADDRESS))
    assert "undone 1 done." in undone(office)


def test_a_long_run_that_begins_with_decisions_is_undone(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    """It is not said to be of users alone because its first page is."""
    monkeypatch.setattr(runs, "MOST_EFFECTS", 2)
    for pk in "6789":
        intended(office, EffectKind.APPLY_DECISION, pk)
    wrote(office, "1")

    assert "Users decided" not in words(office.signed_in().get(ADDRESS))
    undone(office)
    assert office.world.record("1")["Total"] is None


def test_a_page_behind_the_last_one_is_empty(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A run that fills its last page has no next one; an address of one is no error."""
    monkeypatch.setattr(runs, "MOST_EFFECTS", 1)
    wrote(office, "1")
    browser = office.signed_in()
    page = browser.get(ADDRESS)
    monkeypatch.setattr(runs, "_MOST_RUNS", 0)

    assert "after=" not in page
    assert "Nothing on this page is left" in words(browser.get(f"{ADDRESS}?after=99"))
    browser.get("/runs/none?after=99", status=404)


def test_a_row_that_was_inserted_is_shown_as_a_whole(office: Office):
    """An undo deletes the row of a file and empties none of its columns."""
    office.world.caspio.table("MailIndex", Path="TEXT", DocType="TEXT")
    office.world.caspio.files["/Mail/a.txt"] = b"doc_type=letter"
    index = IndexTable("MailIndex", "Path")
    columns = {"DocType": "doc_type"}
    office.world.run(SourceSpec("mail", folder="/Mail", columns=columns, index=index))

    text = words(office.signed_in().get(ADDRESS))

    assert "row 1 of MailIndex: inserted → deleted" in text
    assert "empty" not in text


def test_a_run_of_a_sync_is_undone_by_its_command(office: Office):
    """The page does not say that it changed nothing, and names the command."""
    office.world.ledger.usage.start_run("s-1", "sync", ["depots"])

    text = words(office.signed_in(Role.MAPPER).get("/runs/s-1"))

    assert "caspio-ingest sync undo depots s-1" in text
    assert "Nothing" not in text


def test_what_users_decided_is_undone_in_the_review(office: Office):
    """Else the suggestion would stay accepted, and nobody would be asked again."""
    path = office.suggest()
    browser = office.signed_in(Role.MAPPER)
    decide(browser, path, "accept")
    address = f"/runs/{office.site.desk.run_id}"

    page = browser.get(address)
    refused = browser.post(f"{address}/undo", status=409, seen="")

    assert "/undo" not in page
    assert "There a decision is undone" in words(page)
    assert "What was decided in the review 1 record, each value as it is now" in words(page)
    assert "What an undo puts back" not in words(page)
    assert "These values were decided in the review" in words(refused)
    assert office.world.record("1")["Total"] == 12.5


def test_a_decision_that_was_undone_and_made_again_is_undone_in_the_review(office: Office):
    """The undo of a decision is a change of another kind in the same run; it opens no other way."""
    path = office.suggest()
    browser = office.signed_in(Role.MAPPER)
    page = decide(browser, path, "accept")
    browser.post(f"{path}/undo", **form_of(page, "/undo"))
    decide(browser, path, "accept")
    run, record = office.site.desk.run_id, "/records?source=receipts&record=1"

    assert "/undo" not in browser.get(f"/runs/{run}")
    assert f"Undo run {run}" not in browser.get(record)
    browser.post(f"/runs/{run}/undo", status=409, seen=runs.seen_of(office.site))
    browser.post("/records/undo", status=409, source="receipts", record="1", run=run)
    assert office.world.record("1")["Total"] == 12.5


def test_an_undo_that_was_not_begun_is_recorded_as_that(office: Office):
    """While something else is written the page says so; a second click on the same undo is none."""
    wrote(office, "1")
    browser = office.signed_in(Role.MAPPER)
    form = form_of(browser.get(ADDRESS), "/undo")
    with busy_with(office, "apply another plan"):
        other = words(browser.post(f"{ADDRESS}/undo", **form))
    with busy_with(office, "undo run-1"):
        same = words(browser.post(f"{ADDRESS}/undo", **form))

    assert "Something else is being written" in other
    assert "Something else is being written" not in same
    entries = office.world.ledger.users.audit_trail()[:4]
    assert [(one.action, one.detail) for one in entries] == [
        ("undo run not begun", "the same undo is running"),
        ("undo run", "all of it"),
        ("undo run not begun", "busy"),
        ("undo run", "all of it"),
    ]


def test_a_run_that_is_being_undone_is_not_looked_through_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    """The page is asked every 2 seconds then; what is left is shown at the end."""
    wrote(office, "1")
    browser = office.signed_in(Role.MAPPER)
    listed: list[str] = []
    monkeypatch.setattr(runs, "next_page", lambda _site, run_id: listed.append(run_id))
    with busy_with(office, "undo run-1"):
        page = browser.get(ADDRESS)

    text, swapped = words(page), page[page.index('<div id="state"') : page.index("</main>")]
    swapped = swapped[: _end_of(swapped)]
    assert listed == []
    assert "What is left is shown when the undo has ended." in swapped
    assert "The run is being undone" in text
    assert "What is left is shown when the undo has ended." in text


def _end_of(html: str) -> int:
    """Return where the first element of a page's part, a `div`, ends."""
    depth = 0
    for tag in re.finditer(r"<(/?)div\b", html):
        depth += -1 if tag[1] else 1
        if not depth:
            return tag.end()
    return len(html)


@contextmanager
def busy_with(office: Office, name: str) -> Iterator[None]:
    """Have a job that is being done."""
    gate = threading.Event()
    office.site.jobs.begin(name, lambda _drain: str(gate.wait(60)))
    yield
    gate.set()
    office.site.jobs.wait()
