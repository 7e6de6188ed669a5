import json
from dataclasses import replace

import pytest

from pipeline.errors import ArchiveUnavailable
from pipeline.model import EffectState, Overwrite, SourceSpec, Status
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50"
MAIL = SourceSpec("mail", folder="/Mail", columns={"DocType": "doc_type"})


def test_findings_reach_the_record(world: World):
    """What a document says is written into the empty columns of its record."""
    world.receipt("1", GOOD)

    (outcome,) = world.run()

    assert outcome.status is Status.DONE
    assert world.record("1")["DocType"] == "receipt"
    assert world.record("1")["Total"] == 12.5


def test_original_text_and_manifest_are_archived(world: World):
    """Every good document has its original, its text and a manifest in the archive."""
    world.receipt("1", GOOD)

    (outcome,) = world.run()

    texts = [key for key in world.archive.objects if key.endswith("/text.txt")]
    manifests = [key for key in world.archive.objects if key.endswith("/manifest.json")]
    assert world.archive.objects[
        f"originals/sha256/{outcome.sha256[:2]}/{outcome.sha256[2:4]}/{outcome.sha256}"
    ]
    assert world.archive.objects[texts[0]].decode() == GOOD
    manifest = json.loads(world.archive.objects[manifests[0]])
    assert manifest["sha256"] == outcome.sha256
    assert manifest["outcome"]["written"] == {"DocType": "receipt", "Total": 12.5}


def test_archive_comes_before_any_change(world: World):
    """When the archive refuses, nothing at Caspio has been touched and the run stops."""
    world.receipt("1", GOOD)
    world.archive.down = "no space left"

    with pytest.raises(ArchiveUnavailable):
        world.run(named(RECEIPTS, "{{ doc_type }}"))

    assert {"update", "rename"}.isdisjoint(world.caspio.calls)


def test_second_run_does_nothing(world: World):
    """A second run downloads nothing and writes nothing."""
    world.receipt("1", GOOD)
    world.run(named(RECEIPTS, "{{ doc_type }} {{ total }}"))
    world.caspio.calls.clear()

    outcomes = world.run(named(RECEIPTS, "{{ doc_type }} {{ total }}"))

    assert outcomes == []
    assert world.caspio.calls == ["list"]


def test_one_download_and_one_update_without_rename(world: World):
    """An attachment costs two calls beyond listing, four with a rename, which looks what it renames."""
    world.receipt("1", GOOD)
    world.receipt("2", "doc_type=invoice\ntotal=3")

    world.run(named(RECEIPTS, "{{ doc_type }}"))

    assert sorted(call for call in world.caspio.calls if not call.startswith("list")) == sorted(
        ["download", "update", "attachment name", "rename"] * 2
    )


def test_users_value_wins(world: World):
    """A value a user has put there is left alone and comes back as a suggestion."""
    world.receipt("1", GOOD, Total=99.0)

    (outcome,) = world.run()

    assert world.record("1")["Total"] == 99.0
    assert [(s.column, s.current, s.suggested) for s in outcome.suggestions] == [
        ("Total", 99.0, 12.5)
    ]


def test_own_value_may_be_overwritten_where_allowed(world: World):
    """Under "ours" a value we wrote is replaced when the file says something new; a user's is not."""
    spec = replace(RECEIPTS, overwrite=Overwrite.OURS)
    world.receipt("1", GOOD)
    world.run(spec)
    world.caspio.attachments["Receipts", "Scan", "1"].data = b"doc_type=invoice\ntotal=13"
    world.caspio.tables["Receipts"]["1"]["Total"] = 77.0

    world.run(spec)

    assert world.record("1")["DocType"] == "invoice"
    assert world.record("1")["Total"] == 77.0


def test_always_overwrites(world: World):
    """Under "always" what the document says replaces what is there."""
    world.receipt("1", GOOD, Total=99.0)

    world.run(replace(RECEIPTS, overwrite=Overwrite.ALWAYS))

    assert world.record("1")["Total"] == 12.5


def test_unsure_finding_is_only_suggested(world: World):
    """A finding below `write_at` is suggested, not written."""
    world.receipt("1", GOOD)
    world.reader.confidence = 0.7

    (outcome,) = world.run()

    assert world.record("1")["Total"] is None
    assert {s.column for s in outcome.suggestions} == {"DocType", "Total"}


def test_edit_in_between_is_not_overwritten(world: World):
    """A user who types between listing and writing wins; the rest of the plan is still written."""
    world.receipt("1", GOOD)

    def edit(call: str) -> None:
        if call == "update" and "read" not in world.caspio.calls:
            world.caspio.tables["Receipts"]["1"]["Total"] = 50.0

    world.caspio.before_call = edit
    (outcome,) = world.run()

    assert world.record("1") == {"DocType": "receipt", "Total": 50.0, "Scan": None, "Note": ""}
    assert outcome.status is Status.DONE


def test_record_that_keeps_changing_is_a_conflict(world: World):
    """A record that changes twice under our hands is reported as a conflict, never written over."""
    world.receipt("1", GOOD)
    notes = iter(range(100))

    def edit(call: str) -> None:
        if call == "update":
            world.caspio.tables["Receipts"]["1"]["DocType"] = "" if next(notes) % 2 else None
            world.caspio.tables["Receipts"]["1"]["Total"] = None

    world.caspio.before_call = edit
    (outcome,) = world.run()

    assert outcome.status is Status.CONFLICT
    assert world.record("1")["Total"] is None


def test_lost_answer_is_settled_by_looking(world: World):
    """An update whose answer is lost after commit is found by reading the record, and not repeated."""
    world.receipt("1", GOOD)
    world.caspio.lose_answers = {"update"}

    (outcome,) = world.run()

    assert outcome.status is Status.DONE
    assert world.caspio.calls.count("update") == 1
    assert [effect.state for effect in world.ledger.effects.find()] == [EffectState.VERIFIED]


def test_lost_rename_is_settled_by_looking(world: World):
    """A rename whose answer is lost is found by looking at the name, and not repeated."""
    world.receipt("1", GOOD)
    world.caspio.lose_answers = {"rename"}

    (outcome,) = world.run(named(RECEIPTS, "{{ doc_type }}"))

    assert outcome.new_name == "receipt.txt"
    assert world.caspio.calls.count("rename") == 1


def test_file_replaced_by_a_user_is_new_work(world: World):
    """A file replaced under another date is read again, and what we wrote from the old is updated."""
    world.receipt("1", GOOD)
    world.run()
    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=99", "2026-03-03T00:00:00"

    (outcome,) = world.run()

    assert outcome.written == {"Total": 99.0}
    assert world.caspio.tables["Receipts"]["1"]["Total"] == 99.0


def test_a_users_value_stays_where_the_file_was_replaced(world: World):
    """What a user made of our value since is not ours to update."""
    world.receipt("1", GOOD)
    world.run()
    world.caspio.tables["Receipts"]["1"]["Total"] = 50.0
    stored = world.caspio.attachments["Receipts", "Scan", "1"]
    stored.data, stored.date = b"doc_type=receipt\ntotal=99", "2026-03-03T00:00:00"

    (outcome,) = world.run()

    assert [s.suggested for s in outcome.suggestions] == [99.0]
    assert world.caspio.tables["Receipts"]["1"]["Total"] == 50.0


def test_duplicate_is_not_read_twice(world: World):
    """The same content in two records is read once, and both get their own folder in the archive."""
    world.receipt("1", GOOD)
    world.receipt("2", GOOD)

    world.run()

    assert world.reader.reads == 1
    assert world.record("2")["Total"] == 12.5
    assert len([key for key in world.archive.objects if key.endswith("/text.txt")]) == 2


def test_cut_body_is_fetched_again(world: World):
    """A body that breaks off is fetched again."""
    world.receipt("1", GOOD)
    world.caspio.cut = {"scan.txt": 2}

    (outcome,) = world.run()

    assert outcome.status is Status.DONE
    assert world.caspio.calls.count("download") == 3


def test_body_cut_every_time_is_rejected(world: World):
    """A body that breaks off every time is rejected with the figures, and the other records go on."""
    world.receipt("1", GOOD, name="a.txt")
    world.receipt("2", GOOD + "0", name="b.txt")
    world.caspio.cut = {"a.txt": 99}

    cut, good = world.run()

    assert cut.status is Status.REJECTED
    assert "27 bytes arrived, 28 were listed" in cut.reason
    assert good.status is Status.DONE


def test_unreadable_document_is_rejected_with_a_reason(world: World):
    """A damaged document is archived and rejected, its record left as it is."""
    world.receipt("1", "!")

    (outcome,) = world.run(named(RECEIPTS, "{{ doc_type }}"))

    assert outcome.status is Status.REJECTED
    assert "damaged" in outcome.reason
    assert outcome.sha256 is not None
    assert world.caspio.calls.count("update") == 0
    assert any(key.startswith("originals/") for key in world.archive.objects)


def test_bad_name_leaves_the_old_one(world: World):
    """A template that asks for what the document does not have leaves the name, and says so."""
    world.receipt("1", "doc_type=receipt")

    (outcome,) = world.run(named(RECEIPTS, "{{ company }}"))

    assert outcome.status is Status.PARTIAL
    assert "company" in outcome.reason
    assert world.caspio.attachments["Receipts", "Scan", "1"].name == "scan.txt"


def test_plan_only_changes_nothing_and_the_next_run_follows_it(world: World):
    """A planning run archives and reads; the next run writes without downloading or reading again."""
    world.receipt("1", GOOD)

    (planned,) = world.run(plan_only=True)
    assert planned.planned_only
    assert world.record("1")["Total"] is None

    (done,) = world.run()
    assert done.status is Status.DONE
    assert world.record("1")["Total"] == 12.5
    assert world.caspio.calls.count("download") == 1
    assert world.reader.reads == 1


def test_two_files_of_a_record_make_one_update(world: World):
    """A record with two files is written once, each column from the surest finding."""
    world.caspio.columns_of["Receipts"]["Back"] = replace(
        world.caspio.columns_of["Receipts"]["Scan"], name="Back"
    )
    world.receipt("1", "doc_type=receipt")
    world.caspio.attachments["Receipts", "Back", "1"] = replace(
        world.caspio.attachments["Receipts", "Scan", "1"], data=b"total=4", name="back.txt"
    )

    world.run()

    assert world.record("1")["DocType"] == "receipt"
    assert world.record("1")["Total"] == 4.0
    assert world.caspio.calls.count("update") == 1
