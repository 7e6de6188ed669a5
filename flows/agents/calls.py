"""Carry out a call: the token's scope, its rate and share, the audit row, then the tool itself."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import structlog
from jsonschema import Draft202012Validator

from flows.agents.accounts import AgentAccount
from flows.agents.tools.catalog import all_tools, covers
from flows.agents.tools.limits import SHARE_USED, LimitedDrain
from flows.agents.tools.schemas import STREAMED_FILE, input_schema
from flows.agents.tools.tool import UNTRUSTED, Answer, Json, Link, Refusal, Tool, ToolCall, Transfer
from pipeline.adapters.caspio.client import errors as client_errors
from pipeline.errors import (
    ArchiveUnavailable,
    BadSettings,
    BudgetExhausted,
    FileGone,
    ForeignLedger,
    IngestError,
    LedgerUnavailable,
    RefusedByCaspio,
    StopRequested,
    StopRun,
    TryLater,
)
from pipeline.model.agents import AgentCall, AgentToken, CallState, Scope
from pipeline.wording import counted

MOST_ANSWER_CHARS = 200_000
"""Most characters of an answer; more would fill the client's context, and nothing else."""

_log = structlog.get_logger()

Report = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """What the client gets: content for programs, links to files, or an error.

    `next_page` is tool and arguments of the next page, where they are not those of the call.
    """

    content: Json
    is_error: bool = False
    links: tuple[Link, ...] = ()
    next_page: tuple[str, Json] | None = None


class UnknownTool(Exception):
    """There is no such tool for this token; whether another token has one is not said."""


class Unsettled(LedgerUnavailable):
    """A call was carried out, and the audit could not be written behind it."""


@dataclass(frozen=True, slots=True)
class AgentCaller:
    """Who makes a call: the account it is bound to, and a token that was found valid.

    Attributes:
        drain: Is asked to stop when the client cancels.
        report: Gets the progress of runs.
        transfer: How files are sent and received.
        most_chars: Most characters of an answer.
    """

    account: AgentAccount
    token: AgentToken
    drain: LimitedDrain = field(default_factory=LimitedDrain)
    report: Report = field(default=lambda *_: None)
    transfer: Transfer = field(default_factory=Transfer)
    most_chars: int | None = None

    def call(self, arguments: Mapping[str, Any]) -> ToolCall:
        """Return what a tool gets."""
        return ToolCall(
            self.account,
            self.token.scope,
            arguments,
            self.drain,
            self.report,
            self.transfer,
            self.token.name,
        )


def perform(caller: AgentCaller, name: str, arguments: Mapping[str, Any]) -> Answered:
    """Carry out one call of a tool.

    Raises:
        UnknownTool: the scope does not cover such a tool.
        LedgerUnavailable: the call cannot be recorded, so it is not made.
    """
    tool = all_tools().get(name)
    if tool is None or not covers(caller.token.scope, tool):
        # Recorded as well: an agent that tries what it may not do is worth knowing of.
        with_audit(caller, name if tool is not None else "unknown", arguments, _refuse_tool)
        raise UnknownTool(name)

    def run() -> Answer:
        streams = caller.transfer.upload is not None
        _check_arguments(tool, caller.token.scope, arguments, streams=streams)
        return tool.run(caller.call(arguments))

    return with_audit(caller, name, arguments, run, reads_only=tool.reads_only)


def _refuse_tool() -> Answer:
    raise Refusal("The token does not cover this tool.", kind="scope")


def with_audit(
    caller: AgentCaller,
    name: str,
    arguments: Mapping[str, Any],
    run: Callable[[], Answer],
    *,
    reads_only: bool = True,
) -> Answered:
    """Record a call, carry it out, and record how it ended.

    Raises:
        LedgerUnavailable: the call cannot be recorded, so it is not made; or it only reads, and
            the ledger failed during it.
        Unsettled: it was made, and its end cannot be recorded.
    """
    account, token, drain = caller.account, caller.token, caller.drain
    begun = account.ledger.agents.begin_call(
        AgentCall(token.id, name, arguments_digest(arguments), account.clock.now()),
        per_minute=token.scope.per_minute,
        must_last=not reads_only,
    )
    if begun is None:
        rate = f"{counted(token.scope.per_minute, 'call')} a minute"
        return _error("try_later", f"The token has {rate}. Wait a minute, then go on.")
    before = account.spending.calls_of_thread()
    answer, state, error, may_have_changed = None, CallState.FAILED, None, False
    try:
        # Before anything is sent: a token whose share is used up costs the account nothing.
        drain.left = _require_calls(account, token)
        may_have_changed = not reads_only
        answer = run()
        state = CallState.DONE
    except Exception as failure:
        if isinstance(failure, LedgerUnavailable) and not may_have_changed:
            raise
        error = _translated(failure, account, name, run_id=drain.run_id)
        # Nothing was changed by these: the call was refused here or by Caspio.
        refused = error.content["error"]["kind"] in {"arguments", "scope", "not_found"}
        state = CallState.REFUSED if refused else CallState.FAILED
    # Those of this thread, and those of a run's own client; a call that failed has made them, too.
    calls = account.spending.calls_of_thread() - before + drain.spent()
    account.shares.add(token.id, calls)
    kind = error.content["error"]["kind"] if error else ""
    _settle(account, replace(begun, state=state, note=kind, calls=calls), answer, drain.run_id)
    if error is not None or answer is None:
        return error or _error("failed", "The call ended without an answer.")
    content = {**answer.content, UNTRUSTED: True}
    most_chars = MOST_ANSWER_CHARS if caller.most_chars is None else caller.most_chars
    # As it is sent: with escapes, a text in Greek or Chinese would have six times its characters.
    if len(json.dumps(content, ensure_ascii=False, default=str)) > most_chars:
        return _error("arguments", "The answer is too large. Ask for fewer rows, fields or pages.")
    return Answered(content, links=answer.links, next_page=answer.next_page)


def _settle(account: AgentAccount, call: AgentCall, answer: Answer | None, run_id: str) -> None:
    """Record how a call ended."""
    try:
        account.ledger.agents.settle_call(
            call.id,
            call.state,
            note=call.note,
            records=answer.records if answer else 0,
            calls=call.calls,
            run_id=answer.run_id if answer else run_id,
        )
    except LedgerUnavailable as unavailable:
        done = "was carried out" if answer is not None else "ended"
        run_id = answer.run_id if answer else run_id
        # The audit does not have it, and an operator needs it to undo what was written.
        of = f" An operator can undo its run, {run_id}." if run_id else ""
        raise Unsettled(
            f"The call {done}, and how it ended is not in the audit.{of}"
        ) from unavailable


def arguments_digest(arguments: Mapping[str, Any]) -> str:
    """Return what the audit keeps of arguments: their digest, which shows no value."""
    text = json.dumps(arguments, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def calls_left(account: AgentAccount, token: AgentToken) -> int | None:
    """Return the Caspio calls that a token may still make this month; None for no limit."""
    monthly = account.settings.caspio.monthly_calls
    if monthly is None:
        return None
    return int(monthly * token.scope.budget_share) - account.shares.spent(account, token.id)


def _require_calls(account: AgentAccount, token: AgentToken) -> int | None:
    """Return the calls left; refuse where the account's or the token's are used up."""
    account.spending.require()
    left = calls_left(account, token)
    if left is not None and left <= 0:
        raise BudgetExhausted(SHARE_USED)
    return left


@cache
def _validator(tool_name: str, *, raw_where: bool, streams: bool) -> Draft202012Validator:
    schema = input_schema(all_tools()[tool_name], raw_where=raw_where)
    if streams:
        schema["properties"] = {**schema["properties"], "file": STREAMED_FILE}
    return Draft202012Validator(schema)


def _check_arguments(
    tool: Tool, scope: Scope, arguments: Mapping[str, Any], *, streams: bool
) -> None:
    """Refuse arguments that do not fit the schema, or name what the scope does not cover."""
    validator = _validator(tool.name, raw_where=scope.raw_where, streams=streams)
    problem = next(iter(validator.iter_errors(dict(arguments))), None)
    if problem is not None:
        where = "/".join(str(part) for part in problem.absolute_path) or "arguments"
        # The message repeats the value, which may be long.
        raise Refusal(f"{where}: {problem.message[:300]}")
    # The schema requires neither of the two, since either is enough.
    conditions = {"where", "where_text"} & arguments.keys()
    needs_condition = tool.takes_where and "where" in tool.required
    if tool.takes_where and len(conditions) > 1:
        raise Refusal("Give where or where_text, not both.")
    if needs_condition and not conditions:
        raise Refusal("where is missing: without a condition every record would match.")
    if scope.is_narrowed:
        _check_container(tool, scope, arguments.get(tool.container))


def _check_container(tool: Tool, scope: Scope, named: object) -> None:
    """Refuse a table or view that a narrowed scope does not cover."""
    covered = {"table": scope.tables, "view": scope.views}.get(tool.container)
    if covered is not None and named is not None and named not in covered:
        raise Refusal(f"The token covers {', '.join(covered)} only.", kind="scope")


# What an error of the client and of the pipeline is to an agent, the most special first.
_KINDS: Mapping[type[Exception], str] = {
    client_errors.NotFound: "not_found",
    client_errors.FileMissing: "not_found",
    client_errors.InDoubt: "in_doubt",
    client_errors.TemporaryError: "try_later",
    client_errors.AccountError: "stopped",
    client_errors.CaspioError: "arguments",
    FileGone: "not_found",
    RefusedByCaspio: "arguments",
    ForeignLedger: "stopped",
    BadSettings: "arguments",
    TryLater: "try_later",
    StopRequested: "stopped",
    StopRun: "stopped",
    IngestError: "failed",
}


def _translated(error: Exception, account: AgentAccount, tool: str, *, run_id: str) -> Answered:
    """Return what a client learns of an error: none of ours has a secret in it."""
    if isinstance(error, Refusal):
        return _error(error.kind, str(error))
    if isinstance(error, LedgerUnavailable):
        # Records may be written already: an effect comes before its record in the ledger.
        doubt = "The ledger failed during the call, which may have changed records."
        return _error("in_doubt", f"{doubt} Look at them before you repeat it.", run_id)
    if isinstance(error, ArchiveUnavailable):
        # It says where the archive is and what to do there, which is the operator's alone.
        _log.warning("the archive is away", tool=tool, account=account.name, error=str(error))
        return _error("stopped", "The archive is away; the operator's log says why.", run_id)
    for kind, word in _KINDS.items():
        if isinstance(error, kind):
            return _error(word, str(error), run_id)
    # A bug: its message may hold anything, so it goes to the operator's log alone.
    _log.exception("a tool failed", tool=tool, account=account.name)
    return _error("failed", "An internal error; the operator's log has it.", run_id)


def _error(kind: str, message: str, run_id: str = "") -> Answered:
    error = {"kind": kind, "message": message}
    # What a run has done before it was stopped can be undone by its id.
    return Answered({"error": {**error, "run_id": run_id} if run_id else error}, is_error=True)
