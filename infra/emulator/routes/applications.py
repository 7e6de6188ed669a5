"""Bridge applications, their DataPages and the deployment of these."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.http.answers import (
    Operation,
    Parameters,
    account_of,
    answer,
    json_body,
    profile_of,
    result,
)
from infra.emulator.http.bodies import Member, read_members
from infra.emulator.state.applications import Application, DataPage, deployment_code


def _app(request: Request) -> Application:
    return account_of(request).applications.get(request.path_params["externalKey"])


def _page(request: Request) -> DataPage:
    return account_of(request).applications.page(_app(request), request.path_params["appKey"])


async def _list(request: Request) -> Response:
    apps, profile = account_of(request).applications, profile_of(request)
    return result(
        [one.shown(len(apps.pages(one))) for one in apps.all() if profile.may("read", one.name)]
    )


async def _get(request: Request) -> Response:
    app = _app(request)
    return result(app.shown(len(account_of(request).applications.pages(app))))


async def _list_pages(request: Request) -> Response:
    return result([one.shown() for one in account_of(request).applications.pages(_app(request))])


async def _get_page(request: Request) -> Response:
    return result(_page(request).shown())


async def _code(request: Request) -> Response:
    return answer(deployment_code(_page(request), Parameters(request).text("method")))


async def _wanted(request: Request) -> bool:
    return bool(
        read_members(await json_body(request), {"Deployed": Member(bool, required=True)})[
            "Deployed"
        ]
    )


async def _deploy(request: Request) -> Response:
    page = _page(request)
    account_of(request).applications.deploy(page, deployed=await _wanted(request))
    return Response(status_code=204)


async def _deploy_all(request: Request) -> Response:
    app, deployed = _app(request), await _wanted(request)
    for page in account_of(request).applications.pages(app):
        account_of(request).applications.deploy(page, deployed=deployed)
    return Response(status_code=204)


_ALL = "/v3/bridgeApplications"
_ONE = f"{_ALL}/{{externalKey}}"
_PAGES = f"{_ONE}/datapages"
_ONE_PAGE = f"{_PAGES}/{{appKey}}"
OPERATIONS = (
    Operation("ListBridgeApplications", "GET", _ALL, _list),
    Operation("GetBridgeApplication", "GET", _ONE, _get, "read"),
    Operation("ListBridgeApplicationDataPages", "GET", _PAGES, _list_pages, "read"),
    Operation(
        "UpdateBridgeApplicationDataPagesDeployment",
        "PUT",
        f"{_PAGES}/deployment",
        _deploy_all,
        "deploy",
    ),
    Operation("GetBridgeApplicationDataPage", "GET", _ONE_PAGE, _get_page, "read"),
    Operation(
        "GetBridgeApplicationDataPageDeploymentCode",
        "GET",
        f"{_ONE_PAGE}/deployment",
        _code,
        "read",
        ("method",),
    ),
    Operation(
        "UpdateBridgeApplicationDataPageDeployment",
        "PUT",
        f"{_ONE_PAGE}/deployment",
        _deploy,
        "deploy",
    ),
)
