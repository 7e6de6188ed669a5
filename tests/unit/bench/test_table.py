"""The table of the benchmarks: medians, what is worse than recorded, and the page that shows it."""

import os
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.table import __main__ as table, chart, page, prepared_models, processor, records
from tests.bench.table.__main__ import ROWS
from tests.bench.table.rows import Collected, Family, Options, Pair, Result, Row

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


def test_ratios_of_two_processors_are_not_compared():
    """What takes time depends on the processor; what is counted does not, and is compared."""
    counted = Row(key="calls.plain", title="", peer="", unit="", about="", least_spread=0)
    rows, results = [ROW, counted], [_result(9.0), replace(_result(9.0), key=counted.key)]
    now = records.Recorded(
        MACHINE, {one.key: replace(one, processor="Fast (AMX)") for one in results}
    )
    before = records.Recorded(
        MACHINE, {one.key: replace(one, ratio=1.0, processor="Slow") for one in results}
    )

    assert records.elsewhere(rows, now, before) == {ROW.key: "Slow"}
    assert [one.split()[0] for one in records.worse(rows, now, before)] == [counted.key]


def test_a_row_of_another_processor_says_so():
    """A figure that was kept from before is shown with its own processor, not with that of the others."""
    kept = replace(_result(1.0), note="1.7 s by the clock", processor="Slow")

    notes = [page.cells(ROW, kept, measured_by=one)[-1] for one in ("Slow", "Fast (AMX)", "")]

    assert notes == ["1.7 s by the clock", "1.7 s by the clock; on Slow", "1.7 s by the clock"]


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ("fpu amx_tile amx_int8 amx_bf16 avx512_vnni", "Some CPU 7 (AMX, AVX-512 VNNI)"),
        ("fpu avx_vnni", "Some CPU 7 (AVX VNNI)"),
        ("fpu avx2", "Some CPU 7"),
    ],
)
def test_a_processor_is_named_with_what_networks_use(flags: str, named: str, tmp_path: Path):
    """Rented machines of one model name may have different instructions."""
    core = f"processor\t: 0\nmodel name\t: Some CPU 7\nflags\t\t: {flags}\n\n"
    (tmp_path / "cpuinfo").write_text(core * 2, encoding="utf-8")

    assert processor.name(tmp_path / "cpuinfo") == named


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


def test_measured_processes_share_a_cache_of_their_own(monkeypatch: pytest.MonkeyPatch):
    """The user's cache is neither read nor filled, and is in use again afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/someone/cache")

    with prepared_models.own_cache() as cache:
        assert os.environ["XDG_CACHE_HOME"] == str(cache)
        assert prepared_models.files(cache) == frozenset()

    assert os.environ["XDG_CACHE_HOME"] == "/home/someone/cache"
    assert not cache.exists()


def test_what_is_compiled_within_a_measured_run_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """A family whose figures contain the time of compiling is named; the next one is not."""
    home = tmp_path / "caspio-ingest"
    home.mkdir()

    def compiling(_options: Options) -> Iterator[Pair]:
        (home / "network-2.prepared").touch()
        yield Pair("start.read", 1.0, 1.0)

    def plain(_options: Options) -> Iterator[Pair]:
        yield Pair("calls.attachment", 1.0, 1.0)

    rows = {row.key: row for row in ROWS}
    families = (
        Family("start", (rows["start.read"],), compiling),
        Family("calls", (rows["calls.attachment"],), plain),
    )
    monkeypatch.setattr(table, "FAMILIES", families)
    monkeypatch.setattr(
        prepared_models, "prepare", lambda _cache: frozenset({"network-1.prepared"})
    )

    monkeypatch.setattr(prepared_models, "own_cache", lambda: nullcontext(tmp_path))

    code = table.main(["--only", "start.read", "calls.attachment", "--runs", "1"])

    printed = capsys.readouterr().out
    assert code == 1
    assert "start compiled within a measured run: network-2.prepared" in printed
    assert "calls compiled" not in printed
