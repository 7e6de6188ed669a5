"""What every request must be like, and what every answer carries, whatever the page.

A browser sends its cookies with requests that other sites make. So a request that may change
something must come from this site, by what the browser itself says of it: `Sec-Fetch-Site`, or
`Origin` where a browser does not send that. See "Cross-Site Request Forgery Prevention", OWASP.
"""

from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing is loaded from elsewhere, no script is inside a page, and no other page shows ours."""


def policy(*, frames: str) -> str:
    """Return the policy of a page that shows a frame from one other address."""
    return f"{POLICY}; frame-src {frames}"


HEALTH = "/health"
_HEADERS = {
    "x-content-type-options": "nosniff",
    # Not "no-referrer": browsers would send our own forms with an origin of "null".
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_UNSAFE_METHODS = frozenset({"POST"})


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses what does not come from this site. `origins` are its addresses, without a path."""

    app: ASGIApp
    origins: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it; add the headers to the answer."""
        if scope["type"] != "http":
            return  # no web sockets here

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                # A page that shows a frame has a policy of its own.
                headers.setdefault("content-security-policy", POLICY)
                # Pages have names and values of documents: no cache may keep them.
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self.refusal(scope["method"], Headers(scope=scope))
        answer: ASGIApp = self.app
        if scope["path"] == HEALTH and scope["method"] in _SAFE_METHODS:
            # A probe knows the page by its number only, and learns nothing but that it answers.
            answer = PlainTextResponse("ok")
        elif refusal is not None:
            status, reason = refusal
            answer = PlainTextResponse(reason, status_code=status)
        await answer(scope, receive, send_with_headers)

    def refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Return status and reason of a refusal, None where there is none."""
        host = headers.get("host", "").lower()
        # Another name for this address lets another site's script read the pages (DNS rebinding).
        if not any(origin.partition("://")[2] == host for origin in self.origins):
            return 421, "This address is not the one in web.url or web.listen."
        if method in _SAFE_METHODS:
            return None
        if method not in _UNSAFE_METHODS:
            return 405, "This method is not used here."
        if not self.is_own(headers.get("sec-fetch-site"), headers.get("origin")):
            return 403, "This request was not made by a page of this site."
        return None

    def is_own(self, site: str | None, origin: str | None) -> bool:
        """Say whether a browser says that our own page made a request, and nothing else of it."""
        if site is None and origin is None:
            return False
        is_same_origin = origin is None or origin.lower() in self.origins
        return is_same_origin and site in {None, "same-origin"}
