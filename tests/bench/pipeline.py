"""Run a configured pipeline from beginning to end in a process of its own, and measure that process."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.family import used

CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run: CPU seconds of our process and of the processes that read, and what it reports.

    `stages` are seconds of threads by stage; `peak_mib` is the highest memory of our process,
    `below_mib` that of the largest process below it.
    """

    own_s: float
    below_s: float
    peak_mib: float
    below_mib: float
    stages: Mapping[str, float]
    report: Mapping[str, Any]

    @property
    def whole_s(self) -> float:
        """Return the CPU seconds of the whole."""
        return self.own_s + self.below_s


def run_apart(config: Path, *, workers: int | None = None) -> Ran:
    """Run the sources of settings once."""
    env = {**os.environ, **CREDENTIALS}
    if workers is not None:
        env["CASPIO_INGEST_PROCESSING__WORKERS"] = str(workers)
    found = used([sys.executable, "-m", "tests.bench.pipeline", str(config)], env=env)
    return Ran(
        own_s=found.own_s,
        below_s=found.below_s,
        peak_mib=found.peak_mib,
        below_mib=found.below_mib,
        **json.loads(found.output),
    )


def main(config: Path) -> None:
    """Run the sources once and print what was done."""
    from flows.app.direct import work_sources
    from flows.app.run_request import RunRequest
    from flows.app.wiring import connect
    from pipeline.settings import load_settings

    with connect(load_settings(config)) as context:
        report = work_sources(context, sources=(), request=RunRequest(yes=True))
        stages = dict(context.stages())
    print(json.dumps({"report": dict(report.document), "stages": stages}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
