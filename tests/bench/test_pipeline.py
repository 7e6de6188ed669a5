"""What memory the pipeline takes: `make bench` prints it; nothing here is a verdict."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from infra.emulator import Emulator
from tests.support.corpus import write_settings


@pytest.mark.bench
def test_memory_while_a_gibibyte_passes(tmp_path: Path):
    """Print the peak memory of a run over one attachment of 1 GiB, beside that of a run over 1 KiB."""
    small, large = (_peak_mib(tmp_path / str(size), size) for size in (2**10, 2**30))

    print(
        f"\npeak memory: {small:.0f} MiB with 1 KiB, {large:.0f} MiB with 1 GiB: {large - small:.0f} MiB more"
    )
    assert large > 0


def _peak_mib(folder: Path, size_bytes: int) -> float:
    """Run the pipeline over one generated attachment; return the highest sum of all its processes' memory."""
    seed = folder / "seed"
    seed.mkdir(parents=True)
    generated = {"generate": {"name": "big.bin", "size": size_bytes, "byte": 65}}
    fields = [{"Name": "DocType", "Type": "STRING"}, {"Name": "DocDate", "Type": "DATE/TIME"}]
    fields += [
        {"Name": "Total", "Type": "CURRENCY"},
        *({"Name": n, "Type": "STRING"} for n in ("Currency", "Company")),
    ]
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


def _run(config: Path) -> list[str]:
    return [sys.executable, "-m", "flows.cli", "run", "--config", str(config), "--json"]


def _credentials() -> dict[str, str]:
    return os.environ | {"CASPIO_CLIENT_ID": "id", "CASPIO_CLIENT_SECRET": "secret"}
