"""What memory the pipeline takes: printed, nothing here is a verdict."""

import json
from pathlib import Path

import pytest

from infra.emulator import Emulator
from tests.bench.pipeline import Ran, run_apart
from tests.support.corpus import COLUMNS, write_settings

SIZES = {"1 KiB": 2**10, "32 MiB": 2**25, "1 GiB": 2**30}
"""The largest is more than a reader accepts."""


@pytest.mark.bench
def test_memory_while_a_gibibyte_passes(tmp_path: Path):
    """Print the peak memory of our process, and of its largest reader process, for each size of an attachment."""
    runs = {name: _run(tmp_path / str(size), size) for name, size in SIZES.items()}

    least = min(ran.peak_mib for ran in runs.values())
    print()
    for name, ran in runs.items():
        print(
            f"{name:>6}: our process {ran.peak_mib:.0f} MiB (+{ran.peak_mib - least:.0f}), "
            f"the reader process {ran.below_mib:.0f} MiB, {ran.report['documents']}"
        )
    assert all(sum(ran.report["documents"].values()) == 1 for ran in runs.values())


def _run(folder: Path, size_bytes: int) -> Ran:
    """Run the pipeline over one generated attachment."""
    seed = folder / "seed"
    seed.mkdir(parents=True)
    generated = {"generate": {"name": "big.bin", "size": size_bytes, "byte": 65}}
    fields = [{"Name": name, "Type": kind} for name, kind in COLUMNS.items()]
    fields.append({"Name": "Scan", "Type": "ATTACHMENT"})
    tables = {"Uploads": {"fields": fields, "records": [{"PK_ID": 1, "Scan": generated}]}}
    (seed / "account.json").write_text(json.dumps({"tables": tables}), encoding="utf-8")
    with Emulator(seed=seed) as emulator:
        return run_apart(write_settings(folder, emulator.url), workers=1)
