"""Children whose code was taken over, under all that this system grants and under less."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from pipeline.model import Findings
from processors.contract import Limits
from processors.sandbox.isolation import Granted
from processors.sandbox.reader import SandboxedReader
from tests.hostile.children import deeds

LIMITS = Limits(
    memory_mib=600,
    cpu_s=2,
    wall_s=240,
    stall_s=4,
    output_mib=8,
    disk_mib=32,
    disk_files=2_000,
    children=400,
)
LAYERS = {
    "everything": frozenset[str](),
    # As in a container with Docker's or Kubernetes' usual rules.
    "no namespaces": frozenset({"namespaces", "group"}),
    # As on macOS, and on old or reduced kernels: what is left must not fool the parent.
    "nothing": frozenset({"namespaces", "mounts", "landlock", "filter", "identity", "group"}),
}
"""Layers of isolation that are left out, by a name for it."""

Misbehave = Callable[..., Findings]


@pytest.fixture(scope="module", params=["everything", "no namespaces"])
def reader(request: pytest.FixtureRequest) -> Iterator[SandboxedReader]:
    """A child that does what documents report it to, where the kernel keeps it from others."""
    yield from _reader(request.param)


@pytest.fixture(scope="module", params=list(LAYERS))
def any_reader(request: pytest.FixtureRequest) -> Iterator[SandboxedReader]:
    """The same, and one that nothing is kept from: the parent must not be fooled by it either."""
    yield from _reader(request.param)


def _reader(layers: str) -> Iterator[SandboxedReader]:
    with SandboxedReader(
        limits=LIMITS, workers=1, job=deeds.does, without=LAYERS[layers]
    ) as reader:
        granted = reader.granted()
        assert granted is not None
        if layers != "nothing" and granted.level == "none":
            pytest.skip(f"this system grants too little: {'; '.join(granted.missing())}")
        yield reader


@pytest.fixture
def misbehave(reader: SandboxedReader, tmp_path: Path) -> Misbehave:
    """Let a child do something and return what the parent makes of it."""
    return doing(reader, tmp_path)


@pytest.fixture
def misbehave_anyhow(any_reader: SandboxedReader, tmp_path: Path) -> Misbehave:
    """The same, under any layers."""
    return doing(any_reader, tmp_path)


def doing(reader: SandboxedReader, folder: Path) -> Misbehave:
    """Return what has a reader read a document that says what to do."""
    work_dir = folder / "work"

    def run(*what: object) -> Findings:
        document = folder / "document"
        document.write_text(" ".join(map(str, what)))
        work_dir.mkdir(exist_ok=True)
        return reader.read(document, name="upload.pdf", work_dir=work_dir)

    return run


@pytest.fixture
def granted(reader: SandboxedReader) -> Granted:
    """What the system grants."""
    granted = reader.granted()
    assert granted is not None
    return granted


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of somebody else."""
    path = tmp_path / "credentials"
    path.write_text("hush")
    path.chmod(0o640)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def family() -> list[psutil.Process]:
    """Return all processes that this one started and that have not ended."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


def running(marker: str) -> list[psutil.Process]:
    """Return every process on the machine that has a word in its command line."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                process.status() != psutil.STATUS_ZOMBIE
                and marker in " ".join(process.cmdline())
                and process.pid != os.getpid()
            ):
                found.append(process)
        except psutil.Error:
            continue
    return found


def has_ended(marker: str) -> bool:
    """Say whether all of them end within a moment: the kernel takes one to remove a process."""
    left = running(marker)
    psutil.wait_procs(left, 15)
    return not running(marker)
