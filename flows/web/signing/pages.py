"""The pages of signing in and out: the only ones for users who are not signed in."""

from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from flows.web.pages import error_page, read_form, unavailable
from flows.web.render import document
from flows.web.signing.oidc import BEGUN_S, CALLBACK, SignInFailed
from flows.web.site import RequestRefused, Site, Visit
from pipeline.errors import LedgerUnavailable

SignInHandler = Callable[[Site, Request, Mapping[str, str]], Response]
"""Answers a request of somebody who is not signed in; the mapping is the form that was sent."""

# The longest address to return to; ours are shorter.
MOST_PATH_CHARS = 1_000

_BEGIN = "/login/oidc"


def sign_in_routes(site: Site) -> list[Route]:
    """Return the routes that admit users. Those of a way that is not set up do not exist."""
    ways: list[tuple[str, str, SignInHandler]] = [
        ("/login", "GET", ask),
        ("/login", "POST", by_link),
    ]
    if site.provider is not None:
        ways += [(_BEGIN, "GET", begin), (CALLBACK, "GET", finish)]
    if site.proxy is not None:
        ways.append(("/login/proxy", "POST", by_proxy))
    return [_route(site, *way) for way in ways]


def _route(site: Site, path: str, method: str, answer: SignInHandler) -> Route:
    async def respond(request: Request) -> Response:
        try:
            sent = dict(await read_form(request)) if method == "POST" else {}
            return await run_in_threadpool(answer, site, request, sent)
        except RequestRefused as refused:
            return error_page(refused.status, refused.problem, refused.remedy)
        except LedgerUnavailable as error:
            return unavailable(error)

    return Route(path, respond, methods=[method], name=f"{method} {path}")


def ask(site: Site, request: Request, _form: Mapping[str, str]) -> Response:
    """Show the ways to sign in."""
    # A button, and no sign-in at once: mail programs open links to look at them, which would use
    # the link up.
    token = request.query_params.get("link", "")
    return document("sign_in", token=token, ways=site.ways(request), path="/")


def by_link(site: Site, request: Request, form: Mapping[str, str]) -> Response:
    """Sign in by a link."""
    opened = site.sessions.open(form.get("link", ""), _cookies(request))
    if opened is None:
        remedy = "Each link works once, for 15 minutes. Ask for a new one."
        raise RequestRefused(403, "This link no longer works.", remedy)
    return _see("/", opened[1])


def by_proxy(site: Site, request: Request, form: Mapping[str, str]) -> Response:
    """Sign in whom the proxy names."""
    said = site.proxy.says(request) if site.proxy is not None else None
    if said is None:
        raise RequestRefused(
            403, "The proxy did not say who you are.", "Open the page through the proxy."
        )
    if said.user is None:
        remedy = "Ask for a group that may use this page, or for a link."
        raise RequestRefused(403, "No group of yours may use this page.", remedy)
    header = site.sessions.admit(said.user, by=f"proxy {said.peer}", cookies=_cookies(request))
    return _see(own_path(form.get("to", "")), header)


def begin(site: Site, request: Request, _form: Mapping[str, str]) -> Response:
    """Send the browser to the identity provider."""
    assert site.provider is not None
    to = own_path(request.query_params.get("to", ""))
    try:
        begun = site.provider.begin(callback=site.origin(request) + CALLBACK, to=to)
    except SignInFailed as failed:
        raise RequestRefused(502, str(failed)) from failed
    return _see(begun.address, site.sessions.keep(begun.kept, seconds=BEGUN_S))


def finish(site: Site, request: Request, _form: Mapping[str, str]) -> Response:
    """Sign in who comes back from the identity provider."""
    assert site.provider is not None
    cookies = _cookies(request)
    try:
        who = site.provider.finish(
            request.query_params,
            kept=site.sessions.kept(cookies),
            callback=site.origin(request) + CALLBACK,
        )
    except SignInFailed as failed:
        raise RequestRefused(
            403, str(failed), "Open the page again, and sign in there."
        ) from failed
    by = f"{site.provider.settings.issuer} subject {who.subject}"
    answer = _see(own_path(who.to), site.sessions.admit(who.user, by=by, cookies=cookies))
    answer.headers.append("set-cookie", site.sessions.keep("", seconds=0))
    return answer


def sign_out(visit: Visit) -> Response:
    """Close the session."""
    header = visit.site.sessions.close(visit.user, visit.cookies)
    provider = visit.site.provider
    elsewhere = None
    if provider is not None:
        try:
            elsewhere = provider.sign_out_address(f"{visit.origin}/login")
        except SignInFailed:
            elsewhere = None  # the session here has ended all the same
    return document(
        "signed_out_now",
        headers={"set-cookie": header},
        elsewhere=elsewhere,
        has_proxy=visit.site.proxy is not None,
    )


def own_path(text: str) -> str:
    """Return a path of this site, "/" for anything else: a link must not lead away from here."""
    # Browsers read a backslash as a slash, and drop tabs and line breaks.
    is_own = text.startswith("/") and not text.startswith("//") and "\\" not in text
    # The longest one that a cookie can keep in any case.
    return text if is_own and text.isprintable() and len(text) <= MOST_PATH_CHARS else "/"


def _cookies(request: Request) -> str:
    return request.headers.get("cookie", "")


def _see(address: str, cookie: str) -> Response:
    return RedirectResponse(address, status_code=303, headers={"set-cookie": cookie})
