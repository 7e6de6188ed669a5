"""What the line costs beside the reading itself: `make bench` prints it; nothing here is a verdict."""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from infra.emulator import Emulator
from tests.support.corpus import corpus_documents, write_seed, write_settings

EVERY = int(os.environ.get("BENCH_EVERY", "4"))
"""Every how manieth document of the corpus is taken: BENCH_EVERY=1 takes all of them, and minutes."""

_BARE = """
import sys, tempfile
from pathlib import Path
from processors.contract import ReadSettings
from processors.read import Engines, read_document
settings = ReadSettings()
engines = Engines(settings)
for name in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as folder:
        read_document(Path(name), name=Path(name).name, work_dir=Path(folder), settings=settings, engine=engines.get)
"""


@pytest.mark.bench
def test_cpu_of_a_run_beside_the_bare_processors(tmp_path: Path, corpora: Path):
    """Print CPU of a whole run ÷ CPU of the bare processors on the same files."""
    paths = [document.path for document in corpus_documents(corpora / "dev")][::EVERY]
    seed = write_seed(tmp_path / "seed", paths)

    bare_s, _ = _cpu_s([sys.executable, "-c", _BARE, *map(str, paths)], os.environ)
    with Emulator(seed=seed) as emulator:
        config = write_settings(tmp_path / "run", emulator.url, rename="{{ date }} {{ doc_type }}")
        whole_s, printed = _cpu_s(_run(config), _credentials())
    report = json.loads(printed)

    print(f"\n{len(paths)} documents, {report['pages']} pages, {report['documents']}")
    print(f"bare processors {bare_s:.1f} CPU s; whole run {whole_s:.1f} CPU s; ratio {whole_s / bare_s:.2f}")
    print(f"{report['caspio_calls']['total']} calls, {report['seconds']:.1f} s by the clock")
    assert sum(report["documents"].values()) == len(paths)


@pytest.mark.bench
def test_memory_while_a_gibibyte_passes(tmp_path: Path):
    """Print the peak memory of a run over one attachment of 1 GiB, beside that of a run over 1 KiB."""
    small, large = (_peak_mib(tmp_path / str(size), size) for size in (2**10, 2**30))

    print(f"\npeak memory: {small:.0f} MiB with 1 KiB, {large:.0f} MiB with 1 GiB: {large - small:.0f} MiB more")
    assert large > 0


def _peak_mib(folder: Path, size_bytes: int) -> float:
    """Run the line over one generated attachment; return the highest sum of all its processes' memory."""
    seed = folder / "seed"
    seed.mkdir(parents=True)
    generated = {"generate": {"name": "big.bin", "size": size_bytes, "byte": 65}}
    fields = [{"Name": "DocType", "Type": "STRING"}, {"Name": "DocDate", "Type": "DATE/TIME"}]
    fields += [{"Name": "Total", "Type": "CURRENCY"}, *({"Name": n, "Type": "STRING"} for n in ("Currency", "Company"))]
    fields += [{"Name": "Number", "Type": "STRING"}, {"Name": "Scan", "Type": "ATTACHMENT"}]
    tables = {"Uploads": {"fields": fields, "records": [{"PK_ID": 1, "Scan": generated}]}}
    (seed / "account.json").write_text(json.dumps({"tables": tables}), encoding="utf-8")
    with Emulator(seed=seed) as emulator:
        config = write_settings(folder, emulator.url)
        running = subprocess.Popen(_run(config), env=_credentials(), stdout=subprocess.DEVNULL)
        peak = 0
        while running.poll() is None:
            peak = max(peak, _memory(psutil.Process(running.pid)))
            time.sleep(0.02)
    return peak / 2**20


def _memory(process: psutil.Process) -> int:
    try:
        family = [process, *process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family)
    except psutil.NoSuchProcess:
        return 0


def _cpu_s(command: list[str], environment: "os._Environ[str] | dict[str, str]") -> tuple[float, str]:
    """Return the CPU seconds a command and all its children took, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=dict(environment), stdout=subprocess.PIPE, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in {0, 1}
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def _run(config: Path) -> list[str]:
    return [sys.executable, "-m", "flows.cli", "run", "--config", str(config), "--json"]


def _credentials() -> dict[str, str]:
    return os.environ | {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
