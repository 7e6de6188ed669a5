"""Print every table of learning from filled records: `python -m tests.bench.learning`.

Documents are read once and kept in the cache, outside the repository. What is learned is tried on
other records of the same corpus, several times with other draws.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from time import perf_counter

from processors.learning import ColumnKind
from tests.bench.learning.columns import Column
from tests.bench.learning.curves import (
    HEAD,
    cross_validated,
    extrapolated,
    measure,
    names_row,
    row_of,
)
from tests.bench.learning.errors import planted
from tests.bench.learning.later import proved_later
from tests.bench.learning.needed import needed_records
from tests.bench.learning.records import Filled, filled_records
from tests.bench.learning.scale import measure_scale
from tests.bench.learning.year import report, simulate
from tests.bench.values import DEFAULT

_CACHE = Path(tempfile.gettempdir()) / "caspio-ingest-bench"
_TABLES = (
    "curves", "folds", "decided", "later", "needed", "errors", "contracts", "classes", "year",
    "scale",
)  # fmt: skip
_DRAWN = {"needed", "year", "scale"}
"""Tables that need no corpus."""
_RECEIPTS = (10, 25, 50, 100, 150, 200)
_COLUMNS = (
    Column("company", ColumnKind.TEXT, "company"),
    Column("total", ColumnKind.AMOUNT, "total"),
    Column("date", ColumnKind.DATE, "date"),
    Column("address", ColumnKind.TEXT, "address"),
)
_CONTRACTS = (
    Column("effective_date", ColumnKind.DATE, "date"),
    Column("party", ColumnKind.LIST, "parties"),
)
_PAGES = (Column("class", ColumnKind.CHOICE, "doc_type"),)
_MANY = 400
_ERRORS = 0.05


def curves(
    records: Sequence[Filled], draws: int, names: Sequence[str], filled_ones: Sequence[int]
) -> None:
    """Print the curves of the receipts, with the rules' findings and without them."""
    print(HEAD)
    asked = [column for column in _COLUMNS if column.name in names]
    unmapped = [replace(column, finding=None) for column in asked]
    for label, columns, sizes in (("", asked, filled_ones), (" alone", unmapped, (25, 100))):
        for column in columns:
            points: dict[int, float] = {}
            used = [_without_rules(each) for each in records] if label else records
            for filled in sizes:
                counts = measure(used, column, filled=filled, draws=draws)
                points[filled] = mean(counts.right)
                print(row_of(f"{column.name}{label}", filled, counts), flush=True)
            later = {n: share for n, share in points.items() if n >= 25}
            if len(later) > 2:
                print(f"{'':<16}{_MANY:>4} extrapolated: about {extrapolated(later, _MANY):.3f}")


def _without_rules(record: Filled) -> Filled:
    return replace(record, findings={})


def crossed(
    records: Sequence[Filled], columns: Sequence[Column], *, folds: int, draws: int, wrong: float
) -> None:
    """Print what nearly all records teach; with `wrong`, after typing errors and decided doubts."""
    print(HEAD)
    for column in columns:
        counts = cross_validated(records, column, folds=folds, draws=draws, errors=wrong)
        filled = len(counts.right) // draws * (folds - 1) // folds
        print(row_of(column.name, filled, counts), flush=True)
        if column.kind is ColumnKind.LIST:
            print(names_row(filled, counts), flush=True)


def later(records: Sequence[Filled], columns: Sequence[Column], draws: int) -> None:
    """Print what choices for later records have proved."""
    for column in columns:
        for seed in range(draws):
            for line in proved_later(records, column, seed=seed):
                print(f"draw {seed}  {line}", flush=True)


def errors(records: Sequence[Filled], draws: int) -> None:
    """Print how many planted typing errors are among the doubts."""
    for filled in (100, 150, len(records)):
        for column in _COLUMNS[:3]:
            found = [
                planted(records[:filled], column, share=_ERRORS, seed=seed) for seed in range(draws)
            ]
            wrong, hits = sum(f.errors for f in found), sum(f.found for f in found)
            shown = sum(f.shown for f in found) / sum(f.records for f in found)
            print(
                f"{column.name:<16}{filled:>4} records: {hits} of {wrong} errors found "
                f"({hits / wrong:.2f}); {shown:.1%} of the records shown",
                flush=True,
            )


def contracts(records: Sequence[Filled], draws: int) -> None:
    """Print the curves of contracts: their date and their parties."""
    print(HEAD)
    date, parties = _CONTRACTS
    for filled in (10, 25, 40):
        print(row_of("effective date", filled, measure(records, date, filled=filled, draws=draws)))
    for filled in (25, 50):
        counts = measure(records, parties, filled=filled, draws=draws)
        print(row_of("parties (all)", filled, counts))
        print(names_row(filled, counts), flush=True)


def classes(records: Sequence[Filled], draws: int) -> None:
    """Print the curve of five classes of pages."""
    print(HEAD)
    (column,) = _PAGES
    for filled in (25, 50, 100, 200):
        counts = measure(records, column, filled=filled, draws=draws)
        print(row_of("class", filled, counts), flush=True)


def main() -> int:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description="Measure learning from filled records.")
    parser.add_argument("--corpora", type=Path, default=DEFAULT.parent, help="has dev and learn")
    parser.add_argument("--cache", type=Path, default=_CACHE, help="for pages that were read")
    parser.add_argument("--draws", type=int, default=3, help="how often each figure is drawn")
    parser.add_argument("--tables", nargs="*", default=_TABLES, choices=_TABLES)
    needed = {column.name for column in _COLUMNS}
    names = [column.name for column in (*_COLUMNS, *_CONTRACTS, *_PAGES)]
    parser.add_argument("--columns", nargs="*", default=names, choices=names)
    parser.add_argument(
        "--filled", nargs="*", type=int, default=_RECEIPTS, help="records the curves learn from"
    )
    parser.add_argument("--records", type=int, default=50_000, help="of the table of scale")
    parser.add_argument("--folds", type=int, default=10, help="of the tables of folds and doubts")
    asked = parser.parse_args()
    chosen = [column for column in _COLUMNS if column.name in asked.columns]

    def read(kind: str, *parts: str) -> list[Filled]:
        return [
            record
            for part in parts
            for record in filled_records(asked.corpora / part, asked.cache, kind)
        ]

    def receipts() -> list[Filled]:
        read_ones = read("receipt", "learn", "dev")
        return [each for each in read_ones if needed <= each.values.keys()]

    def crossed_kinds(wrong: float) -> None:
        of_contracts = [each for each in _CONTRACTS if each.name in asked.columns]
        of_pages = [each for each in _PAGES if each.name in asked.columns]
        for kind, columns in (("receipt", chosen), ("contract", of_contracts), ("page", of_pages)):
            # Reading takes by far the longest: only what is asked for is read.
            if columns:
                records = receipts() if kind == "receipt" else read(kind, "learn")
                crossed(records, columns, folds=asked.folds, draws=asked.draws, wrong=wrong)

    tables: dict[str, Callable[[], None]] = {
        "curves": lambda: curves(receipts(), asked.draws, asked.columns, asked.filled),
        "folds": lambda: crossed_kinds(0.0),
        "decided": lambda: crossed_kinds(_ERRORS),
        "later": lambda: later(receipts(), chosen, asked.draws),
        "needed": lambda: print("\n".join(needed_records())),
        "errors": lambda: errors(receipts(), asked.draws),
        "contracts": lambda: contracts(read("contract", "learn"), asked.draws),
        "classes": lambda: classes(read("page", "learn"), asked.draws),
        "year": lambda: print("\n".join(report(simulate()))),
        "scale": lambda: print(measure_scale(asked.records, max(20, asked.records // 10))),
    }
    for name in asked.tables:
        if name in _DRAWN or (asked.corpora / "learn" / "manifest.jsonl").exists():
            began = perf_counter()
            print(f"\n{name}")
            tables[name]()
            print(f"({perf_counter() - began:.0f} s)", flush=True)
        else:
            print(f"There are no documents at {asked.corpora} for {name}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
