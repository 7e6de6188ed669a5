"""Every quirk is in a matrix, every pair of values is in a row of it, and all are documented."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import Quirks
from tests.support.quirks import (
    NOT_OF_THE_PIPELINE,
    SAMPLES,
    choices,
    covering,
    of_the_pipeline,
    of_webhooks,
    pairs,
    sample,
)

PAGE = (Path(__file__).parents[3] / "docs/emulator.md").read_text(encoding="utf-8")
DOCUMENT = PAGE.partition("## What differs between accounts")[2]
NAMES = [one.name for one in fields(Quirks)]


@pytest.mark.parametrize(
    "factors", [of_the_pipeline(), of_webhooks()], ids=["pipeline", "webhooks"]
)
def test_every_pair_of_values_is_in_a_row(factors: Mapping[str, Any]):
    """Any two values of two quirks are together in a row, and rows are complete."""
    rows = covering(factors)

    assert [
        pair for pair in pairs(factors) if not any(pair <= set(row.items()) for row in rows)
    ] == []
    assert all(row.keys() == factors.keys() for row in rows)
    assert len(rows) <= 25


def test_the_sample_has_every_value():
    """The rows that `make test` tries are a few, and have each value of each quirk."""
    rows = covering(of_the_pipeline())

    chosen = sample(rows)

    assert {item for row in chosen for item in row.items()} == {
        item for row in rows for item in row.items()
    }
    assert chosen[0] is rows[0]
    assert len(chosen) <= len(rows) / 2


def test_rows_are_the_same_every_time_and_begin_with_the_defaults():
    """The rows depend on the quirks only; the first has every quirk's first value."""
    rows = covering(of_the_pipeline())

    assert rows == covering(of_the_pipeline())
    assert rows[0] == {name: values[0] for name, values in of_the_pipeline().items()}


def test_every_quirk_is_in_the_matrix_or_has_a_reason():
    """The pipeline's matrix has every quirk except those with a reason, and names only quirks."""
    assert set(NAMES) == of_the_pipeline().keys() | NOT_OF_THE_PIPELINE.keys()
    assert NOT_OF_THE_PIPELINE.keys() | SAMPLES.keys() <= set(NAMES)
    assert all(NOT_OF_THE_PIPELINE.values())


@pytest.mark.parametrize("name", NAMES)
def test_values_differ_and_begin_with_the_default(name: str):
    """A quirk has at least two values, and its default comes first."""
    values = choices(name)

    assert len(set(values)) == len(values) >= 2
    assert name in SAMPLES or values[0] == getattr(Quirks(), name)


@pytest.mark.parametrize("name", NAMES)
def test_every_quirk_is_documented_with_its_values(name: str):
    """docs/emulator.md has one row for each quirk, with all its values."""
    rows = [row for row in DOCUMENT.splitlines() if row.startswith(f"| `{name}` |")]
    words = set(re.findall(r"`([^`]+)`", " ".join(row.split("|")[2] for row in rows)))
    wanted = (
        {str(getattr(Quirks(), name)).lower()}
        if name in SAMPLES
        else {str(v).lower() for v in choices(name)}
    )

    assert len(rows) == 1
    assert wanted <= words


def test_no_other_quirk_is_documented():
    """Every row of the table is a quirk that exists."""
    assert set(re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT, re.MULTILINE)) == set(NAMES)
