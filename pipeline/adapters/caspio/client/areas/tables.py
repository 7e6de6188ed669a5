"""Tables and views."""

from collections.abc import Sequence

from pipeline.adapters.caspio.client.areas.containers import Containers, checked
from pipeline.adapters.caspio.client.areas.definitions import FieldOptions, NewField
from pipeline.adapters.caspio.client.http.call import Caller
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire import records as wire

_AS_IT_IS = FieldOptions()


class Tables(Containers):
    """Tables. Unlike views they can be created and changed, and their passwords can be set."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, is_view=False)

    @operation("CreateTable")
    def create(self, table: str, fields: Sequence[NewField]) -> None:
        """Create a table of at least one field (CreateTable). The API cannot delete one."""
        json = {"Name": table, "Fields": [field.as_json() for field in fields]}
        self._caller.ask(Call(OPERATIONS["CreateTable"], json=json))

    @operation("CreateTableField")
    def create_field(self, table: str, field: NewField) -> None:
        """Add a field to a table (CreateTableField)."""
        self._ask("CreateTableField", table, json=field.as_json())

    @operation("UpdateTableField")
    def update_field(
        self,
        table: str,
        field: str,
        *,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - Caspio's word for it
        options: FieldOptions = _AS_IT_IS,
    ) -> None:
        """Change what is given of a field: its name, its type, its options (UpdateTableField).

        Raises:
            ValueError: nothing is given.
        """
        # Caspio leaves alone what is not in the body.
        json: dict[str, object] = {}
        if name is not None:
            json["Name"] = name
        if type is not None:
            json["Type"] = type
        json |= options.as_json()
        if not json:
            raise ValueError("name at least one property to change")
        self._ask("UpdateTableField", table, json=json, names={"fieldName": field})

    @operation("DeleteTableField")
    def delete_field(self, table: str, field: str) -> None:
        """Delete a field with all its values (DeleteTableField)."""
        self._ask("DeleteTableField", table, names={"fieldName": field})

    @operation("ListPasswordTableFields")
    def password_fields(self, table: str) -> tuple[str, ...]:
        """Return the names of the PASSWORD fields (ListPasswordTableFields)."""
        return wire.names(self._ask("ListPasswordTableFields", table))

    @operation("UpdatePasswordTableField")
    def set_password(self, table: str, field: str, password: str, *, condition: Clause) -> int:
        """Set the password of every record that matches.

        Return how many (UpdatePasswordTableField).
        """
        answer = self._ask(
            "UpdatePasswordTableField",
            table,
            {"q.where": checked(condition)},
            json={"Value": password},
            names={"passwordFieldName": field},
        )
        return wire.count(answer)

    @operation("ResetPasswordTableField")
    def reset_password(self, table: str, field: str, *, condition: Clause) -> int:
        """Reset the password of every record that matches.

        Return how many (ResetPasswordTableField).
        """
        query = {"q.where": checked(condition)}
        names = {"passwordFieldName": field}
        return wire.count(self._ask("ResetPasswordTableField", table, query, names=names))


class Views(Containers):
    """Views. Writing works where the view has one table, or one that may be edited."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, is_view=True)
