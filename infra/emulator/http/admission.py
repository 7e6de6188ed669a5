"""Whether a call may reach the application: its length, rate, token and profile."""

import json
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Scope

from infra.emulator.account.account import Account
from infra.emulator.errors import ApiError, bad_query
from infra.emulator.faults import Fault
from infra.emulator.http.answers import error_answer, header, rate_limit_answer
from infra.emulator.http.call_log import Call
from infra.emulator.http.rate_limit import RateLimit, RateLimiter
from infra.emulator.http.tokens import Tokens
from infra.emulator.quirks import Quirks

# §1.1 (C): the root of the API.
API_ROOT = "/integrations/rest"
# §1.3 (C): the longest URI; its status is inferred.
_MAX_URI = 2047


class Admission:
    """Checks calls, and gives those that pass their account and profile."""

    def __init__(
        self,
        *,
        tokens: Tokens,
        accounts: Mapping[str, Account],
        quirks: Quirks,
        rate_limit: RateLimit | None,
    ) -> None:
        self._tokens = tokens
        self._accounts = accounts
        self._quirks = quirks
        self._rate = RateLimiter(rate_limit)

    def refusal(self, scope: Scope, call: Call, fault: Fault | None) -> Response | None:
        """Return the answer to a call that does not reach the application, None for others."""
        kind = "" if fault is None else fault.kind
        if fault is not None and kind == "status":
            return scripted_answer(fault)
        question_mark = 1 if call.query else 0
        if len(scope["raw_path"]) + question_mark + len(call.query) > _MAX_URI:
            text = "The request URI is longer than 2,047 characters"
            return error_answer(ApiError(414, "UriTooLong", text), scope)
        if fault is not None and kind == "rate_limited":
            return self._rate_limit_answer(fault.status, fault.retry_after)
        # The token's own operation is outside the API's root.
        if not call.path.startswith(API_ROOT):
            return None
        return self._refusal_of_caller(scope, kind)

    def _refusal_of_caller(self, scope: Scope, kind: str) -> Response | None:
        """Check rate, token and profile; `kind` is that of the fault."""
        authorization = header(scope, b"authorization")
        profile = self._tokens.profile(authorization)
        # A call without a valid token counts too, for no account.
        if not self._rate.allows("" if profile is None else profile.account):
            return self._rate_limit_answer(0, 0)
        if kind == "expired_token":
            self._tokens.revoke(authorization)
            profile = None
        if profile is None:
            error = ApiError(401, "Unauthorized", "Authorization has been denied for this request")
            # §1.3: 401 by the documentation, 400 was observed; the quirk decides.
            if self._quirks.stale_token == 400:  # noqa: PLR2004  the quirk is a status
                error = bad_query()
            return error_answer(error, scope)
        problem = profile.problem_of_caller(scope["client"][0])
        if problem is not None:
            return error_answer(problem, scope)
        scope["state"] |= {"profile": profile, "account": self._accounts[profile.account]}
        return None

    def _rate_limit_answer(self, status: int, retry_after_s: int) -> Response:
        return rate_limit_answer(
            status=status or self._quirks.rate_limit_status,
            retry_after_s=retry_after_s or self._quirks.rate_limit_retry_after,
        )


def scripted_answer(fault: Fault) -> Response:
    """Return the answer that a fault of kind "status" has."""
    status = fault.status or 500
    headers = dict(fault.headers)
    if isinstance(fault.body, str):
        return Response(fault.body, status, headers, "text/html")
    text = "" if fault.body is None else json.dumps(fault.body)
    return Response(text, status, headers, "application/json")
