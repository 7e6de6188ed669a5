"""Edits as data: what another user does to a record, in the datasheet or between two calls."""

from collections.abc import Mapping
from typing import Any

from infra.emulator.account.account import Account
from infra.emulator.errors import ApiError, bad_body
from infra.emulator.state.values import Stored, to_stored

_MEMBERS = frozenset({"table", "pk", "values", "insert", "delete"})
_NO_RECORD = "no such record"


def apply_edit(account: Account, edit: Mapping[str, Any], source: str) -> None:
    """Carry out an edit; ApiError 400 for anything else.

    An edit has `table` with `insert`, or with `pk` and `values` or `delete`.
    """
    if set(edit) - _MEMBERS or "table" not in edit:
        raise bad_body(f"an edit has `table` and the needed ones of {', '.join(sorted(_MEMBERS))}")

    relation = account.store.relation(edit["table"], is_view=False)
    with account.records.changes.from_source(source):
        if "insert" in edit:
            account.records.insert(relation, edit["insert"])
            return

        pk = int(edit["pk"])
        if not account.records.rows(relation, [pk]):
            raise bad_body(_NO_RECORD)
        if edit.get("delete"):
            account.records.remove(relation, [pk])
            account.attachments.forget(relation.name, [pk])
            return

        # Unlike the API, the datasheet may write any field.
        values: dict[str, Stored] = {}
        for name, value in edit["values"].items():
            field = relation.field(name)
            values[field.name] = to_stored(field, value)
        account.records.change(relation.name, [pk], values)


def apply_edit_if_possible(account: Account, edit: Mapping[str, Any], source: str) -> None:
    """Carry out an edit unless its record is gone, which is not an error of the scripted fault."""
    try:
        apply_edit(account, edit, source)
    except ApiError as error:
        if not error.message.endswith(_NO_RECORD):
            raise
