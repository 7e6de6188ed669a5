# ruff: noqa: S608  statements are put together from compiled clauses, quoted names and whole numbers only
"""Files inside records: at most one for each ATTACHMENT field of a row."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.emulator.account.many_records import filled, kept_rule
from infra.emulator.clock import to_milliseconds
from infra.emulator.errors import ApiError, no_file, no_object
from infra.emulator.state.content import (
    Content,
    Named,
    from_stored,
    join_name,
    media_type,
    split_name,
)
from infra.emulator.state.objects import Objects
from infra.emulator.state.records import Records
from infra.emulator.state.schema import Field, Relation
from infra.emulator.state.sql.scope import physical, quote_name
from infra.emulator.state.store import Store

_COLUMNS = "pk, base, extension, media_type, size, created, updated, content"
# More rows than this are picked out of the whole field's attachments instead of being asked for one by one.
_FEW = 500


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file; dates are UTC texts."""

    pk: int
    base: str
    extension: str
    media_type: str
    size: int
    created: str
    updated: str
    content: Content

    @property
    def name(self) -> str:
        """Return the full name."""
        return join_name(self.base, self.extension)


class Attachments:
    """The attachments of all tables."""

    def __init__(self, store: Store, records: Records) -> None:
        self._store = store
        self._records = records
        self._rules = Objects(store, "attachments")

    def get(self, table: str, field: str, pk: int) -> Attachment:
        """Return one attachment; 404 without one."""
        found = self.find(table, field, [pk])
        if not found:
            raise no_file()
        return found[0]

    def put(
        self,
        relation: Relation,
        field: Field,
        pk: int,
        named: Named,
        *,
        when: datetime | None = None,
    ) -> None:
        """Attach a file to a row or replace the one there; ApiError where the field's rules refuse it."""
        if not self._records.rows(relation, [pk]):
            raise no_object()
        _check_rules(field, named)
        self.keep(relation.table.name, field.name, pk, named, when=when)
        self._stamp(relation, [pk], field)

    def keep(
        self, table: str, field: str, pk: int, named: Named, *, when: datetime | None = None
    ) -> None:
        """Store a file's reference and show its name in the row, without touching the row's TIMESTAMPs."""
        base, extension = split_name(named.name)
        old = self.find(table, field, [pk])
        now = to_milliseconds(when or self._store.clock.tick())
        row = (
            table, field, pk, base, extension, named.media_type or media_type(named.name), named.content.size,
            old[0].created if old else now, now, named.content.stored(),
        )  # fmt: skip
        self._store.db.execute(
            "INSERT OR REPLACE INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row
        )
        self._records.change(table, [pk], {field: named.name}, stamp=False)
        self._discard(old)

    def remove(self, relation: Relation, field: Field, where: str) -> int:
        """Clear the field in every row a condition meets and return how many rows it met."""
        pks = self._records.matching(relation, where)
        self.forget(relation.table.name, pks, field.name)
        self._records.change(relation.table.name, pks, {field.name: None}, stamp=False)
        self._stamp(relation, pks, field)
        return len(pks)

    def forget(self, table: str, pks: Sequence[int], field: str | None = None) -> None:
        """Drop the files of rows, of one field or of all."""
        names = (
            [field]
            if field
            else [one.name for one in self._store.table(table).fields if one.type == "ATTACHMENT"]
        )
        for name in names:
            self._discard(self.find(table, name, pks))
            self._store.db.executemany(
                "DELETE FROM attachments WHERE tbl = ? AND field = ? AND pk = ?",
                [(table, name, pk) for pk in pks],
            )

    def listing(self, relation: Relation, field: Field, where: str) -> list[dict[str, Any]]:
        """Return fileInfo items of the rows a condition meets."""
        quirks = self._store.quirks
        pks = self._records.matching(relation, where)
        found = {one.pk: one for one in self.find(relation.table.name, field.name, pks)}
        shown_pk = str if relation.is_view else int
        items = [
            {"PK_ID": shown_pk(pk), **self._item(found.get(pk))}
            for pk in pks
            if pk in found or quirks.fileinfo_empty_rows == "null-rows"
        ]
        return items[: quirks.fileinfo_row_cap or None]

    def _item(self, one: Attachment | None) -> dict[str, Any]:
        if one is None:
            return dict.fromkeys(("FileName", "FileType", "Size", "DateCreated", "DateUpdated"))
        dot = "." if self._store.quirks.fileinfo_filetype == "with-dot" and one.extension else ""
        return {
            "FileName": one.name
            if self._store.quirks.fileinfo_filename == "with-extension"
            else one.base,
            "FileType": dot + one.extension,
            "Size": one.size,
            "DateCreated": one.created + self._zone,
            "DateUpdated": one.updated + self._zone,
        }

    @property
    def _zone(self) -> str:
        return "Z" if self._store.quirks.fileinfo_dates == "z" else ""

    def rename(self, relation: Relation, field: Field, where: str, new: str) -> list[int]:
        """Rename the files of all rows a condition meets and return the PK_IDs of rows that had one."""
        found = self.find(relation.table.name, field.name, self._records.matching(relation, where))
        self._settle(relation.table.name, field.name, found)
        now = to_milliseconds(self._store.clock.tick())
        for one in found:
            base, extension = self._renamed(one, new)
            self._store.db.execute(
                "UPDATE attachments SET base = ?, extension = ?, updated = ? WHERE tbl = ? AND field = ? AND pk = ?",
                (base, extension, now, relation.table.name, field.name, one.pk),
            )
            name = join_name(base, extension)
            self._records.change(relation.table.name, [one.pk], {field.name: name}, stamp=False)
        self._stamp(relation, [one.pk for one in found], field)
        return [one.pk for one in found]

    def _settle(self, table: str, field: str, found: Sequence[Attachment]) -> None:
        """Give files that only a rule makes rows of their own, so that they can change."""
        self._store.db.executemany(
            "INSERT OR IGNORE INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(table, field, one.pk, one.base, one.extension, one.media_type, one.size, one.created, one.updated,
              one.content.stored()) for one in found],
        )  # fmt: skip

    def _renamed(self, one: Attachment, new: str) -> tuple[str, str]:
        rule = self._store.quirks.rename_filename
        if rule == "full":
            return split_name(new)
        repeated = f".{one.extension}".lower()
        if (
            rule == "strip-same"
            and one.extension
            and new.lower().endswith(repeated)
            and len(new) > len(repeated)
        ):
            return new[: -len(repeated)], one.extension
        return new, one.extension

    def _stamp(self, relation: Relation, pks: Sequence[int], field: Field) -> None:
        if self._store.quirks.attachment_event:
            self._records.announce(relation.table.name, pks, field.name)
        if self._store.quirks.attachment_stamps:
            self._records.change(relation.table.name, pks, {})

    def declare(self, table: str, field: str, rule: Mapping[str, Any], created: str) -> None:
        """Let every row whose field holds a name have a file that is made when it is read."""
        self._rules.put(f"{table}/{field}", {"rule": kept_rule(rule, created)})

    def find(self, table: str, field: str, pks: Sequence[int]) -> list[Attachment]:
        """Return the attachments of one field in these rows, by PK_ID."""
        statement = f"SELECT {_COLUMNS} FROM attachments WHERE tbl = ? AND field = ?"
        if len(pks) <= _FEW:
            statement += f" AND pk IN ({', '.join(str(int(pk)) for pk in pks)})"
        wanted = set(pks)
        rows = self._store.db.execute(f"{statement} ORDER BY pk", (table, field)).fetchall()
        found = [_attachment(row) for row in rows if row[0] in wanted]
        rule = self._rules.get(f"{table}/{field}")
        if rule is None:
            return found
        made = self._made(table, field, sorted(wanted - {one.pk for one in found}), rule["rule"])
        return sorted([*found, *made], key=lambda one: one.pk)

    def _made(self, table: str, field: str, pks: Sequence[int], rule: str) -> list[Attachment]:
        """Return the files that a seed's rule gives rows which have no other."""
        size, seed, text, created = json.loads(rule)
        found: list[Attachment] = []
        column = quote_name(field)
        for start in range(0, len(pks), _FEW):
            part = ", ".join(str(int(pk)) for pk in pks[start : start + _FEW])
            statement = f"SELECT PK_ID, {column} FROM {physical(table)} WHERE PK_ID IN ({part}) AND {column} IS NOT NULL"
            for pk, name in self._store.db.execute(statement).fetchall():
                content = _generated(size, seed, text, pk)
                base, extension = split_name(name)
                found.append(
                    Attachment(
                        pk,
                        base,
                        extension,
                        media_type(name),
                        content.size,
                        created,
                        created,
                        content,
                    )
                )
        return found

    def _discard(self, old: Sequence[Attachment]) -> None:
        """Delete bytes that were uploaded; the seed's own files are left alone."""
        for one in old:
            path = Path(one.content.path)
            if one.content.path and path.parent == self._store.data_dir:
                path.unlink(missing_ok=True)


def _generated(size: int, seed: int, text: str, pk: int) -> Content:
    if text:
        shown = filled(text, pk)
        return Content(size=len(shown.encode()), rule=f"text:{shown}")
    return Content(size=size, rule=f"seed:{seed}:{pk}")


def _attachment(row: tuple[Any, ...]) -> Attachment:
    pk, base, extension, kind, size, created, updated, content = row
    return Attachment(pk, base, extension, kind, size, created, updated, from_stored(content))


def _check_rules(field: Field, named: Named) -> None:
    extension = split_name(named.name)[1].lower()
    permitted = {str(one).lower().lstrip(".") for one in field.permitted}
    if permitted and extension not in permitted:
        raise ApiError(
            400,
            "InvalidInputValue",
            f"The file type '{extension}' is not permitted in '{field.name}'",
        )
    if named.content.size < field.min_size or (
        field.max_size and named.content.size > field.max_size
    ):
        raise ApiError(
            400, "InvalidInputValue", f"The file size is out of the limits of '{field.name}'"
        )
