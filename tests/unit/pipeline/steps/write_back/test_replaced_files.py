import pytest

from pipeline.errors import CutShort, RefusedByCaspio, ServiceUnavailable
from pipeline.record import process_record
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50"
SECOND = GOOD.replace("12.50", "99.50")  # as many bytes


@pytest.mark.parametrize(
    ("when", "name"),
    [("update", "scan.txt"), ("rename", "scan.txt"), ("list some", "receipt.txt")],
)
def test_a_replacement_of_the_same_name_and_size_is_read(world: World, when: str, name: str):
    """Put there before the look, before the rename or after it: what a user puts there is read."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)

    def swap(call: str) -> None:
        if call == when:
            world.caspio.before_call = lambda _: None
            stored = world.caspio.attachments["Receipts", "Scan", "1"]
            stored.name, stored.data, stored.date = name, SECOND.encode(), "2026-03-14T09:01:00"
            stored.created = stored.date

    world.caspio.before_call = swap
    for _ in range(2):
        world.run(spec)

    assert world.record("1")["Total"] == 99.5
    assert world.ledger.effects.open() == []
    assert world.run(spec) == []


def test_a_date_that_changed_alone_is_no_replacement(world: World):
    """A write to the record that changes its file's date costs a look at the bytes, no more."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)

    def touch(call: str) -> None:
        if call == "attachment name":
            world.caspio.attachments["Receipts", "Scan", "1"].date = "2026-03-14T08:00:00"

    world.caspio.before_call = touch
    (outcome,) = world.run(spec)

    assert outcome.new_name == "receipt.txt"
    assert world.caspio.calls.count("download") == 2


@pytest.mark.parametrize(
    "error",
    [CutShort("not now"), ServiceUnavailable("not now"), RefusedByCaspio("not now", status=400)],
)
def test_a_file_that_cannot_be_read_stops_no_listing(world: World, error: Exception):
    """A renamed file in doubt whose bytes cannot be had is processed like a new one, and fails alone."""
    spec = named(RECEIPTS, "{{ doc_type }}")
    world.receipt("1", GOOD)

    def touch(call: str) -> None:
        if call == "list some":
            world.caspio.attachments["Receipts", "Scan", "1"].date = "2026-03-14T08:07:00"
        if call == "download" and "rename" in world.caspio.calls:
            raise error

    world.caspio.before_call = touch
    world.run(spec)
    world.receipt("2", GOOD.replace("12.50", "9.50"), name="other.txt")

    outcomes = {outcome.ref.name: outcome.reason for outcome in world.run(spec)}

    assert outcomes.keys() == {"receipt.txt", "other.txt"}
    assert "not now" in outcomes["receipt.txt"]


@pytest.mark.parametrize("name", [".txt", "v1.2 final", "Co.KG", "12.00", "a.longextension", "a"])
def test_a_name_is_given_once(world: World, name: str):
    """Whatever Caspio lists as the extension, a name that was given is known when it is seen."""
    spec = named(RECEIPTS, "{{ doc_type }} {{ total }} {{ original }}")
    world.receipt("1", GOOD, name=name)

    world.run(spec)

    given = world.caspio.attachments["Receipts", "Scan", "1"].name
    assert given.startswith("receipt 12.50")
    assert world.run(spec) == []
    (again,) = world.caspio.records(spec, ["1"])
    (outcome,) = process_record(again, world.source_run(spec, reread=True))
    assert outcome.new_name is None
    assert world.caspio.attachments["Receipts", "Scan", "1"].name == given
