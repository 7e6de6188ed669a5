import copy
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from infra.emulator import Emulator
from infra.emulator.account.seed_errors import SeedError

FIELDS = [{"Name": "Total", "Type": "CURRENCY"}, {"Name": "Scan", "Type": "ATTACHMENT"}]
SEED: dict[str, Any] = {
    "name": "acme",
    "tables": {
        "Receipts": {
            "fields": [
                *FIELDS,
                {"Name": "Number", "Type": "AUTONUMBER"},
                {"Name": "Kind", "Type": "LIST-STRING", "ListField": ["a", "b"]},
                {"Name": "Day", "Type": "DATE/TIME", "Label": "the day"},
            ],
            "records": [{"PK_ID": 3, "Total": 1.5, "Day": "2026-01-31T00:00:00", "Scan": "a.txt"}],
        },
        "Many": {
            "fields": FIELDS,
            "records": {
                "count": 3,
                "values": {"Total": "{n}"},
                "attachments": {"Scan": {"name": "{n:03}.pdf", "size": 20, "seed": 1}},
            },
        },
    },
    "views": {"Open": {"table": "Receipts", "fields": ["Total"], "where": "Total > 1"}},
    "folders": ["/In"],
    "files": {
        "/In/a.txt": "a.txt",
        "/big.bin": {"generate": {"name": "big.bin", "size": 100, "seed": 1}},
    },
    "directories": {
        "People": {"fields": [{"Name": "Age", "Type": "NUMBER"}], "users": [{"Age": 3}]}
    },
    "profiles": [
        {"client_id": "p", "client_secret": "s", "objects": {"Receipts": ["read", "update"]}}
    ],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seed folder with the file that the seed names."""
    made = tmp_path_factory.mktemp("seed")
    (made / "a.txt").write_bytes(b"a")
    return made


def open_with(folder: Path, seed: object) -> None:
    """Open an emulator with a seed and close it again."""
    (folder / "account.json").write_text(json.dumps(seed), encoding="utf-8")
    with closed(Emulator(seed=folder)):
        pass


@contextmanager
def closed(emulator: Emulator) -> Iterator[None]:
    """Close an emulator that never served."""
    yield
    emulator.__exit__()


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """Return the seed with another value at a place."""
    seed = copy.deepcopy(SEED)
    place: Any = seed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return seed


def test_the_seed_of_these_tests_is_good(folder: Path):
    """What the other tests break can be used as it is."""
    open_with(folder, SEED)


FIELD = ("tables", "Receipts", "fields", 0)
MALFORMED = [
    (changed(FIELD, {"Name": "PK_ID", "Type": "INTEGER"}), ['table "Receipts", field PK_ID', "remove the field"]),
    (changed(FIELD, {"Name": "pk_id", "Type": "INTEGER"}), ["field pk_id", "remove the field"]),
    (changed(FIELD, {"Name": "Total"}), ['table "Receipts", field Total', 'no "Type"', "CURRENCY"]),
    (changed(FIELD, {"Type": "NUMBER"}), ["field 1", '"Name" is missing']),
    (changed(FIELD, {"Name": "Total", "Type": "MONEY"}), ["field Total", "'MONEY'", "CURRENCY"]),
    (changed(FIELD, {"Name": "Total", "Type": None}), ["field Total", "must be a text, not null"]),
    (changed(FIELD, {"Name": "Total", "Type": "NUMBER", "Nonsense": 1}), ["field Total", "Nonsense"]),
    (changed(FIELD, {"Name": "scan", "Type": "NUMBER"}), ["field Scan", "two fields"]),
    (changed(FIELD, "Total"), ["field 1", "an object in braces"]),
    (changed(("tables", "Receipts"), {"records": []}), ['table "Receipts"', '"fields" is missing']),
    (changed(("tables",), ["Receipts"]), ['"tables" must be an object']),
    (changed(("tables", "Receipts", "records"), ["x"]), ["record 1", "an object in braces"]),
    (changed(("tables", "Receipts", "records", 0, "PK_ID"), "three"), ["record 1, field PK_ID", "whole number"]),
    (changed(("tables", "Receipts", "records", 0, "Totl"), 1), ['table "Receipts"', "no field 'Totl'"]),
    (changed(("tables", "Receipts", "records", 0, "Total"), {}), ["record 1, field Total"]),
    (changed(("tables", "Receipts", "records", 0, "Scan"), "gone.pdf"), ["record 1, field Scan", "'gone.pdf'"]),
    (changed(("tables", "Many", "records", "count"), "many"), ['table "Many"', "count must be a whole number"]),
    (changed(("views", "Open"), {}), ['view "Open"', '"table" is missing']),
    (changed(("files", "/In/a.txt"), None), ['file "/In/a.txt"', "neither a relative path"]),
    (changed(("profiles",), [{"client_id": "p"}]), ["profile 1", "client_secret"]),
    (changed(("profiles", 0, "objects"), ["read"]), ["profile 1", "objects must be an object"]),
    (changed(("profiles", 0, "client_id"), []), ["profile 1", "client_id must be a text"]),
    (changed(("tasks",), {"T": 3}), ['task "T"']),
    (changed(("name",), "a/b"), ['"name" cannot have a slash']),
    (changed(("nonsense",), 1), ["unknown members nonsense"]),
    ([], ["the seed must be an object"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "said"), MALFORMED, ids=[said[0] + said[-1] for _, said in MALFORMED]
)
def test_a_malformed_seed_is_met_with_a_sentence(folder: Path, seed: object, said: list[str]):
    """The message names the file, the table and the field, and says what to do."""
    with pytest.raises(SeedError) as caught:
        open_with(folder, seed)

    message = str(caught.value)
    assert message.startswith(str(folder / "account.json"))
    assert all(part in message for part in said), message
    assert message.endswith(".")
    assert ".." not in message


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "line 1, column 2 is not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b"", "is not JSON"),
    ],
)
def test_a_file_that_is_no_json_is_met_with_a_sentence(folder: Path, data: bytes, said: str):
    """A file that cannot be read at all is named with the place and the reason."""
    (folder / "account.json").write_bytes(data)

    with pytest.raises(SeedError, match=said):
        Emulator(seed=folder)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([2**70, 1e300, float("inf"), float("nan"), "", " ", "x", "\ud800", "PK_ID", "a'b\"];--", "\x00"]),
    st.sampled_from([[], {}, [[]], [None], {"a": 1}, {"": []}, {"Name": "X"}, [{"Name": []}]]),
)  # fmt: skip


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where everything is in a seed."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for step, inner in items:
        yield (*path, step)
        yield from places(inner, (*path, step))


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """Return the seed with one to three things removed, renamed or replaced by something odd."""
    seed: Any = copy.deepcopy(SEED)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(seed)) or [()]))
        if not path:
            break
        place = seed
        for step in path[:-1]:
            place = place[step]
        match draw(st.sampled_from(["remove", "replace", "rename", "repeat"])):
            case "remove":
                del place[path[-1]]
            case "rename" if isinstance(place, dict):
                place[draw(st.sampled_from(["", "x", "PK_ID", "Total", "\ud800", "/"]))] = (
                    place.pop(path[-1])
                )
            case "repeat" if isinstance(place, list):
                place.append(copy.deepcopy(place[int(path[-1])]))
            case _:
                place[path[-1]] = copy.deepcopy(draw(ODD))
    return seed


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(mutated())
def test_no_seed_ends_in_a_traceback(folder: Path, seed: dict[str, Any]):
    """Whatever is wrong with a seed, it is used or met with a sentence that names its file."""
    said = ""
    try:
        open_with(folder, seed)
    except SeedError as error:
        said = str(error)

    assert not said or said.startswith(str(folder / "account.json"))
    assert not said or said.endswith(".")


def test_a_seed_that_failed_is_not_in_the_way_of_the_corrected_one(folder: Path, tmp_path: Path):
    """With a state in a file, the corrected seed is read as if the other had never been."""
    state = tmp_path / "state.db"
    seed = changed(("views", "Open"), {})
    (folder / "account.json").write_text(json.dumps(seed), encoding="utf-8")
    with pytest.raises(SeedError):
        Emulator(seed=folder, state=state)
    (folder / "account.json").write_text(json.dumps(SEED), encoding="utf-8")

    with closed(Emulator(seed=folder, state=state)):
        assert state.exists()


def test_a_state_that_is_no_database_is_met_with_a_sentence(folder: Path, tmp_path: Path):
    """A file with something else in it is named, and so is what to do."""
    state = tmp_path / "notes.txt"
    state.write_text("these are notes, and no database at all\n" * 50, encoding="utf-8")
    (folder / "account.json").write_text(json.dumps(SEED), encoding="utf-8")

    with pytest.raises(ValueError, match=r"notes\.txt cannot hold.*Name another --state"):
        Emulator(seed=folder, state=state)
