"""Read the archive's manifests back into what the ledger knows, and amend them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.archive_layout import MANIFEST, RENAMES, document_prefix
from pipeline.context import Ports
from pipeline.errors import RejectFile
from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Outcome,
    Status,
    Suggestion,
)
from pipeline.ports import Archive, FileState, Ledger, Manifest
from pipeline.steps.archive import effect_json, outcome_json, put_manifest


def read_manifest(
    archive: Archive, prefix: str, *, folder: Path, renamed_to: tuple[FileRef, ...] = ()
) -> Manifest:
    """Fetch and read one document's manifest.

    Raises:
        RejectFile: there is none, or it is not complete.
    """
    key = f"{prefix}/{MANIFEST}"
    data = read_json(archive, key, folder=folder)
    try:
        ref = FileRef.from_plain(data["file"])
        return Manifest(
            ref=ref,
            sha256=data["sha256"],
            size_bytes=data["size_bytes"],
            original_name=data.get("original_name", ref.name),
            findings=data["findings"],
            outcome=_outcome(data["outcome"], ref),
            prefix=prefix,
            effects=tuple(_effect(row) for row in data.get("effects", ())),
            run_id=data["run"],
            at=datetime.fromisoformat(data["at"]),
            renamed_to=renamed_to,
            rules=data.get("rules"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RejectFile(
            f"{key} in the archive is not a complete manifest ({error!r}). Run `verify --repair`."
        ) from error


def amend_manifest(
    prefix: str,
    outcome: Outcome,
    effects: Sequence[Effect],
    ports: Ports,
    folder: Path,
    *,
    run_id: str,
) -> None:
    """Add to a document's manifest what was done to its record since, if it does not say so yet.

    Raises:
        FileGone: there is no manifest.
        RejectFile: it is not JSON.
    """
    manifest = read_json(ports.archive, f"{prefix}/{MANIFEST}", folder=folder)
    # Through JSON and back, to compare with what JSON made of the same effects before.
    rows = json.loads(json.dumps([effect_json(effect) for effect in effects]))
    if manifest.get("effects") == rows:
        return
    manifest |= {"effects": rows, "run": run_id, "at": ports.clock.now().isoformat()}
    if outcome.status is not Status.UNCHANGED:
        manifest["outcome"] = outcome_json(outcome)
    put_manifest(prefix, manifest, ports.archive, folder / MANIFEST)


def manifest_names(archive: Archive, prefix: str, *, folder: Path) -> tuple[str, ...]:
    """Return the names that a manifest says its folder has; RejectFile as `read_manifest`."""
    return tuple(read_json(archive, f"{prefix}/{MANIFEST}", folder=folder).get("derived", ()))


def children_digests(findings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digests of the files inside a document, and of the files inside those."""
    for child in findings.get("children", ()):
        if isinstance(child, dict):
            if child.get("sha256"):
                yield child["sha256"]
            yield from children_digests(child["findings"])


def document_prefixes(archive: Archive) -> Iterator[str]:
    """Yield the prefix of every document that has a manifest, in order of key."""
    for stored in archive.list("documents/"):
        prefix, _, name = stored.key.rpartition("/")
        # A file inside of a document has a manifest, too; it belongs to that document.
        if name == MANIFEST and "/children/" not in prefix:
            yield prefix


def read_renames(archive: Archive, *, folder: Path) -> Mapping[str, FileRef]:
    """Return, by version, how each renamed file was listed after its rename."""
    renames: dict[str, FileRef] = {}
    for stored in archive.list(RENAMES):
        for version, row in read_json(archive, stored.key, folder=folder).items():
            renames[version] = FileRef.from_plain(row)
    return renames


def rename_history(version: str, renames: Mapping[str, FileRef]) -> tuple[FileRef, ...]:
    """Return what a version was renamed to, in order; an undo renames it once more."""
    history: dict[str, FileRef] = {}
    # Renames that lead back to an earlier version would go on forever.
    while (ref := renames.get(version)) is not None and ref.version not in history:
        version = ref.version
        history[version] = ref
    return tuple(history.values())


def versions_of(state: FileState, ledger: Ledger) -> Iterator[FileState]:
    """Yield a version and those that our own renames made it of, the latest first."""
    current: FileState | None = state
    while current is not None:
        yield current
        current = ledger.files.state(current.renamed_from) if current.renamed_from else None


def document_folder(state: FileState, ports: Ports) -> str | None:
    """Return the prefix of a document's folder, None where the archive has none.

    It is under the file's version, or under one that our rename made it of.
    """
    for one in versions_of(state, ports.ledger):
        prefix = document_prefix(one.ref)
        if ports.archive.head(f"{prefix}/{MANIFEST}") is not None:
            return prefix
    return None


def read_json(archive: Archive, key: str, *, folder: Path) -> dict[str, Any]:
    """Fetch a JSON object from the archive.

    Raises:
        FileGone: there is no such key.
        RejectFile: it is not a JSON object.
    """
    path = folder / "manifest-to-read.json"
    archive.get(key, path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RejectFile(
            f"{key} in the archive is not JSON ({error}). Run `verify --repair`."
        ) from error
    if not isinstance(data, dict):
        raise RejectFile(f"{key} in the archive is not a manifest. Run `verify --repair`.")
    return data


def _outcome(row: Mapping[str, Any], ref: FileRef) -> Outcome:
    # A manifest of a later version may know more of a suggestion than this program.
    known = {field.name for field in fields(Suggestion)}
    suggestions = tuple(
        Suggestion(**{name: value for name, value in one.items() if name in known})
        for one in row["suggestions"]
    )
    return Outcome(
        **{**row, "ref": ref, "status": Status(row["status"]), "suggestions": suggestions}
    )


def _effect(row: Mapping[str, Any]) -> Effect:
    times = {
        name: datetime.fromisoformat(row[name]) if row[name] else None
        for name in ("at", "applied_at")
    }
    kind, state = EffectKind(row["kind"]), EffectState(row["state"])
    return Effect(**{**row, **times, "kind": kind, "state": state})
