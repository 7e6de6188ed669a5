"""The recorded figures: a JSON file beside the page, and what is worse than it."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.table import processor
from tests.bench.table.rows import Result, Row

FILE = Path(__file__).resolve().parents[3] / "docs" / "benchmarks.json"
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Recorded:
    """Figures that were measured in one go, and on what."""

    machine: Mapping[str, Any]
    results: Mapping[str, Result]


def recorded_now(results: Sequence[Result], *, load: float) -> Recorded:
    """Return results with what machine they are from; `load` is its load before the first run."""
    own = processor.name()
    machine = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "processor": own,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(load, 1),
    }
    return Recorded(machine, {one.key: replace(_rounded(one), processor=own) for one in results})


def _rounded(result: Result) -> Result:
    figures = ("ours", "peer", "ratio", "spread")
    return replace(result, **{name: round(getattr(result, name), _DIGITS) for name in figures})


def load(file: Path = FILE) -> Recorded | None:
    """Return the recorded figures; None if there are none yet."""
    if not file.exists():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return Recorded(found["machine"], {key: Result(**one) for key, one in found["rows"].items()})


def save(recorded: Recorded, file: Path = FILE) -> None:
    """Write the figures."""
    rows = {key: asdict(result) for key, result in sorted(recorded.results.items())}
    text = json.dumps({"machine": recorded.machine, "rows": rows}, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def with_others(now: Recorded, before: Recorded | None) -> Recorded:
    """Return the figures of now, with those from before of rows that were not measured now."""
    return replace(now, results={**(before.results if before else {}), **now.results})


def worse(rows: Sequence[Row], now: Recorded, before: Recorded) -> list[str]:
    """Say which ratios are worse than the recorded ones by more than the spread.

    Those of `elsewhere` are not compared.
    """
    other = elsewhere(rows, now, before)
    found: list[str] = []
    for row in rows:
        result, old = now.results.get(row.key), before.results.get(row.key)
        if result is None or old is None or row.key in other:
            continue
        if result.is_worse_than(old, least_spread=row.least_spread):
            found.append(
                f"{row.key} is worse than recorded: {result.ratio:.2f} ± {result.spread:.2f}, "
                f"before {old.ratio:.2f} ± {old.spread:.2f} on {before.machine['date']}"
            )
    return found


def elsewhere(rows: Sequence[Row], now: Recorded, before: Recorded) -> dict[str, str]:
    """Return the rows that were recorded on another processor, which is the value, by their keys.

    What is counted comes out alike on each, so it is not among them.
    """
    timed = {row.key for row in rows if row.least_spread}
    both = timed & now.results.keys() & before.results.keys()
    return {
        key: before.results[key].processor or processor.UNKNOWN
        for key in sorted(both)
        if before.results[key].processor != now.results[key].processor
    }
