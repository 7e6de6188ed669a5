"""URLs that work without a token: temporary downloads, activations of users, and DataPages."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from infra.emulator.errors import existing, no_file
from infra.emulator.http.answers import file_answer
from infra.emulator.http.operations import account_of


async def download(request: Request) -> Response:
    """Answer with the file of a temporary URL."""
    account = account_of(request)
    file = existing(account.deliveries.temporary_file(request.path_params["key"]), no_file())
    found = account.attachments.get(file.table, file.field, file.pk)
    return file_answer(request, found.content, name=found.name, media_type=found.media_type)


async def activate(request: Request) -> Response:
    """Activate the user of an ActivationUrl."""
    is_done = account_of(request).directories.complete_activation(request.path_params["key"])
    text = "The account is active." if is_done else "This address is not valid any more."
    html = f"<!doctype html><title>Activation</title><p>{text}"
    return HTMLResponse(html, status_code=200 if is_done else 404)


async def data_page(request: Request) -> Response:
    """Answer with a DataPage that is deployed: its name, and a form without an effect."""
    page = account_of(request).applications.deployed(request.path_params["key"])
    # What Caspio answers where nothing is deployed is not known; this is ours.
    if page is None:
        return HTMLResponse("<!doctype html><p>This DataPage is not deployed.", status_code=404)
    title = escape(page.name)
    html = f"<!doctype html><title>{title}</title><h1>{title}</h1><form><input><button>Submit"
    return HTMLResponse(html)


ROUTES = (
    Route("/dp/{key}", data_page, methods=["GET"]),
    Route("/_temporary/{key}", download, methods=["GET"]),
    Route("/_activate/{key}", activate, methods=["GET"]),
)
