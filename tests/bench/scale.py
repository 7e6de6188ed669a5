"""Measure how the pipeline grows: `make scale [SCALE_ARGS="--sizes 10000 100000 --sample 300"]`.

For each size an account is declared, and each phase is a process of its own: enumerate everything, ingest a sample,
and run again with nothing new. CPU seconds and memory are those of our process alone; the local Caspio is another.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy

from tests.support.many import write_many, write_settings

PAGE = 1_000
CREDENTIALS = {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
PHASES = ("enumerate", "sample", "rescan")


@dataclass(frozen=True, slots=True)
class Measured:
    """One phase at one size: `must` is what listing costs at the least, `files` those worked on or found."""

    size: int
    phase: str
    files: int
    cpu_s: float
    wall_s: float
    peak_mib: float
    calls: int
    listing_calls: int
    ledger_bytes: int

    @property
    def must(self) -> int:
        """Return what listing must cost: a page of records and a page of what is attached, each thousand records."""
        return 2 * -(-self.size // PAGE)


def measure(size: int, *, sample: int, folder: Path, ledger: str = "") -> Iterator[Measured]:
    """Measure every phase at one size; `ledger` is another database than a file of SQLite."""
    seed = write_many(folder / "seed", size)
    with _emulator(seed) as url:
        config = write_settings(folder / "run", url, ledger=ledger or "sqlite:///ledger.db")
        database = ledger or f"sqlite:///{folder / 'run' / 'ledger.db'}"
        for phase in PHASES:
            if phase == "rescan":
                _finish_the_rest(database)
            reported = _phase(config, phase, sample)
            yield Measured(
                size=size, phase=phase, ledger_bytes=_ledger_bytes(folder / "run"), **reported
            )


def _phase(config: Path, phase: str, sample: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.scale", "--phase", phase, "--config", str(config)]
    done = subprocess.run(
        [*command, "--sample", str(sample)],
        env=os.environ | CREDENTIALS,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@contextmanager
def _emulator(seed: Path) -> Iterator[str]:
    """Serve a seed from a process of its own, so that its time and memory are not ours."""
    program = (
        "import sys; from pathlib import Path; from infra.emulator import Emulator; "
        "Emulator(seed=Path(sys.argv[1])).serve_forever(lambda url: print(url, flush=True))"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", program, str(seed)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def _finish_the_rest(url: str) -> None:
    """Let the ledger take every version for finished, as if all had been ingested: that a million are takes hours."""
    engine = sqlalchemy.create_engine(url)
    with closing(engine.connect()) as connection, connection.begin():
        connection.execute(
            sqlalchemy.text(
                "UPDATE files SET stage = 'finished', status = 'done' WHERE stage = 'seen'"
            )
        )
    engine.dispose()


def _ledger_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("ledger.db*"))


def run_phase(config: Path, phase: str, sample: int) -> None:
    """Run a phase in this process and print what it took."""
    from flows.app.direct import work_sources
    from flows.app.run_request import RunRequest
    from flows.app.wiring import connect
    from pipeline.settings import load_settings

    began = os.times()
    with connect(load_settings(config)) as context:
        if phase == "enumerate":
            files = _enumerate(context)
        else:
            limit = sample if phase == "sample" else None
            report = work_sources(context, sources=(), request=RunRequest(limit=limit))
            files = sum(report.document["documents"].values())
        calls = dict(context.client.calls)
        ended = os.times()
    listing = sum(
        number
        for call, number in calls.items()
        if call.endswith(("/records", "/fileInfo")) and "GET" in call
    )
    reported = {
        "files": files,
        "cpu_s": ended.user + ended.system - began.user - began.system,
        "wall_s": ended.elapsed - began.elapsed,
        "peak_mib": _peak_mib(),
        "calls": sum(calls.values()),
        "listing_calls": listing,
    }
    print(json.dumps(reported))


def _enumerate(context: object) -> int:
    """List everything and let the ledger know it; work on nothing."""
    from flows.app.run_request import RunRequest
    from flows.app.source_runs import (
        OutcomeCounter,
        make_source_run,
        new_run_id,
        prepare,
        recorded_run,
    )
    from flows.app.wiring import AppContext
    from pipeline.metering.summary import Summary

    assert isinstance(context, AppContext)
    summary = Summary(new_run_id(context))
    with recorded_run(context, "ingest", summary) as leases:
        spec = next(iter(context.settings.specs().values()))
        run = make_source_run(context, spec, summary.run_id, yes=True, leases=leases)
        with closing(
            prepare(context, run, OutcomeCounter(summary, lambda _: None), RunRequest())
        ) as works:
            return sum(len(work.files) for work in works)


def _peak_mib() -> float:
    """Return the highest memory of this process so far."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def table(found: Sequence[Measured]) -> str:
    """Return the measurements as a table in Markdown."""
    head = (
        "records",
        "phase",
        "files",
        "CPU s",
        "µs a file",
        "peak MiB",
        "calls",
        "÷ least",
        "ledger bytes a file",
    )
    rows = [head, ("---",) * len(head)]
    rows += [
        (
            f"{one.size:,}",
            one.phase,
            f"{one.files:,}",
            f"{one.cpu_s:.1f}",
            f"{one.cpu_s / max(one.files, 1) * 1e6:.0f}",
            f"{one.peak_mib:.0f}",
            f"{one.calls:,}",
            f"{one.listing_calls / one.must:.3f}" if one.phase != "sample" else "",
            f"{one.ledger_bytes / one.size:.0f}",
        )
        for one in found
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--ledger", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--phase", choices=PHASES)
    parser.add_argument("--config", type=Path)
    arguments = parser.parse_args()
    if arguments.phase:
        run_phase(arguments.config, arguments.phase, arguments.sample)
        return
    found: list[Measured] = []
    for size in arguments.sizes:
        with tempfile.TemporaryDirectory(prefix="scale-") as folder:
            for one in measure(
                size, sample=arguments.sample, folder=Path(folder), ledger=arguments.ledger
            ):
                found.append(one)
                print(json.dumps(asdict(one)), file=sys.stderr, flush=True)
    print(table(found))
    if arguments.json:
        arguments.json.write_text(
            json.dumps([asdict(one) for one in found], indent=1), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
