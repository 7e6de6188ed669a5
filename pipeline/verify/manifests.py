"""Read the archive's manifests back into what the ledger knows. Pure, but for fetching them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import RejectFile
from pipeline.model import (
    Effect,
    EffectKind,
    EffectState,
    FileRef,
    Outcome,
    Place,
    RecordRef,
    Status,
    Suggestion,
)
from pipeline.ports import Archive, Manifest

NAME = "manifest.json"


def read_manifest(
    archive: Archive, prefix: str, *, folder: Path, became: tuple[FileRef, ...] = ()
) -> Manifest:
    """Fetch and read one document's manifest.

    Raises:
        RejectFile: there is none, or it cannot be understood.
    """
    key = f"{prefix}/{NAME}"
    data = read_json(archive, key, folder=folder)
    try:
        return _manifest(data, prefix, became)
    except (KeyError, TypeError, ValueError) as error:
        raise RejectFile(
            f"{key} in the archive is no whole manifest ({error!r}). Run `verify --repair`."
        ) from error


def derived_names(archive: Archive, prefix: str, *, folder: Path) -> tuple[str, ...]:
    """Return the names a manifest says its folder holds; RejectFile as `read_manifest`."""
    return tuple(read_json(archive, f"{prefix}/{NAME}", folder=folder).get("derived", ()))


def children_digests(findings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the digests of the files inside a document, those inside them included."""
    for child in findings.get("children", ()):
        if isinstance(child, dict):
            if child.get("sha256"):
                yield child["sha256"]
            yield from children_digests(child["findings"])


def prefixes(archive: Archive, source: str | None = None) -> Iterator[str]:
    """Yield the folder of every document that has a manifest, in order of key."""
    for stored in archive.list(f"documents/{source}/" if source else "documents/"):
        prefix, _, name = stored.key.rpartition("/")
        if name == NAME and "/children/" not in prefix:
            yield prefix


def successions(archive: Archive, *, folder: Path) -> Mapping[str, FileRef]:
    """Return, by version, what each renamed file was listed as after its rename."""
    found: dict[str, FileRef] = {}
    for stored in archive.list("successions/"):
        found |= {
            version: load_ref(ref)
            for version, ref in read_json(archive, stored.key, folder=folder).items()
        }
    return found


def heirs(version: str, became: Mapping[str, FileRef]) -> tuple[FileRef, ...]:
    """Return what a version became, rename after rename: an undo names a file anew, and so does the undo of that."""
    line: dict[str, FileRef] = {}
    while (ref := became.get(version)) is not None and ref.version not in line:
        version = ref.version
        line[version] = ref
    return tuple(line.values())


def load_ref(row: Mapping[str, Any]) -> FileRef:
    """Rebuild a reference from its JSON."""
    record = row["record"]
    return FileRef(
        **{**row, "place": Place(row["place"]), "record": RecordRef(**record) if record else None}
    )


def read_json(archive: Archive, key: str, *, folder: Path) -> dict[str, Any]:
    """Fetch one of the archive's JSON objects; RejectFile where it is none, FileGone where it is not there."""
    path = folder / "manifest-to-read.json"
    archive.get(key, path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RejectFile(
            f"{key} in the archive is not JSON ({error}). Run `verify --repair`."
        ) from error
    if not isinstance(data, dict):
        raise RejectFile(f"{key} in the archive is no manifest. Run `verify --repair`.")
    return data


def _manifest(data: Mapping[str, Any], prefix: str, became: tuple[FileRef, ...]) -> Manifest:
    ref = load_ref(data["file"])
    return Manifest(
        ref=ref,
        sha256=data["sha256"],
        size_bytes=data["size_bytes"],
        original_name=data.get("original_name", ref.name),
        findings=data["findings"],
        outcome=_outcome(data["outcome"], ref),
        prefix=prefix,
        effects=tuple(map(_effect, data.get("effects", ()))),
        run_id=data["run"],
        at=datetime.fromisoformat(data["at"]),
        became=became,
        rules=data.get("rules"),
    )


def _outcome(row: Mapping[str, Any], ref: FileRef) -> Outcome:
    known = {one.name for one in fields(Suggestion)}
    suggestions = tuple(
        Suggestion(**{k: v for k, v in one.items() if k in known}) for one in row["suggestions"]
    )
    return Outcome(
        **{**row, "ref": ref, "status": Status(row["status"]), "suggestions": suggestions}
    )


def _effect(row: Mapping[str, Any]) -> Effect:
    at = datetime.fromisoformat(row["at"]) if row["at"] else None
    return Effect(
        **{**row, "kind": EffectKind(row["kind"]), "state": EffectState(row["state"]), "at": at}
    )
