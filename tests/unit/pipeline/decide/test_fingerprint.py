import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.decide import fingerprint
from pipeline.decide.fingerprint import DECIDING, code_digest, plan_fingerprint, settings_hash
from pipeline.model import ConfidenceLimits, Confirm, IndexTable, Overwrite, SourceSpec

SPEC = SourceSpec("receipts", table="Receipts", columns={"A": "total", "B": "date"})


@pytest.mark.parametrize(
    "changed",
    [
        replace(SPEC, table="Others"),
        replace(SPEC, table=None, view="Receipts"),
        replace(SPEC, where="A = 1"),
        replace(SPEC, fields=("Scan",)),
        replace(SPEC, columns={"A": "total"}),
        replace(SPEC, columns={"A": "net", "B": "date"}),
        replace(SPEC, overwrite=Overwrite.OURS),
        replace(SPEC, overwrite_columns={"A": Overwrite.ALWAYS}),
        replace(SPEC, rename="{{ date }}"),
        replace(SPEC, index=IndexTable("I", "Path")),
        replace(SPEC, limits=ConfidenceLimits(0.6, 0.5)),
        replace(SPEC, column_limits={"A": ConfidenceLimits(0.6, 0.5)}),
    ],
)
def test_hash_changes_with_what_is_written(changed: SourceSpec):
    """Whatever changes what is written or where asks a user to look again."""
    assert settings_hash(changed) != settings_hash(SPEC)


@pytest.mark.parametrize(
    "changed",
    [
        replace(SPEC, confirm=Confirm.NEVER),
        replace(SPEC, schedule="0 3 * * *"),
        replace(SPEC, columns={"B": "date", "A": "total"}),
    ],
)
def test_hash_stays_when_nothing_else_is_written(changed: SourceSpec):
    """When it runs, whether it asks, and the order of columns change nothing that is written."""
    assert settings_hash(changed) == settings_hash(SPEC)


def test_the_plan_fingerprint_changes_with_what_decides():
    """Another column, template or confidence plans differently; another schedule does not."""
    changes = [
        {"columns": {"A": "total"}},
        {"rename": "{{ date }}"},
        {"limits": ConfidenceLimits(0.9, 0.5)},
        {"limits": ConfidenceLimits(0.5, 0.4)},
        {"column_limits": {"A": ConfidenceLimits(0.9, 0.5)}},
        {"overwrite": Overwrite.OURS},
    ]

    before = plan_fingerprint(SPEC)

    assert all(plan_fingerprint(replace(SPEC, **change)) != before for change in changes)
    assert plan_fingerprint(replace(SPEC, schedule="0 5 * * *", confirm=Confirm.NEVER)) == before


@pytest.mark.parametrize("edited", DECIDING)
def test_an_edit_of_a_deciding_module_makes_plans_stale(edited: str, tmp_path: Path):
    """The digest follows the code: no version is counted up by hand."""
    package = Path(fingerprint.__file__).parents[1]
    for name in DECIDING:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((package / name).read_bytes())
    assert code_digest.__wrapped__(tmp_path) == code_digest()

    with (tmp_path / edited).open("a", encoding="utf-8") as file:
        file.write("# another rule\n")

    assert code_digest.__wrapped__(tmp_path) != code_digest()


def test_every_module_that_decides_is_in_the_digest():
    """What mapping and naming import from their room decides as well."""
    package = Path(fingerprint.__file__).parents[1]
    imported = {
        name
        for module in DECIDING
        for name in re.findall(
            r"^from pipeline\.(decide\.\w+|findings)", (package / module).read_text(), re.MULTILINE
        )
    }

    assert {f"{name.replace('.', '/')}.py" for name in imported} <= set(DECIDING)
