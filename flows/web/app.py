"""The application: every route with the role that it needs."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from flows.web.apps.pages import application, applications, data_page, deploy
from flows.web.guard import Guard
from flows.web.mapping.routes import mapping_routes
from flows.web.overview import audit, examine_again, overview
from flows.web.pages import Pages, missing, unexpected
from flows.web.plans import apply, plan, plans, refuse
from flows.web.record import accept_as_is, download, record, thumbnail, undo as undo_record
from flows.web.review.document import accept_all, decide, document, picture, undo, words
from flows.web.review.queue import begin_next, claim, postpone, queue
from flows.web.review.reread import read_again
from flows.web.review.table import accept_rows, table
from flows.web.runs import run, undo as undo_run
from flows.web.signing.pages import sign_in_routes, sign_out
from flows.web.site import Site
from pipeline.model.users import Role

_STATIC = Path(__file__).with_name("static")


class _StaticFiles(StaticFiles):
    """Our own files, which are the same for everybody."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file; browsers ask whether it has changed."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def create_app(site: Site, *, origins: frozenset[str]) -> Starlette:
    """Return the application of a site that users reach at these addresses."""
    return Starlette(
        routes=routes(site),
        middleware=[Middleware(Guard, origins=origins)],
        exception_handlers={404: missing, 405: missing, Exception: unexpected},
    )


def routes(site: Site) -> list[BaseRoute]:
    """Return every route."""
    pages = Pages(site)
    return [
        *sign_in_routes(site),
        Mount("/static", _StaticFiles(directory=_STATIC), name="static"),
        pages.route("/", overview),
        pages.route("/audit", audit, needs=Role.ADMIN),
        pages.route("/logout", sign_out, method="POST"),
        pages.route("/examine", examine_again, needs=Role.MAPPER, method="POST"),
        pages.route("/records", record),
        pages.route("/records/acknowledge", accept_as_is, needs=Role.REVIEWER, method="POST"),
        pages.route("/records/undo", undo_record, needs=Role.MAPPER, method="POST"),
        pages.route("/files/{version}/{what}", download),
        pages.route("/thumbnails/{version}.webp", thumbnail),
        pages.route("/runs/{id}", run),
        pages.route("/runs/{id}/undo", undo_run, needs=Role.MAPPER, method="POST"),
        pages.route("/plans", plans),
        pages.route("/plans/{id}", plan),
        pages.route("/plans/{id}/refuse", refuse, needs=Role.MAPPER, method="POST"),
        pages.route("/plans/{id}/apply", apply, needs=Role.MAPPER, method="POST"),
        pages.route("/apps", applications),
        pages.route("/apps/{key}", application),
        pages.route("/apps/{key}/deploy", deploy, needs=Role.ADMIN, method="POST"),
        pages.route("/apps/{key}/{page}", data_page),
        pages.route("/apps/{key}/{page}/deploy", deploy, needs=Role.ADMIN, method="POST"),
        *mapping_routes(pages),
        pages.route("/review", queue),
        pages.route("/review/next", begin_next, needs=Role.REVIEWER, method="POST"),
        pages.route("/review/table", table),
        pages.route("/review/table", accept_rows, needs=Role.REVIEWER, method="POST"),
        pages.route("/review/{id}", document),
        pages.route("/review/{id}/{file:int}/{page:int}.webp", picture),
        pages.route("/review/{id}/{file:int}/{page:int}/words", words),
        pages.route("/review/{id}/claim", claim, needs=Role.REVIEWER, method="POST"),
        pages.route("/review/{id}/postpone", postpone, needs=Role.REVIEWER, method="POST"),
        pages.route("/review/{id}/decide", decide, needs=Role.REVIEWER, method="POST"),
        pages.route("/review/{id}/accept-all", accept_all, needs=Role.REVIEWER, method="POST"),
        pages.route("/review/{id}/read", read_again, needs=Role.REVIEWER, method="POST"),
        pages.route("/review/{id}/undo", undo, needs=Role.REVIEWER, method="POST"),
    ]
