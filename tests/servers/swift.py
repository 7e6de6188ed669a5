import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.servers.missing_program import MissingProgram, skip_or_fail
from tests.support.processes import end

BUCKET = "contracts"
_START_S = 60
_STOP_S = 10


@dataclass(frozen=True, slots=True)
class Store:
    """A running S3 store and what a client needs to reach it."""

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str

    def keywords(self, **changes: str) -> dict[str, Any]:
        """Return arguments of S3Archive, some of them replaced."""
        given = {
            "endpoint_url": self.endpoint_url,
            "region": self.region,
            "access_key_id": self.access_key_id,
            "secret_access_key": self.secret_access_key,
        }
        return {**given, **changes}


@contextmanager
def run_swift(folder: Path, *, options: Sequence[str] = ()) -> Iterator[Store]:
    """Run the local S3 in a separate process with its data in a folder.

    Raises:
        MissingProgram: the dependency group `s3` is not installed.
        RuntimeError: it does not start; the message has its log.
    """
    if find_spec("swift") is None:
        raise MissingProgram("The local S3 is not installed: uv sync --group s3.")
    command = [sys.executable, "-m", "infra.store", "--port", "0"]
    command += ["--data", str(folder), "--bucket", BUCKET, *options]
    log = folder / "store.log"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr) as process,
    ):
        try:
            yield Store(**json.loads(first_line(process, log)))
        finally:
            end(process, within_s=_STOP_S)


def first_line(process: subprocess.Popen[bytes], log: Path) -> bytes:
    """Return the line that the store prints once it is ready; RuntimeError with its log without."""
    assert process.stdout is not None
    line, until = b"", time.monotonic() + _START_S
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            ready = selector.select(until - time.monotonic())
            part = os.read(process.stdout.fileno(), 4096) if ready else b""
            if not part:
                said = log.read_text(errors="replace")[-4000:]
                raise RuntimeError(f"The local S3 did not start within {_START_S} s:\n{said}")
            line += part
    return line


@pytest.fixture(scope="session")
def swift() -> Iterator[Store]:
    """One local S3 for all tests of a process; its bucket is BUCKET."""
    with tempfile.TemporaryDirectory(prefix="swift-", ignore_cleanup_errors=True) as folder:
        try:
            with run_swift(Path(folder)) as store:
                yield store
        except MissingProgram as missing:
            skip_or_fail(missing)
