"""Addresses that work without a token: temporary downloads, and activations of users."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.emulator.errors import no_file
from infra.emulator.http.answers import account_of, file_answer


def routes() -> list[Route]:
    """Return the routes."""
    return [
        Route("/_temporary/{key}", _download, methods=["GET"]),
        Route("/_activate/{key}", _activate, methods=["GET"]),
    ]


async def _download(request: Request) -> Response:
    account = account_of(request)
    link = account.deliveries.link(request.path_params["key"])
    if link is None:
        raise no_file()
    found = account.attachments.get(link.table, link.field, link.pk)
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


async def _activate(request: Request) -> Response:
    if not account_of(request).directories.complete(request.path_params["key"]):
        return HTMLResponse(
            "<!doctype html><title>Activation</title><p>This address is over.", status_code=404
        )
    return HTMLResponse("<!doctype html><title>Activation</title><p>The account is active.")
