"""Measure what the program costs beside its peers, in one table: `make bench`.

    make bench                                # all rows, three runs each; writes page, chart and figures
    make bench BENCH_ARGS=--quick             # two minutes: the ratios that are stable; writes nothing
    make bench BENCH_ARGS="--only start calls"
    make bench BENCH_ARGS=--record            # keeps the figures even where one is worse

Exit code 1 says that a ratio is worse than the recorded one by more than the spread, or that a
family could not be measured.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.bench.table import chart, page, prepared_models, records
from tests.bench.table.calls import CALLS
from tests.bench.table.overhead import OVERHEAD
from tests.bench.table.reading import READING
from tests.bench.table.rows import Collected, Family, Options, Result, Row
from tests.bench.table.scale import SCALE
from tests.bench.table.start import START
from tests.bench.table.webhook import WEBHOOK

FAMILIES: tuple[Family, ...] = (READING, START, CALLS, OVERHEAD, SCALE, WEBHOOK)
ROWS: tuple[Row, ...] = tuple(row for family in FAMILIES for row in family.rows)
CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "dev"
_RUNS, _QUICK_RUNS = 3, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, compare it with the recorded figures, and keep it."""
    asked = _parse(arguments)
    load, began = os.getloadavg()[0], time.monotonic()
    with prepared_models.own_cache() as cache:
        results, problems = _measured(asked, cache)
    if not results:
        return 1
    now = records.recorded_now(results, load=load)
    print(page.terminal(ROWS, now))
    print(f"{time.monotonic() - began:.0f} s, load {load:.1f} before the first run")
    before = records.load()
    problems += _compared(now, before) if before else []
    for problem in problems:
        print(problem)
    is_whole = not (asked.quick or asked.only or asked.runs)
    if asked.record or (is_whole and not problems):
        kept = records.with_others(now, before)
        records.save(kept)
        page.save(ROWS, kept)
        chart.save(ROWS, kept)
        print(f"written: {', '.join(str(one.FILE.name) for one in (records, page, chart))}")
    return 1 if problems and not asked.record else 0


def _measured(asked: argparse.Namespace, cache: Path) -> tuple[list[Result], list[str]]:
    """Measure the rows that were asked for; return the results, and which families failed."""
    began = time.monotonic()
    made = prepared_models.prepare(cache)
    print(f"models compiled before: {time.monotonic() - began:.0f} s", file=sys.stderr)
    keys = frozenset(row.key for row in ROWS if _is_wanted(row, asked))
    runs = asked.runs or (_QUICK_RUNS if asked.quick else _RUNS)
    collected, problems = Collected(), list[str]()
    for family in FAMILIES:
        if keys.isdisjoint(row.key for row in family.rows):
            continue
        print(f"{family.name} ... ", end="", file=sys.stderr, flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            options = Options(Path(folder), runs, asked.quick, keys, asked.corpus)
            try:
                for pair in family.measured(options):
                    collected.add(pair)
            except Exception as error:  # noqa: BLE001 - minutes of other families are not lost
                traceback.print_exc()
                problems.append(f"{family.name} was not measured to its end: {error}")
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
        late = prepared_models.files(cache) - made
        if late:
            problems.append(f"{family.name} compiled within a measured run: {', '.join(late)}")
            made |= late
    return collected.results(), problems


def _compared(now: records.Recorded, before: records.Recorded) -> list[str]:
    """Say what is not compared; return what is worse than before."""
    for key, other in records.elsewhere(ROWS, now, before).items():
        print(f"{key} is not compared with the recorded figure, which is from {other}.")
    return records.worse(ROWS, now, before)


def _is_wanted(row: Row, asked: argparse.Namespace) -> bool:
    if asked.only and not {row.key, row.family} & set(asked.only):
        return False
    return row.quick or not asked.quick


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.table",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = sorted({row.key for row in ROWS} | {row.family for row in ROWS})
    parser.add_argument(
        "--quick", action="store_true", help="only stable ratios, and fewer documents"
    )
    parser.add_argument("--only", nargs="+", choices=names, metavar="ROW", help="rows or families")
    parser.add_argument("--runs", type=int, help=f"runs of each row (default: {_RUNS})")
    parser.add_argument("--record", action="store_true", help="keep the figures in any case")
    parser.add_argument(
        "--corpus", type=Path, default=CORPUS if CORPUS.is_dir() else None,
        help="folder of real documents with manifest.jsonl",
    )  # fmt: skip
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
