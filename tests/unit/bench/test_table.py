"""The table of the benchmarks: medians, what is worse than recorded, and the page that shows it."""

import xml.etree.ElementTree as ET

import pytest

from tests.bench.table import chart, page, records
from tests.bench.table.__main__ import ROWS
from tests.bench.table.rows import Collected, Pair, Result, Row

ROW = Row(key="start.read", title="one file", peer="another", unit="CPU s", about="That.", limit=2)
MACHINE = {"date": "2026-11-28", "cores": 2, "system": "Linux", "python": "3.13", "load": 0.1}


def _result(ratio: float, spread: float = 0.0) -> Result:
    return Result(key=ROW.key, ours=ratio, peer=1.0, ratio=ratio, spread=spread, runs=3)


def _recorded(result: Result) -> records.Recorded:
    return records.Recorded(MACHINE, {result.key: result})


def test_runs_become_medians_and_their_spread():
    """One slow run moves neither the figures nor the ratio, and shows in the spread."""
    collected = Collected()
    for ours, peer in ((1.0, 1.0), (1.2, 1.0), (9.0, 3.0)):
        collected.add(Pair(ROW.key, ours, peer))

    (result,) = collected.results()

    assert (result.ours, result.peer, result.ratio, result.runs) == (1.2, 1.0, 1.2, 3)
    assert result.spread == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("ratio", "spread", "problems"),
    [(1.0, 0.0, 0), (1.04, 0.0, 0), (1.06, 0.0, 1), (1.06, 0.1, 0), (1.3, 0.1, 1), (0.5, 0.0, 0)],
)
def test_a_ratio_is_worse_only_beyond_the_spread(ratio: float, spread: float, problems: int):
    """The larger spread of both counts, and at least a twentieth of the ratio; better is never worse."""
    found = records.worse([ROW], _recorded(_result(ratio, spread)), _recorded(_result(1.0)))

    assert len(found) == problems


def test_what_is_counted_may_not_grow_at_all():
    """Calls have no chance in them: one more in a hundred records is worse."""
    counted = Row(key=ROW.key, title="", peer="", unit="", about="", least_spread=0)

    found = records.worse([counted], _recorded(_result(1.01)), _recorded(_result(1.0)))

    assert len(found) == 1


def test_rows_that_were_not_measured_stay_recorded():
    """To measure one family again does not lose the figures of the others."""
    other = Result(key="calls.plain", ours=2.0, peer=2.0, ratio=1.0, spread=0.0, runs=3)
    before = records.Recorded(MACHINE, {ROW.key: _result(1.0), other.key: other})

    kept = records.with_others(_recorded(_result(1.5)), before)

    assert kept.results == {ROW.key: _result(1.5), other.key: other}


def test_a_missed_limit_is_named():
    """A figure beyond its limit is shown as missed, and one within it is not."""
    missed, met = (page.cells(ROW, _result(ratio))[3] for ratio in (2.5, 2.0))

    assert (missed, met) == ("≤ 2.00, missed", "≤ 2.00")


def test_every_row_has_a_name_of_its_own_and_a_meaning():
    """The keys are unique and begin with the family; each row says what it means, in a sentence."""
    keys = [row.key for row in ROWS]

    assert len(set(keys)) == len(keys)
    assert [row.key for row in ROWS if "." not in row.key or not row.about.endswith(".")] == []


def test_page_and_chart_show_the_recorded_figures():
    """Both are what the figures beside them make: `make bench` writes all three at once."""
    recorded = records.load()
    assert recorded is not None
    text = page.FILE.read_text(encoding="utf-8")
    picture = chart.FILE.read_text(encoding="utf-8")

    assert text == page.filled_in(text, ROWS, recorded)
    assert picture == chart.drawn(ROWS, recorded)
    assert set(recorded.results) <= {row.key for row in ROWS}


def test_the_chart_is_legible_on_light_and_dark_pages():
    """It is valid XML, and has colors for both."""
    picture = chart.drawn([ROW], _recorded(_result(5.0)))

    assert ET.fromstring(picture).tag.endswith("svg")  # noqa: S314 - written here
    assert "prefers-color-scheme: dark" in picture
    assert "5.00" in picture
