"""What a rebuilt ledger knows is what the lost one knew."""

import json
from dataclasses import asdict, replace
from datetime import timedelta

from pipeline.adapters.sql_ledger.rows import dump_findings
from pipeline.model import (
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
    Status,
)
from pipeline.ports import Ledger, Manifest
from pipeline.verify.manifests import rename_history
from tests.contracts.ledger.builders import last_values
from tests.fakes.clock import START, FakeClock

FINDINGS = Findings(
    "text/plain",
    ReadStatus.OK,
    Finding("receipt", 0.9, "it says so"),
    fields={"total": Finding("1.50", 0.8, "it says so", 1, (1.0, 2.0, 3.0, 4.0))},
    pages=(PageText(1, "text", None, None, ""),),
    fingerprint="print",
)
REF = FileRef(
    "receipts",
    Place.ATTACHMENT,
    "Receipts",
    "Scan",
    RecordRef("Receipts", "7"),
    "a.txt",
    9,
    "2026-03-01",
)


def a_manifest(
    ref: FileRef = REF, *, seconds: int = 0, renamed_to: tuple[FileRef, ...] = ()
) -> Manifest:
    """Return what the archive has of a document."""
    findings = json.loads(json.dumps(dump_findings(FINDINGS)))
    outcome = Outcome(ref, Status.DONE, sha256="ab", written={"Total": 1.5}, new_name="b.txt")
    effect = Effect(
        EffectKind.UPDATE_COLUMNS, ref.version, "Receipts", "7", before={"Total": None},
        after={"Total": 1.5}, state=EffectState.VERIFIED, id=41, run_id="run-1", at=START,
    )  # fmt: skip
    return Manifest(
        ref, "ab", 9, "first.txt", findings, outcome, "documents/x", (effect,), "run-1",
        START + timedelta(seconds=seconds), renamed_to,
    )  # fmt: skip


def test_a_restored_version_is_finished_with_all_that_was_known(ledger: Ledger):
    """State, outcome, original name and reading come back."""
    manifest = a_manifest()

    assert ledger.files.restore(manifest)

    state = ledger.files.state(REF.version)
    assert state is not None
    assert (state.outcome, state.original_name, state.sha256, state.size_bytes) == (
        manifest.outcome, "first.txt", "ab", 9,
    )  # fmt: skip
    assert ledger.files.finished([REF.version]) == {REF.version}
    assert ledger.files.reading("ab", "print") == (FINDINGS, "documents/x")
    assert ledger.files.known_digests(["ab", "cd"]) == {"ab"}


def test_what_our_rename_left_is_not_new(ledger: Ledger):
    """The version a listing showed after our rename is finished, and the newest."""
    became = replace(REF, name="b.txt", listed_date="2026-03-02")

    ledger.files.restore(a_manifest(renamed_to=(became,)))

    assert ledger.files.finished([became.version]) == {became.version}
    assert [(state.version, state.renamed_from) for state in ledger.files.states()] == [
        (became.version, REF.version)
    ]


def test_what_several_renames_left_is_not_new(ledger: Ledger):
    """A file renamed, renamed back and renamed again is finished as what was listed last."""
    line = tuple(
        replace(REF, name=name, listed_date=f"2026-03-0{day}") for day, name in enumerate("bab", 2)
    )

    ledger.files.restore(a_manifest(renamed_to=line))

    assert ledger.files.finished([ref.version for ref in line]) == {ref.version for ref in line}
    assert [(state.version, state.renamed_from) for state in ledger.files.states()] == [
        (line[2].version, line[1].version)
    ]


def test_a_files_renames_are_followed_to_the_last():
    """What a renamed version became, and that in turn, is listed in order; a circle ends."""
    one, two = (replace(REF, listed_date=f"2026-03-0{day}") for day in (2, 3))

    assert rename_history(REF.version, {REF.version: one, one.version: two}) == (one, two)
    assert rename_history(REF.version, {REF.version: one, one.version: REF}) == (one, REF)
    assert rename_history(REF.version, {}) == ()


def test_the_order_of_manifests_does_not_matter(ledger: Ledger):
    """The latest document of a location_key is its newest, whichever manifest is met first."""
    later = replace(REF, size_bytes=10)

    ledger.files.restore(a_manifest(later, seconds=60))
    ledger.files.restore(a_manifest(REF))

    assert [state.ref for state in ledger.files.states()] == [later]
    assert len(list(ledger.files.states(newest=False))) == 2


def test_restoring_again_changes_nothing(ledger: Ledger):
    """What is known already, and what a run has recorded since, stays."""
    ledger.files.restore(a_manifest())

    assert not ledger.files.restore(a_manifest())


def test_restored_effects_show_what_we_wrote(ledger: Ledger):
    """After a rebuild our own values are known as ours."""
    ledger.effects.restore(a_manifest().effects)

    assert last_values(ledger, "7") == {"Total": 1.5}
    (effect,) = ledger.effects.find(version=REF.version)
    assert (effect.run_id, effect.state, effect.at) == ("run-1", EffectState.VERIFIED, START)
    assert asdict(effect)["before"] == {"Total": None}


def test_restored_effects_take_back_what_they_took_back(ledger: Ledger):
    """Ids change in a rebuild.

    What was undone still is, and an undo of something unknown takes nothing else back.
    """
    wrote = replace(a_manifest().effects[0], id=41)
    lost = replace(wrote, id=2, pk="8", undoes=1)
    undo = replace(wrote, id=42, before=wrote.after, after=wrote.before, undoes=41)

    ledger.effects.restore([lost, wrote, undo])

    assert last_values(ledger, "7") == {}
    known = {effect.id: effect for effect in ledger.effects.find(record=("Receipts", "7"))}
    (again,) = ledger.effects.undoing(
        [next(number for number, effect in known.items() if not effect.undoes)]
    )
    assert (again.before, again.after) == (wrote.after, wrote.before)
    assert (
        ledger.effects.undoing(
            [effect.id for effect in ledger.effects.find(record=("Receipts", "8"))]
        )
        == []
    )


def test_new_effects_come_after_restored_ones(ledger: Ledger, clock: FakeClock):
    """An effect of today is later than any of the lost ledger."""
    ledger.effects.restore(a_manifest().effects)
    clock.advance(60)
    effect = ledger.effects.intend(
        replace(a_manifest().effects[0], after={"Total": 2.5}, id=0), "run-2"
    )
    ledger.effects.settle(effect, EffectState.VERIFIED)

    assert last_values(ledger, "7") == {"Total": 2.5}
