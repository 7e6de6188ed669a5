from dataclasses import replace

import pytest

from pipeline.decide.fingerprint import settings_hash
from pipeline.model import Confirm, IndexTable, Overwrite, SourceSpec

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
        replace(SPEC, min_confidence=0.6),
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
