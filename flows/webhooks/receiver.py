"""The receiver of webhook messages: check, store, answer. It calls neither Caspio nor a run."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline.errors import LedgerUnavailable
from pipeline.ports import Ledger
from pipeline.settings import Settings
from pipeline.webhooks.incoming import (
    BadMessage,
    Envelope,
    NotFromCaspio,
    is_signed,
    may_hold_secret,
    parse,
    require_secret,
    route,
    table_of,
    types_of,
)

PATH = "/webhooks/caspio"
BODY_S = 15.0
"""Seconds a sender has for its body: a slow one must not hold a connection."""

_log = structlog.get_logger()


class _TooLarge(Exception):
    """A body exceeds the size of a message."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receives messages for the sources of the settings.

    `present` returns the settings as they are now; `on_stored` is called after messages were stored
    that wait for work.
    """

    present: Callable[[], Settings]
    ledger: Ledger
    secrets: tuple[str, ...]
    on_stored: Callable[[], None]

    @property
    def settings(self) -> Settings:
        """Return the present settings."""
        return self.present()

    def app(self) -> Starlette:
        """Return the application: messages at PATH, and /health."""
        return Starlette(
            routes=[
                Route(PATH, self._message, methods=["POST"]),
                Route("/health", self._health, methods=["GET"]),
            ]
        )

    async def _message(self, request: Request) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in {"application/json", "text/json"}:
            return _refused(415, "a message is application/json")
        try:
            async with asyncio.timeout(BODY_S):
                body = await read_body(request, self.settings.webhooks.max_body_mib * 2**20)
        except _TooLarge:
            return _refused(413, f"a message has at most {self.settings.webhooks.max_body_mib} MiB")
        except TimeoutError:
            return _refused(408, "the body took too long")
        except ClientDisconnect:
            return _refused(400, "the body is cut short")
        signature = request.headers.get(self.settings.webhooks.signature_header, "")
        # The ledger blocks, and the event loop has to serve the other senders meanwhile.
        return await run_in_threadpool(self._answer, body, signature)

    def _answer(self, body: bytes, signature: str) -> Response:
        """Store a message and answer; a refused message leaves nothing behind."""
        try:
            new = self._store(body, signature)
        except NotFromCaspio:
            _log.info("a message without the right secret was refused", size_bytes=len(body))
            return _refused(
                401, "the message carries neither the webhook's secret nor its signature"
            )
        except BadMessage as error:
            return _refused(400, str(error))
        except LedgerUnavailable as error:
            _log.error("a message was not kept", error=str(error))
            # Not 200: Caspio sends again only what was not accepted.
            return _refused(503, "the ledger is not available; send the message again")
        if new:
            self.on_stored()
        return JSONResponse({"kept": new})

    def _store(self, body: bytes, signature: str) -> int:
        envelope = self._proved(body, signature)
        # Sources that webhooks cannot cover have no table, and no message concerns them.
        specs = [spec for spec in self.settings.specs().values() if table_of(spec)]
        syncs = [spec for one in self.settings.sync if (spec := one.spec()).reported_table]
        names = [*(spec.name for spec in specs), *(spec.source for spec in syncs)]
        types = {name: types_of(name, self.ledger) for name in names}
        return self.ledger.messages.save(
            route(envelope, specs, self.settings.caspio.account, types=types, syncs=syncs)
        )

    def _proved(self, body: bytes, signature: str) -> Envelope:
        """Read a message that is surely Caspio's; raise NotFromCaspio for others."""
        if signature and not is_signed(body, signature, self.secrets):
            raise NotFromCaspio
        if not signature and self.settings.webhooks.signature == "required":
            raise NotFromCaspio
        if not signature and not may_hold_secret(body, self.secrets):
            raise NotFromCaspio  # a stranger's message is not even parsed
        envelope = parse(body)
        # A signed message needs no secret; one that has a secret all the same must have the right
        # one.
        if not signature or envelope.secret:
            require_secret(envelope, self.secrets)
        return envelope

    def _health(self, _request: Request) -> Response:
        # Not a coroutine, so that Starlette calls it in a thread: the ledger blocks.
        try:
            backlog = self.ledger.messages.backlog(self.settings.caspio.account)
        except LedgerUnavailable:
            return JSONResponse({"status": "the ledger is not available"}, status_code=503)
        waiting = sum(one.waiting for one in backlog.values())
        started = sum(one.started for one in backlog.values())
        return JSONResponse({"status": "ok", "waiting": waiting, "started": started})


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Read a body, but never more than a message may have."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        # Counted while it arrives: the length that a sender declares may be false or missing.
        if len(body) > most_bytes:
            raise _TooLarge
    return bytes(body)


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)
