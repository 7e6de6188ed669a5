"""Read what a webhook sends: is it Caspio's, what does it tell, whom does it concern, is it our own doing?"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.decide.own_changes import Change, is_own_change
from pipeline.model import Column, FileRef, Place, RecordRef, SourceSpec, Value
from pipeline.model.messages import Message, Told
from pipeline.ports import Ledger

INSERT, UPDATE, DELETE = "table.recordInsert", "table.recordUpdate", "table.recordDelete"
PK = "PK_ID"
PART = 500
"""Records in one part of a message, at most."""

_LONGEST_WORD = 500
_PREFIX = re.compile(r"^sha-?256=", re.IGNORECASE)


class NotCaspios(Exception):
    """A message carries neither the secret nor its signature, or a wrong one."""


class BadMessage(ValueError):
    """A message is not what Caspio sends; says what is wrong, without repeating any of it."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message as Caspio sends it: `rows` are the changed records with the fields that come along."""

    message_id: str
    event: str
    table: str
    secret: str
    rows: tuple[Mapping[str, Value], ...]


def is_signed(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Say whether a signature is the HMAC-SHA256 of the body under one of the secrets, in hex or base64.

    How Caspio encodes it is documented nowhere, so both are taken. Every comparison takes the same time.
    """
    given = _PREFIX.sub("", signature.strip())
    met = False
    for secret in secrets:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
        met |= _equal(given.lower(), digest.hex()) | _equal(
            given, base64.b64encode(digest).decode()
        )
    return met


def require_secret(envelope: Envelope, secrets: Sequence[str]) -> None:
    """Refuse a message whose body does not carry one of the secrets.

    Raises:
        NotCaspios: it does not.
    """
    met = False
    for secret in secrets:
        met |= _equal(envelope.secret, secret)
    if not met:
        raise NotCaspios


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(
        one.encode(errors="surrogatepass"), other.encode(errors="surrogatepass")
    )


def parse(body: bytes) -> Envelope:
    """Read a message.

    Raises:
        BadMessage: it is no JSON, or not such as Caspio sends.
    """
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
        rows=tuple(map(_scalars, rows)),
    )


def _word(document: Mapping[str, Any], name: str) -> str:
    word = document.get(name)
    if not isinstance(word, str) or not word.strip() or len(word) > _LONGEST_WORD:
        raise BadMessage(f"{name} is missing or no text")
    return word


def _scalars(row: Mapping[str, Any]) -> Mapping[str, Value]:
    return {
        name: value
        for name, value in row.items()
        if value is None or isinstance(value, (str, int, float, bool))
    }


def table_of(spec: SourceSpec) -> str | None:
    """Return the table whose changes concern a source: webhooks know no views and no folders."""
    return spec.table or spec.webhook_table


def types_of(spec: SourceSpec, ledger: Ledger) -> Mapping[str, str]:
    """Return the types of the columns that messages for a source carry, as `webhooks sync` has left them."""
    watched = ledger.messages.watched(spec.name)
    return {} if watched is None else watched.column_types


def route(
    envelope: Envelope,
    specs: Iterable[SourceSpec],
    account: str,
    *,
    types: Mapping[str, Mapping[str, str]],
) -> list[Message]:
    """Return a message for each source it concerns, in parts; one that concerns none is done as it comes.

    Values are kept only where all of them are of columns that this program knows: others make it news at once.
    """
    concerned = [
        spec for spec in specs if (table_of(spec) or "").casefold() == envelope.table.casefold()
    ]
    made = [
        message
        for spec in concerned
        for message in _parts(envelope, spec, account, types.get(spec.name, {}))
    ]
    return made or [
        _message(envelope, "", account, note=f"no source is about table {envelope.table!r}")
    ]


def _parts(
    envelope: Envelope, spec: SourceSpec, account: str, types: Mapping[str, str]
) -> Iterator[Message]:
    if envelope.event.casefold() == DELETE.casefold():
        yield _message(envelope, spec.name, account, note="a record was deleted: nothing to do")
        return
    told = [one for row in envelope.rows for one in _told(row, spec, types)]
    if not told:
        yield _message(
            envelope, spec.name, account, note="it names no record or file of the source"
        )
    for part, start in enumerate(range(0, len(told), PART)):
        yield _message(
            envelope, spec.name, account, told=tuple(told[start : start + PART]), part=part
        )


def _message(
    envelope: Envelope,
    source: str,
    account: str,
    *,
    told: tuple[Told, ...] = (),
    part: int = 0,
    note: str = "",
) -> Message:
    return Message(
        account,
        envelope.message_id,
        source,
        envelope.table,
        envelope.event,
        told=told,
        part=part,
        note=note,
    )


def _told(row: Mapping[str, Value], spec: SourceSpec, types: Mapping[str, str]) -> Iterator[Told]:
    if spec.folder is not None:
        below = spec.folder.rstrip("/").casefold() + "/"
        for value in row.values():
            if isinstance(value, str) and value.casefold().startswith(below):
                yield Told(value)
        return
    pk, values = row.get(PK), {name: value for name, value in row.items() if name != PK}
    if (
        isinstance(pk, bool)
        or not isinstance(pk, (int, str))
        or not re.fullmatch(r"\d{1,18}", str(pk))
    ):
        return
    yield Told(str(pk), values if values.keys() <= types.keys() else {})


def is_reported_own_change(
    told: Told, spec: SourceSpec, *, types: Mapping[str, str], ledger: Ledger
) -> bool:
    """Say whether a record was told of only because this program has written to it.

    A file's name alone does not say which file it is, so a rename is recognised only until a listing has shown it.
    """
    if not told.values or spec.folder is not None or not told.values.keys() <= types.keys():
        return False
    record = RecordRef(spec.container, told.key, spec.view is not None)
    attached = {name: value for name, value in told.values.items() if types[name] == "ATTACHMENT"}
    files = tuple(
        FileRef(spec.name, Place.ATTACHMENT, spec.container, name, record, str(value), None, "")
        for name, value in attached.items()
    )
    values = {name: value for name, value in told.values.items() if name not in attached}
    columns = {name: Column(name, types[name]) for name in values}
    return is_own_change(Change(record, values, files), ledger=ledger, columns=columns)
