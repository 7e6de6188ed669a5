import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.model import (
    Candidate,
    Child,
    EffectState,
    Finding,
    Findings,
    Outcome,
    PageText,
    ReadStatus,
    Stage,
    Status,
    Suggestion,
)
from pipeline.ports import Ledger
from tests.contracts.ledger.builders import SHA, a_file, a_ref, done, update
from tests.fakes.clock import FakeClock

OTHER = Candidate("10.00", 0.1, "after Subtotal", page=1, box=(1.0, 2.0, 3.0, 4.0))
FINDINGS = Findings(
    media_type="application/pdf",
    status=ReadStatus.PARTIAL,
    doc_type=Finding("invoice", 0.9, "the word Rechnung"),
    fields={
        "total": Finding("12.50", 0.8, "after Total", page=1, others=(OTHER,)),
        "date": Finding(None, 0.2, "two dates"),
    },
    pages=(PageText(1, "ocr", "tesseract", 0.91, "Total 12.50", 595.0, 842.0),),
    text="Total 12.50",
    problems=("page 2 could not be read",),
    derived={"text.txt": Path("somewhere/text.txt")},
    children=(
        Child(
            "a.pdf",
            Findings("application/pdf", ReadStatus.OK, Finding(None, 0.0, "unsure")),
            "ab" * 32,
            7,
            page_range=(2, 3),
        ),
    ),
    extension=".pdf",
    fingerprint="f1",
    left_out={"searchable.pdf": "it is signed"},
)


def test_an_unknown_version_has_no_state(ledger: Ledger):
    """A version never seen has no state and is not finished."""
    assert ledger.files.state("nothing") is None
    assert ledger.files.finished(["nothing"]) == set()


def test_a_seen_version_is_remembered_whole(ledger: Ledger, clock: FakeClock):
    """What a listing said of a file comes back unchanged."""
    ref = a_ref(name="Beleg \u00fc \U0001f9fe.pdf", size_bytes=None)

    ledger.files.seen([ref], "run-1")

    state = ledger.files.state(ref.version)
    assert state is not None
    assert state.ref == ref
    assert (state.stage, state.listings, state.run_id, state.outcome) == (
        Stage.SEEN,
        1,
        "run-1",
        None,
    )
    assert (state.updated_at, state.original_name) == (clock.now(), ref.name)


@pytest.mark.parametrize("name", ["nul\x00.pdf", "half\ud800.pdf", "quote'\".pdf", "", "x" * 1000])
def test_no_name_is_too_strange(ledger: Ledger, name: str):
    """A name that a database's text type refuses is remembered unchanged."""
    ref = a_file(f"/In/{name}")

    ledger.files.seen([ref], "run-1")

    state = ledger.files.state(ref.version)
    assert state is not None
    assert (state.ref, state.original_name) == (ref, ref.name)
    assert [found.ref for found in ledger.files.states(pk=ref.path)] == [ref]


def test_seeing_again_counts_an_attempt_and_changes_nothing_else(ledger: Ledger, clock: FakeClock):
    """A version seen twice keeps what is known of it."""
    ref = a_ref()
    ledger.files.seen([ref], "run-1")
    ledger.files.archived(ref.version, sha256=SHA, size_bytes=10, media_type="application/pdf")
    before = ledger.files.state(ref.version)
    assert before is not None
    clock.advance(60)

    ledger.files.seen([ref], "run-2")

    assert ledger.files.state(ref.version) == replace(before, listings=2)


def test_many_versions_are_seen_and_looked_up_at_once(ledger: Ledger):
    """A listing goes in and is asked for in one call; a version named twice is seen once."""
    refs = [a_ref(str(number)) for number in range(1200)]

    ledger.files.seen([*refs, refs[0]], "run-1")
    ledger.files.finish(done(refs[-1]), "run-1")

    assert ledger.files.finished([ref.version for ref in refs]) == {refs[-1].version}
    assert len(list(ledger.files.states())) == 1200
    assert {state.listings for state in ledger.files.states()} == {1}


def test_what_no_listing_had_found_before_is_marked(ledger: Ledger):
    """Of many versions, those that have been seen once are found in one call."""
    refs = [a_ref(str(number)) for number in range(1200)]
    ledger.files.seen(refs[:700], "run-1")
    ledger.files.seen(refs, "run-2")

    new = ledger.files.seen_once([*(ref.version for ref in refs), "unknown"])

    assert new == {ref.version for ref in refs[700:]}


def test_a_version_goes_from_seen_to_finished(ledger: Ledger):
    """Each step leaves its stage and what it learned."""
    ref = a_ref()
    ledger.files.seen([ref], "run-1")
    stages = []

    ledger.files.archived(ref.version, sha256=SHA, size_bytes=10, media_type="application/pdf")
    stages.append(ledger.files.state(ref.version))
    ledger.files.planned(ref.version, fingerprint="f1", rules="r1")
    stages.append(ledger.files.state(ref.version))
    ledger.files.finish(done(ref), "run-2")
    stages.append(ledger.files.state(ref.version))

    known = [
        (state.stage, state.sha256, state.fingerprint, state.run_id) for state in stages if state
    ]
    assert known == [
        (Stage.ARCHIVED, SHA, None, "run-1"),
        (Stage.PLANNED, SHA, "f1", "run-1"),
        (Stage.FINISHED, SHA, "f1", "run-2"),
    ]


@pytest.mark.parametrize("step", ["archived", "planned", "record_rename"])
def test_a_step_of_an_unseen_version_is_a_bug(ledger: Ledger, step: str):
    """Nothing is recorded in silence about a version that was never seen."""
    calls = {
        "archived": lambda: ledger.files.archived("v", sha256=SHA, size_bytes=1, media_type=""),
        "planned": lambda: ledger.files.planned("v", fingerprint="f", rules="r1"),
        "record_rename": lambda: ledger.files.record_rename("v", a_ref()),
    }

    with pytest.raises(KeyError):
        calls[step]()


@pytest.mark.parametrize("status", list(Status))
def test_every_status_but_failed_finishes(ledger: Ledger, status: Status):
    """Only a failed version is worked on again."""
    ref = a_ref()
    ledger.files.seen([ref], "run-1")

    ledger.files.finish(done(ref, status=status), "run-1")

    assert (ref.version in ledger.files.finished([ref.version])) == (status is not Status.FAILED)


def test_a_planned_only_outcome_leaves_the_version_unfinished(ledger: Ledger):
    """What was only planned is still to be done, and counts as planned."""
    ref = a_ref()
    ledger.files.seen([ref], "run-1")

    ledger.files.finish(done(ref, planned_only=True), "run-1")

    assert ledger.files.finished([ref.version]) == set()
    assert ledger.files.counts() == {"receipts": {"planned": 1}}


def test_a_failure_after_success_opens_the_version_again(ledger: Ledger):
    """The last outcome decides."""
    ref = a_ref()
    ledger.files.finish(done(ref), "run-1")

    ledger.files.finish(done(ref, status=Status.FAILED), "run-2")

    state = ledger.files.state(ref.version)
    assert state is not None
    assert state.stage is Stage.PLANNED
    assert ledger.files.finished([ref.version]) == set()


def test_planning_a_finished_version_again_opens_it(ledger: Ledger):
    """A reprocessing killed between plan and outcome is noticed by the next run."""
    ref = a_ref()
    ledger.files.finish(done(ref), "run-1")

    ledger.files.planned(ref.version, fingerprint="f2", rules="r1")

    assert ledger.files.finished([ref.version]) == set()


def test_an_outcome_comes_back_whole(ledger: Ledger):
    """Every part of an outcome is remembered, with the types of its values."""
    outcome = Outcome(
        a_ref(),
        Status.PARTIAL,
        reason="page 2 is blank",
        sha256=SHA,
        doc_type="invoice",
        pages=2,
        size_bytes=10,
        written={"Total": 12.5, "Count": 3, "Paid": True, "Note": None, "Day": "2026-03-01"},
        new_name="2026-03-01 Shop.pdf",
        suggestions=(Suggestion("Total", "12", "12.50", "the user's value stays"),),
        reason_before_undo="page 2 is blank",
    )

    ledger.files.finish(outcome, "run-1")

    state = ledger.files.state(outcome.ref.version)
    assert state is not None
    assert (state.outcome, state.sha256) == (outcome, SHA)
    assert state.outcome is not None
    assert isinstance(state.outcome.written["Total"], float)


def test_a_reading_is_kept_without_text_and_paths(ledger: Ledger):
    """Findings come back by content and fingerprint; text and derived files stay in the archive."""
    ledger.files.save_reading(SHA, FINDINGS, prefix="documents/a/1/Scan/v1")

    kept = replace(FINDINGS, text="", derived={}, pages=(replace(FINDINGS.pages[0], text=""),))
    assert ledger.files.reading(SHA, "f1") == (kept, "documents/a/1/Scan/v1")
    assert ledger.files.reading(SHA, "f2") is None
    assert ledger.files.reading("cd" * 32, "f1") is None


def test_a_reading_can_be_replaced(ledger: Ledger):
    """Reading the same content again under the same fingerprint replaces what was kept."""
    ledger.files.save_reading(SHA, FINDINGS, prefix="one")

    ledger.files.save_reading(SHA, replace(FINDINGS, status=ReadStatus.OK), prefix="two")

    found = ledger.files.reading(SHA, "f1")
    assert found is not None
    assert (found[0].status, found[1]) == (ReadStatus.OK, "two")


def test_the_fingerprints_of_a_content_come_latest_first(ledger: Ledger, clock: FakeClock):
    """A content read in several ways has one reading for each; a new one becomes the latest."""
    for fingerprint in ("f1", "f2", "f1"):
        clock.advance(1)
        ledger.files.save_reading(SHA, replace(FINDINGS, fingerprint=fingerprint), prefix="one")

    assert list(ledger.files.reading_fingerprints(SHA)) == ["f1", "f2"]
    assert list(ledger.files.reading_fingerprints("cd" * 32)) == []


def test_many_threads_write_at_once(ledger: Ledger):
    """Concurrent listings, intents and outcomes are all remembered, each once."""
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        for step in range(5):
            ref = a_ref(str(step))
            ledger.files.seen([ref, a_ref(f"{number}-{step}")], f"run-{number}")
            ledger.effects.settle(
                ledger.effects.intend(update(str(step), Total=str(number)), f"run-{number}"),
                EffectState.VERIFIED,
            )
            ledger.files.finish(done(ref), f"run-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert len(ledger.effects.find()) == 40
    assert len({effect.id for effect in ledger.effects.find()}) == 40
    assert [
        state.listings
        for state in ledger.files.states()
        if "-" not in (state.ref.record.pk if state.ref.record else "")
    ] == [8] * 5
    assert len(list(ledger.files.states())) == 45
