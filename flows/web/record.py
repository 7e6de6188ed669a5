"""A record: every version of its files, and everything that happened to it, in order."""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlencode

from starlette.responses import Response

from flows.app.changes import undo_run
from flows.app.drain import Drain
from flows.app.explain import AcknowledgeRequest, acknowledge, review_items, versions_of
from flows.terminal.progress import progress
from flows.web.jobs import in_words
from flows.web.pictures import is_webp
from flows.web.render import acted, page, see
from flows.web.review.page_view import Leaf, leaf_of
from flows.web.runs import decided_in_review, is_decided
from flows.web.search import search
from flows.web.site import RequestRefused, Site, Visit, not_found
from pipeline.archive_layout import original_key
from pipeline.decide.ownership import IN_EFFECT
from pipeline.errors import BadSettings, FileGone, IngestError
from pipeline.metering.summary import FAILED, NEEDS_ATTENTION
from pipeline.model import Effect, EffectKind, EffectState, FileRef, Status, Value
from pipeline.model.review import ReviewItem, ReviewState, review_id
from pipeline.model.users import AuditEntry
from pipeline.ports import FileState
from pipeline.steps.write_back import ALREADY_THERE, UNDOABLE

# A few sentences, which every list of the record shows.
MOST_NOTE_CHARS = 1_000
# It is in memory while it is sent; a larger file is opened in the archive itself.
MOST_DOWNLOAD_BYTES = 200 * 2**20
_IN_WORDS = {
    EffectKind.UPDATE_COLUMNS: "wrote values",
    EffectKind.RENAME_ATTACHMENT: "renamed the file",
    EffectKind.PUT_FILE: "stored the file under its new name",
    EffectKind.REPOINT: "made the record refer to the new name",
    EffectKind.DELETE_FILE: "deleted the file under its old name",
    EffectKind.INSERT_INDEX_ROW: "added the row of the file",
    EffectKind.DELETE_INDEX_ROW: "deleted the row of the file",
    EffectKind.APPLY_DECISION: "wrote what a user decided",
    EffectKind.APPLY_AGENT_DECISION: "wrote what an agent decided",
    EffectKind.INSERT_REVIEW_ROW: "added a row to the review table",
    EffectKind.UPDATE_REVIEW_ROW: "changed a row of the review table",
    EffectKind.CLEAR_REPROCESS_FLAG: "cleared the reprocess flag",
}
_TAKEN_BACK = {
    EffectKind.APPLY_DECISION: "took back what a user decided",
    EffectKind.APPLY_AGENT_DECISION: "took back what an agent decided",
}
_STATES = {
    EffectState.INTENT: "begun",
    EffectState.APPLIED: "made",
    EffectState.VERIFIED: "done",
    EffectState.CONFLICT: "conflict",
    EffectState.ABANDONED: "not done",
}
_NO_VALUES = frozenset({"sha256"})  # of a file: it says nothing to a user
_DERIVED = {"text": "text.txt", "searchable": "searchable.pdf"}


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value before and after: a column, a name or a path."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the record: a change at Caspio, or a decision in its review.

    `is_undoable` says whether its run can be undone: the change is in effect, and nothing has taken
    it back.
    """

    at: datetime | None
    what: str
    state: str
    changes: tuple[ValueChange, ...] = ()
    note: str = ""
    run: str = ""
    is_undoable: bool = False


def record(visit: Visit) -> Response:
    """Show a record, or ask which one."""
    source, key = visit.query.get("source", ""), visit.query.get("record", "")
    ledger = visit.site.ledger
    states = versions_of(source, key, None, ledger=ledger) if source and key else []
    if not states:
        return search(visit, source=source, text=key)
    leaves = [leaf_of(visit.site, state) for state in states]
    items = review_items(states, ledger)
    events = sorted(
        [*_changes(leaves, visit), *_acts(items, visit)],
        key=lambda event: (event.at is None, event.at),
    )
    return page(
        visit,
        "record",
        source=source,
        key=key,
        leaves=leaves,
        title=_title(states[0].ref),
        types=visit.shown_types([source])[source],
        failed=[state.version for state in states if _needs_a_user(state)],
        items=items,
        review=review_id(source, items[0].record) if items else "",
        events=events,
        undoable=list(dict.fromkeys(event.run for event in events if event.is_undoable)),
        derived={leaf.state.version: _there(visit, leaf) for leaf in leaves},
        waits=any(item.state is ReviewState.OPEN for item in items),
        needs_a_user=_count(visit, source, key, NEEDS_ATTENTION) > 0,
        makes_red=_count(visit, source, key, FAILED) > 0,
        said=visit.query.get("said", ""),
    )


def accept_as_is(visit: Visit) -> Response:
    """Acknowledge what cannot be processed in a record, with a note, as the command does."""
    source, key = visit.form.get("source", ""), visit.form.get("record", "")
    note = visit.form.get("note", "").strip()[:MOST_NOTE_CHARS]
    if source not in visit.site.settings.specs():
        raise not_found("This record")
    if not note:
        raise RequestRefused(
            400, "The note is empty.", "Go back, and say why nothing is done about it."
        )
    # A form without versions is of no page, and acknowledges none.
    shown = frozenset(visit.choices.get("version", ("",)))
    request = AcknowledgeRequest(source, (key,), visit.user.name, note, versions=shown)
    if not versions_of(source, key, None, ledger=visit.site.ledger):
        raise not_found("This record")
    # Before it is carried out: whatever happens in between, it is known who wanted it.
    visit.audit("acknowledge", f"{source} {key}", note)
    try:
        acknowledge(visit.site.settings, visit.site.ledger, request, now=visit.site.clock.now())
    except BadSettings as error:
        visit.audit("acknowledge failed", f"{source} {key}", str(error))
        problem = "Nothing of this record waits for it any more."
        raise RequestRefused(409, problem, "Load the page of the record again.") from error
    said = "Acknowledged. Nobody is asked about it any more, until the file changes."
    return see(f"/records?{urlencode({'source': source, 'record': key, 'said': said})}")


def _count(visit: Visit, source: str, key: str, statuses: Collection[Status]) -> int:
    """Count the files of a record that ended so and that nobody has acknowledged."""
    files = visit.site.ledger.files
    return files.count_attention(statuses, source=source, keys=[key]).open


def _title(ref: FileRef) -> str:
    return f"{ref.container} record {ref.record.pk}" if ref.record else ref.holder


def _needs_a_user(state: FileState) -> bool:
    """Say whether a version can be acknowledged, if it is the latest of its file."""
    needs = state.outcome is not None and state.outcome.status in NEEDS_ATTENTION
    return needs and state.acknowledged is None


def _there(visit: Visit, leaf: Leaf) -> list[str]:
    """Return what the archive has of a version: the names under which it can be downloaded."""
    archive, sha256 = visit.site.archive, leaf.state.sha256
    there = []
    if sha256 is not None and archive.head(original_key(sha256)) is not None:
        there.append("original")
    for name, file in _DERIVED.items():
        if archive.head(f"{leaf.prefix}/{file}") is not None:
            there.append(name)
    return there


def _changes(leaves: Sequence[Leaf], visit: Visit) -> Iterator[Event]:
    """Yield the changes at Caspio that were made for these versions."""
    effects = {
        effect.id: effect
        for leaf in leaves
        for effect in visit.site.ledger.effects.find(version=leaf.state.version)
    }
    undoable = _undoable(list(effects.values()), visit.site)
    # In the order in which they were made, whatever version they belong to.
    in_turn = sorted(effects.values(), key=lambda one: (one.kind is EffectKind.DELETE_FILE, one.id))
    for effect in in_turn:
        yield Event(
            _done_at(effect, effects.values()),
            _said(effect, effects),
            "already there" if effect.note == ALREADY_THERE else _STATES[effect.state],
            tuple(_values(effect)),
            f"undoes change {effect.undoes}. {effect.note}" if effect.undoes else effect.note,
            effect.run_id,
            is_undoable=effect.id in undoable,
        )


def _said(effect: Effect, effects: Mapping[int, Effect]) -> str:
    """Return what a change did; one that takes back another says so."""
    if effect.undoes and effect.kind is EffectKind.UPDATE_COLUMNS:
        undone = effects.get(effect.undoes)
        kind = undone.kind if undone is not None else effect.kind
        return _TAKEN_BACK.get(kind, "put values back")
    return _IN_WORDS[effect.kind]


def _done_at(effect: Effect, effects: Iterable[Effect]) -> datetime | None:
    """Return when a change was made.

    A move intends to delete the old file together with its first step, and does it as its last one.
    """
    at = effect.applied_at or effect.at
    if effect.kind is EffectKind.DELETE_FILE:
        moved = (each for each in effects if each.run_id == effect.run_id and each.applied_at)
        at = max((each.applied_at for each in moved if each.applied_at), default=at)
    return at


def _undoable(effects: Sequence[Effect], site: Site) -> set[int]:
    """Return the ids of the changes whose run can be undone for the record."""
    in_effect = [effect for effect in effects if effect.state in IN_EFFECT]
    changes_of_run: dict[str, list[Effect]] = {}
    for effect in in_effect:
        if effect.kind in UNDOABLE:
            changes_of_run.setdefault(effect.run_id, []).append(effect)

    undoable: set[int] = set()
    for run_id, changes in changes_of_run.items():
        # What was decided in the review is undone there.
        if not is_decided(site, run_id, changes):
            undoable.update(change.id for change in changes)
    taken_back = {effect.undoes for effect in in_effect}
    return undoable - taken_back


def _values(effect: Effect) -> Iterator[ValueChange]:
    for name in dict.fromkeys([*effect.before, *effect.after]):
        if name not in _NO_VALUES:
            yield ValueChange(name, effect.before.get(name), effect.after.get(name))


def _acts(items: Sequence[ReviewItem], visit: Visit) -> Iterator[Event]:
    """Yield what users and agents did in the review of this record."""
    for subject in {item.review_id for item in items}:
        entries: Sequence[AuditEntry] = visit.site.ledger.users.audit_trail(subject=subject)
        for entry in entries:
            yield Event(
                entry.at, f"{entry.user.name}: {acted(entry.action)}", "review", note=entry.detail
            )


def undo(visit: Visit) -> Response:
    """Undo a run for one record, as the command does."""
    source, key = visit.form.get("source", ""), visit.form.get("record", "")
    run_id, ledger = visit.form.get("run", ""), visit.site.ledger
    states = versions_of(source, key, None, ledger=ledger)
    if not states:
        raise not_found("This record")
    done = [one for state in states for one in ledger.effects.find(version=state.version)]
    changes = [one for one in done if one.run_id == run_id and one.kind in UNDOABLE]
    if is_decided(visit.site, run_id, changes):
        raise decided_in_review()
    visit.audit("undo run", run_id, f"{source} {key}")
    try:
        with visit.site.connect(Drain()) as context:
            shown = progress(shown=False)
            report = undo_run(context, run_id, sources=[source], records=[key], watch=shown)
    except IngestError as error:
        visit.audit("undo run failed", run_id, str(error))
        raise RequestRefused(409, "Nothing was undone.", str(error)) from error
    said, *left = in_words(report, nothing="Nothing was left to put back").splitlines()
    said = ". ".join([said, *left]) if left else f"Run {run_id} was undone for this record."
    return see(f"/records?{urlencode({'source': source, 'record': key, 'said': said[:500]})}")


def thumbnail(visit: Visit) -> Response:
    """Return the picture of a file version that was made when it was read; nothing without one."""
    state = visit.site.ledger.files.state(visit.parts["version"])
    if state is None:
        raise not_found("This picture")
    data = _stored(visit, f"{leaf_of(visit.site, state).prefix}/thumbnail.webp")
    headers = {"cache-control": "private, max-age=600"}
    if not is_webp(data):
        # Not every file looks like something: that is no error in the browser's console.
        return Response(status_code=204, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)


def _stored(visit: Visit, key: str) -> bytes:
    """Return the bytes of an object of the archive, b"" without one."""
    with tempfile.TemporaryDirectory(prefix="caspio-ingest-") as folder:
        target = Path(folder) / "file"
        try:
            visit.site.archive.get(key, target)
        except FileGone:
            return b""
        return target.read_bytes()


def download(visit: Visit) -> Response:
    """Return the original, the text or the searchable PDF of a file version, to be saved.

    It is never shown in the page: what strangers uploaded is not opened with this site's rights.
    """
    state = visit.site.ledger.files.state(visit.parts["version"])
    what = visit.parts["what"]
    if state is None or state.sha256 is None or what not in {"original", *_DERIVED}:
        raise not_found("This file")
    leaf = leaf_of(visit.site, state)
    key = original_key(state.sha256) if what == "original" else f"{leaf.prefix}/{_DERIVED[what]}"
    known = visit.site.archive.head(key)
    if known is None:
        raise not_found("This file")
    if known.size_bytes > MOST_DOWNLOAD_BYTES:
        address = visit.site.archive.address(key)
        raise RequestRefused(413, "This file is too large for the page.", f"Open it at {address}.")
    data = _stored(visit, key)
    name = state.ref.name if what == "original" else f"{state.ref.name}.{_DERIVED[what]}"
    # RFC 6266 with RFC 5987: any name, and none can end the header.
    quoted = quote(name.encode("utf-8", "replace"), safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quoted}"}
    return Response(data, media_type="application/octet-stream", headers=headers)
