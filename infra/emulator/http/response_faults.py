"""Answers that are spoilt on their way: cut, stalled, slow, or lost."""

import asyncio
from collections.abc import Callable

from starlette.types import Message, Receive, Scope, Send

from infra.emulator.faults import Fault
from infra.emulator.http.connections import Wires


def spoils(fault: Fault) -> bool:
    """Say whether a fault strikes while a request is processed or answered."""
    kinds = {"lost", "cut", "duplicate", "drip", "latency", "expired_midway"}
    return fault.kind in kinds or (fault.kind == "stall" and fault.bytes > 0)


def late(send: Send, seconds: float) -> Send:
    """Send an answer that much later than it was made."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(seconds)
        await send(message)

    return wrapped


def drip(send: Send, *, size: int, seconds: float) -> Send:
    """Send a body in small pieces with pauses between."""

    async def wrapped(message: Message) -> None:
        body = message.get("body", b"")
        for start in range(0, len(body), size):
            await send({**message, "body": body[start : start + size], "more_body": True})
            await asyncio.sleep(seconds)
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return wrapped


def noticing(send: Send, size: int, act: Callable[[], None]) -> Send:
    """Do something once so many bytes of a body have been sent."""
    left = [max(0, size)]

    async def wrapped(message: Message) -> None:
        left[0] -= len(message.get("body", b""))
        if left[0] <= 0 and message["type"] == "http.response.body":
            act()
        await send(message)

    return wrapped


async def twice(receive: Receive) -> tuple[Receive, Receive]:
    """Read a request's body and return two ways to read it again."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), bool(message.get("more_body"))
    return _replayed(body, receive), _replayed(body, receive)


def _replayed(body: bytes, receive: Receive) -> Receive:
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again


async def swallow(_: Message) -> None:
    """Take a part of an answer and send nothing."""


class Over(Exception):
    """The fault has ended the answer; nothing more of it is wanted."""


class Partial:
    """Passes on the first bytes of an answer, then waits or ends it as the fault says."""

    def __init__(self, wires: Wires, scope: Scope, send: Send, fault: Fault) -> None:
        self._wires = wires
        self._client = scope["client"]
        self._send = send
        self._fault = fault
        self._left = fault.bytes
        self._struck = False
        self.closed = False

    @property
    def _raw(self) -> bool:
        return (
            self._fault.kind == "cut" and not self._fault.declared and self._fault.ending == "close"
        )

    async def send(self, message: Message) -> None:
        """Take a part of the answer and send what the fault leaves of it."""
        if message["type"] == "http.response.start":
            await self._start(message)
            return
        body, more = message.get("body", b""), bool(message.get("more_body"))
        if self._struck or (len(body) <= self._left and more):
            self._left -= len(body)
            await self._pass(body, more=more)
            return
        self._struck = True
        await self._strike(body[: self._left], body[self._left :], more=more)

    async def _start(self, message: Message) -> None:
        headers = list(message["headers"])
        if self._left < 0:
            self._left = (
                int(
                    next(
                        (value for name, value in headers if name.lower() == b"content-length"),
                        b"0",
                    )
                )
                // 2
            )
        if self._fault.kind == "cut" and not self._fault.declared:
            headers = [one for one in headers if one[0].lower() != b"content-length"]
        if not self._raw:
            await self._send({**message, "headers": headers})
            return
        lines = [
            b"HTTP/1.1 %d OK" % message["status"],
            *(b": ".join(one) for one in headers),
            b"connection: close",
        ]
        self._wires.write(self._client, b"\r\n".join([*lines, b"", b""]))

    async def _pass(self, body: bytes, *, more: bool) -> None:
        if self._raw:
            self._wires.write(self._client, body)
            return
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _strike(self, first: bytes, rest: bytes, *, more: bool) -> None:
        if self._fault.kind == "stall":
            await self._pass(first, more=True)
            await asyncio.sleep(self._fault.seconds)
            await self._pass(rest, more=more)
            return
        clean = not self._fault.declared and self._fault.ending == "chunked"
        await self._pass(first, more=not clean)
        if not clean:
            self.closed = True
            self._wires.close(self._client)
        raise Over


async def gone(receive: Receive) -> None:
    """Wait until the server has noticed that the connection is over, so that it does not complain about the answer."""
    while (await receive())["type"] != "http.disconnect":
        pass
