"""Read a document, or find that its content was read before."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.archive_layout import original_key
from pipeline.context import Ports, SourceRun
from pipeline.errors import FileGone, Quarantined, StopRequested
from pipeline.labels import SAID
from pipeline.model import FetchedFile, FileRef, Finding, Findings, ReadDocument, ScanStatus
from pipeline.ports import COOLING_TIME

# How much of an archived text is loaded: as much as a reader returns.
_TEXT_CHARS = 2_000_000


def read_document(
    file: FetchedFile, run: SourceRun, folder: Path, *, quarantined_too: bool = False
) -> ReadDocument:
    """Return what is in a file; content whose reading is current is not read again.

    It is read again all the same if the run asks for it, if no virus scanner was available, or if a
    column takes the text and the archive has none (the ledger keeps no text).

    Raises:
        Quarantined: the program died MAX_DEATHS times while it read the file alone; never with
            `quarantined_too`.
    """
    fingerprints: Sequence[str] | None = None
    if not run.reread or run.reuse_readings:
        fingerprints = run.ports.ledger.files.reading_fingerprints(file.sha256)
        needs_text = "text" in run.spec.columns.values()
        known = known_document(file, fingerprints, run.ports, folder, needs_text=needs_text)
        if known is not None:
            return known
    if not quarantined_too:
        refuse_quarantined(file.ref, run)
    return read_again(file, run, folder, fingerprints)


def refuse_quarantined(ref: FileRef, run: SourceRun) -> None:
    """Return if a file may be read.

    Raises:
        Quarantined: it is a suspect, and the program died too often while it read it alone.
    """
    suspect, fingerprint = run.suspects.get(ref.version), run.ports.reader.fingerprint()
    if suspect is not None and suspect.is_quarantined(fingerprint, run.ports.clock.now()):
        raise Quarantined(
            f"quarantined: the program died {suspect.deaths} times while it read {ref.name!r} of "
            f"{ref.location} and no other document. The original is archived. It is read again "
            f"{COOLING_TIME.total_seconds() / 3600:.0f} hours after the last time, when the "
            "program or its processing settings change, or with `reprocess --record`."
        )


def read_again(
    file: FetchedFile, run: SourceRun, folder: Path, fingerprints: Sequence[str] | None = None
) -> ReadDocument:
    """Read a file. Bytes that only the archive has come from there, never from Caspio.

    The class that a user says it has stays its class, also in later runs. `fingerprints` are those
    under which the content was read, if the caller has looked them up already.
    """
    path, ports = file.path, run.ports
    if path is None:
        path = folder / "original"
        ports.archive.get(original_key(file.sha256), path)
    work_dir = folder / "derived"
    work_dir.mkdir()
    while_read = partial(_recorded, file.ref.version, run)
    if fingerprints is None:
        fingerprints = ports.ledger.files.reading_fingerprints(file.sha256)
    as_class = run.as_class or _said_class(file.sha256, fingerprints, ports)
    findings = ports.reader.read(
        path, name=file.ref.name, work_dir=work_dir, while_read=while_read, as_class=as_class
    )
    return ReadDocument(replace(file, path=path), _with_class(findings, as_class))


def _said_class(sha256: str, fingerprints: Sequence[str], ports: Ports) -> str:
    """Return the class that a user has said this content has, "" if none has."""
    files = ports.ledger.files
    for fingerprint in fingerprints:
        known = files.reading(sha256, fingerprint)
        # A reading that failed has no class: what was said before it still holds.
        if known is not None and known[0].status.readable:
            doc_type = known[0].doc_type
            return (doc_type.value or "") if doc_type.reason == SAID else ""
    return ""


def _with_class(findings: Findings, as_class: str) -> Findings:
    """Return findings with the class that a user says; nobody else can say that a user did."""
    if as_class and findings.status.readable:
        return replace(findings, doc_type=Finding(as_class, 1.0, SAID))
    if findings.doc_type.reason == SAID:
        # A document may have taken over the process that read it.
        return replace(findings, doc_type=replace(findings.doc_type, reason="the reader says so"))
    return findings


@contextmanager
def _recorded(version: str, run: SourceRun) -> Iterator[None]:
    """Keep in the ledger that a document is being read: a suspect if this process dies meanwhile.

    Once the run is asked to stop, whoever asked may kill it. No document is to blame for that.
    """
    try:
        run.check_stop()
    except StopRequested:
        yield
        return
    files = run.ports.ledger.files
    fingerprint = run.ports.reader.fingerprint()
    suspect = run.suspects.get(version)
    files.reading_began(version, run.run_id, fingerprint=fingerprint, suspect=suspect)
    try:
        yield
    finally:
        files.reading_ended(version, run.run_id)


def known_document(
    file: FetchedFile,
    fingerprints: Sequence[str],
    ports: Ports,
    folder: Path,
    *,
    needs_text: bool,
) -> ReadDocument | None:
    """Return the reading that the ledger has, None if the file must be read again.

    `fingerprints` are those under which the content was read, the latest first.
    """
    current = next((known for known in fingerprints if ports.reader.is_current(known)), None)
    known = None if current is None else ports.ledger.files.reading(file.sha256, current)
    if known is None or known[0].scan is ScanStatus.NOT_SCANNED:
        return None
    findings, prefix = known
    if needs_text:
        path = folder / "text.txt"
        try:
            ports.archive.get(f"{prefix}/text.txt", path)
        except FileGone:
            return None
        with path.open(encoding="utf-8", newline="", errors="replace") as lines:
            findings = replace(findings, text=lines.read(_TEXT_CHARS))
    return ReadDocument(file, findings, prefix)
