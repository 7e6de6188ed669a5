"""Edits as plain data: what somebody else does to a record, by hand or between two calls."""

from collections.abc import Mapping
from typing import Any

from infra.emulator.account.account import Account
from infra.emulator.errors import ApiError, bad_body
from infra.emulator.state.values import stored

_MEMBERS = frozenset({"table", "pk", "values", "insert", "delete"})


def apply(account: Account, edit: Mapping[str, Any], source: str) -> None:
    """Carry out an edit: `table` with `insert`, or with `pk` and `values` or `delete`; 400 for anything else."""
    if set(edit) - _MEMBERS or "table" not in edit:
        raise bad_body(f"an edit has of {', '.join(sorted(_MEMBERS))} what it needs")
    relation = account.store.relation(edit["table"], is_view=False)
    with account.records.watch.acting(source):
        if "insert" in edit:
            account.records.insert(relation, edit["insert"])
            return
        pk = int(edit["pk"])
        if not account.records.rows(relation, [pk]):
            raise bad_body("no such record")
        if edit.get("delete"):
            account.records.remove(relation, [pk])
            account.attachments.forget(relation.name, [pk])
            return
        values = {
            (field := relation.field(name)).name: stored(field, one)
            for name, one in edit["values"].items()
        }
        account.records.change(relation.name, [pk], values)


def try_apply(account: Account, edit: Mapping[str, Any], source: str) -> None:
    """Carry an edit out where it can be: a record that is gone cannot be edited, and that is no one's error."""
    try:
        apply(account, edit, source)
    except ApiError as error:
        if error.message.endswith("no such record"):
            return
        raise
