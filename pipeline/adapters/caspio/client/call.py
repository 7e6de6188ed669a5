"""Make a call: build its address, send it, repeat it where that is safe, translate what goes wrong.

What may be repeated: a GET, whenever it fails; a write, only when it provably was not processed, that is when no
connection was made, or when Caspio refused it for the number of calls. A write that was sent and got no clear answer
raises EffectInDoubt: whoever planned it must look.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import quote

import httpx

from pipeline.adapters.caspio.client.auth import TOKEN_TEMPLATE, TokenDelayed, json_or_none
from pipeline.adapters.caspio.client.operations import Answer, Operation
from pipeline.adapters.caspio.client.rate import RateLimiter
from pipeline.adapters.caspio.client.refusals import Reply, Verdict, describe, error_for, judge
from pipeline.adapters.caspio.client.transport import TEMPLATE
from pipeline.adapters.caspio.client.wire import Payload
from pipeline.errors import EffectInDoubt, RejectFile, ServiceUnavailable
from pipeline.ports import Clock, Download

API_ROOT = "/integrations/rest"
MAX_URI = 2047  # characters; a longer one is answered with 414
MAX_ATTEMPTS = 6
MAX_TOTAL_S = 180.0
FIRST_PAUSE_S = 0.5
MAX_PAUSE_S = 30.0

_T = TypeVar("_T")
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send as one multipart part."""

    part: str
    path: Path
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Call:
    """One operation: `names` fill its path, `query` goes behind it.

    `about` names record and field for a message, where there are any. The body is never shown: it may be a password.
    """

    operation: Operation
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    json: object = field(default=None, repr=False)
    upload: Upload | None = None
    about: str = ""

    def __post_init__(self) -> None:
        """Refuse a name that would make the address that of another operation.

        Raises:
            ValueError: a name of the path is missing, empty, "." or "..".
        """
        wrong = [
            name
            for name in self.operation.path_names
            if self.names.get(name, "") in {"", ".", ".."}
        ]
        if wrong:
            raise ValueError(
                f"{self.operation.id}: {', '.join(wrong)} cannot be empty, '.' or '..'"
            )

    @property
    def method(self) -> str:
        """Return the HTTP method."""
        return self.operation.method

    @property
    def target(self) -> str:
        """Return path and query as they go over the wire."""
        parts = (
            quote(self.names[part[1:-1]], safe="") if part.startswith("{") else part
            for part in self.operation.template.split("/")
        )
        path = "/".join(parts)
        query = "&".join(f"{name}={encoded(value)}" for name, value in self.query.items())
        return f"{API_ROOT}{path}?{query}" if query else f"{API_ROOT}{path}"

    @property
    def what(self) -> str:
        """Name the call for a message: method, template, the objects in it."""
        objects = ", ".join(f"{name}={value!r}" for name, value in self.names.items())
        details = "; ".join(filter(None, [objects, self.about]))
        return f"{self.method} {self.operation.template}" + (f" ({details})" if details else "")


def encoded(value: str) -> str:
    """Encode a query value; what RFC 3986 lets stand in a query stands, since addresses are short of room."""
    return quote(value, safe="-._~!$()*,:@/?")


class _Again(Exception):
    """The attempt failed in a way that may be repeated."""

    def __init__(self, reason: str, pause_s: float | None = None) -> None:
        self.reason = reason
        self.pause_s = pause_s
        super().__init__(reason)


class Caller:
    """The function that all calls pass through, with what it needs."""

    def __init__(
        self,
        http: httpx.Client,
        *,
        url: str,
        clock: Clock,
        limiter: RateLimiter,
        redacted: Callable[[str], str],
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self._http = http
        self._url = url
        self._clock = clock
        self._limiter = limiter
        self._redacted = redacted
        self._jitter = jitter or random.SystemRandom().random

    def room(self, call: Call) -> int:
        """Return how many encoded characters may still be added to a call's address."""
        return MAX_URI - len(self._url) - len(call.target)

    def json(self, call: Call) -> object:
        """Make a call and return its JSON; None for an answer without a body."""
        return self._repeat(call, lambda: self._exchange(call, self._body))

    def ask(self, call: Call) -> Payload:
        """Make a call and return its JSON with the name of the call, ready to be parsed."""
        return Payload(self.json(call), what=call.what)

    def text(self, call: Call) -> str:
        """Make a call whose answer is one text, bare or as JSON."""
        return self._repeat(call, lambda: self._exchange(call, _text))

    def whatever(self, call: Call) -> object:
        """Make a call and return its JSON, its text where it is no JSON, None without a body."""
        return self._repeat(call, lambda: self._exchange(call, _whatever))

    @contextmanager
    def stream(self, call: Call) -> Iterator[Download]:
        """Open a download. It is repeated until its headers are there; a body that breaks off later is TryLater.

        Raises:
            ServiceUnavailable: retries are used up, or the body broke off.
        """
        response = self._repeat(call, lambda: self._open(call))
        try:
            yield Download(
                chunks=self._chunks(response, call), declared_bytes=declared_bytes(response.headers)
            )
        finally:
            response.close()

    def _chunks(self, response: httpx.Response, call: Call) -> Iterator[bytes]:
        try:
            yield from response.iter_bytes()
        except httpx.HTTPError as error:
            _mask(error, self._redacted)
            raise ServiceUnavailable(
                f"{call.what} broke off ({type(error).__name__}: {error}). "
                "It is fetched again by the next attempt or run."
            ) from error

    def _exchange(self, call: Call, read: Callable[[Call, httpx.Response], _T]) -> _T:
        with closing(self._send(call)) as response:
            try:
                response.read()
            except httpx.HTTPError as error:
                raise self._failed(call, error, sent=True) from error
            self._check(call, response)
            return read(call, response)

    def _open(self, call: Call) -> httpx.Response:
        response = self._send(call)
        try:
            if not response.is_success:
                response.read()
                self._check(call, response)
        except httpx.HTTPError as error:
            raise self._failed(call, error, sent=True) from error
        finally:
            if not response.is_success:
                response.close()
        return response

    def _send(self, call: Call) -> httpx.Response:
        url = self._url + call.target
        if len(url) > MAX_URI:
            raise RejectFile(
                f"{call.what}: the address would have {len(url):,} characters, Caspio takes {MAX_URI:,}. "
                "Map fewer columns or shorten the source's `where`."
            )
        try:
            if call.upload is None:
                return self._http.send(self._request(call, url, None), stream=True)
            with call.upload.path.open("rb") as file:
                return self._http.send(self._request(call, url, file), stream=True)
        except TokenDelayed as error:
            raise _Again(str(error), _retry_after(error.response, self._clock.now())) from error
        except httpx.HTTPError as error:
            raise self._failed(call, error, sent=not isinstance(error, _BEFORE_SENDING)) from error

    def _request(self, call: Call, url: str, file: BinaryIO | None) -> httpx.Request:
        headers = {"Accept": "application/json"}
        files = None
        if call.upload is not None and file is not None:
            files = {call.upload.part: (call.upload.name, file, call.upload.media_type)}
        elif call.operation.answer is Answer.BYTES:
            headers = {"Accept": "application/octet-stream", "Accept-Encoding": "identity"}
        elif call.method == "DELETE":
            headers["Content-Type"] = (
                "application/json"  # older documents ask for it, newer do not mind
            )
        return self._http.build_request(
            call.method,
            url,
            json=call.json,
            files=files,
            headers=headers,
            extensions={TEMPLATE: call.operation.template},
        )

    def _failed(self, call: Call, error: httpx.HTTPError, *, sent: bool) -> Exception:
        """Say what a failure of the network means for a call."""
        _mask(error, self._redacted)
        reason = f"{type(error).__name__}: {error}"
        for_token = error.request.url.path == TOKEN_TEMPLATE if _has_request(error) else False
        if call.method == "GET" or not sent or for_token:
            return _Again(reason)
        return EffectInDoubt(
            f"{call.what} was sent and its answer never came ({reason}). "
            "Nothing was repeated; the next run looks whether it took effect."
        )

    def _check(self, call: Call, response: httpx.Response) -> None:
        answer = judge(response, self._redacted)
        if answer.verdict is Verdict.DONE:
            return
        pause_s = _retry_after(response, self._clock.now())
        if answer.verdict is Verdict.TOO_MANY:
            self._limiter.hold(pause_s or FIRST_PAUSE_S)
            raise _Again(describe(answer, what=call.what), pause_s)
        if answer.verdict is Verdict.BUSY:
            raise self._busy(call, answer, pause_s)
        raise error_for(answer, what=call.what)

    def _busy(self, call: Call, answer: Reply, pause_s: float | None) -> Exception:
        text = describe(answer, what=call.what)
        if call.method == "GET":
            return _Again(text, pause_s)
        return EffectInDoubt(
            f"{text} Nothing was repeated; the next run looks whether it took effect."
        )

    def _body(self, call: Call, response: httpx.Response) -> object:
        if not response.content:
            return None
        try:
            body: object = response.json()
        except ValueError:
            pass  # told below, without a cause: it would carry the whole answer along
        else:
            return body
        if call.method == "GET":
            raise _Again("the answer is not whole JSON")
        raise EffectInDoubt(
            f"{call.what} answered {response.status_code}, but not with whole JSON. "
            "Nothing was repeated; the next run looks whether it took effect."
        )

    def _repeat(self, call: Call, attempt: Callable[[], _T]) -> _T:
        started = self._clock.monotonic()
        for number in range(1, MAX_ATTEMPTS + 1):
            try:
                return attempt()
            except _Again as again:
                pause_s = again.pause_s if again.pause_s is not None else self._pause(number)
                spent_s = self._clock.monotonic() - started
                if number == MAX_ATTEMPTS or spent_s + pause_s > MAX_TOTAL_S:
                    raise ServiceUnavailable(
                        f"{call.what} failed {number} times in {spent_s:.0f} s, last with: {again.reason}. "
                        "The next run continues here; see whether Caspio is reachable from this machine."
                    ) from again
                self._clock.sleep(pause_s)
        raise AssertionError("the loop returns or raises")

    def _pause(self, number: int) -> float:
        """Return a pause between half of and the whole of what has doubled with each attempt, in seconds."""
        whole: float = min(MAX_PAUSE_S, FIRST_PAUSE_S * 2 ** (number - 1))
        return whole * (0.5 + self._jitter() / 2)


def _text(_: Call, response: httpx.Response) -> str:
    body = json_or_none(response)
    return body if isinstance(body, str) else response.text


def _whatever(_: Call, response: httpx.Response) -> object:
    body = json_or_none(response)
    return body if body is not None else (response.text or None)


def declared_bytes(headers: httpx.Headers) -> int | None:
    """Return the length an answer declares where it counts what is handed on; an encoded body's does not."""
    length = headers.get("Content-Length", "")
    return int(length) if length.isdigit() and "Content-Encoding" not in headers else None


def _retry_after(response: httpx.Response, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks for, in either of its two forms; None without one."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _mask(error: BaseException | None, redacted: Callable[[str], str]) -> None:
    """Mask secrets in an error and in all it came from: a parser shows the line it could not read."""
    while error is not None:
        error.args = tuple(redacted(part) if isinstance(part, str) else part for part in error.args)
        error = error.__cause__ or error.__context__


def _has_request(error: httpx.HTTPError) -> bool:
    try:
        return error.request is not None
    except RuntimeError:  # httpx raises it where no request was attached
        return False
