"""Keep a document's original, what was derived from it, and a manifest that says what they are."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from pipeline.decide.naming import document_prefix, original_key
from pipeline.model import Child, Effect, FileRef, Findings, Outcome, ReadDocument, Status
from pipeline.ports import Archive, Ledger
from pipeline.verify.manifests import read_json

MANIFEST_VERSION = 1
DERIVED_TYPES = {
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}


def archive_document(document: ReadDocument, *, archive: Archive, ledger: Ledger) -> None:
    """Store the original, then its derived files, then say so in the ledger: nothing is written back before that.

    Files inside it are originals too; what was derived from them lies in folders of their own below the document's. A
    duplicate's derived files are copied inside the archive, so that every document's folder is complete.
    """
    file, findings = document.file, document.findings
    if file.path is not None:
        archive.put(
            original_key(file.sha256), file.path, sha256=file.sha256, media_type=findings.media_type
        )
    ledger.archived(
        file.ref.version,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        media_type=findings.media_type,
    )
    prefix = document_prefix(file.ref)
    _put_derived(findings, prefix, archive)
    if document.prefix is not None and document.prefix != prefix:
        for stored in archive.list(f"{document.prefix}/"):
            name = stored.key.removeprefix(f"{document.prefix}/")
            if name != "manifest.json":
                archive.copy(stored.key, f"{prefix}/{name}")
    if document.prefix is None:
        ledger.save_reading(file.sha256, findings, prefix=prefix)


def _put_derived(findings: Findings, prefix: str, archive: Archive) -> None:
    """Store what was derived from a document and, below it, the originals and derived files of its children."""
    for name, path in findings.derived.items():
        _put(archive, f"{prefix}/{name}", path)
    for number, child in enumerate(findings.children, start=1):
        if child.path is not None:
            sha256 = _sha256(
                child.path
            )  # the archive's own count, not what a reader of strangers' files says
            archive.put(
                original_key(sha256),
                child.path,
                sha256=sha256,
                media_type=child.findings.media_type,
            )
        _put_derived(child.findings, f"{prefix}/{_folder(number)}", archive)


def _folder(number: int) -> str:
    """Name a child's folder: never by the name the document gave it."""
    return f"children/{number:03d}"


def archive_manifest(
    document: ReadDocument,
    outcome: Outcome,
    *,
    archive: Archive,
    ledger: Ledger,
    folder: Path,
    at: datetime,
    run_id: str,
) -> None:
    """Write the manifest: enough to know the document, its reading and what was written, without the ledger."""
    file = document.file
    path = folder / f"{file.ref.version}.json"
    state = ledger.state(file.ref.version)
    prefix = document_prefix(file.ref)
    manifest = {
        "manifest": MANIFEST_VERSION,
        "file": asdict(file.ref),
        "version": file.ref.version,
        "location_key": file.ref.location_key,
        "original_name": state.original_name if state else file.ref.name,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "original": original_key(file.sha256),
        "derived": _names(archive, prefix),
        "findings": findings_json(document.findings),
        "renditions": _renditions(document, archive),
        "rules": state.rules if state else None,
        "outcome": _outcome_json(outcome),
        "effects": [_effect_json(effect) for effect in ledger.effects(version=file.ref.version)],
        "run": run_id,
        "at": at.isoformat(),
    }
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    _put(archive, f"{prefix}/manifest.json", path)


def amend_manifest(
    prefix: str,
    outcome: Outcome,
    effects: Sequence[Effect],
    *,
    archive: Archive,
    folder: Path,
    at: datetime,
    run_id: str,
) -> None:
    """Let a document's manifest say what was done to its record since it was written; nothing if it does already.

    Raises:
        FileGone: there is no manifest.
        RejectFile: it cannot be understood.
    """
    manifest = read_json(archive, f"{prefix}/manifest.json", folder=folder)
    told = json.loads(json.dumps([_effect_json(effect) for effect in effects]))
    if manifest.get("effects") == told:
        return
    manifest |= {"effects": told, "run": run_id, "at": at.isoformat()}
    if outcome.status is not Status.UNCHANGED:
        manifest["outcome"] = _outcome_json(outcome)
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    _put(archive, f"{prefix}/manifest.json", path)


def archive_successions(
    successions: Mapping[str, FileRef], source: str, *, archive: Archive, folder: Path, run_id: str
) -> None:
    """Note which version a listing shows of each file after our own rename: its manifest was written before that."""
    text = json.dumps(
        {version: asdict(ref) for version, ref in successions.items()}, ensure_ascii=False, indent=1
    )
    name = f"{run_id}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"
    path = folder / name
    path.write_text(text, encoding="utf-8")
    _put(archive, f"successions/{source}/{name}", path)
    path.unlink()


def _names(archive: Archive, prefix: str) -> list[str]:
    """Return what a document's folder holds besides its manifest, relative to the folder."""
    names = (stored.key.removeprefix(f"{prefix}/") for stored in archive.list(f"{prefix}/"))
    return [name for name in names if name != "manifest.json"]


def _effect_json(effect: Effect) -> Mapping[str, object]:
    return asdict(effect) | {"at": effect.at.isoformat() if effect.at else None}


def _renditions(document: ReadDocument, archive: Archive) -> Mapping[str, object]:
    """Return size and digest of every derived file by its name in the document's folder, and why others are missing."""
    prefix = document_prefix(document.file.ref)
    if document.prefix is None:
        made: dict[str, tuple[int, str | None]] = {
            name: (path.stat().st_size, _sha256(path)) for name, path in _derived(document.findings)
        }
    else:  # copied inside the archive, which knows them
        names = [stored.key.removeprefix(f"{prefix}/") for stored in archive.list(f"{prefix}/")]
        found = [
            (name, archive.head(f"{prefix}/{name}")) for name in names if name != "manifest.json"
        ]
        made = {
            name: (stored.size_bytes, stored.sha256) for name, stored in found if stored is not None
        }
    return {
        **{
            name: {"size_bytes": size_bytes, "sha256": sha256}
            for name, (size_bytes, sha256) in sorted(made.items())
        },
        **{name: {"left_out": reason} for name, reason in document.findings.left_out.items()},
    }


def _derived(findings: Findings, folder: str = "") -> Iterator[tuple[str, Path]]:
    """Yield derived files, those of children below their folders."""
    for name, path in findings.derived.items():
        yield f"{folder}{name}", path
    for number, child in enumerate(findings.children, start=1):
        yield from _derived(child.findings, f"{folder}{_folder(number)}/")


def _put(archive: Archive, key: str, path: Path) -> None:
    media_type = DERIVED_TYPES.get(path.suffix, "application/octet-stream")
    archive.put(key, path, sha256=_sha256(path), media_type=media_type, replace=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def findings_json(findings: Findings) -> Mapping[str, object]:
    """Return findings as plain JSON, without text (text.txt has it) and without paths of the work folder."""
    return {
        "media_type": findings.media_type,
        "status": findings.status,
        "doc_type": asdict(findings.doc_type),
        "fields": {name: asdict(finding) for name, finding in findings.fields.items()},
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
        "children": [
            _child_json(number, child) for number, child in enumerate(findings.children, start=1)
        ],
        "metadata": dict(findings.metadata),
        "extension": findings.extension,
        "fingerprint": findings.fingerprint,
        "scan": findings.scan,
        "left_out": dict(findings.left_out),
    }


def _child_json(number: int, child: Child) -> Mapping[str, object]:
    return {
        "name": child.name,
        "sha256": child.sha256,
        "size_bytes": child.size_bytes,
        "original": original_key(child.sha256) if child.sha256 else None,
        "folder": _folder(number),
        "findings": findings_json(child.findings),
    }


def _outcome_json(outcome: Outcome) -> Mapping[str, object]:
    fields = asdict(outcome)
    del fields["ref"]
    return fields
