"""Every quirk is in a matrix, every pair of values in a row of it, and all are documented."""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from infra.emulator import Quirks
from tests.support.quirks import (
    NOT_THE_LINES,
    SAMPLES,
    choices,
    covering,
    of_the_line,
    of_webhooks,
    pairs,
)

DOCUMENT = (Path(__file__).parents[3] / "docs/emulator.md").read_text(encoding="utf-8")
NAMES = [one.name for one in fields(Quirks)]


@pytest.mark.parametrize("factors", [of_the_line(), of_webhooks()], ids=["line", "webhooks"])
def test_every_pair_of_values_is_in_a_row(factors: Mapping[str, Any]):
    """No two values of two quirks are without a row that has both, and each row has a value for every quirk."""
    rows = covering(factors)

    assert [
        pair for pair in pairs(factors) if not any(pair <= set(row.items()) for row in rows)
    ] == []
    assert all(row.keys() == factors.keys() for row in rows)
    assert len(rows) <= 25


def test_rows_are_the_same_every_time_and_begin_with_the_usual():
    """The rows depend on the quirks alone; the first has every quirk's first value."""
    rows = covering(of_the_line())

    assert rows == covering(of_the_line())
    assert rows[0] == {name: values[0] for name, values in of_the_line().items()}


def test_every_quirk_matters_somewhere_or_says_why_not():
    """The line's matrix has every quirk but those with a reason, and nothing but quirks is named."""
    assert set(NAMES) == of_the_line().keys() | NOT_THE_LINES.keys()
    assert NOT_THE_LINES.keys() | SAMPLES.keys() <= set(NAMES)
    assert all(NOT_THE_LINES.values())


@pytest.mark.parametrize("name", NAMES)
def test_values_begin_with_the_usual_one_and_differ(name: str):
    """A quirk has at least two values, the usual one first; numbers may start with a smaller one to be quick."""
    values = choices(name)

    assert len(set(values)) == len(values) >= 2
    assert name in SAMPLES or values[0] == getattr(Quirks(), name)


@pytest.mark.parametrize("name", NAMES)
def test_every_quirk_is_documented_with_its_values(name: str):
    """docs/emulator.md has a row for each quirk with each value that is not just any number or text."""
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
    """A row of the table is a quirk there is."""
    assert set(re.findall(r"^\| `([a-z_]+)` \|", DOCUMENT, re.MULTILINE)) == set(NAMES)
