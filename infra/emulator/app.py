"""The ASGI application: routes inside, the gate around them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.emulator.account.account import Account
from infra.emulator.account.profiles import FILES, WEBHOOKS
from infra.emulator.control.routes import Control
from infra.emulator.errors import ApiError, sql_error
from infra.emulator.faults import Faults
from infra.emulator.http.answers import Operation, account_of, check_parameters, profile_of
from infra.emulator.http.connections import Wires
from infra.emulator.http.middleware import BASE, Gate, Log, RateLimit, refused
from infra.emulator.http.tokens import Tokens
from infra.emulator.pages.routes import Look
from infra.emulator.routes import (
    applications,
    attachments,
    directories,
    files,
    links,
    passwords,
    records,
    tables,
    tasks,
    webhooks,
)

_TOKEN = "/oauth/token"  # noqa: S105  a path
_CODES = {404: "ObjectNotFound", 405: "MethodNotAllowed"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of besides its routes."""

    accounts: Mapping[str, Account]
    tokens: Tokens
    faults: Faults
    wires: Wires
    rate_limit: RateLimit | None


def operations() -> tuple[Operation, ...]:
    """Return every operation the emulator answers, fixed paths before those with a key in the same place."""
    groups = (
        tables,
        records,
        passwords,
        attachments,
        files,
        webhooks,
        tasks,
        applications,
        directories,
    )
    return tuple(operation for group in groups for operation in group.OPERATIONS)


def build(parts: Parts) -> ASGIApp:
    """Assemble the application."""
    faults, log = parts.faults, Log()
    named = [(_route(one), one.id, one.template) for one in operations()]
    named.append((Route(_TOKEN, parts.tokens.handle, methods=["POST"]), "Token", _TOKEN))
    routes = [
        *_merged(named),
        *Control(faults=faults, log=log).routes(),
        *links.routes(),
        *Look(log).routes(),
    ]
    handlers = {ApiError: _on_error, HTTPException: _on_http, RecursionError: _on_depth}
    app = Starlette(routes=routes, exception_handlers=handlers)  # type: ignore[arg-type]  # handlers name their own exception
    app.state.wires = parts.wires
    return Gate(
        app,
        routes=named,
        faults=faults,
        log=log,
        tokens=parts.tokens,
        accounts=parts.accounts,
        wires=parts.wires,
        quirks=next(iter(parts.accounts.values())).store.quirks,
        rate_limit=parts.rate_limit,
    )


def _route(one: Operation) -> Route:
    async def checked(request: Request) -> Response:
        check_parameters(request, one.query)
        if one.right:
            profile_of(request).check(one.right, _object(request))
        return await one.handler(request)

    return Route(f"{BASE}{one.template}", checked, methods=[one.method])


def _object(request: Request) -> str:
    """Return the name under which a profile is granted what the path is about."""
    names, path = request.path_params, request.url.path.removeprefix(f"{BASE}/v3/")
    if "tableName" in names or "viewName" in names:
        return str(names.get("tableName") or names.get("viewName"))
    account = account_of(request)
    if path.startswith("directories/"):
        return account.directories.get(names["directoryId"]).name
    if path.startswith("dataImportExportTasks/"):
        return account.tasks.get(names["externalKey"]).name
    if path.startswith("bridgeApplications/"):
        return account.applications.get(names["externalKey"]).name
    return WEBHOOKS if path.startswith("outgoingWebhooks") else FILES


def _merged(named: Iterable[tuple[Route, str, str]]) -> list[Route]:
    return [route for route, _, _ in named]


async def _on_error(request: Request, error: ApiError) -> Response:
    return refused(error, request.scope)


async def _on_depth(request: Request, _: RecursionError) -> Response:
    return refused(
        sql_error("Some part of your SQL statement is nested too deeply."), request.scope
    )


async def _on_http(request: Request, error: HTTPException) -> Response:
    return refused(
        ApiError(error.status_code, _CODES.get(error.status_code, "BadRequest"), error.detail),
        request.scope,
    )
