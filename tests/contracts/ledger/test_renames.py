from pipeline.ports import Ledger
from tests.contracts.ledger.builders import SHA, a_file, a_ref, done


def test_what_our_rename_left_is_finished_with_the_same_outcome(ledger: Ledger):
    """The next listing does not see a new file in our own rename."""
    old, new = a_ref(), a_ref(name="2026 Shop.pdf")
    ledger.files.seen([old], "run-1")
    ledger.files.archived(old.version, sha256=SHA, size_bytes=10, media_type="application/pdf")
    ledger.files.planned(old.version, fingerprint="f1", rules="r1")
    ledger.files.finish(done(old, written={"Total": "1"}), "run-1")

    ledger.files.record_rename(old.version, new)

    state = ledger.files.state(new.version)
    assert state is not None
    assert ledger.files.finished([old.version, new.version]) == {old.version, new.version}
    assert state.outcome == done(new, written={"Total": "1"})
    assert (state.ref, state.sha256, state.fingerprint) == (new, SHA, "f1")


def test_a_successor_named_before_the_outcome_gets_it_too(ledger: Ledger):
    """The order of outcome and successor does not matter."""
    old, new = a_ref(), a_ref(name="2026 Shop.pdf")
    ledger.files.seen([old], "run-1")

    ledger.files.record_rename(old.version, new)
    unfinished = ledger.files.finished([new.version])
    ledger.files.finish(done(old), "run-1")

    state = ledger.files.state(new.version)
    assert unfinished == set()
    assert ledger.files.finished([new.version]) == {new.version}
    assert state is not None
    assert state.outcome == done(new)


def test_a_successor_that_a_listing_saw_first_is_finished_all_the_same(ledger: Ledger):
    """A run killed after its rename is caught up with once the new version is recognized."""
    old, new = a_ref(), a_ref(name="2026 Shop.pdf")
    ledger.files.finish(done(old), "run-1")
    ledger.files.seen([new], "run-2")

    ledger.files.record_rename(old.version, new)

    state = ledger.files.state(new.version)
    assert state is not None
    assert ledger.files.finished([new.version]) == {new.version}
    assert state.original_name == "scan.pdf"


def test_the_first_name_outlives_our_renames(ledger: Ledger):
    """However often we rename a file, its original name is the one it came with."""
    first, second, third = (
        a_ref(name="IMG_1.pdf"),
        a_ref(name="2026 A.pdf"),
        a_ref(name="2026 B.pdf"),
    )
    ledger.files.finish(done(first), "run-1")

    ledger.files.record_rename(first.version, second)
    ledger.files.record_rename(second.version, third)

    assert [state.original_name for state in ledger.files.states()] == ["IMG_1.pdf"]


def test_another_file_at_the_location_has_its_own_original_name(ledger: Ledger):
    """A user who replaces the file brings a new original name."""
    first, ours, theirs = (
        a_ref(name="IMG_1.pdf"),
        a_ref(name="2026 A.pdf"),
        a_ref(name="IMG_2.pdf", size_bytes=11),
    )
    ledger.files.finish(done(first), "run-1")
    ledger.files.record_rename(first.version, ours)

    ledger.files.seen([theirs], "run-2")

    assert [state.original_name for state in ledger.files.states()] == ["IMG_2.pdf"]


def test_a_moved_file_leaves_its_old_path(ledger: Ledger):
    """A file without a record is in one place: after our rename only the new path is current."""
    old, new = a_file("/In/a.pdf"), a_file("/In/b.pdf")
    ledger.files.finish(done(old), "run-1")

    ledger.files.record_rename(old.version, new)

    assert [state.ref.path for state in ledger.files.states()] == ["/In/b.pdf"]
    assert ledger.files.counts() == {"inbox": {"done": 1}}


def test_versions_are_open_ends_until_they_are_succeeded(ledger: Ledger):
    """Those versions of a location_key are returned that no later one is known to come from."""
    old, new, other = a_ref(), a_ref(name="b.pdf"), a_ref("2")
    ledger.files.seen([old, other], "run-1")

    before = ledger.files.not_renamed({old.location_key, other.location_key})
    ledger.files.record_rename(old.version, new)

    assert {state.version for state in before} == {old.version, other.version}
    assert [state.version for state in ledger.files.not_renamed({old.location_key})] == [
        new.version
    ]
    assert ledger.files.not_renamed(set()) == []
