"""What the pipeline does in a second, and what it costs beside the reading itself: `make bench-details` prints it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from infra.emulator import Emulator
from tests.bench.family import used
from tests.bench.pipeline import CREDENTIALS, run_apart
from tests.bench.table.readings import ONE_CORE
from tests.flows.conftest import Prefect, prefect_server
from tests.support.corpus import corpus_documents, write_seed, write_settings

__all__ = ["prefect_server"]

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3600)]

EVERY = int(os.environ.get("BENCH_EVERY", "4"))
"""Every how manieth document of the corpus is taken: BENCH_EVERY=1 takes all of them, and minutes."""

KINDS = frozenset(filter(None, os.environ.get("BENCH_KINDS", "").split(",")))
"""Kinds of the corpus that are taken, separated by commas; all of them unless given."""

_BARE = """
import sys, tempfile
from pathlib import Path
from processors.contract import ReadSettings
from processors.read import Engines, read_document
settings = ReadSettings()
engines = Engines(settings)
engines.get()
for name in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as folder:
        read_document(Path(name), name=Path(name).name, work_dir=Path(folder), settings=settings, engine=engines.get)
"""

_CHILDREN = """
import sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from processors.sandbox.reader import SandboxedReader
number = int(sys.argv[1])
with (
    tempfile.TemporaryDirectory() as folder,
    SandboxedReader(workers=number) as reader,
    ThreadPoolExecutor(number) as pool,
):
    def read(one):
        home = Path(folder, str(one))
        home.mkdir()
        (home / "a.txt").write_text("nothing")
        (home / "derived").mkdir()
        return reader.read(home / "a.txt", name="a.txt", work_dir=home / "derived")
    reader.warm()
    list(pool.map(read, range(number)))
"""


@pytest.fixture(scope="module")
def paths(corpora: Path) -> list[Path]:
    """The documents that are read."""
    documents = [one for one in corpus_documents(corpora / "dev") if not KINDS or one.kind in KINDS]
    return [document.path for document in documents][::EVERY]


@pytest.fixture(scope="module")
def bare_s(paths: list[Path]) -> tuple[float, float]:
    """CPU seconds of the bare processors on these documents, and how much of it is starting and loading models."""
    start = [sys.executable, "-c", _BARE]
    return cpu_s([*start, *map(str, paths)]), cpu_s(start)


def cpu_s(command: list[str]) -> float:
    """Return the CPU seconds a command and all that it starts take, on one core."""
    return used(command, env=os.environ | ONE_CORE).cpu_s


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_run_costs_beside_the_bare_processors(
    workers: int, paths: list[Path], bare_s: tuple[float, float], tmp_path: Path
) -> None:
    """Print documents and pages a second, CPU of the whole ÷ CPU of the bare processors, and where the rest goes."""
    with Emulator(seed=write_seed(tmp_path / "seed", paths)) as emulator:
        config = write_settings(tmp_path / "run", emulator.url, rename="{{ date }} {{ doc_type }}")
        run = run_apart(config, workers=workers)
        nothing = run_apart(config, workers=workers)
    start_s = cpu_s([sys.executable, "-c", _CHILDREN, str(workers)])
    bare, bare_start = bare_s
    pages, seconds = run.report["pages"], run.report["seconds"]
    lasting = (run.whole_s - nothing.whole_s - start_s) / (bare - bare_start)

    print(
        f"\n{workers} worker(s), {len(paths)} documents, {pages} pages, {run.report['documents']}"
    )
    print(
        f"by the clock: {len(paths) / seconds:.2f} documents/s, {pages / seconds:.2f} pages/s in {seconds:.1f} s"
    )
    print(f"bare processors {bare:.1f} CPU s, of which {bare_start:.1f} to start")
    print(f"whole run {run.whole_s:.1f} CPU s: {run.own_s:.1f} ours, {run.below_s:.1f} reading")
    print(
        f"whole ÷ bare {run.whole_s / bare:.2f}; without what starting costs (once a run) {lasting:.2f}"
    )
    print(
        f"to start: {nothing.whole_s:.1f} ours, {start_s:.1f} the reading children and a process that starts them"
    )
    print(f"ours for each document: {(run.own_s - nothing.own_s) / len(paths) * 1e3:.0f} ms CPU")
    print(
        "seconds of threads by stage: "
        + ", ".join(f"{k} {v:.1f}" for k, v in sorted(run.stages.items()))
    )
    assert sum(run.report["documents"].values()) == len(paths)


def test_prefects_share(paths: list[Path], tmp_path: Path, prefect_server: Prefect) -> None:
    """Print what the same run costs more as a flow: in its own process, and in Prefect's server."""
    with Emulator(seed=write_seed(tmp_path / "seed", paths)) as emulator:
        direct = write_settings(tmp_path / "direct", emulator.url)
        plain_s = cpu_s_of_command(direct, {})
    with Emulator(seed=write_seed(tmp_path / "again", paths)) as emulator:
        flow = write_settings(tmp_path / "flow", emulator.url)
        server = _server_of(prefect_server)
        before = sum(server.cpu_times()[:2])
        as_flow_s = cpu_s_of_command(flow, prefect_server.environment)
        server_s = sum(server.cpu_times()[:2]) - before

    print(
        f"\n{len(paths)} documents: {plain_s:.1f} CPU s directly, {as_flow_s:.1f} as a flow, {server_s:.1f} the server"
    )
    print(f"Prefect's share: {(as_flow_s - plain_s + server_s) / (as_flow_s + server_s):.0%}")
    assert plain_s > 0


def cpu_s_of_command(config: Path, environment: Mapping[str, str]) -> float:
    """Return the CPU seconds of `caspio-ingest run` and all that it starts."""
    command = [sys.executable, "-m", "flows.cli", "run", "--config", str(config), "--json"]
    environment = {**os.environ, **CREDENTIALS, **environment}
    # 1: some documents of the corpus are damaged, and the command says so.
    return used(command, env=environment, codes=(0, 1)).cpu_s


def _server_of(server: Prefect) -> psutil.Process:
    port = server.api.rsplit(":", 1)[1].split("/")[0]
    for child in psutil.Process().children(recursive=True):
        if "server" in child.cmdline() and port in child.cmdline():
            return child
    raise AssertionError("the server is not among our children")
