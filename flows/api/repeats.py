"""`Idempotency-Key`: a write that is sent again is carried out once, and answered the same."""

import hashlib
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import anyio
import structlog
from starlette.requests import Request

from flows.agents.accounts import AgentAccount
from flows.agents.threads import in_thread
from flows.api.answers import ApiReply, problem
from flows.api.requests import wrong
from flows.api.transfers import IncomingUpload
from pipeline.errors import LedgerUnavailable
from pipeline.model.agents import KeptRequest, RequestState

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
TTL_S = 60.0
"""A request that was not renewed for so long was abandoned: its process has ended."""
# A quarter of the time, so that one renewal which fails or is late loses nothing.
_RENEW_S = 15.0
# Printable ASCII, perhaps in quotes as in the draft of the header, "Idempotency-Key".
_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')

_log = structlog.get_logger()

T = TypeVar("T")


def key_of(request: Request) -> str | None:
    """Return the digest of the key that a request has, None without one.

    Raises:
        Wrong: it cannot be a key.
    """
    text = request.headers.get(HEADER)
    if text is None:
        return None
    # A text in quotation marks, by the IETF's draft; many clients leave the marks out.
    found = _KEY.fullmatch(text.strip())
    if found is None:
        raise wrong("arguments", f"{HEADER} is 1 to 255 visible characters of ASCII.")
    return hashlib.sha256(found[1].encode()).hexdigest()


async def once(
    account: AgentAccount,
    intent: KeptRequest,
    carry_out: Callable[[], Coroutine[Any, Any, ApiReply]],
    *,
    is_raw: bool,
    upload: IncomingUpload | None,
) -> ApiReply:
    """Carry a request out, or answer as the first one with its key was.

    The intent is in the ledger before the effect. If the process ends between the effect and the
    answer, the next request with the key finds the intent: what goes by the ledger's own intents,
    such as `apply`, is carried out again, which finishes it; of anything else it is not known
    whether it took effect, and it is not repeated.
    """
    agents = account.ledger.agents
    known = await in_thread(lambda: agents.begin_request(intent, ttl_s=TTL_S))
    if known is not None:
        reply = await _known(account, known, intent, is_raw=is_raw, upload=upload)
        if reply is not None:
            return reply

    async def renew() -> None:
        while True:
            await anyio.sleep(_RENEW_S)
            try:
                await in_thread(
                    lambda: agents.renew_request(intent.token_id, intent.key, ttl_s=TTL_S)
                )
            except LedgerUnavailable as error:
                _log.warning("a key was not renewed", account=account.name, error=str(error))
            except Exception:  # noqa: BLE001 - the end of the loop: see below
                # The write goes on, and its answer must not be lost; the next renewal may succeed.
                _log.exception("a key was not renewed", account=account.name)

    reply = await beside(renew, carry_out)
    body = upload.sha256 if upload is not None else ""

    def settle() -> None:
        if _changed_nothing(reply, is_raw=is_raw):
            agents.release_request(intent.token_id, intent.key)
            return
        agents.settle_request(
            intent.token_id, intent.key, body=body, status=reply.status, answer=reply.content
        )

    try:
        await in_thread(settle)
    except LedgerUnavailable:
        # The audit has it, and so has the client; a repetition will find it in doubt.
        _log.exception("an answer could not be kept", account=account.name)
    return reply


async def _known(
    account: AgentAccount,
    known: KeptRequest,
    intent: KeptRequest,
    *,
    is_raw: bool,
    upload: IncomingUpload | None,
) -> ApiReply | None:
    """Return the answer to a key that is known; None where its request is to be carried out."""
    if known.request != intent.request:
        return problem("key_reused", "The key was sent with another method, address or body.")
    if known.state is RequestState.UNDER_WAY:
        return problem("under_way", "The first request with this key is not answered yet.")
    if known.state is RequestState.ABANDONED and is_raw:
        return problem("in_doubt", "The server ended while the first request was under way.")
    if known.state is RequestState.ABANDONED:
        agents = account.ledger.agents
        is_mine = await in_thread(lambda: agents.take_over_request(known, ttl_s=TTL_S))
        return None if is_mine else problem("under_way", "Another such request is under way.")
    if upload is not None:
        await upload.drain()
        # In doubt, the first file may not have come whole, and there is nothing to compare.
        if known.body != upload.sha256 and known.status == 200:  # noqa: PLR2004 - HTTP's OK
            return problem("key_reused", "The key was sent with another file.")
    return ApiReply(known.status or 500, dict(known.answer or {}), REPLAYED)


def _changed_nothing(reply: ApiReply, *, is_raw: bool) -> bool:
    """Say whether a request may be carried out again, also by the same key."""
    kinds = {error["kind"] for error in reply.content["errors"]}
    if not kinds:
        return False
    # What goes by the ledger's own intents may always be repeated; a raw write only if Caspio has
    # refused it, or it was never sent.
    return not is_raw or not kinds & {"in_doubt", "failed"}


async def beside(
    background: Callable[[], Coroutine[Any, Any, None]], work: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Return what `work` returns, or raise what it raises; meanwhile, `background` runs."""
    results: list[T] = []
    failure: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(background)
        try:
            results.append(await work())
        except Exception as error:  # noqa: BLE001 - raised below; a task group would wrap it
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return results[0]
