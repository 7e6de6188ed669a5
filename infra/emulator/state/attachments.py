# ruff: noqa: S608  statements are built from compiled clauses, quoted names and whole numbers only
"""Files inside records: at most one for each ATTACHMENT field of a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from infra.emulator.clock import format_milliseconds
from infra.emulator.errors import ApiError, no_file, no_object
from infra.emulator.quirks import Quirks
from infra.emulator.state.attachment_rules import AttachmentRule
from infra.emulator.state.content import (
    Content,
    NamedContent,
    content_from_stored,
    join_name,
    split_name,
)
from infra.emulator.state.objects import Objects
from infra.emulator.state.records import Records
from infra.emulator.state.schema import Field, Relation
from infra.emulator.state.sql.compiled import quote_name, sqlite_table
from infra.emulator.state.store import Store

_NO_FILE_INFO = dict.fromkeys(("FileName", "FileType", "Size", "DateCreated", "DateUpdated"))
_COLUMNS = "pk, base, extension, media_type, size, created, updated, content"
# For more rows than this, all attachments of the field are read and the wanted ones selected.
_MAX_NAMED_PKS = 500


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

    @classmethod
    def of(cls, pk: int, file: NamedContent, *, created: str, updated: str) -> Self:
        """Return a record's attachment with a file's name and content."""
        base, extension = split_name(file.name)
        return cls(
            pk=pk,
            base=base,
            extension=extension,
            media_type=file.shown_media_type,
            size=file.content.size,
            created=created,
            updated=updated,
            content=file.content,
        )

    @property
    def name(self) -> str:
        """The full name."""
        return join_name(self.base, self.extension)

    def renamed(self, new: str, rule: str) -> tuple[str, str]:
        """Return base and extension after a rename; `rule` is the quirk `rename_filename`."""
        # §3.3 (I): whether FileName includes the extension is unknown.
        if rule == "full":
            return split_name(new)
        suffix = f".{self.extension}"
        if rule == "strip-same" and self.extension:
            base = new[: -len(suffix)]
            if base and new.lower().endswith(suffix.lower()):
                return base, self.extension
        return new, self.extension

    def file_info(self, quirks: Quirks) -> dict[str, Any]:
        """Return the members of the fileInfo item, without the PK_ID."""
        # SPEC (C): the members. §3.3 (C): FileType is the extension without its dot.
        shows_full_name = quirks.fileinfo_filename == "with-extension"
        shows_dot = quirks.fileinfo_filetype == "with-dot" and self.extension
        zone = "Z" if quirks.fileinfo_dates == "z" else ""
        return {
            "FileName": self.name if shows_full_name else self.base,
            "FileType": f".{self.extension}" if shows_dot else self.extension,
            "Size": self.size,
            "DateCreated": self.created + zone,
            "DateUpdated": self.updated + zone,
        }


class Attachments:
    """The attachments of all tables.

    Attributes:
        rules: Rules that give every row whose field holds a name a file that is generated.
    """

    def __init__(self, store: Store, records: Records) -> None:
        self._store = store
        self._records = records
        self.rules = Objects(store, AttachmentRule)

    def get(self, table: str, field: str, pk: int) -> Attachment:
        """Return one attachment; 404 if there is none."""
        found = self.find(table, field, [pk])
        if not found:
            raise no_file()
        return found[0]

    def put(self, relation: Relation, field: Field, pk: int, file: NamedContent) -> None:
        """Attach a file to a row, or replace its file; ApiError if the field's rules refuse it."""
        if not self._records.rows(relation, [pk]):
            # §3.2 (I): an upload to a missing record is 404.
            raise no_object()
        # The API enforces the field's settings too (§3.1, C). The answer's code is inferred (§3.2).
        _, extension = split_name(file.name.lower())
        permitted = {str(kind).lower().lstrip(".") for kind in field.permitted}
        if permitted and extension not in permitted:
            text = f"The file type '{extension}' is not permitted in '{field.name}'"
            raise ApiError(400, "InvalidInputValue", text)
        # §3.1: the unit of the sizes is not documented; bytes are assumed.
        size = file.content.size
        is_too_large = field.max_size > 0 and size > field.max_size
        if size < field.min_size or is_too_large:
            text = f"The file size is outside the limits of '{field.name}'"
            raise ApiError(400, "InvalidInputValue", text)

        self.write(relation.table.name, field.name, pk, file)
        self._report(relation, [pk], field)

    def write(
        self, table: str, field: str, pk: int, file: NamedContent, *, when: datetime | None = None
    ) -> None:
        """Store a file's reference and its name in the row; the row's TIMESTAMPs stay."""
        old = self.find(table, field, [pk])
        now = format_milliseconds(when or self._store.clock.unique_now())
        created = old[0].created if old else now
        new = Attachment.of(pk, file, created=created, updated=now)
        self._insert(table, field, [new], on_conflict="REPLACE")
        self._records.change(table, [pk], {field: file.name}, silent=True)
        self._delete_bytes(old)

    def _insert(
        self, table: str, field: str, attachments: Sequence[Attachment], *, on_conflict: str
    ) -> None:
        rows = []
        for one in attachments:
            dates = (one.created, one.updated)
            name = (one.base, one.extension)
            rows.append(
                (
                    table,
                    field,
                    one.pk,
                    *name,
                    one.media_type,
                    one.size,
                    *dates,
                    one.content.stored(),
                )
            )
        self._store.db.executemany(
            f"INSERT OR {on_conflict} INTO attachments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )

    def remove(self, relation: Relation, field: Field, where: str) -> int:
        """Clear the field in every row that matches a condition, and return how many match."""
        # §3.2 (C): the condition selects the rows, and the count is 0 where none match.
        pks = self._records.matching(relation, where)
        self.forget(relation.table.name, pks, field.name)
        self._records.change(relation.table.name, pks, {field.name: None}, silent=True)
        self._report(relation, pks, field)
        return len(pks)

    def forget(self, table: str, pks: Sequence[int], field: str | None = None) -> None:
        """Remove the files of rows, in one field or in all."""
        # §3.1 (I): the file of a deleted record goes with it.
        names = [field] if field else []
        if field is None:
            fields = self._store.table(table).fields
            names = [column.name for column in fields if column.type == "ATTACHMENT"]
        for name in names:
            self._delete_bytes(self.find(table, name, pks))
            self._store.db.executemany(
                "DELETE FROM attachments WHERE tbl = ? AND field = ? AND pk = ?",
                [(table, name, pk) for pk in pks],
            )

    def file_info(self, relation: Relation, field: Field, where: str) -> list[dict[str, Any]]:
        """Return the fileInfo items of the rows that match a condition."""
        quirks = self._store.quirks
        pks = self._records.matching(relation, where)
        found = {one.pk: one for one in self.find(relation.table.name, field.name, pks)}
        items: list[dict[str, Any]] = []
        for pk in pks:
            members: dict[str, Any] = _NO_FILE_INFO
            if pk in found:
                members = found[pk].file_info(quirks)
            elif quirks.fileinfo_empty_rows == "absent":
                continue
            # SPEC (C): a number for tables, a string for views.
            items.append({"PK_ID": str(pk) if relation.is_view else pk, **members})
        return items[: quirks.fileinfo_row_cap or None]

    def rename(self, relation: Relation, field: Field, where: str, new: str) -> list[int]:
        """Rename the files of all rows that match a condition; return the PK_IDs that had one."""
        table = relation.table.name
        found = self.find(table, field.name, self._records.matching(relation, where))
        # Files that only a rule generates get rows of their own, so that they can change.
        self._insert(table, field.name, found, on_conflict="IGNORE")

        now = format_milliseconds(self._store.clock.unique_now())
        rule = self._store.quirks.rename_filename
        for one in found:
            base, extension = one.renamed(new, rule)
            self._store.db.execute(
                "UPDATE attachments SET base = ?, extension = ?, updated = ? "
                "WHERE tbl = ? AND field = ? AND pk = ?",
                (base, extension, now, table, field.name, one.pk),
            )
            name = join_name(base, extension)
            self._records.change(table, [one.pk], {field.name: name}, silent=True)
        pks = [one.pk for one in found]
        self._report(relation, pks, field)
        return pks

    def _report(self, relation: Relation, pks: Sequence[int], field: Field) -> None:
        # §11: it is unknown whether an attachment raises an event or sets a TIMESTAMP.
        if self._store.quirks.attachment_event:
            self._records.report_field_change(relation.table.name, pks, field.name)
        if self._store.quirks.attachment_stamps:
            self._records.change(relation.table.name, pks, {})

    def find(self, table: str, field: str, pks: Sequence[int]) -> list[Attachment]:
        """Return the attachments of one field in these rows, by PK_ID."""
        statement = f"SELECT {_COLUMNS} FROM attachments WHERE tbl = ? AND field = ?"
        if len(pks) <= _MAX_NAMED_PKS:
            statement += f" AND pk IN ({_listed(pks)})"
        wanted = set(pks)
        rows = self._store.db.execute(f"{statement} ORDER BY pk", (table, field)).fetchall()
        found: list[Attachment] = []
        for pk, base, extension, kind, size, created, updated, content in rows:
            if pk in wanted:
                parsed = content_from_stored(content)
                one = Attachment(pk, base, extension, kind, size, created, updated, parsed)
                found.append(one)
        rule = self.rules.find(f"{table}/{field}")
        if rule is None:
            return found

        # A rule generates the files of rows that have no other.
        missing = sorted(wanted - {one.pk for one in found})
        column = quote_name(field)
        for start in range(0, len(missing), _MAX_NAMED_PKS):
            some = _listed(missing[start : start + _MAX_NAMED_PKS])
            names = self._store.db.execute(
                f"SELECT PK_ID, {column} FROM {sqlite_table(table)} "
                f"WHERE PK_ID IN ({some}) AND {column} IS NOT NULL"
            )
            for pk, name in names.fetchall():
                file = NamedContent(name=name, content=rule.content(pk))
                found.append(Attachment.of(pk, file, created=rule.created, updated=rule.created))
        return sorted(found, key=lambda one: one.pk)

    def _delete_bytes(self, attachments: Sequence[Attachment]) -> None:
        """Delete uploaded files; a seed's own files stay."""
        for one in attachments:
            one.content.delete_from(self._store.data_dir)


def _listed(pks: Sequence[int]) -> str:
    return ", ".join(str(int(pk)) for pk in pks)
