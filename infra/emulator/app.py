"""The ASGI application: routes inside, the gate around them."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.emulator.control import Control
from infra.emulator.errors import ApiError, sql_error
from infra.emulator.faults import Faults
from infra.emulator.gate import BASE, Gate, Log, RateLimit, refused
from infra.emulator.http import Operation
from infra.emulator.routes import attachments, files, records, tables
from infra.emulator.state.account import Account
from infra.emulator.tokens import Tokens
from infra.emulator.wire import Wires

_TOKEN = "/oauth/token"  # noqa: S105  a path
_CODES = {404: "ObjectNotFound", 405: "MethodNotAllowed"}


@dataclass(frozen=True, slots=True)
class Parts:
    """What the application is made of besides its routes."""

    account: Account
    tokens: Tokens
    wires: Wires
    rate_limit: RateLimit | None


def operations() -> tuple[Operation, ...]:
    """Return every operation the emulator answers, fixed paths before those with a key in the same place."""
    return (*tables.OPERATIONS, *records.OPERATIONS, *attachments.OPERATIONS, *files.OPERATIONS)


def build(parts: Parts) -> ASGIApp:
    """Assemble the application."""
    faults, log = Faults(), Log()
    named = [(_route(one), one.id, one.template) for one in operations()]
    named.append((Route(_TOKEN, parts.tokens.handle, methods=["POST"]), "Token", _TOKEN))
    routes = [*_merged(named), *Control(faults=faults, log=log).routes()]
    handlers = {ApiError: _on_error, HTTPException: _on_http, RecursionError: _on_depth}
    app = Starlette(routes=routes, exception_handlers=handlers)  # type: ignore[arg-type]  # handlers name their own exception
    app.state.account = parts.account
    app.state.wires = parts.wires
    return Gate(
        app,
        routes=named,
        faults=faults,
        log=log,
        tokens=parts.tokens,
        wires=parts.wires,
        quirks=parts.account.store.quirks,
        rate_limit=parts.rate_limit,
    )


def _route(one: Operation) -> Route:
    return Route(f"{BASE}{one.template}", one.handler, methods=[one.method])


def _merged(named: Iterable[tuple[Route, str, str]]) -> list[Route]:
    return [route for route, _, _ in named]


async def _on_error(request: Request, error: ApiError) -> Response:
    return refused(error, request.scope)


async def _on_depth(request: Request, _: RecursionError) -> Response:
    return refused(sql_error("Some part of your SQL statement is nested too deeply."), request.scope)


async def _on_http(request: Request, error: HTTPException) -> Response:
    return refused(
        ApiError(error.status_code, _CODES.get(error.status_code, "BadRequest"), error.detail), request.scope
    )
