"""Bridge applications, their DataPages, and the deployment of DataPages."""

from starlette.requests import Request
from starlette.responses import Response

from infra.emulator.http.answers import answer, result
from infra.emulator.http.bodies import Member, json_body, read_members
from infra.emulator.http.operations import Operations, account_of, profile_of
from infra.emulator.http.parameters import Parameters
from infra.emulator.state.applications import Application, DataPage, deployment_code

OPERATIONS = Operations()
_APPS = "/v3/bridgeApplications"
_APP = f"{_APPS}/{{externalKey}}"
_PAGES = f"{_APP}/datapages"
_PAGE = f"{_PAGES}/{{appKey}}"


def _app_of(request: Request) -> Application:
    return account_of(request).applications.apps.get(request.path_params["externalKey"])


def _page_of(request: Request) -> DataPage:
    app = _app_of(request)
    return account_of(request).applications.page(app, request.path_params["appKey"])


async def _read_deployed(request: Request) -> bool:
    # §2.5 (C): in version 3 a member says whether to deploy; version 2 had DELETE for the opposite.
    body = await json_body(request)
    return bool(read_members(body, {"Deployed": Member(bool, required=True)})["Deployed"])


@OPERATIONS.add("ListBridgeApplications", "GET", _APPS)
async def list_apps(request: Request) -> Response:
    """Answer with the applications that the profile may read."""
    applications = account_of(request).applications
    profile = profile_of(request)
    readable = [app for app in applications.apps.all() if profile.may("read", app.name)]
    return result([app.to_json(pages=len(applications.pages(app))) for app in readable])


@OPERATIONS.add("GetBridgeApplication", "GET", _APP, right="read")
async def get_app(request: Request) -> Response:
    """Answer with one application."""
    app = _app_of(request)
    pages = account_of(request).applications.pages(app)
    return result(app.to_json(pages=len(pages)))


@OPERATIONS.add("ListBridgeApplicationDataPages", "GET", _PAGES, right="read")
async def list_pages(request: Request) -> Response:
    """Answer with an application's DataPages."""
    pages = account_of(request).applications.pages(_app_of(request))
    return result([page.to_json() for page in pages])


@OPERATIONS.add(
    "UpdateBridgeApplicationDataPagesDeployment", "PUT", f"{_PAGES}/deployment", right="deploy"
)
async def deploy_all_pages(request: Request) -> Response:
    """Deploy all DataPages of an application, or end their deployment."""
    app = _app_of(request)
    deployed = await _read_deployed(request)
    applications = account_of(request).applications
    for page in applications.pages(app):
        applications.set_deployed(page, deployed=deployed)
    return Response(status_code=204)


@OPERATIONS.add("GetBridgeApplicationDataPage", "GET", _PAGE, right="read")
async def get_page(request: Request) -> Response:
    """Answer with one DataPage."""
    return result(_page_of(request).to_json())


@OPERATIONS.add(
    "GetBridgeApplicationDataPageDeploymentCode",
    "GET",
    f"{_PAGE}/deployment",
    right="read",
    query=("method",),
)
async def get_deployment_code(request: Request) -> Response:
    """Answer with the code that shows a DataPage, as a plain JSON text."""
    account = str(request.base_url).rstrip("/")
    method = Parameters(request).text("method")
    return answer(deployment_code(_page_of(request), method, account=account))


@OPERATIONS.add(
    "UpdateBridgeApplicationDataPageDeployment", "PUT", f"{_PAGE}/deployment", right="deploy"
)
async def deploy_page(request: Request) -> Response:
    """Deploy a DataPage, or end its deployment."""
    page = _page_of(request)
    deployed = await _read_deployed(request)
    account_of(request).applications.set_deployed(page, deployed=deployed)
    return Response(status_code=204)
