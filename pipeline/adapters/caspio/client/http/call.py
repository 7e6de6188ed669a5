"""Make a call: build its address, send it, repeat it where that is safe, translate what goes wrong.

What may be repeated: a GET, whenever it fails; a write, only when it provably was not processed,
that is when no connection was made, or when Caspio refused it for the number of calls. A write that
was sent and got no clear answer raises InDoubt: whoever planned it must look.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO, TypeVar

import httpx

from pipeline.adapters.caspio.client.clock import Clock
from pipeline.adapters.caspio.client.errors import (
    InDoubt,
    ItemError,
    Unavailable,
    UnexpectedAnswer,
    UnusableValue,
)
from pipeline.adapters.caspio.client.http.answers import (
    MAX_BYTES,
    MAX_DOWNLOAD_BYTES,
    AnswerTooLarge,
    declared_bytes,
    json_or_none,
    parse_json,
    retry_after_s,
)
from pipeline.adapters.caspio.client.http.auth import TOKEN_TEMPLATE, TokenDelayed
from pipeline.adapters.caspio.client.http.rate import RateLimiter
from pipeline.adapters.caspio.client.http.refusals import (
    Meaning,
    describe,
    error_for,
    judge,
)
from pipeline.adapters.caspio.client.http.request import MAX_URI, Call
from pipeline.adapters.caspio.client.http.sending import Sender
from pipeline.adapters.caspio.client.http.transport import TEMPLATE, UNTIL_S
from pipeline.adapters.caspio.client.operations import AnswerKind
from pipeline.adapters.caspio.client.retry import Failures, Repeatable, RetryPolicy
from pipeline.adapters.caspio.client.values import Download
from pipeline.adapters.caspio.client.wire.payload import Payload

RETRY = RetryPolicy(
    on=(Repeatable,), attempts=6, total_s=180.0, first_pause_s=0.5, max_pause_s=30.0
)
"""How calls are repeated: six attempts in three minutes, to outlast a restart of the service."""

_NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout)
_NOT_SENT = (*_NOT_REACHED, httpx.PoolTimeout, httpx.ProxyError)
# What a failure of the network means, the narrower kind first.
_NETWORK: tuple[tuple[type[httpx.HTTPError], str], ...] = (
    (httpx.ConnectTimeout, "no connection was made in time"),
    (httpx.ConnectError, "no connection could be made"),
    (httpx.PoolTimeout, "all connections were in use for too long"),
    (httpx.ProxyError, "the proxy made no connection"),
    (httpx.WriteTimeout, "the request could not be sent in time"),
    (httpx.TimeoutException, "no answer came in time"),
    (httpx.NetworkError, "the connection broke"),
    (httpx.ProtocolError, "the connection broke"),
)
_LOOK = "Nothing was repeated: look whether it took effect before it is sent again."

T = TypeVar("T")


class Caller:
    """The function that all calls pass through, with what it needs.

    Args:
        sender: Sends requests; authenticates them.
        url: The account's address.
        clock: Waits between attempts.
        limiter: Is slowed down when Caspio had too many calls.
        redacted: Masks secrets in texts.
        retry: When and how calls are repeated.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        url: str,
        clock: Clock,
        limiter: RateLimiter,
        redacted: Callable[[str], str],
        retry: RetryPolicy = RETRY,
    ) -> None:
        self._sender = sender
        self._url = url
        self._clock = clock
        self._limiter = limiter
        self._redacted = redacted
        self._retry = retry
        self._was_answered = False

    def room(self, call: Call) -> int:
        """Return how many encoded characters may still be added to a call's address."""
        return MAX_URI - len(self._url) - len(call.target)

    def json(self, call: Call) -> object:
        """Make a call and return its JSON; None for an answer without a body."""
        return self._repeated(call, lambda: _json(call, self._exchange(call)))

    def ask(self, call: Call) -> Payload:
        """Make a call and return its JSON with the name of the call, ready to be parsed."""
        return Payload(self.json(call), what=call.what, is_write=call.method != "GET")

    def text(self, call: Call) -> str:
        """Make a call whose answer is one text, bare or as JSON."""
        response = self._repeated(call, lambda: self._exchange(call))
        body = json_or_none(response)
        return body if isinstance(body, str) else response.text

    def any_content(self, call: Call) -> object:
        """Make a call and return its JSON, its text where it has no JSON, None without a body."""
        response = self._repeated(call, lambda: self._exchange(call))
        body = json_or_none(response)
        return body if body is not None else (response.text or None)

    @contextmanager
    def stream(self, call: Call) -> Iterator[Download]:
        """Open a download. It is repeated until its headers are there.

        A body that breaks off later raises Unavailable while it is read.

        Raises:
            Unavailable: the attempts are used up.
        """
        response = self._repeated(call, lambda: self._open(call))
        try:
            declared = declared_bytes(response.headers)
            yield Download(chunks=self._chunks(response, call), declared_bytes=declared)
        finally:
            response.close()

    def _repeated(self, call: Call, attempt: Callable[[], T]) -> T:
        def give_up(failures: Failures) -> Exception:
            times = "once" if failures.number == 1 else f"{failures.number} times"
            advice = "A later attempt may succeed; see whether Caspio"
            # Where nothing has answered yet, the address may be misspelled.
            if not self._was_answered and isinstance(failures.last.__cause__, _NOT_REACHED):
                advice = (
                    f"Check the account's address, {self._url} (`--url` of `init`, `url` in the "
                    "settings), and whether it"
                )
            return Unavailable(
                f"{call.what} failed {times} in {failures.spent_s:.0f} s, "
                f"last with: {failures.last} {advice} is reachable from this machine."
            )

        return self._retry.run(attempt, clock=self._clock, give_up=give_up)

    def _exchange(self, call: Call) -> httpx.Response:
        """Send a call once and return its answer, read and good."""
        return self._read(call, self._send(call))

    def _open(self, call: Call) -> httpx.Response:
        """Send a call once and return its answer, good and with its body still to be read."""
        response = self._send(call)
        return response if response.is_success else self._read(call, response)

    def _read(self, call: Call, response: httpx.Response) -> httpx.Response:
        with closing(response):
            try:
                response.read()
            except httpx.HTTPError as error:
                raise self._failed(call, error, sent=True) from error
            self._require_success(call, response)
        return response

    def _chunks(self, response: httpx.Response, call: Call) -> Iterator[bytes]:
        try:
            yield from response.iter_bytes()
        except AnswerTooLarge as error:
            raise ItemError(f"{call.what}: {error}. It is not downloaded.") from error
        except httpx.HTTPError as error:
            _mask(error, self._redacted)
            raise Unavailable(
                f"{call.what} broke off: {_in_words(error)}. A later attempt may fetch it."
            ) from error

    def _send(self, call: Call) -> httpx.Response:
        url = self._url + call.target
        if len(url) > MAX_URI:
            raise UnusableValue(
                f"{call.what}: the address would have {len(url):,} characters, Caspio takes "
                f"{MAX_URI:,}. Map fewer columns or shorten the source's `where`."
            )
        try:
            if call.upload is None:
                response = self._sender.send(self._request(call, url, None))
            else:
                with call.upload.opened() as file:
                    response = self._sender.send(self._request(call, url, file))
        except TokenDelayed as error:
            pause_s = None
            if error.response is not None:
                pause_s = retry_after_s(error.response.headers, self._clock.now())
            raise Repeatable(str(error), pause_s) from error
        except httpx.HTTPError as error:
            raise self._failed(call, error, sent=not isinstance(error, _NOT_SENT)) from error
        self._was_answered = True
        return response

    def _request(self, call: Call, url: str, file: BinaryIO | None) -> httpx.Request:
        headers = {"Accept": "application/json"}
        extensions: dict[str, object] = {TEMPLATE: call.operation.template, UNTIL_S: call.until_s}
        files = None
        if call.upload is not None and file is not None:
            files = {call.upload.part: (call.upload.name, file, call.upload.media_type)}
        elif call.operation.answer is AnswerKind.BYTES:
            headers = {"Accept": "application/octet-stream", "Accept-Encoding": "identity"}
            extensions[MAX_BYTES] = MAX_DOWNLOAD_BYTES
        elif call.method == "DELETE":
            # Older documentation asks for it although there is no body; newer does not mind.
            headers["Content-Type"] = "application/json"
        return self._sender.request(
            call.method, url, json=call.json, files=files, headers=headers, extensions=extensions
        )

    def _failed(self, call: Call, error: httpx.HTTPError, *, sent: bool) -> Exception:
        """Return what a failure of the network means for a call."""
        _mask(error, self._redacted)
        reason = f"{_in_words(error)}."
        is_safe = call.method == "GET" or not sent or _is_for_token(error)
        if not is_safe:
            return InDoubt(f"{call.what} was sent and its answer never came ({reason}) {_LOOK}")
        if isinstance(error, AnswerTooLarge) and not _is_for_token(error):
            # The same question would bring the same answer.
            return UnexpectedAnswer(
                f"{call.what}: {error}. Select fewer columns.", status=200, resource=call.what
            )
        return Repeatable(reason)

    def _require_success(self, call: Call, response: httpx.Response) -> None:
        answer = judge(response, self._redacted)
        match answer.meaning:
            case Meaning.DONE:
                return
            case Meaning.TOO_MANY:
                pause_s = retry_after_s(response.headers, self._clock.now())
                # A longer pause ends the call, see RetryPolicy. It is not put on all workers: each
                # of them meets it.
                if pause_s is None or pause_s <= self._retry.longest_wait_s:
                    self._limiter.delay(pause_s or self._retry.first_pause_s)
                raise Repeatable(describe(answer), pause_s)
            case Meaning.BUSY if call.method == "GET":
                raise Repeatable(
                    describe(answer), retry_after_s(response.headers, self._clock.now())
                )
            case Meaning.BUSY:
                raise InDoubt(f"{describe(answer, what=call.what)} {_LOOK}")
        raise error_for(answer, what=call.what, request_line=call.request_line)


def _json(call: Call, response: httpx.Response) -> object:
    if not response.content:
        return None
    try:
        return parse_json(response.content)
    except ValueError:
        pass  # raised below without its cause, which would have the whole answer in it
    if call.method == "GET":
        raise Repeatable("the answer is not whole JSON.")
    raise InDoubt(f"{call.what} was answered, but not with whole JSON. {_LOOK}")


def _in_words(error: httpx.HTTPError) -> str:
    """Say what went wrong in the network, with the detail that the system gives."""
    for kind, words in _NETWORK:
        if isinstance(error, kind):
            return f"{words} ({str(error).rstrip('.')})" if str(error) else words
    return str(error).rstrip(".")


def _mask(error: BaseException | None, redacted: Callable[[str], str]) -> None:
    """Mask secrets in an error and its causes: a parser's message may show a header line."""
    while error is not None:
        error.args = tuple(redacted(part) if isinstance(part, str) else part for part in error.args)
        error = error.__cause__ or error.__context__


def _is_for_token(error: httpx.HTTPError) -> bool:
    try:
        return error.request.url.path == TOKEN_TEMPLATE
    except RuntimeError:  # httpx raises it where no request was attached
        return False
