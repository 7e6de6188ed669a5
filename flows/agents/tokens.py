"""Make tokens, and find the one that a request carries."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flows.agents.tools.catalog import unknown_parts
from pipeline.errors import BadSettings, raise_problems
from pipeline.model.agents import AgentToken, Scope, token_digest
from pipeline.ports import Clock, Ledger

PREFIX = "cing_"
_TOKEN_BYTES = 32  # 256 bits
# A token of ours is half as long. Anything longer is not hashed to be looked up.
_MOST_CHARS = 100
# A year, and a day for the years that have one more.
LONGEST_LIFE = timedelta(days=366)
LONGEST_IN_PATH = timedelta(days=30)
"""Addresses end up in histories and the logs of proxies, so a token in one lives shorter."""


@dataclass(frozen=True, slots=True)
class Made:
    """A token as it is shown once, and what the ledger keeps of it."""

    token: str
    kept: AgentToken


def make_token(
    ledger: Ledger, account: str, *, name: str, scope: Scope, life: timedelta, clock: Clock
) -> Made:
    """Make a token and keep its digest.

    Raises:
        BadSettings: the scope or the life contradicts itself, the name is taken, or the user of
            the authorization server has a valid token; lists all problems.
    """
    problems = unknown_parts(scope)
    longest = LONGEST_IN_PATH if scope.in_path else LONGEST_LIFE
    if not timedelta(0) < life <= longest:
        problems.append(f"A token lives 1 to {longest.days} days here, not {life.days}.")
    if scope.in_path and (scope.raw_writes or set(scope.methods) != {"read"}):
        problems.append("A token in the address only reads: give it --read-only.")
    if not 0 < scope.budget_share <= 1:
        problems.append("The share of the budget is above 0, and 1 at most.")
    if scope.subject and scope.in_path:
        problems.append("A token for a user of the authorization server is in no address.")
    if not name.strip():
        problems.append("A token needs a name.")
    now = clock.now()
    problems += second_token(ledger, account, scope.subject, now=now)
    raise_problems(problems)
    token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    kept = AgentToken(
        secrets.token_hex(4), name, account, token_digest(token), scope, now, now + life
    )
    try:
        ledger.agents.add_token(kept)
    except ValueError as error:
        raise BadSettings([f"{error}. Revoke it, or choose another name."]) from error
    return Made(token, kept)


def find_token(
    ledger: Ledger,
    account: str,
    given: str,
    *,
    clock: Clock,
    operator_key: str = "",
    given_key: str = "",
    in_path: bool = False,
) -> AgentToken | None:
    """Return the valid token of an account that was given, None if there is none for any reason.

    Args:
        ledger: The account's.
        account: The audience: how the ledger names the account.
        given: What the request carries.
        clock: Says whether it has expired.
        operator_key: The key of the settings, "" without one.
        given_key: The key that the request carries.
        in_path: Whether the token was a part of the address.
    """
    if not given.startswith(PREFIX) or len(given) > _MOST_CHARS:
        return None
    token = ledger.agents.token(account, token_digest(given))
    # One for a user of the authorization server is known to nobody.
    if token is None or not token.is_valid(clock.now()) or token.scope.subject:
        return None
    # A token for headers that turned up in an address has leaked, and the other way round it would
    # be one without the limits of addresses.
    if token.scope.in_path is not in_path:
        return None
    return token if _key_fits(token, operator_key, given_key) else None


def token_of_subject(
    ledger: Ledger,
    account: str,
    subject: str,
    *,
    clock: Clock,
    operator_key: str = "",
    given_key: str = "",
) -> AgentToken | None:
    """Return the valid token that an operator made for a user of the authorization server."""
    token = _valid_of(ledger, account, subject, clock.now())
    if token is None or not _key_fits(token, operator_key, given_key):
        return None
    return token


def second_token(
    ledger: Ledger, account: str, subject: str, *, now: datetime, token_id: str = ""
) -> list[str]:
    """Return why a user may have no token, or not the one with this id, beside a valid one."""
    valid = _valid_of(ledger, account, subject, now)
    if valid is None or valid.id == token_id:
        return []
    # The older of two tokens would decide: a narrower new one would limit nothing.
    return [f"This user has a valid token, {valid.id}. Revoke it first."]


def _valid_of(ledger: Ledger, account: str, subject: str, now: datetime) -> AgentToken | None:
    """Return the oldest valid token of a user of the authorization server, None for no user."""
    mine = (one for one in ledger.agents.tokens(account) if one.scope.subject == subject)
    return next((one for one in mine if subject and one.is_valid(now)), None)


def _key_fits(token: AgentToken, operator_key: str, given_key: str) -> bool:
    """Say whether the operator's key came along, where a token needs it."""
    # Without a key in the settings, a token that needs one is of no use to anybody.
    fits = bool(operator_key) and hmac.compare_digest(given_key.encode(), operator_key.encode())
    return fits or not token.scope.needs_operator_key
