"""Operations of the specification, and what a request gives each of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.account.account import Account
from infra.emulator.account.profiles import Profile
from infra.emulator.errors import bad_query
from infra.emulator.state.schema import Relation

Handler = Callable[[Request], Awaitable[Response]]

# SPEC: the query parameters that several operations share.
LISTING = (
    "q.select",
    "q.where",
    "q.groupBy",
    "q.orderBy",
    "q.limit",
    "q.pageNumber",
    "q.pageSize",
    "q.getPaginationInfo",
)
FILE_LISTING = ("externalKey", "pageNumber", "pageSize", "sortField", "sortDescending")
WHERE = ("q.where",)
WHERE_AND_RESPONSE = ("q.where", "response")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the specification.

    Attributes:
        id: operationId.
        template: Path template from `/v3` on.
        right: What a profile needs on the object that the path names; "" if the handler checks.
        query: The query parameters that the specification has.
    """

    id: str
    method: str
    template: str
    handler: Handler
    right: str = ""
    query: tuple[str, ...] = ()

    @property
    def places_of_keys(self) -> list[bool]:
        """For each part of the path, whether it is a key; sorts fixed paths before keys."""
        return [part.startswith("{") for part in self.template.split("/")]


class Operations:
    """The operations of one group, in the order of their handlers."""

    def __init__(self) -> None:
        self.all: list[Operation] = []

    def add(
        self,
        operation_id: str,
        method: str,
        template: str,
        *,
        right: str = "",
        query: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that adds a handler as an operation."""

        def register(handler: Handler) -> Handler:
            self.all.append(Operation(operation_id, method, template, handler, right, query))
            return handler

        return register

    def add_for_tables_and_views(
        self,
        operation_id: str,
        method: str,
        path: str,
        *,
        right: str,
        query: tuple[str, ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Add a handler twice, for tables and for views; `{kind}` in the id is Table or View."""

        def register(handler: Handler) -> Handler:
            for kind, parent in (("Table", "tables/{tableName}"), ("View", "views/{viewName}")):
                self.all.append(
                    Operation(
                        id=operation_id.format(kind=kind),
                        method=method,
                        template=f"/v3/{parent}{path}",
                        handler=handler,
                        right=right,
                        query=query,
                    )
                )
            return handler

        return register


def account_of(request: Request) -> Account:
    """Return the account of the caller's token."""
    return cast("Account", request.state.account)


def profile_of(request: Request) -> Profile:
    """Return the caller's profile."""
    return cast("Profile", request.state.profile)


def relation_of(request: Request) -> Relation:
    """Return the table or view that the path names; 404 if it does not exist."""
    store = account_of(request).store
    names = request.path_params
    if "viewName" in names:
        return store.relation(names["viewName"], is_view=True)
    return store.relation(names["tableName"], is_view=False)


def check_parameters(request: Request, known: tuple[str, ...]) -> None:
    """Refuse unknown query parameters if the account's quirk says so; 400."""
    # §2.6 (I): unknown parameters seem to be ignored; one note saw 400.
    if account_of(request).quirks.unknown_parameters == "ignored":
        return
    allowed = {name.lower() for name in known}
    allowed |= {name.removeprefix("q.") for name in allowed}
    for name in request.query_params:
        if name.lower() not in allowed:
            raise bad_query(name)
