from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
)
from pipeline.ports import Ledger
from tests.contracts.ledger.builders import (
    SHA,
    a_file,
    a_ref,
    done,
    last_values,
    repoint,
    settled,
    update,
)
from tests.fakes.clock import FakeClock


def test_an_intent_comes_back_whole_and_open(ledger: Ledger, clock: FakeClock):
    """An intent has an id, a time and a run, and is open until it is settled."""
    effect = replace(update(Total=12.5, Note=None), is_view=True, field="Scan")

    known = ledger.effects.intend(effect, "run-1")

    assert known == replace(effect, id=known.id, run_id="run-1", at=clock.now())
    assert known.id > 0
    assert ledger.effects.open() == [known]
    assert ledger.effects.open(["v1"]) == [known]


@pytest.mark.parametrize("state", list(EffectState))
def test_intents_and_applied_effects_are_open(ledger: Ledger, state: EffectState):
    """Only what was verified, given up or met a conflict is settled."""
    known = settled(ledger, update(Total="1"), state)

    opened = state in {EffectState.INTENT, EffectState.APPLIED}
    assert [effect.id for effect in ledger.effects.open()] == ([known.id] if opened else [])
    assert [effect.id for effect in ledger.effects.open(["v1"])] == ([known.id] if opened else [])
    assert [effect.state for effect in ledger.effects.find()] == [state]


def test_settling_keeps_the_note_and_the_key_of_a_new_row(ledger: Ledger):
    """A row that was inserted has a key only afterwards; it is kept with the note."""
    known = ledger.effects.intend(
        replace(update(Path="/a"), kind=EffectKind.INSERT_INDEX_ROW, pk=""), "run-1"
    )

    ledger.effects.settle(replace(known, pk="88"), EffectState.APPLIED, "inserted")

    assert [(effect.pk, effect.note) for effect in ledger.effects.find()] == [("88", "inserted")]


def test_settling_an_unknown_effect_is_a_bug(ledger: Ledger):
    """Nothing is recorded in silence about an effect that was never intended."""
    with pytest.raises(KeyError):
        ledger.effects.settle(replace(update(Total="1"), id=99), EffectState.APPLIED)


def test_effects_come_oldest_first_by_version_and_run(ledger: Ledger):
    """Effects are found by version, by run, by both or all together."""
    one = ledger.effects.intend(update(version="v1", A="1"), "run-1")
    two = ledger.effects.intend(update(version="v2", A="2"), "run-1")
    three = ledger.effects.intend(update(version="v1", A="3"), "run-2")

    assert ledger.effects.find() == [one, two, three]
    assert ledger.effects.find(version="v1") == [one, three]
    assert ledger.effects.find(run_id="run-1") == [one, two]
    assert ledger.effects.find(version="v1", run_id="run-2") == [three]
    assert ledger.effects.open(["v2", "v1", "v1"]) == [one, two, three]


def test_last_written_is_the_latest_value_by_column(ledger: Ledger):
    """Each column has the value of the latest effect that reached the record."""
    settled(ledger, update(Total="1", Note="a"))
    settled(ledger, update(Total="2"), EffectState.APPLIED)
    settled(ledger, update(Total="3"), EffectState.CONFLICT)
    settled(ledger, update(Total="4"), EffectState.ABANDONED)
    ledger.effects.intend(update(Total="5"), "run-1")
    settled(ledger, update("2", Total="6"))

    assert last_values(ledger, "1") == {"Total": "2", "Note": "a"}
    assert last_values(ledger, "3") == {}


def test_paths_of_files_are_no_columns(ledger: Ledger):
    """Putting and deleting a file writes nothing into its record."""
    effect = update(path="/b")
    for kind in (EffectKind.PUT_FILE, EffectKind.DELETE_FILE):
        settled(ledger, replace(effect, kind=kind))

    assert last_values(ledger, "1") == {}


def test_a_path_never_moved_is_nowhere_else(ledger: Ledger):
    """Without a move of ours there is no other path."""
    ledger.effects.intend(repoint("/a", "/b"), "run-1")

    assert ledger.effects.moved_to("/a") is None
    assert ledger.effects.moved_to("/b") is None


def test_moves_are_followed(ledger: Ledger):
    """A path renamed twice leads to where the file is now."""
    settled(ledger, repoint("/a", "/b"))
    settled(ledger, repoint("/b", "/c"), EffectState.APPLIED)
    settled(ledger, repoint("/c", "/d"), EffectState.CONFLICT)

    assert ledger.effects.moved_to("/a") == "/c"


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
    copied = ledger.effects.moved_to("/a")

    settled(ledger, delete)

    assert copied is None
    assert ledger.effects.moved_to("/a") == "/b"


def test_a_move_that_was_undone_is_none(ledger: Ledger):
    """A file that came back is where it was, and looking for it ends."""
    settled(ledger, repoint("/a", "/b"))
    settled(ledger, repoint("/b", "/a"))

    assert ledger.effects.moved_to("/a") is None
    assert ledger.effects.moved_to("/b") == "/a"


def test_what_another_run_changed_is_known(ledger: Ledger):
    """An unfinished version with another run's effect is reported.

    A finished one and one's own are not.
    """
    refs = [a_ref(str(number)) for number in range(4)]
    ledger.files.seen(refs, "run-1")
    for ref, run_id, state in zip(
        refs,
        ("other", "own", "other", "other"),
        (EffectState.VERIFIED, EffectState.VERIFIED, EffectState.ABANDONED, EffectState.APPLIED),
        strict=True,
    ):
        effect = replace(update("x", Total="1"), version=ref.version)
        ledger.effects.settle(ledger.effects.intend(effect, run_id), state)
    ledger.files.finish(done(refs[3]), "other")

    last = ledger.effects.last_id()
    found = ledger.effects.changed_by_others(refs, "own", since=last, beside=())

    assert found == {refs[0].version}


def test_what_another_run_changed_lately_is_known(ledger: Ledger):
    """A later effect, or one of a run that was at work already, counts for its file and its record."""
    refs = [a_ref(str(number)) for number in range(5)]
    ledger.files.seen(refs, "run-1")
    effect = replace(update("x", Total="1"), container="Elsewhere")
    for ref, run_id in zip(refs[:2], ("early", "beside"), strict=True):
        of_version = replace(effect, version=ref.version)
        ledger.effects.settle(ledger.effects.intend(of_version, run_id), EffectState.VERIFIED)
    since = ledger.effects.last_id()
    for late, run_id in (
        (replace(effect, version=refs[2].version), "late"),
        (replace(update("3", Total="1"), version="of another field"), "late"),
        (replace(effect, version=refs[4].version), "own"),
    ):
        ledger.effects.settle(ledger.effects.intend(late, run_id), EffectState.APPLIED)
    for ref in refs:
        ledger.files.finish(done(ref), "other")

    found = ledger.effects.changed_by_others(refs, "own", since=since, beside={"beside"})

    assert found == {ref.version for ref in refs[1:4]}


def test_runs_that_wrote_a_record_are_counted(ledger: Ledger, clock: FakeClock):
    """Each run counts once, and only those since the moment, whose effects took."""
    for run in ("run-1", "run-2", "run-2", "run-3"):
        clock.advance(10)
        effect = ledger.effects.intend(update(Total=1.0), run)
        ledger.effects.settle(
            effect, EffectState.CONFLICT if run == "run-3" else EffectState.VERIFIED
        )

    since = clock.now() - timedelta(seconds=25)

    assert ledger.effects.runs_that_wrote("Receipts", "1", since=since) == 1
    assert ledger.effects.runs_that_wrote("Receipts", "1", since=since - timedelta(days=1)) == 2
    assert ledger.effects.runs_that_wrote("Receipts", "2", since=since) == 0


def test_names_we_gave_are_found(ledger: Ledger):
    """A rename or a put is found by its record or path."""
    old, file = a_ref(), a_file("/In/a.txt")
    ledger.files.seen([old, file], "run-1")
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

    assert [e.id for e in ledger.effects.names_given([a_ref(name="b.pdf"), a_file("/In/b")])] == [
        renamed.id,
        put.id,
    ]
    assert ledger.effects.names_given([a_ref("2"), a_file("/In/c")]) == []


def test_the_effects_on_many_records_come_in_their_order(ledger: Ledger):
    """Whatever their state, and in whatever order the records are named; nothing of other records."""
    named = [("Receipts", "1"), ("Receipts", "2"), ("Bills", "1"), ("Bills", "2"), ("Receipts", "")]
    known = [
        settled(ledger, replace(update(Total="1"), container=container, pk=pk), EffectState.APPLIED)
        for container, pk in named
    ]
    many = {("Receipts", str(pk)) for pk in range(2, 1_200)} | {("Bills", "1"), ("Letters", "1")}

    assert [one.id for one in ledger.effects.on_records(many)] == [known[1].id, known[2].id]
    assert ledger.effects.on_records([]) == []
