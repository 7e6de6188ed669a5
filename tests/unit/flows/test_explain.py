from dataclasses import replace
from typing import Any, cast

import pytest

from flows.app.explain import lives_of
from flows.cli.show.state import show_life
from pipeline.model import ConfidenceLimits, SourceSpec
from tests.unit.pipeline.world import RECEIPTS, World, named

GOOD = "doc_type=receipt\ntotal=12.50"


def test_a_life_has_versions_writes_suggestions_and_addresses(
    world: World, capsys: pytest.CaptureFixture[str]
):
    """`explain` shows each version, what was written over what and why, what was left, and where it is kept."""
    world.receipt("1", GOOD, Total=99.0)
    world.run(named(RECEIPTS, "{{ doc_type }}"))

    first, second = lives_of("receipts", "1", None, ledger=world.ledger, archive=world.archive)

    assert (first["file"], second["file"]) == ("scan.txt", "receipt.txt")
    assert [(e["kind"], e["after"]) for e in first["effects"]] == [  # type: ignore[attr-defined]  # a list
        ("update_columns", {"DocType": "receipt"}),
        ("rename_attachment", {"name": "receipt.txt"}),
    ]
    assert first["outcome"]["left_open"] == {}  # type: ignore[index]  # a dictionary
    assert first["outcome"]["suggestions"][0]["suggested"] == 12.5  # type: ignore[index]  # a dictionary
    assert str(first["original"]).startswith("memory:originals/sha256/")
    show_life(first)
    assert "update_columns" in capsys.readouterr().out


def test_what_is_left_open_is_explained(world: World, capsys: pytest.CaptureFixture[str]):
    """A value that was too uncertain to be suggested is shown here, with its reason."""
    world.receipt("1", "doc_type=receipt")
    world.reader.confidence = 0.4
    world.run()

    (life,) = lives_of("receipts", "1", None, ledger=world.ledger, archive=world.archive)
    show_life(life)

    said = " ".join(capsys.readouterr().out.split())
    assert "left open DocType: 'receipt' was read; 40 % sure; suggested at 50 % or more" in said
    assert "left open Total: nothing was found" in said


def test_a_finding_names_the_columns_that_take_it(world: World, capsys: pytest.CaptureFixture[str]):
    """Beside each finding stand the columns that take it, with the limits that apply to each."""
    spec = replace(RECEIPTS, column_limits={"Total": ConfidenceLimits(0.995, 0.7)})
    world.receipt("1", GOOD)
    world.run(spec)

    (life,) = lives_of("receipts", "1", None, ledger=world.ledger, archive=world.archive, spec=spec)
    show_life(life)

    findings = cast("dict[str, Any]", life["findings"])
    assert findings["total"]["columns"] == {"Total": {"write_at": 0.995, "suggest_at": 0.7}}
    assert findings["doc_type"]["columns"] == {"DocType": {"write_at": 0.9, "suggest_at": 0.5}}
    assert "Total takes total: written at 0.995, suggested at 0.7" in " ".join(
        capsys.readouterr().out.split()
    )


def test_a_moved_file_is_found_by_its_old_path(world: World):
    """A Files-area file is explained under the path it had as well as the one it has."""
    spec = SourceSpec("mail", folder="/Mail", rename="{{ doc_type }}")
    world.caspio.files["/Mail/a.txt"] = b"doc_type=letter"
    world.run(spec)

    by_old = lives_of("mail", "/Mail/a.txt", None, ledger=world.ledger, archive=world.archive)

    assert [life["path"] for life in by_old] == ["/Mail/a.txt", "/Mail/letter.txt"]


def test_another_field_is_left_out(world: World):
    """With a field named, only its files are reported."""
    world.receipt("1", GOOD)
    world.run(replace(RECEIPTS, columns={}))

    assert lives_of("receipts", "1", "Other", ledger=world.ledger, archive=world.archive) == []
    assert len(lives_of("receipts", "1", "Scan", ledger=world.ledger, archive=world.archive)) == 1
