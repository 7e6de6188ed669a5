"""Read webhook messages: are they Caspio's, what do they report, which sources are concerned?"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.decide.own_changes import ReportedChange, is_own_change
from pipeline.model import Column, FileRef, Place, RecordRef, SourceSpec, Value
from pipeline.model.messages import Message, ReportedRecord
from pipeline.model.sync import SyncSpec
from pipeline.ports import Ledger

INSERT, UPDATE, DELETE = "table.recordInsert", "table.recordUpdate", "table.recordDelete"
PK = "PK_ID"
PART = 500
"""Records in one part of a message, at most."""

_LONGEST_WORD = 500
_HALF = re.compile("[\ud800-\udfff]")
_SIGNATURE_PREFIX = re.compile(r"^sha-?256=", re.IGNORECASE)
_PK_ID = re.compile(r"[0-9]{1,18}")  # as many digits as a 64-bit number surely holds


class NotFromCaspio(Exception):
    """A message carries neither the secret nor its signature, or a wrong one."""


class BadMessage(ValueError):
    """A message is not what Caspio sends; says what is wrong, without repeating any of it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as Caspio sends it: `rows` are the changed records with some of their fields."""

    message_id: str
    event: str
    table: str
    secret: str
    rows: tuple[Mapping[str, Value], ...]


def is_signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Say whether a signature is the HMAC-SHA256 of the body under one of the secrets.

    Caspio does not document how it encodes the signature, so hex and base64 are both accepted.
    Every comparison takes the same time, whatever it finds.
    """
    given = _SIGNATURE_PREFIX.sub("", signature.strip())
    # All secrets are tried, also after a match: the time must not say which one it was.
    is_valid = False
    for secret in secrets:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        is_valid |= _equal(given.lower(), digest.hex())
        is_valid |= _equal(given, base64.b64encode(digest).decode())
    return is_valid


def may_hold_secret(body: bytes, secrets: Sequence[str]) -> bool:
    """Return False if a body certainly does not carry one of the secrets, without parsing it.

    JSON may write a secret with escapes. Then it contains a backslash, and is not certain.
    """
    return b"\\" in body or any(secret.encode() in body for secret in secrets)


def require_secret(envelope: Envelope, secrets: Sequence[str]) -> None:
    """Refuse a message whose body does not carry one of the secrets.

    Raises:
        NotFromCaspio: it does not.
    """
    is_valid = False
    for secret in secrets:
        is_valid |= _equal(envelope.secret, secret)
    if not is_valid:
        raise NotFromCaspio


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(
        one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass")
    )


def parse(body: bytes) -> Envelope:
    """Read a message.

    Raises:
        BadMessage: it is not JSON, or not as Caspio sends it.
    """
    # No error repeats anything of the body, which may carry the secret.
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessage("the body is not JSON") from error
    if not isinstance(document, dict):
        raise BadMessage("the body is not a JSON object")
    rows = document.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadMessage("data is not a list of records")
    secret = document.get("secret")
    return Envelope(
        message_id=_word(document, "messageId"),
        event=_word(document, "eventType"),
        table=_word(document, "objectName"),
        secret=secret if isinstance(secret, str) else "",
        rows=tuple(_scalars(row) for row in rows),
    )


def _word(document: Mapping[str, Any], name: str) -> str:
    word = document.get(name)
    if not isinstance(word, str) or not word.strip() or len(word) > _LONGEST_WORD:
        raise BadMessage(f"{name} is missing or not text")
    return word


def _scalars(row: Mapping[str, Any]) -> Mapping[str, Value]:
    values: dict[str, Value] = {}
    for name, value in row.items():
        if isinstance(value, str):
            # Half a surrogate pair cannot be encoded; the client replaces it in the same way.
            values[name] = _HALF.sub("\ufffd", value)
        elif value is None or isinstance(value, (int, float, bool)):
            values[name] = value
    return values


def table_of(spec: SourceSpec) -> str | None:
    """Return the table whose changes concern a source: webhooks know neither views nor folders."""
    return spec.table or spec.webhook_table


def types_of(name: str, ledger: Ledger) -> Mapping[str, str]:
    """Return the types of the columns in messages about a source or a sync.

    `webhooks sync` has recorded them.
    """
    watched = ledger.messages.watched(name)
    return {} if watched is None else watched.column_types


def route(
    envelope: Envelope,
    specs: Iterable[SourceSpec],
    account: str,
    *,
    types: Mapping[str, Mapping[str, str]],
    syncs: Iterable[SyncSpec] = (),
) -> list[Message]:
    """Return a message, in parts, for each source and sync that it concerns.

    One for none of them is done. Values are kept only if all of them are of columns that this
    program knows. Without values a record counts as changed by somebody else.
    """
    table = envelope.table.casefold()
    concerned: dict[str, SourceSpec | None] = {
        spec.name: spec for spec in specs if (table_of(spec) or "").casefold() == table
    }
    for sync in syncs:
        if sync.reported_table.casefold() == table:
            concerned[sync.source] = None
    known = frozenset[str]().union(*(types.get(name, {}) for name in concerned))
    messages = [
        message
        for name, spec in concerned.items()
        for message in _about(envelope, account, (name, spec), types.get(name, {}), known)
    ]
    if not messages:
        note = f"no source is about table {envelope.table!r}"
        messages.append(_message(envelope, account, "", note=note))
    return messages


def _about(
    envelope: Envelope,
    account: str,
    subject: tuple[str, SourceSpec | None],
    types: Mapping[str, str],
    known: Collection[str],
) -> Iterator[Message]:
    """Yield the parts of a message for one source, or for a sync, which has no such spec."""
    name, spec = subject
    if envelope.event.casefold() == DELETE.casefold():
        if spec is not None:
            note = "a record was deleted: nothing to do"
            yield _message(envelope, account, name, note=note)
            return
        # The values of a deleted record say nothing: the ledger has the same.
        types = {}
    records = [one for row in envelope.rows for one in reported_records(row, spec, types, known)]
    if not records:
        note = "it names no record or file of the source"
        yield _message(envelope, account, name, note=note)
    for part, start in enumerate(range(0, len(records), PART)):
        some = tuple(records[start : start + PART])
        yield _message(envelope, account, name, records=some, part=part)


def _message(
    envelope: Envelope,
    account: str,
    source: str,
    *,
    records: tuple[ReportedRecord, ...] = (),
    part: int = 0,
    note: str = "",
) -> Message:
    return Message(
        account,
        envelope.message_id,
        source,
        envelope.table,
        envelope.event,
        records=records,
        part=part,
        note=note,
    )


def reported_records(
    row: Mapping[str, Value],
    spec: SourceSpec | None,
    types: Mapping[str, str],
    known: Collection[str],
) -> Iterator[ReportedRecord]:
    """Yield what a row reports: a record, for a folder source the files that it names.

    `types` are the columns of the source or sync, `known` those of all that the table has.
    """
    if spec is not None and spec.folder is not None:
        below = spec.folder.rstrip("/").casefold() + "/"
        for value in row.values():
            if isinstance(value, str) and value.casefold().startswith(below):
                yield ReportedRecord(value)
        return
    pk = row.get(PK)
    # JSON's true would be the number 1.
    is_number_or_text = isinstance(pk, int | str) and not isinstance(pk, bool)
    if not is_number_or_text or not _PK_ID.fullmatch(str(pk)):
        return
    values: dict[str, Value] = {}
    # A column that nobody here knows may be the one that somebody else has changed.
    if row.keys() <= {PK, *known}:
        values = {name: row[name] for name in row.keys() & types.keys()}
    yield ReportedRecord(str(pk), values)


def is_own_write(
    reported: ReportedRecord, spec: SourceSpec, *, types: Mapping[str, str], ledger: Ledger
) -> bool:
    """Say whether a record was reported only because this program has written to it.

    The name of a file alone does not say which file it is, so a rename is recognized only until a
    listing has shown it.
    """
    values = reported.values
    is_known = bool(values) and values.keys() <= types.keys()
    # A folder's message names paths, which say nothing of what was written to them.
    if not is_known or spec.folder is not None:
        return False
    record = RecordRef(spec.container, reported.key, spec.view is not None)
    attached = {name: value for name, value in values.items() if types[name] == "ATTACHMENT"}
    files = tuple(
        FileRef(spec.name, Place.ATTACHMENT, spec.container, name, record, str(value), None, "")
        for name, value in attached.items()
    )
    others = {name: value for name, value in values.items() if name not in attached}
    columns = {name: Column(name, types[name]) for name in others}
    return is_own_change(ReportedChange(record, others, files), ledger=ledger, columns=columns)
