"""The hostile files of the suite at full size: how long each takes, and that each has an answer within its limits."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.model import ReadStatus
from processors.contract import Limits
from processors.sandbox.reader import SandboxedReader
from tests.hostile import generated

FILES: dict[str, Callable[[], bytes]] = {
    "a million nested parts": lambda: generated.nested_parts(1_000_000),
    "a million parts": lambda: generated.many_parts(1_000_000),
    "half a million files": lambda: generated.many_files(500_000),
    "a picture on a page of four gigapixels": lambda: generated.huge_page(covered=True),
    "a thousand archives in archives": lambda: generated.nested_archives(1_000),
}


@pytest.mark.bench
@pytest.mark.parametrize("name", FILES)
def test_full_size(name: str, tmp_path: Path):
    """Every attack at full size ends in a status, and the reader itself stays as small as before."""
    path = tmp_path / "document"
    path.write_bytes(FILES[name]())
    before_kib = _resident_kib()

    with SandboxedReader(limits=Limits(cpu_s=60, wall_s=120), workers=1) as reader:
        begun = time.monotonic()
        findings = reader.read(path, name=name, work_dir=tmp_path)
        seconds = time.monotonic() - begun

    grown_mib = (_resident_kib() - before_kib) / 1024
    size_mib = path.stat().st_size / 2**20
    print(
        f"{name}: {size_mib:.0f} MiB, {findings.status}, {seconds:.1f} s, parent +{grown_mib:.0f} MiB"
    )
    assert findings.status in set(ReadStatus)
    assert findings.problems or findings.status is ReadStatus.OK
    assert grown_mib < 64


def _resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
