"""The twelve ways in which reading can end, each through a real child."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.model import Findings, ReadStatus
from processors.contract import Limits
from processors.sandbox.reader import SandboxedReader
from tests.hostile import chaos
from tests.hostile.generated import entities
from tests.hostile.test_clamav import SIGNATURE, address
from tests.unit.processors import documents

__all__ = ["address"]

LIMITS = Limits(memory_mib=1536, cpu_s=60, wall_s=240, file_mib=1)
TIGHT = Limits(memory_mib=400, cpu_s=1, wall_s=240, stall_s=60)
NAME = "upload-7.bin"

WAYS_OUT = re.compile(
    r"upload|save|split|raise|ask|add|check|export|pack|reprocess|report", re.IGNORECASE
)
"""Each sentence about what went wrong has a verb that says what to do."""


@dataclass(frozen=True, slots=True)
class Case:
    """A document, and what its sentence has to say; `words` are a pattern."""

    make: Callable[[], bytes]
    words: str


def zipped(**files: bytes) -> bytes:
    """Pack files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


READ = {
    ReadStatus.PARTIAL: Case(
        lambda: zipped(good=b"some words", bad=documents.pdf("x")[:60]), "damaged|broken"
    ),
    ReadStatus.ENCRYPTED: Case(
        lambda: documents.locked_pdf("secret"), r"password.*PROCESSING__PASSWORDS"
    ),
    ReadStatus.UNSUPPORTED: Case(
        lambda: b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(64), "7z .*pack it as zip"
    ),
    ReadStatus.EMPTY: Case(lambda: b"", "empty; upload it again"),
    ReadStatus.DAMAGED: Case(
        lambda: documents.saved(documents.page_image("x"), "PNG")[:900], "damaged"
    ),
    ReadStatus.TOO_BIG: Case(lambda: b"a " * 2**20, "2 MiB, more than the limit of 1"),
    ReadStatus.SUSPICIOUS: Case(entities, "XML|entit"),
}
"""What a document can be by itself."""

ENDED = {
    ReadStatus.TIMED_OUT: ("spin", "CPU time"),
    ReadStatus.OUT_OF_MEMORY: ("eat_memory", "400 MiB"),
    ReadStatus.CRASHED: ("abort", "SIGSEGV"),
}
"""What a document can do to the child that reads it."""


@pytest.fixture(scope="module")
def reader() -> Iterator[SandboxedReader]:
    """One child that reads in earnest."""
    with SandboxedReader(limits=LIMITS, workers=1) as reader:
        yield reader


@pytest.fixture(scope="module")
def victim() -> Iterator[SandboxedReader]:
    """One child that does what documents report it to."""
    with SandboxedReader(limits=TIGHT, workers=1, job=chaos.misbehaves) as reader:
        yield reader


def read(reader: SandboxedReader, data: bytes, folder: Path) -> Findings:
    """Read bytes in a child."""
    path = folder / "document"
    path.write_bytes(data)
    (folder / "work").mkdir()
    return reader.read(path, name=NAME, work_dir=folder / "work")


def assert_reported(findings: Findings, status: ReadStatus, words: str) -> None:
    """Look at the status, and for a sentence that names the file, what happened and what to do."""
    assert findings.status is status, findings.problems
    reported = [
        problem for problem in findings.problems if re.search(words, problem, re.IGNORECASE)
    ]
    assert reported, findings.problems
    assert NAME in reported[0]
    assert WAYS_OUT.search(reported[0].replace(NAME, "")), reported[0]


def test_a_sound_document_is_ok(reader: SandboxedReader, tmp_path: Path) -> None:
    """A sound document has its text and nothing to complain of."""
    findings = read(reader, documents.pdf("Hello"), tmp_path)

    assert (findings.status, findings.text.strip(), findings.problems) == (
        ReadStatus.OK,
        "Hello",
        (),
    )


@pytest.mark.parametrize("status", READ)
def test_what_a_document_is_has_a_status_and_a_way_out(
    status: ReadStatus, reader: SandboxedReader, tmp_path: Path
) -> None:
    """The sentence names the file, what is the matter with it, and what a user can do."""
    findings = read(reader, READ[status].make(), tmp_path)

    assert_reported(findings, status, READ[status].words)


@pytest.mark.parametrize("status", ENDED)
def test_what_a_document_does_has_a_status_and_a_way_out(
    status: ReadStatus, victim: SandboxedReader, tmp_path: Path
) -> None:
    """A document that takes its child down is reported in the same way, with the limit it met."""
    deed, words = ENDED[status]

    findings = read(victim, deed.encode(), tmp_path)

    assert_reported(findings, status, words)


def test_an_infected_document_has_a_status_and_a_way_out(address: str, tmp_path: Path) -> None:
    """The sentence names the file and the virus, and asks for a clean copy."""
    with SandboxedReader(limits=TIGHT, workers=1, clamav=address, job=chaos.says) as reader:
        findings = read(reader, SIGNATURE, tmp_path)

    assert_reported(findings, ReadStatus.INFECTED, "Test.Signature-1.*clean copy")


def test_every_status_has_its_case() -> None:
    """None of the twelve is left out here."""
    assert {*READ, *ENDED, ReadStatus.OK, ReadStatus.INFECTED} == set(ReadStatus)
