"""Faults of an answer on its way: cut, delayed, slow, lost, or sent after a second request."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.emulator.faults import Fault
from infra.emulator.http.answers import header
from infra.emulator.http.connections import Connections
from infra.emulator.http.tokens import Tokens

_KINDS = frozenset({"lost", "cut", "duplicate", "drip", "latency", "expired_midway"})


def affects_response(fault: Fault) -> bool:
    """Report whether a fault occurs while a request is processed or answered."""
    return fault.kind in _KINDS or (fault.kind == "stall" and fault.bytes > 0)


class ResponseFaults:
    """Runs requests whose answer meets a fault."""

    def __init__(self, *, connections: Connections, tokens: Tokens) -> None:
        self._connections = connections
        self._tokens = tokens

    async def run(
        self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, fault: Fault
    ) -> None:
        """Let the application process a request, and send its answer with the fault."""
        match fault.kind:
            case "lost":
                await app(scope, receive, discard)
                await self.drop(scope, receive)
            case "duplicate":
                body = await read_body(receive)
                await app(scope, replay(body, receive), discard)
                again = {**scope, "state": dict(scope["state"])}
                await app(again, replay(body, receive), send)
            case "drip":
                size = max(1, fault.bytes)
                await app(scope, receive, in_pieces(send, size=size, wait_s=fault.seconds))
            case "latency":
                await app(scope, receive, delayed(send, fault.seconds))
            case "expired_midway":
                authorization = header(scope, b"authorization")

                def revoke() -> None:
                    self._tokens.revoke(authorization)

                await app(scope, receive, after_bytes(send, fault.bytes, revoke))
            case _:
                partial = PartialAnswer(self._connections, scope, send, fault)
                try:
                    await app(scope, receive, partial.send)
                except AnswerEnded:
                    if partial.closed:
                        await _wait_for_disconnect(receive)

    async def drop(self, scope: Scope, receive: Receive) -> None:
        """Drop a request's connection so that the client sees a reset."""
        self._connections.reset(scope["client"])
        await _wait_for_disconnect(receive)


async def discard(_: Message) -> None:
    """Take a part of an answer and send nothing."""


async def _wait_for_disconnect(receive: Receive) -> None:
    # uvicorn reports an application that returns without an answer, unless the client is gone.
    while (await receive())["type"] != "http.disconnect":
        pass


async def read_body(receive: Receive) -> bytes:
    """Return a request's whole body."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = bool(message.get("more_body"))
    return body


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a whole body first."""
    waiting = [body]

    async def replayed() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replayed


def delayed(send: Send, wait_s: float) -> Send:
    """Return a `send` that waits before the answer starts."""

    async def delayed(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(wait_s)
        await send(message)

    return delayed


def in_pieces(send: Send, *, size: int, wait_s: float) -> Send:
    """Return a `send` that sends a body in pieces and waits after each."""

    async def in_pieces(message: Message) -> None:
        if message["type"] != "http.response.body":
            await send(message)
            return
        body = message.get("body", b"")
        for start in range(0, len(body), size):
            piece = body[start : start + size]
            await send({**message, "body": piece, "more_body": True})
            await asyncio.sleep(wait_s)
        await send({**message, "body": b""})

    return in_pieces


def after_bytes(send: Send, count: int, action: Callable[[], None]) -> Send:
    """Return a `send` that acts once so many bytes of a body are to be sent."""
    left = max(0, count)

    async def counting(message: Message) -> None:
        nonlocal left
        left -= len(message.get("body", b""))
        if left <= 0 and message["type"] == "http.response.body":
            action()
        await send(message)

    return counting


class AnswerEnded(Exception):
    """The fault has ended the answer; the rest of it is not wanted."""


class PartialAnswer:
    """Sends the first bytes of an answer, then waits or ends it as the fault says.

    Attributes:
        closed: Whether the connection was closed.
    """

    def __init__(self, connections: Connections, scope: Scope, send: Send, fault: Fault) -> None:
        self._connections = connections
        self._client = scope["client"]
        self._send = send
        self._fault = fault
        self._left = fault.bytes
        self._struck = False
        # Without a declared length and without a last chunk, only the closed connection ends the
        # body. The server would not send that, so the bytes are written past it.
        is_undeclared = fault.kind == "cut" and not fault.declared
        self._is_raw = is_undeclared and fault.ending == "close"
        self._hides_length = is_undeclared
        self.closed = False

    async def send(self, message: Message) -> None:
        """Take a part of the answer and send what the fault leaves of it."""
        if message["type"] == "http.response.start":
            await self._send_start(message)
            return
        body = message.get("body", b"")
        more = bool(message.get("more_body"))
        is_before_fault = len(body) <= self._left and more
        if self._struck or is_before_fault:
            self._left -= len(body)
            await self._send_body(body, more=more)
            return

        self._struck = True
        first, rest = body[: self._left], body[self._left :]
        if self._fault.kind == "stall":
            await self._send_body(first, more=True)
            await asyncio.sleep(self._fault.seconds)
            await self._send_body(rest, more=more)
            return
        is_clean_end = self._hides_length and not self._is_raw
        await self._send_body(first, more=not is_clean_end)
        if not is_clean_end:
            self.closed = True
            self._connections.close(self._client)
        raise AnswerEnded

    async def _send_start(self, message: Message) -> None:
        headers: list[tuple[bytes, bytes]] = list(message["headers"])
        lengths = [int(value) for name, value in headers if name.lower() == b"content-length"]
        if self._left < 0:
            self._left = sum(lengths) // 2
        if self._hides_length:
            headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
        if not self._is_raw:
            await self._send({**message, "headers": headers})
            return
        lines = [b"HTTP/1.1 %d OK" % message["status"]]
        lines += [b": ".join(pair) for pair in headers]
        lines += [b"connection: close", b"", b""]
        self._connections.write(self._client, b"\r\n".join(lines))

    async def _send_body(self, body: bytes, *, more: bool) -> None:
        if self._is_raw:
            self._connections.write(self._client, body)
        else:
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
