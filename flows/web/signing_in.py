"""The pages of signing in and out: the only ones for users who are not signed in."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from flows.web.pages import error_page, read_form, unavailable
from flows.web.render import document
from flows.web.site import Refused, Site, Visit
from pipeline.errors import LedgerUnavailable


def sign_in_routes(site: Site) -> list[Route]:
    """Return the routes that admit users."""

    async def ask(request: Request) -> Response:
        # A button, and no sign-in at once: mail programs open links to look at them, which would
        # use the link up.
        return document("sign_in", token=request.query_params.get("link", ""))

    async def sign_in(request: Request) -> Response:
        try:
            form = dict(await read_form(request))
            opened = await run_in_threadpool(site.sessions.open, form.get("link", ""))
        except Refused as refused:
            return error_page(refused.status, refused.problem, refused.remedy)
        except LedgerUnavailable as error:
            return unavailable(error)
        if opened is None:
            remedy = "Each link works once, for 15 minutes. Ask for a new one."
            return error_page(403, "This link does not work any more.", remedy)
        return RedirectResponse("/", status_code=303, headers={"set-cookie": opened[1]})

    return [Route("/login", ask, methods=["GET"]), Route("/login", sign_in, methods=["POST"])]


def sign_out(visit: Visit) -> Response:
    """Close the session."""
    header = visit.site.sessions.close(visit.user, visit.cookies)
    return document("signed_out_now", headers={"set-cookie": header})
