"""The ASGI application: the routes, and the middleware around them."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.emulator.account.account import Account
from infra.emulator.account.profiles import FILES, WEBHOOKS
from infra.emulator.control.routes import ControlRoutes
from infra.emulator.errors import ApiError, sql_error
from infra.emulator.faults import Faults
from infra.emulator.http.admission import API_ROOT, Admission
from infra.emulator.http.answers import error_answer
from infra.emulator.http.call_log import CallLog
from infra.emulator.http.connections import Connections
from infra.emulator.http.middleware import ApiMiddleware, NamedRoute
from infra.emulator.http.operations import Operation, account_of, check_parameters, profile_of
from infra.emulator.http.rate_limit import RateLimit
from infra.emulator.http.response_faults import ResponseFaults
from infra.emulator.http.tokens import Tokens
from infra.emulator.pages.routes import PageRoutes
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

# §1.2 (C): outside the API's root.
_TOKEN_PATH = "/oauth/token"  # noqa: S105  a path
_CODES = {404: "ObjectNotFound", 405: "MethodNotAllowed"}


@dataclass(frozen=True, slots=True)
class Components:
    """What the application consists of besides its routes."""

    accounts: Mapping[str, Account]
    tokens: Tokens
    faults: Faults
    connections: Connections
    rate_limit: RateLimit | None


def operations() -> tuple[Operation, ...]:
    """Return every operation; fixed paths come before those with a key in the same place."""
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
    listed = [operation for group in groups for operation in group.OPERATIONS.all]
    return tuple(sorted(listed, key=lambda one: one.places_of_keys))


def build_app(components: Components) -> ASGIApp:
    """Assemble the application."""
    log = CallLog()
    token_route = Route(_TOKEN_PATH, components.tokens.handle, methods=["POST"])
    api: list[NamedRoute] = [(api_route(one), one.id, one.template) for one in operations()]
    api.append((token_route, "Token", _TOKEN_PATH))

    app = Starlette(
        routes=[
            *(route for route, _, _ in api),
            *ControlRoutes(faults=components.faults, log=log).routes(),
            *links.ROUTES,
            *PageRoutes(log).routes(),
        ],
        exception_handlers=dict.fromkeys((ApiError, HTTPException, RecursionError), answer_error),
    )
    app.state.connections = components.connections
    return ApiMiddleware(
        app,
        routes=api,
        accounts=components.accounts,
        admission=Admission(
            tokens=components.tokens,
            accounts=components.accounts,
            quirks=next(iter(components.accounts.values())).quirks,
            rate_limit=components.rate_limit,
        ),
        faults=components.faults,
        response_faults=ResponseFaults(
            connections=components.connections, tokens=components.tokens
        ),
        log=log,
    )


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer a request whose handler raised an error."""
    match error:
        case ApiError():
            answered = error
        case HTTPException():
            # §8: the statuses are confirmed, the code of 405 is our choice.
            code = _CODES.get(error.status_code, "BadRequest")
            answered = ApiError(error.status_code, code, error.detail)
        case _:
            # The compiler of clauses follows nested brackets until Python's stack ends.
            answered = sql_error("Some part of your SQL statement is nested too deeply.")
    return error_answer(answered, request.scope)


def api_route(operation: Operation) -> Route:
    """Return an operation's route, which checks parameters and rights before the handler runs."""

    async def checked(request: Request) -> Response:
        check_parameters(request, operation.query)
        if operation.right:
            profile_of(request).check(operation.right, object_name(request))
        return await operation.handler(request)

    return Route(f"{API_ROOT}{operation.template}", checked, methods=[operation.method])


def object_name(request: Request) -> str:
    """Return the name under which a profile gets rights on what the path names."""
    names = request.path_params
    account = account_of(request)
    name = FILES
    match request.url.path.removeprefix(f"{API_ROOT}/v3/").split("/")[0]:
        case "tables":
            name = names["tableName"]
        case "views":
            name = names["viewName"]
        case "directories":
            name = account.directories.definitions.get(names["directoryId"]).name
        case "dataImportExportTasks":
            name = account.tasks.definitions.get(names["externalKey"]).name
        case "bridgeApplications":
            name = account.applications.apps.get(names["externalKey"]).name
        case "outgoingWebhooks":
            name = WEBHOOKS
        case _:
            pass
    return name
