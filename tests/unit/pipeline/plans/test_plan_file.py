import hashlib
import hmac
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import BadSettings
from pipeline.model import Basis, FileRef, Place, RecordRef, Suggestion, ValueCounts
from pipeline.plans.plan_file import (
    PlanFile,
    PlannedFile,
    PlannedRecord,
    PlanOwner,
    PlanWriter,
    open_plan,
    refuse_owner,
)
from pipeline.steps.write_back import Cost

OWNER = PlanOwner(
    "https://abc.caspio.com",
    "profile",
    {"receipts": "settings"},
    "run-1",
    "2026-03-14T09:00:00+00:00",
)
KEY = b"k" * 32
REF = FileRef(
    "receipts",
    Place.ATTACHMENT,
    "Receipts",
    "Scan",
    RecordRef("Receipts", "7"),
    "a\ud800 </script>.txt",
    3,
    "2026",
)
RECORD = PlannedRecord(
    source="receipts",
    record=RecordRef("Receipts", "7"),
    files=(
        PlannedFile(REF, "ab" * 32, 3, "text/plain", "receipt", "new\nname.txt", "documents/x"),
    ),
    before={"Total": None, "Note": ""},
    after={"Total": 12.5, "Note": "Größe\u2028 \U0001f600"},
    basis={"Total": Basis(0.9, "it says so"), "Note": Basis(0.5, "so too")},
    suggestions=(
        Suggestion("DocType", "typed", "receipt", "the column already holds a value", 0.8),
    ),
    problems=("a sentence",),
    cost=Cost(2, 10),
    left_open={"Date": "unsure between two"},
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the plan is."""
    return tmp_path / "plan.jsonl"


def write(path: Path, *records: PlannedRecord, key: bytes = KEY) -> PlanFile:
    """Write a plan."""
    with PlanWriter(path, OWNER, key) as writer:
        for record in records:
            writer.add(record)
        return writer.finish(listing=Cost(3))


def test_a_plan_comes_back_whole(path: Path):
    """Whatever is in names and values, a plan is read as it was written, with its costs added up."""
    other = replace(RECORD, record=None, cost=Cost(5, 1))

    written = write(path, RECORD, other)

    opened = open_plan(path, KEY)
    assert list(opened.each()) == [RECORD, other]
    assert opened == written
    assert (opened.owner, opened.records, opened.cost) == (OWNER, 2, Cost(10, 11))
    assert opened.values == ValueCounts(planned=4, suggested=2, left_open=2)


@pytest.mark.parametrize("name", ["../a.pdf", "/a.pdf", "a\\b.pdf", "..", "", "a\0.pdf"])
def test_a_name_that_leads_elsewhere_is_refused(path: Path, name: str):
    """A plan that was written by another program, seal and all, names no file outside its folder."""
    plan = write(path, replace(RECORD, files=(replace(RECORD.files[0], new_name=name),)))

    with pytest.raises(BadSettings, match="is not a file name"):
        list(plan.each())


def test_a_plan_is_for_this_user_alone(path: Path):
    """A plan holds values of documents: others may not read it, whatever the umask and a file left behind say."""
    before = os.umask(0)
    left_behind = path.with_name(f".{path.name}.part")
    left_behind.write_bytes(b"of a killed run")
    try:
        write(path, RECORD)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_plan_of_another_installation_is_refused(path: Path):
    """A plan that was sealed with another key is not opened, and the message says what to do."""
    write(path, RECORD, key=b"x" * 32)

    with pytest.raises(BadSettings, match=r"another installation.*or make a new plan"):
        open_plan(path, KEY)


def _cut(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:-1])


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _without_a_record(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join([lines[0], *lines[2:]])


def _other_total(data: bytes) -> bytes:
    assert b"12.5" in data
    return data.replace(b"12.5", b"99.5")


def _other_account(data: bytes) -> bytes:
    assert b"abc.caspio" in data
    return data.replace(b"abc.caspio", b"xyz.caspio")


def _fewer_calls(data: bytes) -> bytes:
    *lines, last = data.splitlines(keepends=True)
    seal = json.loads(last)
    seal["cost"]["calls"] = 1
    return b"".join([*lines, json.dumps(seal, separators=(",", ":")).encode(), b"\n"])


@pytest.mark.parametrize(
    "change",
    [_cut, _half, _without_a_record, _other_total, _other_account, _fewer_calls],
    ids=lambda f: f.__name__,
)
def test_a_changed_plan_is_refused(path: Path, change: Callable[[bytes], bytes]):
    """A plan that was cut, or of which any byte was changed, is not opened."""
    write(path, RECORD, RECORD)
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(BadSettings, match="seal does not fit"):
        open_plan(path, KEY)


def test_whoever_has_no_key_can_seal_nothing(path: Path):
    """A seal that is made from the file alone, as by whoever edits it, fits no plan."""
    write(path, RECORD)
    *lines, last = _other_total(path.read_bytes()).splitlines(keepends=True)
    totals = json.loads(last)
    del totals["seal"]
    text = json.dumps(totals, separators=(",", ":")).encode() + b"\n"
    installation = json.loads(lines[0])["installation"]
    guesses = (b"", installation.encode(), bytes.fromhex(installation))
    sealed_text = b"".join([*lines, text])
    seals = [hmac.new(guess, sealed_text, "sha256").hexdigest() for guess in guesses]
    seals.append(hashlib.sha256(sealed_text).hexdigest())

    for seal in seals:
        sealed = json.dumps({**totals, "seal": seal}, separators=(",", ":")).encode() + b"\n"
        path.write_bytes(b"".join([*lines, sealed]))
        with pytest.raises(BadSettings, match="seal does not fit"):
            open_plan(path, KEY)


def test_the_key_is_not_in_the_plan(path: Path):
    """Neither the file nor the writer's text form contains the key."""
    write(path, RECORD)

    data = path.read_bytes()

    assert KEY not in data
    assert KEY.hex().encode() not in data
    assert repr(KEY)[2:-1] not in repr(PlanWriter(path, OWNER, KEY))


@pytest.mark.parametrize("change", [_other_total, _without_a_record, _cut, lambda _: b""])
@pytest.mark.parametrize("made_by", ["writer", "opened"])
def test_a_plan_that_changes_while_in_use_ends(
    path: Path, change: Callable[[bytes], bytes], made_by: str
):
    """No record is yielded that is not the one under the seal that was checked."""
    other = replace(RECORD, after={"Total": 1.0, "Note": "12.5"})
    plan = write(path, RECORD, other)
    plan = plan if made_by == "writer" else open_plan(path, KEY)
    path.write_bytes(change(path.read_bytes()))

    seen: list[PlannedRecord] = []
    if change is not _cut:  # without its last line, which was checked, it has every record
        with pytest.raises(BadSettings, match="was changed while the plan was in use"):
            seen.extend(plan.each())
    else:
        seen.extend(plan.each())

    assert seen in ([], [RECORD, other])


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"not a plan\n", b"[1]\n", b'{"a":1}\n{"seal":"x"}\n']
)
def test_another_file_is_refused(path: Path, content: bytes):
    """A file that is no plan is reported as such."""
    path.write_bytes(content)

    with pytest.raises(BadSettings, match="is not a plan"):
        open_plan(path, KEY)


def test_a_plan_of_another_version_is_refused(path: Path):
    """A plan of a later program is reported with both versions."""
    path.write_bytes(b'{"plan":99}\n{"seal":"x"}\n')

    with pytest.raises(BadSettings, match="version 99"):
        open_plan(path, KEY)


def test_a_missing_file_is_reported(path: Path):
    """A path where nothing is gets a sentence, not a traceback."""
    with pytest.raises(BadSettings, match="cannot be read"):
        open_plan(path, KEY)


def test_a_plan_that_was_not_finished_leaves_nothing(path: Path):
    """A run that dies while planning leaves no file under the plan's name."""
    writer = PlanWriter(path, OWNER, KEY)

    with writer:
        writer.add(RECORD)

    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        (replace(OWNER, url="https://other.caspio.com"), "was made for https://abc.caspio.com"),
        (replace(OWNER, profile="another"), "another Web Services profile"),
        (replace(OWNER, sources={}), "no longer have"),
        (replace(OWNER, sources={"receipts": "changed"}), "have changed since"),
    ],
)
def test_a_plan_is_bound_to_its_account_and_settings(path: Path, owner: PlanOwner, said: str):
    """A plan made for another account, profile or other settings is refused with a sentence."""
    plan = write(path, RECORD)

    (problem,) = refuse_owner(plan, owner)

    assert said in problem
    assert refuse_owner(plan, OWNER) == []
