"""A source for pipelines of dlt: tables, views and what is known of attachments.

It needs the extra `dlt`. Each table or view is a resource that is merged by PK_ID; with a changed
column, a run asks Caspio for changed records only, and dlt's state keeps how far it came.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import dlt

from pipeline.adapters.caspio.client import CaspioClient, Column, Record, where
from pipeline.adapters.caspio.client.wire.records import pks_of

OVERLAP = timedelta(hours=1, minutes=2)
"""How far a run looks back: a change may be committed after one that shows a later time, and the
wall clock of the account is set back by an hour once a year."""

_MARK = "changed_until"
_TYPES: Mapping[str, Mapping[str, Any]] = {
    "INTEGER": {"data_type": "bigint"},
    "AUTONUMBER": {"data_type": "bigint"},
    "NUMBER": {"data_type": "double"},
    "CURRENCY": {"data_type": "decimal", "precision": 19, "scale": 4},
    # The account's wall clock: Caspio shows no zone.
    "DATE/TIME": {"data_type": "timestamp", "timezone": False},
    "TIMESTAMP": {"data_type": "timestamp", "timezone": False},
    "YES/NO": {"data_type": "bool"},
    "LIST-STRING": {"data_type": "json"},
    "LIST-NUMBER": {"data_type": "json"},
    "LIST-DATE/TIME": {"data_type": "json"},
}
_NOT_RECORDS = {"ATTACHMENT", "PASSWORD"}
_FILE_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "size_bytes": {"data_type": "bigint"},
    "created": {"data_type": "text"},
    "updated": {"data_type": "text"},
}


def caspio(
    client: CaspioClient,
    *,
    tables: Sequence[str] = (),
    views: Sequence[str] = (),
    changed: Mapping[str, str] | None = None,
    files: bool = True,
) -> Any:
    """Return a dlt source with a resource for each table and view.

    Its resources are named like the tables, and `TABLE_FIELD_files` for each ATTACHMENT field.
    Without `changed`, and for attachments, a run loads everything. A merge deletes nothing: give
    the pipeline `write_disposition="replace"` to be rid of records that are deleted at Caspio.

    Args:
        client: An open client; it stays open.
        tables: The tables to load.
        views: The views to load.
        changed: By table or view, the DATE/TIME or TIMESTAMP column that every change moves.
        files: Whether what is known of attachments is loaded, too. Their bytes never are.

    Raises:
        CaspioError: when it is run, as the client raises it.
    """
    resources = []
    for names, is_view in ((tables, False), (views, True)):
        for name in names:
            columns = client.container(is_view=is_view).fields(name)
            column = (changed or {}).get(name, "")
            resources.append(_records_resource(client, name, columns, column, is_view=is_view))
            if files:
                resources += [
                    _files_resource(client, name, field.name, is_view=is_view)
                    for field in columns
                    if field.type.upper() == "ATTACHMENT"
                ]
    return dlt.source(lambda: resources, name="caspio", section="caspio")()


def _records_resource(
    client: CaspioClient, name: str, columns: Sequence[Column], changed: str, *, is_view: bool
) -> Any:
    shown = [column for column in columns if column.type.upper() not in _NOT_RECORDS]
    text = {"data_type": "text"}
    hints = {column.name: dict(_TYPES.get(column.type.upper(), text)) for column in shown}
    return dlt.resource(
        _records(client, name, shown, changed, is_view=is_view),
        name=name,
        primary_key=where.PK,
        write_disposition="merge",
        columns={where.PK: {"data_type": "text" if is_view else "bigint"}, **hints},
    )


def _records(
    client: CaspioClient, name: str, columns: Sequence[Column], changed: str, *, is_view: bool
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield pages of records; the state moves on with the latest change among them."""
    state = dlt.current.resource_state()
    condition = ""
    if changed and (mark := state.get(_MARK)):
        since = datetime.fromisoformat(mark).replace(microsecond=0) - OVERLAP
        literal = where.text_literal(since.isoformat())
        condition = f"{where.name(changed)} >= {literal}"
    select = [where.PK, *(column.name for column in columns)]
    for page in client.container(is_view=is_view).record_pages(
        name, select=select, condition=condition
    ):
        if changed:
            dates = [str(record.values[changed]) for record in page if record.values[changed]]
            state[_MARK] = max([state.get(_MARK, ""), *dates])
        yield [_row(record, columns, is_view=is_view) for record in page]


def _row(record: Record, columns: Sequence[Column], *, is_view: bool) -> Mapping[str, Any]:
    pk = record.pk or ""
    row: dict[str, Any] = {where.PK: pk if is_view else int(pk)}
    for column in columns:
        value: Any = record.values.get(column.name)
        if column.name in record.lists:
            value = list(record.lists[column.name].values())
        elif column.type.upper() == "CURRENCY" and value is not None:
            value = Decimal(repr(value))  # the amount that was meant, not the nearest float
        row[column.name] = value
    return row


def _files_resource(client: CaspioClient, name: str, field: str, *, is_view: bool) -> Any:
    return dlt.resource(
        _files(client, name, field, is_view=is_view),
        name=f"{name}_{field}_files",
        primary_key=where.PK,
        write_disposition="merge",
        columns={where.PK: {"data_type": "text"}, **{n: dict(c) for n, c in _FILE_COLUMNS.items()}},
    )


def _files(
    client: CaspioClient, name: str, field: str, *, is_view: bool
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield what is known of attachments, for each page of records in one call."""
    container = client.container(is_view=is_view)
    for page in container.record_pages(name, select=[where.PK]):
        pks = pks_of(page)
        condition = where.pk_range(pks[0], pks[-1], is_view=is_view)
        yield [
            {
                where.PK: info.pk,
                "name": info.full_name,
                "extension": info.extension,
                "size_bytes": info.size_bytes,
                "created": info.created,
                "updated": info.updated,
            }
            for info in container.file_infos(name, field, condition=condition)
            if not info.is_empty
        ]
