"""Directories and their users."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import bad_body, bad_query
from infra.emulator.http.answers import (
    LISTING,
    Operation,
    Parameters,
    account_of,
    answer,
    json_body,
    listed,
    profile_of,
    result,
)
from infra.emulator.http.bodies import Member, Model, read_members
from infra.emulator.state.directories import Directory

_ACTIVATE: Model = {"UserGUID": Member(str, required=True), "SendEmail": Member(bool)}


def _directory(request: Request) -> Directory:
    return account_of(request).directories.get(request.path_params["directoryId"])


def _where(request: Request) -> str:
    """Return the condition, which here is called `Where`; 400 without it."""
    where = Parameters(request).text("where")
    if not where.strip():
        raise bad_query("Where")
    return where


async def _list(request: Request) -> Response:
    directories, profile = account_of(request).directories, profile_of(request)
    return result(
        [directories.item(one) for one in directories.all() if profile.may("read", one.name)]
    )


async def _users(request: Request) -> Response:
    query, account = Parameters(request).query(), account_of(request)
    return listed(
        account.records.page(account.directories.users(_directory(request)), query), query
    )


async def _create(request: Request) -> Response:
    directory, body, account = _directory(request), await json_body(request), account_of(request)
    pk = account.records.insert(account.directories.plain(directory), body)
    if not Parameters(request).rows:
        return Response(status_code=201)
    return result(account.records.rows(account.directories.users(directory), [pk]), status=201)


async def _update(request: Request) -> Response:
    directory, where, body = _directory(request), _where(request), await json_body(request)
    if not body:
        raise bad_body("name at least one field")
    account = account_of(request)
    pks = account.records.update(account.directories.plain(directory), where, body)
    shown = (
        account.records.rows(account.directories.users(directory), pks[:1000])
        if Parameters(request).rows
        else []
    )
    return result(shown, UsersAffected=len(pks))


async def _delete(request: Request) -> Response:
    directory, account = _directory(request), account_of(request)
    pks = account.records.delete(account.directories.plain(directory), _where(request))
    account.attachments.forget(directory.name, pks)
    return answer({"UsersAffected": len(pks)})


async def _activate(request: Request) -> Response:
    directory, given = _directory(request), read_members(await json_body(request), _ACTIVATE)
    path = account_of(request).directories.activate(directory, given["UserGUID"])
    base = f"{request.url.scheme}://{request.url.netloc}"
    return result({"ActivationUrl": f"{base}{path}?account={account_of(request).name}"})


_USERS = "/v3/directories/{directoryId}/users"
_CHANGE = ("Where", "response")
OPERATIONS = (
    Operation("ListDirectories", "GET", "/v3/directories", _list),
    Operation("ListDirectoryUsers", "GET", _USERS, _users, "read", LISTING),
    Operation("CreateUser", "POST", _USERS, _create, "insert", ("response",)),
    Operation("UpdateUsers", "PUT", _USERS, _update, "update", _CHANGE),
    Operation("DeleteUsers", "DELETE", _USERS, _delete, "delete", ("Where",)),
    Operation("ActivateUser", "POST", f"{_USERS}/activate", _activate, "update"),
)
