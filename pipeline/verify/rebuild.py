"""Rebuild a lost ledger from the archive's manifests; Caspio is not asked."""

from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.errors import RejectFile
from pipeline.model import Effect, EffectKind, EffectState
from pipeline.ports import Archive, Ledger
from pipeline.verify.manifests import (
    document_prefixes,
    read_manifest,
    read_renames,
    rename_history,
)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to; `unreadable` says which manifests could not be read, and why."""

    documents: int
    known: int
    effects: int
    unreadable: tuple[str, ...]


def rebuild_ledger(archive: Archive, ledger: Ledger, *, folder: Path) -> Rebuilt:
    """Take into the ledger what the archive's manifests say and the ledger does not know."""
    renames = read_renames(archive, folder=folder)
    effects: list[Effect] = []
    unreadable: list[str] = []
    new = known = 0
    for prefix in document_prefixes(archive):
        history = rename_history(prefix.rpartition("/")[2], renames)
        try:
            manifest = read_manifest(archive, prefix, folder=folder, renamed_to=history)
        except RejectFile as error:
            unreadable.append(str(error))
            continue
        # Several manifests may have the effects of one version; they are taken once.
        is_first = not ledger.effects.find(version=manifest.ref.version)
        if ledger.files.restore(manifest):
            new += 1
            if is_first:
                effects += manifest.effects
        else:
            known += 1
    effects = [_settled(effect, renames) for effect in effects]
    # In the order in which they happened; effects of very old manifests have no time.
    effects.sort(key=lambda effect: (effect.at is not None, effect.at, effect.id))
    ledger.effects.restore(effects)
    return Rebuilt(new, known, len(effects), tuple(unreadable))


def _settled(effect: Effect, renames: Container[str]) -> Effect:
    """Return an effect as verified if a listing has shown the renamed file since.

    A manifest is older than that listing, which only the archive's rename history has.
    """
    is_open = effect.state in {EffectState.INTENT, EffectState.APPLIED}
    if is_open and effect.kind is EffectKind.RENAME_ATTACHMENT and effect.version in renames:
        return replace(effect, state=EffectState.VERIFIED)
    return effect
