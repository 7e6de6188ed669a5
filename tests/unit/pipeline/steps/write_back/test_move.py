from dataclasses import replace

import pytest

from pipeline.model import SourceSpec, Status
from tests.unit.pipeline.world import World

GOOD = "doc_type=receipt\ntotal=12.50"
CONTRACTS = SourceSpec(
    "contracts", table="Contracts", columns={"Kind": "doc_type"}, rename="{{ doc_type }}"
)
MAIL = SourceSpec("mail", folder="/Mail", columns={"DocType": "doc_type"})


def test_files_area_rename_leaves_every_row_pointing_at_a_file(world: World):
    """A Files-area file is put under its new name, every row repointed, and only then the old one deleted."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    for pk in ("1", "2"):
        world.caspio.row("Contracts", pk, Document="/Inbox/x.txt")

    world.run(CONTRACTS)

    assert set(world.caspio.files) == {"/Inbox/contract.txt"}
    assert {row["Document"] for row in world.caspio.tables["Contracts"].values()} == {
        "/Inbox/contract.txt"
    }
    assert {row["Kind"] for row in world.caspio.tables["Contracts"].values()} == {"contract"}
    assert world.run(CONTRACTS) == []


def test_taken_name_gets_a_number(world: World):
    """A name that is taken in the folder gets a number, and a second run keeps it."""
    world.caspio.files |= {"/Inbox/x.txt": b"doc_type=contract", "/Inbox/contract.txt": b"other"}
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    world.run(CONTRACTS)

    assert set(world.caspio.files) == {"/Inbox/contract.txt", "/Inbox/contract (2).txt"}
    assert world.run(CONTRACTS) == []


def test_files_of_one_name_cost_the_same_each(world: World):
    """A run does not ask again for the numbers that it has given itself."""
    for number in range(1, 6):
        world.caspio.files[f"/Inbox/{number}.txt"] = f"doc_type=contract\nnumber={number}".encode()
        world.caspio.row("Contracts", str(number), Document=f"/Inbox/{number}.txt")

    world.run(replace(CONTRACTS, columns={}))

    names = {"contract.txt", *(f"contract ({number}).txt" for number in range(2, 6))}
    assert set(world.caspio.files) == {f"/Inbox/{name}" for name in names}
    moved = world.caspio.calls
    assert moved.count("put") == 5
    assert moved.count("file exists") == 3 * 5


def test_replaced_original_is_never_deleted(world: World):
    """When somebody puts another file under the old name meanwhile, it is kept."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def replace_file(call: str) -> None:
        if call == "put":
            world.caspio.files["/Inbox/x.txt"] = b"doc_type=letter"

    world.caspio.before_call = replace_file
    (outcome,) = world.run(CONTRACTS)

    assert world.caspio.files["/Inbox/x.txt"] == b"doc_type=letter"
    assert outcome.status is Status.PARTIAL


@pytest.mark.parametrize("look", [2, 3])
def test_a_file_that_arrives_before_a_look_is_kept(world: World, look: int):
    """Size and date show that another file is there: before the rows are repointed, or the old one deleted."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def replace_file(call: str) -> None:
        # The first look is at the new name.
        if call == "file exists" and world.caspio.calls.count(call) == look - 1:
            world.caspio.files["/Inbox/x.txt"] = b"doc_type=invoices"  # as many bytes
            world.caspio.file_dates["/Inbox/x.txt"] = "2026-04-01"

    world.caspio.before_call = replace_file
    (outcome,) = world.run(CONTRACTS)

    assert world.caspio.files["/Inbox/x.txt"] == b"doc_type=invoices"
    assert "replaced by another file" in outcome.reason


def test_the_bytes_of_a_moved_file_are_fetched_twice(world: World):
    """Once to read it, and once to confirm the copy; what is deleted is known by size and date."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    world.run(CONTRACTS)

    assert world.caspio.calls.count("file digest") == 1
    assert world.caspio.calls.count("referrers") == 2


def test_a_row_that_is_pointed_at_the_old_file_meanwhile_is_repointed(world: World):
    """Rows are asked for before the move; one that came since is led to the new file as well."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def point(call: str) -> None:
        if call == "put":
            world.caspio.row("Contracts", "2", Document="/Inbox/x.txt")

    world.caspio.before_call = point
    (outcome,) = world.run(CONTRACTS)

    assert outcome.status is Status.DONE
    assert world.caspio.tables["Contracts"]["2"]["Document"] == "/Inbox/contract.txt"
    assert set(world.caspio.files) == {"/Inbox/contract.txt"}


@pytest.mark.parametrize("call_before", ["file digest", "file exists"])
def test_a_file_that_arrives_before_the_deletion_is_kept(world: World, call_before: str):
    """Where its date is that of the reading, the old file is read again; what comes after that is not deleted."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.file_dates["/Inbox/x.txt"] = "2026-03-14T08:59:58"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")
    digests: list[str] = []

    def replace_file(call: str) -> None:
        digests.extend([call] if call == "file digest" else [])
        # The copy, the old file before its rows are repointed, and right before the deletion.
        if len(digests) == 3 and call == call_before:
            world.caspio.files["/Inbox/x.txt"] = b"doc_type=invoice!"
            world.caspio.file_dates["/Inbox/x.txt"] = "2026-04-01"

    world.caspio.before_call = replace_file
    (outcome,) = world.run(CONTRACTS)

    assert world.caspio.files["/Inbox/x.txt"] == b"doc_type=invoice!"
    assert "replaced by another file" in outcome.reason


def test_folder_file_without_record_gets_an_index_row(world: World):
    """A Files-area file that no record refers to gets a row in the index table, once."""
    from pipeline.model import IndexTable

    spec = replace(MAIL, index=IndexTable("MailIndex", "Path"), rename="{{ doc_type }}")
    world.caspio.files["/Mail/a.txt"] = b"doc_type=letter"

    world.run(spec)

    assert world.caspio.tables["MailIndex"] == {
        "1": {"Path": "/Mail/letter.txt", "DocType": "letter"}
    }
    assert set(world.caspio.files) == {"/Mail/letter.txt"}
    assert world.run(spec) == []
    assert len(world.caspio.tables["MailIndex"]) == 1
