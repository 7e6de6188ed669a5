import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.model import (
    Child,
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Finding,
    Findings,
    Outcome,
    PageText,
    Place,
    ReadStatus,
    RecordRef,
    Stage,
    Status,
    Suggestion,
)
from pipeline.model.review import ReviewItem, ReviewState
from pipeline.ports import Ledger
from tests.fakes.clock import FakeClock

SHA = "ab" * 32


def a_ref(pk: str = "1", name: str = "scan.pdf", **changes: object) -> FileRef:
    """Make a reference to an attachment."""
    ref = FileRef(
        "receipts",
        Place.ATTACHMENT,
        "Receipts",
        "Scan",
        RecordRef("Receipts", pk),
        name,
        10,
        "2026-03-01",
    )
    return replace(ref, **changes)  # type: ignore[arg-type]  # a test names fields


def a_file(path: str, **changes: object) -> FileRef:
    """Make a reference to a Files-area file without a record."""
    return replace(FileRef("inbox", Place.FOLDER, "/In", "", None, path, 10, "", path), **changes)  # type: ignore[arg-type]  # as above


def done(ref: FileRef, **changes: object) -> Outcome:
    """Make an outcome, done unless told otherwise."""
    return replace(Outcome(ref, Status.DONE), **changes)  # type: ignore[arg-type]  # as above


def update(pk: str = "1", *, version: str = "v1", **after: str | float | None) -> Effect:
    """Make an effect that writes columns."""
    return Effect(
        EffectKind.UPDATE_COLUMNS, version, "Receipts", pk, before=dict.fromkeys(after), after=after
    )


def repoint(old: str, new: str, *, version: str = "v1") -> Effect:
    """Make an effect that points a row at another path."""
    return Effect(
        EffectKind.REPOINT,
        version,
        "Docs",
        "7",
        before={"File": old},
        after={"File": new},
        field="File",
    )


def settled(ledger: Ledger, effect: Effect, state: EffectState = EffectState.VERIFIED) -> Effect:
    """Record an effect and what became of it."""
    known = ledger.intend(effect, "run-1")
    ledger.settle(known, state)
    return known


FINDINGS = Findings(
    media_type="application/pdf",
    status=ReadStatus.PARTIAL,
    doc_type=Finding("invoice", 0.9, "the word Rechnung"),
    fields={
        "total": Finding("12.50", 0.8, "after Total", page=1),
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
        ),
    ),
    extension=".pdf",
    fingerprint="f1",
    left_out={"searchable.pdf": "it is signed"},
)


# Versions


def test_an_unknown_version_has_no_state(ledger: Ledger):
    """A version never seen has no state and is not finished."""
    assert ledger.state("nothing") is None
    assert ledger.finished(["nothing"]) == set()


def test_a_seen_version_is_remembered_whole(ledger: Ledger, clock: FakeClock):
    """What a listing said of a file comes back unchanged."""
    ref = a_ref(name="Beleg \u00fc \U0001f9fe.pdf", size_bytes=None)

    ledger.seen([ref], "run-1")

    state = ledger.state(ref.version)
    assert state is not None
    assert state.ref == ref
    assert (state.stage, state.attempts, state.run_id, state.outcome) == (
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

    ledger.seen([ref], "run-1")

    state = ledger.state(ref.version)
    assert state is not None
    assert (state.ref, state.original_name) == (ref, ref.name)
    assert [found.ref for found in ledger.states(pk=ref.path)] == [ref]


def test_seeing_again_counts_an_attempt_and_changes_nothing_else(ledger: Ledger, clock: FakeClock):
    """A version seen twice keeps what is known of it."""
    ref = a_ref()
    ledger.seen([ref], "run-1")
    ledger.archived(ref.version, sha256=SHA, size_bytes=10, media_type="application/pdf")
    before = ledger.state(ref.version)
    assert before is not None
    clock.advance(60)

    ledger.seen([ref], "run-2")

    assert ledger.state(ref.version) == replace(before, attempts=2)


def test_many_versions_are_seen_and_looked_up_at_once(ledger: Ledger):
    """A whole listing goes in and is asked for in one call, and a version named twice is seen once."""
    refs = [a_ref(str(number)) for number in range(1200)]

    ledger.seen([*refs, refs[0]], "run-1")
    ledger.finish(done(refs[-1]), "run-1")

    assert ledger.finished([ref.version for ref in refs]) == {refs[-1].version}
    assert len(list(ledger.states())) == 1200
    assert {state.attempts for state in ledger.states()} == {1}


def test_what_no_listing_had_found_before_is_told_apart(ledger: Ledger):
    """Of many versions, those that have been seen once are found in one call."""
    refs = [a_ref(str(number)) for number in range(1200)]
    ledger.seen(refs[:700], "run-1")
    ledger.seen(refs, "run-2")

    new = ledger.seen_once([*(ref.version for ref in refs), "unknown"])

    assert new == {ref.version for ref in refs[700:]}


def test_a_version_goes_from_seen_to_finished(ledger: Ledger):
    """Each step leaves its stage and what it learned."""
    ref = a_ref()
    ledger.seen([ref], "run-1")
    stages = []

    ledger.archived(ref.version, sha256=SHA, size_bytes=10, media_type="application/pdf")
    stages.append(ledger.state(ref.version))
    ledger.planned(ref.version, fingerprint="f1", rules="r1")
    stages.append(ledger.state(ref.version))
    ledger.finish(done(ref), "run-2")
    stages.append(ledger.state(ref.version))

    known = [
        (state.stage, state.sha256, state.fingerprint, state.run_id) for state in stages if state
    ]
    assert known == [
        (Stage.ARCHIVED, SHA, None, "run-1"),
        (Stage.PLANNED, SHA, "f1", "run-1"),
        (Stage.FINISHED, SHA, "f1", "run-2"),
    ]


@pytest.mark.parametrize("step", ["archived", "planned", "succeeded_by"])
def test_a_step_of_an_unseen_version_is_a_bug(ledger: Ledger, step: str):
    """Nothing is recorded in silence about a version that was never seen."""
    calls = {
        "archived": lambda: ledger.archived("v", sha256=SHA, size_bytes=1, media_type=""),
        "planned": lambda: ledger.planned("v", fingerprint="f", rules="r1"),
        "succeeded_by": lambda: ledger.succeeded_by("v", a_ref()),
    }

    with pytest.raises(KeyError):
        calls[step]()


@pytest.mark.parametrize("status", list(Status))
def test_every_status_but_failed_finishes(ledger: Ledger, status: Status):
    """Only a failed version is worked on again."""
    ref = a_ref()
    ledger.seen([ref], "run-1")

    ledger.finish(done(ref, status=status), "run-1")

    assert (ref.version in ledger.finished([ref.version])) == (status is not Status.FAILED)


def test_a_planned_only_outcome_leaves_the_version_unfinished(ledger: Ledger):
    """What was only planned is still to be done, and counts as planned."""
    ref = a_ref()
    ledger.seen([ref], "run-1")

    ledger.finish(done(ref, planned_only=True), "run-1")

    assert ledger.finished([ref.version]) == set()
    assert ledger.counts() == {"receipts": {"planned": 1}}


def test_a_failure_after_success_opens_the_version_again(ledger: Ledger):
    """The last outcome decides."""
    ref = a_ref()
    ledger.finish(done(ref), "run-1")

    ledger.finish(done(ref, status=Status.FAILED), "run-2")

    state = ledger.state(ref.version)
    assert state is not None
    assert state.stage is Stage.PLANNED
    assert ledger.finished([ref.version]) == set()


def test_planning_a_finished_version_again_opens_it(ledger: Ledger):
    """A reprocessing killed between plan and outcome is noticed by the next run."""
    ref = a_ref()
    ledger.finish(done(ref), "run-1")

    ledger.planned(ref.version, fingerprint="f2", rules="r1")

    assert ledger.finished([ref.version]) == set()


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
        suggestions=(Suggestion("Total", "12", "12.50", "a person's value stands"),),
    )

    ledger.finish(outcome, "run-1")

    state = ledger.state(outcome.ref.version)
    assert state is not None
    assert (state.outcome, state.sha256) == (outcome, SHA)
    assert state.outcome is not None
    assert isinstance(state.outcome.written["Total"], float)


# Our own renames


def test_what_our_rename_left_is_finished_with_the_same_outcome(ledger: Ledger):
    """The next listing does not take our own work for news."""
    old, new = a_ref(), a_ref(name="2026 Shop.pdf")
    ledger.seen([old], "run-1")
    ledger.archived(old.version, sha256=SHA, size_bytes=10, media_type="application/pdf")
    ledger.planned(old.version, fingerprint="f1", rules="r1")
    ledger.finish(done(old, written={"Total": "1"}), "run-1")

    ledger.succeeded_by(old.version, new)

    state = ledger.state(new.version)
    assert state is not None
    assert ledger.finished([old.version, new.version]) == {old.version, new.version}
    assert state.outcome == done(new, written={"Total": "1"})
    assert (state.ref, state.sha256, state.fingerprint) == (new, SHA, "f1")


def test_a_successor_named_before_the_outcome_gets_it_too(ledger: Ledger):
    """The order of outcome and successor does not matter."""
    old, new = a_ref(), a_ref(name="2026 Shop.pdf")
    ledger.seen([old], "run-1")

    ledger.succeeded_by(old.version, new)
    unfinished = ledger.finished([new.version])
    ledger.finish(done(old), "run-1")

    state = ledger.state(new.version)
    assert unfinished == set()
    assert ledger.finished([new.version]) == {new.version}
    assert state is not None
    assert state.outcome == done(new)


def test_a_successor_that_a_listing_saw_first_is_finished_all_the_same(ledger: Ledger):
    """A run killed after its rename is caught up with once the new version is recognised."""
    old, new = a_ref(), a_ref(name="2026 Shop.pdf")
    ledger.finish(done(old), "run-1")
    ledger.seen([new], "run-2")

    ledger.succeeded_by(old.version, new)

    state = ledger.state(new.version)
    assert state is not None
    assert ledger.finished([new.version]) == {new.version}
    assert state.original_name == "scan.pdf"


def test_the_first_name_outlives_our_renames(ledger: Ledger):
    """However often we rename a file, its original name is the one it came with."""
    first, second, third = (
        a_ref(name="IMG_1.pdf"),
        a_ref(name="2026 A.pdf"),
        a_ref(name="2026 B.pdf"),
    )
    ledger.finish(done(first), "run-1")

    ledger.succeeded_by(first.version, second)
    ledger.succeeded_by(second.version, third)

    assert [state.original_name for state in ledger.states()] == ["IMG_1.pdf"]


def test_another_file_in_the_slot_has_its_own_original_name(ledger: Ledger):
    """A person who replaces the file brings a new original name."""
    first, ours, theirs = (
        a_ref(name="IMG_1.pdf"),
        a_ref(name="2026 A.pdf"),
        a_ref(name="IMG_2.pdf", size_bytes=11),
    )
    ledger.finish(done(first), "run-1")
    ledger.succeeded_by(first.version, ours)

    ledger.seen([theirs], "run-2")

    assert [state.original_name for state in ledger.states()] == ["IMG_2.pdf"]


def test_a_moved_file_leaves_its_old_path(ledger: Ledger):
    """A file without a record is in one place: after our rename only the new path is current."""
    old, new = a_file("/In/a.pdf"), a_file("/In/b.pdf")
    ledger.finish(done(old), "run-1")

    ledger.succeeded_by(old.version, new)

    assert [state.ref.path for state in ledger.states()] == ["/In/b.pdf"]
    assert ledger.counts() == {"inbox": {"done": 1}}


# Walking over states


def test_states_come_in_order_of_source_container_and_record(ledger: Ledger):
    """The order does not depend on the order of arrival."""
    refs = [
        a_ref("2"),
        a_ref("1", source="a"),
        a_ref("1", container="Bills"),
        a_ref("1"),
        a_ref("1", field="Back"),
    ]
    ledger.seen(refs, "run-1")

    found = [
        (state.ref.source, state.ref.container, state.ref.record, state.ref.field)
        for state in ledger.states()
    ]

    assert found == sorted(
        found, key=lambda ref: (ref[0], ref[1], ref[2].pk if ref[2] else "", ref[3])
    )
    assert len(found) == 5


def test_only_the_version_listed_last_is_newest(ledger: Ledger):
    """Of a location_key's versions the newest is the one a listing showed last, also when an old one comes back."""
    first, second = a_ref(name="a.pdf"), a_ref(name="b.pdf")
    ledger.seen([first], "run-1")
    ledger.seen([second], "run-2")
    newest = [state.ref.name for state in ledger.states()]

    ledger.seen([first], "run-3")

    assert newest == ["b.pdf"]
    assert [state.ref.name for state in ledger.states()] == ["a.pdf"]
    assert [state.ref.name for state in ledger.states(newest=False)] == ["a.pdf", "b.pdf"]


def test_states_can_be_narrowed(ledger: Ledger, clock: FakeClock):
    """Source, record and time each narrow the walk."""
    ledger.seen([a_ref("1"), a_ref("2"), a_file("/In/a.pdf")], "run-1")
    clock.advance(3600)
    changed_at = clock.now()
    ledger.finish(done(a_ref("2")), "run-2")

    assert [state.ref.source for state in ledger.states(source="inbox")] == ["inbox"]
    assert [state.version for state in ledger.states(pk="1")] == [a_ref("1").version]
    assert [state.ref.path for state in ledger.states(pk="/In/a.pdf")] == ["/In/a.pdf"]
    assert [state.version for state in ledger.states(since=changed_at)] == [a_ref("2").version]
    assert list(ledger.states(since=changed_at + timedelta(seconds=1))) == []


def test_a_walk_meets_each_slot_once_while_files_are_renamed(ledger: Ledger):
    """Renaming what the walk yields neither repeats nor hides a file."""
    refs = [a_ref(f"{number:04}") for number in range(1100)]
    ledger.seen(refs, "run-1")
    met = []

    for state in ledger.states():
        met.append(state.ref.record)
        if len(met) % 100 == 0:
            ledger.succeeded_by(state.version, replace(state.ref, name="renamed.pdf"))

    assert met == [ref.record for ref in refs]


def only(current: str) -> Callable[[str], bool]:
    """Return a judgment by which only this fingerprint is current."""
    return lambda fingerprint: fingerprint == current


def test_stale_are_those_read_under_another_fingerprint(ledger: Ledger):
    """A file that was read under a current fingerprint, or never, is not stale; nor are other sources' files."""
    old, current, unread, elsewhere = a_ref("1"), a_ref("2"), a_ref("3"), a_file("/In/a.pdf")
    ledger.seen([old, current, unread, elsewhere], "run-1")
    for ref, fingerprint in ((old, "f1"), (current, "f2"), (elsewhere, "f1")):
        ledger.planned(ref.version, fingerprint=fingerprint, rules="r1")

    assert [state.ref for state in ledger.stale(only("f2"), "r1", source="receipts")] == [old]
    assert [state.ref for state in ledger.stale(only("f2"), "r1", source=elsewhere.source)] == [
        elsewhere
    ]


def test_stale_are_those_planned_under_other_settings(ledger: Ledger):
    """What was read as it would be now, but planned under other settings, is stale, too."""
    old, unread = a_ref("1"), a_ref("2")
    ledger.seen([old, unread], "run-1")
    ledger.planned(old.version, fingerprint="f1", rules="r1")

    assert list(ledger.stale(only("f1"), "r1", source="receipts")) == []
    (state,) = ledger.stale(only("f1"), "r2", source="receipts")
    assert (state.ref, state.rules) == (old, "r1")


def test_each_fingerprint_is_judged_once(ledger: Ledger):
    """However many files were read under a fingerprint, the reader is asked about it once."""
    asked: list[str] = []
    refs = [a_ref(str(number)) for number in range(5)]
    ledger.seen(refs, "run-1")
    for ref in refs:
        ledger.planned(ref.version, fingerprint="pdf:1 text:2", rules="r1")

    def is_current(fingerprint: str) -> bool:
        asked.append(fingerprint)
        return False

    assert len(list(ledger.stale(is_current, "r1", source="receipts"))) == 5
    assert asked == ["pdf:1 text:2"]


def test_a_replaced_file_is_not_stale(ledger: Ledger):
    """Only a location_key's latest version is worth reading again."""
    ledger.seen([a_ref()], "run-1")
    ledger.planned(a_ref().version, fingerprint="f1", rules="r1")

    ledger.seen([a_ref(name="other.pdf")], "run-2")

    assert list(ledger.stale(only("f2"), "r1", source="receipts")) == []


def test_counts_tell_status_or_stage(ledger: Ledger):
    """Files are counted by source, by status where there is one and by stage otherwise."""
    ledger.seen([a_ref("1"), a_ref("2"), a_ref("3"), a_file("/In/a.pdf")], "run-1")
    ledger.archived(a_ref("2").version, sha256=SHA, size_bytes=1, media_type="")
    ledger.finish(done(a_ref("3"), status=Status.REJECTED), "run-1")

    assert ledger.counts() == {
        "receipts": {"seen": 1, "archived": 1, "rejected": 1},
        "inbox": {"seen": 1},
    }


# Readings


def test_a_reading_is_kept_without_text_and_paths(ledger: Ledger):
    """Findings come back by content and fingerprint; text and derived files stay in the archive."""
    ledger.save_reading(SHA, FINDINGS, prefix="documents/a/1/Scan/v1")

    kept = replace(FINDINGS, text="", derived={}, pages=(replace(FINDINGS.pages[0], text=""),))
    assert ledger.reading(SHA, "f1") == (kept, "documents/a/1/Scan/v1")
    assert ledger.reading(SHA, "f2") is None
    assert ledger.reading("cd" * 32, "f1") is None


def test_a_reading_can_be_replaced(ledger: Ledger):
    """Reading the same content again under the same fingerprint replaces what was kept."""
    ledger.save_reading(SHA, FINDINGS, prefix="one")

    ledger.save_reading(SHA, replace(FINDINGS, status=ReadStatus.OK), prefix="two")

    found = ledger.reading(SHA, "f1")
    assert found is not None
    assert (found[0].status, found[1]) == (ReadStatus.OK, "two")


def test_the_fingerprints_of_a_content_come_latest_first(ledger: Ledger, clock: FakeClock):
    """A content that was read in several ways has one reading for each, and a new one becomes the latest."""
    for fingerprint in ("f1", "f2", "f1"):
        clock.advance(1)
        ledger.save_reading(SHA, replace(FINDINGS, fingerprint=fingerprint), prefix="one")

    assert list(ledger.reading_fingerprints(SHA)) == ["f1", "f2"]
    assert list(ledger.reading_fingerprints("cd" * 32)) == []


# Effects


def test_an_intent_comes_back_whole_and_open(ledger: Ledger, clock: FakeClock):
    """An intent has an id, a time and a run, and is open until it is settled."""
    effect = replace(update(Total=12.5, Note=None), is_view=True, field="Scan")

    known = ledger.intend(effect, "run-1")

    assert known == replace(effect, id=known.id, run_id="run-1", at=clock.now())
    assert known.id > 0
    assert ledger.unsettled() == [known]
    assert ledger.open_effects(["v1"]) == [known]


@pytest.mark.parametrize("state", list(EffectState))
def test_intents_and_applied_effects_are_open(ledger: Ledger, state: EffectState):
    """Only what was verified, given up or met a conflict is settled."""
    known = settled(ledger, update(Total="1"), state)

    opened = state in {EffectState.INTENT, EffectState.APPLIED}
    assert [effect.id for effect in ledger.unsettled()] == ([known.id] if opened else [])
    assert [effect.id for effect in ledger.open_effects(["v1"])] == ([known.id] if opened else [])
    assert [effect.state for effect in ledger.effects()] == [state]


def test_settling_keeps_the_note_and_the_key_of_a_new_row(ledger: Ledger):
    """A row that was inserted has a key only afterwards; it is kept with the note."""
    known = ledger.intend(
        replace(update(Path="/a"), kind=EffectKind.INSERT_INDEX_ROW, pk=""), "run-1"
    )

    ledger.settle(replace(known, pk="88"), EffectState.APPLIED, "inserted")

    assert [(effect.pk, effect.note) for effect in ledger.effects()] == [("88", "inserted")]


def test_settling_an_unknown_effect_is_a_bug(ledger: Ledger):
    """Nothing is recorded in silence about an effect that was never intended."""
    with pytest.raises(KeyError):
        ledger.settle(replace(update(Total="1"), id=99), EffectState.APPLIED)


def test_effects_come_oldest_first_by_version_and_run(ledger: Ledger):
    """Effects are found by version, by run, by both or all together."""
    one = ledger.intend(update(version="v1", A="1"), "run-1")
    two = ledger.intend(update(version="v2", A="2"), "run-1")
    three = ledger.intend(update(version="v1", A="3"), "run-2")

    assert ledger.effects() == [one, two, three]
    assert ledger.effects(version="v1") == [one, three]
    assert ledger.effects(run_id="run-1") == [one, two]
    assert ledger.effects(version="v1", run_id="run-2") == [three]
    assert ledger.open_effects(["v2", "v1", "v1"]) == [one, two, three]


def test_last_written_is_the_latest_value_by_column(ledger: Ledger):
    """Each column has the value of the latest effect that reached the record."""
    settled(ledger, update(Total="1", Note="a"))
    settled(ledger, update(Total="2"), EffectState.APPLIED)
    settled(ledger, update(Total="3"), EffectState.CONFLICT)
    settled(ledger, update(Total="4"), EffectState.ABANDONED)
    ledger.intend(update(Total="5"), "run-1")
    settled(ledger, update("2", Total="6"))

    assert ledger.last_written("Receipts", "1") == {"Total": "2", "Note": "a"}
    assert ledger.last_written("Receipts", "3") == {}


def test_paths_of_files_are_no_columns(ledger: Ledger):
    """Putting and deleting a file writes nothing into its record."""
    effect = update(path="/b")
    for kind in (EffectKind.PUT_FILE, EffectKind.DELETE_FILE):
        settled(ledger, replace(effect, kind=kind))

    assert ledger.last_written("Receipts", "1") == {}


def test_a_path_never_moved_is_nowhere_else(ledger: Ledger):
    """Without a move of ours there is no other path."""
    ledger.intend(repoint("/a", "/b"), "run-1")

    assert ledger.moved_to("/a") is None
    assert ledger.moved_to("/b") is None


def test_moves_are_followed(ledger: Ledger):
    """A path renamed twice leads to where the file is now."""
    settled(ledger, repoint("/a", "/b"))
    settled(ledger, repoint("/b", "/c"), EffectState.APPLIED)
    settled(ledger, repoint("/c", "/d"), EffectState.CONFLICT)

    assert ledger.moved_to("/a") == "/c"


def test_a_file_without_a_record_has_moved_once_its_old_path_is_deleted(ledger: Ledger):
    """A copy alone is not a move."""
    put = Effect(
        EffectKind.PUT_FILE,
        "v1",
        "/In",
        "",
        before={"path": "/a"},
        after={"path": "/b", "sha256": SHA},
    )
    delete = replace(
        put, kind=EffectKind.DELETE_FILE, before={"path": "/a", "sha256": SHA}, after={"path": "/b"}
    )
    settled(ledger, put)
    copied = ledger.moved_to("/a")

    settled(ledger, delete)

    assert copied is None
    assert ledger.moved_to("/a") == "/b"


def test_a_move_that_was_undone_is_none(ledger: Ledger):
    """A file that came back is where it was, and looking for it ends."""
    settled(ledger, repoint("/a", "/b"))
    settled(ledger, repoint("/b", "/a"))

    assert ledger.moved_to("/a") is None
    assert ledger.moved_to("/b") == "/a"


# Runs and sources


def test_a_run_is_remembered(ledger: Ledger, clock: FakeClock):
    """A run shows when it began and ended, and what it did."""
    began = clock.now()
    ledger.start_run("run-1", "run")
    clock.advance(90)

    ledger.finish_run("run-1", "done", counts={"done": 2}, calls={"GET /v3/tables": 4})

    (run,) = ledger.runs()
    assert (run.id, run.kind, run.started_at, run.finished_at) == (
        "run-1",
        "run",
        began,
        clock.now(),
    )
    assert (run.status, run.counts, run.calls) == ("done", {"done": 2}, {"GET /v3/tables": 4})


def test_a_run_under_way_has_no_end(ledger: Ledger):
    """A run that was started and not finished says so."""
    ledger.start_run("run-1", "run")

    assert [(run.status, run.finished_at) for run in ledger.runs()] == [("running", None)]


def test_runs_come_newest_first_and_no_more_than_asked(ledger: Ledger):
    """The latest runs come first, also within one second."""
    for number in range(12):
        ledger.start_run(f"run-{number}", "run")

    assert [run.id for run in ledger.runs()] == [f"run-{number}" for number in range(11, 1, -1)]
    assert [run.id for run in ledger.runs(limit=1)] == ["run-11"]


def test_finishing_an_unknown_run_is_a_bug(ledger: Ledger):
    """Nothing is recorded in silence about a run that never began."""
    with pytest.raises(KeyError):
        ledger.finish_run("run-1", "done", counts={}, calls={})


def test_a_run_started_again_keeps_its_calls(ledger: Ledger):
    """Calls are never forgotten: those of a repeated run are added to those it had made."""
    for _ in range(2):
        ledger.start_run("run-1", "run")
        ledger.finish_run("run-1", "failed", counts={"failed": 1}, calls={"GET /a": 2, "PUT /b": 1})

    assert [run.calls for run in ledger.runs()] == [{"GET /a": 4, "PUT /b": 2}]


def test_a_new_ledger_is_empty(ledger: Ledger):
    """Without runs there are no calls, no runs and no counts."""
    assert (ledger.usage("a").calls, ledger.runs(), ledger.counts()) == (0, [], {})


def test_what_another_run_changed_is_known(ledger: Ledger):
    """An unfinished version with another run's standing effect is told; a finished one and one's own are not."""
    refs = [a_ref(str(number)) for number in range(4)]
    ledger.seen(refs, "run-1")
    for ref, run_id, state in zip(
        refs,
        ("other", "own", "other", "other"),
        (EffectState.VERIFIED, EffectState.VERIFIED, EffectState.ABANDONED, EffectState.APPLIED),
        strict=True,
    ):
        effect = replace(update("x", Total="1"), version=ref.version)
        ledger.settle(ledger.intend(effect, run_id), state)
    ledger.finish(done(refs[3]), "other")

    assert ledger.changed_by_others([ref.version for ref in refs], "own") == {refs[0].version}


def test_a_source_is_confirmed_with_its_settings(ledger: Ledger):
    """A source whose settings changed is a new one until it is confirmed again."""
    for _ in range(2):
        ledger.confirm_source("receipts", "hash-1")

    assert ledger.source_confirmed("receipts", "hash-1")
    assert not ledger.source_confirmed("receipts", "hash-2")
    assert not ledger.source_confirmed("inbox", "hash-1")


# Threads


def test_many_threads_write_at_once(ledger: Ledger):
    """Concurrent listings, intents and outcomes are all remembered, each once."""
    barrier = threading.Barrier(8)

    def work(number: int) -> None:
        barrier.wait()
        for step in range(5):
            ref = a_ref(str(step))
            ledger.seen([ref, a_ref(f"{number}-{step}")], f"run-{number}")
            ledger.settle(
                ledger.intend(update(str(step), Total=str(number)), f"run-{number}"),
                EffectState.VERIFIED,
            )
            ledger.finish(done(ref), f"run-{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert len(ledger.effects()) == 40
    assert len({effect.id for effect in ledger.effects()}) == 40
    assert [
        state.attempts
        for state in ledger.states()
        if "-" not in (state.ref.record.pk if state.ref.record else "")
    ] == [8] * 5
    assert len(list(ledger.states())) == 45


def _undo(effect: Effect, **after: str | float | None) -> Effect:
    return replace(
        effect, before=dict(effect.after), after=after or dict(effect.before), undoes=effect.id
    )


def test_an_effect_comes_back_with_what_it_takes_back(ledger: Ledger):
    """An effect remembers which other it undoes."""
    first = settled(ledger, update(Total=1.0))

    settled(ledger, _undo(first))

    assert [effect.undoes for effect in ledger.effects(record=("Receipts", "1"))] == [0, first.id]


def test_a_value_put_back_is_not_ours(ledger: Ledger):
    """What an undo restores belongs to whoever put it there, and an earlier value of ours is ours again."""
    typed = replace(update(Total=2.0), before={"Total": 7.0})
    first = settled(ledger, typed)
    settled(ledger, _undo(first))
    kept = settled(ledger, update("2", Total=1.0))
    second = settled(ledger, replace(update("2", Total=2.0), before={"Total": 1.0}))
    settled(ledger, _undo(second))

    assert ledger.last_written("Receipts", "1") == {}
    assert ledger.last_written("Receipts", "2") == kept.after


def test_an_undo_that_was_undone_leaves_the_value_ours(ledger: Ledger):
    """Undone twice, an effect stands as if nothing had happened."""
    first = settled(ledger, update(Total=2.0))
    back = settled(ledger, _undo(first))

    settled(ledger, _undo(back))

    assert ledger.last_written("Receipts", "1") == {"Total": 2.0}


def test_only_the_columns_put_back_are_undone(ledger: Ledger):
    """Where an undo left a column alone, the value there is still ours."""
    first = settled(ledger, update(Total=2.0, Kind="receipt"))

    settled(ledger, replace(_undo(first, Total=None), before={"Total": 2.0}))

    assert ledger.last_written("Receipts", "1") == {"Kind": "receipt"}


def test_a_decision_is_the_persons_value(ledger: Ledger):
    """What a person decided in the review table is not ours to write over."""
    settled(ledger, update(Total=2.0))

    settled(ledger, replace(update(Total=3.0), kind=EffectKind.APPLY_DECISION))

    assert ledger.last_written("Receipts", "1") == {}


def test_runs_that_wrote_a_record_are_counted(ledger: Ledger, clock: FakeClock):
    """Each run counts once, and only those since the moment, whose effects took."""
    for run in ("run-1", "run-2", "run-2", "run-3"):
        clock.advance(10)
        effect = ledger.intend(update(Total=1.0), run)
        ledger.settle(effect, EffectState.CONFLICT if run == "run-3" else EffectState.VERIFIED)

    since = clock.now() - timedelta(seconds=25)

    assert ledger.runs_that_wrote("Receipts", "1", since=since) == 1
    assert ledger.runs_that_wrote("Receipts", "1", since=since - timedelta(days=1)) == 2
    assert ledger.runs_that_wrote("Receipts", "2", since=since) == 0


def test_a_suggestion_comes_back_whole_and_once(ledger: Ledger):
    """A suggestion kept again takes the place of the one before; another column's stands beside it."""
    suggestion = Suggestion("Total", 7.0, 2.0, "the column already holds a value", 0.75)
    item = ReviewItem("receipts", RecordRef("Receipts", "1"), "v1", suggestion)
    other = replace(item, record=RecordRef("Receipts", "2"))
    for kept in (item, other, replace(item, state=ReviewState.REJECTED, row="17")):
        ledger.keep_review_item(kept, "run-1")

    assert ledger.review_items("receipts", ("Receipts", "1")) == [
        replace(item, state=ReviewState.REJECTED, row="17")
    ]
    assert {kept.record.pk for kept in ledger.review_items("receipts")} == {"1", "2"}
    assert ledger.review_items("other") == []


def test_what_takes_back_an_effect_is_found_to_the_end(ledger: Ledger):
    """An undo, the undo of the undo and so on are found from the first effect, and nothing else."""
    first = settled(ledger, update(Total=2.0))
    back = settled(ledger, _undo(first))
    again = settled(ledger, _undo(back))
    settled(ledger, update(Total=3.0))

    assert [effect.id for effect in ledger.undoing([first.id])] == [back.id, again.id]
    assert ledger.undoing([]) == []


def test_names_we_gave_are_found(ledger: Ledger):
    """A rename or a put is found by its record or path."""
    old, file = a_ref(), a_file("/In/a.txt")
    ledger.seen([old, file], "run-1")
    renamed = settled(
        ledger,
        Effect(
            EffectKind.RENAME_ATTACHMENT,
            old.version,
            "Receipts",
            "1",
            {"name": "a"},
            {"name": "b"},
            field="Scan",
        ),
    )
    put = settled(
        ledger,
        Effect(
            EffectKind.PUT_FILE, file.version, "/In", "", {"path": "/In/a.txt"}, {"path": "/In/b"}
        ),
    )

    assert [e.id for e in ledger.names_given([a_ref(name="b.pdf"), a_file("/In/b")])] == [
        renamed.id,
        put.id,
    ]
    assert ledger.names_given([a_ref("2"), a_file("/In/c")]) == []


def test_versions_are_open_ends_until_they_are_succeeded(ledger: Ledger):
    """Of a location_key's versions those are returned that no later one is known to have been made of."""
    old, new, other = a_ref(), a_ref(name="b.pdf"), a_ref("2")
    ledger.seen([old, other], "run-1")

    before = ledger.unsucceeded({old.location_key, other.location_key})
    ledger.succeeded_by(old.version, new)

    assert {state.version for state in before} == {old.version, other.version}
    assert [state.version for state in ledger.unsucceeded({old.location_key})] == [new.version]
    assert ledger.unsucceeded(set()) == []


# Quarantine


def test_starts_without_an_outcome_are_counted(ledger: Ledger):
    """Each start tells how many before it, under the same fingerprint, came to nothing."""
    ref = a_ref()
    ledger.seen([ref], "run-1")

    counts = [ledger.started(ref.version, fingerprint="f1") for _ in range(3)]

    assert counts == [0, 1, 2]
    assert ledger.started(ref.version, fingerprint="f2") == 0


@pytest.mark.parametrize("status", [Status.DONE, Status.FAILED])
def test_an_outcome_sets_the_starts_back(ledger: Ledger, status: Status):
    """A file that came to an outcome, even to a failure, is no danger."""
    ref = a_ref()
    ledger.seen([ref], "run-1")
    ledger.started(ref.version, fingerprint="f1")

    ledger.finish(Outcome(ref, status), "run-1")

    assert ledger.started(ref.version, fingerprint="f1") == 0


def test_what_is_put_off_was_not_started(ledger: Ledger):
    """A run that stops in good order takes its starts back."""
    ref = a_ref()
    ledger.seen([ref], "run-1")
    ledger.started(ref.version, fingerprint="f1")

    ledger.put_off([ref.version])

    assert ledger.started(ref.version, fingerprint="f1") == 0


def test_another_fingerprint_releases_from_quarantine(ledger: Ledger):
    """A quarantined version is finished, and released once documents are read otherwise."""
    ref = a_ref()
    ledger.seen([ref], "run-1")
    for _ in range(4):
        ledger.started(ref.version, fingerprint="f1")
    ledger.finish(Outcome(ref, Status.REJECTED, "quarantined", quarantined=True), "run-1")

    assert ledger.finished([ref.version]) == {ref.version}
    assert ledger.released([ref.version], "f1") == set()
    assert ledger.released([ref.version], "f2") == {ref.version}
    state = ledger.state(ref.version)
    assert state is not None
    assert state.outcome is not None
    assert state.outcome.quarantined
