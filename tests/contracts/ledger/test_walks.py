from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from pipeline.model import RecordRef, Status
from pipeline.ports import Ledger
from tests.contracts.ledger.builders import SHA, a_file, a_ref, done
from tests.fakes.clock import FakeClock


def test_states_come_in_order_of_source_container_and_record(ledger: Ledger):
    """The order does not depend on the order of arrival."""
    refs = [
        a_ref("2"),
        a_ref("1", source="a"),
        a_ref("1", container="Bills"),
        a_ref("1"),
        a_ref("1", field="Back"),
    ]
    ledger.files.seen(refs, "run-1")

    found = [
        (state.ref.source, state.ref.container, state.ref.record, state.ref.field)
        for state in ledger.files.states()
    ]

    assert found == sorted(
        found, key=lambda ref: (ref[0], ref[1], ref[2].pk if ref[2] else "", ref[3])
    )
    assert len(found) == 5


def test_a_record_is_found_in_every_table_that_its_source_had(ledger: Ledger):
    """A source may have had a view before its table; other sources and records are not asked for."""
    refs = [a_ref("1"), a_ref("1", container="Bills"), a_ref("2", container="Other")]
    ledger.files.seen([*refs, a_ref("1", source="a", container="Third")], "run-1")

    record = refs[0].record
    assert record is not None
    shown = [(record, ()), (replace(record, pk="3"), ()), (replace(record, pk="2"), ())]
    found = ledger.files.containers(refs[0].source, shown)
    assert found == [{refs[0].container, "Bills"}, set(), {"Other"}]
    assert ledger.files.containers(refs[0].source, []) == []


def test_a_record_is_found_in_the_view_or_the_table_of_another_source(ledger: Ledger):
    """Both show its file with the same size; two tables never show the same record."""
    shown = a_ref("1", source="a", container="Newest", size_bytes=71)
    assert shown.record is not None
    view = replace(shown, record=replace(shown.record, is_view=True))
    table = a_ref("1", source="b", container="Bills", size_bytes=71)
    ledger.files.seen([view, table, a_ref("1", source="c", container="Other")], "run-1")
    of_table = RecordRef("Receipts", "1")
    of_view = RecordRef("Recent", "1", is_view=True)

    shown_now = [(of_table, {71}), (of_table, {72}), (of_view, {71})]
    assert ledger.files.containers("new", shown_now) == [{"Newest"}, set(), {"Newest", "Bills"}]


def test_a_record_is_found_in_another_view_after_its_file_was_replaced(ledger: Ledger):
    """The view may show it no more, so that its source never lists the new file."""
    shown = a_ref("1", source="a", container="Unpaid", size_bytes=71)
    assert shown.record is not None
    view = replace(shown, record=replace(shown.record, is_view=True))
    before = a_ref("1", source="b", container="Bills", size_bytes=71)
    now = replace(before, size_bytes=78)
    ledger.files.seen([view, before, now], "run-1")

    shown_now = [(RecordRef("Bills", "1"), {78}), (RecordRef("Bills", "2"), {78})]
    assert ledger.files.containers("b", shown_now) == [{"Bills", "Unpaid"}, set()]


def test_the_tables_of_more_records_than_a_statement_takes_are_found(ledger: Ledger):
    """Each record has its own tables, however many are asked for."""
    ledger.files.seen([a_ref(str(pk), container=f"T{pk % 3}") for pk in range(1_201)], "run-1")

    shown = [(RecordRef("Receipts", str(pk)), ()) for pk in range(1_201)]
    found = ledger.files.containers("receipts", shown)

    assert found == [{f"T{pk % 3}"} for pk in range(1_201)]


def test_it_is_known_when_the_files_of_a_record_were_listed(ledger: Ledger):
    """Each version of a record counts, and no file of another record or source."""
    refs = [a_ref("1"), a_ref("1", field="Back"), a_ref("2")]
    ledger.files.seen([*refs, a_ref("1", source="a")], "run-1")

    states = {state.ref: state.seen_at for state in ledger.files.states()}
    assert list(ledger.files.seen_at(refs[0].source, "1")) == [states[ref] for ref in refs[:2]]
    assert list(ledger.files.seen_at(refs[0].source, "3")) == []


def test_only_the_version_listed_last_is_newest(ledger: Ledger):
    """The newest version is the one a listing showed last, also when an old one comes back."""
    first, second = a_ref(name="a.pdf"), a_ref(name="b.pdf")
    ledger.files.seen([first], "run-1")
    ledger.files.seen([second], "run-2")
    newest = [state.ref.name for state in ledger.files.states()]

    ledger.files.seen([first], "run-3")

    assert newest == ["b.pdf"]
    assert [state.ref.name for state in ledger.files.states()] == ["a.pdf"]
    assert [state.ref.name for state in ledger.files.states(newest=False)] == ["a.pdf", "b.pdf"]


def test_states_can_be_narrowed(ledger: Ledger, clock: FakeClock):
    """Source, record and time each narrow the walk."""
    ledger.files.seen([a_ref("1"), a_ref("2"), a_file("/In/a.pdf")], "run-1")
    clock.advance(3600)
    changed_at = clock.now()
    ledger.files.finish(done(a_ref("2")), "run-2")

    assert [state.ref.source for state in ledger.files.states(source="inbox")] == ["inbox"]
    assert [state.version for state in ledger.files.states(pk="1")] == [a_ref("1").version]
    assert [state.ref.path for state in ledger.files.states(pk="/In/a.pdf")] == ["/In/a.pdf"]
    assert [state.version for state in ledger.files.states(since=changed_at)] == [
        a_ref("2").version
    ]
    assert list(ledger.files.states(since=changed_at + timedelta(seconds=1))) == []


def test_a_walk_meets_each_location_once_while_files_are_renamed(ledger: Ledger):
    """Renaming what the walk yields neither repeats nor hides a file."""
    refs = [a_ref(f"{number:04}") for number in range(1100)]
    ledger.files.seen(refs, "run-1")
    met = []

    for state in ledger.files.states():
        met.append(state.ref.record)
        if len(met) % 100 == 0:
            ledger.files.record_rename(state.version, replace(state.ref, name="renamed.pdf"))

    assert met == [ref.record for ref in refs]


def only(current: str) -> Callable[[str], bool]:
    """Return a judgment by which only this fingerprint is current."""
    return lambda fingerprint: fingerprint == current


def test_stale_are_those_read_under_another_fingerprint(ledger: Ledger):
    """A file that was read under a current fingerprint, or never, is not stale.

    Nor are other sources' files.
    """
    old, current, unread, elsewhere = a_ref("1"), a_ref("2"), a_ref("3"), a_file("/In/a.pdf")
    ledger.files.seen([old, current, unread, elsewhere], "run-1")
    for ref, fingerprint in ((old, "f1"), (current, "f2"), (elsewhere, "f1")):
        ledger.files.planned(ref.version, fingerprint=fingerprint, rules="r1")

    assert [state.ref for state in ledger.files.stale(only("f2"), "r1", source="receipts")] == [old]
    assert [
        state.ref for state in ledger.files.stale(only("f2"), "r1", source=elsewhere.source)
    ] == [elsewhere]


def test_stale_are_those_planned_under_other_settings(ledger: Ledger):
    """What was read as it would be now, but planned under other settings, is stale, too."""
    old, unread = a_ref("1"), a_ref("2")
    ledger.files.seen([old, unread], "run-1")
    ledger.files.planned(old.version, fingerprint="f1", rules="r1")

    assert list(ledger.files.stale(only("f1"), "r1", source="receipts")) == []
    (state,) = ledger.files.stale(only("f1"), "r2", source="receipts")
    assert (state.ref, state.rules) == (old, "r1")


def test_what_was_only_planned_is_stale_until_it_is_written(ledger: Ledger):
    """A first run under new settings plans; the second writes, although nothing has changed since."""
    ref = a_ref("1")
    ledger.files.seen([ref], "run-1")
    ledger.files.planned(ref.version, fingerprint="f1", rules="r1")
    ledger.files.finish(done(ref, planned_only=True), "run-1")

    planned = list(ledger.files.stale(only("f1"), "r1", source="receipts"))
    ledger.files.finish(done(ref), "run-2")

    assert [state.ref for state in planned] == [ref]
    assert list(ledger.files.stale(only("f1"), "r1", source="receipts")) == []


def test_each_fingerprint_is_judged_once(ledger: Ledger):
    """However many files were read under a fingerprint, the reader is asked about it once."""
    asked: list[str] = []
    refs = [a_ref(str(number)) for number in range(5)]
    ledger.files.seen(refs, "run-1")
    for ref in refs:
        ledger.files.planned(ref.version, fingerprint="pdf:1 text:2", rules="r1")

    def is_current(fingerprint: str) -> bool:
        asked.append(fingerprint)
        return False

    assert len(list(ledger.files.stale(is_current, "r1", source="receipts"))) == 5
    assert asked == ["pdf:1 text:2"]


def test_a_replaced_file_is_not_stale(ledger: Ledger):
    """Only a location_key's latest version is worth reading again."""
    ledger.files.seen([a_ref()], "run-1")
    ledger.files.planned(a_ref().version, fingerprint="f1", rules="r1")

    ledger.files.seen([a_ref(name="other.pdf")], "run-2")

    assert list(ledger.files.stale(only("f2"), "r1", source="receipts")) == []


def test_counts_are_by_status_or_stage(ledger: Ledger):
    """Files are counted by source, by status where there is one and by stage otherwise."""
    ledger.files.seen([a_ref("1"), a_ref("2"), a_ref("3"), a_file("/In/a.pdf")], "run-1")
    ledger.files.archived(a_ref("2").version, sha256=SHA, size_bytes=1, media_type="")
    ledger.files.finish(done(a_ref("3"), status=Status.REJECTED), "run-1")

    assert ledger.files.counts() == {
        "receipts": {"seen": 1, "archived": 1, "rejected": 1},
        "inbox": {"seen": 1},
    }


def test_a_file_is_found_by_a_part_of_either_name(ledger: Ledger):
    """The present and the first name count, whatever their case; an older version does not, and no sign is special."""
    first = a_ref("1", name="Scan 0001.PDF")
    renamed = replace(first, name="2026-03-14 Łódź 100%.pdf")
    ledger.files.seen([first, a_ref("2", name="other_1.pdf"), a_ref("3", name="old.pdf")], "run-1")
    ledger.files.record_rename(first.version, renamed)
    ledger.files.seen([a_ref("3", name="new.pdf"), a_ref("4", name="s", source="a")], "run-2")

    def found(text: str, **wanted: object) -> list[str]:
        return [state.ref.name for state in ledger.files.search(text, **wanted)]  # type: ignore[arg-type]  # a test names arguments

    for text in ("0001", "scan", "łÓDŹ", "100%", "pdf 2026-03", renamed.name):
        assert found(text) == [renamed.name], text
    assert found("_") == ["other_1.pdf"]
    assert found("old") == found(" ") == found("%%") == []
    assert found("s", source="a") == ["s"]
    assert found(".pdf") == [renamed.name, "new.pdf", "other_1.pdf"]
    assert found(".pdf", limit=2) == [renamed.name, "new.pdf"]


def test_a_record_is_found_before_names_that_have_its_number(ledger: Ledger):
    """A text may be a PK_ID or the path of a file without a record; those are what is meant first."""
    refs = [a_ref("1", name="z.pdf"), a_ref("2", name="1.pdf"), a_file("/In/1.pdf")]
    ledger.files.seen(refs, "run-1")

    assert next(state.ref.name for state in ledger.files.search("1")) == "z.pdf"
    assert len(ledger.files.search("1")) == 3
    assert [state.ref.path for state in ledger.files.search("/In/1.pdf")] == ["/In/1.pdf"]


def test_a_name_of_any_length_and_sign_is_kept_and_searched(ledger: Ledger):
    """Half a surrogate pair, NUL and 4,000 characters hinder neither a listing nor a search."""
    ledger.files.seen([a_ref("1", name="x\ud800\x00" + "\ud801" * 4_000)], "run-1")

    assert len(ledger.files.search("x\ud800\x00")) == 1
    assert len(ledger.files.search("\ud801" * 10)) == 1
