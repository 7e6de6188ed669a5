"""The application of a link: one page, and nothing else."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from flows.web.guard import Guard
from flows.web.linking.desk import LinkDesk, NotAccepted
from flows.web.pages import error_page, missing, read_form, unexpected
from flows.web.render import document
from flows.web.site import RequestRefused

_STATIC = Path(__file__).parents[1] / "static"


def create_link_app(desk: LinkDesk, *, origins: frozenset[str]) -> Starlette:
    """Return the application of a link that is reached at these addresses."""

    async def ask(request: Request) -> Response:
        if not desk.is_open(request.path_params["token"]):
            return missing(request, LookupError())
        return shown(desk)

    async def enter(request: Request) -> Response:
        try:
            form = dict(await read_form(request))
            peer = request.client.host if request.client is not None else ""
            await run_in_threadpool(
                desk.enter,
                request.path_params["token"],
                form.get("client_id", ""),
                form.get("client_secret", ""),
                peer=peer,
            )
        except RequestRefused as refused:
            return error_page(refused.status, refused.problem, refused.remedy)
        except LookupError as error:
            return missing(request, error)
        except NotAccepted as error:
            # Neither value comes back: not even the id belongs into a page.
            return shown(desk, problem=str(error), status=422)
        return document("linking/done", account=desk.account, url=desk.url)

    return Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=_STATIC), name="static"),
            Route("/link/{token}", ask, methods=["GET"], name="GET /link/{token}"),
            Route("/link/{token}", enter, methods=["POST"], name="POST /link/{token}"),
        ],
        middleware=[Middleware(Guard, origins=origins)],
        exception_handlers={404: missing, 405: missing, Exception: unexpected},
    )


def shown(desk: LinkDesk, *, problem: str = "", status: int = 200) -> Response:
    """Return the page with the form."""
    return document(
        "linking/enter",
        status=status,
        account=desk.account,
        url=desk.url,
        expires_at=desk.expires_at,
        problem=problem,
    )
