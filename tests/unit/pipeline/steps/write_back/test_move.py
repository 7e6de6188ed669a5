from dataclasses import replace

import pytest

from pipeline.errors import RefusedByCaspio, TryLater
from pipeline.model import EffectKind, EffectState, SourceSpec, Status
from pipeline.record import new_records
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
    # What is shared: the names of the folder, a look at the old files, the rows that name them.
    assert moved.count("list folder") == 2
    assert moved.count("referrers") == 3
    assert moved.count("file exists") == 5  # before each deletion


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
    assert world.caspio.calls.count("referrers") == 3


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


def three_files(world: World) -> None:
    """Let three records have a file each."""
    for number in range(1, 4):
        world.caspio.files[f"/Inbox/{number}.txt"] = f"doc_type=contract{number}".encode()
        world.caspio.row("Contracts", str(number), Document=f"/Inbox/{number}.txt")


def test_columns_and_new_path_are_one_update(world: World):
    """A row gets its values and the new path of its file at once; the ledger has an effect for each."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    world.run(CONTRACTS)

    assert world.caspio.calls.count("update") == 1
    effects = world.ledger.effects.find(record=("Contracts", "1"))
    states = {one.kind: one.state for one in effects}
    assert states[EffectKind.UPDATE_COLUMNS] is states[EffectKind.REPOINT] is EffectState.VERIFIED


def test_a_row_that_was_led_to_the_copy_is_led_back_to_a_users_file(world: World):
    """A file that takes the old one's place after its rows were repointed is the one they mean."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def replace_file(call: str) -> None:
        if call == "update":
            world.caspio.before_call = lambda _: None
            world.caspio.files["/Inbox/x.txt"] = b"doc_type=letter"

    world.caspio.before_call = replace_file
    (outcome,) = world.run(CONTRACTS)

    assert "replaced by another file" in outcome.reason
    assert world.caspio.files["/Inbox/x.txt"] == b"doc_type=letter"
    assert world.caspio.tables["Contracts"]["1"]["Document"] == "/Inbox/x.txt"


def test_a_row_that_is_pointed_at_the_old_file_right_before_its_deletion_is_repointed(world: World):
    """No row is left pointing at nothing, however late it came."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def point(call: str) -> None:
        if call == "delete":
            world.caspio.row("Contracts", "2", Document="/Inbox/x.txt")

    world.caspio.before_call = point
    world.run(CONTRACTS)

    assert world.caspio.tables["Contracts"]["2"]["Document"] == "/Inbox/contract.txt"


def test_a_value_that_a_user_types_meanwhile_stays(world: World):
    """The update of columns and path meets nothing then; the path is written alone."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def type_value(call: str) -> None:
        if call == "update":
            world.caspio.before_call = lambda _: None
            world.caspio.tables["Contracts"]["1"]["Kind"] = "typed"

    world.caspio.before_call = type_value
    (outcome,) = world.run(CONTRACTS)

    assert outcome.new_name == "contract.txt"
    assert world.caspio.tables["Contracts"]["1"] == {
        "Kind": "typed",
        "Document": "/Inbox/contract.txt",
    }


def test_a_copy_is_taken_back_where_the_record_could_not_be_written(world: World):
    """A record that was deleted meanwhile gets no values, and its file no name."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")

    def delete_record(call: str) -> None:
        if call == "update":
            world.caspio.before_call = lambda _: None
            del world.caspio.tables["Contracts"]["1"]

    world.caspio.before_call = delete_record
    (outcome,) = world.run(CONTRACTS)

    assert outcome.status is Status.REJECTED
    assert world.caspio.files == {"/Inbox/x.txt": b"doc_type=contract"}
    assert not world.ledger.effects.open()


def test_an_answer_that_is_lost_is_looked_for_as_a_whole(world: World):
    """Columns and path took effect together: both are known by one look."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")
    world.caspio.lose_answers = {"update"}

    (outcome,) = world.run(CONTRACTS)

    assert outcome.status is Status.DONE
    assert world.caspio.calls.count("update") == 1
    assert set(world.caspio.files) == {"/Inbox/contract.txt"}


def test_a_file_that_cannot_be_put_fails_alone(world: World):
    """The others of its group get their names, and its record gets its values."""
    three_files(world)
    puts: list[str] = []

    def refuse(call: str) -> None:
        if call == "put":
            puts.append(call)
            if len(puts) == 2:
                raise TryLater("the connection broke")

    world.caspio.before_call = refuse
    outcomes = world.run(CONTRACTS)

    assert sorted(str(outcome.status) for outcome in outcomes) == ["done", "done", "failed"]
    kinds = {pk: row["Kind"] for pk, row in world.caspio.tables["Contracts"].items()}
    assert kinds == {pk: f"contract{pk}" for pk in "123"}
    assert len(world.caspio.files) == 3
    assert not world.ledger.effects.open()


def test_a_question_that_fails_leaves_every_row_at_a_file(world: World):
    """What a group could not find out, the next run does: it finishes the moves."""
    three_files(world)
    asked: list[str] = []

    def fail(call: str) -> None:
        if call == "referrers":
            asked.append(call)
            if len(asked) == 2:
                raise TryLater("Caspio does not answer")

    world.caspio.before_call = fail
    world.run(CONTRACTS)
    rows = world.caspio.tables["Contracts"].values()
    assert {row["Document"] for row in rows} <= set(world.caspio.files)
    world.caspio.before_call = lambda _: None
    world.run(CONTRACTS)

    assert set(world.caspio.files) == {f"/Inbox/contract{n}.txt" for n in "123"}
    assert {row["Document"] for row in rows} == set(world.caspio.files)


class Killed(BaseException):
    """Ends a run as a signal does."""


def refuse_updates(call: str) -> None:
    """Refuse the values of every record, as a unique column does."""
    if call == "update":
        raise RefusedByCaspio("the value is not unique", status=400)


def test_what_caspio_refuses_again_moves_no_file_again(world: World):
    """The columns come first where they were refused: the copy is uploaded and deleted once only."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")
    asked: list[str] = []

    def refuse(call: str) -> None:
        asked.append(call)
        refuse_updates(call)

    world.caspio.before_call = refuse
    world.run(CONTRACTS)
    asked.clear()

    (again,) = world.run(CONTRACTS)
    calls = list(asked)
    world.caspio.before_call = lambda _: None
    (allowed,) = world.run(CONTRACTS)

    assert again.status is Status.FAILED
    assert (calls.count("put"), calls.count("update")) == (0, 1)
    assert allowed.status is Status.DONE
    assert world.caspio.tables["Contracts"]["1"] == {
        "Kind": "contract",
        "Document": "/Inbox/contract.txt",
    }


@pytest.mark.parametrize("before", ["moved away", "taken back"])
def test_a_name_that_a_run_has_freed_is_free(world: World, before: str):
    """What the run has moved away, or put and taken back, keeps its name from no other file."""
    is_moved = before == "moved away"
    first = "contract.txt" if is_moved else "w.txt"
    texts = {first: "receipt" if is_moved else "contract", "x.txt": "memo", "y.txt": "contract"}
    for pk, (name, kind) in enumerate(texts.items(), start=1):
        world.caspio.files[f"/Inbox/{name}"] = f"doc_type={kind}\nnumber={pk}".encode()
        world.caspio.row("Contracts", str(pk), Document=f"/Inbox/{name}")
    run = world.source_run(CONTRACTS)
    works = list(new_records(run, on_unchanged=lambda _: None))

    if not is_moved:
        world.caspio.before_call = refuse_updates
    world.process(works[:2], run)
    world.caspio.before_call = lambda _: None
    world.process(works[2:], run)

    assert world.caspio.tables["Contracts"]["3"]["Document"] == "/Inbox/contract.txt"
    assert "/Inbox/contract (2).txt" not in world.caspio.files


def test_a_copy_that_was_taken_back_by_a_killed_run_is_not_ours(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """Killed between the deletion of the copy and its record, a run leaves no put that counts."""
    world.caspio.files["/Inbox/x.txt"] = b"doc_type=contract"
    world.caspio.row("Contracts", "1", Document="/Inbox/x.txt")
    world.caspio.before_call = refuse_updates
    settle = world.ledger.effects.settle

    def dying(*arguments: object, **options: object) -> None:
        if "the record was not written" in arguments:
            raise Killed
        settle(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(world.ledger.effects, "settle", dying)
        with pytest.raises(Killed):
            world.run(CONTRACTS)
    world.run(CONTRACTS)

    moves = [
        effect
        for effect in world.ledger.effects.find(record=("Contracts", "1"))
        if effect.kind in {EffectKind.PUT_FILE, EffectKind.DELETE_FILE}
    ]
    assert [effect.state for effect in moves] == [EffectState.ABANDONED] * 2
    assert set(world.caspio.files) == {"/Inbox/x.txt"}
