"""Between Starlette and the pages: who it is, whether they may, and what they sent.

Pages block, as everything in this program does, so each runs in a thread.
"""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from flows.web.render import document
from flows.web.site import RequestRefused, Site, Visit, Ways, not_found
from pipeline.errors import IngestError, LedgerUnavailable
from pipeline.model.users import Role, User

MOST_BODY_BYTES = 512 * 1024
"""The largest form: a long text has 64,000 characters, each up to nine bytes as it is sent."""

MOST_FIELDS = 5_000
"""Fields of a form: a table may have hundreds of columns, with several fields for each."""

BODY_S = 15.0
"""Seconds that a browser has for a form: a slow one must not keep a connection."""

Handler = Callable[[Visit], Response]
_log = structlog.get_logger()

# A part of the page was to be replaced: an error replaces all of it. htmx reads these headers.
_WHOLE = {"hx-retarget": "#main", "hx-reselect": "#main", "hx-reswap": "outerHTML"}


@dataclass(frozen=True, slots=True)
class Pages:
    """Makes routes of handlers."""

    site: Site

    def route(
        self, path: str, handler: Handler, *, needs: Role = Role.VIEWER, method: str = "GET"
    ) -> Route:
        """Return the route of a page that a role, or one above it, may see."""

        async def answer(request: Request) -> Response:
            try:
                sent = await read_form(request) if method == "POST" else []
                return await run_in_threadpool(self._answer, request, sent, handler, needs)
            except RequestRefused as refused:
                return error_page(refused.status, refused.problem, refused.remedy)

        return Route(path, answer, methods=[method], name=f"{method} {path}")

    def _answer(
        self, request: Request, sent: list[tuple[str, str]], handler: Handler, needs: Role
    ) -> Response:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        try:
            self.site.refresh()
            user = self.site.user(request)
            if user is None:
                kept = sent if request.method == "POST" else []
                return signed_out(path, kept, self.site.ways(request))
            if not user.role.may(needs):
                raise not_found()
            choices: dict[str, tuple[str, ...]] = {}
            for name, value in sent:
                choices[name] = (*choices.get(name, ()), value)
            visit = Visit(
                self.site,
                user,
                path,
                parts={name: str(value) for name, value in request.path_params.items()},
                query=dict(request.query_params),
                form=dict(sent),
                choices=choices,
                cookies=request.headers.get("cookie", ""),
                origin=self.site.origin(request),
            )
            return handler(visit)
        except RequestRefused as refused:
            return error_page(refused.status, refused.problem, refused.remedy, user=user)
        except IngestError as error:
            return unavailable(error)


async def read_form(request: Request) -> list[tuple[str, str]]:
    """Return the names and values of a form.

    Raises:
        RequestRefused: it is too large, too slow, cut short or no form.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {"", "application/x-www-form-urlencoded"}:
        raise RequestRefused(415, "This is not a form.")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                body += chunk
                # Counted while it arrives: the length that is declared may be false or missing.
                if len(body) > MOST_BODY_BYTES:
                    raise RequestRefused(413, "The form is too large.", "Shorten the values in it.")
        return parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="strict",
        )
    except TimeoutError:
        raise RequestRefused(408, "The form took too long to arrive.", "Send it again.") from None
    except ClientDisconnect:
        raise RequestRefused(400, "The form was cut short.", "Send it again.") from None
    except ValueError:  # no UTF-8, or too many fields
        raise RequestRefused(400, "The form cannot be read.", "Load the page again.") from None


def signed_out(path: str, sent: list[tuple[str, str]], ways: Ways) -> Response:
    """Ask somebody to sign in. What they were sending is kept in the page, to be sent after it."""
    return document("signed_out", status=401, headers=_WHOLE, path=path, sent=sent, ways=ways)


def unavailable(error: IngestError) -> Response:
    """Say what does not work now; the message names what to do."""
    _log.warning("a page could not be made", error=str(error))
    status = 503 if isinstance(error, LedgerUnavailable) else 502
    return error_page(status, "This does not work at the moment.", str(error))


def unexpected(_request: Request, error: Exception) -> Response:
    """Answer a request that met a bug. The page names the entry of the log, and nothing else."""
    number = uuid.uuid4().hex[:8]
    _log.error("a page failed", incident=number, exc_info=error)
    remedy = f"Nothing is half done. Report it with the lines of incident {number} in the log."
    return error_page(500, "This page failed.", remedy)


def missing(_request: Request, _error: Exception) -> Response:
    """Answer an address that no page has."""
    refused = not_found()
    return error_page(refused.status, refused.problem, refused.remedy)


def error_page(status: int, problem: str, remedy: str, *, user: User | None = None) -> Response:
    """Return a page that says what happened and what to do."""
    return document(
        "error",
        status=status,
        headers=_WHOLE,
        code=status,
        problem=problem,
        remedy=remedy,
        user=user,
    )
