import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.model import ReadStatus, ScanStatus
from processors.contract import Limits
from processors.detect.clamav import Clamd
from processors.sandbox.reader import SandboxedReader
from tests.hostile import chaos

SIGNATURE = b"this is in place of a virus"


class FakeClamd:
    """A daemon that finds one signature and refuses streams of more than `most` bytes."""

    def __init__(self, server: socket.socket, most: int = 2**20) -> None:
        self.most = most
        self._server = server
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                command = b"".join(iter(lambda: stream.read(1), b"\0"))
                connection.sendall(self._answer(command, stream) + b"\0")

    def _answer(self, command: bytes, stream: object) -> bytes:
        if command == b"zVERSION":
            return b"ClamAV 1.4.1/27000/Tue Nov 24 08:00:00 2026"
        assert command == b"zINSTREAM"
        data = b""
        while size := struct.unpack("!I", stream.read(4))[0]:  # type: ignore[attr-defined]
            data += stream.read(size)  # type: ignore[attr-defined]
            if len(data) > self.most:
                return b"INSTREAM size limit exceeded. ERROR"
        return b"stream: Test.Signature-1 FOUND" if SIGNATURE in data else b"stream: OK"


@contextmanager
def _listening(kind: str, folder: Path) -> Iterator[tuple[socket.socket, str]]:
    if kind == "unix":
        path = str(folder / "clamd.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(path)
            server.listen()
            yield server, path
    else:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server, f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(params=["tcp", "unix"])
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where a fake daemon listens."""
    with _listening(request.param, tmp_path_factory.mktemp("clamd")) as (server, where):
        FakeClamd(server)
        yield where
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("data", "status", "detail"),
    [
        (b"harmless " * 100_000, ScanStatus.CLEAN, ""),
        (b"", ScanStatus.CLEAN, ""),
        (b"x" * 300_000 + SIGNATURE, ScanStatus.INFECTED, "Test.Signature-1"),
        (bytes(2**22), ScanStatus.NOT_SCANNED, "size limit"),
    ],
)
def test_a_file_is_scanned_as_a_stream(
    address: str, data: bytes, status: ScanStatus, detail: str, tmp_path: Path
):
    """Clean, infected and refused are distinguished, over TCP and over a Unix socket."""
    path = tmp_path / "document"
    path.write_bytes(data)

    verdict = Clamd(address).scan(path)

    assert verdict.status is status
    assert detail in verdict.detail


def test_a_daemon_says_its_version(address: str):
    """The version is what `doctor` shows."""
    assert Clamd(address).version().startswith("ClamAV 1.4.1")


def test_a_daemon_that_is_away_is_no_verdict(tmp_path: Path):
    """Where nobody listens, a file is not scanned, and the reason says where it was tried."""
    path = tmp_path / "document"
    path.write_bytes(b"x")

    verdict = Clamd(str(tmp_path / "nobody")).scan(path)

    assert verdict.status is ScanStatus.NOT_SCANNED
    assert "nobody" in verdict.detail


def test_an_infected_document_is_not_opened(address: str, tmp_path: Path):
    """An infected document is rejected unread, with the name of what was found."""
    path = tmp_path / "document"
    path.write_bytes(SIGNATURE)

    with SandboxedReader(limits=Limits(), workers=1, clamav=address, job=chaos.says) as reader:
        findings = reader.read(path, name="bill.pdf", work_dir=tmp_path)

    assert (findings.status, findings.scan) == (ReadStatus.INFECTED, ScanStatus.INFECTED)
    assert "Test.Signature-1" in findings.problems[0]
    assert findings.text == ""


def test_an_unscanned_document_is_read_and_says_so(tmp_path: Path):
    """Where the scanner cannot be asked, the document is read and partial: a user should know."""
    path = tmp_path / "document"
    path.write_text("words")

    with SandboxedReader(
        limits=Limits(), workers=1, clamav=str(tmp_path / "nobody"), job=chaos.says
    ) as reader:
        findings = reader.read(path, name="bill.pdf", work_dir=tmp_path)

    assert (findings.status, findings.scan) == (ReadStatus.PARTIAL, ScanStatus.NOT_SCANNED)
    assert findings.text == "words"
    assert "not scanned" in findings.problems[-1]


def test_a_clean_document_says_so(address: str, tmp_path: Path):
    """A document that was scanned carries the verdict."""
    path = tmp_path / "document"
    path.write_text("words")

    with SandboxedReader(limits=Limits(), workers=1, clamav=address, job=chaos.says) as reader:
        findings = reader.read(path, name="bill.pdf", work_dir=tmp_path)

    assert (findings.status, findings.scan) == (ReadStatus.OK, ScanStatus.CLEAN)
