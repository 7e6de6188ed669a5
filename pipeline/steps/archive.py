"""Archive a document's original, what was derived from it, and a manifest of both."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.archive_layout import MANIFEST, RENAMES, child_folders, document_prefix, original_key
from pipeline.context import Ports, SourceRun
from pipeline.model import (
    Child,
    Effect,
    FetchedFile,
    FileRef,
    Findings,
    Outcome,
    ReadDocument,
    StoredObject,
)
from pipeline.model.plain import as_plain, json_as_utf8
from pipeline.ports import Archive

MANIFEST_VERSION = 1
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
DERIVED_TYPES = {
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}


def archive_original(file: FetchedFile, ports: Ports) -> None:
    """Store the original of a document before it is read: reading it may end this process."""
    if file.path is not None:
        _put_original(file, "application/octet-stream", ports)


def archive_document(document: ReadDocument, ports: Ports) -> ReadDocument:
    """Store the original, then its derived files, then record it: nothing is written back before.

    Returns the document with what was stored.

    Files inside a document are originals, too; what was derived from them is in folders below the
    document's. A duplicate's derived files are copied within the archive, so that the folder of
    every document is complete.
    """
    file, findings, archive = document.file, document.findings, ports.archive
    _put_original(file, findings.media_type, ports)
    prefix = document_prefix(file.ref)
    # The reading is saved last: whoever finds it in the ledger finds its files in the archive.
    if document.prefix is None:
        stored = dict(_put_derived(findings, prefix, archive))
        ports.ledger.files.save_reading(file.sha256, findings, prefix=prefix)
    elif document.prefix != prefix:
        stored = {
            name: archive.copy(f"{document.prefix}/{name}", f"{prefix}/{name}")
            for name in derived_names(document.prefix, findings, archive)
        }
    else:
        return document
    return replace(document, stored=stored)


def _put_original(file: FetchedFile, media_type: str, ports: Ports) -> None:
    """Store an original unless it came from the archive, and record that it is there."""
    sha256 = file.sha256
    if file.path is not None:
        # The work folder is this record's alone, and nothing in it is written a second time.
        ports.archive.put(
            original_key(sha256),
            file.path,
            sha256=sha256,
            media_type=media_type,
            unchanging=True,
        )
    ports.ledger.files.archived(
        file.ref.version, sha256=sha256, size_bytes=file.size_bytes, media_type=media_type
    )


def _put_derived(
    findings: Findings, prefix: str, archive: Archive, folder: str = ""
) -> Iterator[tuple[str, StoredObject]]:
    """Store a document's derived files and, below them, what its children have; yield each."""
    for name, path in findings.derived.items():
        yield folder + name, put_derived_file(f"{prefix}/{folder}{name}", path, archive)
    children = findings.children
    for place, child in zip(child_folders(children), children, strict=True):
        if child.path is not None:
            # The archive's own digest: a reader process has run code on a stranger's file.
            sha256 = _sha256(child.path)
            media_type = child.findings.media_type
            archive.put(original_key(sha256), child.path, sha256=sha256, media_type=media_type)
        yield from _put_derived(child.findings, prefix, archive, f"{folder}{place}/")


def archive_manifests(
    documents: Sequence[ReadDocument], outcomes: Sequence[Outcome], run: SourceRun, folder: Path
) -> None:
    """Write a manifest for each document that was not merely planned."""
    for document, outcome in zip(documents, outcomes, strict=True):
        if not outcome.planned_only:
            archive_manifest(document, outcome, run.ports, folder, run_id=run.run_id)


def archive_manifest(
    document: ReadDocument, outcome: Outcome, ports: Ports, folder: Path, *, run_id: str
) -> None:
    """Write a manifest: document, reading and what was written, to be known without the ledger."""
    file, ledger = document.file, ports.ledger
    state = ledger.files.state(file.ref.version)
    prefix = document_prefix(file.ref)
    stored = document.stored
    if stored is None:
        stored = _stored_before(prefix, document.findings, ports.archive)
    manifest = {
        "manifest": MANIFEST_VERSION,
        "file": as_plain(file.ref),
        "version": file.ref.version,
        "location_key": file.ref.location_key,
        "original_name": state.original_name if state else file.ref.name,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "original": original_key(file.sha256),
        "derived": sorted(stored),
        "findings": findings_json(document.findings),
        "renditions": _renditions(stored, document.findings),
        "rules": state.rules if state else None,
        "outcome": outcome_json(outcome),
        "effects": [
            effect_json(effect) for effect in ledger.effects.find(version=file.ref.version)
        ],
        "run": run_id,
        "at": ports.clock.now().isoformat(),
    }
    put_manifest(prefix, manifest, ports.archive, folder / f"{file.ref.version}.json")


def put_manifest(
    prefix: str, manifest: Mapping[str, object], archive: Archive, scratch: Path
) -> None:
    """Store a document's manifest, written to the `scratch` file on the way."""
    # A line for each entry: people read manifests. With `indent` Python would encode each value
    # itself, which takes five times as long.
    lines = (f" {_ENCODE(name)}: {_ENCODE(value)}" for name, value in manifest.items())
    # A new file each time, since the archive may keep the one that it was given.
    scratch.unlink(missing_ok=True)
    scratch.write_bytes(json_as_utf8("{\n" + ",\n".join(lines) + "\n}"))
    put_derived_file(f"{prefix}/{MANIFEST}", scratch, archive)


def archive_renames(renames: Mapping[str, FileRef], run: SourceRun) -> None:
    """Store which version each renamed file has now: its manifest was written before the rename."""
    plain = {version: as_plain(ref) for version, ref in renames.items()}
    data = json_as_utf8(json.dumps(plain, ensure_ascii=False, indent=1))
    # Named by run and content: what is stored twice replaces itself, two pages never collide.
    name = f"{run.run_id}-{hashlib.sha256(data).hexdigest()[:12]}.json"
    path = run.ports.work_dir / name
    path.write_bytes(data)
    put_derived_file(f"{RENAMES}{run.spec.name}/{name}", path, run.ports.archive)
    path.unlink()


def derived_names(prefix: str, findings: Findings, archive: Archive) -> list[str]:
    """Return what a document's folder has of a reading, relative to the folder.

    An earlier reading may have left more: other documents or files inside, other renditions.
    """
    read = dict(_by_folder(findings))
    names = []
    for stored in archive.list(f"{prefix}/"):
        name = stored.key.removeprefix(f"{prefix}/")
        folder, _, file = name.rpartition("/")
        if name != MANIFEST and folder in read and file not in read[folder].left_out:
            names.append(name)
    return names


def _by_folder(findings: Findings, folder: str = "") -> Iterator[tuple[str, Findings]]:
    """Yield a document and everything inside it, each with its folder."""
    yield folder, findings
    for place, child in zip(child_folders(findings.children), findings.children, strict=True):
        yield from _by_folder(child.findings, f"{folder}/{place}".lstrip("/"))


def put_derived_file(key: str, path: Path, archive: Archive) -> StoredObject:
    """Store a derived file, which nobody changes any more, in place of what is there."""
    media_type = DERIVED_TYPES.get(path.suffix, "application/octet-stream")
    sha256 = _sha256(path)
    return archive.put(
        key, path, sha256=sha256, media_type=media_type, replace=True, unchanging=True
    )


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stored_before(prefix: str, findings: Findings, archive: Archive) -> Mapping[str, StoredObject]:
    """Return the derived files that the archive has of a reading, with size and digest."""
    names = derived_names(prefix, findings, archive)
    heads = {name: archive.head(f"{prefix}/{name}") for name in names}
    return {name: stored for name, stored in heads.items() if stored is not None}


def _renditions(
    stored: Mapping[str, StoredObject], findings: Findings
) -> Mapping[str, Mapping[str, object]]:
    """Return size and digest of each derived file by its name, and why others were not made."""
    made: dict[str, Mapping[str, object]] = {
        name: {"size_bytes": one.size_bytes, "sha256": one.sha256}
        for name, one in sorted(stored.items())
    }
    return made | {name: {"left_out": reason} for name, reason in findings.left_out.items()}


def findings_json(findings: Findings) -> Mapping[str, object]:
    """Return findings as plain JSON, without text (text.txt has it) and without local paths."""
    return {
        "media_type": findings.media_type,
        "status": findings.status,
        "doc_type": as_plain(findings.doc_type),
        "fields": {name: as_plain(finding) for name, finding in findings.fields.items()},
        "pages": [
            {
                "number": page.number,
                "source": page.source,
                "engine": page.engine,
                "confidence": page.confidence,
                "reason": page.reason,
            }
            for page in findings.pages
        ],
        "problems": list(findings.problems),
        "children": list(map(_child_json, findings.children, child_folders(findings.children))),
        "metadata": dict(findings.metadata),
        "extension": findings.extension,
        "fingerprint": findings.fingerprint,
        "scan": findings.scan,
        "left_out": dict(findings.left_out),
    }


def _child_json(child: Child, folder: str) -> Mapping[str, object]:
    return {
        "name": child.name,
        "sha256": child.sha256,
        "size_bytes": child.size_bytes,
        "original": original_key(child.sha256) if child.sha256 else None,
        "page_range": child.page_range,
        "folder": folder,
        "findings": findings_json(child.findings),
    }


def effect_json(effect: Effect) -> Mapping[str, object]:
    """Return an effect as plain JSON."""
    times = {"at": effect.at, "applied_at": effect.applied_at}
    return {
        **as_plain(effect),
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }


def outcome_json(outcome: Outcome) -> Mapping[str, object]:
    """Return an outcome as plain JSON, without the file, which the manifest has itself."""
    fields = dict(as_plain(outcome))
    del fields["ref"], fields["values"]
    return fields
