"""Directories and their users."""

from collections.abc import Mapping

from pipeline.adapters.caspio.client.areas.containers import body, checked
from pipeline.adapters.caspio.client.http.call import Caller
from pipeline.adapters.caspio.client.http.request import Call
from pipeline.adapters.caspio.client.operations import OPERATIONS, operation
from pipeline.adapters.caspio.client.query import Query
from pipeline.adapters.caspio.client.values import Written
from pipeline.adapters.caspio.client.where import Clause
from pipeline.adapters.caspio.client.wire import account, records as wire
from pipeline.adapters.caspio.client.wire.account import Directory
from pipeline.adapters.caspio.client.wire.payload import Payload
from pipeline.adapters.caspio.client.wire.records import Affected, ListPage, Record

_EVERYBODY = Query()


class Directories:
    """Operations on directories.

    Each raises AccessDenied without the right, NotFound for an unknown directory. A user is a
    record of the directory's table that also has `_status`, `_sign_in_method` and `_2fa_status`:
    these can be used in a Query, not in the condition of an update or deletion.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    @operation("ListDirectories")
    def all(self) -> tuple[Directory, ...]:
        """Return all directories (ListDirectories)."""
        return tuple(map(account.directory, account.many(self._ask("ListDirectories"))))

    @operation("ListDirectoryUsers")
    def users(self, directory_id: str, query: Query = _EVERYBODY) -> ListPage[Record]:
        """Return users, 100 at most unless the query says otherwise (ListDirectoryUsers)."""
        call = Call(
            OPERATIONS["ListDirectoryUsers"], {"directoryId": directory_id}, query.parameters()
        )
        return wire.record_page(self._caller.ask(call))

    @operation("CreateUser")
    def create(self, directory_id: str, values: Mapping[str, Written]) -> Record | None:
        """Add a user and return the record; None where the answer does not show it (CreateUser).

        Raises:
            InDoubt: no clear answer came; look for the user before adding it again.
        """
        answer = self._ask(
            "CreateUser", {"response": "rows"}, json=body(values), directoryId=directory_id
        )
        rows = wire.records(answer)
        return rows[0] if rows else None

    @operation("UpdateUsers")
    def update(
        self, directory_id: str, values: Mapping[str, Written], *, condition: Clause
    ) -> Affected:
        """Write values to every user who matches, and return those (UpdateUsers).

        Raises:
            ValueError: the condition is empty.
        """
        # Here the parameter is "Where", not "q.where" as everywhere else (caspio-openapi-v3.json).
        query = {"Where": checked(condition), "response": "rows"}
        answer = self._ask("UpdateUsers", query, json=body(values), directoryId=directory_id)
        return wire.affected(answer, "UsersAffected")

    @operation("DeleteUsers")
    def delete(self, directory_id: str, *, condition: Clause) -> int:
        """Delete every user who matches, and return how many there were (DeleteUsers).

        Raises:
            ValueError: the condition is empty.
        """
        answer = self._ask("DeleteUsers", {"Where": checked(condition)}, directoryId=directory_id)
        return wire.count(answer, "UsersAffected")

    @operation("ActivateUser")
    def activate(self, directory_id: str, user_guid: str, *, send_email: bool = True) -> str:
        """Let a user activate the account and return the address for it (ActivateUser).

        Without `send_email` no message is sent: pass the address on.

        Raises:
            NameTaken: the user is active already.
        """
        given = {"UserGUID": user_guid, "SendEmail": send_email}
        answer = self._ask("ActivateUser", json=given, directoryId=directory_id)
        return account.activation_url(answer)

    def _ask(
        self,
        name: str,
        query: Mapping[str, str] | None = None,
        *,
        json: Mapping[str, object] | None = None,
        **names: str,
    ) -> Payload:
        return self._caller.ask(Call(OPERATIONS[name], names, query or {}, json=json))
