"""Directories and their users."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.errors import bad_body, bad_query
from infra.emulator.http.answers import answer, listing_result, result
from infra.emulator.http.bodies import Member, Model, json_body, read_members
from infra.emulator.http.operations import LISTING, Operations, account_of, profile_of
from infra.emulator.http.parameters import Parameters
from infra.emulator.routes.records import MAX_SHOWN
from infra.emulator.state.directories import Directory

OPERATIONS = Operations()
_USERS = "/v3/directories/{directoryId}/users"
# SPEC (C): SendEmail is true by default. The emulator sends no mail.
_ACTIVATION: Model = {"UserGUID": Member(str, required=True), "SendEmail": Member(bool)}


def _directory_of(request: Request) -> Directory:
    return account_of(request).directories.definitions.get(request.path_params["directoryId"])


def _where_of(request: Request) -> str:
    """Return the condition; 400 if it is missing."""
    # SPEC (C): here it is called `Where`, without `q.`.
    where = Parameters(request).text("where")
    if not where.strip():
        raise bad_query("Where")
    return where


@OPERATIONS.add("ListDirectories", "GET", "/v3/directories")
async def list_directories(request: Request) -> Response:
    """Answer with the directories that the profile may read."""
    directories = account_of(request).directories
    profile = profile_of(request)
    readable = [one for one in directories.definitions.all() if profile.may("read", one.name)]
    return result([directories.item(directory) for directory in readable])


@OPERATIONS.add("ListDirectoryUsers", "GET", _USERS, right="read", query=LISTING)
async def list_users(request: Request) -> Response:
    """Answer with a page of users."""
    query = Parameters(request).query()
    account = account_of(request)
    users = account.directories.users(_directory_of(request))
    return listing_result(account.records.page(users, query), query)


@OPERATIONS.add("CreateUser", "POST", _USERS, right="insert", query=("response",))
async def create_user(request: Request) -> Response:
    """Add a user."""
    directory = _directory_of(request)
    body = await json_body(request)
    account = account_of(request)
    pk = account.records.insert(account.directories.table(directory), body)
    if not Parameters(request).rows:
        return Response(status_code=201)
    rows = account.records.rows(account.directories.users(directory), [pk])
    return result(rows, status=201)


@OPERATIONS.add("UpdateUsers", "PUT", _USERS, right="update", query=("Where", "response"))
async def update_users(request: Request) -> Response:
    """Change the users that match the condition."""
    directory = _directory_of(request)
    where = _where_of(request)
    body = await json_body(request)
    if not body:
        raise bad_body("name at least one field")

    account = account_of(request)
    pks = account.records.update(account.directories.table(directory), where, body)
    rows = []
    if Parameters(request).rows:
        rows = account.records.rows(account.directories.users(directory), pks[:MAX_SHOWN])
    return result(rows, UsersAffected=len(pks))


@OPERATIONS.add("DeleteUsers", "DELETE", _USERS, right="delete", query=("Where",))
async def delete_users(request: Request) -> Response:
    """Remove the users that match the condition."""
    directory = _directory_of(request)
    account = account_of(request)
    pks = account.records.delete(account.directories.table(directory), _where_of(request))
    account.attachments.forget(directory.name, pks)
    return answer({"UsersAffected": len(pks)})


@OPERATIONS.add("ActivateUser", "POST", f"{_USERS}/activate", right="update")
async def activate_user(request: Request) -> Response:
    """Answer with the URL that activates a user."""
    directory = _directory_of(request)
    given = read_members(await json_body(request), _ACTIVATION)
    account = account_of(request)
    path = account.directories.activate(directory, given["UserGUID"])
    base = f"{request.url.scheme}://{request.url.netloc}"
    return result({"ActivationUrl": f"{base}{path}?account={account.name}"})
